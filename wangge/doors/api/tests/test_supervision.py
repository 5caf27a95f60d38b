"""Supervision through the API: what is late, slips, and the two steps."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.cases.actions import supervising
from wangge.domains.cases.models import Case, Supervision
from wangge.foundation.core import clock


@pytest.fixture
def late(town):
    """Overdue for ten days, with every rung fired."""
    case = town.handling()
    Case.objects.unscoped("the test").filter(pk=case.pk).update(due_at=clock.now() - dt.timedelta(days=10))
    supervising.watch()
    return town.read(case)


def test_what_is_late_and_what_was_done(town, calls, late):
    answer = calls(town.luo).get("/supervision/late")
    assert answer.status_code == 200
    (row,) = answer.json()["items"]
    assert (row["case"]["number"], row["unit"]["name"], row["co"]) == (late.number, "综合执法队", False)
    assert [alert["rung"] for alert in row["alerts"]] == [1, 2, 3]
    assert [slip["unit"]["id"] for slip in row["slips"]] == [town.enforcement.pk]
    assert row["working_days_over"] >= 4
    assert calls(town.luo).get("/supervision/late", unit=town.sanitation.pk).json()["items"] == []
    assert calls(town.luo).get("/supervision/late", which="today").json()["items"] == []
    assert calls(town.luo).get("/supervision/late", area="999999001002").json()["items"] == []


def test_who_is_not_told(town, calls, late):
    for who in ("he", "lin", "root", "tan"):
        assert calls(getattr(town, who)).get("/supervision/late").status_code == 403, who
    for who, seen in (("luo", 1), ("fang", 1), ("chen", 1), ("qian", 1), ("zhao", 0)):
        assert len(calls(getattr(town, who)).get("/supervision/late").json()["items"]) == seen, who
    assert calls(town.fang).step(late, "supervise", {"text": "请尽快处置。"}).status_code == 403
    assert Supervision.objects.unscoped("the test counts").count() == 1
    assert calls(None).get("/supervision/late").status_code == 401
    slip = Supervision.objects.unscoped("the test").get()
    for who, code in (("luo", 200), ("he", 200), ("fang", 200), ("zhao", 404), ("hua", 404), ("root", 403)):
        assert calls(getattr(town, who)).get(f"/supervision/slips/{slip.number}").status_code == code, who
    assert calls(town.zhao).get("/supervision/slips").json()["items"] == []
    assert calls(town.zhao).get(f"/cases/{late.public_id}/supervision").status_code == 404


def test_a_case_with_its_alerts_and_slips(town, calls, late):
    told = calls(town.he).get(f"/cases/{late.public_id}/supervision").json()
    assert [row["rung"] for row in told["alerts"]] == [1, 2, 3]
    (slip,) = told["slips"]
    assert (slip["issued_by"], slip["reply"], slip["late"], slip["lapsed_at"]) == (None, "", False, None)


def test_the_answer_and_its_lateness(town, calls, late):
    slip = Supervision.objects.unscoped("the test").get()
    Supervision.objects.unscoped("the test").update(reply_due_at=clock.now() - dt.timedelta(hours=1))
    body = {"supervision": slip.number, "text": "吊车已到位，明日拆除。"}
    assert calls(town.he).step(late, "answer_supervision", body).status_code == 200
    told = calls(town.luo).get(f"/supervision/slips/{slip.number}").json()
    assert (told["case"], told["reply"], told["replied_by"], told["late"]) == (
        late.number, "吊车已到位，明日拆除。", "何勇", True,
    )  # fmt: skip
    again = calls(town.he).step(late, "answer_supervision", body | {"text": "再答"})
    assert again.status_code == 409
    assert calls(town.luo).get("/supervision/slips", waiting=True).json()["items"] == []
    assert len(calls(town.luo).get("/supervision/slips").json()["items"]) == 1


def test_a_slip_of_another_case_is_no_slip_of_this_one(town, calls, late):
    slip = Supervision.objects.unscoped("the test").get()
    other = town.handling()
    supervising.supervise(case=other, by=town.luo, text="请答复。")
    answer = calls(town.he).step(other, "answer_supervision", {"supervision": slip.number, "text": "x"})
    assert (answer.status_code, answer.json()["field"]) == (422, "supervision")
    unknown = calls(town.he).step(other, "answer_supervision", {"supervision": "NC督〔2026〕99号", "text": "x"})
    assert (unknown.status_code, unknown.json()["field"]) == (422, "supervision")
    assert Supervision.objects.unscoped("the test").filter(replied_at=None).count() == 2


def test_pages_cover_every_row_once(town, calls, late):
    for _n in range(3):
        case = town.handling()
        Case.objects.unscoped("the test").filter(pk=case.pk).update(due_at=late.due_at)
    supervising.watch()
    for path in ("/supervision/late", "/supervision/slips"):
        seen, cursor = [], ""
        while cursor is not None:
            page = calls(town.luo).get(path, limit=2, cursor=cursor).json()
            seen += [str(row["case"]) for row in page["items"]]
            cursor = page["next"]
        assert len(seen) == len(set(seen)) == 4, path


@pytest.mark.parametrize(
    "query", [{"which": "never"}, {"unit": 0}, {"module": "x"}, {"area": "!"}, {"limit": 0}, {"cursor": "abc"}]
)
def test_odd_queries_are_refused(town, calls, late, query):
    assert calls(town.luo).get("/supervision/late", **query).status_code in {400, 422}
