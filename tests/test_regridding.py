"""Regridding: nobody is lost or doubled, open work goes along, history stays, and scope follows at the next request."""

import datetime as dt
from collections import Counter
from decimal import Decimal

import pytest
import shapely
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.town import SINCE, square
from wangge.domains.cases import actions as cases
from wangge.domains.cases.models import TimelineEntry
from wangge.domains.people.actions.bulk import HouseholdDraft, PersonDraft, load
from wangge.domains.people.actions.bulk_ties import FirmDraft, SiteDraft, load_firms, load_sites
from wangge.domains.people.models import Firm, Household, Person, Site, Stay
from wangge.foundation.accounts.models import Post
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError
from wangge.foundation.duties.models import Duty
from wangge.foundation.places import crs, division, drawn_grids, grid_plans, redrawing
from wangge.foundation.places.models import Area, AreaLineage, Building, BuildingGrid, Entrance, GridPlan, Room
from wangge.foundation.places.queries import grid_at

WHY = "the test counts"
HOUSES = 12


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def houses(town):
    """Six houses each in grid 1 and grid 2, a household of two in every one of them."""
    for key in ("community", "community2", "grid1", "grid2"):
        setattr(town, key, getattr(town, key))  # the rows of today: their codes go on in the new grids
    made = []
    for n in range(HOUSES):
        grid, column = (town.grid1, 0) if n < HOUSES // 2 else (town.grid2, 1)
        lon = 116.0 + column * 0.01 + 0.001 + (n % 6) * 0.0015
        lat = 35.002 + (n % 3) * 0.002
        house = Building.objects.create(community=town.community, name=f"{n + 10}号楼", floors=6, lon=lon, lat=lat)
        BuildingGrid.objects.create(building=house, grid=grid, valid_from=SINCE)
        entrance = Entrance.objects.create(building=house, name="1单元")
        room = Room.objects.create(entrance=entrance, floor=1, name="101")
        members = tuple(PersonDraft(name=f"测试{'甲乙'[m]}", role=("head", "spouse")[m]) for m in (0, 1))
        draft = HouseholdDraft(room_id=room.pk, area_path=grid.path, since=SINCE, members=members)
        load([draft], by=None, stated_on=SINCE)
        made.append(house)
    return made


def tomorrow() -> dt.date:
    return clock.today() + dt.timedelta(days=1)


def noon_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), tzinfo=clock.OFFICE)


def people() -> Counter:
    return Counter(Person.objects.unscoped(WHY).values_list("area_path", flat=True))


def homes() -> Counter:
    return Counter(Household.objects.unscoped(WHY).values_list("area_path", flat=True))


def three_grids(town, houses):
    """Grid 1 is cut in two: its last three houses become a third grid."""
    plan = redrawing.draft(by=town.luo, area=town.community, valid_from=tomorrow(), note="南街办〔2026〕18号")
    third = redrawing.add_grid(by=town.luo, plan=plan, community=town.community, name_zh="第三网格", name_en="Grid 3")
    redrawing.assign(by=town.luo, plan=plan, buildings=[h.pk for h in houses[3:6]], code=third.code)
    return plan, third


def test_a_plan_begins_with_the_grids_as_they_are(town, houses):
    plan = redrawing.draft(by=town.luo, area=town.community, valid_from=tomorrow())
    grids = grid_plans.grids_of(plan)
    assert [grid.code for grid in grids] == [town.grid1.code, town.grid2.code]
    assert [len(grid.buildings) for grid in grids] == [7, 6]  # with the cast's own 3号楼
    seen = grid_plans.preview(plan)
    assert (seen.kept, seen.moves, seen.homeless) == ({town.grid1.code, town.grid2.code}, [], ())
    with pytest.raises(ConflictError, match="changes nothing"):
        redrawing.confirm(by=town.luo, plan=plan)
    assert GridPlan.objects.get().state == "draft"


def test_a_split_in_the_preview(town, houses):
    plan, third = three_grids(town, houses)
    assert third.code == "999999001001003"
    seen = grid_plans.preview(plan)
    assert seen.kept == {town.grid2.code}
    assert [(m.old, m.new.code, len(m.buildings)) for m in seen.moves] == [
        (town.grid1, town.grid1.code, 4),
        (town.grid1, third.code, 3),
    ]
    shapes = {grid.code: division.read(grid.boundary) for grid in grid_plans.grids_of(plan)}
    assert division.flaws(division.read(town.community.boundary), shapes) == []
    for grid in grid_plans.grids_of(plan):
        for house in Building.objects.filter(pk__in=grid.buildings):
            assert shapes[grid.code].intersects(shapely.Point(house.lon, house.lat))


