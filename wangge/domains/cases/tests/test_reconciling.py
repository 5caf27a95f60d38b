"""The reconciler: a hundred orphans of ten kinds are healed in one cycle, and nothing else is touched."""

from __future__ import annotations

import datetime as dt
import io
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F

from wangge.domains.cases import actions, tasks
from wangge.domains.cases.actions import Deed, Past, Voice
from wangge.domains.cases.models import Case, ClockEvent
from wangge.domains.cases.workflow import S
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock, jobs
from wangge.foundation.core.tasks import ATTEMPTS, react
from wangge.foundation.core.upkeep import kept
from wangge.foundation.duties.models import Duty
from wangge.foundation.notifications.models import Notice

KINDS = {
    "jobs_dead", "jobs_lost", "jobs_failed", "clocks_differ", "duties_left_over", "duties_twice", "duties_missing",
    "duties_wrong_time", "notices_missing", "photos_unattached",
}  # fmt: skip


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def run_reactions():
    """What the worker does with every job that waits."""
    for job, args in sql("SELECT id, args FROM procrastinate_jobs WHERE task_name = 'core.react' AND status = 'todo'"):
        react(**(json.loads(args) if isinstance(args, str) else args))
        sql("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", job)
        sql("SELECT procrastinate_finish_job_v1(%s, 'succeeded', false)", job)


def open_duties(case):
    return Duty.objects.filter(subject_type="case", subject_id=case.pk, done_at__isnull=True)


def job(status, *, attempts=0, worker=None, since=0):
    made = sql(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts, worker_id) "
        "VALUES ('urgent', 'core.react', %s, %s, %s, %s) RETURNING id",
        json.dumps({"event": "cases.CaseFiled", "data": {"case_id": 0}}), status, attempts, worker,
    )[0][0]  # fmt: skip
    event = "started" if status == "doing" else status
    sql(
        "INSERT INTO procrastinate_events (job_id, type, at) VALUES (%s, %s, now() - make_interval(secs => %s))",
        made, event, since,
    )  # fmt: skip
    return made


def everything():
    """Every row of every table that the reconciler may write to."""
    tables = ("cases_case", "duties_duty", "notifications_notice", "procrastinate_jobs", "cases_casephoto",
              "cases_timelineentry", "cases_assignment", "cases_clockevent", "audit_auditentry")  # fmt: skip
    return {table: dict(sql(f"SELECT id, to_jsonb(t)::text FROM {table} t")) for table in tables}


def soon():
    return clock.now() + dt.timedelta(minutes=5)


STATES = ("reported", "filed", "dispatched", "handling", "handled", "evaluating", "closed", "objected", "settled")


@pytest.fixture
def street(town):
    """Cases in every state, of which everybody was told."""
    town.cases = [getattr(town, state)() for state in STATES for _ in range(2)]
    town.cases.append(actions.ask_for_more(case=town.reported(), by=town.bai, question="几号楼？"))
    town.cases.append(town.reported(urgent=True, confidential=True))
    helped = actions.dispatch(case=town.filed(), by=town.chen, unit=town.enforcement, co_units=[town.sanitation])
    town.cases.append(actions.sign_for(case=helped, by=town.he))
    first, second = town.reported(), town.reported()
    town.cases += [actions.merge(case=first, into=second, by=town.bai), second]
    run_reactions()
    return town


def test_what_is_right_is_not_touched(street):
    before = everything()
    assert actions.reconcile(at=soon()) == dict.fromkeys(KINDS, 0)
    assert everything() == before
    assert kept("cases.reconcile").last == dict.fromkeys(KINDS, 0)


