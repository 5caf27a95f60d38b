"""Reads of changes of population: what was told and still waits, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wangge.domains.people.models import PopulationChange
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotFoundError

if TYPE_CHECKING:
    import uuid


def changes(user: Any, *, waiting: bool = True, before: int | None = None, limit: int = 50) -> list[PopulationChange]:
    """Changes in scope, newest first: those that wait to be verified, or all."""
    found = PopulationChange.objects.visible_to(user, P.PERSON_EDIT)
    if waiting:
        found = found.filter(state=PopulationChange.State.TOLD)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(
        found.select_related("room__entrance__building__compound", "household__room__entrance__building__compound")
        .select_related("told_by", "person")
        .order_by("-pk")[:limit]
    )


def get_change(user: Any, public_id: uuid.UUID) -> PopulationChange:
    """A change at a place where the user records, else `NotFoundError`."""
    found: PopulationChange | None = (
        PopulationChange.objects.visible_to(user, P.PERSON_EDIT)
        .select_related("room__entrance__building__compound", "household__room__entrance__building__compound", "person")
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFoundError
    return found


def waiting_under(case_numbers: list[str]) -> list[PopulationChange]:
    """The changes that are verified under these matters. For the reaction to their end."""
    found = PopulationChange.objects.unscoped("the matter was settled; whose it is does not matter")
    return list(found.filter(case_number__in=case_numbers, state=PopulationChange.State.TOLD).order_by("pk"))
