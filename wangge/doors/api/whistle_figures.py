"""Whistles of a quarter: how often was whistled, and how the called units answered. The numbers are those of `/stats`."""

import datetime as dt
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field

from wangge.domains.stats import queries as stats
from wangge.domains.stats.definitions import Band
from wangge.domains.stats.periods import Period
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.ground import area_of
from wangge.doors.api.shapes import AreaCode, AreaRef, Out, UnitRef

router = Router(tags=["whistles"])

_OF_WHISTLES = ("whistle_confirmed", "whistle_concluded", "whistle_share")
_OF_UNITS = ("whistle_came", "whistle_came_in_time", "whistle_presence", "whistle_duty", "whistle_result")


class UnitFiguresRow(Out):
    """How one unit answered its calls that were due in a quarter; marks are means of 1 to 3, null where nothing was
    rated.
    """

    unit: UnitRef
    called: int
    arrived: int
    in_time: int
    rated: int
    presence: float | None
    duty: float | None
    result: float | None

    @classmethod
    def of(cls, row: stats.OfUnit) -> "UnitFiguresRow":
        came, in_time, presence, duty, result = (row.figures[key] for key in _OF_UNITS)
        return cls(
            unit=UnitRef(id=row.unit.pk, name=row.unit.name),
            called=came.rows,
            arrived=came.hits,
            in_time=in_time.hits,
            rated=presence.rows,
            presence=presence.value,
            duty=duty.value,
            result=result.value,
        )


class PlaceFigures(Out):
    """Whistles of a quarter at one place: the indicators of `/stats`. `cases`: filed cases at street level or above, of
    which `whistled` were whistled; their share lies in a `band` that is watched at both ends and is no target.
    """

    area: AreaRef
    blown: int
    confirmed: int
    met: int = Field(description="Whistles whose meeting was due.")
    concluded: int = Field(description="Of those that met.")
    whistled: int
    cases: int
    band: Literal["unknown", "low", "within", "high"]
    units: list[UnitFiguresRow]


class FiguresRow(Out):
    """Whistles of a quarter. `place` is null for whoever sees no figures of a place; `own`: one's own units, wherever
    they were called.
    """

    first: dt.date
    last: dt.date
    place: PlaceFigures | None
    own: list[UnitFiguresRow]


@router.get("/whistle-figures", **operation("whistle_figures", answers=FiguresRow))
def whistle_figures(
    request: HttpRequest,
    year: Annotated[int, Query(ge=2000, le=2099)],
    quarter: Annotated[int, Query(ge=1, le=4)],
    area: AreaCode | None = None,
) -> HttpResponse:
    """A quarter at a place whose figures one sees (the widest), and how one's own units answered. Nobody is ranked."""
    period = Period.of_key(f"{year}-Q{quarter}")
    place = None
    if area or stats.places_for(request.user):
        chosen = area_of(area).pk if area else None
        place = _figures_at(request.user, stats.asked_of(request.user, period, area=chosen))
    own = [UnitFiguresRow.of(row) for row in stats.of_own_units(request.user, period, _OF_UNITS)]
    return answer(FiguresRow(first=period.first, last=period.last, place=place, own=own))


def _figures_at(user: object, asked: stats.Asked) -> PlaceFigures:
    found = stats.figures(user, asked, keys=_OF_WHISTLES)
    confirmed, concluded, share = (found[key] for key in _OF_WHISTLES)
    return PlaceFigures(
        area=AreaRef.of(asked.area),
        blown=confirmed.rows,
        confirmed=confirmed.hits,
        met=concluded.rows,
        concluded=concluded.hits,
        whistled=share.hits,
        cases=share.rows,
        band=(share.band or Band.UNKNOWN).value,
        units=[UnitFiguresRow.of(row) for row in stats.by_unit(user, asked, _OF_UNITS)],
    )
