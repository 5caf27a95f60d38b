"""Deadlines in words: the chip of a row, and the whole explanation on the case page.

Rules: amber when 80 % of an hour clock are used, or one working day is left of a day clock; red when overdue. A waiting
for the reporter's details shows as paused.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wangge.domains.cases.workflow import STAGE_OF, S, Stage
from wangge.foundation.catalogue.queries import stage_clock
from wangge.foundation.core import clock
from wangge.foundation.core.templatetags.wangge_ui import when
from wangge.foundation.core.worktime import CLOSE_OF_DAY, working_days_between

if TYPE_CHECKING:
    import datetime as dt

    from wangge.domains.cases.models import Case

_AMBER_SHARE = 0.8
_WORKING_DAYS_LEFT = 1
_DAY = 86_400
_HOUR = 3600

STAGE_NAMES = {
    Stage.ACCEPT: gettext_lazy("Time limit for acceptance"),
    Stage.SUPPLEMENT: gettext_lazy("Time limit for adding details"),
    Stage.SPOT_CHECK: gettext_lazy("Time limit for the spot check"),
    Stage.DISPATCH: gettext_lazy("Time limit for dispatch"),
    Stage.SIGN: gettext_lazy("Time limit for signing"),
    Stage.HANDLE: gettext_lazy("Time limit for handling"),
    Stage.VERIFY: gettext_lazy("Time limit for verification"),
    Stage.EVALUATE: gettext_lazy("Time limit for the judgement"),
    Stage.DECIDE: gettext_lazy("Time limit for the decision"),
}


_TONES = {"amber": "amber", "red": "red", "met": "green", "quiet": "blue"}


@dataclasses.dataclass(frozen=True, slots=True)
class Chip:
    """What `components/clock_chip.html` shows."""

    state: str
    text: str
    title: str = ""
    due: dt.datetime | None = None

    @property
    def tone(self) -> str:
        """The colour of the same clock on a map."""
        return _TONES.get(self.state, "quiet")


def chip(case: Case, *, now: dt.datetime | None = None) -> Chip | None:
    """The chip of a case: of its present stage while it is open, of how it ended afterwards."""
    now = now or clock.now()
    if not case.is_open:
        return _ended(case)
    if case.state == S.NEEDS_INFO:
        until = _("The reporter may answer until %(due)s.") % {"due": when(case.due_at)} if case.due_at else ""
        return Chip("paused", _("Paused: waiting for details"), until)
    return running(_begun(case), case.due_at, stage=STAGE_OF.get(S(case.state)), now=now)


def tone(case: Case, *, now: dt.datetime) -> str:
    """The tone of the chip of a case; without the words while it is open: a map shows four thousand of them."""
    if not case.is_open:
        ended = _ended(case)
        return ended.tone if ended is not None else "quiet"
    if case.state == S.NEEDS_INFO or case.due_at is None:
        return "quiet"
    return _TONES[_state(_begun(case), case.due_at, now)]


def _begun(case: Case) -> dt.datetime:
    return (case.filed_at or case.since) if case.state == S.HANDLING else case.since


def _state(begun: dt.datetime, due: dt.datetime, now: dt.datetime) -> str:
    return "red" if now >= due else "amber" if soon(begun, due, now) else "quiet"


def running(
    begun: dt.datetime, due: dt.datetime | None, *, stage: Stage | None = None, now: dt.datetime | None = None
) -> Chip:
    """The chip of a clock that runs."""
    now = now or clock.now()
    if due is None:
        return Chip("none", _("No time limit"))
    name = str(STAGE_NAMES[stage]) if stage else _("Time limit")
    title = _("%(name)s: %(due)s; began %(begun)s") % {"name": name, "due": when(due), "begun": when(begun)}
    state = _state(begun, due, now)
    words = in_words(now - due, over=True) if state == "red" else in_words(due - now)
    return Chip(state, words, title, due)


def soon(begun: dt.datetime, due: dt.datetime, now: dt.datetime) -> bool:
    """Whether a deadline that has not passed is near."""
    local = due.astimezone(clock.OFFICE)
    by_days = local.time() == CLOSE_OF_DAY and clock.day_of(begun) != local.date()
    if by_days:
        return working_days_between(clock.day_of(now), local.date()) <= _WORKING_DAYS_LEFT
    whole = (due - begun).total_seconds()
    return whole <= 0 or (now - begun).total_seconds() >= _AMBER_SHARE * whole


def in_words(span: dt.timedelta, *, over: bool = False) -> str:
    """Say 3 h 20 min left, or overdue 1 d: the same words as the browser keeps fresh."""
    seconds = int(span.total_seconds())
    parts = {"d": seconds // _DAY, "h": seconds % _DAY // _HOUR, "m": seconds % _HOUR // 60}
    if parts["d"]:
        return (_("Overdue %(d)d d") if over else _("%(d)d d %(h)d h left")) % parts
    if parts["h"]:
        return (_("Overdue %(h)d h %(m)d min") if over else _("%(h)d h %(m)d min left")) % parts
    return (_("Overdue %(m)d min") if over else _("%(m)d min left")) % parts


def _ended(case: Case) -> Chip | None:
    if case.state in {S.CLOSED, S.ARCHIVED} and case.handled_at is not None and case.handle_due_at is not None:
        if case.handled_at <= case.handle_due_at:
            return Chip("met", _("Handled in time"), when(case.handled_at))
        late = in_words(case.handled_at - case.handle_due_at, over=True)
        return Chip("quiet", _("Handled late"), late)
    return None


KINDS = {
    "working_days": gettext_lazy("%(n)s working days"),
    "working_hours": gettext_lazy("%(n)s office hours"),
    "urgent_hours": gettext_lazy("%(n)s hours round the clock"),
    "urgent_minutes": gettext_lazy("%(n)s minutes round the clock"),
}
_CALENDARS = {
    "working_days": gettext_lazy(
        "The day on which it began is not counted; it ends at the close of the last working day. Public holidays and "
        "make-up working days are taken into account."
    ),
    "working_hours": gettext_lazy("Counted in office hours only: 8:30-12:00 and 14:30-18:00 of working days."),
    "urgent_hours": gettext_lazy("Counted round the clock, also at night and on holidays."),
}


def explanation(case: Case) -> list[dict[str, str]]:
    """Why the deadline is what it is: which limit, begun when, which calendar, and whether that is final."""
    stage = STAGE_OF.get(S(case.state))
    if stage is None:
        return []
    rows = []
    limit = stage_clock(case.matter, stage, urgent=case.urgent)
    if limit is not None:
        rows.append({"label": str(STAGE_NAMES[stage]), "value": limit_in_words(limit.kind, limit.amount)})
    begun = (case.filed_at or case.since) if stage is Stage.HANDLE else case.since
    rows.append({"label": _("Began"), "value": when(begun)})
    if case.due_at is not None:
        rows.append({"label": _("Ends"), "value": when(case.due_at)})
    if limit is not None:
        rows.append({"label": _("Calendar"), "value": str(_CALENDARS[limit.kind])})
    if case.handle_due_at is not None and stage is not Stage.HANDLE:
        rows.append({"label": _("Promised end of the handling"), "value": when(case.handle_due_at)})
    if case.due_provisional:
        text = _("Provisional: the holidays of that year have not been announced yet; the date may move.")
        rows.append({"label": _("Note"), "value": text})
    return rows


def limit_in_words(kind: str, amount: float) -> str:
    """Say 15 working days: a time limit of the catalogue."""
    return str(KINDS[kind]) % {"n": _short(amount)}


def _short(amount: float) -> str:
    return str(int(amount)) if amount == int(amount) else f"{amount:g}"
