"""Reads: figures for somebody, a year of one, how places and units compare, and the rows behind each number."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from wangge.domains.cases.models import Case, Hang
from wangge.domains.cases.surroundings import surround
from wangge.domains.stats import bases, registered
from wangge.domains.stats.bases import Scope, Window
from wangge.domains.stats.counting import Tallied, denominator, numerator
from wangge.domains.stats.definitions import Band, Measure
from wangge.domains.stats.hours import quantile, ruler_over
from wangge.domains.stats.indicators import INDICATORS, SMALL, THREE_RATES, Composite, Indicator, Kind
from wangge.domains.stats.periods import Period, months_of
from wangge.domains.stats.rollup import summed
from wangge.domains.stats.wilson import wilson
from wangge.foundation.accounts.authority import authority_of, unit_ids
from wangge.foundation.accounts.models import Organisation
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import handling_units
from wangge.foundation.core import clock, worktime
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under
from wangge.foundation.places import queries as places
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

TEN_THOUSAND = 10_000
_PARTS = ("hit", "miss")


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One indicator's number. `beside` is the figure without which this one must not be shown.

    Of a rate the rows are what was counted, and the denominator the residents of the place.
    """

    indicator: Measure
    rows: int
    hits: int
    score: float
    beside: Figure | None = None
    residents: int | None = None  # of a rate: whose voices these are

    def __post_init__(self) -> None:
        expected = self.indicator.beside
        if (self.beside.indicator.key if self.beside is not None else "") != expected:
            raise ValueError(f"{self.indicator.key} is shown beside {expected or 'nothing'}")

    @property
    def value(self) -> float | None:
        """The share (0 to 1), the mean or the rate; None where there is nothing to divide by."""
        if self.indicator.kind is Kind.RATE:
            return self.rows / self.residents * TEN_THOUSAND if self.residents else None
        return self.score / self.rows if self.rows else None

    @property
    def denominator(self) -> int:
        """What the number is divided by."""
        return self.residents or 0 if self.indicator.kind is Kind.RATE else self.rows

    @property
    def small(self) -> bool:
        """Too few for a ranking, and to be shown with the interval."""
        return self.rows < SMALL

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of a share or a rate; of a rate only where nobody can have spoken twice on the average."""
        if self.indicator.kind is Kind.SHARE:
            return wilson(self.score, self.rows)
        if self.indicator.kind is Kind.MEAN or not self.residents or self.rows > self.residents:
            return None
        low, high = wilson(self.rows, self.residents) or (0.0, 0.0)
        return low * TEN_THOUSAND, high * TEN_THOUSAND

    @property
    def misses(self) -> int:
        """Rows that are no hits."""
        return self.rows - self.hits

    @property
    def band(self) -> Band | None:
        """Where the share of an indicator with a band lies; unknown with too few rows."""
        if self.indicator.band is None:
            return None
        low, high = self.indicator.band
        if self.value is None or self.small:
            return Band.UNKNOWN
        return Band.LOW if self.value < low else Band.HIGH if self.value > high else Band.WITHIN


@dataclasses.dataclass(frozen=True, slots=True)
class Together:
    """The three rates as one sum, with the parts it is made of; no value as long as a part has none."""

    composite: Composite
    parts: tuple[tuple[Figure, float], ...]

    @property
    def value(self) -> float | None:
        """The weighted sum, 0 to 1."""
        values = [(figure.value, weight) for figure, weight in self.parts]
        if any(value is None for value, _weight in values):
            return None
        return sum((value or 0.0) * weight for value, weight in values)

    @property
    def rows(self) -> int:
        """The smallest of the three denominators: the sum is no better founded than its weakest part."""
        return min(figure.rows for figure, _weight in self.parts)

    @property
    def small(self) -> bool:
        """Too few for a ranking."""
        return self.rows < SMALL


@dataclasses.dataclass(frozen=True, slots=True)
class Lateness:
    """How long the handling took and how much too late it was, in working hours, of the cases due in a period.

    The handling is counted from the last dispatch to the result, without the time the case was hung; what is not yet
    handled is late until now and has no duration. No value where nothing was handled.
    """

    due: int
    late: int
    late_hours: float
    handled: int
    median: float | None
    p90: float | None


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked: a place he may see, a period, perhaps one unit and a part of the catalogue."""

    area: Area
    period: Period
    unit: Organisation | None = None
    module: str = ""
    matter_class: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Compared:
    """One place or unit in a comparison."""

    name: str
    pk: int
    figure: Figure


