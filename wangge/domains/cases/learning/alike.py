"""Cases that may be the same thing as a report or another case, with the score and its reasons."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from wangge.domains.cases.learning import advice
from wangge.domains.cases.learning.duplicates import DAYS, LIKELY, RADII_M, RADIUS_M, Score, Thing, box, score
from wangge.domains.cases.models import Case
from wangge.domains.cases.surroundings import surround, with_matters
from wangge.domains.cases.workflow import S
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wangge.domains.cases.models import CaseQuerySet
    from wangge.foundation.catalogue.models import Matter
    from wangge.foundation.places.models import Area, Building, Compound

_LOOKED_AT = 300  # nearest in time, before scoring
_LEAST = 0.03  # below that it is a case that happens to be near
_MATTER_KNOWN = 0.5  # from this probability on a proposed matter counts as said


@dataclasses.dataclass(frozen=True, slots=True)
class Alike:
    """An open case, how probable it is that it is the same thing, how far away, and why."""

    case: Case
    score: Score

    @property
    def metres(self) -> int | None:
        """The distance in whole metres."""
        return None if self.score.metres is None else round(self.score.metres)

    @property
    def likely(self) -> bool:
        """Whether it is more probable than not."""
        return self.score.probability >= LIKELY


def thing_of(case: Case) -> Thing:
    """A case as the score sees it."""
    return Thing(
        at=case.reported_at,
        text=case.text,
        address=case.address,
        lon=case.lon,
        lat=case.lat,
        matter=case.matter.code if case.matter is not None else "",
        matter_class=case.matter.code[:2] if case.matter is not None else "",
        compound=case.compound_id,
        building=case.building_id,
        is_open=case.is_open,
    )


def thing_said(
    *,
    text: str,
    at: dt.datetime | None = None,
    lon: float | None = None,
    lat: float | None = None,
    address: str = "",
    matter: Matter | None = None,
    compound: Compound | None = None,
    building: Building | None = None,
) -> Thing:
    """What somebody is about to report; the matter is what he chose, else what the text surely means."""
    code = matter.code if matter is not None else ""
    if not code and len(text.strip()) > 1:
        proposed = advice.suggest(text, 1)
        if proposed and (proposed[0].probability or 0.0) >= _MATTER_KNOWN:
            code = proposed[0].matter.code
    return Thing(
        at=at or clock.now(),
        text=text,
        address=address,
        lon=lon,
        lat=lat,
        matter=code,
        matter_class=code[:2],
        compound=compound.pk if compound is not None else None,
        building=building.pk if building is not None else None,
    )


def alike(
    user: Any,
    thing: Thing,
    *,
    area: Area | None = None,
    radius: float = RADIUS_M,
    days: int = DAYS,
    exclude: int | None = None,
    limit: int = 8,
) -> list[Alike]:
    """Open cases that a person may see within `radius` metres and `days`, the most probable first.

    Without a position those of `area` are compared. At most 300 cases are read, by an index of open cases.
    """
    return _ranked(Case.objects.visible_to(user), thing, area, radius, days, exclude, limit)


def alike_for_reporters(thing: Thing, *, radius: float = RADIUS_M, days: int = DAYS, limit: int = 3) -> list[Alike]:
    """As `alike`, for the public page: only cases whose course may be shown, none confidential, only probable ones.

    What others wrote, and where exactly, is not for the page to show: matter, day and distance only.
    """
    cases = Case.objects.unscoped("public matters; the page shows matter, day and distance only")
    public = cases.filter(confidential=False, matter__public=True).exclude(state=S.SETTLED.value)
    found = _ranked(public, thing, None, radius, days, None, limit)
    return [one for one in found if one.likely]


def joinable(number: str, thing: Thing) -> Case | None:
    """An open case of a public matter that a resident may join with what he says; None for any other, or a far one."""
    cases = Case.objects.unscoped("public matters, by number, to join them")
    case = cases.filter(number=number, confidential=False, matter__public=True).still_open().first()
    if case is None or (thing.at - case.reported_at).days > DAYS:
        return None
    away = score(thing, thing_of(case)).metres
    return case if away is not None and away <= RADII_M[-1] else None


def _ranked(
    cases: CaseQuerySet,
    thing: Thing,
    area: Area | None,
    radius: float,
    days: int,
    exclude: int | None,
    limit: int,
) -> list[Alike]:
    found = cases.still_open().filter(reported_at__gte=thing.at - dt.timedelta(days=days))
    if thing.lon is not None and thing.lat is not None:
        (west, east), (south, north) = box(thing.lon, thing.lat, radius)
        found = found.filter(lon__range=(west, east), lat__range=(south, north))
    elif area is not None:
        found = found.filter(under("area_path", [area.path]))
    else:
        return []
    if exclude is not None:
        found = found.exclude(pk=exclude)
    rows = with_matters(list(found.order_by("-reported_at", "-pk")[:_LOOKED_AT]))
    scored = [Alike(case, score(thing, thing_of(case), confused=advice.confused)) for case in rows]
    near = [
        one
        for one in scored
        if (one.score.metres is None or one.score.metres <= radius) and one.score.probability >= _LEAST
    ]
    best = sorted(near, key=lambda one: (-one.score.probability, one.case.pk))[:limit]
    surround([one.case for one in best])
    return best


def may_compare(user: Any) -> bool:
    """Whether the person sees cases of others at all."""
    return authority_of(user).holds(P.CASE_VIEW)


def scores_between(cases: Iterable[Case], target: Case) -> dict[int, Score]:
    """The score of each of some cases with one of them."""
    return {
        case.pk: score(thing_of(case), thing_of(target), confused=advice.confused)
        for case in cases
        if case.pk != target.pk
    }
