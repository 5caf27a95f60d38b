"""Firms, shops and special places: entered once by their credit code, changed, closed; never deleted."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import access, drafts, tokens
from wangge.domains.people.actions import graph
from wangge.domains.people.models import Firm, Origin, Site
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.places.queries import grid_of_building

if TYPE_CHECKING:
    import datetime as dt
    import uuid

    from wangge.foundation.places.models import Area, Building, Room

kinds.declare("firm.add", "firm.change", "firm.close", "site.add", "site.end")

_SEALED = ("contact_name", "contact_phone")
_LONGEST = {"name": 120, "trade": 60, "address": 200, "contact_name": 50, "contact_phone": 20}
_MOST_STAFF = 1_000_000
WHY = "a credit code is given once, wherever its holder sits"


class KnownFirmError(ConflictError):
    """A firm with this credit code is in the registry. `public_id` names it where the asker may see it."""

    code = "known-firm"
    title = _("A firm with this unified social credit code is registered already.")
    remedy = _("Open the entry that is there and change it.")

    def __init__(self, public_id: uuid.UUID | None) -> None:
        self.public_id = public_id
        super().__init__()


@dataclasses.dataclass(frozen=True, slots=True)
class FirmFacts:
    """A firm as somebody wrote it down."""

    name: str
    kind: str
    credit_code: str = ""
    trade: str = ""
    address: str = ""
    staff: int | None = None
    contact_name: str = ""
    contact_phone: str = ""


@transaction.atomic
def add_firm(
    *,
    by: Any,
    facts: FirmFacts,
    since: dt.date,
    area: Area | None = None,
    building: Building | None = None,
    room: Room | None = None,
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    public_id: uuid.UUID | None = None,
    at: dt.datetime | None = None,
) -> Firm:
    """Enter a firm in a room, a building, or somewhere in an area. The same credit code raises `KnownFirmError`; the
    same public id returns the entry of the first time.
    """
    at = at or clock.now()
    held: Firm | None = None
    if public_id is not None:
        held = Firm.objects.unscoped("the same form, sent twice").filter(public_id=public_id).first()
    if held is not None:
        return held
    path, lon, lat = _where(area, building, room)
    if not authority_of(by).may(P.FIRM_EDIT, area_path=path):
        raise NotAllowedError
    facts = _checked(facts)
    graph.check_day(since, at=at)
    _only_once(by, facts.credit_code)
    firm = Firm(
        **{field: getattr(facts, field) for field in ("name", "kind", "credit_code", "trade", "address", "staff")},
        room=room,
        building=room.entrance.building if room is not None else building,
        area_path=path,
        lon=lon,
        lat=lat,
        valid_from=since,
        verified_on=since,
        source=source,
        source_ref=source_ref,
        **({"public_id": public_id} if public_id is not None else {}),
    )
    _seal(Keyring.new([firm.public_id]), firm, facts)
    firm.save()
    record("firm.add", by=by, subject=firm, at=at, source=source, ref=source_ref)
    return firm


@transaction.atomic
def change_firm(*, by: Any, firm: Firm, facts: FirmFacts, at: dt.datetime | None = None) -> Firm:
    """Write what is so now, and that it was verified today. An empty contact leaves the one that is there."""
    at = at or clock.now()
    locked = _lock(by, firm)
    facts = _checked(facts)
    if facts.credit_code != locked.credit_code:
        _only_once(by, facts.credit_code)
    changed = []
    for field in ("name", "kind", "credit_code", "trade", "address", "staff"):
        if getattr(locked, field) != getattr(facts, field):
            changed.append(field)
            setattr(locked, field, getattr(facts, field))
    changed += _seal(Keyring.of([locked.public_id]), locked, facts)
    locked.verified_on = clock.day_of(at)
    locked.save()
    record("firm.change", by=by, subject=locked, at=at, fields=changed)
    return locked


@transaction.atomic
def close_firm(*, by: Any, firm: Firm, until: dt.date, at: dt.datetime | None = None) -> Firm:
    """The firm is no longer here from `until` on."""
    at = at or clock.now()
    locked = _lock(by, firm)
    graph.check_day(until, at=at, field="until")
    if locked.valid_to is not None:
        return locked
    if until <= locked.valid_from:
        raise graph.TooEarlyError(field="until")
    locked.valid_to = until
    locked.save(update_fields=["valid_to"])
    record("firm.close", by=by, subject=locked, at=at)
    return locked


@transaction.atomic
def add_site(
    *,
    by: Any,
    name: str,
    kind: str,
    since: dt.date,
    address: str = "",
    area: Area | None = None,
    building: Building | None = None,
    firm: Firm | None = None,
    at: dt.datetime | None = None,
) -> Site:
    """A place that needs particular care (重点场所、特殊点位), in a building or somewhere in an area."""
    at = at or clock.now()
    if firm is not None and area is None and building is None:
        path, lon, lat = firm.area_path, firm.lon, firm.lat
    else:
        path, lon, lat = _where(area, building, None)
    if not authority_of(by).may(P.FIRM_EDIT, area_path=path):
        raise NotAllowedError
    graph.check_day(since, at=at)
    if kind not in Site.Kind.values:
        raise InvalidError(_("There is no such kind of place."), field="kind")
    site = Site.objects.create(
        name=_short("name", name, needed=True),
        kind=kind,
        address=_short("address", address),
        area_path=path,
        building=building,
        firm=firm,
        lon=lon,
        lat=lat,
        valid_from=since,
    )
    record("site.add", by=by, subject=site, at=at)
    return site


@transaction.atomic
def end_site(*, by: Any, site: Site, until: dt.date, at: dt.datetime | None = None) -> Site:
    """The place is no longer one from `until` on."""
    at = at or clock.now()
    row = Site.objects.select_for_update(of=("self",)).get(pk=site.pk)
    if not authority_of(by).may(P.FIRM_EDIT, area_path=row.area_path):
        raise NotAllowedError
    graph.check_day(until, at=at, field="until")
    if row.valid_to is None:
        if until <= row.valid_from:
            raise graph.TooEarlyError(field="until")
        row.valid_to = until
        row.save(update_fields=["valid_to"])
        record("site.end", by=by, subject=row, at=at)
    return row


def _lock(by: Any, firm: Firm) -> Firm:
    locked: Firm = (
        Firm.objects.unscoped("its own place is checked on the next line")
        .select_for_update(of=("self",))
        .get(pk=firm.pk)
    )
    if not authority_of(by).may(P.FIRM_EDIT, area_path=locked.area_path):
        raise NotAllowedError
    return locked


def _where(area: Area | None, building: Building | None, room: Room | None) -> tuple[str, float | None, float | None]:
    if room is not None:
        building = room.entrance.building
        return access.room_path(room), building.lon, building.lat
    if building is not None:
        return _path_of(building), building.lon, building.lat
    if area is None:
        raise InvalidError(_("Please say where it is."), field="place")
    return area.path, area.lon, area.lat


def _path_of(building: Building) -> str:
    grid = grid_of_building(building)
    return grid.path if grid is not None else building.community.path


def _checked(facts: FirmFacts) -> FirmFacts:
    if facts.kind not in Firm.Kind.values:
        raise InvalidError(_("There is no such kind of firm."), field="kind")
    if facts.staff is not None and not 0 <= facts.staff <= _MOST_STAFF:
        raise InvalidError(_("Please give the number of people who work there."), field="staff")
    texts: dict[str, Any] = {field: _short(field, getattr(facts, field), needed=field == "name") for field in _LONGEST}
    return dataclasses.replace(
        facts,
        **texts,
        credit_code=drafts.credit_code(facts.credit_code),
    )


def _short(field: str, text: str, *, needed: bool = False) -> str:
    text = " ".join(text.split())
    if needed and not text:
        raise InvalidError(_("Please give the name."), field=field)
    if len(text) > _LONGEST[field]:
        raise InvalidError(_("This is too long."), field=field)
    return text


def _seal(ring: Keyring, firm: Firm, facts: FirmFacts) -> list[str]:
    changed = []
    for field in _SEALED:
        value = getattr(facts, field)
        if value:
            setattr(firm, field, ring.seal(firm.public_id, f"people.firm.{field}", value))
            changed.append(field)
    return changed


def _only_once(by: Any, credit_code: str) -> None:
    if not credit_code:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [tokens.token("credit", credit_code)])
    held = Firm.objects.unscoped(WHY).filter(credit_code=credit_code, valid_to__isnull=True).first()
    if held is not None:
        sees = authority_of(by).may(P.FIRM_VIEW, area_path=held.area_path)
        raise KnownFirmError(held.public_id if sees else None)
