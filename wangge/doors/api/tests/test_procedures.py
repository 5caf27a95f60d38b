"""Sub-procedures through the API: what a case tells of them, precedents, and refusals that leave nothing."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.cases import actions, procedures
from wangge.domains.cases.models import Extension, Hang, Ruling, TimelineEntry
from wangge.domains.cases.tests.leaders import also
from wangge.foundation.core import clock


def shared(town):
    case = actions.dispatch(case=town.filed(), by=town.chen, unit=town.enforcement, co_units=[town.sanitation])
    return actions.sign_for(case=case, by=town.he)


def ruled(town):
    case = town.dispatched()
    case = actions.send_back(case=case, by=town.he, reason="不属我队", basis="三定方案")
    case = actions.dispatch(case=case, by=town.chen, unit=town.sanitation)
    case = actions.send_back(case=case, by=town.hua, reason="也不属我所", basis="环卫条例")
    meet_at = clock.now() + dt.timedelta(days=1)
    units = [town.enforcement, town.sanitation]
    case = actions.call_ruling(case=case, by=town.luo, meet_at=meet_at, place="3号楼西侧", units=units)
    return actions.rule(case=case, by=town.luo, unit=town.enforcement, minutes="属违建。", basis="规划法")


def test_a_case_tells_its_units_requests_and_moves(town, calls):
    case = shared(town)
    case = actions.ask_extension(case=case, by=town.he, days=5, reason="等备件")
    actions.grant_extension(extension=procedures.open_extension(case), by=town.luo, note="同意")
    told = calls(town.luo).get(f"/cases/{case.public_id}/procedures").json()
    assert [(row["unit"]["name"], row["duty"], row["left_by"]) for row in told["units"]] == [
        ("综合执法队", "main", ""), ("环卫所", "co", "")
    ]  # fmt: skip
    assert told["units"][1]["due_at"] is not None
    (extension,) = told["extensions"]
    assert (extension["days"], extension["granted"], extension["decision"]) == (5, True, "同意")
    assert extension["due_after"] > extension["due_before"]
    assert (told["hangs"], told["rulings"], told["level_moves"]) == ([], [], [])
    case = actions.escalate(case=town.read(case), by=town.he, reason="超权限")
    told = calls(town.luo).get(f"/cases/{case.public_id}/procedures").json()
    assert [row["left_by"] for row in told["units"]] == ["escalate", "escalate"]
    assert told["level_moves"][0]["reason"] == "超权限"


def test_procedures_are_scoped_like_the_case(town, calls):
    case = ruled(town)
    assert calls(town.zhao).get(f"/cases/{case.public_id}/procedures").status_code == 404
    assert calls(town.gao).get(f"/cases/{case.public_id}/procedures").status_code == 404
    assert calls(None).get(f"/cases/{case.public_id}/procedures").status_code == 401
    assert calls(town.tan).get(f"/cases/{case.public_id}/procedures").status_code == 403


def test_precedents_are_searched_and_scoped(town, calls):
    case = ruled(town)
    page = calls(town.chen).get("/precedents", q="违建").json()
    (row,) = page["items"]
    assert (row["number"], row["ruling"]["unit"]["name"], row["matter"]["code"]) == (case.number, "综合执法队", "06001")
    assert [unit["name"] for unit in row["returned_by"]] == ["综合执法队", "环卫所"]
    assert calls(town.chen).get("/precedents", q="没有").json()["items"] == []
    assert calls(town.zhao).get("/precedents").json()["items"] == []
    (called,) = calls(town.hua).get("/precedents").json()["items"]
    assert called["number"] is None
    assert calls(town.chen).get("/precedents", cursor="broken").status_code in {400, 422}


def test_precedents_are_paged(town, calls):
    for _time in range(3):
        ruled(town)
    first = calls(town.luo).get("/precedents", limit=2).json()
    assert len(first["items"]) == 2
    rest = calls(town.luo).get("/precedents", limit=2, cursor=first["next"]).json()
    assert len(rest["items"]) == 1
    assert rest["next"] is None


DAY = (clock.today() + dt.timedelta(days=30)).isoformat()


@pytest.mark.parametrize(
    ("verb", "who", "said", "field"),
    [
        ("ask_extension", "he", {"days": 0, "reason": "因"}, "days"),
        ("ask_extension", "he", {"days": 11, "reason": "因"}, "days"),
        ("ask_extension", "he", {"days": "5", "reason": "因"}, "days"),
        ("ask_extension", "he", {"days": True, "reason": "因"}, "days"),
        ("ask_extension", "he", {"days": 3, "reason": ""}, "reason"),
        ("ask_hang", "he", {"why": "mood", "plan": "计划", "review_on": DAY}, "why"),
        ("ask_hang", "he", {"why": "funds", "plan": "计划", "review_on": "2020-01-01"}, "review_on"),
        ("ask_hang", "he", {"why": "funds", "plan": "计划", "review_on": "soon"}, "review_on"),
        ("call_ruling", "luo", {"meet_at": "2020-01-01T09:00:00+08:00", "place": "现场", "units": [1]}, "meet_at"),
        ("call_ruling", "luo", {"meet_at": "2020-01-01T09:00:00", "place": "现场", "units": [1]}, "meet_at"),
        ("call_ruling", "luo", {"meet_at": "x", "place": "现场", "units": []}, "units"),
        ("waive_assist", "chen", {"assignment": 999_999, "reason": "因"}, "assignment"),
        ("waive_assist", "chen", {"assignment": -1, "reason": "因"}, "assignment"),
    ],
)
def test_bodies_that_do_not_fit_leave_nothing(town, calls, verb, who, said, field):
    case = shared(town)
    rows = TimelineEntry.objects.filter(case=case).count()
    answer = calls(getattr(town, who)).step(case, verb, said)
    assert answer.status_code == 422
    told = answer.json()
    assert field in [told.get("field"), *(error["field"] for error in told.get("errors", ()))] or any(
        error["field"].startswith(field) for error in told.get("errors", ())
    )
    assert TimelineEntry.objects.filter(case=case).count() == rows
    assert (Extension.objects.count(), Hang.objects.count(), Ruling.objects.count()) == (0, 0, 0)


def test_another_cases_request_is_not_decided_here(town, calls):
    other = actions.ask_extension(case=town.handling(), by=town.he, days=5, reason="等备件")
    case = actions.ask_extension(case=town.handling(), by=town.he, days=5, reason="等备件")
    foreign = procedures.open_extension(other)
    answer = calls(town.luo).step(case, "grant_extension", {"extension": foreign.pk})
    assert (answer.status_code, answer.json()["field"]) == (422, "extension")
    foreign.refresh_from_db()
    assert foreign.granted is None


def test_refusals_have_codes_of_their_own(town, calls):
    case = actions.ask_extension(case=shared(town), by=town.he, days=5, reason="等备件")
    also(town.he, "duty_chief", area=town.south)
    said = {"extension": procedures.open_extension(case).pk}
    answer = calls(town.he).step(case, "grant_extension", said)
    assert (answer.status_code, answer.json()["type"]) == (403, "own-request")
    outcome = {"result": "explained", "text": "已说明", "reply": "已说明"}
    assert calls(town.he).step(case, "handle", outcome).status_code == 200
    answer = calls(town.su).step(case, "verify", {})
    assert (answer.status_code, answer.json()["type"]) == (409, "parts-open")
    assert "环卫所" in answer.json()["title"]
    assert town.read(case).state == "handled"


def test_a_decided_request_is_decided_once(town, calls):
    case = actions.ask_extension(case=town.handling(), by=town.he, days=5, reason="等备件")
    said = {"extension": procedures.open_extension(case).pk}
    assert calls(town.luo).step(case, "grant_extension", said).status_code == 200
    due = town.read(case).due_at
    assert calls(town.luo).step(case, "grant_extension", said).status_code == 409
    assert town.read(case).due_at == due
