"""Printing what holds persons: every print is audited before the file leaves."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction

from wangge.domains.people import building_sheet
from wangge.domains.people.alerts import alert
from wangge.domains.people.models import PrivacyAlert
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.audit.queries import acts
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError

if TYPE_CHECKING:
    from wangge.foundation.accounts.models import User

kinds.declare("people.sheet")

MOST_A_DAY = 20
"""Buildings that one person prints in a day before the privacy officers are told: a grid has about ten."""


def print_sheet(*, by: User, building: int, paper: str, at: dt.datetime | None = None) -> bytes:
    """民情入户图 of a building of the actor's own grid, on "a3" or "a4": the PDF. `NotFoundError` for any other."""
    now = at or clock.now()
    if paper not in building_sheet.COLUMNS:
        raise InvalidError(field="paper")
    sheet = building_sheet.of(by, building)
    with transaction.atomic():
        kept: dict[str, Any] = {"paper": paper, "homes": sheet.homes}
        record("people.sheet", by=by, subject=sheet.building, at=now, **kept)
        _watch(by, now)
    return building_sheet.pdf(sheet, paper=paper, printed_by=by.name, at=now)


def _watch(by: User, now: dt.datetime) -> None:
    """Sheet after sheet is a copy of the register: the officers are told of the first building too many of a day."""
    start = dt.datetime.combine(clock.day_of(now), dt.time(), clock.OFFICE)
    printed = {row.subject_id for row in acts(("people.sheet",), since=start, actor_ids=[by.pk])}
    reference = f"sheets {clock.day_of(now).isoformat()}"
    told = PrivacyAlert.objects.filter(user=by, kind=PrivacyAlert.Kind.MANY, reference=reference)
    if len(printed) > MOST_A_DAY and not told.exists():
        alert(PrivacyAlert.Kind.MANY, user=by, reference=reference, at=now)