def test_nothing_happens_before_its_day(town, houses):
    plan, _third = three_grids(town, houses)
    redrawing.confirm(by=town.luo, plan=plan)
    before = (people(), homes(), Area.objects.count(), BuildingGrid.objects.count(), Post.objects.count())
    assert redrawing.apply_due() == 0
    assert (people(), homes(), Area.objects.count(), BuildingGrid.objects.count(), Post.objects.count()) == before
    assert redrawing.apply_due(at=noon_of(tomorrow())) == 1
    assert redrawing.apply_due(at=noon_of(tomorrow())) == 0


def test_areas_lineage_and_buildings(town, houses):
    plan, third = three_grids(town, houses)
    redrawing.confirm(by=town.luo, plan=plan)
    redrawing.apply_due(at=noon_of(tomorrow()))
    old = Area.objects.get(pk=town.grid1.pk)
    assert old.valid_to == tomorrow()
    assert Area.objects.get(pk=town.grid2.pk).valid_to is None
    new = {area.code: area for area in Area.objects.filter(valid_from=tomorrow())}
    assert set(new) == {town.grid1.code, third.code}
    assert {area.parent for area in new.values()} == {town.community}
    assert new[third.code].path == f"{town.community.path}{new[third.code].pk}/"
    shares = dict(AreaLineage.objects.filter(old=old).values_list("new__code", "share"))
    assert set(shares) == set(new)
    assert sum(shares.values()) == pytest.approx(Decimal(1), abs=Decimal("0.0001"))
    assert sum(area.households for area in new.values()) == pytest.approx(old.households, abs=1)
    for house in houses:
        today = house.grids.as_of(clock.today()).get().grid
        then = house.grids.as_of(tomorrow()).get().grid
        assert today.valid_from == SINCE
        assert then.valid_to is None
    plan.refresh_from_db()
    assert (plan.state, plan.progress) == ("applied", {})
    kinds = AuditEntry.objects.filter(subject_type="gridplan").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == [
        "grid_plan.draft",
        "grid_plan.add_grid",
        "grid_plan.assign",
        "grid_plan.confirm",
        "grid_plan.apply",
        "grid_plan.complete",
    ]


def test_people_households_firms_and_places_go_along(town, houses):
    firms = [
        FirmDraft(name="楼里的店", kind="shop", area_path=town.grid1.path, since=SINCE, building_id=houses[4].pk),
        FirmDraft(
            name="路边的摊", kind="shop", area_path=town.grid1.path, since=SINCE, lon=houses[4].lon, lat=houses[4].lat
        ),
    ]
    load_firms(by=None, firms=firms)
    site = SiteDraft(name="广场", kind="crowd", area_path=town.grid1.path, since=SINCE, lon=116.0006, lat=35.0006)
    load_sites(by=None, sites=[site])
    stays = list(Stay.objects.order_by("id").values_list("household", "room", "valid_from", "valid_to"))
    plan, third = three_grids(town, houses)
    redrawing.confirm(by=town.luo, plan=plan)
    redrawing.apply_due(at=noon_of(tomorrow()))
    new = {area.code: area for area in Area.objects.filter(valid_from=tomorrow())}
    assert people() == {new[town.grid1.code].path: 6, new[third.code].path: 6, town.grid2.path: 12}
    assert homes() == {new[town.grid1.code].path: 3, new[third.code].path: 3, town.grid2.path: 6}
    assert set(Firm.objects.unscoped(WHY).values_list("area_path", flat=True)) == {new[third.code].path}
    assert Site.objects.get().area_path == new[town.grid1.code].path
    assert list(Stay.objects.order_by("id").values_list("household", "room", "valid_from", "valid_to")) == stays


def test_posts_go_on_and_scope_follows_at_the_next_request(town, houses, monkeypatch):
    plan, third = three_grids(town, houses)
    redrawing.edit_grid(by=town.luo, plan=plan, code=third.code, name_zh="第三网格", workers=[town.gao.pk])
    redrawing.confirm(by=town.luo, plan=plan)
    assert Household.objects.visible_to(town.lin).count() == 6
    redrawing.apply_due(at=noon_of(tomorrow()))
    day = tomorrow()
    monkeypatch.setattr(clock, "today", lambda: day)
    lin, gao = (type(town.lin).objects.get(pk=user.pk) for user in (town.lin, town.gao))
    assert Household.objects.visible_to(lin).count() == 3
    assert Household.objects.visible_to(gao).count() == 6 + 3
    held = Post.objects.as_of(day).filter(user=gao).order_by("area__code").values_list("area__code", "role")
    assert list(held) == [(town.grid2.code, "grid_worker"), (third.code, "grid_worker")]
    earlier = Post.objects.as_of(day - dt.timedelta(days=1)).filter(user=lin)
    assert list(earlier.values_list("area", flat=True)) == [town.grid1.pk]


