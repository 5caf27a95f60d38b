"""事 on the house card: the open cases of a room, and of the building round it, for whoever may see them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wangge.domains.cases.models import Case
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    from wangge.foundation.places.models import Building

MOST = 10


def open_in(user: Any, building: Building) -> list[Case]:
    """Open cases placed in a building, within the reader's scope of cases, next due first; at most ten.

    A case knows its building and an address in words, not a room; `names_room` reads the words.
    """
    place = under("area_path", [building.community.path])  # what the index walks
    found = Case.objects.visible_to(user, P.CASE_VIEW).still_open().filter(place, building=building)
    return list(found.select_related("matter", "area", "unit").order_by("due_at", "pk")[:MOST])


def names_room(case: Case, entrance: str, room: str) -> bool:
    """Whether the words of a case's address name a room of its building: 3号楼2单元301, 3-2-301."""
    words = case.address.replace(" ", "").replace("－", "-")
    number = entrance.removesuffix("单元")
    after = r"(?![0-9])"
    return (
        re.search(
            rf"{re.escape(entrance)}{re.escape(room)}{after}|-{re.escape(number)}-{re.escape(room)}{after}", words
        )
        is not None
    )
