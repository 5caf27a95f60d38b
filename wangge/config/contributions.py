"""What packages above contribute to named hooks of those below, inside the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wangge.domains.cases.actions import forgetting
from wangge.domains.cases.actions import regridding as cases
from wangge.domains.fieldwork.actions import forgetting as visits
from wangge.domains.fieldwork.actions import regridding as fieldwork
from wangge.domains.people.actions import regridding as people
from wangge.foundation.accounts import regridding as accounts

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRIBUTIONS: dict[str, list[Callable[..., Any]]] = {
    "buildings.moved": [people.follow_buildings, fieldwork.follow_buildings],
    "person.erased": [forgetting.erase_of, visits.erase_of],
    "person.held": [forgetting.held_of, visits.held_of],
    "grids.redrawn": [accounts.hand_over_posts, people.follow_places, fieldwork.follow_places, cases.hand_over],
}
