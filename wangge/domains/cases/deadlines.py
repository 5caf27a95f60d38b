"""When a clock of a case would be due, from the catalogue's limits and the working calendar in force."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from wangge.domains.cases.workflow import STAGE_OF, S, Stage
from wangge.foundation.catalogue.calendars import calendar
from wangge.foundation.catalogue.queries import stage_clock
from wangge.foundation.core.worktime import deadline

if TYPE_CHECKING:
    import datetime as dt

    from wangge.domains.cases.models import Case


@dataclasses.dataclass(frozen=True, slots=True)
class Start:
    """A clock that is about to start: its limit, the calendar it is computed by, and what comes out.

    `unit` is set where the limit runs by the hours of one unit.
    """

    clock: str
    kind: str
    amount: float
    version: int
    unit: int | None
    due_at: dt.datetime
    provisional: bool


def start_of(
    case: Case, stage: Stage, at: dt.datetime, *, unit: int | None = None, clock: str | None = None
) -> Start | None:
    """The clock of a stage begun at `at`; None where the catalogue sets no limit.

    The desk's stages and the promise to the reporter run by the office's calendar; signing and a unit's own clock by
    the unit's, where it has one.
    """
    limit = stage_clock(case.matter, stage, urgent=case.urgent)
    if limit is None:
        return None
    if unit is None and stage is Stage.SIGN:
        unit = case.unit_id
    ours = calendar(unit=unit)
    due = deadline(at, limit.kind, limit.amount, ours)
    return Start(clock or stage.value, limit.kind, limit.amount, ours.version, unit, due.at, due.provisional)


def due_of_stage(case: Case, stage: Stage, at: dt.datetime) -> tuple[dt.datetime | None, bool]:
    """(due, provisional) of a stage begun at `at`; the promised end of the handling is kept through a rework."""
    if stage is Stage.HANDLE and case.handle_due_at is not None:
        return case.handle_due_at, case.due_provisional
    start = start_of(case, stage, at)
    return (None, False) if start is None else (start.due_at, start.provisional)


def running_now(case: Case) -> tuple[str, dt.datetime]:
    """(kind of time, begun) of the clock of the present stage: what says whether it is amber (`ladder.warns`).

    The promise to the reporter runs from the filing, whoever has the case.
    """
    stage = STAGE_OF.get(S(case.state))
    begun = (case.filed_at or case.since) if stage is Stage.HANDLE else case.since
    return kind_of(case, stage or Stage.HANDLE), begun


def kind_of(case: Case, stage: Stage) -> str:
    """The kind of time that the limit of a stage counts; working days where the catalogue sets none."""
    limit = stage_clock(case.matter, stage, urgent=case.urgent)
    return "working_days" if limit is None else limit.kind


def due_of_contact(case: Case, at: dt.datetime) -> dt.datetime | None:
    """Until when the unit that signs at `at` gets in touch with a named reporter (先行联系); None: no limit is set."""
    limit = stage_clock(case.matter, "contact", urgent=case.urgent)
    return None if limit is None else deadline(at, limit.kind, limit.amount).at
