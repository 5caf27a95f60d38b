"""When a stage of a case is due, from the catalogue's clocks and the working calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wangge.domains.cases.workflow import Stage
from wangge.foundation.catalogue.queries import stage_clock
from wangge.foundation.core.worktime import deadline

if TYPE_CHECKING:
    import datetime as dt

    from wangge.domains.cases.models import Case


def due_of_stage(case: Case, stage: Stage, at: dt.datetime) -> tuple[dt.datetime | None, bool]:
    """(due, provisional) of a stage begun at `at`; None where the catalogue sets no limit.

    The promised end of the handling is kept through a rework.
    """
    if stage is Stage.HANDLE and case.handle_due_at is not None:
        return case.handle_due_at, case.due_provisional
    clock = stage_clock(case.matter, stage, urgent=case.urgent)
    if clock is None:
        return None, False
    return deadline(at, clock.kind, clock.amount)
