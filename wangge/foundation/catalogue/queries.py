"""Reads of the catalogue: matters, guesses from words, clocks, routes."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.models import Organisation, Responsibility
from wangge.foundation.catalogue.models import (
    ClockKind,
    Duty,
    Matter,
    MatterClass,
    RoutingRule,
    Stage,
    StageClock,
    Urgency,
)
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.memo import for_seconds
from wangge.foundation.core.problems import NotFoundError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from django.utils.functional import _StrPromise

    from wangge.foundation.places.models import Area, Compound

_EVERYWHERE = _("everywhere")
_ENGLISH_WORD = re.compile(r"[a-z][a-z-]{3,}")


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
        found = found.filter(_about(matter))
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
    """Matters admitted on a day whose names or keywords occur in a text, best first; empty when no word is known.

    Every word found counts the square of its length, shared among the matters that carry it; a word inside a longer
    word found for the same matter does not count again.
    """
    lowered = text.casefold()
    carried: dict[int, frozenset[str]] = {}
    rows = Matter.objects.as_of(on or clock.today()).values_list("pk", "name_zh", "name_en", "keywords")
    english = set(_ENGLISH_WORD.findall(lowered))
    for pk, name_zh, name_en, keywords in rows:
        words = {word for word in (name_zh, *keywords) if word.casefold() in lowered}
        words |= english.intersection(_ENGLISH_WORD.findall(name_en.casefold()))
        if words:
            carried[pk] = frozenset(words)
    carriers = Counter(word for hits in carried.values() for word in hits)
    ranked = []
    for pk, hits in carried.items():
        longest = sorted(
            (word for word in hits if not any(word != other and word in other for other in hits)),
            key=lambda word: (-len(word), word),
        )
        score = sum(len(word) ** 2 / carriers[word] for word in longest)
        ranked.append((-score, pk, tuple(longest)))
    ranked.sort()
    best = ranked[:limit]
    found = Matter.objects.select_related("matter_class").in_bulk([pk for _score, pk, _words in best])
    return [Guess(found[pk], -score, words) for score, pk, words in best]


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


@dataclasses.dataclass(frozen=True, slots=True)
class Reason:
    """One sentence of the explanation of a route, put together when it is read, in the reader's language."""

    text: _StrPromise
    rule: RoutingRule
    unit: Organisation | None = None

    def __str__(self) -> str:
        """The sentence, in the active language."""
        area = self.rule.area.name if self.rule.area is not None else str(_EVERYWHERE)
        unit = self.unit.name if self.unit is not None else ""
        return str(self.text) % {
            "subject": self.rule.subject,
            "area": area,
            "target": self.rule.target,
            "unit": unit,
        }


@dataclasses.dataclass(frozen=True, slots=True)
class Route:
    """To whom a matter goes at a place, and why.

    `main` is None when no rule finds a unit, or when the deciding rule finds several equally near ones, which are then
    in `candidates` for a person to choose from.
    """

    main: Organisation | None
    co: list[Organisation]
    why: list[Reason]
    candidates: list[Organisation] = dataclasses.field(default_factory=list)
    rule: RoutingRule | None = None


def route(matter: Matter, area: Area, on: dt.date | None = None, *, compound: Compound | None = None) -> Route:
    """The responsible unit and co-handlers for a matter at a place on a day (today). Three queries at most.

    The most specific rule wins: matter › class › module › everything, then the nearest area. A kind of unit is looked
    for at the compound (who answers for it), then at the area and each area above. A rule whose unit does not exist
    there is passed over for the next one.
    """
    day = on or clock.today()
    prefixes = _prefixes(area.path)
    applicable = list(
        RoutingRule.objects.as_of(day)
        .filter(_about(matter), Q(area__isnull=True) | Q(area__path__in=prefixes))
        .select_related("matter", "matter_class", "area", "unit")
    )
    nearest = _Nearest(applicable, prefixes, day, compound)
    why: list[Reason] = []
    main: Organisation | None = None
    candidates: list[Organisation] = []
    decided: RoutingRule | None = None
    for rule in most_specific_first(rule for rule in applicable if rule.duty == Duty.MAIN):
        units = nearest.units(rule)
        if not units:
            why.append(Reason(_("%(subject)s, %(area)s: no %(target)s answers for this place."), rule))
            continue
        decided = rule
        if len(units) == 1:
            main = units[0]
            why.append(Reason(_("%(subject)s, %(area)s: responsible is %(unit)s."), rule, main))
        else:
            candidates = units
            why.append(Reason(_("%(subject)s, %(area)s: several units of the kind %(target)s; choose one."), rule))
        break
    co = _co_handlers(applicable, nearest, main, why)
    return Route(main=main, co=co, why=why, candidates=candidates, rule=decided)


