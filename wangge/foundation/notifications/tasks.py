"""Background entry points of notifications."""

from procrastinate.contrib.django import app

from wangge.foundation.core.tasks import FIRST, PERIODIC
from wangge.foundation.notifications import actions


@app.periodic(cron="* * * * *")
@app.task(queue=PERIODIC, priority=FIRST, name="notifications.deliver", queueing_lock="notifications.deliver")
def deliver(timestamp: int) -> None:
    """Send what waits for outside channels."""
    actions.deliver()
