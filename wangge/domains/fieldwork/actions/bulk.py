"""Taking over many checkpoints, windows, rounds and visits at once: as they were kept before, or for the demo.

Written in bulk and audited once per load; nothing is told to anybody and nothing becomes due by it.
"""

from __future__ import annotations

import dataclasses
import uuid
from typing import TYPE_CHECKING, Any

from django.db import transaction

from wangge.domains.fieldwork import rounds
from wangge.domains.fieldwork.actions.checkpoints import admitted, new_tag
from wangge.domains.fieldwork.actions.rounds import LOOKED_ALL_THE_SAME
from wangge.domains.fieldwork.models import Checkpoint, Round, RoundPoint, RoundWindow, Visit
from wangge.domains.people.models import Household
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from wangge.foundation.accounts.models import User
    from wangge.foundation.catalogue.models import Matter
    from wangge.foundation.places.models import Area, Building

kinds.declare("fieldwork.take_over")

_AT_ONCE = 2000
_WHY = "taking over what was kept before: all of it, whoever may see it"


@dataclasses.dataclass(frozen=True, slots=True)
class Spot:
    """A checkpoint at a building of a grid. `matter` is the code of an admitted matter."""

    grid: Area
    building: Building
    name: str
    kind: str
    matter: str
    risk: int
    look_for: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Walked:
    """A round that was due, with its points; `by` None: it was not walked, and no point of it was seen."""

    grid: Area
    day: dt.date
    window: rounds.Window
    points: Sequence[Looked]
    by: User | None
    nothing_found: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Looked:
    """A point of a round and how it was proved: "scan", "near" with the metres, or "reason" with a reason."""

    checkpoint: Checkpoint
    at: dt.datetime
    proof: str = RoundPoint.Proof.SCAN.value
    why: str = ""
    metres: int | None = None

    @property
    def seen(self) -> bool:
        """Whether it counts as seen, as it would on a phone."""
        return self.proof != RoundPoint.Proof.REASON or self.why in LOOKED_ALL_THE_SAME


@dataclasses.dataclass(frozen=True, slots=True)
class Visited:
    """A visit to a household, by its key."""

    household_id: int
    area_path: str
    by: User
    at: dt.datetime
    result: str = Visit.Result.MET.value
    way: str = Visit.Way.DOOR.value
    tasks: Sequence[str] = ()
    confirmed: bool = False


@transaction.atomic
def take_over_checkpoints(*, by: Any, spots: Iterable[Spot], since: dt.date) -> list[Checkpoint]:
    """Set up checkpoints that have been looked at since a day. Raises `OffTheListError` for a matter not admitted."""
    now = clock.now()
    known: dict[str, Matter] = {}
    rows = []
    for spot in spots:
        if spot.matter not in known:
            known[spot.matter] = admitted(spot.matter, at=now)
        rows.append(
            Checkpoint(
                grid=spot.grid,
                area_path=spot.grid.path,
                building=spot.building,
                compound=spot.building.compound,
                kind=spot.kind,
                name=spot.name,
                look_for=spot.look_for,
                risk=spot.risk,
                every_days=rounds.EVERY_DAYS[spot.risk],
                matter=known[spot.matter],
                lon=spot.building.lon,
                lat=spot.building.lat,
                tag=new_tag(),
                valid_from=since,
            )
        )
    made = Checkpoint.objects.bulk_create(rows, _AT_ONCE)
    record("fieldwork.take_over", by=by, subject_type="checkpoint", at=now, checkpoints=len(made))
    return made


@transaction.atomic
def take_over_windows(*, by: Any, windows: Iterable[tuple[Area, rounds.Window]], since: dt.date) -> int:
    """Windows in which places have been walked since a day; how many."""
    rows = [
        RoundWindow(area=area, kind=one.kind, days=one.days, opens=one.opens, closes=one.closes, valid_from=since)
        for area, one in windows
    ]
    made = RoundWindow.objects.bulk_create(rows)
    record("fieldwork.take_over", by=by, subject_type="roundwindow", windows=len(made))
    return len(made)


@transaction.atomic
def take_over_rounds(*, by: Any, walked: Sequence[Walked]) -> int:
    """Rounds of the past with their points; each checkpoint then knows when it was last seen. How many points."""
    pairs = [(_round(one), one) for one in walked]
    Round.objects.bulk_create([row for row, _one in pairs], _AT_ONCE)
    points: list[RoundPoint] = []
    seen: dict[int, Checkpoint] = {}
    for row, one in pairs:
        for point in one.points:
            points.append(_point(row, one, point))
            held = point.checkpoint
            if one.by is not None and point.seen:
                held.seen_on = max(held.seen_on or one.day, one.day)
                seen[held.pk] = held
    RoundPoint.objects.bulk_create(points, _AT_ONCE)
    Checkpoint.objects.unscoped(_WHY).bulk_update(seen.values(), ["seen_on"], _AT_ONCE)
    record("fieldwork.take_over", by=by, subject_type="round", rounds=len(pairs), points=len(points))
    return len(points)


def _round(one: Walked) -> Round:
    opens_at, closes_at = rounds.span(one.window, one.day)
    row = Round(
        grid=one.grid,
        area_path=one.grid.path,
        day=one.day,
        kind=one.window.kind,
        opens_at=opens_at,
        closes_at=closes_at,
        state=Round.State.DONE if one.by is not None else Round.State.MISSED,
    )
    if one.by is not None:
        last = max((point.at for point in one.points), default=closes_at)
        row.done_by, row.nothing_found, row.occurred_at, row.recorded_at = one.by, one.nothing_found, last, last
    return row


def _point(row: Round, one: Walked, point: Looked) -> RoundPoint:
    if one.by is None:
        return RoundPoint(round=row, checkpoint=point.checkpoint)
    return RoundPoint(
        round=row,
        checkpoint=point.checkpoint,
        state=RoundPoint.State.SEEN if point.seen else RoundPoint.State.NOT_POSSIBLE,
        proof=point.proof,
        why=point.why,
        metres=point.metres,
        by=one.by,
        occurred_at=point.at,
        recorded_at=point.at,
    )


def doors_under(area_path: str) -> list[tuple[int, str]]:
    """The households that live at a place: (key, path of the grid), in the order of their keys."""
    rows = Household.objects.unscoped(_WHY).filter(area_path__startswith=area_path, active=True, room__isnull=False)
    return list(rows.order_by("pk").values_list("pk", "area_path"))


@transaction.atomic
def take_over_visits(*, by: Any, visits: Iterable[Visited]) -> int:
    """Visits of the past; the next planning counts from them. How many."""
    rows = [
        Visit(
            public_id=uuid.uuid4(),
            household_id=one.household_id,
            area_path=one.area_path,
            result=one.result,
            way=one.way,
            tasks=list(one.tasks),
            confirmed=one.confirmed,
            by=one.by,
            occurred_at=one.at,
            recorded_at=one.at,
        )
        for one in visits
    ]
    made = Visit.objects.bulk_create(rows, _AT_ONCE)
    record("fieldwork.take_over", by=by, subject_type="visit", visits=len(made))
    return len(made)
