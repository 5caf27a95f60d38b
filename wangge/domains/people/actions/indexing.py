"""Keeping what repeats the graph true to it: area, room, state and the tokens under which somebody is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wangge.domains.people import access, tokens
from wangge.domains.people.models import Household, Membership, Person
from wangge.domains.people.sealing import Keyring

if TYPE_CHECKING:
    from collections.abc import Iterable

_LIVES = Membership.Presence.LIVES
_HERE_OR_AWAY = frozenset({Person.State.PRESENT, Person.State.AWAY})
_SEARCHED = ("name", "former_name", "id_number", "phone")


def reindex_household(household: Household) -> None:
    """Write anew what follows from the graph: its room, its area, whether anybody lives in it, its tokens; and its
    members with it. Call it in the transaction that changed the graph.
    """
    stay = household.stays.filter(valid_to__isnull=True).select_related("room__entrance__building__community").first()
    members = [
        one.person
        for one in household.memberships.filter(valid_to__isnull=True, presence=_LIVES).select_related("person")
    ]
    household.room = stay.room if stay is not None else None
    household.area_path = access.room_path(stay.room) if stay is not None else ""
    household.active = bool(members)
    ring = Keyring.of(person.public_id for person in members)
    names = [ring.open(person.public_id, "people.person.name", person.name) or "" for person in members]
    household.tokens = tokens.of_household(names, street=tokens.street_of(household.area_path))
    household.save(update_fields=["room", "area_path", "active", "tokens"])
    _reindex(members, ring, {person.pk: household.area_path for person in members})


def reindex_person(person: Person) -> None:
    """Write a person's area, state and tokens anew from the graph and his fields. Dead, merged and erased stay so."""
    living = (
        person.memberships.filter(valid_to__isnull=True, presence=_LIVES).select_related("household").first()
        if person.state in _HERE_OR_AWAY
        else None
    )
    path = living.household.area_path if living is not None else ""
    _reindex([person], Keyring.of([person.public_id]), {person.pk: path})


def _reindex(persons: Iterable[Person], ring: Keyring, paths: dict[int, str]) -> None:
    for person in persons:
        path = paths[person.pk]
        plain = {
            field: ring.open(person.public_id, f"people.person.{field}", getattr(person, field)) or ""
            for field in _SEARCHED
        }
        person.area_path = path
        if person.state in _HERE_OR_AWAY:
            person.state = Person.State.PRESENT if path else Person.State.AWAY
        gone = person.state in {Person.State.MERGED, Person.State.ERASED}
        person.tokens = [] if gone else tokens.of_person(**plain, street=tokens.street_of(path))
        person.save(update_fields=["area_path", "state", "tokens", "changed_at"])
