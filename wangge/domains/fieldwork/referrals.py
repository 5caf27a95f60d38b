"""Reads of referrals (心理疏导转介). Whom it is about is shown only to whoever has taken it on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from wangge.domains.fieldwork.models import Referral
from wangge.domains.people.homes import address_of
from wangge.foundation.accounts.authority import authority_of, unit_ids
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import unit_of_kind_at
from wangge.foundation.core.problems import NotFoundError

if TYPE_CHECKING:
    import uuid

    from wangge.foundation.accounts.models import Organisation

PAGE = 50
_WHY = "of the reader's own units"
_KINDS = ("health", "social_affairs", "community")  # who counsels, else who knows somebody who does
_ROOM = "household__room__entrance__building__compound"


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One referral as its unit sees it; `address` is "" until the reader himself has taken it on."""

    referral: Referral
    address: str
    mine: bool
    may_give_back: bool


def unit_for(area_path: str) -> Organisation | None:
    """To whom a wish for counselling goes at a place: the health centre, else social affairs, else the community."""
    return next((unit for kind in _KINDS if (unit := unit_of_kind_at(kind, area_path)) is not None), None)


def referrals(user: Any, *, before: int | None = None, limit: int = PAGE) -> list[Line]:
    """The referrals to the reader's units that have not ended, newest first."""
    found = Referral.objects.unscoped(_WHY).filter(unit__in=unit_ids(user, P.CASE_HANDLE))
    found = found.exclude(state=Referral.State.ENDED)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found.select_related("unit", "taken_by", _ROOM).order_by("-pk")[:limit])
    known: dict[int, Any] = {}  # one person, whose authority is read once, for all his rows
    for row in rows:
        if row.taken_by is not None:
            row.taken_by = known.setdefault(row.taken_by.pk, row.taken_by)
    return [_line_of(row, user) for row in rows]


def get_referral(user: Any, public_id: uuid.UUID) -> Referral:
    """A referral to one of the reader's units; `NotFoundError` for any other."""
    found: Referral | None = (
        Referral.objects.unscoped(_WHY)
        .filter(unit__in=unit_ids(user, P.CASE_HANDLE), public_id=public_id)
        .select_related("unit", "taken_by", _ROOM)
        .first()
    )
    if found is None:
        raise NotFoundError
    return found


def _line_of(row: Referral, user: Any) -> Line:
    mine = row.taken_by_id == user.pk
    room = row.household.room
    return Line(row, address_of(room) if mine and room is not None else "", mine, may_give_back(user, row))


def may_give_back(user: Any, row: Referral) -> bool:
    """He took it on himself, or whoever did is of the unit no longer."""
    if row.state != Referral.State.TAKEN or row.taken_by is None:
        return False
    return row.taken_by_id == user.pk or not authority_of(row.taken_by).may(P.CASE_HANDLE, unit_path=row.unit.path)
