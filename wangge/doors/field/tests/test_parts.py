"""协办 on the phone: the helper reports his part, the grid worker checks it."""

from __future__ import annotations

from django.test import Client

from wangge.domains.cases import actions, procedures


def phone(town, name: str) -> Client:
    client = Client()
    town.log_in(client, town.fresh(getattr(town, name)))
    return client


def shared(town):
    case = actions.dispatch(case=town.filed(), by=town.chen, unit=town.enforcement, co_units=[town.sanitation])
    return actions.sign_for(case=case, by=town.he)


def test_a_part_is_reported_and_checked_on_the_phone(town):
    case = shared(town)
    page = phone(town, "hua").get("/field/todo/").content.decode()
    assert "协办" in page
    assert case.number in page
    answer = phone(town, "hua").post(f"/field/cases/{case.number}/assist_done/", {"text": "已清运"})
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    part = procedures.parts(case)[0]
    assert part.done_text == "已清运"
    assert case.number in phone(town, "lin").get("/field/todo/").content.decode()
    page = phone(town, "lin").get(f"/field/cases/{case.number}/").content.decode()
    assert "环卫所" in page
    url = f"/field/cases/{case.number}/verify_assist/"
    for said in ({}, {"assignment": "99", "passed": "yes"}, {"assignment": part.pk, "passed": "no", "note": ""}):
        assert phone(town, "lin").post(url, said).status_code == 422
    assert procedures.open_parts(case) != []
    assert phone(town, "lin").post(url, {"assignment": part.pk, "passed": "yes", "note": ""}).status_code == 302
    assert procedures.open_parts(case) == []


def test_nobody_else_reports_a_part(town):
    case = shared(town)
    answer = phone(town, "he").post(f"/field/cases/{case.number}/assist_done/", {"text": "也来"})
    assert answer.status_code == 403
    assert procedures.parts(case)[0].done_at is None
