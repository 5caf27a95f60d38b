"""Quiet hours: outside them a message may ring in a pocket, inside them only an urgent one does (office time)."""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from wangge.foundation.core import clock


def is_quiet(at: dt.datetime) -> bool:
    """Whether `at` lies in the quiet hours: from `QUIET_FROM` of one day to `QUIET_TO` of the next."""
    time = at.astimezone(clock.OFFICE).time()
    return not _time(settings.QUIET_TO) <= time < _time(settings.QUIET_FROM)


def _time(text: str) -> dt.time:
    return dt.time.fromisoformat(text)
