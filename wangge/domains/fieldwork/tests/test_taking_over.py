"""What was kept before is taken over: it counts from then on as if it had been done here, and tells nobody."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.fieldwork.actions import bulk
from wangge.domains.fieldwork.actions.checkpoints import OffTheListError
from wangge.domains.fieldwork.models import Checkpoint, Round, RoundPoint, RoundWindow
from wangge.domains.fieldwork.rounds import DEFAULTS, NIGHT, Window
from wangge.domains.fieldwork.tests.walking import DAY, WHY, at
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.duties.models import Duty
from wangge.foundation.places.models import Building

SINCE = DAY - dt.timedelta(days=60)
EVENING = Window(NIGHT, "daily", dt.time(20), dt.time(22))


def spot(town, **more) -> bulk.Spot:
    values = {"name": "1号楼消防通道", "kind": "fire_lane", "matter": "23001", "risk": 3, "look_for": "是否占用"} | more
    return bulk.Spot(town.grid1, house(town), **values)


def house(town) -> Building:
    return Building.objects.filter(grids__grid=town.grid1).order_by("pk")[0]


@pytest.fixture
def points(town) -> list[Checkpoint]:
    return bulk.take_over_checkpoints(by=None, spots=[spot(town), spot(town, name="楼道", risk=2)], since=SINCE)


def test_checkpoints_stand_since_the_day_that_is_told(town, points):
    rows = list(Checkpoint.objects.unscoped(WHY).order_by("pk"))
    assert [(row.name, row.every_days, row.valid_from, row.seen_on) for row in rows] == [
        ("1号楼消防通道", 3, SINCE, None),
        ("楼道", 7, SINCE, None),
    ]
    assert {(row.grid, row.area_path, row.building) for row in rows} == {(town.grid1, town.grid1.path, house(town))}
    assert len({row.tag for row in rows}) == 2
    entry = AuditEntry.objects.get(kind="fieldwork.take_over")
    assert entry.data["checkpoints"] == 2


def test_what_rests_on_no_matter_is_not_taken_over(town):
    with pytest.raises(OffTheListError):
        bulk.take_over_checkpoints(by=None, spots=[spot(town), spot(town, matter="99999")], since=SINCE)
    assert not Checkpoint.objects.unscoped(WHY).exists()
    assert not AuditEntry.objects.filter(kind="fieldwork.take_over").exists()


def test_rounds_come_with_their_points_and_say_when_a_spot_was_last_seen(town, points):
    lane, stairs = points
    before = DAY - dt.timedelta(days=1)
    walked = [
        bulk.Walked(
            town.grid1, before, DEFAULTS[0], [bulk.Looked(lane, at(9, day=before))], town.lin, nothing_found=True
        ),
        bulk.Walked(
            town.grid1,
            DAY,
            DEFAULTS[0],
            [
                bulk.Looked(lane, at(9), "reason", "locked"),
                bulk.Looked(stairs, at(10), "reason", "indoors"),
            ],
            town.lin,
        ),
        bulk.Walked(town.grid1, DAY, DEFAULTS[1], [bulk.Looked(lane, at(15))], None),
    ]
    assert bulk.take_over_rounds(by=None, walked=walked) == 4
    rows = Round.objects.unscoped(WHY).order_by("opens_at")
    assert [(row.state, row.done_by, row.nothing_found, row.recorded_at) for row in rows] == [
        ("done", town.lin, True, at(9, day=before)),
        ("done", town.lin, False, at(10)),
        ("missed", None, False, None),
    ]
    states = RoundPoint.objects.order_by("pk").values_list("state", "proof", "why")
    assert list(states) == [
        ("seen", "scan", ""),
        ("not_possible", "reason", "locked"),
        ("seen", "reason", "indoors"),
        ("due", "", ""),
    ]
    seen = Checkpoint.objects.unscoped(WHY).order_by("pk").values_list("seen_on", flat=True)
    assert list(seen) == [before, DAY]
    assert not Duty.objects.exists()


def test_windows_hold_since_the_day_that_is_told(town):
    assert bulk.take_over_windows(by=None, windows=[(town.grid1, EVENING)], since=SINCE) == 1
    row = RoundWindow.objects.get()
    assert (row.area, row.kind, row.opens, row.valid_from, row.valid_to) == (
        town.grid1,
        NIGHT,
        dt.time(20),
        SINCE,
        None,
    )
