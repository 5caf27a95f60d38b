"""Taking in firms and places of a checked batch. The key of a firm is its credit code; without one, name and address.

Whom to call is sealed under the firm's own key. What a later file or a visit since said of a firm stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wangge.domains.people.actions.taking_in import Row, note, ref_of
from wangge.domains.people.exchange import batches
from wangge.domains.people.exchange.issues import Issue
from wangge.domains.people.models import Firm, ImportRow, Origin, Site
from wangge.domains.people.sealing import Keyring

if TYPE_CHECKING:
    from wangge.domains.people.models import ImportBatch

_WHY = "a file is matched against every firm, so that none is entered twice"
_S = ImportRow.State
_PLAIN = {
    "kind": "kind",
    "trade": "trade",
    "address": "address",
    "staff": "staff",
    "room": "room_id",
    "building": "building_id",
}
_SEALED = ("contact_name", "contact_phone")


def firms(batch: ImportBatch, rows: list[ImportRow]) -> None:
    """Take in these rows; call it in a transaction."""
    taken = [
        Row(row, told["d"]) for row, told in zip(rows, batches.opened_rows(batch, rows), strict=True) if "d" in told
    ]
    codes = {one.draft["credit_code"] for one in taken if one.draft["credit_code"]}
    in_force = Firm.objects.unscoped(_WHY).filter(valid_to__isnull=True)
    by_code = {firm.credit_code: firm for firm in in_force.filter(credit_code__in=codes)}
    wanted = {one.draft["name"] for one in taken}
    by_name = {
        (firm.name, firm.address): firm
        for firm in in_force.filter(name__in=wanted, area_path__startswith=batch.area_path)
    }
    there: dict[int, Firm] = {}
    for one in taken:
        draft = one.draft
        firm = by_code.get(draft["credit_code"]) if draft["credit_code"] else None
        firm = firm or by_name.get((draft["name"], draft["address"]))
        if firm is None:
            continue
        if not firm.area_path.startswith(batch.area_path):
            one.issues.append(Issue("credit_code", "firm_elsewhere"))
            continue
        there[one.row.pk] = firm
    ring = Keyring.of(firm.public_id for firm in there.values())
    newer = _spoken_for_since(batch, [firm.pk for firm in there.values()])
    for one in taken:
        if one.row.pk in there:
            _update(one, there[one.row.pk], ring, newer)
    _add(batch, [one for one in taken if one.row.pk not in there and not one.issues])
    note(batch, taken)


def _spoken_for_since(batch: ImportBatch, pks: list[int]) -> set[int]:
    """Firms of which a file for a later day, or a visit since, has spoken."""
    files = ImportRow.objects.filter(
        firm__in=pks, batch__as_of__gt=batch.as_of, state__in=(_S.ADDED, _S.CHANGED, _S.SAME)
    )
    visits = Firm.objects.unscoped(_WHY).filter(pk__in=pks, verified_on__gt=batch.as_of)
    return set(files.values_list("firm_id", flat=True)) | set(visits.values_list("pk", flat=True))


def _update(one: Row, firm: Firm, ring: Keyring, newer: set[int]) -> None:
    one.firm_id = firm.pk
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for key, column in (*_PLAIN.items(), ("credit_code", "credit_code"), ("name", "name")):
        told, now = one.draft[key], getattr(firm, column)
        unsaid = key == "kind" and told == Firm.Kind.OTHER
        if told not in ("", None) and told != now and not unsaid:
            before[column], after[column] = now, told
    for column in _SEALED:
        told = one.draft[column]
        now = ring.open(firm.public_id, f"people.firm.{column}", getattr(firm, column))
        if told and now is not None and told != now:
            before[column], after[column] = now, told
    if not before:
        one.outcome = _S.SAME
        return
    if firm.pk in newer:
        one.outcome = _S.OLDER
        return
    write(firm, after, ring)
    one.before, one.outcome = {"before": before, "after": after}, _S.CHANGED


def write(firm: Firm, values: dict[str, Any], ring: Keyring) -> None:
    """Write some columns of a firm, the contact sealed."""
    for column, value in values.items():
        sealed = column in _SEALED
        setattr(firm, column, ring.seal(firm.public_id, f"people.firm.{column}", value) if sealed else value)
    firm.save(update_fields=list(values))


def _add(batch: ImportBatch, taken: list[Row]) -> None:
    new = [
        Firm(
            name=one.draft["name"],
            kind=one.draft["kind"],
            credit_code=one.draft["credit_code"],
            trade=one.draft["trade"],
            address=one.draft["address"],
            staff=one.draft["staff"],
            room_id=one.draft["room"],
            building_id=one.draft["building"],
            area_path=one.draft["path"] or batch.area_path,
            source=Origin.IMPORT,
            source_ref=ref_of(batch),
            valid_from=batch.as_of,
        )
        for one in taken
    ]
    ring = Keyring.new(firm.public_id for firm in new)
    for one, firm in zip(taken, new, strict=True):
        for column in _SEALED:
            setattr(firm, column, ring.seal(firm.public_id, f"people.firm.{column}", one.draft[column]))
    Firm.objects.bulk_create(new, batch_size=500)
    for one, firm in zip(taken, new, strict=True):
        one.firm_id, one.outcome = firm.pk, _S.ADDED


def sites(batch: ImportBatch, rows: list[ImportRow]) -> None:
    """Take in these places; call it in a transaction."""
    taken = [
        Row(row, told["d"]) for row, told in zip(rows, batches.opened_rows(batch, rows), strict=True) if "d" in told
    ]
    wanted = {one.draft["name"] for one in taken}
    there = {
        (site.name, site.kind): site
        for site in Site.objects.filter(valid_to__isnull=True, name__in=wanted, area_path=batch.area_path)
    }
    new: dict[tuple[str, str], Site] = {}
    for one in taken:
        key = (one.draft["name"], one.draft["kind"])
        site = there.get(key)
        if site is not None:
            one.site_id, one.outcome = site.pk, _S.SAME
        elif key in new:
            one.outcome = _S.SAME
        else:
            new[key] = Site(
                name=one.draft["name"],
                kind=one.draft["kind"],
                address=one.draft["address"],
                area_path=batch.area_path,
                valid_from=batch.as_of,
            )
            one.outcome = _S.ADDED
    Site.objects.bulk_create(new.values(), batch_size=500)
    for one in taken:
        if one.site_id is None:
            one.site_id = new[one.draft["name"], one.draft["kind"]].pk
    note(batch, taken)