def test_open_cases_and_their_duties_are_handed_over_and_ended_ones_stay(town, houses):
    there, elsewhere = houses[4], houses[0]

    def reported(house):
        return town.reported(place=cases.Place(area=town.grid1, lon=house.lon, lat=house.lat))

    going, staying = reported(there), reported(elsewhere)
    ended = reported(there)
    cases.void(case=ended, by=town.luo, reason="误报")
    plan, third = three_grids(town, houses)
    redrawing.confirm(by=town.luo, plan=plan)
    redrawing.apply_due(at=noon_of(tomorrow()))
    new = {area.code: area for area in Area.objects.filter(valid_from=tomorrow())}
    for case, area in ((going, new[third.code]), (staying, new[town.grid1.code]), (ended, town.grid1)):
        case.refresh_from_db()
        assert (case.area, case.area_path) == (area, area.path)
    duties = Duty.objects.filter(subject_type="case", done_at__isnull=True)
    assert {(d.subject_id, d.area_path) for d in duties} == {
        (going.pk, new[third.code].path),
        (staying.pk, new[town.grid1.code].path),
    }
    told = TimelineEntry.objects.filter(verb="redraw_grids").order_by("case_id")
    assert [(row.case_id, row.data["new"]) for row in told] == [
        (going.pk, new[third.code].pk),
        (staying.pk, new[town.grid1.code].pk),
    ]


def test_an_interrupted_plan_goes_on_where_it_was(town, houses, monkeypatch):
    monkeypatch.setattr(redrawing, "AT_ONCE", 2)
    plan, third = three_grids(town, houses)
    redrawing.confirm(by=town.luo, plan=plan)
    at = noon_of(tomorrow())
    assert redrawing.begin(plan.pk, at=at) is True
    assert redrawing.begin(plan.pk, at=at) is False  # the first part is done once
    assert redrawing.proceed(plan.pk, at=at) is True
    assert homes()[town.grid1.path] >= 4
    assert GridPlan.objects.get(pk=plan.pk).state == "applying"
    assert redrawing.apply_due(at=at) == 1
    assert homes()[town.grid1.path] == 0
    assert sum(homes().values()) == HOUSES
    assert Area.objects.filter(code=third.code).count() == 1


def test_a_veto_from_above_undoes_everything(town, houses, settings):
    plan, _third = three_grids(town, houses)
    redrawing.confirm(by=town.luo, plan=plan)
    settings.WANGGE_CONTRIBUTIONS = "tests.test_regridding.VETO"
    before = (Area.objects.count(), BuildingGrid.objects.count(), AuditEntry.objects.count())
    with pytest.raises(ZeroDivisionError):
        redrawing.begin(plan.pk, at=noon_of(tomorrow()))
    assert (Area.objects.count(), BuildingGrid.objects.count(), AuditEntry.objects.count()) == before
    assert GridPlan.objects.get(pk=plan.pk).state == "confirmed"


