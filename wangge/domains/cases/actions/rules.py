"""What time does by itself: lapsed questions, unanswered judgements, the archive."""

from __future__ import annotations

import datetime as dt

from wangge.domains.cases import procedures
from wangge.domains.cases.actions.closing import archive, close_unanswered
from wangge.domains.cases.actions.hanging import remind_of_review, resume_by_date
from wangge.domains.cases.actions.intake import lapse
from wangge.domains.cases.actions.sampling import lapse_late
from wangge.domains.cases.actions.steps import StepNotPossibleError
from wangge.domains.cases.models import Case
from wangge.domains.cases.queries import OBJECTION_DAYS
from wangge.domains.cases.workflow import S
from wangge.foundation.core import clock

_BATCH = 500


def apply_rules(*, at: dt.datetime | None = None) -> int:
    """Take every step that is now due by rule; safe to run at any time and twice. Returns how many were taken."""
    at = at or clock.now()
    cases = Case.objects.unscoped("rules apply to every case")
    window = at - dt.timedelta(days=OBJECTION_DAYS)
    work = (
        (cases.filter(state=S.NEEDS_INFO.value, due_at__lte=at), lapse),
        (cases.filter(state=S.EVALUATING.value, due_at__lte=at), close_unanswered),
        (cases.filter(state=S.CLOSED.value, closed_at__lte=window), archive),
    )
    taken = 0
    for due, step in work:
        for case in due.order_by("pk")[:_BATCH]:
            try:
                step(case=case, at=at)
            except StepNotPossibleError:
                continue  # somebody was faster; the row is read again next time
            taken += 1
    return taken + _hung(at) + lapse_late(at=at)


def _hung(at: dt.datetime) -> int:
    """Take up what was hung until today; remind of what returns within a week."""
    day, taken = clock.day_of(at), 0
    for hang in procedures.hangs_to_resume(day, limit=_BATCH):
        try:
            resume_by_date(case=hang.case, at=at)
        except StepNotPossibleError:
            continue
        taken += 1
    for hang in procedures.hangs_to_announce(day, limit=_BATCH):
        remind_of_review(hang=hang, at=at)
    return taken
