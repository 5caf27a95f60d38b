"""Home, to-dos, own reports and the light case page, with the cast: works, wrong person, nothing happened."""

from __future__ import annotations

import pytest
from django.test import Client

from wangge.domains.cases import actions
from wangge.domains.cases.models import CasePhoto, Handling, Verification
from wangge.doors.field.tests.conftest import jpeg, sha
from wangge.foundation.media.actions import accept


def phone(town, name: str) -> Client:
    client = Client()
    town.log_in(client, getattr(town, name))
    return client


PAGES = ("/field/", "/field/plain/", "/field/todo/", "/field/reports/", "/field/report/")


@pytest.mark.parametrize("address", PAGES)
def test_pages_ask_for_a_log_in(client, town, address):
    response = client.get(address)
    assert response.status_code == 302
    assert response.url.startswith("/account/login/")


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_open_for_a_worker(lin, town, address, language):
    lin.cookies["wangge_language"] = language
    town.reported()
    town.handled()
    assert lin.get(address).status_code == 200


@pytest.mark.parametrize("name", ["tan", "root", "security"])
@pytest.mark.parametrize("address", PAGES)
def test_pages_are_closed_to_those_without_the_right(town, name, address):
    assert phone(town, name).get(address).status_code == 403


def test_home_counts_my_grid_only(lin, town):
    town.reported()
    town.reported(by=town.gao, area=town.grid2)
    page = lin.get("/field/plain/").content.decode()
    assert "<b>1</b>" in page
    assert "第二网格" not in page


def test_a_verification_waits_on_the_list_of_the_grids_worker(lin, town):
    mine, theirs = town.handled(), town.handled(by=town.gao, area=town.grid2)
    page = lin.get("/field/todo/").content.decode()
    assert f"/field/cases/{mine.number}/" in page
    assert theirs.number not in page


def test_a_long_list_goes_on_behind_its_last_row(lin, town):
    for _n in range(31):
        town.handled()
    first = lin.get("/field/todo/").content.decode()
    assert first.count("f-duty") == 30
    address = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert lin.get(address).content.decode().count("f-duty") == 1
    for broken in ("x", "9e999_1", "1_x", "_", "nan_1", "1_" + "9" * 30):
        assert lin.get("/field/todo/", {"after": broken}).status_code == 200


def test_my_reports_are_mine(lin, town):
    mine, theirs = town.reported(), town.reported(by=town.gao, area=town.grid2)
    page = lin.get("/field/reports/").content.decode()
    assert mine.number in page
    assert theirs.number not in page
    for broken in ("x", "-1", "9" * 40, "²"):
        assert lin.get("/field/reports/", {"before": broken}).status_code == 200


def test_own_report_and_nobody_elses(lin, town):
    mine, theirs = town.report(), town.report(by=town.gao, area=town.grid2)
    for part in ("", "sent/", "qr.svg"):
        assert lin.get(f"/field/reports/{mine.public_id}/{part}").status_code == 200
        assert lin.get(f"/field/reports/{theirs.public_id}/{part}").status_code == 404
        assert lin.get(f"/field/reports/{mine.case.public_id}/{part}").status_code == 404
    assert lin.get("/field/reports/no-uuid/").status_code == 404


def test_a_question_is_answered_from_the_phone(lin, town):
    report = town.report()
    actions.ask_for_more(case=report.case, by=town.bai, question="几号楼？")
    assert "几号楼？" in lin.get(f"/field/reports/{report.public_id}/").content.decode()
    address = f"/field/reports/{report.public_id}/answer/"
    assert lin.post(address, {"text": " "}).status_code == 422
    assert phone(town, "gao").post(address, {"text": "我来答"}).status_code == 404
    assert town.read(report.case).state == "needs_info"
    assert lin.post(address, {"text": "3号楼"}).status_code == 302
    assert town.read(report.case).state == "reported"
    assert lin.post(address, {"text": "3号楼"}).status_code == 409


def test_a_report_outside_my_places_is_reached_by_its_number(lin, town):
    report = town.report(area=town.grid2)
    response = lin.get(f"/field/cases/{report.case.number}/")
    assert response.url == f"/field/reports/{report.public_id}/"


@pytest.mark.parametrize("number", ["NC-2026-999999", "x", "9" * 300])
def test_no_case_of_this_number(lin, town, number):
    assert lin.get(f"/field/cases/{number}/").status_code == 404


def test_a_foreign_case_is_a_404_and_nothing_happens(town):
    case = town.handled()
    for name in ("gao", "zhao", "hua"):
        client = phone(town, name)
        assert client.get(f"/field/cases/{case.number}/").status_code == 404
        assert client.post(f"/field/cases/{case.number}/verify/", {}).status_code in {403, 404}
    assert (town.read(case).state, Verification.objects.count()) == ("handled", 0)


