"""The building somebody means by what he typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from wangge.domains.people import house_search
from wangge.foundation.core.problems import InvalidError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wangge.foundation.places.models import Building


def house_called(text: str, *, places: Sequence[str]) -> Building:
    """The one building in the communities around `places` (paths) that is called so; `InvalidError` for none or several."""
    around = {"/".join(path.split("/")[:4]).rstrip("/") + "/" for path in places}
    hits = [hit.building for hit in house_search.find(text, under_paths=sorted(around)) if hit.building is not None]
    same = [one for one in hits if one is not None]
    if len(same) != 1:
        words = (
            _("No building is called so here.") if not same else _("Several buildings are called so; add the compound.")
        )
        raise InvalidError(words, field="building")
    return same[0]


def name_of(building: Building | None) -> str:
    """As people say it: "物业所家属院3号楼"."""
    if building is None:
        return ""
    return f"{building.compound.name_zh if building.compound is not None else ''}{building.name}"
