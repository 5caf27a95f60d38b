"""Whistles through the API: the story, the wrong person, what a refusal leaves."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from wangge.domains.cases.models import TimelineEntry, Whistle, WhistleCall, WhistleKind
from wangge.foundation.core import clock

CENTRE = {"lon": 116.005, "lat": 35.005}


@pytest.fixture
def case(town):
    return town.reported(text="主路水管爆裂，路面塌陷。", matter=town.litter, contact=town.wu())


@pytest.fixture
def blown(town, calls, case):
    body = {"kind": "emergency", "reason": "水压很大。"}
    return calls(town.lin).post(f"/cases/{case.public_id}/whistles", body).json()["whistle"]


def counts():
    return (
        Whistle.objects.unscoped("the test counts").count(),
        WhistleCall.objects.count(),
        TimelineEntry.objects.count(),
    )


def units(town, *names):
    return [{"unit": getattr(town, name).pk, "task": "到场处置"} for name in names]


def test_the_story_through_the_api(town, calls, case, blown):
    at = f"/whistles/{blown['id']}"
    assert (blown["state"], blown["case_number"], blown["calls"]) == ("blown", case.number, [])
    body = {"units": units(town, "enforcement", "sanitation"), "lead": town.enforcement.pk}
    called = calls(town.luo).post(f"{at}/call", body)
    assert (called.status_code, called.json()["whistle"]["state"]) == (200, "called")
    first, second = called.json()["whistle"]["calls"]
    assert (first["lead"], second["lead"], first["task"]) == (True, False, "到场处置")
    seen = calls(town.hua).get(at).json()
    assert (seen["case"], seen["acts"]) == (None, ["arrive", "contribute"])
    came = calls(town.he).post(f"{at}/calls/{first['id']}/arrive", {"position": CENTRE})
    assert came.json()["whistle"]["calls"][0]["distance_m"] == 0.0
    blind = calls(town.hua).post(f"{at}/calls/{second['id']}/arrive", {})
    assert blind.json()["whistle"]["calls"][1]["on_the_spot"] is False
    assert calls(town.he).post(f"{at}/conclude", {"conclusion": "好了。", "photos": ["e" * 64]}).status_code == 409
    assert "vouch" in calls(town.lin).get(at).json()["acts"]
    assert calls(town.lin).post(f"{at}/calls/{second['id']}/vouch", {}).status_code == 200
    said = {"text": "出动两台泵。", "photos": ["f" * 64]}
    assert calls(town.hua).post(f"{at}/calls/{second['id']}/contribute", said).status_code == 200
    ended = calls(town.he).post(f"{at}/conclude", {"conclusion": "已关阀止水。"})
    assert (ended.status_code, ended.json()["whistle"]["conclusion"]) == (200, "已关阀止水。")
    marks = [{"call": c["id"], "presence": 3, "duty": 2, "result": 3} for c in (first, second)]
    rated = calls(town.luo).post(f"{at}/rate", {"marks": marks})
    assert (rated.json()["whistle"]["state"], rated.json()["whistle"]["calls"][0]["duty"]) == ("rated", 2)
    page = calls(town.luo).get("/whistles", state="rated").json()
    assert [row["number"] for row in page["items"]] == [blown["number"]]
    assert "吴" not in calls(town.hua).get(at).content.decode()


def test_an_emergency_in_one_act(town, calls, case):
    body = {
        "kind": "emergency",
        "reason": "水压很大。",
        "call": {"units": units(town, "enforcement"), "lead": town.enforcement.pk},
    }
    before = counts()
    assert calls(town.lin).post(f"/cases/{case.public_id}/whistles", body).status_code == 403
    assert counts() == before
    made = calls(town.luo).post(f"/cases/{case.public_id}/whistles", body)
    assert (made.status_code, made.json()["whistle"]["state"]) == (201, "called")


def test_the_same_key_blows_once(town, calls, case):
    body = {"kind": "emergency", "reason": "水压很大。"}
    lin = calls(town.lin)
    first = lin.post(f"/cases/{case.public_id}/whistles", body, key="once")
    again = lin.post(f"/cases/{case.public_id}/whistles", body, key="once")
    assert (first.status_code, again.status_code, again.content == first.content) == (201, 201, True)
    assert Whistle.objects.unscoped("the test counts").count() == 1
    assert lin.post(f"/cases/{case.public_id}/whistles", body).status_code == 409


def test_excusing_and_calling_further_units(town, calls, blown):
    at = f"/whistles/{blown['id']}"
    body = {"units": units(town, "enforcement"), "lead": town.enforcement.pk, "place": "路口"}
    luo = calls(town.luo)
    first = luo.post(f"{at}/call", body).json()["whistle"]["calls"][0]
    more = luo.post(f"{at}/units", {"units": units(town, "sanitation")})
    assert [call["unit"]["id"] for call in more.json()["whistle"]["calls"]] == [town.enforcement.pk, town.sanitation.pk]
    before = counts()
    assert luo.post(f"{at}/calls/{first['id']}/excuse", {"reason": "另有警情。"}).json()["field"] == "lead"
    assert counts() == before
    given = {"reason": "另有警情。", "lead": town.sanitation.pk}
    excused = luo.post(f"{at}/calls/{first['id']}/excuse", given).json()["whistle"]["calls"]
    assert [(call["excused"], call["lead"]) for call in excused] == [("另有警情。", False), ("", True)]
    declined = luo.post(f"{at}/decline", {"reason": "误报。"}).json()["whistle"]
    assert (declined["state"], declined["decline_reason"]) == ("declined", "误报。")


@pytest.mark.parametrize("who", ["zhao", "gao", "hua"])
def test_foreign_is_not_there(town, calls, case, blown, who):
    caller = calls(getattr(town, who))
    before = counts()
    assert caller.get(f"/whistles/{blown['id']}").status_code == 404
    assert caller.get("/whistles").json()["items"] == []
    assert caller.post(f"/whistles/{blown['id']}/conclude", {"conclusion": "好了。"}).status_code in {403, 404}
    assert caller.get(f"/whistles/{uuid.uuid4()}").status_code == 404
    assert counts() == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"kind": "nothing", "reason": "有事"}, 422),
        ({"kind": "emergency", "reason": ""}, 422),
        ({"kind": "emergency", "reason": "有事", "unit": 1}, 422),
        ({"kind": "emergency", "reason": "有事", "call": {"units": [], "lead": 1}}, 422),
    ],
)
def test_what_is_refused(town, calls, case, body, status):
    before = counts()
    assert calls(town.lin).post(f"/cases/{case.public_id}/whistles", body).status_code == status
    assert counts() == before


def test_units_that_do_not_exist(town, calls, blown):
    before = counts()
    body = {"units": [{"unit": 999999999}], "lead": 999999999}
    answer = calls(town.luo).post(f"/whistles/{blown['id']}/call", body)
    assert (answer.status_code, answer.json()["field"]) == (422, "units")
    twice = [{"call": 1, "presence": 3, "duty": 3, "result": 3}] * 2
    assert calls(town.luo).post(f"/whistles/{blown['id']}/rate", {"marks": twice}).status_code == 422
    assert counts() == before


def test_pages_of_the_list(town, calls):
    numbers = []
    for _n in range(3):
        body = {"kind": "joint", "reason": "多部门。"}
        made = calls(town.lin).post(f"/cases/{town.reported().public_id}/whistles", body)
        numbers.append(made.json()["whistle"]["number"])
    luo = calls(town.luo)
    first = luo.get("/whistles", limit=2).json()
    assert [row["number"] for row in first["items"]] == [numbers[2], numbers[1]]
    rest = luo.get("/whistles", limit=2, cursor=first["next"]).json()
    assert ([row["number"] for row in rest["items"]], rest["next"]) == ([numbers[0]], None)
    assert luo.get("/whistles", cursor="x").json()["type"] == "bad-cursor"


def test_kinds_and_figures(town, calls):
    luo = calls(town.luo)
    assert [kind["code"] for kind in luo.get("/whistle-kinds").json()["items"]] == ["livelihood", "joint", "emergency"]
    body = {"code": "flood", "name_zh": "防汛", "arrive_minutes": 20, "emergency": True}
    assert luo.post("/whistle-kinds", body).json()["arrive_minutes"] == 20
    assert luo.post("/whistle-kinds", {**body, "arrive_minutes": None}).json()["field"] == "arrive_minutes"
    assert calls(town.chen).post("/whistle-kinds", body).status_code == 403
    assert WhistleKind.objects.get(code="flood").arrive_minutes == 20
    figures = luo.get("/whistle-figures", year=2026, quarter=3).json()
    assert (figures["first"], figures["last"], figures["own"]) == ("2026-07-01", "2026-09-30", [])
    assert figures["place"] == {
        "area": figures["place"]["area"], "blown": 0, "confirmed": 0, "met": 0, "concluded": 0, "whistled": 0,
        "cases": 0, "band": "unknown", "units": [],
    }  # fmt: skip
    assert figures["place"]["area"]["code"] == "999999001"
    assert luo.get("/whistle-figures", year=2026, quarter=5).status_code == 422


def test_the_figures_are_those_of_the_indicators(town, calls, blown, time_machine):
    at = f"/whistles/{blown['id']}"
    body = {"units": units(town, "enforcement", "sanitation"), "lead": town.enforcement.pk}
    first = calls(town.luo).post(f"{at}/call", body).json()["whistle"]["calls"][0]
    calls(town.he).post(f"{at}/calls/{first['id']}/arrive", {"position": CENTRE})
    due = WhistleCall.objects.get(pk=first["id"]).due_at
    time_machine.move_to(due + dt.timedelta(minutes=1), tick=False)
    day = clock.day_of(due)
    asked = {"year": day.year, "quarter": (day.month + 2) // 3}
    figures = calls(town.luo).get("/whistle-figures", **asked).json()["place"]
    assert (figures["blown"], figures["confirmed"], figures["met"], figures["concluded"]) == (1, 1, 1, 0)
    rows = {row["unit"]["name"]: (row["called"], row["arrived"], row["in_time"]) for row in figures["units"]}
    assert rows == {"综合执法队": (1, 1, 1), "环卫所": (1, 0, 0)}
    whole = calls(town.luo).get("/stats", first_day=day.replace(day=1).isoformat(), last_day=day.isoformat()).json()
    came = {item["key"]: (item["rows"], item["hits"]) for item in whole["items"]}["whistle_came"]
    assert came == (sum(row[0] for row in rows.values()), sum(row[1] for row in rows.values()))
    own = calls(town.hua).get("/whistle-figures", **asked).json()
    assert own["place"] is None
    assert [(row["unit"]["name"], row["called"], row["arrived"]) for row in own["own"]] == [("环卫所", 1, 0)]
    assert calls(town.hua).get("/whistle-figures", **asked, area="999999001").status_code == 404
    assert calls(town.zhao).get("/whistle-figures", **asked).json()["place"]["units"] == []
    assert calls(town.luo).get("/whistle-figures", **asked, area="999999002").status_code == 404