def get_indicator(key: str) -> Indicator:
    """The definition; `NotFoundError` for a key that is none."""
    if key not in INDICATORS:
        raise NotFoundError
    return INDICATORS[key]


def places_for(user: Any) -> list[Area]:
    """The areas whose figures a person may see, from the widest down, in the order of the tree."""
    held = places.areas(under_paths=authority_of(user).places(P.STATS_VIEW))
    return sorted(held, key=lambda area: [int(part) for part in area.path.strip("/").split("/")])


def units_for(user: Any, area: Area) -> list[Organisation]:
    """The units that may be sent the cases of an area that the person was allowed to choose."""
    if not authority_of(user).may(P.STATS_VIEW, area_path=area.path):
        raise NotFoundError
    return handling_units(area.path)


def asked_of(
    user: Any,
    period: Period,
    *,
    area: int | None = None,
    unit: int | None = None,
    module: str = "",
    matter_class: str = "",
) -> Asked:
    """What a person asks, if all of it is his to ask; `NotFoundError` alike for what is foreign and what is not there."""
    authority = authority_of(user)
    if area is None:
        widest = places_for(user)[:1]
        if not widest:
            raise NotFoundError
        chosen = widest[0]
    else:
        chosen = places.get_area(area)
        if not authority.may(P.STATS_VIEW, area_path=chosen.path):
            raise NotFoundError
    one = None
    if unit is not None:
        mine = [each for path in authority.places(P.STATS_VIEW) for each in handling_units(path)]
        one = next((each for each in mine if each.pk == unit), None)
        if one is None:
            raise NotFoundError
    return Asked(chosen, period, one, module, matter_class)


def _scope(user: Any, asked: Asked) -> Scope:
    authority = authority_of(user)
    if not authority.may(P.STATS_VIEW, area_path=asked.area.path):
        raise NotFoundError
    secret = tuple(
        max(path, asked.area.path, key=len)
        for path in authority.places(P.CASE_CONFIDENTIAL)
        if path.startswith(asked.area.path) or asked.area.path.startswith(path)
    )
    return Scope(
        paths=(asked.area.path,),
        secret=None if asked.area.path in secret else secret,
        unit_ids=(asked.unit.pk,) if asked.unit is not None else None,
        module=asked.module,
        matter_class=asked.matter_class,
    )


def _window(period: Period, now: dt.datetime) -> Window:
    return Window(period.since, period.until, now)


def figures(user: Any, asked: Asked, *, keys: Iterable[str] = (), now: dt.datetime | None = None) -> dict[str, Figure]:
    """Every indicator (or those named) for what was asked."""
    now = now or clock.now()
    wanted = _with_companions(keys or INDICATORS)
    scope = _scope(user, asked)
    residents = _residents(wanted, asked, now)
    return _figures(summed(wanted, scope, asked.period, now).get((), {}), wanted, residents)


def _residents(wanted: Iterable[Indicator], asked: Asked, now: dt.datetime) -> int | None:
    """How many lived at the place when the period ended; asked for only where a rate is wanted."""
    if all(one.kind is not Kind.RATE for one in wanted):
        return None
    return registered.residents(asked.area.path, asked.period.last, now)


def _with_companions(keys: Iterable[str]) -> list[Indicator]:
    wanted = dict.fromkeys(keys)
    wanted |= dict.fromkeys(INDICATORS[key].beside for key in tuple(wanted) if INDICATORS[key].beside)
    return [INDICATORS[key] for key in wanted]


def _figures(
    counted: Mapping[str, Tallied], wanted: Iterable[Indicator], residents: int | None = None
) -> dict[str, Figure]:
    made: dict[str, Figure] = {}
    for one in sorted(wanted, key=lambda each: bool(each.beside)):  # companions first
        per = residents if one.kind is Kind.RATE else None
        made[one.key] = Figure(one, *counted.get(one.key, Tallied()), beside=made.get(one.beside), residents=per)
    return made


