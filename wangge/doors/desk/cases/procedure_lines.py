"""What the case page shows of units and sub-procedures, in words: each unit's own clock, what was asked and decided."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from wangge.domains.cases import procedures
from wangge.domains.cases.deadlines import kind_of
from wangge.domains.cases.models import Assignment, Hang
from wangge.domains.cases.workflow import S, Stage
from wangge.doors.desk.clocks import Chip, running
from wangge.foundation.catalogue.kinds import Level
from wangge.foundation.core.templatetags.wangge_ui import when

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wangge.domains.cases.models import Case, Ruling

_LEFT = {"escalate": "arrow-up", "rule": "scale", "": "arrow-back-up"}


def described_procedures(case: Case, assignments: list[Assignment]) -> dict[str, Any]:
    """The context of `parts/units.html` and `parts/procedures.html`."""
    if case.filed_at is None and not assignments:
        return {"units": [], "procedures": None, "waiting_parts": "", "needs_ruling": False}
    found = procedures.of_case(case)
    held = found.extensions or found.hangs or found.rulings or found.moves
    return {
        "units": [unit_line(assignment, case) for assignment in assignments],
        "procedures": {
            "extensions": found.extensions,
            "hangs": found.hangs,
            "rulings": [{"ruling": r, "url": reverse("desk:precedent", args=[case.number])} for r in found.rulings],
            "moves": [{"move": m, "words": level_words(m.from_level, m.to_level)} for m in found.moves],
        }
        if held
        else None,
        "waiting_parts": waiting_parts(case, assignments),
        "needs_ruling": case.state == S.FILED and procedures.needs_ruling(case),
        "called_names": {unit.pk: unit.name for r in found.rulings for unit in r.units.all()},
    }


def waiting_parts(case: Case, assignments: Iterable[Assignment]) -> str:
    """Names of the co-handlers for whom a verification has to wait; "" when there are none."""
    if case.state != S.HANDLED:
        return ""
    return "、".join(a.unit.name for a in assignments if a.duty == Assignment.Duty.CO and procedures.is_open(a))


def unit_line(assignment: Assignment, case: Case) -> dict[str, Any]:
    """One unit: what it has done, and its own clock while it runs."""
    return {
        "assignment": assignment,
        "status": _status(assignment),
        "why": _why(assignment),
        "clock": _clock(assignment, case),
        "due": assignment.due_at,
        "gone": assignment.returned_at is not None,
    }


def _status(a: Assignment) -> str:
    if a.returned_at is not None:
        words = {
            "escalate": pgettext("unit", "passed up %(at)s"),
            "rule": pgettext("unit", "by ruling another unit's, %(at)s"),
        }.get(a.left_by, _("sent back %(at)s"))
        return words % {"at": when(a.returned_at)}
    if a.waived_at is not None:
        return pgettext("unit", "not waited for, %(at)s") % {"at": when(a.waived_at)}
    if a.verified_at is not None:
        return pgettext("unit", "done and checked, %(at)s") % {"at": when(a.verified_at)}
    if a.done_at is not None:
        return pgettext("unit", "done %(at)s, to be checked") % {"at": when(a.done_at)}
    if a.signed_at is not None and a.signed_by is not None:
        return _("signed by %(who)s, %(at)s") % {"who": a.signed_by.name, "at": when(a.signed_at)}
    return _("sent %(at)s") % {"at": when(a.dispatched_at)}


def _why(a: Assignment) -> str:
    if a.returned_at is not None:
        return " — ".join(part for part in (a.return_reason, a.return_basis) if part)
    return a.waive_reason or a.done_text


def _clock(a: Assignment, case: Case) -> Chip | None:
    """The unit's own clock, while the unit is waited for."""
    if a.due_at is None or a.returned_at is not None or a.waived_at is not None:
        return None
    ended = a.done_at or (case.handled_at if a.duty == Assignment.Duty.MAIN and case.state != S.HANDLING else None)
    if ended is not None and ended >= a.dispatched_at:
        if ended <= a.due_at:
            return Chip("met", pgettext("unit", "In time"), when(ended))
        return Chip("quiet", pgettext("unit", "Late"), when(ended))
    if not case.is_open:
        return None
    if case.state == S.HUNG:
        return Chip("paused", pgettext("unit", "Stands still"), when(a.due_at))
    return running(a.dispatched_at, a.due_at, kind=kind_of(case, Stage.HANDLE))


def level_words(before: int, after: int) -> str:
    """Say Community → Street."""
    names = dict(Level.choices)
    return f"{names.get(before, '')} → {names.get(after, '')}"


def procedure_facts(data: Mapping[str, Any], units: Mapping[int, str]) -> list[dict[str, Any]]:
    """Facts of a row of the timeline about a sub-procedure."""
    facts: list[dict[str, Any]] = []
    if data.get("days"):
        facts.append({"label": _("Working days more"), "value": str(data["days"])})
    if data.get("before") and data.get("after"):
        value = f"{_moment(data['before'])} → {_moment(data['after'])}"
        facts.append({"label": _("Time limit"), "value": value})
    if data.get("why") in Hang.Why.values:
        facts.append({"label": _("Reason"), "value": dict(Hang.Why.choices)[data["why"]]})
    if data.get("review_on"):
        facts.append({"label": _("Looked at again on"), "value": _day(data["review_on"])})
    if data.get("meet_at"):
        facts.append({"label": _("When"), "value": _moment(data["meet_at"])})
    if data.get("called"):
        names = [units.get(pk, _("Unit")) for pk in data["called"]]
        facts.append({"label": _("Units that come"), "value": "、".join(names)})
    if data.get("part"):
        facts.append({"label": _("Co-handling"), "value": units.get(data["part"], _("Unit"))})
    if data.get("passed") is False:
        facts.append({"label": _("Result of the check"), "value": _("To be done again")})
    if data.get("from_level") and data.get("to_level"):
        facts.append({"label": _("Level"), "value": level_words(data["from_level"], data["to_level"])})
    if data.get("decision"):
        facts.append({"label": _("Remark"), "value": data["decision"]})
    return facts


def _day(text: str) -> str:
    try:
        return date_format(dt.date.fromisoformat(text), "SHORT_DATE_FORMAT")
    except (TypeError, ValueError):
        return ""


def _moment(text: str) -> str:
    try:
        return when(dt.datetime.fromisoformat(text))
    except (TypeError, ValueError):
        return ""


def ruling_rows(found: list[procedures.Precedent]) -> list[dict[str, Any]]:
    """Meetings as the list of precedents shows them; the number only where the case may be opened."""
    return [ruling_row(precedent) for precedent in found]


def ruling_row(precedent: procedures.Precedent) -> dict[str, Any]:
    """One meeting: matter, place, who sent it back, what was ruled on which basis."""
    ruling: Ruling = precedent.ruling
    case = ruling.case
    community = case.area.parent if case.area.kind == "grid" and case.area.parent is not None else case.area
    return {
        "ruling": ruling,
        "case": case,
        "number": case.number if precedent.readable else "",
        "case_url": reverse("desk:case", args=[case.number]) if precedent.readable else "",
        "url": reverse("desk:precedent", args=[case.number]),
        # Of a confidential case a called unit that may not open it learns what it is about on the spot only.
        "text": "" if case.confidential and not precedent.readable else case.text,
        "address": "" if case.confidential and not precedent.readable else case.address,
        "matter": case.matter.name if case.matter is not None else _("Matter not yet known"),
        "community": community.name,
        "returned": precedent.returned,
        "units": [unit.name for unit in ruling.units.all()],
    }
