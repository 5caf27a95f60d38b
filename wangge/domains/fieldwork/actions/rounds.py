"""Walking a round: look at its points, finish it with one tap, report what was found; and letting one off.

A round belongs to its grid: whoever may patrol there walks it, a substitute as well as the worker. A position lives as
long as the call: what is written down is the distance, in tens of metres, and nothing else of it goes anywhere.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.queries import get_case
from wangge.domains.fieldwork import rounds
from wangge.domains.fieldwork.actions.steps import take, take_all
from wangge.domains.fieldwork.models import Checkpoint, Round, RoundPoint
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.core.scoping import under
from wangge.foundation.duties.actions import finish_duties, open_duty
from wangge.foundation.places import crs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wangge.foundation.places.models import Area

kinds.declare("round.see", "round.finish", "round.exempt", "round.found")

State, PointState, Proof, Why = Round.State, RoundPoint.State, RoundPoint.Proof, RoundPoint.Why

LOOKED_ALL_THE_SAME = frozenset({Why.INDOORS.value, Why.BY_PHONE.value})
"""Reasons with which a point counts as seen: indoors and on the stairs there is no position; a call is a look too."""
GONE = "checkpoint.gone"
_GONE_WITHIN = dt.timedelta(days=7)


@dataclasses.dataclass(frozen=True, slots=True)
class Proven:
    """How somebody shows that he looked: the tag he scanned, where he stands (degrees WGS-84), or why he could not.

    Its text never shows the position or the tag: an exception would carry them into a log.
    """

    proof: str  # scan, near, reason
    tag: str = dataclasses.field(default="", repr=False)
    lon: float | None = dataclasses.field(default=None, repr=False)
    lat: float | None = dataclasses.field(default=None, repr=False)
    accuracy_m: float | None = dataclasses.field(default=None, repr=False)
    why: str = ""


class RoundNotOpenError(ConflictError):
    """The round has not begun, or is over for so long that nothing more is added to it."""

    code = "round-not-open"
    title = _("This round is not open: it has not begun, or it was over more than three days ago.")
    kept = _("What you entered was not counted to any round.")
    remedy = _("Look at today's rounds. What you found is reported like anything else.")


@transaction.atomic
def see_point(
    *,
    by: Any,
    walk: Round,
    checkpoint: Checkpoint,
    proven: Proven,
    occurred_at: dt.datetime | None = None,
    at: dt.datetime | None = None,
) -> RoundPoint:
    """One checkpoint of a round, looked at or not possible. Said again, the first time stands.

    A checkpoint of the grid that was not due counts as well.
    """
    at = at or clock.now()
    locked = _begun(walk, by=by, at=at)
    if checkpoint.grid_id != locked.grid_id or checkpoint.valid_from > locked.day:
        raise InvalidError(_("This checkpoint does not belong to the grid of the round."), field="checkpoint")
    point = RoundPoint.objects.select_for_update().filter(round=locked, checkpoint=checkpoint).first()
    if point is None:
        point = RoundPoint(round=locked, checkpoint=checkpoint, extra=True)
    elif point.state == PointState.SEEN:
        return point
    state, why, metres = _judged(proven, checkpoint)
    if point.state == PointState.NOT_POSSIBLE and state == PointState.NOT_POSSIBLE:
        return point
    _write(point, state, proven.proof, why, metres, by=by, occurred_at=occurred_at, at=at)
    record("round.see", by=by, subject=locked, at=at, checkpoint=checkpoint.pk, proof=point.proof, why=why)
    if why == Why.GONE:
        _ask_about_gone(checkpoint, at=at)
    return point


@transaction.atomic
def finish_round(
    *,
    by: Any,
    walk: Round,
    nothing_found: bool,
    why: str = "",
    occurred_at: dt.datetime | None = None,
    at: dt.datetime | None = None,
) -> Round:
    """The round is over: 无异常 is one tap for all of it. `why` is one reason for all the points not looked at.

    Walked after all, a missed or exempted round counts as done. Finished twice, the first time stands.
    """
    at = at or clock.now()
    locked = _begun(walk, by=by, at=at)
    if locked.state == State.DONE:
        return locked
    points = list(
        RoundPoint.objects.select_for_update().filter(round=locked).select_related("checkpoint").order_by("pk")
    )
    open_ = [point for point in points if point.state == PointState.DUE]
    if open_ and why not in Why.values:
        raise InvalidError(
            _("%(count)s spots of this round have not been looked at yet.") % {"count": len(open_)},
            remedy=_("Look at them, or say once for all of them why not."),
            field="why",
        )
    state = PointState.SEEN if why in LOOKED_ALL_THE_SAME else PointState.NOT_POSSIBLE
    for point in open_:
        _write(point, state, Proof.REASON.value, why, None, by=by, occurred_at=occurred_at, at=at)
    take(locked, State.DONE)
    locked.exempt_reason = ""
    locked.nothing_found = nothing_found and not any(point.case_number for point in points)
    locked.done_by, locked.occurred_at, locked.recorded_at = by, occurred_at, at
    locked.save()
    record("round.finish", by=by, subject=locked, at=at, nothing=locked.nothing_found, unseen=len(open_), why=why)
    return locked


@transaction.atomic
def found(
    *, by: Any, walk: Round, number: str, checkpoint: Checkpoint | None = None, at: dt.datetime | None = None
) -> None:
    """What a report of this round became: the case is noted at its checkpoint, and the round is not without findings."""
    at = at or clock.now()
    locked = _begun(walk, by=by, at=at)
    case = get_case(by, number)
    if checkpoint is not None:
        if checkpoint.grid_id != locked.grid_id:
            raise InvalidError(_("This checkpoint does not belong to the grid of the round."), field="checkpoint")
        point, _new = RoundPoint.objects.get_or_create(
            round=locked, checkpoint=checkpoint, defaults={"extra": True, "state": PointState.DUE}
        )
        point.case_number = case.number
        point.save(update_fields=["case_number"])
    if locked.nothing_found:
        locked.nothing_found = False
        locked.save(update_fields=["nothing_found"])
    record("round.found", by=by, subject=locked, at=at, case=case.pk)


@transaction.atomic
def exempt_rounds(
    *,
    by: Any,
    area: Area,
    day: dt.date,
    reason: str,
    kinds_: Sequence[str] = (),
    at: dt.datetime | None = None,
) -> int:
    """豁免: the rounds of a day at a place that were not walked are let off, with a reason; how many.

    For today, tomorrow, and a week back. `kinds_` empty: all windows of the day.
    """
    at = at or clock.now()
    if not authority_of(by).may(P.PATROL_PLAN, area_path=area.path):
        raise NotAllowedError
    if reason not in Round.Exempt.values:
        raise InvalidError(_("Please choose a reason."), field="reason")
    today = clock.day_of(at)
    if not today - dt.timedelta(days=7) <= day <= today + dt.timedelta(days=1):
        raise InvalidError(_("Rounds are let off for today, tomorrow or the last seven days."), field="day")
    open_ = Round.objects.unscoped("the right at the place was checked above").filter(
        under("area_path", [area.path]), day=day, state__in=[State.DUE, State.MISSED]
    )
    if kinds_:
        open_ = open_.filter(kind__in=list(kinds_))
    keys = list(open_.select_for_update().order_by("pk").values_list("pk", flat=True))
    if not keys:
        raise ConflictError(_("There is no round here that could be let off: all of them were walked, or none is due."))
    walks = Round.objects.unscoped("locked above").filter(pk__in=keys)
    take_all(walks, State.EXEMPT, exempt_reason=reason, exempted_by=by)
    record("round.exempt", by=by, subject_type="round", at=at, rounds=keys, reason=reason, area=area.pk)
    return len(keys)


def _begun(walk: Round, *, by: Any, at: dt.datetime) -> Round:
    """The round, locked, if this person may walk it and its time is not long over (by our clock)."""
    locked: Round = (
        Round.objects.unscoped("locks the round it was given; the right is checked in the next lines")
        .select_related("grid")
        .select_for_update(of=("self",))
        .get(pk=walk.pk)
    )
    if not authority_of(by).may(P.PATROL_DO, area_path=locked.area_path):
        raise NotAllowedError
    if not locked.opens_at - rounds.EARLY <= at <= locked.closes_at + rounds.LATE:
        raise RoundNotOpenError
    return locked


def _judged(proven: Proven, checkpoint: Checkpoint) -> tuple[str, str, int | None]:
    """What a proof is worth: (state, reason, metres to keep)."""
    if proven.proof == Proof.SCAN:
        if proven.tag.strip().upper() != checkpoint.tag:
            raise InvalidError(
                _("This code is not the one of this spot, or it has been replaced."),
                remedy=_("Scan the code on the spot again, or tap that you are there."),
                field="tag",
            )
        return PointState.SEEN.value, "", None
    if proven.proof == Proof.NEAR:
        if proven.lon is None or proven.lat is None:
            raise InvalidError(_("There is no position."), field="lon")
        metres = crs.metres((proven.lon, proven.lat), (checkpoint.lon, checkpoint.lat))
        if not rounds.is_near(metres, proven.accuracy_m):
            raise InvalidError(
                _("You are more than 80 metres away from this spot."),
                remedy=_("Go nearer, scan its code, or give a reason; indoors and by phone count as well."),
                field="lon",
            )
        return PointState.SEEN.value, "", rounds.rounded(metres)
    if proven.proof != Proof.REASON or proven.why not in Why.values:
        raise InvalidError(_("Please choose a reason."), field="why")
    state = PointState.SEEN if proven.why in LOOKED_ALL_THE_SAME else PointState.NOT_POSSIBLE
    return state.value, proven.why, None


def _write(
    point: RoundPoint,
    state: str,
    proof: str,
    why: str,
    metres: int | None,
    *,
    by: Any,
    occurred_at: dt.datetime | None,
    at: dt.datetime,
) -> None:
    take(point, state)
    point.proof, point.why, point.metres = proof, why, metres
    point.by, point.occurred_at, point.recorded_at = by, occurred_at, at
    point.save()
    if state == PointState.SEEN:
        day = point.round.day
        seen = Checkpoint.objects.unscoped("repeats what was just written").filter(pk=point.checkpoint_id)
        seen.exclude(seen_on__gte=day).update(seen_on=day, changed_at=at)


def _ask_about_gone(checkpoint: Checkpoint, *, at: dt.datetime) -> None:
    """Whoever plans the rounds decides whether the spot is taken off."""
    finish_duties(subject_type="checkpoint", subject_id=checkpoint.pk, kind=GONE, at=at)
    open_duty(
        kind=GONE,
        subject_type="checkpoint",
        subject_id=checkpoint.pk,
        label=checkpoint.name,
        due_at=at + _GONE_WITHIN,
        permission=P.PATROL_PLAN,
        area_path=checkpoint.area_path,
        at=at,
    )