def three_rates(found: Mapping[str, Figure]) -> Together:
    """The composite, from figures that hold its parts."""
    return Together(THREE_RATES, tuple((found[key], weight) for key, weight in THREE_RATES.parts))


def trend(
    user: Any, asked: Asked, indicator: Indicator, *, months: int = 12, now: dt.datetime | None = None
) -> list[tuple[dt.date, Figure]]:
    """An indicator month by month, up to the month in which the period ends (or the present one), oldest first."""
    now = now or clock.now()
    scope = _scope(user, asked)
    days = months_of(min(asked.period.last, clock.day_of(now)), months)
    wanted = _with_companions([indicator.key])
    period = Period("custom", days[0], Period.of_key(f"{days[-1]:%Y-%m}").last)
    held = summed(wanted, scope, period, now, by=("month",))
    lived = registered.residents_by_month(asked.area.path, days) if indicator.kind is Kind.RATE else {}
    return [(day, _figures(held.get((day,), {}), wanted, lived.get(day))[indicator.key]) for day in days]


def lateness(user: Any, asked: Asked, *, now: dt.datetime | None = None) -> Lateness:
    """超期时长, median and 90th percentile of the handling (numbers 5)."""
    now = now or clock.now()
    scope = _scope(user, asked)
    rows = bases.HANDLING.rows(scope, _window(asked.period, now)).order_by()
    found = list(rows.values_list("pk", "state", "dispatched_at", "handled_at", "handle_due_at"))
    if not found:
        return Lateness(0, 0, 0.0, 0, None, None)
    instants = [value for row in found for value in row[2:] if value is not None] + [now]
    ruler = ruler_over(worktime.in_force(), instants)
    pauses = _hung_spans(scope, asked.period, now)
    late, late_hours, durations = 0, 0.0, []
    for pk, state, dispatched, handled, due in found:
        done = handled if state in bases.HANDLED else None
        end = done or now
        if end > due:
            late += 1
            late_hours += ruler.hours(due, end)
        if done is not None and dispatched is not None:
            hung = sum(ruler.hours(max(begin, dispatched), min(stop, done)) for begin, stop in pauses.get(pk, ()))
            durations.append(ruler.hours(dispatched, done) - hung)
    durations.sort()
    return Lateness(
        due=len(found),
        late=late,
        late_hours=late_hours,
        handled=len(durations),
        median=quantile(durations, 0.5) if durations else None,
        p90=quantile(durations, 0.9) if durations else None,
    )


def _hung_spans(scope: Scope, period: Period, now: dt.datetime) -> dict[int, list[tuple[dt.datetime, dt.datetime]]]:
    due = bases.HANDLING.rows(scope, _window(period, now)).order_by().values("pk")
    spans: dict[int, list[tuple[dt.datetime, dt.datetime]]] = {}
    hung = Hang.objects.filter(case_id__in=due, granted=True).order_by()
    for case_id, begin, stop in hung.values_list("case_id", "decided_at", "ended_at"):
        if begin is not None:
            spans.setdefault(case_id, []).append((begin, stop or now))
    return spans


def compare_places(user: Any, asked: Asked, indicator: Indicator, *, now: dt.datetime | None = None) -> list[Compared]:
    """The areas one rung below the chosen one, in the order of their codes; what lies in none of them is left out."""
    now = now or clock.now()
    children = [area for area in places.areas(under_paths=[asked.area.path]) if area.parent_id == asked.area.pk]
    ever = Area.objects.filter(under("path", [asked.area.path]))  # cases stay in the grids as they were
    paths = dict(ever.order_by().values_list("pk", "path"))
    wanted = _with_companions([indicator.key])
    counted = summed(wanted, _scope(user, asked), asked.period, now, by=("area",))
    rate = indicator.kind is Kind.RATE
    lived = registered.residents_by_place([one.path for one in children], asked.period.last, now) if rate else {}
    found = []
    for child in children:
        sums: dict[str, Tallied] = {}
        for (area_id,), held in counted.items():
            if paths.get(area_id, "").startswith(child.path):
                for key, one in held.items():
                    sums[key] = sums.get(key, Tallied()).plus(one)
        found.append(Compared(child.name, child.pk, _figures(sums, wanted, lived.get(child.path))[indicator.key]))
    return found


