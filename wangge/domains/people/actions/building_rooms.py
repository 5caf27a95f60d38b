"""Rooms that a file names and that are not on the ground: built with the batch where somebody chose so, undone with it.

Only rooms in known buildings, with a floor that the building has; a building that nobody knows stays an error. What
would be built is written at the dry run into `ImportBatch.mapping["rooms"]`, under the keys below zero that the drafts of
the rows carry; what was built into `["built"]`, and which of it was new into `["made"]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotAllowedError
from wangge.foundation.places.actions import WantedRoom, build_rooms, unbuild_rooms
from wangge.foundation.places.models import Building

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wangge.domains.people.exchange.rooms import Missing
    from wangge.domains.people.models import ImportBatch


def may(by: Any, area_path: str) -> bool:
    """Whether somebody may have missing rooms built at a place."""
    return authority_of(by).may(P.GROUND_EDIT, area_path=area_path)


def require(by: Any, area_path: str) -> None:
    """NotAllowedError for whoever may not edit the ground there."""
    if not may(by, area_path):
        raise NotAllowedError


def wanted(missing: Mapping[int, Missing], used: set[int]) -> dict[str, list[Any]]:
    """What is to be built for the rows that are good, as the batch keeps it."""
    return {
        str(key): [one.building_id, one.entrance, one.floor, one.name] for key, one in missing.items() if key in used
    }


def build(batch: ImportBatch) -> dict[str, Any] | None:
    """Build what the dry run listed; the new mapping of the batch, or None when there is nothing to build (any more)."""
    rooms = batch.mapping.get("rooms", {})
    if not rooms or "built" in batch.mapping:
        return None
    require(batch.by, batch.area_path)
    keys = list(rooms)
    done = build_rooms(by=batch.by, wanted=[WantedRoom(*rooms[key]) for key in keys], reason=f"batch {batch.pk}")
    before = batch.mapping.get("made", {"rooms": [], "entrances": []})
    return {
        **batch.mapping,
        "built": dict(zip(keys, done.rooms, strict=True)),
        "made": {
            "rooms": [*before["rooms"], *done.new_rooms],
            "entrances": [*before["entrances"], *done.new_entrances],
        },
    }


def listed(batch: ImportBatch, *, limit: int = 200) -> list[str]:
    """What would be built, or was, as people say it: "家属院3号楼2单元502"; at most `limit`."""
    rooms = sorted(batch.mapping.get("rooms", {}).values())[:limit]
    houses = Building.objects.select_related("compound").in_bulk({room[0] for room in rooms})
    return [
        f"{house.compound.name if house.compound else ''}{house.name}{entrance}{name}"
        for building, entrance, _floor, name in rooms
        if (house := houses.get(building)) is not None
    ]


def unbuild(batch: ImportBatch) -> None:
    """Take away what the batch built, where nothing else hangs on it by now."""
    made = batch.mapping.get("made", {})
    if made:
        unbuild_rooms(by=batch.by, rooms=made["rooms"], entrances=made["entrances"], reason=f"batch {batch.pk} undone")
