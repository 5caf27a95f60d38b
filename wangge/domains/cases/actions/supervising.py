"""督办: slips that a unit must answer, and the ladder that warns by itself: 预警 → 承办负责人 → 分管领导 → 书记."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case as Switch
from django.db.models import CharField, Exists, OuterRef, Q, Value, When
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import ladder
from wangge.domains.cases.actions import steps
from wangge.domains.cases.actions.numbering import SUPERVISION, next_paper
from wangge.domains.cases.deadlines import kind_of, running_now
from wangge.domains.cases.models import Alert, AlertReader, Assignment, Case, Supervision
from wangge.domains.cases.responsible import Charge, Roster
from wangge.domains.cases.workflow import ENDED, Stage
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import User
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.core.worktime import deadline
from wangge.foundation.duties.actions import finish_duties, open_duty
from wangge.foundation.notifications.actions import tell
from wangge.foundation.notifications.queries import told_already
from wangge.foundation.notifications.quiet import is_quiet

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from wangge.foundation.accounts.models import Organisation

    _Mark = tuple[dt.datetime, int]  # (due, id) of the last row of a batch

MAX_TEXT = 2000
MAX_REPLY_DAYS = 10
_BATCH = 200  # rows of one transaction: who works on one of them meanwhile waits for it
_MOST_BATCHES = 100  # of one rung in one run: the rest comes five minutes later
_WATCH_LOCK = 0x64756261  # one watch at a time, whatever the number of workers
DIGEST = "supervision.digest"


# -- slips


@transaction.atomic
def supervise(
    *,
    case: Case,
    by: Any,
    text: str,
    rung: int = ladder.LEADER,
    reply_days: int = ladder.REPLY_DAYS,
    at: dt.datetime | None = None,
) -> Supervision:
    """督办: a numbered slip to the unit that has the case, to be answered within `reply_days` working days."""
    at = at or clock.now()
    text = text.strip()
    locked, _step = steps.begin(case, "supervise", by=by, text=text)
    if len(text) > MAX_TEXT:
        raise InvalidError(_("The text is too long: at most 2,000 characters."), field="text")
    if not 1 <= reply_days <= MAX_REPLY_DAYS:
        raise InvalidError(_("A unit is given between one and ten working days to answer."), field="reply_days")
    if locked.unit is None:
        raise ConflictError(
            _("No unit has this case, so nobody could answer a slip."), remedy=_("Dispatch it to a unit first.")
        )
    if waiting := _waiting(locked, locked.unit):
        raise ConflictError(
            _("The slip %(number)s to this unit is not yet answered.") % {"number": waiting.number},
            remedy=_("Wait for the answer, or telephone the unit."),
        )
    return _issue(
        locked, locked.unit, by=by, text=text, rung=rung, reply_days=reply_days, at=at, roster=Roster(clock.day_of(at))
    )


@transaction.atomic
def answer(*, supervision: Supervision, by: Any, text: str, at: dt.datetime | None = None) -> Supervision:
    """督办回复: in the words of the unit; once. A late answer is taken and shown as late."""
    at = at or clock.now()
    text = text.strip()
    case = Case.objects.unscoped("the case of the slip that was given; the unit is checked next").get(
        pk=supervision.case_id
    )
    locked, step = steps.begin(case, "answer_supervision", by=by, supervision=supervision.pk, text=text)
    slip = (
        Supervision.objects.unscoped("the row that was given, locked with its case")
        .select_related("unit", "issued_by")
        .get(pk=supervision.pk)
    )
    if not authority_of(by).may(P.CASE_HANDLE, unit_path=slip.unit.path):
        raise NotAllowedError
    if len(text) > MAX_TEXT:
        raise InvalidError(_("The text is too long: at most 2,000 characters."), field="text")
    if slip.replied_at is not None:
        raise ConflictError(_("This slip was already answered; the first answer stands."))
    slip.reply, slip.replied_by, slip.replied_at = text, by, at
    slip.save(update_fields=["reply", "replied_by", "replied_at"])
    finish_duties(subject_type="supervision", subject_id=slip.pk, at=at)
    open_alerts = Alert.objects.unanswered().filter(case=locked, assignment=slip.assignment, rung__lte=slip.rung)
    open_alerts.update(answered_at=at)
    steps.end(locked, step, by=by, at=at, note=text, slip=slip.number)
    if slip.issued_by is not None and slip.issued_by.is_active:
        _tell_of_slip([slip.issued_by.pk], "supervision.answered", slip, urgent=False)
    return slip


def _issue(
    case: Case,
    unit: Organisation,
    *,
    by: Any,
    text: str,
    rung: int,
    reply_days: int,
    at: dt.datetime,
    roster: Roster,
    assignment: Assignment | None = None,
) -> Supervision:
    slip = Supervision.objects.create(
        case=case,
        area_path=case.area_path,
        assignment=assignment,
        number=next_paper(SUPERVISION, case.area_path, at),
        unit=unit,
        rung=rung,
        text=text,
        issued_by=by,
        issued_at=at,
        reply_due_at=deadline(at, "working_days", reply_days).at,
    )
    open_duty(
        kind="supervision.slip",
        subject_type="supervision",
        subject_id=slip.pk,
        label=slip.number,
        due_at=slip.reply_due_at,
        permission=P.CASE_HANDLE,
        unit_path=unit.path,
        at=at,
    )
    steps.tell(case, "supervise", by=by, at=at, note=text, slip=slip.number, unit=unit.pk)
    _tell_of_slip(roster.of_unit(unit), "supervision.slip", slip, urgent=case.urgent)
    return slip


def _waiting(case: Case, unit: Organisation) -> Supervision | None:
    found = Supervision.objects.unscoped("slips of the case that is being worked on").unanswered()
    return found.filter(case=case, unit=unit).first()


def _tell_of_slip(users: Sequence[int], kind: str, slip: Supervision, *, urgent: bool) -> None:
    tell(
        users=list(User.objects.filter(pk__in=users)),
        kind=kind,
        subject_type="supervision",
        subject_id=slip.pk,
        label=slip.number,
        once_key=f"{kind}:{slip.pk}",
        urgent=urgent,
    )


# -- the ladder


@dataclasses.dataclass(frozen=True, slots=True)
class _Clock:
    """A running clock that has reached a rung."""

    case: Case
    assignment: Assignment | None
    name: str
    kind: str
    begun: dt.datetime
    due_at: dt.datetime
    charge: Charge


def watch(*, at: dt.datetime | None = None) -> int:
    """Fire what is due on every rung; safe to run at any time, twice, and with a clock that was set back.

    Each alert fires once per clock, deadline and rung. Returns how many fired.
    """
    at = at or clock.now()
    settle_alerts(at=at)
    roster = Roster(clock.day_of(at))
    return sum(_climb(find, rung, at, roster) for rung in ladder.RUNGS for find in (_stages, _co_handlers))


def _climb(
    find: Callable[[int, dt.datetime, _Mark | None], tuple[list[_Clock], _Mark | None]],
    rung: int,
    at: dt.datetime,
    roster: Roster,
) -> int:
    fired, after = 0, None
    for _n in range(_MOST_BATCHES):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_WATCH_LOCK])
                if not cursor.fetchone()[0]:
                    return fired
            found, after = find(rung, at, after)
            if rung == ladder.AMBER:
                found = [c for c in found if ladder.warns(c.kind, c.begun, c.due_at, at)]
            _fire(found, rung, at, roster)
            fired += len(found)
        if after is None:
            break
    return fired


def _window(rung: int, at: dt.datetime, prefix: str = "") -> Q:
    """Which deadlines may have reached a rung."""
    if rung == ladder.AMBER:
        window = Q(due_at__gt=at, due_at__lt=ladder.horizon(at))
    else:
        window = Q(due_at__lte=ladder.reached(rung, at))
    if rung > ladder.HIGHEST_WHILE_PROVISIONAL:
        window &= Q(**{f"{prefix}due_provisional": False})
    return window


def _next(after: _Mark | None) -> Q:
    return Q() if after is None else Q(due_at__gte=after[0]) & (Q(due_at__gt=after[0]) | Q(pk__gt=after[1]))


_CLOCK_OF_STATE = Switch(
    *(When(state=watched.state.value, then=Value(watched.clock.value)) for watched in ladder.WATCHED),
    output_field=CharField(),
)


def _stages(rung: int, at: dt.datetime, after: _Mark | None) -> tuple[list[_Clock], _Mark | None]:
    fired = Alert.objects.filter(
        case=OuterRef("pk"), assignment=None, clock=OuterRef("clock_name"), due_at=OuterRef("due_at"), rung=rung
    )
    rows = list(
        Case.objects.unscoped("every deadline is watched")
        .still_open()
        .filter(_window(rung, at), _next(after), state__in=ladder.STATES, since__lte=at)
        .annotate(clock_name=_CLOCK_OF_STATE)
        .filter(~Exists(fired))
        .select_related("matter", "unit", "area")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("due_at", "pk")[:_BATCH]
    )
    found = []
    for case in rows:
        watched = ladder.BY_STATE[case.state]
        handling = watched.clock is Stage.HANDLE
        charge = Charge(
            area_path=case.area_path,
            permission=P(watched.permission),
            unit=case.unit if watched.by_unit else None,
            handler_id=case.handler_id if handling else None,
            confidential=case.confidential,
        )
        kind, begun = running_now(case)
        if case.due_at is not None:
            found.append(_Clock(case, None, watched.clock.value, kind, begun, case.due_at, charge))
    return found, _mark(rows)


def _co_handlers(rung: int, at: dt.datetime, after: _Mark | None) -> tuple[list[_Clock], _Mark | None]:
    fired = Alert.objects.filter(
        case=OuterRef("case"), assignment=OuterRef("pk"), clock=Stage.HANDLE.value, due_at=OuterRef("due_at"), rung=rung
    )
    rows = list(
        Assignment.objects.filter(_window(rung, at, "case__"), _next(after), case__state__in=ladder.CO_STATES)
        .filter(duty=Assignment.Duty.CO, returned_at=None, done_at=None, waived_at=None, dispatched_at__lte=at)
        .filter(~Exists(fired))
        .select_related("case__matter", "case__unit", "case__area", "unit")
        .select_for_update(of=("self", "case"), skip_locked=True)
        .order_by("due_at", "pk")[:_BATCH]
    )
    found = []
    for row in rows:
        case = row.case
        charge = Charge(case.area_path, P.CASE_HANDLE, unit=row.unit, handler_id=row.signed_by_id)
        kind = kind_of(case, Stage.HANDLE)
        if row.due_at is not None:
            found.append(_Clock(case, row, Stage.HANDLE.value, kind, row.dispatched_at, row.due_at, charge))
    return found, _mark(rows)


def _mark(rows: Sequence[Case | Assignment]) -> _Mark | None:
    """Where the next batch begins; None after the last."""
    if len(rows) < _BATCH or rows[-1].due_at is None:
        return None
    return rows[-1].due_at, rows[-1].pk


def _fire(found: list[_Clock], rung: int, at: dt.datetime, roster: Roster) -> None:
    if not found:
        return
    told = [roster.told(rung, running.charge) for running in found]
    alerts = Alert.objects.bulk_create(
        [
            Alert(
                case=running.case,
                assignment=running.assignment,
                clock=running.name,
                rung=rung,
                due_at=running.due_at,
                at=at,
                told=len(users),
            )
            for running, users in zip(found, told, strict=True)
        ]
    )
    readers = []
    people = User.objects.in_bulk(
        {user for running, users in zip(found, told, strict=True) if running.case.urgent for user in users}
    )
    for running, alert, users in zip(found, alerts, told, strict=True):
        urgent = running.case.urgent
        readers += [AlertReader(alert=alert, user_id=user, told_at=at if urgent else None) for user in users]
        if urgent:
            tell(
                users=[people[user] for user in users],
                kind="supervision.amber" if rung == ladder.AMBER else "supervision.red",
                subject_type="case",
                subject_id=running.case.pk,
                label=running.case.number,
                once_key=f"alert:{alert.pk}",
                urgent=True,
            )
    AlertReader.objects.bulk_create(readers)
    if rung == ladder.LEADER:
        for running in found:
            _slip_by_rule(running, at, roster)


def _slip_by_rule(running: _Clock, at: dt.datetime, roster: Roster) -> None:
    """The ladder's own slip: only to a unit, and not while one waits for its answer."""
    unit = running.charge.unit
    if unit is None or _waiting(running.case, unit) is not None:
        return
    with override(settings.LANGUAGE_CODE):
        text = gettext(
            "This case was due on %(due)s and is overdue. Please deal with it at once, and answer in writing why it is "
            "late and when it will be done."
        ) % {"due": running.due_at.astimezone(clock.OFFICE).strftime("%Y-%m-%d %H:%M")}
    _issue(
        running.case,
        unit,
        by=None,
        text=text,
        rung=ladder.LEADER,
        reply_days=ladder.REPLY_DAYS,
        at=at,
        roster=roster,
        assignment=running.assignment,
    )


