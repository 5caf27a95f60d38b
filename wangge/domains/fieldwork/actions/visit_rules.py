"""The rules of visits: loaded from the shipped file, edited on the desk as new versions; nothing that held is rewritten."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.fieldwork.models import VisitRule
from wangge.domains.fieldwork.visiting import OF_FIRMS
from wangge.domains.people.circumstances import KINDS
from wangge.domains.people.models import Firm, Site
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.catalogue.models import Matter
from wangge.foundation.catalogue.queries import get_matter
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    import datetime as dt

    from wangge.foundation.places.models import Area

kinds.declare("visit_rule.set", "visit_rule.end", "visit_rule.load")

O = VisitRule.Object  # noqa: E741 — as in `visiting`
_LOADING = 0x76697274  # one load at a time
_TOP = 2  # strokes in the path of a place that has none above it
_CODE = re.compile(r"[a-z][a-z0-9-]{1,23}")
SHIPPED = Path(__file__).resolve().parents[4] / "deploy" / "catalogue" / "visits.yaml"


class VisitRulesError(ValueError):
    """The shipped file holds mistakes; the message names all of them."""


@transaction.atomic
def set_rule(
    *,
    by: Any,
    code: str,
    name_zh: str,
    object: str,  # noqa: A002 — the column's name
    every_days: int,
    matter: Matter,
    name_en: str = "",
    need: str = "",
    firm_kind: str = "",
    area: Area | None = None,
    at: dt.datetime | None = None,
) -> VisitRule:
    """A rule, or a new version of one, from today: for a place, or (see `may_set`) for everywhere.

    The version before holds until yesterday. What no matter of the admission list asks for cannot be asked of the field.
    """
    today = clock.day_of(at or clock.now())
    _require(by, area)
    if not _CODE.fullmatch(code):
        raise InvalidError(_("A code holds small letters, digits and hyphens, at most 24."), field="code")
    if not name_zh.strip():
        raise InvalidError(_("Give the rule a name."), field="name_zh")
    check_object(object, need, firm_kind)
    if not 1 <= every_days <= 732:
        raise InvalidError(_("Between 1 and 732 days."), field="every_days")
    if not _admitted(matter, today):
        raise InvalidError(_("This matter is not on the admission list today."), field="matter")
    _end(code, area, today)
    row = VisitRule.objects.create(
        code=code,
        name_zh=name_zh.strip(),
        name_en=name_en.strip(),
        object=object,
        need=need,
        firm_kind=firm_kind,
        every_days=every_days,
        matter=matter,
        area=area,
        valid_from=today,
        by=by,
    )
    record("visit_rule.set", by=by, subject=row, at=at, code=code, every_days=every_days)
    return row


@transaction.atomic
def end_rule(*, by: Any, rule: VisitRule, at: dt.datetime | None = None) -> None:
    """It asks for no visit any more, from today. What is due by it is dropped by the next planning."""
    today = clock.day_of(at or clock.now())
    row = VisitRule.objects.select_for_update(of=("self",)).select_related("area").get(pk=rule.pk)
    _require(by, row.area)
    if row.valid_to is not None:
        raise ConflictError(_("This rule has already ended."))
    record("visit_rule.end", by=by, subject=row, at=at, code=row.code)
    _end(row.code, row.area, today)


def check_object(what: str, need: str, kind: str) -> None:
    """Refuse an object of a rule or a choice that is not on the list."""
    if what not in O.values:
        raise InvalidError(_("There is no such kind of object."), field="object")
    if (what == O.NEED) != bool(need) or (need and need not in KINDS):
        raise InvalidError(_("Choose which need it is about."), field="need")
    known = {O.FIRM: Firm.Kind.values, O.SITE: Site.Kind.values}.get(O(what), [])
    if kind and kind not in known:
        raise InvalidError(_("There is no such kind."), field="firm_kind")
    if kind and what not in OF_FIRMS:
        raise InvalidError(_("There is no such kind."), field="firm_kind")


@transaction.atomic
def load_visit_rules(path: Path | str = SHIPPED, *, by: Any = None) -> int:
    """Bring the rules for everywhere up to the shipped file; how many versions were written. A second load writes none.

    A code of which somebody has written a version on the desk belongs to the desk. Raises `VisitRulesError` with every
    mistake before anything is written.
    """
    sheet = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOADING])
    shipped, mistakes = [], []
    for raw in sheet["rules"]:
        try:
            shipped.append(_shipped(raw))
        except (InvalidError, KeyError, TypeError, ValueError) as error:
            mistakes.append(f"{raw.get('code', '?')}: {error!r}")
    if len({one["code"] for one in shipped}) != len(shipped):
        mistakes.append("a code stands twice")
    if mistakes:
        raise VisitRulesError("\n".join(mistakes))
    written, today = 0, clock.today()
    for values in shipped:
        held = VisitRule.objects.select_for_update().filter(code=values["code"], area__isnull=True)
        last = held.order_by("-valid_from", "-pk").first()
        if last is None:
            VisitRule.objects.create(**values, valid_from=sheet["from"])
        elif last.by_id is not None or last.valid_to is not None:
            continue
        elif any(getattr(last, name) != value for name, value in values.items()):
            _end(last.code, None, today)
            VisitRule.objects.create(**values, valid_from=today)
        else:
            continue
        written += 1
    if written:
        record("visit_rule.load", by=by, subject_type="visitrule", versions=written)
    return written


def _shipped(raw: dict[str, Any]) -> dict[str, Any]:
    what, need, kind = raw["object"], raw.get("need", ""), raw.get("kind", "")
    check_object(what, need, kind)
    matter = Matter.objects.filter(code=raw["matter"]).first()
    if matter is None:
        raise ValueError(f"no matter {raw['matter']}")
    if not _CODE.fullmatch(raw["code"]) or not 1 <= raw["every_days"] <= 732:
        raise ValueError(raw["code"])
    return {
        "code": raw["code"],
        "name_zh": raw["zh"],
        "name_en": raw["en"],
        "object": what,
        "need": need,
        "firm_kind": kind,
        "every_days": raw["every_days"],
        "matter_id": matter.pk,
    }


def _end(code: str, area: Area | None, today: dt.date) -> None:
    """End what holds now; a version that began today never held for a day and is taken out."""
    held = VisitRule.objects.select_for_update().filter(code=code, area=area, valid_to__isnull=True)
    for row in held:
        if row.valid_from >= today:
            row.delete()
        else:
            row.valid_to = today
            row.save(update_fields=["valid_to"])


def _admitted(matter: Matter, today: dt.date) -> bool:
    held = get_matter(matter.code)
    return held.valid_from <= today and (held.valid_to is None or held.valid_to > today)


def may_set(by: Any, area: Area | None) -> bool:
    """Whether somebody writes rules for a place; for everywhere, whoever plans for the topmost place of all."""
    authority = authority_of(by)
    if area is not None:
        return authority.may(P.VISIT_PLAN, area_path=area.path)
    return any(path.count("/") == _TOP for path in authority.places(P.VISIT_PLAN))


def _require(by: Any, area: Area | None) -> None:
    if not may_set(by, area):
        raise NotAllowedError
