"""Checkpoints, windows, and the rounds that are made of them."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.fieldwork import round_queries
from wangge.domains.fieldwork.actions import checkpoints, round_plans
from wangge.domains.fieldwork.actions.checkpoints import OffTheListError
from wangge.domains.fieldwork.models import Checkpoint, Round, RoundPoint, RoundWindow
from wangge.domains.fieldwork.tests import walking
from wangge.domains.fieldwork.tests.walking import DAY, WHY, at, facts, set_up, walk_of
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.places.models import Building

ONE = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _on_a_tuesday(time_machine):
    time_machine.move_to(at(7), tick=False)


def how_many() -> int:
    return Checkpoint.objects.unscoped(WHY).count()


def test_a_checkpoint_gets_its_grid_from_its_position_and_its_days_from_its_risk(town):
    row = set_up(town, risk=3)
    assert (row.grid, row.area_path, row.every_days, row.valid_from) == (town.grid1, town.grid1.path, 3, DAY)
    assert len(row.tag) == 16
    assert AuditEntry.objects.filter(kind="checkpoint.add", subject_id=row.pk).get().data["grid"] == town.grid1.pk
    at_a_building = set_up(town, lon=None, lat=None, building=Building.objects.get(name="3号楼"))
    assert at_a_building.grid == town.grid1
    assert at_a_building.compound == town.compound
    assert at_a_building.tag != row.tag


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "点" * 61}, "name"),
        ({"kind": "lamp"}, "kind"),
        ({"risk": 4}, "risk"),
        ({"every_days": 0}, "every_days"),
        ({"every_days": 367}, "every_days"),
        ({"matter": "99999"}, "matter"),
        ({"lon": 1.0, "lat": 1.0}, "lon"),
        ({"lon": 999.0}, "lon"),
        ({"lon": None}, "lon"),
        ({"look_for": "看" * 201}, "look_for"),
    ],
)
def test_what_is_wrong_with_a_checkpoint_is_said_and_nothing_is_kept(town, more, field):
    with pytest.raises(InvalidError) as refusal:
        set_up(town, **more)
    assert refusal.value.field == field
    assert how_many() == 0
    assert AuditEntry.objects.filter(kind="checkpoint.add").count() == 0


def test_looking_somewhere_rests_on_a_matter_of_the_list(town):
    with pytest.raises(OffTheListError):
        set_up(town, matter="99999")


def test_who_may_set_up_checkpoints(town):
    for user in (town.lin, town.chen, town.zhao, town.he):
        with pytest.raises(NotAllowedError):
            checkpoints.add_checkpoint(by=user, facts=facts(town.grid1))
    assert how_many() == 0
    head = walking.grid_head(town, town.grid1)
    assert checkpoints.add_checkpoint(by=head, facts=facts(town.grid1)).grid == town.grid1
    with pytest.raises(NotAllowedError):
        checkpoints.add_checkpoint(by=head, facts=facts(town.grid2))
    assert how_many() == 1


def test_a_changed_checkpoint_keeps_its_tag_and_a_rotated_one_does_not(town):
    row = set_up(town)
    changed = checkpoints.change_checkpoint(by=town.fang, checkpoint=row, facts=facts(town.grid1, name="东门消防通道"))
    assert (changed.name, changed.tag) == ("东门消防通道", row.tag)
    rotated = checkpoints.rotate_tag(by=town.fang, checkpoint=row)
    assert rotated.tag != row.tag
    with pytest.raises(NotAllowedError):
        checkpoints.rotate_tag(by=town.lin, checkpoint=row)


def test_an_ended_checkpoint_is_in_no_round_to_come_and_cannot_be_changed(town):
    row = set_up(town, every_days=1)
    assert RoundPoint.objects.filter(checkpoint=row).count() == 2
    ended = checkpoints.end_checkpoint(by=town.fang, checkpoint=row, at=at(8))
    assert ended.valid_to == DAY + ONE  # a row holds for a day at least
    assert [p.round.day for p in RoundPoint.objects.filter(checkpoint=row)] == [DAY]
    with pytest.raises(ConflictError):
        checkpoints.end_checkpoint(by=town.fang, checkpoint=row)
    with pytest.raises(ConflictError):
        checkpoints.change_checkpoint(by=town.fang, checkpoint=row, facts=facts(town.grid1))


def test_many_at_once_come_all_or_none(town):
    good, bad = facts(town.grid1, name="一"), facts(town.grid1, name="二", matter="99999")
    rows, wrong = checkpoints.add_checkpoints(by=town.fang, facts=[good, bad])
    assert (rows, [(line, problem.field) for line, problem in wrong]) == ([], [(1, "matter")])
    assert how_many() == 0
    rows, wrong = checkpoints.add_checkpoints(by=town.fang, facts=[good, facts(town.grid2, name="三")])
    assert ([row.grid for row in rows], wrong) == ([town.grid1, town.grid2], [])
    with pytest.raises(NotAllowedError):
        checkpoints.add_checkpoints(by=town.fang, facts=[good, facts(town.north_grid)])
    assert how_many() == 2


def test_rounds_are_made_for_today_and_tomorrow_and_making_them_again_changes_nothing(town):
    set_up(town)

    RoundPoint.objects.all().delete()
    Round.objects.unscoped(WHY).delete()
    assert round_plans.make_rounds(at=at(7)) == 4 * 2 * 2  # grids, rounds a day, days
    before = list(RoundPoint.objects.values_list("pk", "round_id", "checkpoint_id", "state"))
    assert round_plans.make_rounds(at=at(7)) == 0
    assert list(RoundPoint.objects.values_list("pk", "round_id", "checkpoint_id", "state")) == before
    morning = walk_of(town.grid1)
    assert (morning.opens_at, morning.closes_at, morning.area_path) == (at(8, 30), at(11, 30), town.grid1.path)


def test_a_window_that_is_over_makes_no_round(town):
    assert round_plans.make_rounds(at=at(12)) == 4 + 4 * 2
    assert not Round.objects.unscoped(WHY).filter(day=DAY, kind="morning").exists()


def test_no_round_on_a_day_off(town):
    saturday = dt.date(2026, 11, 21)
    assert round_plans.make_rounds(at=at(7, day=saturday)) == 0


def test_a_new_checkpoint_is_seen_within_its_days_and_tomorrow_knows_what_today_takes(town):
    rows = [set_up(town, name=f"点{n}", east=n * 0.0001, every_days=1) for n in range(4)]
    round_plans.make_rounds(at=at(7))
    taken = {
        (day, kind): set(
            RoundPoint.objects.filter(round=walk_of(town.grid1, kind, day)).values_list("checkpoint_id", flat=True)
        )
        for day in (DAY, DAY + ONE)
        for kind in ("morning", "afternoon")
    }
    everything = {row.pk for row in rows}
    assert taken[DAY, "morning"] | taken[DAY, "afternoon"] <= everything
    assert taken[DAY + ONE, "morning"] | taken[DAY + ONE, "afternoon"] == everything
    assert not taken[DAY + ONE, "morning"] & taken[DAY + ONE, "afternoon"]


def test_a_round_that_has_begun_stays_as_it_is(town):
    round_plans.make_rounds(at=at(7))
    row = set_up(town, every_days=1, when=at(9))
    assert not RoundPoint.objects.filter(round=walk_of(town.grid1)).exists()
    later = RoundPoint.objects.filter(checkpoint=row, round__kind="afternoon", round__day=DAY)
    assert later.count() == 1


def test_a_window_of_the_street_is_inherited_and_a_grid_may_have_its_own(town):
    checkpoints.set_window(
        by=town.luo, area=town.south, kind="night", days="daily", opens=dt.time(22), closes=dt.time(1), at=at(7)
    )
    lines = {line.kind: line for line in round_queries.windows_at(town.grid1, on=DAY + ONE)}
    assert lines["night"].planned_at == town.south
    assert lines["night"].own is None
    assert lines["morning"].planned_at is None
    checkpoints.set_window(
        by=town.fang, area=town.grid2, kind="night", days="never", opens=dt.time(22), closes=dt.time(1), at=at(7)
    )
    nights = Round.objects.unscoped(WHY).filter(kind="night")
    assert {(one.grid, one.day) for one in nights} == {(town.grid1, DAY + ONE), (town.grid3, DAY + ONE)}
    one = walk_of(town.grid1, "night", DAY + ONE)
    assert (one.opens_at, one.closes_at) == (at(22, day=DAY + ONE), at(1, day=DAY + 2 * ONE))
    own = RoundWindow.objects.get(area=town.grid2)
    checkpoints.drop_window(by=town.fang, window=own, at=at(7))
    assert Round.objects.unscoped(WHY).filter(kind="night", grid=town.grid2).count() == 1


def test_at_night_only_what_is_of_high_risk_is_looked_at(town):
    checkpoints.set_window(
        by=town.luo, area=town.south, kind="night", days="daily", opens=dt.time(22), closes=dt.time(1), at=at(7)
    )
    low = set_up(town, name="低", risk=1, every_days=1)
    high = set_up(town, name="高", risk=3, every_days=1, east=0.001)
    points = RoundPoint.objects.filter(round__kind="night")
    assert set(points.values_list("checkpoint_id", flat=True)) <= {high.pk}
    assert low.pk not in points.values_list("checkpoint_id", flat=True)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "noon"}, "kind"),
        ({"days": "sometimes"}, "days"),
        ({"opens": dt.time(11), "closes": dt.time(8)}, "closes"),
        ({"opens": dt.time(8), "closes": dt.time(8)}, "closes"),
    ],
)
def test_a_window_that_makes_no_sense(town, more, field):
    values = {"kind": "morning", "days": "workdays", "opens": dt.time(8), "closes": dt.time(10)} | more
    with pytest.raises(InvalidError) as refusal:
        checkpoints.set_window(by=town.fang, area=town.grid1, **values)
    assert refusal.value.field == field
    assert RoundWindow.objects.count() == 0


def test_windows_are_planned_by_those_who_plan_there(town):
    for user in (town.lin, town.zhao):
        with pytest.raises(NotAllowedError):
            checkpoints.set_window(
                by=user, area=town.grid1, kind="morning", days="daily", opens=dt.time(8), closes=dt.time(9)
            )
    assert RoundWindow.objects.count() == 0


def test_a_window_that_ends_unwalked_is_noted_without_a_name_or_a_message(town):
    round_plans.make_rounds(at=at(7))
    assert round_plans.close_windows(at=at(11, 29)) == 0
    assert round_plans.close_windows(at=at(11, 30)) == 4
    missed = walk_of(town.grid1)
    assert (missed.state, missed.done_by, missed.recorded_at) == ("missed", None, None)
    assert round_plans.close_windows(at=at(11, 31)) == 0
    entry = AuditEntry.objects.get(kind="round.missed")
    assert entry.actor_id is None
    assert len(entry.data["rounds"]) == 4


def test_checkpoints_of_other_places_do_not_exist(town):
    row = set_up(town)
    assert round_queries.get_checkpoint(town.lin, row.public_id) == row
    for user in (town.gao, town.zhao, town.he, town.root):
        with pytest.raises(NotFoundError):
            round_queries.get_checkpoint(user, row.public_id)
    assert round_queries.checkpoints(town.gao) == []
    assert round_queries.checkpoints(town.luo) == [row]


def test_coverage_says_how_long_ago_and_what_is_late(town):
    late = set_up(town, name="久", every_days=7, when=at(7, day=DAY - 10 * ONE))
    soon = set_up(town, name="近", every_days=7, when=at(7, day=DAY - 6 * ONE), east=0.001)
    fresh = set_up(town, name="新", every_days=7, building=Building.objects.get(name="3号楼"))
    covered = {one.checkpoint.pk: one for one in round_queries.coverage([late, soon, fresh], on=DAY)}
    assert [(covered[row.pk].days, covered[row.pk].standing) for row in (late, soon, fresh)] == [
        (10, "late"),
        (6, "soon"),
        (0, "good"),
    ]
    ground = round_queries.by_grid(covered.values())[0]
    assert (ground.grid, ground.late, ground.longest, ground.standing) == (town.grid1, 1, 10, "late")
    assert [ground.name for ground in round_queries.by_building(covered.values())] == ["物业所家属院3号楼"]
