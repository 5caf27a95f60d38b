"""Making the tokens of persons and households anew under the current key, in batches, while people work."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from wangge.domains.people import tokens
from wangge.domains.people.models import Household, Membership, Person
from wangge.domains.people.sealing import Keyring
from wangge.foundation.core.rotation import STEPS, Step

_WHY = "every row is re-keyed"
_GONE = (Person.State.MERGED, Person.State.ERASED)
_SEARCHED = ("name", "former_name", "id_number", "phone")


def persons(after: int | None, limit: int) -> tuple[int | None, int]:
    """The next persons after a primary key; (the last one or None at the end, how many were changed)."""
    with transaction.atomic():
        found = Person.objects.unscoped(_WHY).select_for_update().filter(pk__gt=after or 0).order_by("pk")
        rows = list(found[:limit])
        ring = Keyring.of(row.public_id for row in rows)
        changed = []
        for row in rows:
            new = [] if row.state in _GONE else _of_person(row, ring)
            if new != row.tokens:
                row.tokens = new
                changed.append(row)
        Person.objects.unscoped(_WHY).bulk_update(changed, ["tokens"])
    return (rows[-1].pk if len(rows) == limit else None), len(changed)


def _of_person(row: Person, ring: Keyring) -> list[int]:
    plain = {
        field: ring.open(row.public_id, f"people.person.{field}", getattr(row, field)) or "" for field in _SEARCHED
    }
    return [int(one) for one in tokens.of_person(**plain, street=tokens.street_of(row.area_path))]


def households(after: int | None, limit: int) -> tuple[int | None, int]:
    """The next households, as `persons`."""
    with transaction.atomic():
        found = Household.objects.unscoped(_WHY).select_for_update().filter(pk__gt=after or 0).order_by("pk")
        rows = list(found[:limit])
        members: dict[int, list[Person]] = {}
        living = Membership.objects.filter(
            household__in=[row.pk for row in rows], valid_to__isnull=True, presence=Membership.Presence.LIVES
        ).select_related("person")
        for one in living:
            members.setdefault(one.household_id, []).append(one.person)
        ring = Keyring.of(person.public_id for some in members.values() for person in some)
        changed = []
        for row in rows:
            new = _of_household(row, members.get(row.pk, []), ring)
            if new != row.tokens:
                row.tokens = new
                changed.append(row)
        Household.objects.unscoped(_WHY).bulk_update(changed, ["tokens"])
    return (rows[-1].pk if len(rows) == limit else None), len(changed)


def _of_household(row: Household, members: list[Person], ring: Keyring) -> list[int]:
    names = [ring.open(person.public_id, "people.person.name", person.name) or "" for person in members]
    return [int(one) for one in tokens.of_household(names, street=tokens.street_of(row.area_path))]


def register() -> None:
    """Add both to the steps of a rotation (at start-up, once)."""
    if not any(step.name == "people.person.tokens" for step in STEPS):
        steps: list[tuple[str, Any]] = [("people.person.tokens", persons), ("people.household.tokens", households)]
        STEPS.extend(Step(name, batch) for name, batch in steps)
