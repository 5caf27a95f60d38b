"""Editing routing rules on the desk."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import Organisation
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.catalogue.actions.versions import keep_version
from wangge.foundation.catalogue.kinds import Duty, Module
from wangge.foundation.catalogue.models import Matter, MatterClass, RoutingRule
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    from wangge.foundation.places.models import Area

kinds.declare("rule.end", "rule.save")


@transaction.atomic
def save_rule(
    *,
    by: Any,
    matter: Matter | None = None,
    matter_class: MatterClass | None = None,
    module: str = "",
    area: Area | None = None,
    unit: Organisation | None = None,
    unit_kind: str = "",
    duty: str = Duty.MAIN,
    note: str = "",
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
    replaces: RoutingRule | None = None,
) -> RoutingRule:
    """Say who answers for one matter, class or module (or everything) in an area (or everywhere), from a day (today).

    `replaces` is ended on that day, in the same transaction. A rule needs the right at its area, one for everywhere the
    right at the district. Raises `NotAllowedError`; `InvalidError` naming the field; `ConflictError` when another rule
    about the same thing in the same area would hold at the same time.
    """
    require_router(by, area)
    day = valid_from or clock.today()
    if sum([matter is not None, matter_class is not None, bool(module)]) > 1:
        raise InvalidError(_("A rule is about one matter, one class or one module."), field="matter")
    if module and module not in Module.values:
        raise InvalidError(_("There is no such module."), field="module")
    if (unit is None) == (not unit_kind):
        raise InvalidError(_("Name a unit or a kind of unit, one of the two."), field="unit")
    if unit_kind and unit_kind not in Organisation.Kind.values:
        raise InvalidError(_("There is no such kind of unit."), field="unit_kind")
    if unit is not None and not unit.handles:
        raise InvalidError(_("This unit cannot be sent cases."), field="unit")
    if duty not in Duty.values:
        raise InvalidError(_("There is no such duty."), field="duty")
    if valid_to is not None and valid_to <= day:
        raise InvalidError(_("The last day comes after the first."), field="valid_to")
    if len(note) > 200:
        raise InvalidError(_("This text is too long."), field="note")
    if replaces is not None:
        _end(by=by, rule=replaces, on=day)
    same = RoutingRule.objects.select_for_update().filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=day),
        matter=matter,
        matter_class=matter_class,
        module=module,
        area=area,
        duty=duty,
    )
    if valid_to is not None:
        same = same.filter(valid_from__lt=valid_to)
    if duty == Duty.CO:
        same = same.filter(unit=unit, unit_kind=unit_kind)
    if same.exists():
        raise ConflictError(_("Another rule says this already for the same time: end it, or replace it."))
    rule = RoutingRule.objects.create(
        matter=matter,
        matter_class=matter_class,
        module=module,
        area=area,
        unit=unit,
        unit_kind=unit_kind,
        duty=duty,
        note=note,
        valid_from=day,
        valid_to=valid_to,
        edited=True,
    )
    record("rule.save", by=by, subject=rule, area=area.pk if area else None, unit=unit.pk if unit else None)
    keep_version(by=by, note=f"rule.save {rule.pk}")
    return rule


@transaction.atomic
def end_rule(*, by: Any, rule: RoutingRule, on: dt.date | None = None) -> None:
    """Let a rule end: it decides nothing from `on` (today). One that has not begun by then is removed.

    Raises `ConflictError` when it has ended before.
    """
    _end(by=by, rule=rule, on=on or clock.today())
    keep_version(by=by, note=f"rule.end {rule.pk}")


def _end(*, by: Any, rule: RoutingRule, on: dt.date) -> None:
    day = on
    rule = RoutingRule.objects.select_for_update(of=("self",)).select_related("area").get(pk=rule.pk)
    require_router(by, rule.area)
    if rule.valid_to is not None and rule.valid_to <= day:
        raise ConflictError(_("This rule has already ended."))
    record("rule.end", by=by, subject=rule, on=day.isoformat())
    if day <= rule.valid_from and rule.edited:
        # It never decided anything; a shipped one is kept, so that the next load does not bring it back.
        rule.delete()
        return
    rule.valid_to = max(day, rule.valid_from + dt.timedelta(days=1))
    rule.edited = True
    rule.save(update_fields=["valid_to", "edited"])


def require_router(by: Any, area: Area | None) -> None:
    """Refuse unless the person may route in an area (None: everywhere). `by` None is the system itself."""
    if by is None:
        return
    authority = authority_of(by)
    if area is not None:
        allowed = authority.may(P.ROUTING_EDIT, area_path=area.path)
    else:
        # Everywhere is the whole district: the right at a root of the tree ("/1/").
        allowed = any(path.count("/") == 2 for path in authority.places(P.ROUTING_EDIT))
    if not allowed:
        raise NotAllowedError
