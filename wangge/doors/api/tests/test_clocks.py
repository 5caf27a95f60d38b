"""The clocks of a case through the API."""

from __future__ import annotations

import datetime as dt

from wangge.domains.cases import actions
from wangge.domains.cases.actions import timekeeping
from wangge.domains.cases.tests.traces import at


def test_why_the_deadlines_are_and_who_had_it(town, calls):
    case = town.report(at=at(9, month=2)).case
    case = actions.file(case=case, by=town.bai, matter=town.shed, at=at(9, 10, month=2))
    case = actions.dispatch(case=case, by=town.chen, unit=town.enforcement, at=at(9, 11, month=2))
    case = actions.sign_for(case=case, by=town.he, at=at(10, 9, month=2))
    timekeeping.pause(case=case, by=town.luo, at=at(10, 9, month=2), reason="x")
    timekeeping.resume(case=case, by=town.luo, at=at(11, 9, month=2), reason="x")
    case = actions.void(
        case=town.read(town.report(at=at(9, month=2)).case), by=town.luo, reason="误报", at=at(9, 11, month=2)
    )
    voided = calls(town.luo).get(f"/cases/{case.public_id}/clocks").json()
    assert [(span["holder"], span["counted"], span["paused"], span["office"]) for span in voided["spans"]] == [
        ("reported", 120, 0, 120)
    ]
    assert (voided["wall"], voided["counted"], voided["paused"]) == (120, 120, 0)
    assert [(row["clock"], row["stopped_at"] is not None) for row in voided["clocks"]] == [("accept", True)]

    case = town.read(case.__class__.objects.unscoped("the test looks").order_by("pk")[0])
    answer = calls(town.he).get(f"/cases/{case.public_id}/clocks").json()
    promise = next(row for row in answer["clocks"] if row["clock"] == "handle" and row["assignment"] is None)
    assert (promise["kind"], promise["amount"], promise["provisional"]) == ("working_days", 15, False)
    assert dt.datetime.fromisoformat(promise["due_at"]) == case.handle_due_at
    assert [(d["first"], d["last"], d["kind"], d["name"]) for d in promise["days"]] == [
        ("2026-02-14", "2026-02-14", "work", ""),
        ("2026-02-15", "2026-02-23", "off", "春节"),
        ("2026-02-28", "2026-02-28", "work", ""),
    ]
    assert [(move["kind"], move["minutes"]) for move in promise["moves"]] == [("pause", 420)]
    own = next(row for row in answer["clocks"] if row["assignment"] is not None)
    assert own["clock"] == "handle"
    assert sum(span["counted"] + span["paused"] for span in answer["spans"]) == answer["wall"]
    assert answer["counted"] == answer["wall"] - answer["paused"]


def test_what_is_foreign_is_not_there(town, calls):
    case = town.filed()
    assert calls(town.gao).get(f"/cases/{case.public_id}/clocks").status_code == 404
    assert calls(town.root).get(f"/cases/{case.public_id}/clocks").status_code == 403
