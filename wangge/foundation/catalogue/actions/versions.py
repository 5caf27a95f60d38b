"""Every change of the routing rules makes a version, so that an old decision can be explained by the rules of its day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from wangge.foundation.catalogue.models import RoutingRule, RulesVersion
from wangge.foundation.core import clock

if TYPE_CHECKING:
    import datetime as dt


def keep_version(*, by: Any, note: str, at: dt.datetime | None = None) -> RulesVersion:
    """Keep the rules as they stand: those in force, and those that begin later. In the transaction of the change."""
    at = at or clock.now()
    day = clock.day_of(at)
    standing = RoutingRule.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day))
    return RulesVersion.objects.create(
        at=at, by=by if getattr(by, "pk", None) else None, note=note, rules=[as_entry(rule) for rule in standing]
    )


def as_entry(rule: RoutingRule) -> dict[str, Any]:
    """A rule as it is kept in a version or a proposal: ids and codes only."""
    return {
        "id": rule.pk,
        "matter": rule.matter_id,
        "matter_class": rule.matter_class_id,
        "module": rule.module,
        "area": rule.area_id,
        "unit": rule.unit_id,
        "unit_kind": rule.unit_kind,
        "duty": rule.duty,
        "from": rule.valid_from.isoformat() if rule.valid_from else None,
        "to": rule.valid_to.isoformat() if rule.valid_to else None,
    }
