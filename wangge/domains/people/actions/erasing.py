"""Erasing a person (PIPL 47): his key is destroyed, so that nothing of him opens any more, in history and old dumps too.

The row stays, empty, so that households and cases keep their shape. What could name him under another key goes with
him: raw rows of files that brought him, lists that were made of his place and not fetched yet, changes told of him.
Packages above contribute what they hold (`person.erased`), in the same transaction.
"""

from __future__ import annotations

import dataclasses
import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import names, tokens
from wangge.domains.people.actions import indexing
from wangge.domains.people.actions.following import following
from wangge.domains.people.models import (
    Circumstance,
    Death,
    Enrolment,
    Entitlement,
    ExportRequest,
    FieldChange,
    Household,
    ImportBatch,
    ImportRow,
    Membership,
    Person,
    PersonMerge,
    PersonSeen,
    PopulationChange,
    Relation,
    Stay,
    Tenancy,
)
from wangge.domains.people.sealing import Keyring
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock, keystore
from wangge.foundation.core.contributions import contribute
from wangge.foundation.core.problems import ConflictError

if TYPE_CHECKING:
    import datetime as dt
    import uuid

kinds.declare("person.erase")

REASONS = {
    "request": _("He asked for it"),
    "retention": _("The time to keep him is over"),
    "wrong": _("He was entered by mistake"),
}
SEALED = ("name", "former_name", "sex", "born", "id_number", "phone", "registered_address", "work_or_school")
_WHY = "whoever is erased"


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
    """Who it is, for those who must find him in their own tables; never kept."""

    person_id: int
    name: str
    phone: str
    id_number: str


def facts_of(person: Person) -> Facts:
    """Name, phone and number, readable; "" for what is not recorded or not readable any more."""
    ring = Keyring.of([person.public_id])
    plain = {
        field: ring.open(person.public_id, f"people.person.{field}", getattr(person, field)) or ""
        for field in ("name", "phone", "id_number")
    }
    return Facts(person_id=person.pk, **plain)


@transaction.atomic
def erase(*, person: Person, reason: str, by: Any = None, at: dt.datetime | None = None) -> dict[str, int]:
    """Erase a person and every entry merged into him; what went, by kind.

    `reason` is one of `REASONS`. The keys are destroyed last, just before the commit: when that fails nothing happened,
    when the commit fails the values are gone and the call can be repeated. A copy of the key store older than seven days
    does not exist; from then on he is unreadable everywhere.
    """
    if reason not in REASONS:
        raise ValueError(reason)
    now = at or clock.now()
    kept = Person.objects.unscoped(_WHY).select_for_update().get(pk=person.pk)
    if kept.state == Person.State.ERASED:
        raise ConflictError(_("This entry was already erased."))
    if kept.state == Person.State.MERGED:
        raise ConflictError(_("This entry was merged: erase the one that was kept."))
    entries = [kept, *_merged_into(kept)]
    counts = _elsewhere(entries)
    doomed = [entry.public_id for entry in entries]
    doomed += _changes(entries) + _files(entries) + _lists(entries)
    counts["keys"] = len(doomed)
    with following(by=by, at=now, persons=entries):
        homes = _empty(entries, now)
        for household in homes:
            indexing.reindex_household(household)
    record("person.erase", by=by, subject=kept, at=now, reason=reason, entries=[entry.pk for entry in entries])
    keystore.keys().destroy(doomed)
    return counts


def _merged_into(kept: Person) -> list[Person]:
    found: list[Person] = []
    layer = [kept]
    while layer:
        layer = list(Person.objects.unscoped(_WHY).select_for_update().filter(merged_into__in=layer))
        found += layer
    return found


