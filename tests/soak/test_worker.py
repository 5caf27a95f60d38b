"""A worker killed in the middle of a job: the next one has it within a minute, and everybody is told once."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psycopg
import pytest

from tests.soak.conftest import COUNTED, ROOT, SOAK


def start(url, log):
    env = os.environ | {"DATABASE_URL": url}
    return subprocess.Popen(
        [sys.executable, "manage.py", "worker"], cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
    )


def until(condition, seconds):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds
        time.sleep(0.05)
    return time.monotonic() - began


@pytest.mark.soak
def test_a_job_is_resumed_within_a_minute(own_database, tmp_path):
    from tests.town import Town
    from wangge.foundation.core.upkeep import kept
    from wangge.foundation.notifications.models import Notice

    street = Town()
    street.dispatched()
    with (
        (tmp_path / "worker.log").open("wb") as log,
        psycopg.connect(own_database, autocommit=True) as looker,
        psycopg.connect(own_database) as holder,
    ):

        def status():
            return looker.execute(
                "SELECT status::text FROM procrastinate_jobs WHERE args->>'event' = 'cases.CaseDispatched'"
            ).fetchone()[0]

        # The reaction cannot write its message: it is in the middle of its work when the worker dies.
        holder.execute("LOCK TABLE notifications_notice IN SHARE MODE")
        first = start(own_database, log)
        until(lambda: status() == "doing", 60)
        time.sleep(0.5)
        first.kill()
        first.wait()
        holder.rollback()
        assert (status(), Notice.objects.filter(kind="case.dispatched").count()) == ("doing", 0)
        killed = time.monotonic()
        second = start(own_database, log)
        try:
            until(lambda: status() == "succeeded", 90)
            took = time.monotonic() - killed
            until(lambda: kept("cases.reconcile") is not None, 30)
        finally:
            second.terminate()
            second.wait(timeout=30)
    assert Notice.objects.filter(kind="case.dispatched").count() == 1
    assert took <= 60
    if SOAK:
        COUNTED.append(f"worker killed in the middle of a job: resumed after {took:.0f} s")
