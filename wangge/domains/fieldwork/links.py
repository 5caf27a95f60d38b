"""Reads of links (联户): who keeps in touch with which households."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.db.models import Count

from wangge.domains.fieldwork.models import Link
from wangge.foundation.accounts.models import User
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    from collections.abc import Iterable

FEWEST, MOST = 10, 20  # households each (model.md 3.7); fewer is said, more is refused
_ROWS = "household__room__entrance__building__compound"
PAGE = 200


@dataclasses.dataclass(frozen=True, slots=True)
class Linked:
    """One member and how many households he is linked to; `few` where that is less than usual."""

    user: User
    count: int

    @property
    def few(self) -> bool:
        """Fewer than ten: worth a word, nothing more."""
        return self.count < FEWEST


def members(user: Any) -> list[Linked]:
    """Who is linked to households at the reader's places, by name."""
    rows = Link.objects.visible_to(user, P.VISIT_PLAN).filter(in_force(clock.today()))
    counts = {row["user_id"]: row["n"] for row in rows.order_by().values("user_id").annotate(n=Count("pk"))}
    people = User.objects.filter(pk__in=counts).order_by("name", "pk")
    return [Linked(one, counts[one.pk]) for one in people]


def links_of(reader: Any, member: User, *, limit: int = PAGE) -> list[Link]:
    """The links of one member at the reader's places, in the order of a walk."""
    rows = Link.objects.visible_to(reader, P.VISIT_PLAN).filter(in_force(clock.today()), user=member)
    return list(
        rows.select_related(_ROWS)
        .defer("household__tokens")
        .order_by(
            "household__room__entrance__building_id", "household__room__entrance_id", "household__room__name", "pk"
        )[:limit]
    )


def get_link(reader: Any, pk: int) -> Link:
    """A link at a place where the reader plans; `NotFoundError` for any other."""
    found: Link | None = (
        Link.objects.visible_to(reader, P.VISIT_PLAN).filter(pk=pk).select_related("user", _ROWS).first()
    )
    if found is None:
        raise NotFoundError
    return found


def how_many(member: User) -> int:
    """To how many households somebody is linked today, wherever they are."""
    rows = Link.objects.unscoped("the most that one person keeps in touch with").filter(in_force(clock.today()))
    return rows.filter(user=member).count()


def unlinked_in(reader: Any, building_id: int, *, limit: int = PAGE) -> list[Any]:
    """Households of a building at the reader's places to whom nobody is linked, in the order of a walk."""
    from wangge.domains.people.models import Household

    held = Link.objects.unscoped("whoever it is").filter(in_force(clock.today())).values("household_id")
    rows = Household.objects.visible_to(reader, P.VISIT_PLAN).filter(
        active=True, room__entrance__building_id=building_id
    )
    return list(
        rows.exclude(pk__in=held)
        .select_related("room__entrance__building__compound")
        .defer("tokens")
        .order_by("room__entrance_id", "room__floor", "room__name", "pk")[:limit]
    )


def households(reader: Any, pks: Iterable[int]) -> list[Any]:
    """Households by key, of the reader's places only."""
    from wangge.domains.people.models import Household

    return list(Household.objects.visible_to(reader, P.VISIT_PLAN).filter(pk__in=list(pks), active=True).order_by("pk"))


def buildings(reader: Any, area_path: str) -> list[Any]:
    """The buildings of a place in which households of the reader's places live, by name."""
    from wangge.domains.people.models import Household
    from wangge.foundation.places.models import Building

    rows = Household.objects.visible_to(reader, P.VISIT_PLAN).filter(
        under("area_path", [area_path]), active=True, room__isnull=False
    )
    pks = rows.order_by().values("room__entrance__building_id").distinct()
    return list(Building.objects.filter(pk__in=pks).select_related("compound").order_by("compound_id", "name", "pk"))
