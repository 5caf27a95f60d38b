"""Compounds and buildings by what people type into a search: 家属院三号楼 = 家属院3# = 家属院3幢."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from django.db.models import Q

from wangge.domains.people import addresses
from wangge.foundation.core.scoping import under
from wangge.foundation.places.models import Building, Compound

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 60  # characters of a search that are looked at
_BARE = re.compile(r"(?P<compound>.*?\D)(?P<building>\d{1,3})(?:号|楼)?$")  # "家属院3": a compound and a number


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
    typed = text.strip()[:_LONGEST]
    wanted = addresses.folded(typed)
    if not wanted:
        return []
    here = under("community__path", under_paths)
    compounds = list(Compound.objects.filter(here).select_related("community").order_by("id"))
    whole = [Hit(one) for one in compounds if any(wanted in name for name in _names(one))]
    exact = _exact(wanted, compounds, limit)
    alone: list[Hit] = []
    if len(whole) + len(exact) < limit:
        said = [Q(**{f"{field}__icontains": one}) for field in ("name", "address") for one in {wanted, typed}]
        called = said[0]
        for one in said[1:]:
            called |= one
        rows = Building.objects.filter(here, called, compound=None)
        alone = [Hit(None, row) for row in rows.order_by("id")[:limit]]
    return [*exact, *whole, *alone][:limit]


def _exact(wanted: str, compounds: list[Compound], limit: int) -> list[Hit]:
    """The building that is named, in the compounds that may be meant."""
    said = addresses.parse(wanted)
    spoken, number = said.compound, said.building
    if not number and (bare := _BARE.fullmatch(wanted)):
        spoken, number = bare["compound"].strip("-"), str(int(bare["building"]))
    if not (spoken and number):
        return []
    held = {
        one.pk: one for one in compounds if any(spoken in name or (name and name in spoken) for name in _names(one))
    }
    rows = Building.objects.filter(compound__in=held, name__in=addresses.building_names(number))
    return [Hit(held[row.compound_id], row) for row in rows.order_by("compound_id", "id")[:limit] if row.compound_id]


def _names(compound: Compound) -> list[str]:
    named = (compound.name_zh, compound.name_en, compound.address, *compound.aliases)
    return [addresses.folded(name) for name in named if name]
