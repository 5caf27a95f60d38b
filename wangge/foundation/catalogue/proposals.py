"""Reads about rules that are proposed, rules of earlier versions, and rule sets that are tried."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import Organisation
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue.models import Duty, Matter, MatterClass, RoutingRule, RuleProposal, RulesVersion
from wangge.foundation.catalogue.routes import RuleSet
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

_POINTS_TO: tuple[tuple[str, Any], ...] = (
    ("matter", Matter),
    ("matter_class", MatterClass),
    ("area", Area),
    ("unit", Organisation),
)


def latest_version() -> int | None:
    """The number of the version by which routes are proposed now; None before the first rule."""
    return RulesVersion.objects.order_by("-pk").values_list("pk", flat=True).first()


def versions(limit: int = 20, *, before: int | None = None) -> list[RulesVersion]:
    """The versions, newest first, without the rules themselves."""
    found = RulesVersion.objects.defer("rules").select_related("by").order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found[:limit])


def get_version(pk: int) -> RulesVersion:
    """One version with its rules."""
    found = RulesVersion.objects.select_related("by").filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """What a version changed against the one before: rules that were new in it, and rules that were gone."""

    added: list[RoutingRule]
    removed: list[RoutingRule]


def change_of(version: RulesVersion) -> Change:
    """How a version differs from the one before it."""
    earlier = RulesVersion.objects.filter(pk__lt=version.pk).order_by("-pk").first()
    before = {entry["id"]: entry for entry in (earlier.rules if earlier is not None else [])}
    now = {entry["id"]: entry for entry in version.rules}
    return Change(
        added=rules_of([entry for pk, entry in now.items() if pk not in before]),
        removed=rules_of([entry for pk, entry in before.items() if pk not in now]),
    )


def rule_in_version(version: int, rule: int) -> RoutingRule | None:
    """A rule as it stood in a version, though it may have ended or been removed since; None when it was not in it."""
    found = RulesVersion.objects.filter(pk=version).first()
    entry = next((entry for entry in (found.rules if found is not None else []) if entry["id"] == rule), None)
    return rules_of([entry])[0] if entry is not None else None


def rules_of(entries: Sequence[Mapping[str, Any]]) -> list[RoutingRule]:
    """Entries of a version or a proposal as rules that are not saved, with what they point to; four queries at most."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        for name, _model in _POINTS_TO:
            if entry.get(name):
                wanted[name].add(entry[name])
    held = {name: model.objects.in_bulk(wanted[name]) if wanted[name] else {} for name, model in _POINTS_TO}
    made = []
    for entry in entries:
        rule = RoutingRule(
            pk=entry.get("id"),
            module=entry.get("module") or "",
            unit_kind=entry.get("unit_kind") or "",
            duty=entry.get("duty") or Duty.MAIN.value,
            valid_from=clock.today(),
        )
        for name, _model in _POINTS_TO:
            if entry.get(name):
                setattr(rule, name, held[name].get(entry[name]))
        made.append(rule)
    return made


def proposals(
    user: Any, *, state: str = RuleProposal.State.PROPOSED, before: int | None = None, limit: int = 20
) -> list[tuple[RuleProposal, RoutingRule]]:
    """Proposed rules for places where a person may route, newest first, each with the rule it would make."""
    found = RuleProposal.objects.filter(state=state).select_related("proposed_by", "decided_by").order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found[: limit * 5])
    pairs = list(zip(rows, rules_of([row.rule for row in rows]), strict=True))
    return [(row, rule) for row, rule in pairs if may_route(user, rule.area)][:limit]


def get_proposal(user: Any, pk: int) -> tuple[RuleProposal, RoutingRule]:
    """One proposal for a place where the person may route; `NotFoundError` for any other."""
    row = RuleProposal.objects.select_related("proposed_by", "decided_by").filter(pk=pk).first()
    if row is not None:
        rule = rules_of([row.rule])[0]
        if may_route(user, rule.area):
            return row, rule
    raise NotFoundError


def may_route(user: Any, area: Area | None) -> bool:
    """Whether a person may change the rules of an area; None is everywhere, which needs the right at the district."""
    authority = authority_of(user)
    if area is not None:
        return authority.may(P.ROUTING_EDIT, area_path=area.path)
    return any(path.count("/") == 2 for path in authority.places(P.ROUTING_EDIT))


def same_subject(rule: RoutingRule, on: dt.date) -> RoutingRule | None:
    """The rule in force about the same thing in the same area that a main rule would replace; None where there is none."""
    if rule.duty != Duty.MAIN:
        return None
    found = RoutingRule.objects.as_of(on).select_related("matter", "matter_class", "area", "unit")
    return found.filter(
        matter=rule.matter,
        matter_class=rule.matter_class,
        module=rule.module,
        area=rule.area,
        duty=Duty.MAIN,
    ).first()


def rule_sets(rule: RoutingRule, on: dt.date) -> tuple[RuleSet, RuleSet]:
    """The rules in force, and those rules with one more (which replaces the one about the same thing)."""
    standing = list(RoutingRule.objects.as_of(on).select_related("matter", "matter_class", "area", "unit"))
    replaced = same_subject(rule, on)
    return RuleSet(standing, day=on), RuleSet([*_without(standing, replaced), rule], day=on)


def _without(rules: Iterable[RoutingRule], replaced: RoutingRule | None) -> list[RoutingRule]:
    return [rule for rule in rules if replaced is None or rule.pk != replaced.pk]
