"""The clock of a row on the phone: how long there is still, in words."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from django.utils.translation import pgettext

from wangge.domains.cases.workflow import S
from wangge.foundation.core import clock
from wangge.foundation.core.templatetags.wangge_ui import when
from wangge.foundation.core.worktime import CLOSE_OF_DAY, working_days_between

if TYPE_CHECKING:
    import datetime as dt

    from wangge.domains.cases.models import Case

_AMBER_SHARE = 0.8
_DAY, _HOUR = 86_400, 3600


@dataclasses.dataclass(frozen=True, slots=True)
class Chip:
    """What `components/clock_chip.html` shows."""

    state: str
    text: str
    title: str = ""
    due: dt.datetime | None = None


def chip(case: Case, *, now: dt.datetime | None = None) -> Chip | None:
    """Of the present stage of an open case: amber from 80 % of an hour clock, or with one working day left; red when
    overdue.
    """
    now = now or clock.now()
    if not case.is_open or case.due_at is None:
        return None
    if case.state == S.NEEDS_INFO:
        return Chip("paused", pgettext("field", "Paused until details come"))
    begun = (case.filed_at or case.since) if case.state == S.HANDLING else case.since
    due = case.due_at
    if now >= due:
        return Chip("red", _words(now - due, over=True), when(due), due)
    return Chip("amber" if _soon(begun, due, now) else "quiet", _words(due - now, over=False), when(due), due)


def _soon(begun: dt.datetime, due: dt.datetime, now: dt.datetime) -> bool:
    local = due.astimezone(clock.OFFICE)
    if local.time() == CLOSE_OF_DAY and clock.day_of(begun) != local.date():
        return working_days_between(clock.day_of(now), local.date()) <= 1
    whole = (due - begun).total_seconds()
    return whole <= 0 or (now - begun).total_seconds() >= _AMBER_SHARE * whole


def _words(span: dt.timedelta, *, over: bool) -> str:
    seconds = int(span.total_seconds())
    parts = {"d": seconds // _DAY, "h": seconds % _DAY // _HOUR, "m": seconds % _HOUR // 60}
    if parts["d"]:
        return (pgettext("field", "Overdue %(d)d d") if over else pgettext("field", "%(d)d d %(h)d h left")) % parts
    if parts["h"]:
        text = pgettext("field", "Overdue %(h)d h %(m)d min") if over else pgettext("field", "%(h)d h %(m)d min left")
        return text % parts
    return (pgettext("field", "Overdue %(m)d min") if over else pgettext("field", "%(m)d min left")) % parts
