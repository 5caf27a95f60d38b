"""Reads of office hours in the compounds (一线办公)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from wangge.domains.fieldwork.models import OfficeHour
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    import datetime as dt

PAGE = 200
_WHY = "office hours are told to everybody"
_ROWS = ("area", "compound", "user")


def office_hours(user: Any, *, limit: int = PAGE) -> list[OfficeHour]:
    """Those in force (or still to begin) at the reader's places."""
    found = OfficeHour.objects.visible_to(user, P.VISIT_VIEW).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=clock.today())
    )
    return list(found.select_related(*_ROWS).order_by("area_path", "weekday", "opens", "pk")[:limit])


def get_office_hour(user: Any, pk: int) -> OfficeHour:
    """One at a place where the reader plans; `NotFoundError` for any other."""
    found: OfficeHour | None = OfficeHour.objects.visible_to(user, P.VISIT_PLAN).filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found


def open_to_all(area_path: str, *, on: dt.date | None = None, limit: int = 20) -> list[OfficeHour]:
    """What is told to residents of a place: its own office hours and those of the places above and below it."""
    parts = area_path.strip("/").split("/")
    above = ["/" + "/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
    found = OfficeHour.objects.unscoped(_WHY).filter(
        in_force(on or clock.today()), Q(area_path__in=above) | under("area_path", [area_path])
    )
    return list(found.select_related(*_ROWS).order_by("weekday", "opens", "pk")[:limit])


def of_day(area_paths: list[str], day: dt.date) -> list[OfficeHour]:
    """Office hours of a day at some places, for the phones and the stand-up."""
    found = OfficeHour.objects.unscoped(_WHY).filter(
        in_force(day), under("area_path", area_paths), weekday=day.weekday()
    )
    return list(found.select_related(*_ROWS).order_by("opens", "pk")[:PAGE])