def compare_units(user: Any, asked: Asked, indicator: Indicator, *, now: dt.datetime | None = None) -> list[Compared]:
    """The units with anything to compare, in the order of the register. Residents are of a place, not of a unit."""
    if indicator.kind is Kind.RATE:
        return []
    now = now or clock.now()
    wanted = _with_companions([indicator.key])
    counted = summed(wanted, _scope(user, asked), asked.period, now, by=("unit",))
    return [
        Compared(unit.name, unit.pk, _figures(counted[(unit.pk,)], wanted)[indicator.key])
        for unit in handling_units(asked.area.path)
        if indicator.key in counted.get((unit.pk,), {})
    ]


@dataclasses.dataclass(frozen=True, slots=True)
class OfUnit:
    """Several figures of one unit, by key."""

    unit: Organisation
    figures: dict[str, Figure]


def by_unit(user: Any, asked: Asked, keys: Iterable[str], *, now: dt.datetime | None = None) -> list[OfUnit]:
    """Some indicators of each unit that has rows in any of them, in the order of the register: there is no ranking."""
    return _of_units(_scope(user, asked), asked.period, keys, now or clock.now())


def of_own_units(user: Any, period: Period, keys: Iterable[str], *, now: dt.datetime | None = None) -> list[OfUnit]:
    """The same of the units for which a person handles, wherever their cases lie: no figure of any other unit."""
    units = tuple(unit_ids(user, P.CASE_HANDLE))
    if not units:
        return []
    return _of_units(Scope(paths=None, secret=None, unit_ids=units), period, keys, now or clock.now())


def _of_units(scope: Scope, period: Period, keys: Iterable[str], now: dt.datetime) -> list[OfUnit]:
    wanted = _with_companions(keys)
    counted = summed(wanted, scope, period, now, by=("unit",))
    found = Organisation.objects.filter(pk__in=[pk for (pk,) in counted if pk is not None])
    return [OfUnit(unit, _figures(counted[(unit.pk,)], wanted)) for unit in found.order_by("kind", "name_zh", "id")]


def ranked(compared: Iterable[Compared], *, descending: bool = True) -> tuple[list[Compared], list[Compared]]:
    """(those that may be put in order, in order; those with too few rows, as they came).

    Below thirty rows an order would be one of chance.
    """
    several = list(compared)
    enough = [one for one in several if not one.figure.small]
    enough.sort(key=lambda one: one.figure.value or 0.0, reverse=descending)
    return enough, [one for one in several if one.figure.small]


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One row behind a figure: which, its case, and whether it is a hit."""

    pk: int
    case: Case
    hit: bool


def rows_behind(
    user: Any,
    asked: Asked,
    indicator: Indicator,
    *,
    part: str = "",
    before: int | None = None,
    limit: int = 50,
    now: dt.datetime | None = None,
) -> list[Row]:
    """One page of the rows of a figure, newest first: all, or part "hit" or "miss". As many as the figure counts."""
    if part and part not in _PARTS:
        raise NotFoundError
    scope, window = _scope(user, asked), _window(asked.period, now or clock.now())
    rows = denominator(indicator, scope, window)
    hits = numerator(indicator, scope, window)
    if part == "hit":
        rows = hits
    elif part == "miss":
        rows = rows.exclude(pk__in=hits.order_by().values("pk"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows.order_by("-pk").annotate(of_case=indicator.basis.case_id).values_list("pk", "of_case")[:limit])
    good = {pk for pk, _case_id in page} if part == "hit" else set()
    if not part:
        good = set(hits.filter(pk__in=[pk for pk, _case_id in page]).order_by().values_list("pk", flat=True))
    wanted = Case.objects.unscoped("the rows of a figure that was counted in the person's scope")
    cases = {case.pk: case for case in surround(list(wanted.filter(pk__in={case for _pk, case in page}).order_by()))}
    return [Row(pk, cases[case_id], pk in good) for pk, case_id in page]
