"""When grids are redrawn nobody loses his scope silently: posts follow the ground, and whose post ends is said before."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import translation

from tests.town import SINCE
from wangge.doors.desk.regridding import lines
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import Organisation, Post, Responsibility
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.regridding import fates
from wangge.foundation.core import clock
from wangge.foundation.places import grid_plans, redrawing
from wangge.foundation.places.models import Area, Building, BuildingGrid, GridPlan


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def houses(town):
    """Two houses in grid 1, three in grid 2, beside the one that the cast has in grid 1."""
    made = []
    for n in range(5):
        grid, column = (town.grid1, 0) if n < 2 else (town.grid2, 1)
        house = Building.objects.create(
            community=town.community, name=f"{n + 10}号楼", lon=116.002 + column * 0.01 + n * 0.001, lat=35.004
        )
        BuildingGrid.objects.create(building=house, grid=grid, valid_from=SINCE)
        made.append(house)
    return made


def tomorrow() -> dt.date:
    return clock.today() + dt.timedelta(days=1)


def apply() -> None:
    assert redrawing.apply_due(at=dt.datetime.combine(tomorrow(), dt.time(12), tzinfo=clock.OFFICE)) == 1


@pytest.fixture
def merged(town, houses):
    """A plan in which grid 1 goes away: all of it comes to grid 2."""
    plan = redrawing.draft(by=town.luo, area=town.community, valid_from=tomorrow())
    everything = [house.pk for house in grid_plans.houses(town.community)]
    redrawing.assign(by=town.luo, plan=plan, buildings=everything, code=town.grid2.code)
    redrawing.drop_grid(by=town.luo, plan=plan, code=town.grid1.code)
    return GridPlan.objects.get(pk=plan.pk)


def working(area: Area) -> list[str]:
    held = Post.objects.as_of(tomorrow()).filter(area=area, role="grid_worker")
    return sorted(held.values_list("user__username", flat=True))


def told(plan):
    figures = lines.figures(plan, grid_plans.preview(plan))
    posts = [
        (row["post"].user.username, row["post"].role, [grid.code for grid in row["to"]]) for row in figures["posts"]
    ]
    return posts, [warning for warning in figures["warnings"] if "loses" in warning]


def test_who_worked_a_grid_that_goes_away_works_its_successor(town, merged, monkeypatch):
    accounts.give_post(by=None, user=town.su, role="grid_head", valid_from=SINCE, area=town.grid1)
    unit = Organisation.objects.get(pk=town.office.pk)
    Responsibility.objects.create(organisation=unit, area=town.grid1, valid_from=SINCE)
    code = town.grid2.code
    assert told(merged) == ([("lin", "grid_worker", [code]), ("su", "grid_head", [code])], [])
    redrawing.confirm(by=town.luo, plan=merged)
    apply()
    new = Area.objects.get(valid_from=tomorrow())
    assert working(new) == ["gao", "lin"]
    assert list(Post.objects.filter(area=new, role="grid_head").values_list("user__username", flat=True)) == ["su"]
    assert list(Responsibility.objects.filter(area=new).values_list("organisation", "valid_to")) == [(unit.pk, None)]
    day = tomorrow()
    monkeypatch.setattr(clock, "today", lambda: day)
    assert authority_of(town.fresh(town.lin)).may(P.PERSON_VIEW, area_path=new.path)


def test_who_is_not_named_is_said_to_lose_his_post_and_can_be_named_with_one_click(town, merged, client):
    code = town.grid2.code
    redrawing.edit_grid(by=town.luo, plan=merged, code=code, name_zh="第二网格", workers=[town.gao.pk])
    plan = GridPlan.objects.get(pk=merged.pk)
    posts, warnings = told(plan)
    assert posts == [("lin", "grid_worker", [])]
    assert len(warnings) == 1
    assert town.lin.name in warnings[0]
    town.log_in(client, town.luo)
    page = reverse("desk:grid-plan", args=[plan.pk])
    name = reverse("desk:grid-plan-worker", args=[plan.pk, code])
    assert name in client.get(page).content.decode()
    assert client.post(name, {"worker": town.luo.pk}).status_code == 404  # no grid worker of this street
    assert client.post(name, {"worker": "x"}).status_code == 404
    assert plan.grids.get(code=code).workers == [town.gao.pk]
    assert client.post(name, {"worker": town.lin.pk}).status_code == 302
    assert plan.grids.get(code=code).workers == sorted([town.gao.pk, town.lin.pk])
    assert name not in client.get(page).content.decode()
    assert told(GridPlan.objects.get(pk=plan.pk)) == ([("lin", "grid_worker", [code])], [])
    redrawing.confirm(by=town.luo, plan=plan)
    apply()
    assert working(Area.objects.get(valid_from=tomorrow())) == ["gao", "lin"]


def test_what_the_preview_says_is_what_happens(town, merged):
    redrawing.edit_grid(by=town.luo, plan=merged, code=town.grid2.code, name_zh="第二网格", workers=[town.gao.pk])
    redrawing.confirm(by=town.luo, plan=merged)
    apply()
    assert working(Area.objects.get(valid_from=tomorrow())) == ["gao"]
    assert Post.objects.as_of(tomorrow()).filter(user=town.lin, role="grid_worker").count() == 0


def test_who_works_both_grids_gets_one_post(town, merged):
    accounts.give_post(
        by=None, user=town.lin, role="grid_worker", valid_from=SINCE, organisation=town.office, area=town.grid2
    )
    redrawing.confirm(by=town.luo, plan=merged)
    apply()
    assert working(Area.objects.get(valid_from=tomorrow())) == ["gao", "lin"]


@pytest.mark.parametrize(
    ("role", "source", "workers", "to"),
    [
        ("grid_worker", {10: 1}, {}, (10,)),  # redrawn: he works what came of his grid
        ("grid_worker", {10: 1, 11: 1}, {}, (10, 11)),  # split: he works both parts until somebody is named
        ("grid_worker", {10: 1, 11: 1}, {10: [8]}, (11,)),
        ("grid_worker", {10: 2, 11: 2}, {}, (10,)),  # merged away: where most went
        ("grid_worker", {10: 2}, {10: [8]}, ()),  # others are named for it
        ("grid_worker", {10: 2, 11: 3}, {10: [8], 11: [7]}, (11,)),  # he is named elsewhere
        ("grid_head", {10: 2}, {10: [8]}, (10,)),  # naming workers says nothing about who leads
    ],
)
def test_the_rule(role, source, workers, to):
    post = Post(user_id=7, role=role, area_id=1)
    found = fates([post], source=source, successor={1: 10}, workers=workers)
    assert [fate.to for fate in found] == [to]
