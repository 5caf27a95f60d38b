"""Reads of campaigns (专项走访) and weather notices: which doors a choice means, how far a campaign has come.

Of a place where the reader may not know what people need, a choice that asks for it is counted in rounded numbers only.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from wangge.domains.fieldwork import visit_facts, visiting
from wangge.domains.fieldwork.models import Campaign, VisitDue, WeatherNotice
from wangge.domains.people.models import Firm, Household
from wangge.domains.people.policy_preview import rounded
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under
from wangge.foundation.places import queries as places
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    import datetime as dt
    import uuid
    from collections.abc import Iterator, Mapping, Sequence

_WHY = "the doors of a choice: its maker sees counts, the workers their own"
_AT_ONCE = 2000
PAGE = 20
STATES = (VisitDue.State.OPEN, VisitDue.State.MADE, VisitDue.State.DECLINED, VisitDue.State.DROPPED)


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One grid of a campaign: counts as they may be shown."""

    area: Area
    counts: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign has come: (open, visited, not wished, no longer due), whole and by grid."""

    chosen: str
    counts: tuple[str, ...]
    lines: tuple[Line, ...]


def doors_of(
    choice: Sequence[Mapping[str, str]], area_path: str, trigger: str, today: dt.date
) -> Iterator[tuple[str, dict[int, visiting.Door]]]:
    """The doors at a place that one of the objects of a choice means, part by part: ("household" or "firm", by key).

    Who declines visits is left out, but in an emergency.
    """
    for whose, rows, read in (
        ("household", Household.objects.unscoped(_WHY).filter(active=True, room__isnull=False), visit_facts.homes),
        ("firm", Firm.objects.unscoped(_WHY).filter(valid_to__isnull=True), visit_facts.firms),
    ):
        if not any((one["object"] in visiting.OF_FIRMS) == (whose == "firm") for one in choice):
            continue
        last = 0
        here = rows.filter(under("area_path", [area_path]))
        while part := list(here.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]):
            last = part[-1]
            yield whose, {pk: door for pk, door in read(part, today).items() if _meant(choice, door, trigger, today)}


def _meant(choice: Sequence[Mapping[str, str]], door: visiting.Door, trigger: str, today: dt.date) -> bool:
    if door.leaving or (door.declines and trigger not in visiting.EMERGENCIES):
        return False
    return any(
        visiting.fits(door, one["object"], need=one.get("need", ""), kind=one.get("kind", ""), today=today)
        for one in choice
    )


def asks_for_needs(choice: Sequence[Mapping[str, str]]) -> bool:
    """Whether whom a choice means says something about people."""
    return any(one["object"] in visiting.CARE for one in choice)


def preview(
    user: Any, choice: Sequence[Mapping[str, str]], area: Area, trigger: str, *, on: dt.date | None = None
) -> tuple[str, tuple[Line, ...]]:
    """How many doors a choice would mean at a place, whole and by grid; "<8" and steps of five where it must be so."""
    counts: Counter[str] = Counter()
    for _whose, doors in doors_of(choice, area.path, trigger, on or clock.today()):
        counts.update(door.area_path for door in doors.values())
    care = asks_for_needs(choice)
    grids = places.areas(Area.Kind.GRID, under_paths=[area.path])
    lines = tuple(
        Line(grid, (shown(user, counts[grid.path], grid.path, care=care),)) for grid in grids if counts[grid.path]
    )
    return shown(user, counts.total(), area.path, care=care), lines


def shown(user: Any, count: int, area_path: str, *, care: bool) -> str:
    """A count as this reader may see it."""
    if not care or authority_of(user).may(P.PERSON_NEED, area_path=area_path):
        return str(count)
    return rounded(count)


def campaigns(user: Any, *, before: int | None = None, limit: int = PAGE) -> list[Campaign]:
    """Campaigns at the reader's places, newest first."""
    found = Campaign.objects.visible_to(user, P.VISIT_VIEW)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.select_related("area", "matter", "made_by").order_by("-pk")[:limit])


def get_campaign(user: Any, public_id: uuid.UUID) -> Campaign:
    """A campaign at the reader's places; `NotFoundError` for any other."""
    found: Campaign | None = (
        Campaign.objects.visible_to(user, P.VISIT_VIEW)
        .select_related("area", "matter", "made_by")
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFoundError
    return found


def progress(user: Any, campaign: Campaign) -> Progress:
    """How far a campaign has come. Counts by grid, never by worker."""
    care = asks_for_needs(campaign.objects_chosen)
    due = VisitDue.objects.unscoped(_WHY).filter(campaign=campaign)
    by_grid: dict[str, Counter[str]] = {}
    for row in due.order_by().values("area_path", "state").annotate(n=Count("pk")):
        by_grid.setdefault(row["area_path"], Counter())[row["state"]] += row["n"]
    whole = sum(by_grid.values(), Counter[str]())
    grids = places.areas(Area.Kind.GRID, under_paths=[campaign.area_path])

    def words(counts: Counter[str], path: str) -> tuple[str, ...]:
        return tuple(shown(user, counts[state], path, care=care) for state in STATES)

    lines = tuple(Line(grid, words(by_grid[grid.path], grid.path)) for grid in grids if grid.path in by_grid)
    chosen = shown(user, campaign.chosen, campaign.area_path, care=care)
    return Progress(chosen, words(whole, campaign.area_path), lines)


def weather(user: Any, *, limit: int = PAGE) -> list[WeatherNotice]:
    """Weather notices at the reader's places and of the places above them, newest first."""
    paths = authority_of(user).places(P.VISIT_VIEW)
    above = {
        "/" + "/".join(path.strip("/").split("/")[: n + 1]) + "/" for path in paths for n in range(path.count("/"))
    }
    found = WeatherNotice.objects.filter(under("area__path", paths) | Q(area__path__in=above))
    return list(found.select_related("area", "by").order_by("-starts_at", "pk")[:limit])


def get_weather(user: Any, pk: int) -> WeatherNotice:
    """A weather notice at a place where the reader plans; `NotFoundError` for any other."""
    paths = authority_of(user).places(P.VISIT_PLAN)
    found = WeatherNotice.objects.filter(under("area__path", paths), pk=pk).select_related("area").first()
    if found is None:
        raise NotFoundError
    return found