def _elsewhere(entries: list[Person]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for entry in entries:
        for told in contribute("person.erased", facts_of(entry)):
            for kind, number in told.items():
                counts[kind] = counts.get(kind, 0) + number
    return counts


def _empty(entries: list[Person], now: dt.datetime) -> list[Household]:
    ids = [entry.pk for entry in entries]
    today = clock.day_of(now)
    memberships = Membership.objects.filter(person__in=ids, valid_to__isnull=True)
    homes = list(Household.objects.unscoped(_WHY).filter(memberships__in=memberships).distinct())
    memberships.filter(valid_from__gte=today).delete()
    Membership.objects.filter(person__in=ids, valid_to__isnull=True).update(valid_to=today)
    Relation.objects.filter(Q(person__in=ids) | Q(other__in=ids)).delete()
    Tenancy.objects.filter(Q(landlord__in=ids) | Q(household__in=homes)).update(agreement="")
    for model in (Circumstance, Death, Enrolment, Entitlement):
        model._base_manager.filter(person__in=ids).delete()  # noqa: SLF001 — all of his, whoever may see them
    FieldChange.objects.filter(person__in=ids).update(before=None)
    PersonMerge.objects.filter(Q(kept__in=ids) | Q(gone__in=ids)).update(reason="")
    PersonSeen.objects.filter(person__in=ids).delete()
    Person.objects.unscoped(_WHY).filter(pk__in=ids).update(
        **dict.fromkeys(SEALED),
        state=Person.State.ERASED,
        merged_into=None,
        area_path="",
        tokens=[],
        stated_on={},
        id_kind=Person.IdKind.NONE,
        registration=Person.Registration.UNKNOWN,
        source_ref="",
        changed_at=now,
    )
    return homes


def _changes(entries: list[Person]) -> list[uuid.UUID]:
    """Changes told of him, of a household while he belonged to it, or that name him: with a room, and no row yet."""
    ids = [entry.pk for entry in entries]
    homes = Membership.objects.filter(person__in=ids).values("household_id")
    every = PopulationChange.objects.unscoped(_WHY)
    known = Q(person__in=ids) | Q(household__in=homes)
    found = every.filter(known | Q(pk__in=_naming(entries, every.exclude(known))))
    told = list(found.filter(facts__isnull=False).values_list("public_id", flat=True))
    found.update(facts=None)
    return told


def _naming(entries: list[Person], every: Any) -> list[int]:
    """Changes whose facts name one of the entries: by his number, or by his name where no number was told."""
    sought = [facts_of(entry) for entry in entries]
    numbers = {tokens.number(one.id_number) for one in sought} - {""}
    called = {names.plain(one.name) for one in sought} - {""}
    found: list[int] = []
    rows = every.filter(facts__isnull=False).only("pk", "public_id", "facts").order_by("pk").iterator(chunk_size=2000)
    while part := list(islice(rows, 2000)):
        ring = Keyring.of(row.public_id for row in part)
        for row in part:
            text = ring.open(row.public_id, "people.populationchange.facts", row.facts)
            for member in json.loads(text)["members"] if text else ():
                number = tokens.number(member["id_number"])
                if number in numbers or (not number and names.plain(member["name"]) in called):
                    found.append(row.pk)
    return found


def _files(entries: list[Person]) -> list[uuid.UUID]:
    """Files that brought him, and all that were not taken in yet: nobody can tell whom those name.

    All their raw rows go, because they share a key; an undo of the one still takes back the others (`undoing`), the other must be brought again.
    """
    ids = [entry.pk for entry in entries]
    brought = Q(pk__in=ImportRow.objects.filter(person__in=ids).values("batch_id"))
    batches = ImportBatch.objects.filter(brought | Q(file__isnull=False))
    found = {batch.pk: batch.public_id for batch in batches}
    ImportRow.objects.filter(batch__in=found).update(raw=None, before=None)
    ImportBatch.objects.filter(pk__in=found).update(file=None, preview=None)
    return list(found.values())


def _lists(entries: list[Person]) -> list[uuid.UUID]:
    """Lists that are ready and not fetched, of every place where he lives, lived or is registered."""
    stays = Stay.objects.filter(household__memberships__person__in=entries)
    paths = set(stays.values_list("room__entrance__building__grids__grid__path", flat=True))
    paths |= set(Membership.objects.filter(person__in=entries).values_list("household__area_path", flat=True))
    paths |= {entry.area_path for entry in entries}
    waiting = ExportRequest.objects.filter(file__isnull=False).values_list("pk", "public_id", "area_path")
    found = {pk: key for pk, key, place in waiting if any((path or "").startswith(place) for path in paths)}
    ExportRequest.objects.filter(pk__in=found).update(file=None, state=ExportRequest.State.EXPIRED)
    return list(found.values())
