"""Reporting through the API: accepted once, refused clearly, followed by whoever made it."""

from __future__ import annotations

from wangge.doors.api.tests.conftest import report_body


def test_smoke(town, calls):
    answer = calls(town.lin).post("/reports", report_body())
    assert answer.status_code == 201, answer.content.decode()
    print(answer.json())
