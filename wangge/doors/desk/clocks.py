"""Deadlines in words: the chip of a row. The whole explanation on the case page is in `cases/clock_lines.py`.

Amber by the rule that also warns (`ladder.warns`), red when overdue. A waiting for the reporter's details, and a hung
case, show as paused.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wangge.domains.cases import ladder
from wangge.domains.cases.deadlines import running_now
from wangge.domains.cases.workflow import STAGE_OF, S, Stage
from wangge.foundation.core import clock
from wangge.foundation.core.templatetags.wangge_ui import when

if TYPE_CHECKING:
    import datetime as dt

    from wangge.domains.cases.models import Case

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
    if case.state == S.HUNG:
        until = _("Looked at again %(due)s.") % {"due": when(case.due_at)} if case.due_at else ""
        return Chip("paused", _("Paused: hung"), until)
    kind, begun = running_now(case)
    return running(begun, case.due_at, kind=kind, stage=STAGE_OF.get(S(case.state)), now=now)


def tone(case: Case, *, now: dt.datetime) -> str:
    """The tone of the chip of a case; without the words while it is open: a map shows four thousand of them."""
    if not case.is_open:
        ended = _ended(case)
        return ended.tone if ended is not None else "quiet"
    if case.state in {S.NEEDS_INFO, S.HUNG} or case.due_at is None:
        return "quiet"
    kind, begun = running_now(case)
    return _TONES[_state(kind, begun, case.due_at, now)]


def _state(kind: str, begun: dt.datetime, due: dt.datetime, now: dt.datetime) -> str:
    return "red" if now >= due else "amber" if ladder.warns(kind, begun, due, now) else "quiet"


def running(
    begun: dt.datetime,
    due: dt.datetime | None,
    *,
    kind: str = "",
    stage: Stage | None = None,
    now: dt.datetime | None = None,
) -> Chip:
    """The chip of a clock that runs; `kind` is what its limit counts, where that is known."""
    now = now or clock.now()
    if due is None:
        return Chip("none", _("No time limit"))
    name = str(STAGE_NAMES[stage]) if stage else _("Time limit")
    title = _("%(name)s: %(due)s; began %(begun)s") % {"name": name, "due": when(due), "begun": when(begun)}
    state = _state(kind, begun, due, now)
    words = in_words(now - due, over=True) if state == "red" else in_words(due - now)
    return Chip(state, words, title, due)


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


def limit_in_words(kind: str, amount: float) -> str:
    """Say 15 working days: a time limit of the catalogue."""
    return str(KINDS[kind]) % {"n": _short(amount)}


def _short(amount: float) -> str:
    return str(int(amount)) if amount == int(amount) else f"{amount:g}"


def span_in_words(minutes: int, *, office: bool = False) -> str:
    """Say 2 d 3 h, 3 h 20 min or 20 min: a stretch of time; of office time never days, which are no 24 hours there."""
    parts = {"d": minutes // 1440, "h": minutes % 1440 // 60, "m": minutes % 60}
    if parts["d"] and not office:
        return (_("%(d)d d %(h)d h") if parts["h"] else _("%(d)d d")) % parts
    parts["h"] = minutes // 60
    if parts["h"]:
        return (_("%(h)d h %(m)d min") if parts["m"] else _("%(h)d h")) % parts
    return _("%(m)d min") % parts
