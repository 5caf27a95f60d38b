"""What machines are told about the site's state."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from wangge.config import health
from wangge.foundation.core import clock, jobs
from wangge.foundation.core.tasks import ATTEMPTS
from wangge.foundation.core.upkeep import note

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(health, "_migrated", set())


def defer(sql_age: str, *, scheduled: str = "NULL", status: str = "todo") -> None:
    """A job that was deferred `sql_age` ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status, scheduled_at, attempts) "
            f"VALUES ('default', 'trial', 0, '{{}}', %s, {scheduled}, 0) RETURNING id",
            [status],
        )
        job = cursor.fetchone()[0]
        cursor.execute("DELETE FROM procrastinate_events WHERE job_id = %s", [job])
        cursor.execute(
            f"INSERT INTO procrastinate_events (job_id, type, at) VALUES (%s, 'deferred', now() - interval '{sql_age}')",
            [job],
        )


def test_healthz_asks_nobody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert "no-store" in answer["Cache-Control"]
    assert client.post("/healthz").status_code == 405


def test_a_well_site_is_ready(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    told = answer.json()
    assert told["ok"] is True
    assert set(told["checks"]) == {"database", "disk", "migrations", "queue", "upkeep"}
    assert told["checks"]["upkeep"] == {
        "ok": True,
        "given_up": 0,
        "healed_last_run": 0,
        "healed_ever": 0,
        "seconds_since": None,
    }
    assert told["checks"]["migrations"] == {"ok": True, "pending": 0}
    assert told["checks"]["queue"] == {"ok": True, "oldest_waiting_seconds": 0}


def test_the_second_question_about_migrations_costs_no_query(django_assert_num_queries):
    assert health.migrations() == {"ok": True, "pending": 0}
    with django_assert_num_queries(0):
        assert health.migrations() == {"ok": True, "pending": 0}


def test_a_missing_migration_is_not_ready_and_is_asked_again(client, monkeypatch):
    applied = MigrationRecorder.applied_migrations
    monkeypatch.setattr(
        MigrationRecorder,
        "applied_migrations",
        lambda self: {key: value for key, value in applied(self).items() if key != ("sessions", "0001_initial")},
    )
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == {"ok": False, "pending": 1}
    monkeypatch.undo()
    assert health.migrations()["ok"] is True


def test_a_job_that_waits_too_long_is_not_ready(client):
    defer("10 seconds")
    assert client.get("/readyz").json()["checks"]["queue"]["ok"] is True
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '301 seconds'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["queue"] == {"ok": False, "oldest_waiting_seconds": 301}


def test_jobs_for_later_and_finished_jobs_do_not_wait():
    defer("2 hours", scheduled="now() + interval '1 hour'")
    defer("2 hours", status="succeeded")
    assert health.queue() == {"ok": True, "oldest_waiting_seconds": 0}


def test_a_retried_job_waits_since_its_new_time():
    defer("2 hours", scheduled="now() - interval '40 seconds'")
    assert health.queue() == {"ok": True, "oldest_waiting_seconds": 40}


def test_a_dead_database_is_told_without_its_address(client, monkeypatch):
    def dead():
        raise DatabaseError("connection to server at 10.0.0.7 failed")

    monkeypatch.setattr(health.connection, "cursor", dead)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == {"ok": False, "error": "DatabaseError"}
    assert answer.json()["checks"]["queue"] == {"ok": False, "error": "unknown"}
    assert b"10.0.0.7" not in answer.content


def test_a_full_disk_is_not_ready(client, monkeypatch):
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _: SimpleNamespace(free=499_999_999))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["disk"] == {"ok": False, "free_megabytes": 499}


def test_what_was_put_right_and_what_was_not_is_told(client):
    at = clock.now()
    note("cases.reconcile", {"duties_missing": 3, "jobs_dead": 1}, at=at - dt.timedelta(minutes=5))
    note("cases.reconcile", {"duties_missing": 2, "jobs_dead": 0}, at=at)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status, attempts) "
            "VALUES ('urgent', 'core.react', 0, '{}', 'failed', %s), ('urgent', 'core.react', 0, '{}', 'failed', %s)",
            [jobs.MORE_ATTEMPTS + ATTEMPTS, jobs.MORE_ATTEMPTS + ATTEMPTS - 1],
        )
    with time_machine.travel(at + dt.timedelta(seconds=90), tick=False):
        answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"]["upkeep"] == {
        "ok": True,
        "given_up": 1,
        "healed_last_run": 2,
        "healed_ever": 6,
        "seconds_since": 90,
    }
