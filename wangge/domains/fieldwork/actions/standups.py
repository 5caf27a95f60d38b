"""早碰头: make the list, hold the stand-up, turn its decisions into tasks."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.fieldwork import rounds, stand_ups
from wangge.domains.fieldwork.actions.checkpoints import OffTheListError
from wangge.domains.fieldwork.actions.tasks import give
from wangge.domains.fieldwork.models import StandUp
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock, worktime
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wangge.foundation.accounts.models import User

kinds.declare("stand_up.hold")

MAX_DECISIONS = 30
_DUE = dt.time(18)
_MORNING = range(5, 12)
_AT_ONCE = 200
_WHY = "lists are made for every place"


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """What was decided: a task of a grid, due by the end of a working day, resting on a matter."""

    title: str
    matter: str
    grid: Area
    due_on: dt.date
    assigned: User | None = None
    text: str = ""


class AlreadyHeldError(ConflictError):
    """There is one stand-up a day at a place, and it was held."""

    code = "stand-up-held"
    title = _("Today's stand-up of this place has been recorded already.")
    remedy = _("Look at what was decided; further work is given as a task.")


def make_lists(*, at: dt.datetime | None = None) -> int:
    """Write today's lists of all grids and communities that do not hold one yet: for phones that lose their signal.

    How many were written; none on a day off, none but in the morning. Safe to repeat: a list is renewed until its
    stand-up is held.
    """
    at = at or clock.now()
    day = clock.day_of(at)
    if not worktime.is_working_day(day) or at.astimezone(clock.OFFICE).hour not in _MORNING:
        return 0
    places = Area.objects.as_of(day).filter(kind__in=[Area.Kind.GRID, Area.Kind.COMMUNITY])
    written, last = 0, 0
    while True:
        areas = list(places.filter(pk__gt=last).order_by("pk")[:_AT_ONCE])
        if not areas:
            return written
        written += _write_lists(areas, day, at)
        last = areas[-1].pk


@transaction.atomic
def _write_lists(areas: Sequence[Area], day: dt.date, at: dt.datetime) -> int:
    known = StandUp.objects.unscoped(_WHY).filter(area__in=areas, day=day).select_for_update()
    rows = {row.area_id: row for row in known.order_by("pk")}
    written = 0
    new = []
    for area in areas:
        row = rows.get(area.pk)
        if row is None:
            new.append(StandUp(area=area, area_path=area.path, day=day, items=stand_ups.items_of(area, at=at)))
        elif row.held_at is None:
            row.items = stand_ups.items_of(area, at=at)
            row.save(update_fields=["items"])
            written += 1
    StandUp.objects.bulk_create(new, ignore_conflicts=True)
    return written + len(new)


@transaction.atomic
def hold(
    *,
    by: Any,
    area: Area,
    day: dt.date | None = None,
    present: Sequence[int] = (),
    decisions: Sequence[Decision] = (),
    at: dt.datetime | None = None,
) -> StandUp:
    """The stand-up was held: its list is frozen and its decisions become tasks, all of them or none.

    `OffTheListError` names a decision without a matter of the admission list; whoever catches it calls
    `tasks.note_blocked`. Who was there may be said and need not be.
    """
    at = at or clock.now()
    day = day or clock.day_of(at)
    if area.kind not in {Area.Kind.GRID, Area.Kind.COMMUNITY}:
        raise InvalidError(_("A stand-up is held by a grid or a community."), field="area")
    if not authority_of(by).may(P.STANDUP_HOLD, area_path=area.path):
        raise NotAllowedError
    if not may_be_held(day, at=at):
        raise InvalidError(_("A stand-up is recorded on its day, or within three days after."), field="day")
    if len(decisions) > MAX_DECISIONS:
        raise InvalidError(_("At most 30 decisions."), field="decisions")
    there = sorted(set(present))
    if there and not set(there) <= {user.pk for user in stand_ups.people_of(area)}:
        raise InvalidError(_("One of those present does not work here."), field="present")
    row = _locked(area, day, at)
    row.present, row.held_by, row.held_at = there, by, at
    row.save()
    for number, decision in enumerate(decisions):
        _decide(row, number, decision, by=by, at=at)
    record("stand_up.hold", by=by, subject=row, at=at, area=area.pk, decisions=len(decisions))
    return row


def may_be_held(day: dt.date, *, at: dt.datetime | None = None) -> bool:
    """Whether a stand-up of a day can still be recorded: on the day, or within three days after."""
    today = clock.day_of(at or clock.now())
    return today - rounds.LATE <= day <= today


def end_of(day: dt.date) -> dt.datetime:
    """When what is to be done by a day is due."""
    return dt.datetime.combine(day, _DUE, tzinfo=clock.OFFICE)


def _locked(area: Area, day: dt.date, at: dt.datetime) -> StandUp:
    StandUp.objects.bulk_create([StandUp(area=area, area_path=area.path, day=day)], ignore_conflicts=True)
    found = StandUp.objects.unscoped("the right at the place was checked").select_for_update()
    row: StandUp = found.get(area=area, day=day)
    if row.held_at is not None:
        raise AlreadyHeldError
    if day == clock.day_of(at):
        row.items = stand_ups.items_of(area, at=at)
    return row


def _decide(row: StandUp, number: int, decision: Decision, *, by: Any, at: dt.datetime) -> None:
    if not decision.grid.path.startswith(row.area_path):
        raise InvalidError(_("A decision is about a grid of this place."), field=f"decisions.{number}.grid")
    try:
        give(
            by=by,
            grid=decision.grid,
            matter=decision.matter,
            title=decision.title,
            due_at=end_of(decision.due_on),
            text=decision.text,
            assigned=decision.assigned,
            stand_up=row,
            at=at,
        )
    except OffTheListError as problem:
        problem.field = f"decisions.{number}.matter"
        raise
    except InvalidError as problem:
        problem.field = f"decisions.{number}.{problem.field or 'title'}"
        raise