VETO = {"grids.redrawn": [lambda _redrawn: 1 // 0]}


def test_two_grids_become_one(town, houses):
    plan = redrawing.draft(by=town.luo, area=town.community, valid_from=tomorrow())
    mine = [h.pk for h in houses[:6]] + [Building.objects.get(name="3号楼").pk]
    redrawing.assign(by=town.luo, plan=plan, buildings=mine, code=town.grid2.code)
    with pytest.raises(ConflictError, match="no ground"):
        redrawing.confirm(by=town.luo, plan=plan)
    redrawing.drop_grid(by=town.luo, plan=plan, code=town.grid1.code)
    redrawing.confirm(by=town.luo, plan=plan)
    redrawing.apply_due(at=noon_of(tomorrow()))
    new = Area.objects.get(valid_from=tomorrow())
    assert division.read(new.boundary).equals(division.read(town.community.boundary))
    assert homes() == {new.path: HOUSES}
    workers = Post.objects.as_of(tomorrow()).filter(area=new, role="grid_worker")
    assert workers.count() == 2  # the worker of the grid that went away follows its ground
    assert set(AreaLineage.objects.values_list("old__code", "share")) == {
        (town.grid1.code, Decimal(1)),
        (town.grid2.code, Decimal(1)),
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda plan, town: redrawing.draft(by=None, area=town.community, valid_from=clock.today()), "future"),
        (lambda plan, town: redrawing.draft(by=None, area=town.grid1, valid_from=tomorrow()), "community or a street"),
        (lambda plan, town: redrawing.add_grid(by=None, plan=plan, community=town.community, name_zh=" "), "name"),
        (lambda plan, town: redrawing.add_grid(by=None, plan=plan, community=town.community2, name_zh="x"), "belong"),
        (lambda plan, town: redrawing.assign(by=None, plan=plan, buildings=[0], code=town.grid1.code), "belong"),
        (lambda plan, town: redrawing.assign(by=None, plan=plan, buildings=[], code="1"), "no such grid"),
    ],
)
def test_refusals_change_nothing(town, houses, change, words):
    plan = redrawing.draft(by=town.luo, area=town.community, valid_from=tomorrow())
    before = list(plan.grids.values_list("code", "buildings"))
    count = GridPlan.objects.count()
    with pytest.raises(InvalidError, match=words):
        change(plan, town)
    assert list(plan.grids.values_list("code", "buildings")) == before
    assert GridPlan.objects.count() == count


def test_a_confirmed_plan_is_no_longer_drawn_and_may_be_withdrawn(town, houses):
    plan, third = three_grids(town, houses)
    redrawing.confirm(by=town.luo, plan=plan)
    with pytest.raises(ConflictError, match="no longer being drawn"):
        redrawing.assign(by=town.luo, plan=plan, buildings=[houses[0].pk], code=third.code)
    other, _other = three_grids(town, houses)
    with pytest.raises(ConflictError, match="Another plan"):
        redrawing.confirm(by=town.luo, plan=other)
    redrawing.withdraw(by=town.luo, plan=plan)
    assert redrawing.apply_due(at=noon_of(tomorrow())) == 0
    redrawing.confirm(by=town.luo, plan=other)
    assert GridPlan.objects.get(pk=other.pk).state == "confirmed"


def collection(*squares):
    features = [
        {"type": "Feature", "geometry": ground, "properties": {"name": f"新{n}网格"}}
        for n, ground in enumerate(squares, start=1)
    ]
    return {"type": "FeatureCollection", "features": features}


def test_drawn_grids_are_taken_over(town, houses):
    plan = redrawing.draft(by=town.luo, area=town.community, valid_from=tomorrow())
    west, east = square(0, 0), square(1, 0)
    west["coordinates"][0][1][0] += 0.000002  # a slip of the hand: 20 cm over the border
    assert redrawing.import_grids(by=town.luo, plan=plan, collection=collection(west, east)) == 2
    grids = grid_plans.grids_of(plan)
    assert [(grid.code[-3:], grid.name_zh, len(grid.buildings)) for grid in grids] == [
        ("003", "新1网格", 7),
        ("004", "新2网格", 6),
    ]
    whole = division.read(town.community.boundary)
    assert division.flaws(whole, {grid.code: division.read(grid.boundary) for grid in grids}) == []
    redrawing.confirm(by=town.luo, plan=plan)
    redrawing.apply_due(at=noon_of(tomorrow()))
    assert sum(homes().values()) == HOUSES
    assert grid_at(houses[0].lon, houses[0].lat, on=tomorrow()).code == "999999001001003"
    assert grid_at(houses[0].lon, houses[0].lat, on=clock.today()) == town.grid1


@pytest.mark.parametrize(
    ("drawn", "kind"),
    [
        ([square(0, 0)], "gap"),
        ([square(0, 0, 2), square(1, 0)], "overlap"),
        ([square(0, 0), square(1, 0, 1, 2)], "outside"),
    ],
)
def test_gaps_and_overlaps_are_named(town, houses, drawn, kind):
    plan = redrawing.draft(by=town.luo, area=town.community, valid_from=tomorrow())
    before = list(plan.grids.values_list("code", "buildings", "boundary"))
    with pytest.raises(drawn_grids.FlawedError) as caught:
        redrawing.import_grids(by=town.luo, plan=plan, collection=collection(*drawn))
    assert [flaw.kind for flaw in caught.value.flaws] == [kind]
    assert caught.value.flaws[0].area_m2 > 500_000
    assert list(plan.grids.values_list("code", "buildings", "boundary")) == before


