"""Walking a round: what proves a point, one tap for the whole, who may, what comes late, and what is never kept."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.apps import apps
from django.core import serializers

from wangge.domains.fieldwork.actions import checkpoints, round_plans, rounds
from wangge.domains.fieldwork.actions.rounds import Proven, RoundNotOpenError
from wangge.domains.fieldwork.models import Checkpoint, Round, RoundPoint
from wangge.domains.fieldwork.tests import walking
from wangge.domains.fieldwork.tests.walking import DAY, WHY, at, set_up, walk_of
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.duties.models import Duty

ONE = dt.timedelta(days=1)
INDOORS = Proven("reason", why="indoors")


@pytest.fixture(autouse=True)
def _on_a_tuesday(time_machine):
    time_machine.move_to(at(9), tick=False)


@pytest.fixture
def point(town):
    """A checkpoint of grid 1 that is due every day; the morning round holds it."""
    row = set_up(town, every_days=1)
    assert RoundPoint.objects.filter(round__day=DAY, round__kind="morning", checkpoint=row).count() == 1
    return row


def see(town, point, proven=INDOORS, *, by=None, **more):
    values = {"walk": walk_of(point.grid), "at": at(9)} | more
    return rounds.see_point(by=by or town.lin, checkpoint=point, proven=proven, **values)


def seen_on(point):
    return Checkpoint.objects.unscoped(WHY).get(pk=point.pk).seen_on


def untouched(point) -> bool:
    row = RoundPoint.objects.get(round=walk_of(point.grid), checkpoint=point)
    acts = AuditEntry.objects.filter(kind__startswith="round.")
    return (row.state, row.proof, row.by, seen_on(point), acts.count()) == ("due", "", None, None, 0)


def test_a_scanned_tag_proves_that_somebody_was_there(town, point):
    row = see(town, point, Proven("scan", tag=point.tag.lower()), occurred_at=at(8, 40))
    assert (row.state, row.proof, row.metres, row.by, row.why) == ("seen", "scan", None, town.lin, "")
    assert (row.occurred_at, row.recorded_at, row.extra) == (at(8, 40), at(9), False)
    assert seen_on(point) == DAY


@pytest.mark.parametrize(
    ("proven", "field"),
    [
        (Proven("scan", tag="SOMETHINGELSE"), "tag"),
        (Proven("scan"), "tag"),
        (Proven("near"), "lon"),
        (Proven("near", lon=116.005), "lon"),
        (Proven("near", lon=116.005, lat=35.0065), "lon"),  # 167 m away
        (Proven("near", lon=116.005, lat=35.0065, accuracy_m=5000), "lon"),
        (Proven("reason"), "why"),
        (Proven("reason", why="tired"), "why"),
        (Proven("looked"), "why"),
    ],
)
def test_what_proves_nothing_changes_nothing(town, point, proven, field):
    with pytest.raises(InvalidError) as refusal:
        see(town, point, proven)
    assert refusal.value.field == field
    assert untouched(point)


def test_the_old_tag_proves_nothing_once_it_was_replaced(town, point):
    old = point.tag
    checkpoints.rotate_tag(by=town.fang, checkpoint=point)
    fresh = Checkpoint.objects.unscoped(WHY).get(pk=point.pk)
    with pytest.raises(InvalidError):
        see(town, fresh, Proven("scan", tag=old))
    assert untouched(point)


def test_a_tap_within_eighty_metres_keeps_the_distance_in_tens_and_never_the_position(town, point):
    row = see(town, point, Proven("near", lon=116.005431, lat=35.005377, accuracy_m=12.0))
    assert (row.state, row.proof, row.metres) == ("seen", "near", 60)
    for model in apps.get_models():  # the position is nowhere: no row, no audit entry, no job
        if model._meta.managed and model.__module__.startswith("wangge."):
            manager = model._default_manager
            rows = manager.unscoped(WHY) if hasattr(manager.all(), "unscoped") else manager.all()
            dumped = serializers.serialize("json", rows.all()) if rows.exists() else ""
            assert "116.005431" not in dumped, model
            assert "35.005377" not in dumped, model
    assert "116.005431" not in repr(Proven("near", lon=116.005431, lat=35.0))


def test_what_the_phone_is_unsure_of_counts_up_to_fifty_metres(town, point):
    assert see(town, point, Proven("near", lon=116.005, lat=35.0061, accuracy_m=5000)).metres == 120


@pytest.mark.parametrize(
    ("why", "state", "day"),
    [
        ("indoors", "seen", DAY),
        ("by_phone", "seen", DAY),
        ("locked", "not_possible", None),
        ("unsafe", "not_possible", None),
        ("other", "not_possible", None),
    ],
)
def test_indoors_and_by_phone_count_as_looked_at(town, point, why, state, day):
    row = see(town, point, Proven("reason", why=why))
    assert (row.state, row.proof, row.why) == (state, "reason", why)
    assert seen_on(point) == day


def test_a_spot_that_is_gone_is_asked_about_until_it_is_ended(town, point):
    see(town, point, Proven("reason", why="gone"))
    duty = Duty.objects.get(subject_type="checkpoint", subject_id=point.pk)
    assert (duty.kind, duty.permission, duty.area_path, duty.done_at) == (
        "checkpoint.gone",
        "patrol:plan",
        town.grid1.path,
        None,
    )
    checkpoints.end_checkpoint(by=town.fang, checkpoint=point)
    assert Duty.objects.get(pk=duty.pk).done_at is not None


def test_the_first_look_stands_and_a_failed_one_may_be_made_good(town, point):
    see(town, point, Proven("reason", why="locked"))
    assert see(town, point, Proven("scan", tag=point.tag), at=at(10)).state == "seen"
    again = see(town, point, Proven("reason", why="locked"), at=at(10, 30))
    assert (again.state, again.recorded_at) == ("seen", at(10))
    assert RoundPoint.objects.filter(checkpoint=point, round__kind="morning", round__day=DAY).count() == 1


def test_a_point_that_was_not_due_counts_as_well(town, point):
    other = set_up(town, name="后门", every_days=300, risk=1, east=0.001)
    RoundPoint.objects.filter(checkpoint=other).delete()
    assert see(town, other).extra
    assert seen_on(other) == DAY


def test_a_point_of_another_grid_does_not_belong_to_the_round(town, point):
    elsewhere = set_up(town, town.grid2)
    with pytest.raises(InvalidError) as refusal:
        see(town, elsewhere, walk=walk_of(town.grid1))
    assert refusal.value.field == "checkpoint"
    assert untouched(point)


def test_whoever_patrols_there_today_walks_it_and_nobody_else(town, point):
    for user in (town.gao, town.bai, town.zhao, town.he, town.root, town.luo):
        with pytest.raises(NotAllowedError):
            see(town, point, by=user)
        with pytest.raises(NotAllowedError):
            rounds.finish_round(by=user, walk=walk_of(town.grid1), nothing_found=True, why="indoors", at=at(9))
    assert untouched(point)
    wen = walking.substitute(town, town.grid1)
    assert see(town, point, by=wen).by == wen
    done = rounds.finish_round(by=town.fang, walk=walk_of(town.grid1), nothing_found=True, at=at(9))
    assert done.done_by == town.fang


@pytest.mark.parametrize("when", [at(7, 29), at(11, 31, day=DAY + 3 * ONE)])
def test_a_round_is_walked_in_its_time_by_our_clock(town, point, when):
    with pytest.raises(RoundNotOpenError):
        see(town, point, at=when, occurred_at=at(9))
    with pytest.raises(RoundNotOpenError):
        rounds.finish_round(by=town.lin, walk=walk_of(town.grid1), nothing_found=True, why="indoors", at=when)
    assert untouched(point)
    assert walk_of(town.grid1).state == "due"


def test_nothing_found_is_one_tap_when_all_was_seen(town, point):
    see(town, point)
    done = rounds.finish_round(by=town.lin, walk=walk_of(town.grid1), nothing_found=True, occurred_at=at(9), at=at(10))
    assert (done.state, done.nothing_found, done.done_by, done.occurred_at, done.recorded_at) == (
        "done",
        True,
        town.lin,
        at(9),
        at(10),
    )
    again = rounds.finish_round(by=town.lin, walk=walk_of(town.grid1), nothing_found=False, at=at(10, 5))
    assert (again.nothing_found, again.recorded_at) == (True, at(10))
    assert AuditEntry.objects.filter(kind="round.finish").count() == 1


def test_what_was_not_seen_needs_one_reason_for_all(town, point):
    with pytest.raises(InvalidError) as refusal:
        rounds.finish_round(by=town.lin, walk=walk_of(town.grid1), nothing_found=True, at=at(10))
    assert refusal.value.field == "why"
    assert untouched(point)
    rounds.finish_round(by=town.lin, walk=walk_of(town.grid1), nothing_found=True, why="unsafe", at=at(10))
    row = RoundPoint.objects.get(round=walk_of(town.grid1), checkpoint=point)
    assert (row.state, row.proof, row.why, seen_on(point)) == ("not_possible", "reason", "unsafe", None)


def test_a_round_without_points_is_one_tap(town):
    round_plans.make_rounds(at=at(7))
    done = rounds.finish_round(by=town.lin, walk=walk_of(town.grid1), nothing_found=True, at=at(9))
    assert done.state == "done"


def test_what_a_phone_held_back_makes_a_missed_round_walked(town, point):
    round_plans.close_windows(at=at(12))
    assert walk_of(town.grid1).state == "missed"
    rounds.finish_round(
        by=town.lin, walk=walk_of(town.grid1), nothing_found=True, why="indoors", occurred_at=at(9), at=at(15)
    )
    assert walk_of(town.grid1).state == "done"
    assert seen_on(point) == DAY


def test_what_was_found_is_noted_at_its_point(town, point):
    case = town.reported()
    rounds.found(by=town.lin, walk=walk_of(town.grid1), number=case.number, checkpoint=point, at=at(9))
    row = RoundPoint.objects.get(round=walk_of(town.grid1), checkpoint=point)
    assert (row.case_number, row.state) == (case.number, "due")
    done = rounds.finish_round(by=town.lin, walk=walk_of(town.grid1), nothing_found=True, why="indoors", at=at(10))
    assert not done.nothing_found
    with pytest.raises(NotFoundError):
        rounds.found(by=town.lin, walk=walk_of(town.grid1), number="NC-2026-999999", at=at(10))


def test_a_later_finding_takes_back_that_nothing_was_found(town, point):
    rounds.finish_round(by=town.lin, walk=walk_of(town.grid1), nothing_found=True, why="indoors", at=at(10))
    rounds.found(by=town.lin, walk=walk_of(town.grid1), number=town.reported().number, at=at(10, 5))
    assert not walk_of(town.grid1).nothing_found


def exempt(by, area, **more):
    values = {"day": DAY, "reason": "weather", "at": at(9)} | more
    return rounds.exempt_rounds(by=by, area=area, **values)


def test_rounds_of_a_place_are_let_off_with_a_reason(town, point):
    round_plans.make_rounds(at=at(7))
    see(town, point)
    rounds.finish_round(by=town.lin, walk=walk_of(town.grid1), nothing_found=True, at=at(9))
    assert exempt(town.fang, town.community) == 3  # the walked one stays
    row = walk_of(town.grid2)
    assert (row.state, row.exempt_reason, row.exempted_by) == ("exempt", "weather", town.fang)
    assert walk_of(town.grid1).state == "done"
    with pytest.raises(ConflictError):
        exempt(town.fang, town.community)
    assert exempt(town.luo, town.grid3, kinds_=["afternoon"]) == 1
    assert walk_of(town.grid3).state == "due"


def test_who_lets_off_and_when(town, point):
    for user in (town.lin, town.zhao, town.bai):
        with pytest.raises(NotAllowedError):
            exempt(user, town.grid1)
    with pytest.raises(NotAllowedError):
        exempt(town.fang, town.south)
    for more in ({"reason": "rain"}, {"day": DAY - 8 * ONE}, {"day": DAY + 2 * ONE}):
        with pytest.raises(InvalidError):
            exempt(town.fang, town.grid1, **more)
    assert not Round.objects.unscoped(WHY).filter(state="exempt").exists()


def test_an_exempted_round_that_was_walked_all_the_same_is_walked(town, point):
    exempt(town.fang, town.grid1)
    done = rounds.finish_round(by=town.lin, walk=walk_of(town.grid1), nothing_found=True, why="indoors", at=at(10))
    assert (done.state, done.exempt_reason) == ("done", "")


def test_audit_rows_hold_ids_and_codes_only(town, point):
    see(town, point, Proven("near", lon=116.005, lat=35.005))
    entry = AuditEntry.objects.get(kind="round.see")
    assert json.loads(json.dumps(entry.data)) == {"checkpoint": point.pk, "proof": "near", "why": ""}
