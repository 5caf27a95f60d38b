"""A list of residents comes in by the wizard, in a real browser, with the worker doing the work."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import PHONE
from wangge.domains.people.tests import sheet_files as files

pytestmark = pytest.mark.browser


def test_a_list_comes_in_by_clicks(visit, at_site):
    with at_site() as town:
        files.ground(town.grid1, buildings=2, compound="文件小区")
    rows = files.residents(60, compound="文件小区")
    rows[4][6] = 3.71702199001011e17
    rows[9][9] = "88号楼"
    data = files.xlsx(rows)
    desk = visit("fang")
    page = desk.go("desk/files/in/")
    page.set_input_files(
        "input[type=file]",
        {
            "name": "居民名册.xlsx",
            "mimeType": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "buffer": data,
        },
    )
    page.select_option("select[name=what]", "persons")
    page.select_option("select[name=area]", label="槐荫社区")
    page.fill("input[name=as_of]", "2026-03-01")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/desk/files/in/*-*/")
    assert page.locator("select[name=column_6]").input_value() == "id_number"
    desk.shot("files-columns")
    page.click("main form button[type=submit]")
    page.wait_for_selector("#faults", timeout=60_000)  # the page asks how far the job is, and turns by itself
    assert page.locator("#faults tbody tr").count() == 2
    desk.shot("files-checked")
    page.click("form[action$='/apply/'] button")
    page.wait_for_selector("form[action$='/undo/']", state="attached", timeout=60_000)
    assert "58" in page.locator(".dk-figures").inner_text()
    desk.shot("files-taken-in")
    phone = visit("fang", PHONE)
    phone.go("desk/files/")
    phone.shot("files-phone")
    page = desk.go("desk/files/out/ask/")
    desk.shot("files-ask")