def most_specific_first(rules_: Iterable[RoutingRule]) -> list[RoutingRule]:
    """Rules in the order in which they decide; among equals the newest first."""
    return sorted(rules_, key=lambda r: (r.specificity, r.valid_from, r.pk or 0), reverse=True)


def _co_handlers(
    applicable: Sequence[RoutingRule], nearest: _Nearest, main: Organisation | None, why: list[Reason]
) -> list[Organisation]:
    ordered = most_specific_first(rule for rule in applicable if rule.duty == Duty.CO)
    # Co-handlers are named beside a responsible unit: what was said about a whole class does not hold for a matter
    # that has a rule of its own.
    floor = max((rule.specificity[0] for rule in applicable if rule.duty == Duty.MAIN), default=0)
    deciding = [r for r in ordered if r.specificity == ordered[0].specificity and r.specificity[0] >= floor]
    co: list[Organisation] = []
    for rule in sorted(deciding, key=lambda r: r.pk or 0):
        units = nearest.units(rule)
        if len(units) != 1:
            text = (
                _("%(subject)s, %(area)s: no %(target)s answers for this place.")
                if not units
                else _("%(subject)s, %(area)s: several units of the kind %(target)s; choose one.")
            )
            why.append(Reason(text, rule))
        elif units[0] != main and units[0] not in co:
            co.append(units[0])
            why.append(Reason(_("%(subject)s, %(area)s: co-handling is %(unit)s."), rule, units[0]))
    return co


class _Nearest:
    """Finds the handling unit of a kind nearest to a place, for all kinds that some rules name, in two queries."""

    def __init__(
        self, rules_: Sequence[RoutingRule], prefixes: list[str], day: dt.date, compound: Compound | None
    ) -> None:
        self._day = day
        self._by_kind: dict[str, list[tuple[int, Organisation]]] = {}
        kinds = {rule.unit_kind for rule in rules_ if rule.unit_kind}
        if not kinds:
            return
        # A company that answers for named compounds answers for those alone, wherever it has its seat.
        own = (
            Organisation.objects.as_of(day)
            .filter(Q(area__isnull=True) | Q(area__path__in=prefixes), kind__in=kinds, handles=True)
            .exclude(pk__in=Responsibility.objects.as_of(day).filter(compound__isnull=False).values("organisation_id"))
        )
        for unit in own.select_related("area"):
            self._by_kind.setdefault(unit.kind, []).append((len(unit.area.path) if unit.area else 0, unit))
        places = Q(area__path__in=prefixes)
        if compound is not None:
            places |= Q(compound=compound)
        held = (
            Responsibility.objects.as_of(day)
            .filter(places, in_force(day, "organisation__"))
            .filter(organisation__kind__in=kinds, organisation__handles=True)
            .select_related("organisation__area", "area")
        )
        for answer in held:
            # A compound is nearer than any area that holds it.
            depth = len(answer.area.path) if answer.area is not None else len(prefixes[-1]) + 1
            self._by_kind.setdefault(answer.organisation.kind, []).append((depth, answer.organisation))

    def units(self, rule: RoutingRule) -> list[Organisation]:
        """The unit of a rule if it can be sent a case on the day; several when they are equally near."""
        if rule.unit is not None:
            unit = rule.unit
            alive = (
                unit.handles and unit.valid_from <= self._day and (unit.valid_to is None or self._day < unit.valid_to)
            )
            return [unit] if alive else []
        found = self._by_kind.get(rule.unit_kind, [])
        deepest = max((depth for depth, _unit in found), default=0)
        near = {unit.pk: unit for depth, unit in found if depth == deepest}
        return [near[pk] for pk in sorted(near)]


def _about(matter: Matter) -> Q:
    everything = Q(matter__isnull=True, matter_class__isnull=True, module="")
    return everything | Q(matter=matter) | Q(matter_class_id=matter.matter_class_id) | Q(module=matter.module)


def _prefixes(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: i + 1]) + "/" for i in range(len(parts))]
