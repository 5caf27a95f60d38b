"""Figures through the API: the same numbers as on the desk, and the rows behind them."""

from __future__ import annotations

import time_machine

from wangge.domains.fieldwork.actions import round_plans, rounds
from wangge.domains.fieldwork.tests.walking import DAY, at, walk_of
from wangge.domains.stats import actions
from wangge.domains.stats.fieldwork import FIELD, ROUNDS
from wangge.domains.stats.homes import HOMES
from wangge.domains.stats.indicators import INDICATORS
from wangge.domains.stats.tests.november import NOW, November

DAYS = {"first_day": "2026-11-01", "last_day": "2026-11-30"}


def test_figures_and_rows_of_november(town, calls, subtests):
    november = November(town)
    with time_machine.travel(NOW, tick=False):
        for check in (figures, rows, scope, odd_questions):
            with subtests.test(check.__name__):
                check(november, town, calls)


def figures(_november, town, calls):
    answer = calls(town.luo).get("/stats", **DAYS)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["area"]["code"], told["unit"]) == ("999999001", None)
    assert (told["first_day"], told["last_day"]) == ("2026-11-01", "2026-11-30")
    found = {one["key"]: one for one in told["items"]}
    assert set(found) == set(INDICATORS) - {"answered"}  # never without what it stands beside
    assert (found["handled_in_time"]["hits"], found["handled_in_time"]["rows"]) == (9, 18)
    assert found["handled_in_time"]["value"] == 0.5
    assert found["handled_in_time"]["small"] is True
    assert [round(end, 3) for end in found["handled_in_time"]["interval"]] == [0.29, 0.71]
    assert (found["satisfied"]["beside"]["key"], found["satisfied"]["beside"]["rows"]) == ("answered", 8)
    assert found["handled"]["beside"] is None
    assert (found["whistle_marks"]["value"], found["whistle_marks"]["interval"]) == (2.5, None)
    assert round(told["three_rates"]["value"], 6) == 0.725
    assert told["three_rates"]["weights"] == {"responded": 0.1, "solved": 0.45, "satisfied": 0.45}
    one = calls(town.luo).get("/stats", area="999999001002", unit=town.enforcement.pk, **DAYS).json()
    assert {one["key"]: one["rows"] for one in one["items"]}["handled"] == 1
    assert (told["homes_counted_on"], {one["rows"] for one in told["homes"]}) == (None, {0})
    # Without days: the present month until today.
    assert calls(town.luo).get("/stats").json()["first_day"] == "2026-11-01"


def test_the_registry_and_the_rate(town, homes, calls):
    November(town)
    with time_machine.travel(NOW, tick=False):
        actions.count_homes()
        told = calls(town.luo).get("/stats", **DAYS).json()
        rate = next(one for one in told["items"] if one["key"] == "voices_per_10k")
        assert (rate["rows"], rate["residents"], round(rate["value"], 1)) == (10, 9, 11111.1)
        assert {one["key"]: (one["rows"], one["hits"]) for one in told["homes"]} == {
            "fresh_homes": (4, 3),
            "empty_rooms": (9, 5),
            "double_entries": (9, 0),
        }
        assert told["homes_counted_on"] == "2026-11-30"
        assert {one["residents"] for one in told["homes"]} == {None}
        of_unit = calls(town.luo).get("/stats", unit=town.sanitation.pk, **DAYS).json()
        assert (of_unit["homes"], of_unit["homes_counted_on"]) == ([], None)


def test_rounds_and_visits(town, calls):
    round_plans.make_rounds(at=at(7))
    walk = walk_of(town.grid1)
    rounds.finish_round(by=town.fresh(town.lin), walk=walk, nothing_found=True, at=walk.closes_at)
    round_plans.close_windows(at=at(20))
    with time_machine.travel(at(20), tick=False):
        day = {"first_day": f"{DAY}", "last_day": f"{DAY}"}
        told = calls(town.luo).get("/stats", area=town.grid1.code, **day).json()["field"]
        assert [(one["key"], one["rows"], one["hits"]) for one in told] == [
            (key, 2 * (key == ROUNDS), 1 * (key == ROUNDS)) for key in FIELD
        ]
        assert calls(town.luo).get("/stats", unit=town.sanitation.pk, **day).json()["field"] == []


def rows(november, town, calls):
    caller = calls(town.luo)
    told = caller.get("/stats/hung/rows", part="hit", **DAYS).json()
    names = {november.cases[name].number for name in ("hung", "taken_up", "came_back")}
    assert {row["case"]["number"] for row in told["items"]} == names
    assert {row["hit"] for row in told["items"]} == {True}
    assert told["next"] is None
    seen, cursor = [], ""
    while cursor is not None:
        page = caller.get("/stats/handled/rows", limit=7, cursor=cursor, **DAYS).json()
        seen += [row["case"]["number"] for row in page["items"]]
        cursor = page["next"]
    assert (len(seen), len(set(seen))) == (18, 18)
    assert caller.get("/stats/hung/rows", cursor="made-up").status_code == 422
    assert caller.get("/stats/nothing/rows", **DAYS).status_code == 404


def scope(_november, town, calls):
    assert calls(town.fang).get("/stats", **DAYS).json()["area"]["code"] == "999999001001"
    for area in ("999999001", "999999001002", "999999002"):
        assert calls(town.fang).get("/stats", area=area, **DAYS).status_code == 404, area
        assert calls(town.fang).get("/stats/handled/rows", area=area, **DAYS).status_code == 404, area
    assert calls(town.zhao).get("/stats", unit=town.sanitation.pk, **DAYS).status_code == 404
    for who in ("lin", "he", "root"):
        for path in ("/stats", "/stats/definitions", "/stats/handled/rows"):
            assert calls(getattr(town, who)).get(path).status_code == 403, (who, path)
    assert calls(None).get("/stats").status_code == 401


def odd_questions(_november, town, calls):
    caller = calls(town.luo)
    for query in (
        {"first_day": "2026-11-09", "last_day": "2026-11-02"},
        {"first_day": "2020-01-01", "last_day": "2026-11-02"},
        {"first_day": "yesterday"},
        {"unit": "0"},
        {"module": "x"},
        {"matter_class": "222"},
    ):
        assert caller.get("/stats", **query).status_code == 422, query
    assert caller.get("/stats/handled/rows", part="both").status_code == 422


def test_every_definition_is_told(town, calls):
    told = calls(town.qian, "en").get("/stats/definitions").json()["items"]
    assert [one["key"] for one in told] == [*INDICATORS, *HOMES, *FIELD]
    assert {one["key"]: one["kind"] for one in told}["voices_per_10k"] == "rate"
    satisfied = next(one for one in told if one["key"] == "satisfied")
    assert (satisfied["name_zh"], satisfied["name_en"], satisfied["beside"]) == ("满意率", "Satisfied", "answered")
    assert satisfied["formula"] == "(satisfied + fairly satisfied) ÷ reporters who answered"
    assert next(one for one in told if one["key"] == "whistle_share")["band"] == [0.01, 0.15]
