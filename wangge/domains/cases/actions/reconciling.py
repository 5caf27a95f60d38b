"""The reconciler: finds what a crash, a lost job or a mistaken hand left undone, and does it.

Everything that a step writes is one transaction, so most of this can only be broken from outside or by a fault of
ours; the reconciler assumes nothing. Each repair locks its case and looks again before it writes, so that a step taken
meanwhile wins. A second run finds nothing, and what is right is not written to.

Two things it does not look for, because they cannot be: an event without its job, and a key of an idempotent write
that is "in flight". Both are rows of the write's own transaction (`core.events`, `core.idempotency`).
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from wangge.domains.cases import clocks
from wangge.domains.cases.actions import photos, steps, telling, voice_notes
from wangge.domains.cases.models import Case, ClockEvent
from wangge.domains.cases.workflow import ENDED, OPEN, STAGE_OF, S
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import members, users_in_role, users_with
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.catalogue.calendars import calendar
from wangge.foundation.core import clock, jobs, upkeep
from wangge.foundation.duties.models import Duty
from wangge.foundation.notifications.actions import tell
from wangge.foundation.notifications.models import Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from wangge.foundation.accounts.models import User

kinds.declare("case.reconcile")
_log = logging.getLogger("wangge.reconcile")

NAME = "cases.reconcile"
_CURSOR = "cases.reconcile.clocks"
_BATCH = 2000
_CHUNK = 250
_CLOCKS_A_CYCLE = 1000  # the clocks of fifty thousand open cases are gone through in four hours
_GRACE = dt.timedelta(minutes=2)  # a reaction may still be waiting in the queue
_LOOK_BACK = dt.timedelta(days=3)
_OPEN_STATES = sorted(state.value for state in OPEN)
_STATE_KINDS = sorted(f"case.{state.value}" for state in S)

# Each begins with the open rows and their partial indexes: together some two seconds at a million cases, of which fifty
# thousand are open.
#
# A step into another state ends every duty about the case, at the moment from which the state counts.
_LEFT_OVER = """
    SELECT d.id, d.subject_id FROM duties_duty AS d JOIN cases_case AS c ON c.id = d.subject_id
    WHERE d.done_at IS NULL AND d.subject_type = 'case'
      AND (d.opened_at < c.since OR (d.kind = ANY(%s) AND d.kind <> 'case.' || c.state))
    ORDER BY d.id LIMIT %s
"""
_TWICE = """
    SELECT min(id), subject_id FROM duties_duty WHERE done_at IS NULL AND subject_type = 'case'
    GROUP BY subject_id, kind, user_id, permission, area_path, unit_path HAVING count(*) > 1
    ORDER BY 1 LIMIT %s
"""
_NOBODYS = """
    SELECT c.id FROM cases_case AS c
    WHERE c.state = ANY(%s) AND NOT EXISTS (
        SELECT FROM duties_duty AS d
        WHERE d.subject_type = 'case' AND d.subject_id = c.id AND d.done_at IS NULL
          AND (d.kind = 'case.' || c.state OR (c.state = 'filed' AND d.kind = 'case.ruling'))
    ) AND (c.state <> 'needs_info' OR EXISTS (
        SELECT FROM cases_report AS r WHERE r.case_id = c.id AND r.by_id IS NOT NULL
    ))
    LIMIT %s
"""
_WRONG_TIME = """
    SELECT d.id, d.subject_id FROM duties_duty AS d JOIN cases_case AS c ON c.id = d.subject_id
    WHERE d.done_at IS NULL AND d.subject_type = 'case' AND d.kind = 'case.' || c.state
      AND d.due_at IS DISTINCT FROM c.due_at
    ORDER BY d.id LIMIT %s
