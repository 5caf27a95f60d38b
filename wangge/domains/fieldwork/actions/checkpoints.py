"""巡查点位: set up, change, end, give a new tag, take in many at once; and the windows in which they are walked."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.fieldwork import field_tasks, rounds
from wangge.domains.fieldwork.actions import round_plans
from wangge.domains.fieldwork.models import Checkpoint, RoundWindow
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.catalogue.queries import get_matter
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.duties.actions import finish_duties
from wangge.foundation.places.queries import check_point, grid_at, grid_of_building

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wangge.foundation.catalogue.models import Matter
    from wangge.foundation.places.models import Area, Building

kinds.declare(
    "checkpoint.add", "checkpoint.change", "checkpoint.end", "checkpoint.rotate_tag", "window.set", "window.drop"
)

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is misread on a worn label
_TAG = 16  # signs, some 79 bit
_MAX_NAME, _MAX_LOOK = 60, 200
_MAX_DAYS = 366


@dataclasses.dataclass(frozen=True, slots=True)
class CheckpointFacts:
    """A checkpoint as somebody wrote it down. Degrees WGS-84; `every_days` None: what its risk asks for."""

    name: str
    kind: str
    matter: str  # the code of a matter of the admission list
    lon: float | None = None
    lat: float | None = None
    building: Building | None = None
    risk: int = Checkpoint.Risk.LOW.value
    every_days: int | None = None
    look_for: str = ""


class OffTheListError(InvalidError):
    """清单外: the work rests on no matter of the admission list in force."""

    code = field_tasks.OFF_THE_LIST
    title = _("This is not on the list of admitted matters, so the field cannot be given it.")
    remedy = _("Choose the matter on which it rests; a new one is admitted in the catalogue first.")


def admitted(code: str, *, at: dt.datetime) -> Matter:
    """The matter of a code, if it is on the admission list today; `OffTheListError` otherwise."""
    try:
        matter = get_matter(code.strip())
    except NotFoundError:
        raise OffTheListError(field="matter") from None
    if not matter.is_admitted(clock.day_of(at)):
        raise OffTheListError(field="matter")
    return matter


@transaction.atomic
def add_checkpoint(*, by: Any, facts: CheckpointFacts, at: dt.datetime | None = None) -> Checkpoint:
    """Set up a checkpoint; its grid follows from its building, else from its position."""
    at = at or clock.now()
    row = _filled(Checkpoint(valid_from=clock.day_of(at), tag=new_tag()), facts, by=by, at=at)
    row.save(force_insert=True)
    record("checkpoint.add", by=by, subject=row, at=at, grid=row.grid_id, matter=row.matter_id)
    round_plans.renew([row.grid], at=at)
    return row


@transaction.atomic
def add_checkpoints(
    *, by: Any, facts: Sequence[CheckpointFacts], at: dt.datetime | None = None
) -> tuple[list[Checkpoint], list[tuple[int, InvalidError]]]:
    """Set up many at once, all or none: (those set up, [(line from 0, what is wrong with it)])."""
    at = at or clock.now()
    rows: list[Checkpoint] = []
    wrong: list[tuple[int, InvalidError]] = []
    for number, one in enumerate(facts):
        try:
            rows.append(_filled(Checkpoint(valid_from=clock.day_of(at), tag=new_tag()), one, by=by, at=at))
        except InvalidError as problem:
            wrong.append((number, problem))
    if wrong:
        return [], wrong
    for row in rows:
        row.save(force_insert=True)
        record("checkpoint.add", by=by, subject=row, at=at, grid=row.grid_id, matter=row.matter_id)
    round_plans.renew({row.grid_id: row.grid for row in rows}.values(), at=at)
    return rows, []


@transaction.atomic
def change_checkpoint(
    *, by: Any, checkpoint: Checkpoint, facts: CheckpointFacts, at: dt.datetime | None = None
) -> Checkpoint:
    """Write what is so now. The tag on the wall stays."""
    at = at or clock.now()
    row = _lock(checkpoint, by=by)
    grid = row.grid
    row = _filled(row, facts, by=by, at=at)
    row.save()
    finish_duties(subject_type="checkpoint", subject_id=row.pk, at=at)
    record("checkpoint.change", by=by, subject=row, at=at, grid=row.grid_id, matter=row.matter_id)
    round_plans.renew({one.pk: one for one in (grid, row.grid)}.values(), at=at)
    return row


@transaction.atomic
def end_checkpoint(*, by: Any, checkpoint: Checkpoint, at: dt.datetime | None = None) -> Checkpoint:
    """The spot is looked at no more, from today on; what was seen there stays on record."""
    at = at or clock.now()
    row = _lock(checkpoint, by=by)
    today = clock.day_of(at)
    row.valid_to = max(today, row.valid_from + dt.timedelta(days=1))
    row.save(update_fields=["valid_to", "changed_at"])
    finish_duties(subject_type="checkpoint", subject_id=row.pk, at=at)
    record("checkpoint.end", by=by, subject=row, at=at, grid=row.grid_id)
    round_plans.renew([row.grid], at=at)
    return row


@transaction.atomic
def rotate_tag(*, by: Any, checkpoint: Checkpoint, at: dt.datetime | None = None) -> Checkpoint:
    """A new tag, because the label was lost or copied: the old one proves nothing from now on."""
    at = at or clock.now()
    row = _lock(checkpoint, by=by)
    row.tag = new_tag()
    row.save(update_fields=["tag", "changed_at"])
    record("checkpoint.rotate_tag", by=by, subject=row, at=at)
    return row


def new_tag() -> str:
    """A tag that nobody guesses and that can be typed from a worn label."""
    return "".join(secrets.choice(_ALPHABET) for _n in range(_TAG))


def _lock(checkpoint: Checkpoint, *, by: Any) -> Checkpoint:
    row: Checkpoint = (
        Checkpoint.objects.unscoped("locks the row it was given; the right is checked in the next lines")
        .select_related("grid", "matter", "building", "compound")
        .select_for_update(of=("self",))
        .get(pk=checkpoint.pk)
    )
    _require(by, row.area_path)
    if row.valid_to is not None:
        raise ConflictError(_("This checkpoint has been ended."))
    return row


def _require(by: Any, path: str) -> None:
    if not authority_of(by).may(P.PATROL_PLAN, area_path=path):
        raise NotAllowedError


def _filled(row: Checkpoint, facts: CheckpointFacts, *, by: Any, at: dt.datetime) -> Checkpoint:
    name, look_for = facts.name.strip(), facts.look_for.strip()
    if not name or len(name) > _MAX_NAME:
        raise InvalidError(_("Please give the spot a name of at most 60 characters."), field="name")
    if len(look_for) > _MAX_LOOK:
        raise InvalidError(_("What to look for is said in at most 200 characters."), field="look_for")
    if facts.kind not in Checkpoint.Kind.values:
        raise InvalidError(_("This is no kind of checkpoint."), field="kind")
    if facts.risk not in Checkpoint.Risk.values:
        raise InvalidError(_("The risk is low, middle or high."), field="risk")
    every_days = facts.every_days if facts.every_days is not None else rounds.EVERY_DAYS[facts.risk]
    if not 1 <= every_days <= _MAX_DAYS:
        raise InvalidError(_("A checkpoint is seen every 1 to 366 days."), field="every_days")
    grid, lon, lat = _where(facts)
    _require(by, grid.path)
    row.grid, row.area_path, row.lon, row.lat = grid, grid.path, lon, lat
    row.building = facts.building
    row.compound = facts.building.compound if facts.building is not None else None
    row.name, row.kind, row.risk, row.every_days, row.look_for = name, facts.kind, facts.risk, every_days, look_for
    row.matter = admitted(facts.matter, at=at)
    return row


def _where(facts: CheckpointFacts) -> tuple[Area, float, float]:
    building = facts.building
    if building is not None:
        grid = grid_of_building(building)
        lon, lat = facts.lon, facts.lat
        if lon is None or lat is None:
            lon, lat = building.lon, building.lat
    elif facts.lon is not None and facts.lat is not None:
        lon, lat = facts.lon, facts.lat
        check_point(lon, lat)
        grid = grid_at(lon, lat)
    else:
        raise InvalidError(_("Please put the spot on the map, or choose a building."), field="lon")
    check_point(lon, lat)
    if grid is None:
        raise InvalidError(_("This spot lies in no grid."), field="lon")
    return grid, lon, lat


# -- windows


@transaction.atomic
def set_window(
    *,
    by: Any,
    area: Area,
    kind: str,
    days: str,
    opens: dt.time,
    closes: dt.time,
    at: dt.datetime | None = None,
) -> RoundWindow:
    """When the grids of a place are walked from tomorrow on; what has been planned below stays as it is.

    "never" says that a window planned above does not hold here.
    """
    at = at or clock.now()
    _require(by, area.path)
    if kind not in rounds.KINDS:
        raise InvalidError(_("A round is in the morning, in the afternoon or at night."), field="kind")
    if days not in RoundWindow.Days.values:
        raise InvalidError(_("Please say on which days."), field="days")
    if opens == closes or (closes < opens and kind != rounds.NIGHT):
        raise InvalidError(_("A window ends after it begins; only a night goes on into the next day."), field="closes")
    tomorrow = clock.day_of(at) + dt.timedelta(days=1)
    _end_window(area, kind, tomorrow)
    row = RoundWindow.objects.create(area=area, kind=kind, days=days, opens=opens, closes=closes, valid_from=tomorrow)
    record("window.set", by=by, subject=row, at=at, area=area.pk, kind_of=kind, days=days)
    round_plans.renew_below(area, at=at)
    return row


@transaction.atomic
def drop_window(*, by: Any, window: RoundWindow, at: dt.datetime | None = None) -> None:
    """From tomorrow on the place follows what is planned above it."""
    at = at or clock.now()
    _require(by, window.area.path)
    if not _end_window(window.area, window.kind, clock.day_of(at) + dt.timedelta(days=1)):
        raise ConflictError(_("This window has been ended already."))
    record("window.drop", by=by, subject_type="roundwindow", subject_id=window.pk, at=at, area=window.area_id)
    round_plans.renew_below(window.area, at=at)


def _end_window(area: Area, kind: str, until: dt.date) -> bool:
    """End what holds for a kind at a place; a window that would have begun later never was. Whether there was one."""
    rows = list(RoundWindow.objects.select_for_update().filter(area=area, kind=kind, valid_to__isnull=True))
    for row in rows:
        if row.valid_from >= until:
            row.delete()
        else:
            row.valid_to = until
            row.save(update_fields=["valid_to"])
    return bool(rows)
