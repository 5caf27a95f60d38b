"""What a step leaves behind, so that a test can say: nothing happened."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.db import transaction

from wangge.domains.cases.models import (
    Assignment,
    Case,
    CasePhoto,
    Evaluation,
    Extension,
    Handling,
    Hang,
    LevelMove,
    Objection,
    Report,
    Ruling,
    TimelineEntry,
    Verification,
)
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.clock import OFFICE
from wangge.foundation.duties.models import Duty


def at(day: int = 2, hour: int = 9, minute: int = 0, month: int = 3) -> dt.datetime:
    """An instant of 2026 at the office; without arguments Monday the 2nd of March, nine o'clock."""
    return dt.datetime(2026, month, day, hour, minute, tzinfo=OFFICE)


def row(case: Case) -> dict:
    """Every column of a case."""
    return Case.objects.unscoped("the test looks at the row").filter(pk=case.pk).values().get()


def verbs(case: Case) -> list[str]:
    """The steps in a case's timeline, oldest first."""
    return list(TimelineEntry.objects.filter(case=case).order_by("id").values_list("verb", flat=True))


def audited(case: Case) -> list[str]:
    """The kinds in the audit about a case, oldest first."""
    entries = AuditEntry.objects.filter(subject_type="case", subject_id=case.pk)
    return list(entries.order_by("id").values_list("kind", flat=True))


def open_duties(case: Case) -> list[tuple]:
    """(kind, permission, area path, unit path, user) of the open duties about a case."""
    held = Duty.objects.filter(subject_type="case", subject_id=case.pk, done_at__isnull=True)
    return list(held.order_by("id").values_list("kind", "permission", "area_path", "unit_path", "user_id"))


def jobs() -> list[str]:
    """The events that wait for their reactions."""
    held = apps.get_model("procrastinate", "ProcrastinateJob").objects.filter(task_name="core.react")
    return [args["event"] for args in held.order_by("id").values_list("args", flat=True)]


def everything() -> dict:
    """All rows that steps write, counted, and the open duties."""
    return {
        "cases": list(Case.objects.unscoped("the test looks at the rows").order_by("id").values()),
        "reports": Report.objects.unscoped("the test counts").count(),
        "rows": [m.objects.count() for m in (Assignment, CasePhoto, Evaluation, Handling, Verification)],
        "procedures": [
            list(m.objects.order_by("id").values()) for m in (Assignment, Extension, Hang, LevelMove, Ruling)
        ],
        "objections": list(Objection.objects.order_by("id").values()),
        "timeline": TimelineEntry.objects.count(),
        "audit": AuditEntry.objects.count(),
        "duties": list(Duty.objects.order_by("id").values()),
        "jobs": len(jobs()),
    }


@contextmanager
def refused(error: type[Exception], *, field: str | None = None):
    """The block raises exactly `error` (naming `field`) and leaves every table as it was."""
    before = everything()
    with pytest.raises(error) as caught, transaction.atomic():
        yield caught
    assert type(caught.value) is error
    assert caught.value.field == field
    assert everything() == before