"""


def reconcile(*, at: dt.datetime | None = None) -> dict[str, int]:
    """Heal everything that is found, once; how much of each kind. Safe to run at any time, several at once, and twice.

    `jobs_dead`, `jobs_lost`, `jobs_failed`: given back to the queue. `duties_left_over`, `duties_twice`: ended;
    `duties_missing`: opened; `duties_wrong_time`: put right. `notices_missing`: told now. `photos_unattached`: attached
    (voice notes too).
    `clocks_differ`: the cached deadlines computed anew from the clock's events.
    """
    at = at or clock.now()
    reclaimed = jobs.reclaim()
    found = {
        "jobs_dead": reclaimed.dead,
        "jobs_lost": reclaimed.lost,
        "jobs_failed": reclaimed.failed,
        "clocks_differ": _compute_clocks(at),  # before the duties, which show the time
        "duties_left_over": _each(_rows(_LEFT_OVER, _STATE_KINDS, _BATCH), "left_over", at, _end_left_over),
        "duties_twice": _each(_rows(_TWICE, _BATCH), "twice", at, _end_duty),
        "duties_missing": _each(_rows(_NOBODYS, _OPEN_STATES, _BATCH), "missing", at, _open_missing),
        "duties_wrong_time": _each(_rows(_WRONG_TIME, _BATCH), "wrong_time", at, _set_time),
        "notices_missing": _tell_untold(at),
        "photos_unattached": photos.attach_stragglers(at=at) + voice_notes.attach_sound_stragglers(),
    }
    upkeep.note(NAME, found, at=at)
    if any(found.values()):
        _log.warning("put right: %s", {kind: number for kind, number in found.items() if number})
    _tell_of_given_up()
    return found


def _rows(sql: str, *values: Any) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _each(
    rows: Iterable[tuple[int, ...]], what: str, at: dt.datetime, heal: Callable[[Case, int, dt.datetime], bool]
) -> int:
    """Heal each row on its own, with its case locked: (duty or case, …, case). How many needed it."""
    healed = 0
    for row in rows:
        with transaction.atomic():
            case = steps.lock(row[-1])
            if heal(case, row[0], at):
                record("case.reconcile", by=None, subject=case, at=at, what=what)
                healed += 1
    return healed


# -- duties


def _open_duty(pk: int) -> Duty | None:
    return Duty.objects.filter(pk=pk, done_at__isnull=True).first()


def _end_duty(_case: Case, pk: int, at: dt.datetime) -> bool:
    return bool(Duty.objects.filter(pk=pk, done_at__isnull=True).update(done_at=at))


def _end_left_over(case: Case, pk: int, at: dt.datetime) -> bool:
    duty = _open_duty(pk)
    if duty is None:
        return False
    of_another_state = duty.kind in _STATE_KINDS and duty.kind != f"case.{case.state}"
    return (duty.opened_at < case.since or of_another_state) and _end_duty(case, pk, at)


def _open_missing(case: Case, _pk: int, at: dt.datetime) -> bool:
    """Let the step's own code write the case's to-do entries, and keep those that are not there yet."""
    if S(case.state) in ENDED:
        return False
    held = Duty.objects.filter(subject_type="case", subject_id=case.pk, done_at__isnull=True)
    before = {duty.pk: _who(duty) for duty in held}
    steps.open_case_duty(case, at=at)
    made = [duty for duty in held.all() if duty.pk not in before]
    known = set(before.values())
    Duty.objects.filter(pk__in=[duty.pk for duty in made if _who(duty) in known]).delete()
    return any(_who(duty) not in known for duty in made)


def _who(duty: Duty) -> tuple[object, ...]:
    return (duty.kind, duty.user_id, duty.permission, duty.area_path, duty.unit_path)


def _set_time(case: Case, pk: int, _at: dt.datetime) -> bool:
    open_ = Duty.objects.filter(pk=pk, done_at__isnull=True, kind=f"case.{case.state}")
    return bool(open_.exclude(due_at=case.due_at).update(due_at=case.due_at))


# -- who was not told


def _tell_untold(at: dt.datetime) -> int:
    """Repeat the reaction to a step after which nobody of those concerned has a message. What was imported took no
    step here and was told to nobody: the audit knows.
    """
    recent = Case.objects.unscoped("the reconciler looks at every case").filter(
        since__gte=at - _LOOK_BACK, since__lte=at - _GRACE
    )
    healed = 0
    for state, urgent_only, verbs, react in (
        (S.REPORTED, True, ("case.report",), telling.tell_desk),
        (S.DISPATCHED, False, ("case.dispatch", "case.rule"), telling.tell_unit),
        (S.OBJECTED, False, ("case.object", "case.evaluate", "case.call_back"), telling.tell_judges),
    ):
        cases = recent.filter(state=state.value)
        if urgent_only:
            cases = cases.filter(urgent=True)
        for case in cases.order_by("-pk")[:_BATCH]:
            users, key = _concerned(case, state)
            if not users or Notice.objects.filter(user__in=users, once_key=key).exists():
                continue
            if not AuditEntry.objects.filter(subject_type="case", subject_id=case.pk, kind__in=verbs).exists():
                continue
            with transaction.atomic():
                react(case_id=case.pk)
                record("case.reconcile", by=None, subject=case, at=at, what="untold")
            healed += 1
    return healed


def _concerned(case: Case, state: S) -> tuple[list[User], str]:
    """Who is told when a case comes into a state, and the key of that message (see `telling`)."""
    if state is S.DISPATCHED:
        sent = list(case.assignments.filter(returned_at__isnull=True).values_list("unit_id", "pk"))
        last = max((pk for _unit, pk in sent), default=0)
        return members(unit for unit, _pk in sent), f"case.dispatched:{case.pk}:{last}"
    if state is S.OBJECTED:
        last = case.objections.order_by("-pk").values_list("pk", flat=True).first() or 0
        return users_with(P.CASE_JUDGE, area_path=case.area_path), f"case.objected:{case.pk}:{last}"
    return users_with(P.CASE_FILE, area_path=case.area_path), f"case.urgent:{case.pk}:0"


# -- clocks


def _compute_clocks(at: dt.datetime) -> int:
    """Compare the cached deadlines of the next slice of open cases with their clocks' events."""
    cursor = upkeep.kept(_CURSOR)
    after = cursor.last.get("after", 0) if cursor else 0
    open_ = Case.objects.unscoped("the reconciler looks at every case").still_open().order_by("pk")
    pks = list(open_.filter(pk__gt=after).values_list("pk", flat=True)[:_CLOCKS_A_CYCLE])
    if after and len(pks) < _CLOCKS_A_CYCLE:  # the end: go on from the beginning, but over none twice
        pks += list(open_.filter(pk__lte=after).values_list("pk", flat=True)[: _CLOCKS_A_CYCLE - len(pks)])
    differing = [pk for start in range(0, len(pks), _CHUNK) for pk in _differing(pks[start : start + _CHUNK])]
    healed = 0
    for pk in differing:
        with transaction.atomic():
            case = steps.lock(pk)
            answer = _differs(case, list(ClockEvent.objects.filter(case=case).order_by("pk")))
            if answer is None:
                continue
            case.due_at, case.handle_due_at = answer.due_at, answer.handle_due_at
            case.due_provisional = answer.due_provisional
            case.save(update_fields=["due_at", "handle_due_at", "due_provisional"])
            record("case.reconcile", by=None, subject=case, at=at, what="clock")
            healed += 1
    upkeep.remember(_CURSOR, {"after": pks[-1] if len(pks) == _CLOCKS_A_CYCLE else 0}, at=at)
    return healed


