"""Reads of firms, shops and special places."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from wangge.domains.people import masks
from wangge.domains.people.models import Firm, Site
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    import uuid

    from wangge.foundation.places.models import Building, Room

_PLACE = ("room__entrance__building__compound", "building__compound")


@dataclasses.dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call, masked; both "" when nothing is recorded."""

    name: str
    phone: str


def firms(
    user: Any, *, text: str = "", kind: str = "", area_path: str = "", after: int | None = None, limit: int
) -> list[Firm]:
    """Firms in scope that are here now: by part of the name, or the whole credit code; in the order of their entry."""
    found = Firm.objects.visible_to(user, P.FIRM_VIEW).filter(valid_to__isnull=True)
    if text:
        found = found.filter(Q(name__contains=text) | Q(credit_code=text.upper()))
    if kind in Firm.Kind.values:
        found = found.filter(kind=kind)
    if area_path:
        found = found.filter(under("area_path", [area_path]))
    if after is not None:
        found = found.filter(pk__gt=after)
    return list(found.select_related(*_PLACE).order_by("pk")[:limit])


def get_firm(user: Any, public_id: uuid.UUID, permission: P = P.FIRM_VIEW) -> Firm:
    """The firm where the user sees firms, else `NotFoundError`."""
    found: Firm | None = (
        Firm.objects.visible_to(user, permission).select_related(*_PLACE).filter(public_id=public_id).first()
    )
    if found is None:
        raise NotFoundError
    return found


def contact_of(firm: Firm) -> Contact:
    """Whom to call, masked."""
    ring = Keyring.of([firm.public_id])
    name = ring.open(firm.public_id, "people.firm.contact_name", firm.contact_name) or ""
    phone = ring.open(firm.public_id, "people.firm.contact_phone", firm.contact_phone) or ""
    return Contact(masks.name(name), masks.phone(phone))


def firms_in(user: Any, *, room: Room | None = None, building: Building | None = None) -> list[Firm]:
    """The firms in a room, or in a building, that the user may see."""
    found = Firm.objects.visible_to(user, P.FIRM_VIEW).filter(valid_to__isnull=True)
    found = found.filter(room=room) if room is not None else found.filter(building=building)
    return list(found.order_by("pk")[:100])


def sites_at(user: Any, *, building: Building | None = None, firm: Firm | None = None, limit: int = 50) -> list[Site]:
    """The special places of a building or of a firm, in scope."""
    places = authority_of(user).places(P.FIRM_VIEW)
    found = Site.objects.filter(in_force(clock.today())).filter(under("area_path", places))
    found = found.filter(firm=firm) if firm is not None else found.filter(building=building)
    return list(found.order_by("pk")[:limit])
