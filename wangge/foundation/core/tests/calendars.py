"""Calendars for tests, made from the shipped notices without a database."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import yaml

from wangge.foundation.core.worktime import OFFICE_SLOTS, Calendar, Day, DayKind, Plan

SHIPPED = Path(__file__).resolve().parents[4] / "deploy" / "catalogue" / "holidays.yaml"


@cache
def notices() -> dict[dt.date, Day]:
    """Every day of the shipped notices."""
    days = {}
    for year in yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))["years"].values():
        for first, last, name in year["holidays"]:
            for n in range((last - first).days + 1):
                days[first + dt.timedelta(days=n)] = Day(DayKind.OFF, name)
        days |= {day: Day(DayKind.WORK) for day in year["work"]}
    return days


def calendar(
    *plans: Plan, version: int = 1, announced_through: int = 2026, extra: dict[dt.date, Day] | None = None
) -> Calendar:
    """The office's calendar as it is shipped; `plans` before the ordinary one, `extra` days over the notices."""
    days = {day: what for day, what in notices().items() if day.year <= announced_through}
    return Calendar(version, announced_through, days | (extra or {}), (*plans, Plan(OFFICE_SLOTS)))
