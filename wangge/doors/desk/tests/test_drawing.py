"""Grids drawn on the map of a plan: what the page gives to the map, what comes back, and what does not fit is kept."""

import datetime as dt
import json
import re

import pytest
from django.urls import reverse

from tests.town import SINCE
from wangge.foundation.core import clock
from wangge.foundation.places import division, grid_plans, redrawing
from wangge.foundation.places.models import Building, BuildingGrid


@pytest.fixture
def plan(town):
    for n in range(6):
        grid, column = (town.grid1, 0) if n < 3 else (town.grid2, 1)
        lon = 116.002 + column * 0.01 + n % 3 * 0.003
        house = Building.objects.create(community=town.community, name=f"{n + 10}号楼", lon=lon, lat=35.004)
        BuildingGrid.objects.create(building=house, grid=grid, valid_from=SINCE)
    return redrawing.draft(by=town.luo, area=town.community, valid_from=clock.today() + dt.timedelta(days=30))


@pytest.fixture
def chief(town, client):
    town.log_in(client, town.luo)
    return client


def given(page: str, name: str):
    return json.loads(re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def page_of(chief, plan) -> str:
    return chief.get(reverse("desk:grid-plan", args=[plan.pk])).content.decode()


def send(chief, plan, collection):
    sent = collection if isinstance(collection, str) else json.dumps(collection)
    return chief.post(reverse("desk:grid-plan-drawn", args=[plan.pk]), {"drawn": sent})


def feature(ground, name="新网格", **more):
    return {"type": "Feature", "geometry": ground, "properties": {"name": name, "code": "", "cuts": True, **more}}


def state(plan) -> list:
    return list(plan.grids.order_by("code").values_list("code", "name_zh", "grid_kind", "boundary", "buildings"))


def test_the_page_gives_the_map_what_is_there(town, chief, plan):
    page = page_of(chief, plan)
    drawn = given(page, "draw-shapes")
    assert [one["properties"] for one in drawn["features"]] == [
        {"name": grid.name_zh, "code": grid.code, "kind": "basic"} for grid in (town.grid1, town.grid2)
    ]
    assert [one["geometry"] for one in drawn["features"]] == [town.grid1.boundary, town.grid2.boundary]
    assert len(given(page, "draw-before")["features"]) == 2
    assert min(given(page, "draw-houses")) == [116.002, 35.004, 0]
    assert len(given(page, "draw-houses")) == Building.objects.filter(community=town.community).count()
    redrawing.withdraw(by=town.luo, plan=plan)
    assert "draw-shapes" not in page_of(chief, plan)


def test_what_is_sent_back_as_it_came_changes_nothing(town, chief, plan):
    before = state(plan)
    drawn = given(page_of(chief, plan), "draw-shapes")
    assert send(chief, plan, drawn).status_code == 302
    assert state(plan) == before
    assert grid_plans.preview(plan).kept == {town.grid1.code, town.grid2.code}


def test_a_grid_drawn_over_others_takes_its_ground_from_them(town, chief, plan):
    drawn = given(page_of(chief, plan), "draw-shapes")
    over = {"type": "Polygon", "coordinates": [[[116.007, 35.002], [116.009, 35.002], [116.009, 35.006], [116.007, 35.006], [116.007, 35.002]]]}  # fmt: skip
    drawn["features"].append(feature(over, "市场网格", kind="special"))
    answer = send(chief, plan, drawn)
    assert answer.headers["Location"] == reverse("desk:grid-plan", args=[plan.pk])
    first, second, third = plan.grids.order_by("code")
    assert (third.code[-3:], third.name_zh, third.grid_kind, len(third.buildings)) == ("003", "市场网格", "special", 1)
    assert division.read(third.boundary).equals(division.read(over))
    assert second.boundary == town.grid2.boundary
    assert len(first.buildings) == len(grid_plans.houses(town.community)) - 3 - 1
    seen = grid_plans.preview(plan)
    assert (seen.kept, seen.homeless) == ({town.grid2.code}, ())
    shapes = {grid.code: division.read(grid.boundary) for grid in (first, second, third)}
    assert division.flaws(division.read(town.community.boundary), shapes) == []


def test_a_grid_drawn_over_all_of_another_takes_its_place(town, chief, plan):
    drawn = given(page_of(chief, plan), "draw-shapes")
    drawn["features"].append(feature(town.grid1.boundary, "合并网格"))
    assert send(chief, plan, drawn).status_code == 302
    assert list(plan.grids.order_by("code").values_list("name_zh", flat=True)) == [town.grid2.name_zh, "合并网格"]


def test_a_gap_is_named_and_the_drawing_is_kept(town, chief, plan):
    before = state(plan)
    drawn = given(page_of(chief, plan), "draw-shapes")
    drawn["features"].pop(0)
    drawn["features"][0]["properties"]["name"] = "剩下的网格"
    answer = send(chief, plan, drawn)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "m²" in page or "平方米" in page
    assert [one["properties"]["name"] for one in given(page, "draw-shapes")["features"]] == ["剩下的网格"]
    assert given(page, "draw-shapes")["features"][0]["geometry"] == drawn["features"][0]["geometry"]
    assert 'data-draw-kept-value="true"' in page
    assert state(plan) == before


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "{",
        "[]",
        "null",
        '{"features": 7}',
        '{"features": [null]}',
        "[" * 100_000,
        '{"features": [{"geometry": {"type": "Polygon", "coordinates": [[[NaN, 1], [1, 1], [1, 2]]]}, "properties": {}}]}',
        '{"features": [{"geometry": {"type": "LineString", "coordinates": [[1, 1], [2, 2]]}, "properties": {}}]}',
        '{"features": [{"geometry": {"type": "Polygon", "coordinates": [[[1, 1], [1, 1], [1, 1]]]}, "properties": 7}]}',
        '{"features": [{"geometry": {"type": "MultiPolygon", "coordinates": [7]}, "properties": {"name": []}}]}',
    ],
)
def test_a_broken_drawing_is_refused(chief, plan, sent):
    before = state(plan)
    answer = send(chief, plan, sent)
    assert answer.status_code == 422
    given(answer.content.decode(), "draw-shapes")
    assert state(plan) == before


def test_an_outline_that_crosses_itself_is_named(chief, plan):
    before = state(plan)
    drawn = given(page_of(chief, plan), "draw-shapes")
    bow = {"type": "Polygon", "coordinates": [[[116.001, 35.001], [116.004, 35.004], [116.004, 35.001], [116.001, 35.004], [116.001, 35.001]]]}  # fmt: skip
    drawn["features"].append(feature(bow, "蝴蝶结"))
    answer = send(chief, plan, drawn)
    assert answer.status_code == 422
    assert "蝴蝶结" in answer.content.decode()
    assert state(plan) == before


def test_only_the_community_that_was_drawn_on_is_touched(town, chief):
    street = redrawing.draft(by=town.luo, area=town.south, valid_from=clock.today() + dt.timedelta(days=30))
    before = {row[0]: row for row in state(street)}
    drawn = given(page_of(chief, street), "draw-shapes")
    own = next(one for one in drawn["features"] if one["properties"]["code"] == town.grid1.code)
    own["properties"]["name"] = "改名网格"
    assert send(chief, street, drawn).status_code == 302
    after = {row[0]: row for row in state(street)}
    changed = [code for code in before if before[code] != after[code]]
    assert changed == [town.grid1.code]
    assert after[town.grid1.code][3] == town.grid1.boundary
