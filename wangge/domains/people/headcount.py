"""How many live where: numbers only, nobody is named and nothing is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Q

from wangge.domains.people.models import Household, Membership

if TYPE_CHECKING:
    from collections.abc import Iterable

_WHY = "counted by building, to compare sizes of grids"


def by_building(buildings: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Building → (households that live there now, people who live in them). Buildings without any are missing."""
    wanted = list(buildings)
    homes = Household.objects.unscoped(_WHY).filter(active=True, room__entrance__building__in=wanted)
    households = dict(
        homes.order_by()
        .values_list("room__entrance__building")
        .annotate(n=Count("pk"))
        .values_list("room__entrance__building", "n")
    )
    living = Membership.objects.filter(
        Q(valid_to__isnull=True, presence=Membership.Presence.LIVES, household__active=True),
        household__room__entrance__building__in=wanted,
    )
    persons = dict(
        living.order_by()
        .values_list("household__room__entrance__building")
        .annotate(n=Count("pk"))
        .values_list("household__room__entrance__building", "n")
    )
    return {pk: (count, persons.get(pk, 0)) for pk, count in households.items()}