def test_a_hundred_orphans_are_healed_in_one_cycle(street):
    healthy = everything()
    plant(street)
    planted = everything()
    found = actions.reconcile(at=soon())
    assert found == {
        "jobs_dead": 15,
        "jobs_lost": 5,
        "jobs_failed": 10,
        "clocks_differ": 6,
        "duties_left_over": 12,
        "duties_twice": 8,
        "duties_missing": 14,
        "duties_wrong_time": 8,
        "notices_missing": 14,
        "photos_unattached": 8,
    }
    assert sum(found.values()) == 100
    after = everything()
    # The second cycle finds nothing, and writes nothing.
    assert actions.reconcile(at=soon()) == dict.fromkeys(KINDS, 0)
    assert everything() == after
    assert (kept("cases.reconcile").total, kept("cases.reconcile").last) == (100, dict.fromkeys(KINDS, 0))
    # What was right all along is as it was, row for row.
    for table, rows in healthy.items():
        same = {pk: row for pk, row in rows.items() if planted[table].get(pk) == row}
        assert {pk: after[table][pk] for pk in same} == same, table
        assert set(planted[table]) <= set(after[table]), table
    # No step was taken, and no clock was started.
    assert after["cases_timelineentry"] == planted["cases_timelineentry"]
    assert after["cases_clockevent"] == planted["cases_clockevent"]
    assert {row.what for row in whats()} == {"clock", "left_over", "twice", "missing", "wrong_time", "untold"}
    assert len(whats()) == 62


def whats():
    rows = AuditEntry.objects.filter(kind="case.reconcile").annotate(what=F("data__what"))
    return list(rows)


def plant(town):
    """A hundred things that should not be."""
    dead = sql("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id")
    alive = sql("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()) RETURNING id")
    for number in range(15):
        job("doing", worker=dead[0][0] if number % 2 else None)
    for _ in range(5):
        job("doing", worker=alive[0][0], since=jobs.LONGEST_REACTION_SECONDS + 60)
    for _ in range(10):
        job("failed", attempts=ATTEMPTS, since=jobs.FIRST_PAUSE_SECONDS + 60)
    # a dispatch, an urgent report and an objection of which nobody was told
    for _ in range(8):
        town.dispatched()
    for _ in range(4):
        town.reported(urgent=True)
    for _ in range(2):
        town.objected()
    sql("UPDATE procrastinate_jobs SET status = 'cancelled' WHERE status = 'todo' AND task_name = 'core.react' "
        "AND args->>'event' IN ('cases.CaseDispatched', 'cases.CaseReported', 'cases.CaseObjected') "
        "AND id NOT IN (SELECT job_id FROM procrastinate_events WHERE type = 'failed' OR type = 'started')")  # fmt: skip
    # to-do entries: gone, left over, twice, with another time
    walks = [town.reported, town.filed, town.handling, town.handled, town.evaluating, town.settled, town.reported]
    for walk in [*walks, *walks]:
        case = walk()
        assert open_duties(case).count() == 1
        open_duties(case).delete()
    for _ in range(4):
        case = town.closed()
        done = Duty.objects.filter(subject_type="case", subject_id=case.pk).order_by("pk")[:3]
        Duty.objects.filter(pk__in=[duty.pk for duty in done]).update(done_at=None)
    for _ in range(8):
        duty = open_duties(town.handled()).get()
        duty.pk = None
        duty.save(force_insert=True)
    for _ in range(8):
        open_duties(town.filed()).update(due_at=clock.now() + dt.timedelta(days=300))
    # deadlines that somebody edited
    for _ in range(6):
        case = town.handling()
        Case.objects.unscoped("planted").filter(pk=case.pk).update(
            due_at=F("due_at") + dt.timedelta(days=30), handle_due_at=F("handle_due_at") + dt.timedelta(days=30)
        )
    # photos whose bytes came in the same instant
    for number in range(8):
        sha = f"{number:064x}"
        town.reported(photos=[sha])
        town.sent(sha, by=town.lin)
    # the other reactions of these walks have been run
    for event in ("cases.CaseHandled", "cases.CaseClosed", "cases.CaseFiled"):
        sql("DELETE FROM procrastinate_jobs WHERE status = 'todo' AND args->>'event' = %s", event)


def test_the_healed_say_what_the_steps_would_have_said(town):
    case = town.handled()
    expected = [(d.kind, d.permission, d.area_path, d.due_at) for d in open_duties(case)]
    open_duties(case).delete()
    actions.reconcile(at=soon())
    assert [(d.kind, d.permission, d.area_path, d.due_at) for d in open_duties(case)] == expected

    case = town.handling()
    true = (case.due_at, case.handle_due_at)
    Case.objects.unscoped("planted").filter(pk=case.pk).update(due_at=None, handle_due_at=None)
    actions.reconcile(at=soon())
    found = town.read(case)
    assert (found.due_at, found.handle_due_at) == true


