"""Inspections through the API: the whole of one, who gets nowhere, what is never shown, what a refusal leaves."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.cases import actions
from wangge.domains.cases.actions import inspecting
from wangge.domains.cases.models import Case, Extension, InspectedCase, Inspection
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock


@pytest.fixture
def case(town):
    found = town.evaluating(text="小区门口有人搭棚。")
    actions.evaluate(report=town.voice(found), solved="yes", satisfied="yes", comment="谢谢，我家住三单元")
    return town.read(found)


@pytest.fixture
def inspection(town, case):
    day = clock.today()
    return inspecting.draw(
        by=town.qian, area=town.south, method="random", first_day=day, last_day=day, size=5, seed="甲"
    )


def counts():
    return (
        Inspection.objects.unscoped("the test counts").count(),
        InspectedCase.objects.exclude(finding="").count(),
        AuditEntry.objects.filter(kind__startswith="inspection.").count(),
    )


def body(**more):
    day = clock.today().isoformat()
    return {
        "area": "999999001",
        "method": "random",
        "first_day": day,
        "last_day": day,
        "size": 3,
        "seed": "春季",
    } | more


def test_from_the_draw_to_the_conclusion(town, calls, case):
    qian = calls(town.qian)
    drawn = qian.post("/inspections", body())
    assert drawn.status_code == 201
    made = drawn.json()
    assert (made["seed"], made["population"], made["by"], made["concluded_at"]) == ("春季", 1, "钱正", None)
    at = f"/inspections/{made['number']}"
    assert [row["number"] for row in qian.get("/inspections").json()["items"]] == [made["number"]]
    (row,) = qian.get(at).json()["cases"]
    assert (row["case"], row["place"], row["finding"], row["unit"]["name"]) == (case.number, 1, "", "综合执法队")
    its = f"{at}/cases/{case.number}"
    early = qian.post(f"{at}/conclusion", {"conclusion": "总体良好。"})
    assert early.status_code == 409
    said = {"finding": "late", "note": "超期一日，未见说明。", "put_right_what": "补充说明。"}
    assert qian.post(f"{its}/finding", said).json()["put_right_what"] == "补充说明。"
    assert qian.post(f"{at}/conclusion", {"conclusion": "总体良好。"}).json()["conclusion"] == "总体良好。"
    assert qian.post(f"{its}/finding", {"finding": "fine"}).status_code == 409
    righted = qian.post(f"{its}/put-right", {"put_right": "已书面说明。"})
    assert (righted.status_code, righted.json()["put_right"]) == (200, "已书面说明。")
    kinds = AuditEntry.objects.filter(kind__startswith="inspection.").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["inspection.draw", "inspection.find", "inspection.conclude", "inspection.put_right"]


def test_process_data_and_none_of_the_reporter(town, calls, case, inspection):
    Extension.objects.create(
        case=case, nth=1, days=2, reason="要调吊车。", asked_by=town.he, asked_at=clock.now(), due_before=clock.now()
    )
    before = AuditEntry.objects.filter(kind="inspection.read").count()
    answer = calls(town.qian).get(f"/inspections/{inspection.number}/cases/{case.number}")
    assert answer.status_code == 200
    told = answer.json()
    steps = {step["verb"]: step for step in told["steps"]}
    assert (steps["handle"]["by"], steps["handle"]["unit"]["name"]) == ("何勇", "综合执法队")
    for theirs in ("report", "evaluate"):
        assert (steps[theirs]["by"], steps[theirs]["unit"], steps[theirs]["note"]) == (None, None, "")
    assert {event["clock"] for event in told["clocks"]} >= {"accept", "handle"}
    assert [(asked["reason"], asked["asked_by"]) for asked in told["extensions"]] == [("要调吊车。", "何勇")]
    for private in ("吴桂英", "10012345678", "三单元", "小区门口有人搭棚"):
        assert private not in answer.content.decode()
    assert AuditEntry.objects.filter(kind="inspection.read").count() == before + 1


def test_the_same_sample_again_and_once_for_a_key(town, calls, case):
    qian = calls(town.qian)
    first = qian.post("/inspections", body(), key="once")
    again = qian.post("/inspections", body(), key="once")
    assert (first.status_code, again.content == first.content) == (201, True)
    assert Inspection.objects.unscoped("the test counts").count() == 1
    other = qian.post("/inspections", body()).json()
    samples = [
        [row["case"] for row in qian.get(f"/inspections/{number}").json()["cases"]]
        for number in (first.json()["number"], other["number"])
    ]
    assert samples == [[case.number], [case.number]]


@pytest.mark.parametrize("who", ["luo", "chen", "he", "lin", "root", "tan"])
def test_whoever_does_not_inspect_gets_nowhere(town, calls, case, inspection, who):
    caller = calls(getattr(town, who))
    at = f"/inspections/{inspection.number}"
    before = counts()
    for path in ("/inspections", at, f"{at}/cases/{case.number}"):
        assert caller.get(path).status_code == 403
    writes = {
        "/inspections": body(),
        f"{at}/conclusion": {"conclusion": "好。"},
        f"{at}/cases/{case.number}/finding": {"finding": "fine"},
        f"{at}/cases/{case.number}/put-right": {"put_right": "好。"},
    }
    for path, sent in writes.items():
        assert caller.post(path, sent).status_code == 403, path
    assert counts() == before


def test_what_is_foreign_is_not_there(town, calls, case, inspection):
    qian = calls(town.qian)
    Inspection.objects.unscoped("the test moves it").update(area=town.north, area_path=town.north.path)
    before = counts()
    at = f"/inspections/{inspection.number}"
    assert qian.get("/inspections").json()["items"] == []
    for path in (at, f"{at}/cases/{case.number}", "/inspections/NC检〔2026〕999号"):
        assert qian.get(path).status_code == 404, path
    assert qian.post(f"{at}/cases/{case.number}/finding", {"finding": "fine"}).status_code == 404
    assert qian.post("/inspections", body(area="999999002")).status_code == 403
    assert counts() == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"size": 0}, "size"),
        ({"size": 101}, "size"),
        ({"method": "x"}, "method"),
        ({"area": "000"}, "area"),
        ({"last_day": "2020-01-01"}, "last_day"),
        ({"first_day": "2024-01-01"}, "first_day"),
        ({"seed": "长" * 41}, "seed"),
    ],
)
def test_what_cannot_be_drawn(town, calls, case, change, field):
    before = counts()
    answer = calls(town.qian).post("/inspections", body(**change))
    told = answer.json()
    assert answer.status_code == 422
    assert field in {told.get("field"), *(error["field"] for error in told.get("errors", ()))}
    assert counts() == before


def test_a_finding_needs_its_words(town, calls, case, inspection):
    before = counts()
    path = f"/inspections/{inspection.number}/cases/{case.number}"
    answer = calls(town.qian).post(f"{path}/finding", {"finding": "careless"})
    assert (answer.status_code, answer.json()["field"]) == (422, "note")
    assert calls(town.qian).post(f"{path}/put-right", {"put_right": "好。"}).status_code == 409
    assert counts() == before


def test_pages_of_the_list(town, calls, case):
    qian = calls(town.qian)
    numbers = [qian.post("/inspections", body(seed=str(n))).json()["number"] for n in range(3)]
    first = qian.get("/inspections", limit=2).json()
    rest = qian.get("/inspections", limit=2, cursor=first["next"]).json()
    assert [row["number"] for row in first["items"] + rest["items"]] == numbers[::-1]
    assert rest["next"] is None
    assert dt.date.fromisoformat(first["items"][0]["first_day"]) == clock.today()
    assert Case.objects.unscoped("nothing moved").get(pk=case.pk).state == case.state