def _differing(pks: Sequence[int]) -> list[int]:
    events: dict[int, list[ClockEvent]] = {}
    for event in ClockEvent.objects.filter(case_id__in=pks).order_by("pk"):
        events.setdefault(event.case_id, []).append(event)
    cases = Case.objects.unscoped("the reconciler looks at every case").filter(pk__in=pks).order_by("pk")
    return [case.pk for case in cases if _differs(case, events.get(case.pk, ())) is not None]


def _differs(case: Case, events: Sequence[ClockEvent]) -> clocks.Cached | None:
    """What the columns should say, if they say something else. A case without events (imported long ago) stays."""
    if not events:
        return None
    answer = clocks.cached(case.state, clocks.run_all(events, calendar), STAGE_OF.get(S(case.state)))
    says = clocks.Cached(case.due_at, case.handle_due_at, case.due_provisional)
    return None if answer == says else answer


# -- what only a person can put right


def _tell_of_given_up() -> None:
    """A reaction that failed for good and was tried again in vain: to the system administrators, once each."""
    for job in jobs.given_up():
        tell(
            users=users_in_role("system_admin"),
            kind="jobs.given_up",
            subject_type="job",
            subject_id=job,
            label=f"#{job}",
            once_key=f"jobs.given_up:{job}",
        )