@pytest.mark.parametrize("datum", [crs.GCJ02, crs.BD09])
def test_drawn_on_a_public_map(town, houses, datum):
    plan = redrawing.draft(by=town.luo, area=town.community, valid_from=tomorrow())
    drawn = [
        {"type": "Polygon", "coordinates": [[list(crs.from_wgs(x, y, datum)) for x, y in ground["coordinates"][0]]]}
        for ground in (square(0, 0), square(1, 0))
    ]
    with pytest.raises(drawn_grids.FlawedError, match=datum.upper().replace("0", "-0")):
        redrawing.import_grids(by=town.luo, plan=plan, collection=collection(*drawn))
    assert plan.grids.count() == 2
    assert redrawing.import_grids(by=town.luo, plan=plan, collection=collection(*drawn), datum=datum) == 2
    assert [len(grid.buildings) for grid in grid_plans.grids_of(plan)] == [7, 6]


@pytest.mark.parametrize(
    "rubbish",
    [
        None,
        [],
        {"features": []},
        {"features": [None]},
        {"features": [{"geometry": {"type": "Point", "coordinates": [116, 35]}}]},
        {"features": [{"geometry": {"type": "Polygon", "coordinates": [[[116, "x"]]]}}]},
        {"features": [{"geometry": {"type": "Polygon", "coordinates": []}}]},
        {"features": [{"geometry": {"type": "Polygon", "coordinates": [[[116]]]}}]},
    ],
)
def test_rubbish_is_refused(town, rubbish):
    plan = redrawing.draft(by=town.luo, area=town.community, valid_from=tomorrow())
    with pytest.raises(drawn_grids.FlawedError):
        redrawing.import_grids(by=town.luo, plan=plan, collection=rubbish)
    assert plan.grids.count() == 2


def test_history_can_be_told_for_the_grids_of_today(town, houses):
    plan, third = three_grids(town, houses)
    redrawing.confirm(by=town.luo, plan=plan)
    redrawing.apply_due(at=noon_of(tomorrow()))
    figures = {town.grid1.pk: 90.0, town.grid2.pk: 10.0}
    assert grid_plans.reproject(figures, on=clock.today()) == figures
    told = grid_plans.reproject(figures, on=tomorrow())
    new = {area.code: area.pk for area in Area.objects.filter(valid_from=tomorrow())}
    assert set(told) == {new[town.grid1.code], new[third.code], town.grid2.pk}
    assert sum(told.values()) == pytest.approx(100)
    assert told[town.grid2.pk] == 10.0


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(owners=st.lists(st.integers(0, 4), min_size=HOUSES, max_size=HOUSES))
def test_any_split_loses_and_doubles_nobody(town, houses, owners):
    from django.db import transaction

    with transaction.atomic():
        then = {house.pk: house.grids.as_of(clock.today()).get().grid_id for house in houses}
        persons = set(Person.objects.unscoped(WHY).values_list("pk", flat=True))
        plan = redrawing.draft(by=None, area=town.community, valid_from=tomorrow())
        codes = [town.grid1.code, town.grid2.code] + [
            redrawing.add_grid(by=None, plan=plan, community=town.community, name_zh=f"新{n}").code for n in range(3)
        ]
        for n, code in enumerate(codes):
            own = [house.pk for house, owner in zip(houses, owners, strict=True) if owner == n]
            redrawing.assign(by=None, plan=plan, buildings=own, code=code)
        for grid in grid_plans.grids_of(plan):
            if not grid.buildings:
                redrawing.drop_grid(by=None, plan=plan, code=grid.code)
        changed = len(grid_plans.preview(plan).kept) < max(plan.grids.count(), 2)
        if changed:
            redrawing.confirm(by=None, plan=plan)
        assert redrawing.apply_due(at=noon_of(tomorrow())) == changed
        force = list(Area.objects.as_of(tomorrow()).filter(kind="grid", parent=town.community))
        shapes = {area.code: division.read(area.boundary) for area in force}
        assert division.flaws(division.read(town.community.boundary), shapes) == []
        paths = {area.pk: area.path for area in force}
        for house in houses:
            link = house.grids.as_of(tomorrow()).get()
            assert link.grid_id in paths
            assert house.grids.as_of(clock.today()).get().grid_id == then[house.pk]
            inside = Household.objects.unscoped(WHY).filter(room__entrance__building=house)
            assert list(inside.values_list("area_path", flat=True)) == [paths[link.grid_id]]
            living = Person.objects.unscoped(WHY).filter(memberships__household__in=inside)
            assert list(living.values_list("area_path", flat=True)) == [paths[link.grid_id]] * 2
        assert set(Person.objects.unscoped(WHY).values_list("pk", flat=True)) == persons
        transaction.set_rollback(True)
