"""Background entry points of the foundation, and which jobs go first.

A worker takes the job of the highest priority, then the oldest. What time does (seconds of work, every few seconds or
minutes) goes before what people do, or a flood of reports would starve it; long work comes last and one at a time
(`lock=BULK`), or it would take all the hands there are.
"""

from __future__ import annotations

from typing import Any

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from wangge.foundation.core import events, jobs

URGENT = "urgent"
PERIODIC = "periodic"
BULK = "bulk"
FIRST, LAST = 10, -10
"""Priorities of periodic and of long jobs; reactions have 0."""
ATTEMPTS = 12
"""How often a reaction is tried, after 2, 4, 8 … seconds: for some two hours. Then `jobs.reclaim` takes over."""

AT_START: list[Any] = []
"""Tasks that `manage.py worker` defers once when it starts; each has a queueing lock."""


@app.task(
    queue=URGENT, name="core.react", retry=RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=2), pass_context=False
)
def react(*, event: str, data: dict[str, Any]) -> None:
    """Run every reaction to one event; each must be safe to repeat."""
    for reaction in events.reactions_to(event):
        reaction(**data)


@app.periodic(cron="* * * * * */10")
@app.task(queue=PERIODIC, name="core.retry_stalled", queueing_lock="core.retry_stalled", priority=FIRST)
def retry_stalled(timestamp: int) -> None:
    """Give the jobs of a killed worker back to the queue (a `kill -9` leaves them "doing" for ever)."""
    jobs.give_back()


@app.periodic(cron="40 3 * * *")
@app.task(queue=PERIODIC, name="core.forget_jobs", queueing_lock="core.forget_jobs", lock=BULK, priority=LAST)
def forget_jobs(timestamp: int) -> None:
    """Delete what ended a fortnight ago."""
    while jobs.forget_finished():
        pass
