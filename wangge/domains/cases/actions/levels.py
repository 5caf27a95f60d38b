"""三级治理: a case goes up when it cannot be settled where it is, and down when it belongs there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.actions import handling, steps
from wangge.domains.cases.actions.side_duties import ESCALATED
from wangge.domains.cases.events import CaseEscalated
from wangge.domains.cases.models import Case, LevelMove
from wangge.domains.cases.procedures import TOP_LEVEL
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import posted_over
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError
from wangge.foundation.duties.actions import open_duty

if TYPE_CHECKING:
    import datetime as dt

    from wangge.foundation.accounts.models import User

GUIDE = "grid_guide"  # 网格指导员 (包保)


@transaction.atomic
def escalate(*, case: Case, by: Any, reason: str, at: dt.datetime | None = None) -> Case:
    """提级上报: the unit cannot settle it at its level; one level higher it is dispatched anew.

    The promised end of the handling stays what it was. The grid's guides are told and find it on their lists.
    """
    at = at or clock.now()
    locked, step = steps.begin(case, "escalate", by=by, reason=reason.strip())
    if locked.level >= TOP_LEVEL:
        raise ConflictError(
            _("This case stands at the district already; it cannot go higher."),
            remedy=_("Handle it, or ask the duty chief for a joint ruling."),
        )
    move = _move(locked, locked.level + 1, reason, by=by, at=at)
    unit_id = locked.unit_id
    handling.leave(locked.assignments.filter(returned_at__isnull=True), "escalate", by=by, at=at, why=reason)
    locked.unit = None
    locked.handler = None
    locked.signed_at = None
    steps.end(
        locked,
        step,
        by=by,
        at=at,
        note=move.reason,
        event=CaseEscalated(locked.pk, move.pk),
        unit=unit_id,
        from_level=move.from_level,
        to_level=move.to_level,
    )
    for guide in guides_of(locked):
        open_duty(
            kind=ESCALATED,
            subject_type="case",
            subject_id=locked.pk,
            label=locked.number,
            due_at=locked.due_at,
            user=guide,
            at=at,
        )
    return locked


@transaction.atomic
def hand_down(*, case: Case, by: Any, level: int, reason: str, at: dt.datetime | None = None) -> Case:
    """下沉: it can be settled at a lower level; it is dispatched there."""
    at = at or clock.now()
    locked, step = steps.begin(case, "hand_down", by=by, level=level, reason=reason.strip())
    if not 1 <= level < locked.level:
        raise InvalidError(_("Choose a level below the present one."), field="level")
    move = _move(locked, level, reason, by=by, at=at)
    steps.end(locked, step, by=by, at=at, note=move.reason, from_level=move.from_level, to_level=move.to_level)
    return locked


def guides_of(case: Case) -> list[User]:
    """Whoever stands surety (包保) for the place; of a confidential case only who may see such ones there."""
    guides = posted_over(GUIDE, case.area_path)
    if not case.confidential:
        return guides
    return [guide for guide in guides if authority_of(guide).may(P.CASE_CONFIDENTIAL, area_path=case.area_path)]


def _move(case: Case, level: int, reason: str, *, by: Any, at: dt.datetime) -> LevelMove:
    move = LevelMove.objects.create(
        case=case, from_level=case.level, to_level=level, reason=reason.strip(), by=by, at=at
    )
    case.level = level
    return move
