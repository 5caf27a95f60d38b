"""Whether the database and the key store belong together: each alone is worth nothing."""

from __future__ import annotations

from enum import Enum

from wangge.domains.people.models import Person
from wangge.foundation.core import keystore


class Standing(Enum):
    """What stands where."""

    EMPTY = "nobody, no key"
    WHOLE = "people with their keys"
    WITHOUT_KEYS = "people whose keys are missing: nobody's name can be read"
    WITHOUT_PEOPLE = "keys of people who are not in this database"


def standing() -> Standing:
    """Compare the first person who was not erased with the store."""
    everybody = Person.objects.unscoped("one id, to see whether its key is there").exclude(state=Person.State.ERASED)
    first = everybody.order_by("id").values_list("public_id", flat=True).first()
    store = keystore.keys()
    if first is None:
        return Standing.WITHOUT_PEOPLE if store.erased() or store.count() else Standing.EMPTY
    return Standing.WHOLE if store.get_many([first]) else Standing.WITHOUT_KEYS
