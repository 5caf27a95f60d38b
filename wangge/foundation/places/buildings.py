"""Reads about single buildings: the one asked for, its rooms, what stands around it, and compounds and buildings by name."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under
from wangge.foundation.places.models import Building, Compound, Entrance

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wangge.foundation.places.models import Room

_LONGEST = 60  # characters of a search that are looked at
_AROUND = 0.0016  # degrees, about 150 m
_NEIGHBOURS = 60
_NUMBER = re.compile(r"(\d+)\s*(?:号楼|号院|号|楼|栋|幢|座|#)?$")
_DIGITS = str.maketrans("〇一二三四五六七八九", "0123456789")
_TENS = re.compile(r"([一二三四五六七八九]?)十([一二三四五六七八九]?)")


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


@dataclasses.dataclass(frozen=True, slots=True)
class Hit:
    """A compound, or a building with its compound, found by name."""

    compound: Compound | None
    building: Building | None = None

    @property
    def name(self) -> str:
        """As people say it: "物业所家属院3号楼"."""
        of = self.compound.name if self.compound else ""
        return of + (self.building.name if self.building else "")


def find(text: str, *, under_paths: Sequence[str], limit: int = 12) -> list[Hit]:
    """Compounds and buildings whose name or address says `text`, in communities at or under the paths; best first.

    "家属院", "物业所家属院3号楼", "家属院三号楼" and "家属院 3#" find; more than `limit` are cut off.
    """
    wanted = _plain(text)
    if not wanted:
        return []
    compounds = list(
        Compound.objects.filter(under("community__path", under_paths)).select_related("community").order_by("id")
    )
    whole = [Hit(one) for one in compounds if any(wanted in name for name in _names(one))]
    number = _NUMBER.search(wanted)
    exact: list[Hit] = []
    if number:
        spoken = wanted[: number.start()].strip(" -")
        holders = [one for one in compounds if spoken and any(spoken in name for name in _names(one))]
        rows = Building.objects.filter(compound__in=holders, name__regex=rf"^0*{int(number[1])}(\D|$)")
        held = {one.pk: one for one in holders}
        exact = [
            Hit(held[row.compound_id], row) for row in rows.order_by("compound_id", "id")[:limit] if row.compound_id
        ]
    alone: list[Hit] = []
    if len(whole) + len(exact) < limit:
        rows = Building.objects.filter(under("community__path", under_paths), compound=None)
        called = rows.filter(name__contains=wanted) | rows.filter(address__contains=wanted)
        alone = [Hit(None, row) for row in called.order_by("id")[:limit]]
    return [*exact, *whole, *alone][:limit]


def _names(compound: Compound) -> list[str]:
    return [_plain(name) for name in (compound.name_zh, compound.name_en, compound.address, *compound.aliases) if name]


def _plain(text: str) -> str:
    """Full-width signs, spaces, case and Chinese numerals evened out: "家属院 三号楼" → "家属院3号楼"."""
    flat = unicodedata.normalize("NFKC", text)[:_LONGEST].strip().lower().replace("#", "号楼")
    flat = re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", flat)

    def tens(match: re.Match[str]) -> str:
        return (match[1] or "1").translate(_DIGITS) + (match[2] or "0").translate(_DIGITS)

    # Only where a number of a house is meant: 三里屯 keeps its name.
    return re.sub(
        r"[〇一二三四五六七八九十]+(?=号楼|号院|栋|幢|座)",
        lambda match: _TENS.sub(tens, match[0]).translate(_DIGITS),
        flat,
    )


def _natural(name: str) -> tuple[Any, ...]:
    """Sorts "2单元" before "10单元"."""
    return tuple(int(part) if part.isdigit() else 0 for part in re.split(r"(\d+)", name) if part.isdigit()) or (0,)
