"""不愿受访: a household does not wish to be visited, or wishes it again. Respected, and no failure of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from wangge.domains.people.actions import graph
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock

if TYPE_CHECKING:
    import datetime as dt

    from wangge.domains.people.models import Household

kinds.declare("household.decline_visits", "household.allow_visits")


@transaction.atomic
def decline_visits(*, by: Any, household: Household, declines: bool, at: dt.datetime | None = None) -> bool:
    """Note the wish of a household; False when it is noted so already. Who may is asked by the visit that brings it."""
    locked = graph.lock_households([household.pk])[household.pk]
    if locked.declines_visits == declines:
        return False
    locked.declines_visits = declines
    locked.save(update_fields=["declines_visits"])
    kind = "household.decline_visits" if declines else "household.allow_visits"
    record(kind, by=by, subject=locked, at=at or clock.now())
    return True
