"""Who owns a room and to whom it is let, in force and before, as the pages show it: masked, and never a step on its own."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from wangge.domains.people import access, homes
from wangge.domains.people.models import Household, Membership, Person, Tenancy, Title
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from decimal import Decimal

    from wangge.domains.people.access import Masked
    from wangge.foundation.places.models import Room

_MOST = 50  # rows of the past that a page shows
_GONE = (Person.State.MERGED, Person.State.ERASED)
HERE, ELSEWHERE, DEAD, FIRM, UNKNOWN = "here", "elsewhere", "dead", "firm", "unknown"


@dataclasses.dataclass(frozen=True, slots=True)
class Owner:
    """One title. `where` says whether the owner lives in the room, elsewhere, has died, is a firm or is not known."""

    title: Title
    name: str
    where: str
    percent: str

    @property
    def lives_here(self) -> bool:
        """Whether the owner lives in the room himself."""
        return self.where == HERE

    @property
    def in_force(self) -> bool:
        """Whether he owns it today."""
        return _holds(self.title)


@dataclasses.dataclass(frozen=True, slots=True)
class Let:
    """One tenancy: the tenant is a firm, or a household called by its head."""

    tenancy: Tenancy
    tenant: str
    landlord: str
    overdue: bool  # the agreement has run out and nobody has ended or prolonged it

    @property
    def in_force(self) -> bool:
        """Whether it is let to them today."""
        return _holds(self.tenancy)


@dataclasses.dataclass(frozen=True, slots=True)
class Ties:
    """Owners and lettings of a room, those in force first, and whose entries that shows."""

    owners: tuple[Owner, ...]
    lets: tuple[Let, ...]
    persons: tuple[Person, ...]

    @property
    def whole(self) -> bool:
        """Whether the shares in force come to the whole."""
        return sum(one.title.share for one in self.owners if one.in_force) >= 1


def of(
    room: Room, *, past: bool = False, households: Iterable[Household] | None = None, living: set[int] | None = None
) -> Ties:
    """The ties of a room today, or with `past` all that were ever recorded.

    `households` limits the households whose tenancies are shown (under a grant: the one it names); `living` is who lives
    in the room, by key, where that was read already.
    """
    today = clock.today()
    titles = room.titles.select_related("person", "firm").order_by("-valid_from", "-pk")
    tenancies = room.tenancies.select_related("household", "firm", "landlord").order_by("-valid_from", "-pk")
    rows = list(titles[:_MOST] if past else titles.as_of(today))
    lets = list(tenancies[:_MOST] if past else tenancies.as_of(today))
    if households is not None:
        shown = {one.pk for one in households}
        lets = [one for one in lets if one.household_id is None or one.household_id in shown]
    heads = _heads([one.household for one in lets if one.household is not None])
    persons = {one.person.pk: one.person for one in rows if one.person is not None}
    persons |= {one.landlord.pk: one.landlord for one in lets if one.landlord is not None}
    persons |= {head.pk: head for head in heads.values()}
    masked = access.masked(persons.values())
    if living is None:
        living = {one.person_id for one in homes.residents_of(room)}
    owners = [_owner(row, masked, living) for row in rows]
    found = [_let(row, masked, heads, today) for row in lets]
    return Ties(
        tuple(sorted(owners, key=lambda one: not one.in_force)),
        tuple(sorted(found, key=lambda one: not one.in_force)),
        tuple(persons.values()),
    )


def get_title(user: Any, room: Room, pk: int) -> Title:
    """A title of a room where the user makes entries; `NotFoundError` for any other."""
    row = room.titles.select_related("room__entrance__building__community", "person", "firm").filter(pk=pk).first()
    if row is None or not _may_write(user, room):
        raise NotFoundError
    return row


def get_tenancy(user: Any, room: Room, pk: int) -> Tenancy:
    """A tenancy of a room where the user makes entries; `NotFoundError` for any other."""
    rows = room.tenancies.select_related("room__entrance__building__community", "household", "firm", "landlord")
    row = rows.filter(pk=pk).first()
    if row is None or not _may_write(user, room):
        raise NotFoundError
    return row


def landlords_of(room: Room) -> list[Person]:
    """The persons who own a room today."""
    return [one.person for one in homes.owners_of(room) if one.person is not None and one.person.state not in _GONE]


def tenant_households(room: Room) -> list[tuple[Household, Person | None]]:
    """The households that live in a room, each with the one by whom it is called."""
    households = [stay.household for stay in homes.households_in(room)]
    heads = _heads(households)
    return [(one, heads.get(one.pk)) for one in households]


def percent(share: Decimal) -> str:
    """A share as people write it: "50", "33.333"."""
    return f"{share * 100:.3f}".rstrip("0").rstrip(".")


def _may_write(user: Any, room: Room) -> bool:
    return access.is_under(access.room_path(room), access.places_of(user, P.PERSON_EDIT))


def _holds(row: Title | Tenancy) -> bool:
    return row.valid_to is None or row.valid_to > clock.today()


def _heads(households: list[Household]) -> dict[int, Person]:
    """Household → its head, or whoever lives there longest; the last one who did, when nobody does any more."""
    rows = (
        Membership.objects.filter(household__in=households, presence=Membership.Presence.LIVES)
        .exclude(person__state__in=_GONE)
        .select_related("person")
        .order_by("pk")
    )
    found: dict[int, Membership] = {}
    for row in rows:
        held = found.get(row.household_id)
        if held is None or _rank(row) > _rank(held):
            found[row.household_id] = row
    return {pk: row.person for pk, row in found.items()}


def _rank(row: Membership) -> tuple[bool, bool, int]:
    return row.valid_to is None, row.role == Membership.Role.HEAD, -row.pk


def _owner(row: Title, masked: dict[int, Masked], living: set[int]) -> Owner:
    if row.person is not None:
        where = DEAD if row.person.state == Person.State.DEAD else HERE if row.person.pk in living else ELSEWHERE
        return Owner(row, masked[row.person.pk].name, where, percent(row.share))
    if row.firm is not None:
        return Owner(row, row.firm.name, FIRM, percent(row.share))
    return Owner(row, "", UNKNOWN, percent(row.share))


def _let(row: Tenancy, masked: dict[int, Masked], heads: dict[int, Person], today: dt.date) -> Let:
    head = heads.get(row.household_id or 0)
    tenant = row.firm.name if row.firm is not None else masked[head.pk].name if head is not None else ""
    landlord = masked[row.landlord_id].name if row.landlord_id is not None else ""
    overdue = row.valid_to is None and row.agreed_until is not None and row.agreed_until < today
    return Let(row, tenant, landlord, overdue)
