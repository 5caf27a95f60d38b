"""Where a report is: what was sent, checked and turned into a `Place`. Positions come in any of three datums."""

from typing import Annotated

from django.utils.translation import gettext_lazy as _
from pydantic import Field, StrictStr

from wangge.domains.cases.actions import Place
from wangge.doors.api.shapes import AreaCode, Crs, In, Lat, Lon, Metres, RowId
from wangge.foundation.accounts.models import Organisation
from wangge.foundation.accounts.queries import get_organisation
from wangge.foundation.catalogue.models import Matter
from wangge.foundation.catalogue.queries import get_matter
from wangge.foundation.core.memo import for_seconds
from wangge.foundation.core.problems import InvalidError, NotFoundError
from wangge.foundation.places import crs, queries
from wangge.foundation.places.models import Area

_FRESH = 5.0


class PositionIn(In):
    """A position and the datum in which it is given; kept as given, and as WGS-84."""

    lon: Lon
    lat: Lat
    crs: Crs = "WGS84"
    accuracy_m: Metres | None = None


class PlaceIn(In):
    """Where: a position, an area by its code, or both; a compound narrows it down."""

    position: PositionIn | None = None
    area: AreaCode | None = None
    address: Annotated[StrictStr, Field(max_length=200)] = ""
    compound: RowId | None = None


@for_seconds(_FRESH)
def area_of(code: str) -> Area:
    """The area in force under a code, with those above it. Kept for seconds: areas change by decision, not by the minute."""
    found = queries.area_by_code(code)
    if found is None:
        raise InvalidError(_("There is no such area."), field="area")
    return found


@for_seconds(_FRESH)
def matter_of(code: str) -> Matter:
    """The matter under a code. Kept for seconds."""
    try:
        return get_matter(code)
    except NotFoundError:
        raise InvalidError(_("There is no such matter."), field="matter") from None


def unit_of(pk: int, field: str) -> Organisation:
    """The unit with an id; refused by the name of the field that said it."""
    try:
        return get_organisation(pk)
    except NotFoundError as error:
        raise InvalidError(error.title, field=field) from None


def grid_at(lon: float, lat: float) -> Area | None:
    """The grid that holds a position today."""
    pk = queries.grid_index().grid_at(lon, lat)
    return None if pk is None else _by_pk(pk)


@for_seconds(_FRESH)
def _by_pk(pk: int) -> Area:
    return queries.get_area(pk)


def place_of(given: PlaceIn) -> Place:
    """The place that was meant; `InvalidError` when it is nowhere, or when its parts contradict each other."""
    position = given.position
    lon = lat = None
    if position is not None:
        lon, lat = crs.to_wgs(position.lon, position.lat, position.crs)
    area = area_of(given.area) if given.area else None
    if area is None and lon is not None and lat is not None:
        area = grid_at(lon, lat)
        if area is None:
            raise InvalidError(_("This position lies in no grid of ours."), field="place.position")
    compound = None
    if given.compound is not None:
        try:
            compound = queries.get_compound(given.compound)
        except NotFoundError:
            raise InvalidError(_("There is no such compound."), field="place.compound") from None
        if area is None:
            area = queries.where_compound(compound).area
        elif not (area.path.startswith(compound.community.path) or compound.community.path.startswith(area.path)):
            raise InvalidError(_("This compound does not lie in the area."), field="place.compound")
    if area is None:
        raise InvalidError(_("Please say where it is: a position, an area or a compound."), field="place")
    return Place(
        area=area,
        lon=lon,
        lat=lat,
        accuracy_m=position.accuracy_m if position else None,
        address=given.address.strip(),
        compound=compound,
        crs=position.crs if position else "WGS84",
        raw=(position.lon, position.lat) if position else None,
    )