@transaction.atomic
def settle_alerts(*, at: dt.datetime | None = None) -> int:
    """Mark as answered what is answered: the case left the stage, its deadline moved, or the co-handler is done.

    Slips of a case that has ended lapse. Returns how many alerts were answered.
    """
    at = at or clock.now()
    open_alerts = Alert.objects.unanswered()
    cases = Case.objects.unscoped("every deadline is watched").annotate(clock_name=_CLOCK_OF_STATE)
    stands = cases.filter(pk=OuterRef("case_id"), clock_name=OuterRef("clock"), due_at=OuterRef("due_at"))
    left = open_alerts.filter(~Exists(stands), assignment=None).select_related("case").order_by("pk")[: _BATCH * 4]
    helping = Assignment.objects.filter(
        pk=OuterRef("assignment_id"),
        due_at=OuterRef("due_at"),
        returned_at=None,
        done_at=None,
        waived_at=None,
        case__state__in=ladder.CO_STATES,
    )
    helped = open_alerts.filter(~Exists(helping), assignment__isnull=False).select_related("case")
    answered = [*left, *helped.order_by("pk")[: _BATCH * 4]]
    for alert in answered:
        moved_on = alert.assignment_id is None and alert.at <= alert.case.since <= at
        alert.answered_at = alert.case.since if moved_on else at
    Alert.objects.bulk_update(answered, ["answered_at"])
    over = Supervision.objects.unscoped("slips of every case").unanswered().filter(case__state__in=sorted(ENDED))
    for slip in over.order_by("pk")[:_BATCH]:
        slip.lapsed_at = at
        slip.save(update_fields=["lapsed_at"])
        finish_duties(subject_type="supervision", subject_id=slip.pk, at=at)
    return len(answered)


