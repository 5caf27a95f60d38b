"""Where a matter goes at a place, and why; by the rules in force, or by a set of rules that is only being tried."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.models import Organisation, Responsibility
from wangge.foundation.catalogue.models import Duty, Matter, RoutingRule
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet
    from django.utils.functional import _StrPromise

    from wangge.foundation.places.models import Area, Compound

_EVERYWHERE = _("everywhere")


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
        .filter(about(matter), Q(area__isnull=True) | Q(area__path__in=prefixes))
        .select_related("matter", "matter_class", "area", "unit")
    )
    kinds = {rule.unit_kind for rule in applicable if rule.unit_kind}
    own: list[Organisation] = []
    held: list[Responsibility] = []
    if kinds:
        own = list(_own_units(day).filter(Q(area__isnull=True) | Q(area__path__in=prefixes), kind__in=kinds))
        places = Q(area__path__in=prefixes)
        if compound is not None:
            places |= Q(compound=compound)
        held = list(_responsibilities(day).filter(places, organisation__kind__in=kinds))
    return _decide(applicable, _Nearest(own, held, prefixes, day))


class RuleSet:
    """Some rules, and all units of a day, read once: routes thousands of cases without a query."""

    def __init__(self, rules: Iterable[RoutingRule], *, day: dt.date) -> None:
        """`rules` carry their matter, class, area and unit; they need not be saved."""
        self._rules = list(rules)
        self._day = day
        self._own = list(_own_units(day))
        self._held = list(_responsibilities(day))
        self._known: dict[tuple[int, str, int | None], Route] = {}

    def route(self, matter: Matter, area_path: str, compound_id: int | None) -> Route:
        """As `route`, by these rules."""
        key = (matter.pk, area_path, compound_id)
        if key not in self._known:
            prefixes = _prefixes(area_path)
            applicable = [
                rule
                for rule in self._rules
                if _is_about(rule, matter) and (rule.area is None or rule.area.path in prefixes)
            ]
            own = [unit for unit in self._own if unit.area is None or unit.area.path in prefixes]
            held = [
                answer
                for answer in self._held
                if (answer.area is not None and answer.area.path in prefixes)
                or (compound_id is not None and answer.compound_id == compound_id)
            ]
            self._known[key] = _decide(applicable, _Nearest(own, held, prefixes, self._day))
        return self._known[key]


def most_specific_first(rules_: Iterable[RoutingRule]) -> list[RoutingRule]:
    """Rules in the order in which they decide; among equals the newest first."""
    return sorted(rules_, key=lambda r: (r.specificity, r.valid_from, r.pk or 0), reverse=True)


def about(matter: Matter) -> Q:
    """Rules that say something about a matter: its own, those of its class or module, those about everything."""
    everything = Q(matter__isnull=True, matter_class__isnull=True, module="")
    return everything | Q(matter=matter) | Q(matter_class_id=matter.matter_class_id) | Q(module=matter.module)


def _is_about(rule: RoutingRule, matter: Matter) -> bool:
    if rule.matter_id is not None:
        return rule.matter_id == matter.pk
    if rule.matter_class_id is not None:
        return rule.matter_class_id == matter.matter_class_id
    return rule.module in {"", matter.module}


def _decide(applicable: Sequence[RoutingRule], nearest: _Nearest) -> Route:
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


def _own_units(day: dt.date) -> QuerySet[Organisation]:
    """Units that take cases. A company that answers for named compounds answers for those alone, wherever its seat is."""
    return (
        Organisation.objects.as_of(day)
        .filter(handles=True)
        .exclude(pk__in=Responsibility.objects.as_of(day).filter(compound__isnull=False).values("organisation_id"))
        .select_related("area")
    )


def _responsibilities(day: dt.date) -> QuerySet[Responsibility]:
    return (
        Responsibility.objects.as_of(day)
        .filter(in_force(day, "organisation__"), organisation__handles=True)
        .select_related("organisation__area", "area")
    )


class _Nearest:
    """Finds the handling unit of a kind that is nearest to a place among those that answer for it."""

    def __init__(
        self, own: Iterable[Organisation], held: Iterable[Responsibility], prefixes: list[str], day: dt.date
    ) -> None:
        self._day = day
        self._by_kind: dict[str, list[tuple[int, Organisation]]] = {}
        for unit in own:
            self._by_kind.setdefault(unit.kind, []).append((len(unit.area.path) if unit.area else 0, unit))
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


def _prefixes(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: i + 1]) + "/" for i in range(len(parts))]
