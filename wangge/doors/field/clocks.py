"""The clock of a row on the phone: how long there is still, in words."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from django.utils.translation import pgettext

from wangge.domains.cases import ladder
from wangge.domains.cases.deadlines import running_now
from wangge.domains.cases.workflow import S
from wangge.foundation.core import clock
from wangge.foundation.core.templatetags.wangge_ui import when

if TYPE_CHECKING:
    import datetime as dt

    from wangge.domains.cases.models import Case

_DAY, _HOUR = 86_400, 3600


@dataclasses.dataclass(frozen=True, slots=True)
class Chip:
    """What `components/clock_chip.html` shows."""

    state: str
    text: str
    title: str = ""
    due: dt.datetime | None = None


def chip(case: Case, *, now: dt.datetime | None = None) -> Chip | None:
    """Of the present stage of an open case: amber by the rule that also warns (`ladder.warns`), red when overdue."""
    now = now or clock.now()
    if not case.is_open or case.due_at is None:
        return None
    if case.state == S.NEEDS_INFO:
        return Chip("paused", pgettext("field", "Paused until details come"))
    if case.state == S.HUNG:
        return Chip("paused", pgettext("field", "Hung, the clock stands still"), when(case.due_at))
    kind, begun = running_now(case)
    return due_chip(begun, case.due_at, kind=kind, now=now)


def due_chip(
    begun: dt.datetime, due: dt.datetime | None, *, kind: str = "", now: dt.datetime | None = None
) -> Chip | None:
    """Of anything that has been open since `begun` and is due; None where it is never due."""
    if due is None:
        return None
    now = now or clock.now()
    if now >= due:
        return Chip("red", _words(now - due, over=True), when(due), due)
    state = "amber" if ladder.warns(kind, begun, due, now) else "quiet"
    return Chip(state, _words(due - now, over=False), when(due), due)


def _words(span: dt.timedelta, *, over: bool) -> str:
    seconds = int(span.total_seconds())
    parts = {"d": seconds // _DAY, "h": seconds % _DAY // _HOUR, "m": seconds % _HOUR // 60}
    if parts["d"]:
        return (pgettext("field", "Overdue %(d)d d") if over else pgettext("field", "%(d)d d %(h)d h left")) % parts
    if parts["h"]:
        text = pgettext("field", "Overdue %(h)d h %(m)d min") if over else pgettext("field", "%(h)d h %(m)d min left")
        return text % parts
    return (pgettext("field", "Overdue %(m)d min") if over else pgettext("field", "%(m)d min left")) % parts
