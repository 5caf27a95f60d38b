"""Reads of the catalogue: matters, guesses from words, clocks, routes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from wangge.foundation.catalogue.models import (
    ClockKind,
    Matter,
    MatterClass,
    RoutingRule,
    Stage,
    StageClock,
    Urgency,
)
from wangge.foundation.catalogue.routes import Reason, Route, RuleSet, about, most_specific_first, route
from wangge.foundation.catalogue.words import KnownWords
from wangge.foundation.core import clock
from wangge.foundation.core.memo import for_seconds
from wangge.foundation.core.problems import NotFoundError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from wangge.foundation.places.models import Area

__all__ = [
    "Clock",
    "Guess",
    "Reason",
    "Route",
    "RuleSet",
    "classes",
    "get_matter",
    "get_rule",
    "guess",
    "ids_of_codes",
    "known_words",
    "matters",
    "matters_by_id",
    "most_specific_first",
    "route",
    "rules",
    "stage_clock",
]


def get_matter(code: str) -> Matter:
    """The matter, whatever its dates; `NotFoundError` when there is none."""
    try:
        return Matter.objects.select_related("matter_class").get(code=code)
    except Matter.DoesNotExist:
        raise NotFoundError(_("There is no such matter.")) from None


def get_rule(pk: int) -> RoutingRule:
    """The routing rule, whatever its dates; `NotFoundError` when there is none."""
    try:
        return RoutingRule.objects.select_related("matter", "matter_class", "area", "unit").get(pk=pk)
    except RoutingRule.DoesNotExist:
        raise NotFoundError(_("There is no such routing rule.")) from None


def classes() -> list[MatterClass]:
    """All classes in code order."""
    return list(MatterClass.objects.all())


def matters(
    *, on: dt.date | None = None, module: str | None = None, text: str = "", matter_class: str | None = None
) -> list[Matter]:
    """Matters admitted on a day (today) in code order; `text` looks into code, names and keywords."""
    found = Matter.objects.as_of(on or clock.today()).select_related("matter_class")
    if module:
        found = found.filter(module=module)
    if matter_class:
        found = found.filter(matter_class__code=matter_class)
    text = text.strip()
    if text:
        spoken = found.alias(words=Cast("keywords", TextField())).filter(words__contains=text).values("pk")
        named = Q(code__startswith=text) | Q(name_zh__contains=text) | Q(name_en__icontains=text)
        found = found.filter(named | Q(pk__in=spoken))
    return list(found)


def rules(*, on: dt.date | None = None, matter: Matter | None = None, area: Area | None = None) -> list[RoutingRule]:
    """Routing rules in force on a day: all, those about one matter, those of one area."""
    found = RoutingRule.objects.as_of(on or clock.today()).select_related("matter", "matter_class", "area", "unit")
    if matter is not None:
        found = found.filter(about(matter))
    if area is not None:
        found = found.filter(area=area)
    return list(found)


@dataclasses.dataclass(frozen=True, slots=True)
class Guess:
    """A matter that a text may mean, with the words that decided. `score` orders guesses and means nothing more."""

    matter: Matter
    score: float
    words: tuple[str, ...]


def guess(text: str, limit: int = 3, *, on: dt.date | None = None) -> list[Guess]:
    """Matters admitted on a day whose names or keywords occur in a text, best first; empty when no word is known."""
    spoken = known_words(on=on).spoken_in(text)
    best = sorted(spoken, key=lambda pk: (-spoken[pk].score, pk))[:limit]
    found = Matter.objects.select_related("matter_class").in_bulk(best)
    return [Guess(found[pk], spoken[pk].score, spoken[pk].words) for pk in best]


def known_words(*, on: dt.date | None = None) -> KnownWords:
    """The words of all matters admitted on a day (today); keys are ids of matters. One query."""
    rows = Matter.objects.as_of(on or clock.today()).values_list("pk", "name_zh", "name_en", "keywords")
    return KnownWords(rows)


def matters_by_id(ids: Iterable[int]) -> dict[int, Matter]:
    """Matters with their classes, by id."""
    return Matter.objects.select_related("matter_class").in_bulk(list(ids))


def ids_of_codes(codes: Iterable[str], *, on: dt.date | None = None) -> dict[str, int]:
    """The ids of those matters that are admitted on a day (today), by code."""
    return dict(Matter.objects.as_of(on or clock.today()).filter(code__in=list(codes)).values_list("code", "pk"))


class Clock(NamedTuple):
    """A time limit in the words of `core.worktime.deadline`: `kind` is working_days, working_hours or urgent_hours."""

    kind: str
    amount: float


def stage_clock(matter: Matter | None, stage: str, *, urgent: bool = False) -> Clock | None:
    """The time limit of a stage for a matter: its own, else the default of its urgency, else the default of all.

    `matter` is None while nobody has said what it is; `urgent` is what the reporter said, and counts like the matter's
    own urgency. None when the stage has no limit.
    """
    urgency = Urgency.URGENT if urgent else (matter.urgency if matter is not None else Urgency.ORDINARY)
    rows = _clocks(stage)
    if matter is not None:
        own = rows.get((matter.pk, ""))
        if own is not None:
            return own
        if stage == Stage.HANDLE:
            return _clock(matter.handling_kind, matter.handling_amount)
    return rows.get((None, urgency)) or rows.get((None, ""))


@for_seconds(5)
def _clocks(stage: str) -> dict[tuple[int | None, str], Clock]:
    found = StageClock.objects.filter(stage=stage)
    return {(row.matter_id, row.urgency): _clock(row.kind, row.amount) for row in found}


def _clock(kind: str, amount: int) -> Clock:
    if kind == ClockKind.URGENT_MINUTES:
        return Clock(ClockKind.URGENT_HOURS.value, amount / 60)
    return Clock(str(kind), float(amount))
