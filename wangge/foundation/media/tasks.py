"""Background entry points of photos."""

from procrastinate.contrib.django import app

from wangge.foundation.core.tasks import FIRST, PERIODIC
from wangge.foundation.media import actions, parts


@app.periodic(cron="*/10 * * * *")
@app.task(queue=PERIODIC, priority=FIRST, name="media.take_prints", queueing_lock="media.take_prints")
def take_prints(timestamp: int) -> None:
    """Take the prints of files that were accepted without one."""
    actions.take_prints()


@app.periodic(cron="25 3 * * *")
@app.task(queue=PERIODIC, name="media.forget_parts", queueing_lock="media.forget_parts", priority=FIRST)
def forget_parts(timestamp: int) -> None:
    """Delete what arrived of files that nobody went on sending for a week."""
    parts.forget_old()
