"""What a room is used for, as it follows from who lives in it, who rents it and which firm sits there. Plain rules."""

from __future__ import annotations

import dataclasses

from wangge.domains.people.models import Stay, Tenancy
from wangge.foundation.places.models import Room

_LIVING = frozenset({Tenancy.Purpose.LIVING.value, Tenancy.Purpose.DORMITORY.value})
_RENTED = frozenset({Stay.Basis.RENT.value, Stay.Basis.DORMITORY.value})
_FOR_BUSINESS = frozenset({Room.Use.BUSINESS.value, Room.Use.MIXED.value})


@dataclasses.dataclass(frozen=True, slots=True)
class Occupied:
    """How a room is occupied: the tenancies in force and the homes of households that live in it.

    A pair is (purpose of the tenancy or basis of the stay, whether several who are no family share it).
    """

    lets: tuple[tuple[str, bool], ...] = ()
    homes: tuple[tuple[str, bool], ...] = ()
    firm: bool = False
    business_ended: bool = False  # it was let for a business once, and no longer is


def use_of(now: str, found: Occupied) -> str:
    """One of `Room.Use`, given what the room is taken for now.

    A shop stays a shop when it stands empty; a dwelling in which business is done is 住改商. A tenancy says more than
    the basis on which a household said to live there. Where nothing is let and nobody lives, it is empty.
    """
    living = [shared or purpose == Tenancy.Purpose.DORMITORY for purpose, shared in found.lets if purpose in _LIVING]
    business = found.firm or any(purpose == Tenancy.Purpose.BUSINESS for purpose, _shared in found.lets)
    if now == Room.Use.BUSINESS and (business or not (living or found.homes)):
        return Room.Use.BUSINESS.value
    if business:
        return Room.Use.MIXED.value
    if now in _FOR_BUSINESS and found.homes and not living and not found.business_ended:
        return now  # as it was seen on the ground
    if living:
        return _let(living)
    if found.lets:
        return Room.Use.LET.value
    rented = [shared or basis == Stay.Basis.DORMITORY for basis, shared in found.homes if basis in _RENTED]
    if rented:
        return _let(rented)
    return Room.Use.OWN.value if found.homes else Room.Use.EMPTY.value


def _let(shared: list[bool]) -> str:
    return Room.Use.SHARED.value if len(shared) > 1 or any(shared) else Room.Use.LET.value
