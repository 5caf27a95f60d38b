"""Background entry points of the foundation."""

from __future__ import annotations

from typing import Any

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from wangge.foundation.core import events

URGENT = "urgent"
PERIODIC = "periodic"
BULK = "bulk"


@app.task(queue=URGENT, name="core.react", retry=RetryStrategy(max_attempts=12, exponential_wait=2), pass_context=False)
def react(*, event: str, data: dict[str, Any]) -> None:
    """Run every reaction to one event; each must be safe to repeat."""
    for reaction in events.reactions_to(event):
        reaction(**data)


@app.periodic(cron="* * * * *")
@app.task(queue=PERIODIC, name="core.retry_stalled", queueing_lock="core.retry_stalled", pass_context=True)
async def retry_stalled(context: Any, timestamp: int) -> None:
    """Give the jobs of a killed worker back to the queue (a `kill -9` leaves them "doing" for ever)."""
    for job in await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=60):
        await context.app.job_manager.retry_job(job)
