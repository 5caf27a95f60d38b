"""The rest of a first census, at once: owners, tenants, relations, firms, places of care. Written by COPY after `bulk.load`.

Persons, households and firms are named by their public ids, rooms and buildings by their keys.
"""

from __future__ import annotations

import dataclasses
import uuid
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import transaction

from wangge.domains.people.actions.bulk import copy_in, new_ids
from wangge.domains.people.models import Firm, Household, Origin, Person, Relation, Site, Tenancy, Title
from wangge.domains.people.sealing import Keyring
from wangge.foundation.audit import actions as audit
from wangge.foundation.audit import kinds

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

kinds.declare("people.load_firms", "people.load_sites", "people.load_ties")

_AT_ONCE = 5000
WHY = "a first census is written at once"


@dataclasses.dataclass(frozen=True, slots=True)
class FirmDraft:
    """A firm, a shop or a unit as it stands in a register."""

    name: str
    kind: str
    area_path: str
    since: dt.date
    credit_code: str = ""
    trade: str = ""
    address: str = ""
    room_id: int | None = None
    building_id: int | None = None
    lon: float | None = None
    lat: float | None = None
    staff: int | None = None
    contact_name: str = ""
    contact_phone: str = ""
    verified_on: dt.date | None = None
    public_id: uuid.UUID = dataclasses.field(default_factory=uuid.uuid4)


@dataclasses.dataclass(frozen=True, slots=True)
class SiteDraft:
    """A place that needs particular care."""

    name: str
    kind: str
    area_path: str
    since: dt.date
    address: str = ""
    building_id: int | None = None
    firm: uuid.UUID | None = None
    lon: float | None = None
    lat: float | None = None
    public_id: uuid.UUID = dataclasses.field(default_factory=uuid.uuid4)


@dataclasses.dataclass(frozen=True, slots=True)
class Owned:
    """`person` or `firm` owns a share of a room."""

    room_id: int
    since: dt.date
    person: uuid.UUID | None = None
    firm: uuid.UUID | None = None
    share: float = 1.0


@dataclasses.dataclass(frozen=True, slots=True)
class Let:
    """A room let to `household` or `firm`."""

    room_id: int
    since: dt.date
    household: uuid.UUID | None = None
    firm: uuid.UUID | None = None
    landlord: uuid.UUID | None = None
    purpose: str = Tenancy.Purpose.LIVING.value


@dataclasses.dataclass(frozen=True, slots=True)
class Related:
    """`person` is the `kind` of `other`."""

    person: uuid.UUID
    other: uuid.UUID
    kind: str
    since: dt.date


@transaction.atomic
def load_ties(
    *,
    by: Any,
    owned: Iterable[Owned] = (),
    let: Iterable[Let] = (),
    related: Iterable[Related] = (),
    source: str = Origin.IMPORT.value,
    source_ref: str = "",
) -> dict[str, int]:
    """Write owners, tenancies and relations; how many of each. KeyError for somebody who is not there."""
    titles, tenancies, relations = list(owned), list(let), list(related)
    persons = keys_of(Person, [t.person for t in titles] + [t.landlord for t in tenancies])
    persons |= keys_of(Person, [r.person for r in relations] + [r.other for r in relations])
    firms = keys_of(Firm, [t.firm for t in titles] + [t.firm for t in tenancies])
    households = keys_of(Household, [t.household for t in tenancies])
    origin = (source, source_ref)
    copy_in(
        Title,
        "room_id person_id firm_id share valid_from source source_ref",
        (
            (t.room_id, t.person and persons[t.person], t.firm and firms[t.firm], t.share, t.since, *origin)
            for t in titles
        ),
    )
    copy_in(
        Tenancy,
        "room_id household_id firm_id landlord_id purpose valid_from source source_ref",
        (
            (
                t.room_id,
                t.household and households[t.household],
                t.firm and firms[t.firm],
                t.landlord and persons[t.landlord],
                t.purpose,
                t.since,
                *origin,
            )
            for t in tenancies
        ),
    )
    copy_in(
        Relation,
        "person_id other_id kind valid_from source source_ref",
        ((persons[r.person], persons[r.other], r.kind, r.since, *origin) for r in relations),
    )
    counts = {"titles": len(titles), "tenancies": len(tenancies), "relations": len(relations)}
    audit.record("people.load_ties", by=by, source=source, ref=source_ref, counts=counts)
    return counts


@transaction.atomic
def load_firms(*, by: Any, firms: Iterable[FirmDraft], source: str = Origin.IMPORT.value, source_ref: str = "") -> int:
    """Write firms; how many. Whom to call is sealed under the firm's own key."""
    drafts = list(firms)
    ring = Keyring.new(draft.public_id for draft in drafts)
    copy_in(
        Firm,
        "public_id name kind credit_code trade address room_id building_id area_path lon lat staff contact_name "
        "contact_phone verified_on source source_ref valid_from",
        (
            (
                d.public_id,
                d.name,
                d.kind,
                d.credit_code,
                d.trade,
                d.address,
                d.room_id,
                d.building_id,
                d.area_path,
                d.lon,
                d.lat,
                d.staff,
                ring.seal(d.public_id, "people.firm.contact_name", d.contact_name),
                ring.seal(d.public_id, "people.firm.contact_phone", d.contact_phone),
                d.verified_on,
                source,
                source_ref,
                d.since,
            )
            for d in drafts
        ),
        new_ids(Firm, len(drafts)),
    )
    audit.record("people.load_firms", by=by, firms=len(drafts), source=source, ref=source_ref)
    return len(drafts)


@transaction.atomic
def load_sites(*, by: Any, sites: Iterable[SiteDraft]) -> int:
    """Write places that need particular care; how many."""
    drafts = list(sites)
    firms = keys_of(Firm, [draft.firm for draft in drafts])
    copy_in(
        Site,
        "public_id name kind address building_id firm_id area_path lon lat valid_from",
        (
            (
                d.public_id,
                d.name,
                d.kind,
                d.address,
                d.building_id,
                d.firm and firms[d.firm],
                d.area_path,
                d.lon,
                d.lat,
                d.since,
            )
            for d in drafts
        ),
    )
    audit.record("people.load_sites", by=by, sites=len(drafts))
    return len(drafts)


def keys_of(model: type[Person | Household | Firm], public_ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, int]:
    """Public id → primary key, of those that are there."""
    found: dict[uuid.UUID, int] = {}
    rest = iter({one for one in public_ids if one is not None})
    while part := list(islice(rest, _AT_ONCE)):
        rows = model.objects.unscoped(WHY).filter(public_id__in=part)
        found.update(rows.values_list("public_id", "id"))
    return found
