"""When grids are redrawn: checkpoints, open work and what is planned go along; what was done stays where it happened."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.town import SINCE
from wangge.domains.fieldwork.actions import checkpoints, round_plans, rounds, standups, tasks
from wangge.domains.fieldwork.actions.rounds import Proven
from wangge.domains.fieldwork.models import (
    Checkpoint,
    FieldTask,
    Link,
    Round,
    RoundPoint,
    RoundWindow,
    StandUp,
    VisitDue,
)
from wangge.domains.fieldwork.tests.walking import DAY, FIRE_LANE, WHY, at, set_up, walk_of
from wangge.domains.people.actions.bulk import HouseholdDraft, PersonDraft, load
from wangge.domains.people.models import Household
from wangge.foundation.core import clock
from wangge.foundation.duties.models import Duty
from wangge.foundation.places import redrawing
from wangge.foundation.places.models import Area, Building, BuildingGrid, Entrance, Room

ONE = dt.timedelta(days=1)
MORNING = at(1, day=DAY + ONE)  # the plan is applied in the night


@pytest.fixture(autouse=True)
def _on_a_tuesday(time_machine):
    time_machine.move_to(at(9), tick=False)


@pytest.fixture
def house(town):
    """A house in grid 1 with a household; it goes into a grid of its own."""
    house = Building.objects.create(community=town.community, name="9号楼", floors=6, lon=116.001, lat=35.002)
    BuildingGrid.objects.create(building=house, grid=town.grid1, valid_from=SINCE)
    entrance = Entrance.objects.create(building=house, name="1单元")
    room = Room.objects.create(entrance=entrance, floor=1, name="101")
    draft = HouseholdDraft(
        room_id=room.pk, area_path=town.grid1.path, since=SINCE, members=(PersonDraft(name="测试甲", role="head"),)
    )
    load([draft], by=None, stated_on=SINCE)
    return house


def redraw(town, house, time_machine) -> Area:
    """Grid 1 is cut in two; the house comes into the new one. Returns the new grid."""
    plan = redrawing.draft(by=town.luo, area=town.community, valid_from=DAY + ONE, note="南街办〔2026〕18号")
    third = redrawing.add_grid(by=town.luo, plan=plan, community=town.community, name_zh="第三网格", name_en="Grid 3")
    redrawing.assign(by=town.luo, plan=plan, buildings=[house.pk], code=third.code)
    redrawing.confirm(by=town.luo, plan=plan)
    time_machine.move_to(MORNING, tick=False)
    assert redrawing.apply_due(at=MORNING) == 1
    return Area.objects.as_of(clock.today()).get(code=third.code)


def test_what_is_planned_and_open_goes_along(town, house, time_machine):
    old = town.grid1
    there = set_up(town, name="9号楼消防通道", every_days=1, building=house, lon=None, lat=None)
    here = set_up(town, name="3号楼消防通道", every_days=1, building=Building.objects.get(name="3号楼"))
    for row in (there, here):
        rounds.see_point(by=town.lin, walk=walk_of(old), checkpoint=row, proven=Proven("reason", why="gone"), at=at(9))
    rounds.finish_round(by=town.lin, walk=walk_of(old), nothing_found=True, at=at(9, 30))
    task = tasks.give_task(by=town.fang, grid=old, matter=FIRE_LANE, title="查看井盖", due_at=at(18, day=DAY + ONE))
    checkpoints.set_window(
        by=town.fang, area=old, kind="night", days="daily", opens=dt.time(22), closes=dt.time(1), at=at(9)
    )
    household = Household.objects.unscoped(WHY).get()
    due = VisitDue.objects.create(household=household, area_path=old.path, due_on=DAY + ONE, grounds=b"-")
    link = Link.objects.create(user=town.lin, household=household, area_path=old.path, valid_from=DAY)
    standups.make_lists(at=at(9))
    standups.hold(by=town.lin, area=old, at=at(9))
    walked = walk_of(old).pk

    new = redraw(town, house, time_machine)
    heir = Area.objects.as_of(clock.today()).get(code=old.code)
    assert len({old.pk, new.pk, heir.pk}) == 3

    moved = Checkpoint.objects.unscoped(WHY)
    assert (moved.get(pk=there.pk).grid, moved.get(pk=there.pk).area_path) == (new, new.path)
    assert (moved.get(pk=here.pk).grid, moved.get(pk=here.pk).area_path) == (heir, heir.path)
    asked = Duty.objects.filter(kind="checkpoint.gone").values_list("subject_id", "area_path")
    assert set(asked) == {(there.pk, new.path), (here.pk, heir.path)}
    task = FieldTask.objects.unscoped(WHY).get(pk=task.pk)
    assert (task.grid, task.area_path) == (heir, heir.path)
    assert Duty.objects.get(kind="field_task.do").area_path == heir.path
    assert VisitDue.objects.unscoped(WHY).get(pk=due.pk).area_path == new.path
    assert Link.objects.unscoped(WHY).get(pk=link.pk).area_path == new.path
    assert RoundWindow.objects.filter(area=heir, kind="night", valid_to__isnull=True).count() == 1
    assert not RoundWindow.objects.filter(area=old, valid_to__isnull=True).exists()
    # What is over stays, and no round stands for a grid that is no more.
    assert Round.objects.unscoped(WHY).get(pk=walked).area_path == old.path
    assert StandUp.objects.unscoped(WHY).get(held_at__isnull=False).area == old
    assert not Round.objects.unscoped(WHY).filter(grid=old, day__gt=DAY).exists()
    ahead = RoundPoint.objects.filter(round__day__gt=DAY).values_list("checkpoint_id", "round__grid")
    assert set(ahead) == {(there.pk, new.pk), (here.pk, heir.pk)}
    nights = Round.objects.unscoped(WHY).filter(kind="night", day=DAY + ONE)
    assert [one.grid for one in nights] == [heir]


def test_making_rounds_after_it_makes_none_for_the_old_grid(town, house, time_machine):
    old = town.grid1
    round_plans.make_rounds(at=at(9))
    redraw(town, house, time_machine)
    round_plans.make_rounds(at=MORNING)
    assert not Round.objects.unscoped(WHY).filter(grid=old, day__gt=DAY).exists()
    assert Round.objects.unscoped(WHY).filter(day=DAY + ONE).count() == 2 * 5
