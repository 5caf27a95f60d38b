"""Jobs that would otherwise hang for ever: of killed workers, of workers that lost them, and those that gave up.

That an event is published without its job is impossible: both are rows of one transaction (`core.events`). What can
happen is that a worker dies with a job in its hands (`kill -9` leaves it "doing"), that the database broke off exactly
while a job was being marked as done, and that a reaction fails for good. Each reaction is safe to repeat, so all of
them simply go back to the queue.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connection, transaction

from wangge.foundation.core.heartbeats import SILENT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_REACTION_SECONDS = 600
"""A reaction under way for longer was lost by a worker that lives: no statement may take longer than half a minute."""
FIRST_PAUSE_SECONDS = 1800
"""A reaction that failed for good is tried again after this time, then after twice that, and so on."""
MORE_ATTEMPTS = 6
"""How often beyond the task's own attempts, before it is given up: about a day and a half."""
_BATCH = 1000
_REACT = "core.react"

_DEAD = """
    SELECT job.id, job.queueing_lock FROM procrastinate_jobs AS job
    LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
    WHERE job.status = 'doing'
      AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %(silent)s))
    ORDER BY job.id LIMIT %(batch)s FOR UPDATE OF job SKIP LOCKED
"""
_LOST = """
    SELECT job.id, job.queueing_lock FROM procrastinate_jobs AS job
    WHERE job.status = 'doing' AND job.task_name = %(react)s AND NOT EXISTS (
        SELECT FROM procrastinate_events AS event
        WHERE event.job_id = job.id AND event.type = 'started' AND event.at > now() - make_interval(secs => %(longest)s)
    )
    ORDER BY job.id LIMIT %(batch)s FOR UPDATE OF job SKIP LOCKED
"""
# The n-th extra attempt comes FIRST_PAUSE · 2ⁿ after the last failure.
_FAILED = """
    SELECT job.id, job.queueing_lock FROM procrastinate_jobs AS job
    CROSS JOIN LATERAL (
        SELECT max(event.at) AS at FROM procrastinate_events AS event
        WHERE event.job_id = job.id AND event.type = 'failed'
    ) AS failed
    WHERE job.status = 'failed' AND job.task_name = %(react)s AND job.attempts < %(own)s + %(more)s
      AND failed.at <= now() - make_interval(secs => %(pause)s * power(2, greatest(0, job.attempts - %(own)s)))
    ORDER BY job.id LIMIT %(batch)s FOR UPDATE OF job SKIP LOCKED
"""
_GIVEN_UP = """
    SELECT job.id FROM procrastinate_jobs AS job
    WHERE job.status = 'failed' AND job.task_name = %(react)s AND job.attempts >= %(own)s + %(more)s
    ORDER BY job.id DESC LIMIT %(batch)s
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Reclaimed:
    """How many jobs went back to the queue, and why they had to."""

    dead: int
    lost: int
    failed: int


def reclaim() -> Reclaimed:
    """Give every job that nobody works on any more back to the queue; safe to run at any time and twice."""
    return Reclaimed(dead=give_back(), lost=_return(_LOST), failed=_return(_FAILED))


def give_back() -> int:
    """Only the jobs of dead workers: what runs every few seconds. Returns how many."""
    return _return(_DEAD)


def given_up() -> list[int]:
    """Ids of the reactions that will not be tried again, newest first: a person must look."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN_UP, _limits())
        return [row[0] for row in cursor.fetchall()]


def forget_finished(*, days: int = 14, limit: int = 5000) -> int:
    """Delete up to `limit` jobs that ended more than `days` days ago, oldest first; how many.

    Reactions that failed stay: a person must look. Whatever else failed was run anew by its next tick.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Along the events' key: the oldest events belong to the oldest jobs, which are deleted with them.
        cursor.execute(
            """
            DELETE FROM procrastinate_jobs AS job USING (
                SELECT DISTINCT job_id FROM (
                    SELECT event.job_id FROM procrastinate_events AS event
                    JOIN procrastinate_jobs AS ended ON ended.id = event.job_id
                    WHERE event.at < now() - make_interval(days => %s)
                      AND event.type IN ('succeeded', 'cancelled', 'aborted', 'failed')
                      AND ended.status IN ('succeeded', 'cancelled', 'aborted', 'failed')
                      AND (ended.status <> 'failed' OR ended.task_name <> %s)
                    ORDER BY event.id LIMIT %s
                ) AS oldest
            ) AS gone
            WHERE job.id = gone.job_id
            """,
            [days, _REACT, limit],
        )
        return int(cursor.rowcount)


def _limits() -> dict[str, Any]:
    from wangge.foundation.core.tasks import ATTEMPTS

    return {
        "silent": SILENT_SECONDS,
        "longest": LONGEST_REACTION_SECONDS,
        "react": _REACT,
        "own": ATTEMPTS,
        "more": MORE_ATTEMPTS,
        "pause": FIRST_PAUSE_SECONDS,
        "batch": _BATCH,
    }


@transaction.atomic
def _return(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, _limits())
        found: Sequence[tuple[int, str | None]] = cursor.fetchall()
        for job, queueing_lock in found:
            try:
                with transaction.atomic():
                    cursor.execute("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", [job])
            except IntegrityError:
                # Its successor already waits (one in the queue at a time): this one has nothing left to do.
                if queueing_lock is None:
                    raise
                cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'aborted', false)", [job])
    return len(found)
