"""Printing what holds persons: every print is audited before the file leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from wangge.domains.people import building_sheet
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError

if TYPE_CHECKING:
    import datetime as dt

    from wangge.foundation.accounts.models import User

kinds.declare("people.sheet")


def print_sheet(*, by: User, building: int, paper: str, at: dt.datetime | None = None) -> bytes:
    """民情入户图 of a building of the actor's own grid, on "a3" or "a4": the PDF. `NotFoundError` for any other."""
    now = at or clock.now()
    if paper not in building_sheet.COLUMNS:
        raise InvalidError(field="paper")
    sheet = building_sheet.of(by, building)
    with transaction.atomic():
        kept: dict[str, Any] = {"paper": paper, "homes": sheet.homes}
        record("people.sheet", by=by, subject=sheet.building, at=now, **kept)
    return building_sheet.pdf(sheet, paper=paper, printed_by=by.name, at=now)
