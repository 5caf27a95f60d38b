"""Jobs that nobody works on any more go back to the queue; others are left alone; the order in which they run."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from wangge.foundation.core import jobs
from wangge.foundation.core.tasks import ATTEMPTS, BULK, FIRST, LAST, PERIODIC, forget_jobs, react

pytestmark = pytest.mark.django_db


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else None


def worker(silent_for=0):
    return sql(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s)) RETURNING id",
        silent_for,
    )[0][0]


def job(status="doing", *, by=None, attempts=0, task="core.react", queueing_lock=None, since=0, event=None, priority=0):
    """A job in a status since `since` seconds."""
    made = sql(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status, attempts, worker_id, "
        "queueing_lock) VALUES ('urgent', %s, %s, '{}', %s, %s, %s, %s) RETURNING id",
        task, priority, status, attempts, by, queueing_lock,
    )[0][0]  # fmt: skip
    event = event or {"doing": "started"}.get(status, status)
    if status != "todo":
        sql(
            "INSERT INTO procrastinate_events (job_id, type, at) VALUES (%s, %s, now() - make_interval(secs => %s))",
            made, event, since,
        )  # fmt: skip
    return made


def state(pk):
    return sql("SELECT status::text, attempts FROM procrastinate_jobs WHERE id = %s", pk)[0]


def test_the_job_of_a_dead_worker_is_given_back_and_that_of_a_living_one_is_not():
    dead, living = worker(silent_for=jobs.SILENT_SECONDS + 1), worker(silent_for=jobs.SILENT_SECONDS - 5)
    taken, kept, orphan = job(by=dead), job(by=living), job(by=None)
    assert jobs.give_back() == 2
    assert [state(pk) for pk in (taken, orphan, kept)] == [("todo", 1), ("todo", 1), ("doing", 0)]
    assert jobs.give_back() == 0


def test_a_dead_workers_periodic_job_whose_successor_waits_is_ended():
    taken = job(by=worker(silent_for=99), task="audit.seal", queueing_lock="audit.seal")
    waiting = job("todo", task="audit.seal", queueing_lock="audit.seal")
    other = job(by=worker(silent_for=99))
    assert jobs.give_back() == 2
    assert [state(pk)[0] for pk in (taken, waiting, other)] == ["aborted", "todo", "todo"]


def test_a_reaction_that_its_worker_lost_is_given_back_and_long_work_is_not():
    living = worker()
    lost = job(by=living, since=jobs.LONGEST_REACTION_SECONDS + 1)
    running = job(by=living, since=jobs.LONGEST_REACTION_SECONDS - 5)
    training = job(by=living, task="cases.train", since=3600)
    assert jobs.reclaim() == jobs.Reclaimed(dead=0, lost=1, failed=0)
    assert [state(pk)[0] for pk in (lost, running, training)] == ["todo", "doing", "doing"]


@pytest.mark.parametrize(
    ("attempts", "since", "again"),
    [
        (ATTEMPTS, jobs.FIRST_PAUSE_SECONDS + 1, True),
        (ATTEMPTS, jobs.FIRST_PAUSE_SECONDS - 5, False),
        (ATTEMPTS + 1, jobs.FIRST_PAUSE_SECONDS + 1, False),
        (ATTEMPTS + 1, jobs.FIRST_PAUSE_SECONDS * 2 + 1, True),
        (ATTEMPTS + jobs.MORE_ATTEMPTS - 1, jobs.FIRST_PAUSE_SECONDS * 2 ** (jobs.MORE_ATTEMPTS - 1) + 1, True),
        (ATTEMPTS + jobs.MORE_ATTEMPTS, 10**7, False),
    ],
)
def test_a_reaction_that_failed_for_good_is_tried_again_ever_later_and_given_up_at_last(attempts, since, again):
    failed = job("failed", attempts=attempts, since=since)
    other = job("failed", task="cases.train", attempts=0, since=10**6)
    assert jobs.reclaim() == jobs.Reclaimed(dead=0, lost=0, failed=int(again))
    assert state(failed)[0] == ("todo" if again else "failed")
    assert state(other)[0] == "failed"
    assert jobs.given_up() == ([failed] if attempts == ATTEMPTS + jobs.MORE_ATTEMPTS else [])


def test_what_ended_well_is_forgotten_after_a_fortnight_and_what_failed_is_not():
    day = 86_400
    old, young = job("succeeded", since=15 * day), job("succeeded", since=13 * day)
    failed, waiting = job("failed", since=99 * day), job("todo")
    overtaken = job("failed", task="audit.seal", since=15 * day)
    forget_jobs(timestamp=0)
    assert {row[0] for row in sql("SELECT id FROM procrastinate_jobs")} == {young, failed, waiting}
    assert sql("SELECT count(*) FROM procrastinate_events WHERE job_id IN (%s, %s)", old, overtaken) == [(0,)]


def fetch():
    return sql("SELECT id FROM procrastinate_fetch_job_v2(NULL, %s)", worker())[0][0]


def test_what_time_does_goes_before_a_flood_and_long_work_comes_last():
    args = json.dumps({"event": "cases.CaseReported", "data": {"case_id": 1}})
    sql(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args) "
        "SELECT 'bulk', 'cases.train', %s, '{}'::jsonb UNION ALL "
        "SELECT 'urgent', 'core.react', %s, %s::jsonb FROM generate_series(1, 10000)",
        LAST, react.priority, args,
    )  # fmt: skip
    late = job("todo", task="core.retry_stalled", priority=FIRST)
    assert fetch() == late
    following = fetch()
    assert sql("SELECT task_name FROM procrastinate_jobs WHERE id = %s", following) == [("core.react",)]
    sql("DELETE FROM procrastinate_jobs WHERE task_name = 'core.react'")
    assert sql("SELECT task_name FROM procrastinate_jobs WHERE id = %s", fetch()) == [("cases.train",)]


def test_every_periodic_task_has_its_rank():
    """Short ones go first; long ones last, and one at a time, or they would take every hand there is."""
    ranks = {
        name: (task.queue, task.priority, task.lock)
        for name, task in app.tasks.items()
        if name in {periodic for periodic, _id in app.periodic_registry.periodic_tasks}
    }
    assert "cases.reconcile" in ranks
    wrong = {name: rank for name, rank in ranks.items() if rank != (PERIODIC, FIRST, None) and rank[1:] != (LAST, BULK)}
    assert wrong == {}
    assert {name for name in ranks if app.tasks[name].queueing_lock != name} == set()
    assert react.priority == 0


def test_a_worker_says_that_it_lives_often_enough(settings):
    held = settings.PROCRASTINATE_WORKER_DEFAULTS
    assert held["update_heartbeat_interval"] * 3 < held["stalled_worker_timeout"] == jobs.SILENT_SECONDS
