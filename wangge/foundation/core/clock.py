"""The clock: the only place that asks what time it is.

Rules and actions take `at=` or call `now()`; nothing else reads the system clock, so that a test can hold it.
Instants are aware and stored in UTC; days are the office's days (Asia/Shanghai).
"""

import datetime as dt
from zoneinfo import ZoneInfo

from django.utils import timezone

OFFICE = ZoneInfo("Asia/Shanghai")


def now() -> dt.datetime:
    """The current instant, aware."""
    return timezone.now()  # noqa: TID251 — this is the one place


def day_of(instant: dt.datetime) -> dt.date:
    """The office's calendar day on which `instant` falls."""
    return instant.astimezone(OFFICE).date()


def today() -> dt.date:
    """The office's current calendar day."""
    return day_of(now())