@transaction.atomic
def send_digests(*, at: dt.datetime | None = None) -> int:
    """One message a day to everybody for whom alerts wait: how many red, how many amber. Returns how many were told.

    Never in the quiet hours; an alert that was answered in the meantime is not told any more.
    """
    at = at or clock.now()
    if is_quiet(at):
        return 0
    key = f"{DIGEST}:{clock.day_of(at).isoformat()}"
    waiting = AlertReader.objects.filter(told_at=None)
    waiting.filter(alert__answered_at__isnull=False).update(told_at=at)
    users = set(waiting.values_list("user_id", flat=True).distinct()[:_BATCH])
    users -= told_already(users, key)
    rows = waiting.filter(user__in=users).select_for_update(of=("self",), skip_locked=True)
    told: list[int] = []
    counts: dict[int, dict[str, int]] = {}
    for pk, user, rung in rows.values_list("pk", "user_id", "alert__rung"):
        told.append(pk)
        tone = "amber" if rung == ladder.AMBER else "red"
        counts.setdefault(user, {"red": 0, "amber": 0})[tone] += 1
    for person in User.objects.filter(pk__in=counts, is_active=True):
        tell(
            users=[person], kind=DIGEST, subject_type="supervision", subject_id=0, data=counts[person.pk], once_key=key
        )
    AlertReader.objects.filter(pk__in=told).update(told_at=at)
    return len(counts)
