"""Calling the reporter from the phone's shell: masked first, one number at the tap, written down, refused where it must be."""

from __future__ import annotations

import pytest

from wangge.foundation.audit.models import AuditEntry


def address(case, town) -> str:
    return f"/desk/cases/{case.number}/voices/{town.voice(case).public_id}/contact/"


@pytest.fixture
def case(town):
    return town.dispatched(contact=town.wu())


def test_voices_are_masked_and_one_number_is_told_at_the_tap(town, client, case):
    town.log_in(client, town.he)
    (found,) = client.get(f"/api/v1/cases?q={case.number}").json()["items"]
    assert found["number"] == case.number
    voices = client.get(f"/api/v1/cases/{found['id']}/reports").json()["items"]
    assert [voice["contact"] for voice in voices] == ["吴** 1**********"]
    assert AuditEntry.objects.filter(kind="report.contact").count() == 0
    answer = client.post(address(case, town), {"purpose": "handle"}, headers={"accept": "application/json"})
    assert answer.json() == {"name": "吴桂英", "phone": "10012345678"}
    assert AuditEntry.objects.filter(kind="report.contact", actor_id=town.he.pk).count() == 1


def test_who_may_not_see_the_case_is_told_nothing(town, client, case):
    town.log_in(client, town.hua)
    assert client.get(f"/api/v1/cases?q={case.number}").json()["items"] == []
    answer = client.post(address(case, town), {"purpose": "handle"}, headers={"accept": "application/json"})
    assert answer.status_code == 404
    assert AuditEntry.objects.filter(kind="report.contact").count() == 0
