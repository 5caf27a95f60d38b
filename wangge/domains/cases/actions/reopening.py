"""A case begins a new round: what was said to be done was not, by an upheld objection or a failed second check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wangge.domains.cases.actions import steps
from wangge.domains.cases.actions.sampling import overtake
from wangge.domains.cases.workflow import S

if TYPE_CHECKING:
    import datetime as dt

    from wangge.domains.cases.models import Case
    from wangge.domains.cases.workflow import Step
    from wangge.foundation.core.events import Event


def begin_anew(locked: Case, step: Step, *, by: Any, at: dt.datetime, reason: str, event: Event, **data: Any) -> Case:
    """Back to the unit (or to dispatch, where none had it) with a new deadline; the closing counts as reopened.

    The reason is public: the reporters read it.
    """
    overtake(locked, at=at)
    to = S.HANDLING if locked.unit_id else S.FILED
    locked.round += 1
    locked.closed_at = None
    locked.handle_due_at = None
    steps.end(locked, step, by=by, at=at, to=to, note=reason.strip(), public=True, event=event, **data)
    locked.handle_due_at = locked.due_at if to is S.HANDLING else None
    locked.save(update_fields=["handle_due_at"])
    return locked
