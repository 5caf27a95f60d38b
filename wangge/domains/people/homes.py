"""Who lives where, and who owns and rents what, on a day. Rows only: whom they are shown to is decided by `access`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wangge.domains.people.models import Household, Membership, Person, Stay, Tenancy, Title
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from wangge.foundation.places.models import Room

LIVES = Membership.Presence.LIVES
# A merged entry stands for nobody any more: its kept one answers.
_NOBODY = (Person.State.MERGED,)


def residents_of(room: Room | int, on: dt.date | None = None) -> list[Membership]:
    """Who lived in a room on a day (today): memberships with person and household, heads first."""
    day = on or clock.today()
    pk = room if isinstance(room, int) else room.pk
    stays = Stay.objects.as_of(day).filter(room_id=pk).values("household_id")
    found = (
        Membership.objects.as_of(day)
        .filter(household_id__in=stays, presence=LIVES)
        .exclude(person__state__in=_NOBODY)
        .select_related("person", "household")
    )
    return sorted(found, key=lambda one: (one.household_id, one.role != Membership.Role.HEAD, one.pk))


def members_of(household: Household, on: dt.date | None = None) -> list[Membership]:
    """Who belonged to a household on a day (today), also those only registered; heads first."""
    found = (
        Membership.objects.as_of(on or clock.today())
        .filter(household=household)
        .exclude(person__state__in=_NOBODY)
        .select_related("person")
    )
    return sorted(found, key=lambda one: (one.presence != LIVES, one.role != Membership.Role.HEAD, one.pk))


def former_members_of(household: Household) -> list[Membership]:
    """Who belonged to it before and no longer does, the last first."""
    found = household.memberships.filter(valid_to__isnull=False, valid_to__lte=clock.today())
    return list(found.exclude(person__state__in=_NOBODY).select_related("person").order_by("-valid_to", "-pk")[:50])


def homes_of(person: Person) -> list[tuple[Membership, list[Stay]]]:
    """A person's households, the present one first, each with the rooms in which it stayed while he belonged to it."""
    memberships = list(person.memberships.select_related("household").order_by("-valid_from", "-pk"))
    stays = (
        Stay.objects.filter(household_id__in={one.household_id for one in memberships})
        .select_related("room__entrance__building__compound")
        .order_by("-valid_from", "-pk")
    )
    by_household: dict[int, list[Stay]] = {}
    for stay in stays:
        by_household.setdefault(stay.household_id, []).append(stay)
    return [
        (one, [stay for stay in by_household.get(one.household_id, []) if _overlap(one, stay)]) for one in memberships
    ]


def home_on(person: Person, on: dt.date) -> Stay | None:
    """Where a person lived on a day: the stay of his household, with its room; None when nowhere here."""
    membership = Membership.objects.as_of(on).filter(person=person, presence=LIVES).first()
    if membership is None:
        return None
    stays = Stay.objects.as_of(on).filter(household_id=membership.household_id)
    return stays.select_related("room__entrance__building__compound").first()


def stays_of(household: Household) -> list[Stay]:
    """The rooms of a household, the present one first."""
    return list(household.stays.select_related("room__entrance__building__compound").order_by("-valid_from", "-pk"))


def households_in(room: Room | int, on: dt.date | None = None) -> list[Stay]:
    """The stays in a room on a day (today), with their households."""
    pk = room if isinstance(room, int) else room.pk
    found = Stay.objects.as_of(on or clock.today()).filter(room_id=pk, household__active=True)
    return list(found.select_related("household").order_by("pk"))


def owners_of(room: Room | int, on: dt.date | None = None) -> list[Title]:
    """Who owned a room on a day (today), with person or firm."""
    pk = room if isinstance(room, int) else room.pk
    found = Title.objects.as_of(on or clock.today()).filter(room_id=pk)
    return list(found.select_related("person", "firm").order_by("pk"))


def tenancies_of(room: Room | int, on: dt.date | None = None) -> list[Tenancy]:
    """To whom a room was let on a day (today), and by whom."""
    pk = room if isinstance(room, int) else room.pk
    found = Tenancy.objects.as_of(on or clock.today()).filter(room_id=pk)
    return list(found.select_related("household", "firm", "landlord").order_by("pk"))


def owned_by(person: Person) -> list[Title]:
    """The rooms that a person owns now."""
    found = person.titles.filter(in_force(clock.today()))
    return list(found.select_related("room__entrance__building__compound").order_by("pk"))


def let_by(person: Person) -> list[Tenancy]:
    """What a person lets now."""
    found = person.lets.filter(in_force(clock.today()))
    return list(found.select_related("room__entrance__building__compound", "household", "firm").order_by("pk"))


def address_of(room: Room) -> str:
    """The address as people say it: compound, building, entrance, room. `room` with its building and compound."""
    building = room.entrance.building
    compound = building.compound.name if building.compound is not None else building.address
    return " ".join(part for part in (compound, building.name, room.entrance.name, room.name) if part)


def living_counts(households: Iterable[Household]) -> dict[int, int]:
    """How many live in each of these households now."""
    counts: dict[int, int] = {}
    found = Membership.objects.as_of(clock.today()).filter(household__in=list(households), presence=LIVES)
    for household_id in found.exclude(person__state__in=_NOBODY).values_list("household_id", flat=True):
        counts[household_id] = counts.get(household_id, 0) + 1
    return counts


def _overlap(one: Membership, stay: Stay) -> bool:
    return (stay.valid_to is None or stay.valid_to > one.valid_from) and (
        one.valid_to is None or one.valid_to > stay.valid_from
    )
