"""Where something is, as a phone says it: a position, or what was picked from the places that it holds."""

from typing import Annotated

from django.utils.translation import gettext_lazy as _
from pydantic import Field, StrictStr

from wangge.domains.cases.actions import Place
from wangge.domains.fieldwork.on_duty import posts_on_duty
from wangge.doors.api.shapes import In, Lat, Lon, Metres, RowId
from wangge.foundation.accounts.models import User
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError, NotFoundError
from wangge.foundation.places import queries as places
from wangge.foundation.places.buildings import get_building
from wangge.foundation.places.models import Area, Building, Compound
from wangge.foundation.places.queries import Where

_CENTRE_IS_WITHIN_M = 200.0


class PlaceSaid(In):
    """A position (WGS-84), a building, a compound or an area by its id; the narrowest counts, an address adds words."""

    lon: Lon | None = None
    lat: Lat | None = None
    accuracy: Metres | None = None
    area: RowId | None = None
    compound: RowId | None = None
    building: RowId | None = None
    address: Annotated[StrictStr, Field(max_length=200)] = ""


def place_said(user: User, said: PlaceSaid) -> Place:
    """The place that was meant; `InvalidError` when it is nowhere."""
    here = places.where(said.lon, said.lat) if said.lon is not None and said.lat is not None else None
    if said.building is not None:
        return _at_building(said, here)
    if said.compound is not None:
        return _at_compound(said, here)
    if said.area is not None:
        area = _in_force(said.area)
        return _at(said, here) if here is not None and here.area.path.startswith(area.path) else _in_area(said, area)
    if here is not None:
        return _at(said, here)
    if said.lon is not None and said.lat is not None:
        raise InvalidError(_("This position lies in no grid of ours."), field="place")
    own = {post.area for post in posts_on_duty(user) if post.area is not None}
    if len(own) == 1:
        return _in_area(said, own.pop())
    raise InvalidError(_("Please say where it is: a position, an area or a compound."), field="place")


def _at(said: PlaceSaid, here: Where) -> Place:
    words = f"{here.address} {said.address}".strip()
    return Place(here.area, said.lon, said.lat, said.accuracy, words, here.compound, here.building)


def _in_area(said: PlaceSaid, area: Area) -> Place:
    return Place(area, address=said.address.strip())


def _at_building(said: PlaceSaid, here: Where | None) -> Place:
    building = _building(said.building)
    grid = places.grid_of_building(building) or places.get_area(building.community_id)
    words = f"{building.compound.name_zh if building.compound else ''}{building.name} {said.address}".strip()
    if here is not None and here.area.parent_id == building.community_id:
        return Place(grid, said.lon, said.lat, said.accuracy, words, building.compound, building)
    return Place(grid, building.lon, building.lat, _CENTRE_IS_WITHIN_M, words, building.compound, building)


def _at_compound(said: PlaceSaid, here: Where | None) -> Place:
    compound = _compound(said.compound)
    words = f"{compound.name_zh} {said.address}".strip()
    if here is not None and here.area.parent_id == compound.community_id:
        return Place(here.area, said.lon, said.lat, said.accuracy, words, compound, here.building)
    area = places.where_compound(compound).area
    return Place(area, compound.lon, compound.lat, _CENTRE_IS_WITHIN_M, words, compound)


def _building(pk: int | None) -> Building:
    try:
        return get_building(pk or 0, under_paths=["/"])
    except NotFoundError:
        raise InvalidError(_("There is no such building."), field="place.building") from None


def _compound(pk: int | None) -> Compound:
    try:
        return places.get_compound(pk or 0)
    except NotFoundError:
        raise InvalidError(_("There is no such compound."), field="place.compound") from None


def _in_force(pk: int) -> Area:
    """The area; a grid that was redrawn while the command waited is the one that most of it became."""
    try:
        area = places.get_area(pk)
    except NotFoundError:
        raise InvalidError(_("There is no such area."), field="place.area") from None
    if area.valid_to is not None and area.valid_to <= clock.today():
        became = max(places.successors(area), key=lambda pair: pair[1], default=None)
        if became is not None:
            return places.get_area(became[0].pk)
    return area
