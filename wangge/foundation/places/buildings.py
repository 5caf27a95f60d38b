"""Reads about single buildings: the one asked for, its rooms, what stands around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under
from wangge.foundation.places.models import Building, Compound, Entrance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wangge.foundation.places.models import Room

_AROUND = 0.0016  # degrees, about 150 m
_NEIGHBOURS = 60


def get_building(pk: int, *, under_paths: Iterable[str]) -> Building:
    """The building in a community at or under the paths; `NotFoundError` alike for what is elsewhere and what is not."""
    found = Building.objects.filter(under("community__path", under_paths), pk=pk)
    building = found.select_related("compound", "community").first()
    if building is None:
        raise NotFoundError(_("There is no such building."))
    return building


def get_compound_in(pk: int, *, under_paths: Iterable[str]) -> Compound:
    """The compound in a community at or under the paths; `NotFoundError` otherwise."""
    compound = Compound.objects.filter(under("community__path", under_paths), pk=pk).select_related("community").first()
    if compound is None:
        raise NotFoundError(_("There is no such compound."))
    return compound


def entrances_of(building: Building) -> list[tuple[Entrance, list[Room]]]:
    """Entrances in their order, each with its rooms from the ground up; two queries, whatever the size."""
    rows = Entrance.objects.filter(building=building).order_by("id").prefetch_related("rooms")
    found = [(entrance, list(entrance.rooms.all())) for entrance in rows]
    return sorted(found, key=lambda pair: (_natural(pair[0].name), pair[0].pk))


def buildings_of(compound: Compound) -> list[Building]:
    """The buildings of a compound, by number."""
    rows = Building.objects.filter(compound=compound).select_related("compound", "community")
    return sorted(rows, key=lambda building: (_natural(building.name), building.pk))


def around(building: Building) -> list[Building]:
    """The building and what stands within some 150 m, with footprints: for a drawing of where it is."""
    near = Building.objects.filter(
        footprint__isnull=False,
        community_id=building.community_id,
        lon__range=(building.lon - _AROUND, building.lon + _AROUND),
        lat__range=(building.lat - _AROUND, building.lat + _AROUND),
    )
    found = sorted(near, key=lambda one: (one.lon - building.lon) ** 2 + (one.lat - building.lat) ** 2)
    return found[:_NEIGHBOURS]


def _natural(name: str) -> tuple[Any, ...]:
    """Sorts "2单元" before "10单元"."""
    return tuple(int(part) if part.isdigit() else 0 for part in re.split(r"(\d+)", name) if part.isdigit()) or (0,)