def test_everybody_is_told_of_the_dispatch_once(town):
    case = town.dispatched()
    notices = Notice.objects.filter(subject_id=case.pk, kind="case.dispatched")
    assert actions.reconcile(at=clock.now())["notices_missing"] == 0  # the job may still be waiting
    assert notices.count() == 0
    assert actions.reconcile(at=soon())["notices_missing"] == 1
    assert [notice.user.username for notice in notices] == ["he"]
    run_reactions()
    assert notices.count() == 1


def test_what_was_imported_is_told_to_nobody(town):
    """It took no step here: its units have long known of it."""
    now = clock.now()
    deeds = [
        Deed("file", now - dt.timedelta(hours=3), town.bai, matter=town.shed),
        Deed("dispatch", now - dt.timedelta(hours=2), town.chen, unit=town.enforcement),
    ]
    voice = Voice(source="resident", text="家属院后面的板房。", at=now - dt.timedelta(hours=4), by=None, contact=None)
    past = Past(key=1, place=town.place(), matter=town.shed, voices=(voice,), deeds=tuple(deeds))
    case = actions.import_history(by=None, histories=[past])[1]
    assert town.read(case).state == "dispatched"
    assert actions.reconcile(at=soon()) == dict.fromkeys(KINDS, 0)
    assert Notice.objects.count() == 0


def test_the_second_run_opens_nothing_again(town):
    case = town.filed()
    open_duties(case).delete()
    first, second = actions.reconcile(at=soon()), actions.reconcile(at=soon())
    assert (first["duties_missing"], second["duties_missing"]) == (1, 0)
    assert open_duties(case).count() == 1


def test_a_step_taken_meanwhile_wins(town, monkeypatch):
    """Found without a duty, closed before the repair: nothing is opened."""
    from wangge.domains.cases.actions import reconciling

    case = town.reported()
    open_duties(case).delete()
    lock = reconciling.steps.lock

    def slower(which):
        Case.objects.unscoped("planted").filter(pk=case.pk).update(state=S.VOID.value, due_at=None)
        return lock(which)

    monkeypatch.setattr(reconciling.steps, "lock", slower)
    assert actions.reconcile(at=soon())["duties_missing"] == 0
    assert open_duties(case).count() == 0


def test_the_clocks_are_gone_through_in_slices(town, monkeypatch):
    from wangge.domains.cases.actions import reconciling

    monkeypatch.setattr(reconciling, "_CLOCKS_A_CYCLE", 7)
    cases = [town.reported() for _ in range(20)]
    truth = {case.pk: town.read(case).due_at for case in cases}
    Case.objects.unscoped("planted").filter(pk__in=list(truth)).update(due_at=None)
    healed = [actions.reconcile(at=soon())["clocks_differ"] for _ in range(8)]
    assert sum(healed) == 20
    assert max(healed) <= 7
    assert {case.pk: town.read(case).due_at for case in cases} == truth


def test_what_was_given_up_is_told_to_the_administrators_once(town):
    given_up = job("failed", attempts=ATTEMPTS + jobs.MORE_ATTEMPTS, since=10**6)
    actions.reconcile(at=soon())
    actions.reconcile(at=soon())
    told = Notice.objects.filter(kind="jobs.given_up")
    assert [(notice.user.username, notice.subject_type, notice.subject_id) for notice in told] == [
        ("root", "job", given_up)
    ]


def test_the_command_says_what_it_found(town):
    open_duties(town.reported()).delete()
    said = io.StringIO()
    call_command("reconcile", stdout=said)
    assert json.loads(said.getvalue()) == dict.fromkeys(KINDS, 0) | {"duties_missing": 1}


def test_the_task_runs_it_and_every_worker_begins_with_it(town):
    from wangge.foundation.core.tasks import AT_START

    open_duties(town.reported()).delete()
    tasks.reconcile(timestamp=0)
    assert kept("cases.reconcile").last["duties_missing"] == 1
    assert tasks.reconcile in AT_START


def test_every_case_of_the_cast_has_clock_events(street):
    """What the comparison of clocks rests on."""
    for case in street.cases:
        assert ClockEvent.objects.filter(case=case).exists(), case.state
