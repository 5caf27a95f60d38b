"""Finding people. What is known of them travels in the body, never in an address; what is found is masked."""

import uuid
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field, StrictStr

from wangge.domains.people.actions import searching
from wangge.domains.people.lookup import Home, Resident
from wangge.domains.people.typed import LONGEST
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.shapes import AreaRef, In, Out, PlaceRef

router = Router(tags=["people"])


class FindIn(In):
    """Anything known: a name or a part of it, pinyin, two names of one household, the end of a number, an address."""

    text: Annotated[StrictStr, Field(min_length=1, max_length=LONGEST)]


class FoundPerson(Out):
    """A member of a household, masked; `fits`: he is whom was asked for."""

    id: uuid.UUID
    fits: bool
    role: str
    name: str
    sex: str
    age: int | None
    id_number: str
    phone: str

    @classmethod
    def of(cls, one: Resident) -> "FoundPerson":
        return cls(
            id=one.person.public_id,
            fits=one.fits,
            role=one.role,
            name=one.masked.name,
            sex=one.masked.sex,
            age=one.masked.age,
            id_number=one.masked.id_number,
            phone=one.masked.phone,
        )


class FoundHome(Out):
    """A household with everybody who lives there; `address` is empty where no dwelling is recorded."""

    id: uuid.UUID | None
    address: str
    room: PlaceRef | None
    building: PlaceRef | None
    compound: PlaceRef | None
    grid: AreaRef | None
    members: list[FoundPerson]

    @classmethod
    def of(cls, home: Home) -> "FoundHome":
        where = home.where
        grid = where.grid if where is not None else None
        return cls(
            id=home.household.public_id if home.household is not None else None,
            address=where.address if where is not None else "",
            room=PlaceRef(id=where.room.pk, name=where.room.name) if where is not None else None,
            building=PlaceRef.of(where.building) if where is not None else None,
            compound=PlaceRef.of(where.compound) if where is not None else None,
            grid=AreaRef.of(grid) if grid is not None else None,
            members=[FoundPerson.of(one) for one in home.members],
        )


class FoundHomes(Out):
    """At most twenty households; `more`: add another fact. `similar`: nobody is called exactly so. `unmatched`: parts of
    an address that are not known there. `too_little`: nobody can be found by that.
    """

    homes: list[FoundHome]
    buildings: list[PlaceRef]
    unmatched: list[str]
    more: bool
    similar: bool
    too_little: bool


@router.post("/people/find", **operation("people_find", answers=FoundHomes, also=(413, 415)))
def people_find(request: HttpRequest, body: FindIn) -> HttpResponse:
    """Find people and homes where the caller may look people up; every search is audited, without its words."""
    found = searching.find(by=request.user, text=body.text)
    response = answer(
        FoundHomes(
            homes=[FoundHome.of(home) for home in found.homes],
            buildings=[PlaceRef(id=one.pk, name=str(one)) for one in found.buildings],
            unmatched=list(found.unmatched),
            more=found.more,
            similar=found.similar,
            too_little=found.too_little,
        )
    )
    response["Cache-Control"] = "no-store"
    return response