def test_the_worker_verifies_with_a_photo(lin, town):
    content = jpeg()
    accept(by=town.lin, content=content, sha256=sha(content))
    case = town.handled(contact=town.wu())
    assert f"/field/cases/{case.number}/verify/" in lin.get(f"/field/cases/{case.number}/").content.decode()
    response = lin.post(f"/field/cases/{case.number}/verify/", {"note": "现场已清", "photo_sha256": sha(content)})
    assert response.status_code == 302
    assert town.read(case).state == "evaluating"
    assert CasePhoto.objects.get(kind="check").media is not None
    # The second tap finds it done, and says so without an error.
    again = lin.post(f"/field/cases/{case.number}/verify/", {"note": "现场已清"}, follow=True)
    assert "案件已有新进展" in again.content.decode()
    assert Verification.objects.count() == 1


def test_the_worker_sends_it_back_for_rework_with_a_reason(lin, town):
    case = town.handled(contact=town.wu())
    assert lin.post(f"/field/cases/{case.number}/rework/", {"reason": ""}).status_code == 422
    assert lin.post(f"/field/cases/{case.number}/rework/", {"reason": "还剩半截"}).status_code == 302
    assert town.read(case).state == "handling"


def test_the_handler_cannot_verify_his_own_work(town):
    case = town.handled(contact=town.wu())
    he = phone(town, "he")
    assert "/verify/" not in he.get(f"/field/cases/{case.number}/").content.decode()
    assert he.post(f"/field/cases/{case.number}/verify/", {}).status_code == 403
    assert Verification.objects.count() == 0


def test_the_unit_signs_contacts_and_reports_its_result(town):
    he = phone(town, "he")
    case = town.dispatched(contact=town.wu())
    address = f"/field/cases/{case.number}"
    assert he.post(f"{address}/sign_for/").status_code == 302
    assert he.post(f"{address}/contact/", {"text": "已电话约定明早"}).status_code == 302
    assert town.read(case).state == "handling"
    content = jpeg("green")
    accept(by=town.he, content=content, sha256=sha(content))
    before = jpeg("blue")
    accept(by=town.lin, content=before, sha256=sha(before))
    actions.join(case=case, by=town.lin, source="patrol", text="现场", place=town.place(), photos=[sha(before)])
    result = {"result": "solved", "done": "已拆除", "reply": "已拆除，谢谢", "photo_sha256": sha(content)}
    refused = he.post(f"{address}/handle/", result)
    assert refused.status_code == 422
    assert "已拆除，谢谢" in refused.content.decode()
    assert Handling.objects.count() == 0
    full = result | {"legal_basis": "《城乡规划法》第六十四条", "area_m2": "18.5", "amount": "1", "unit": "处"}
    assert he.post(f"{address}/handle/", full).status_code == 302
    assert town.read(case).state == "handled"
    assert Handling.objects.get().area_m2 == pytest.approx(18.5)


def test_the_unit_sends_back_what_is_not_its_duty(town):
    he = phone(town, "he")
    case = town.dispatched()
    assert he.post(f"/field/cases/{case.number}/send_back/", {"reason": "非本队职责"}).status_code == 422
    ok = he.post(f"/field/cases/{case.number}/send_back/", {"reason": "非本队职责", "basis": "三定方案"}, follow=True)
    assert town.read(case).state == "filed"
    assert ok.status_code in {200, 404}  # once sent back, the case is no longer the unit's to see


@pytest.mark.parametrize("verb", ["file", "void", "close", "nonsense", "evaluate"])
def test_the_phone_offers_no_other_steps(lin, town, verb):
    case = town.handled()
    assert lin.post(f"/field/cases/{case.number}/{verb}/", {"reason": "x"}).status_code == 404
    assert town.read(case).state == "handled"


def test_the_reporter_of_a_confidential_case_stays_hidden_from_its_handler(town):
    content = jpeg()
    accept(by=None, content=content, sha256=sha(content))
    filed = town.filed(contact=town.wu(), confidential=True, photos=[sha(content)])
    case = actions.dispatch(case=filed, by=town.luo, unit=town.enforcement)
    page = phone(town, "he").get(f"/field/cases/{case.number}/").content.decode()
    assert case.number in page
    assert sha(content) not in page
    assert "吴" not in page
    assert phone(town, "lin").get(f"/field/cases/{case.number}/").status_code == 404


def test_steps_are_taken_by_post_only(lin, town):
    case = town.handled()
    assert lin.get(f"/field/cases/{case.number}/verify/").status_code == 405
