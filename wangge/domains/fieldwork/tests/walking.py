"""What the tests of rounds share: some checkpoints of grid 1 and 2, and a Tuesday in November."""

from __future__ import annotations

import datetime as dt

from wangge.domains.fieldwork.actions import checkpoints
from wangge.domains.fieldwork.actions.checkpoints import CheckpointFacts
from wangge.domains.fieldwork.models import Checkpoint, Round
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.core.clock import OFFICE

DAY = dt.date(2026, 11, 17)  # a Tuesday, a working day
WHY = "the test looks at the row"
FIRE_LANE = "09012"


def at(hour: int, minute: int = 0, *, day: dt.date = DAY) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), tzinfo=OFFICE)


def grid_head(town, area):
    """Kong, head of a grid: plans its rounds."""
    return _person("kong", "孔平", "grid_head", town.office, area)


def substitute(town, area):
    """Wen stands in at a grid."""
    return _person("wen", "温青", "grid_worker", town.office, area)


def _person(login, name, role, unit, area):
    user = accounts.add_user(by=None, username=login, name=name, password=None)
    accounts.give_post(by=None, user=user, role=role, valid_from=dt.date(2026, 1, 1), organisation=unit, area=area)
    return user


def facts(area, *, name: str = "3号楼消防通道", east: float = 0.0, **more) -> CheckpointFacts:
    values = {"name": name, "kind": "fire_lane", "matter": FIRE_LANE, "lon": area.lon + east, "lat": area.lat} | more
    return CheckpointFacts(**values)


def set_up(town, area=None, *, when: dt.datetime | None = None, **more) -> Checkpoint:
    """A checkpoint by Fang, in the middle of grid 1."""
    return checkpoints.add_checkpoint(
        by=town.fresh(town.fang), facts=facts(area or town.grid1, **more), at=when or at(7)
    )


def walk_of(area, kind: str = "morning", day: dt.date = DAY) -> Round:
    return Round.objects.unscoped(WHY).get(grid=area, day=day, kind=kind)


def rounds_in_all() -> list[tuple[str, str, str]]:
    found = Round.objects.unscoped(WHY).order_by("grid__code", "day", "opens_at")
    return list(found.values_list("grid__name_en", "kind", "state"))
