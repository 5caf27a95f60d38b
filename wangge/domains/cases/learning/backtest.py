"""What a rule would have done: last month's cases, routed by the rules in force and by those with the rule."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from wangge.domains.cases.models import Case
from wangge.domains.cases.surroundings import surround
from wangge.foundation.accounts.models import Organisation
from wangge.foundation.catalogue import proposals
from wangge.foundation.catalogue.models import Matter
from wangge.foundation.core import clock
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    from wangge.domains.cases.models import CaseQuerySet
    from wangge.foundation.catalogue.models import RoutingRule

DAYS = 30
_MOST = 5000  # newest cases that the rule is about
_MOST_CHANGED = 200  # rows that are listed


@dataclasses.dataclass(frozen=True, slots=True)
class Trial:
    """Figures of a back-test. A case is judged where its last unit handled it: that unit is right.

    `changed` are (case, unit before, unit after, unit that handled it or None), by id, newest first, at most 200.
    """

    days: int
    cases: int
    judged: int
    elsewhere: int
    right_before: int
    right_after: int
    changed: list[tuple[int, int | None, int | None, int | None]]

    def as_data(self) -> dict[str, Any]:
        """As it is kept with a proposal."""
        return dataclasses.asdict(self)

    @classmethod
    def of(cls, data: dict[str, Any]) -> Trial:
        """The trial that was kept."""
        return cls(**{**data, "changed": [tuple(row) for row in data["changed"]]})


def try_rule(rule: RoutingRule, *, at: dt.datetime | None = None, days: int = DAYS) -> Trial:
    """Route the cases dispatched in the last `days` that a rule is about, by the present rules and with it.

    Counts cases of everybody and shows none: rows are ids, to be read by whoever may see them. The rule need not be saved.
    """
    at = at or clock.now()
    before, after = proposals.rule_sets(rule, clock.day_of(at))
    cases = Case.objects.unscoped("a back-test counts cases; its rows are ids").filter(
        matter__isnull=False, dispatched_at__gte=at - dt.timedelta(days=days)
    )
    rows = list(_about(cases, rule).order_by("-pk")[:_MOST])
    matters = Matter.objects.in_bulk({case.matter_id for case in rows if case.matter_id is not None})
    judged = elsewhere = right_before = right_after = 0
    changed: list[tuple[int, int | None, int | None, int | None]] = []
    for case in rows:
        matter = matters[case.matter_id or 0]
        was = before.route(matter, case.area_path, case.compound_id).main
        now = after.route(matter, case.area_path, case.compound_id).main
        was_pk, now_pk = was.pk if was is not None else None, now.pk if now is not None else None
        handled = case.unit_id if case.handled_at is not None else None
        if handled is not None:
            judged += 1
            right_before += was_pk == handled
            right_after += now_pk == handled
        if was_pk != now_pk:
            elsewhere += 1
            if len(changed) < _MOST_CHANGED:
                changed.append((case.pk, was_pk, now_pk, handled))
    return Trial(days, len(rows), judged, elsewhere, right_before, right_after, changed)


@dataclasses.dataclass(frozen=True, slots=True)
class ChangedRow:
    """One case that would go elsewhere; `right` says whether the new way is the one that handled it, None if unknown."""

    case: Case
    before: Organisation | None
    after: Organisation | None
    handled: Organisation | None

    @property
    def right(self) -> bool | None:
        """True: the rule would have found the unit that handled it; False: the present rules did; None: neither."""
        if self.handled is None or self.handled not in {self.before, self.after}:
            return None
        return self.handled == self.after


def changed_rows(user: Any, trial: Trial) -> list[ChangedRow]:
    """Those of the changed cases that a person may see, newest first."""
    found = Case.objects.visible_to(user).filter(pk__in=[row[0] for row in trial.changed]).order_by()
    cases = {case.pk: case for case in surround(list(found))}
    units = Organisation.objects.in_bulk({pk for row in trial.changed for pk in row[1:] if pk is not None})
    return [
        ChangedRow(cases[pk], units.get(before or 0), units.get(after or 0), units.get(handled or 0))
        for pk, before, after, handled in trial.changed
        if pk in cases
    ]


def _about(cases: CaseQuerySet, rule: RoutingRule) -> CaseQuerySet:
    if rule.area is not None:
        cases = cases.filter(under("area_path", [rule.area.path]))
    if rule.matter_id is not None:
        return cases.filter(matter=rule.matter)
    if rule.matter_class_id is not None:
        return cases.filter(matter__matter_class=rule.matter_class)
    return cases.filter(matter__module=rule.module) if rule.module else cases
