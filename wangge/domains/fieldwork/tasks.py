"""Background entry points of fieldwork."""

from procrastinate.contrib.django import app

from wangge.domains.fieldwork.actions import planning, standups
from wangge.foundation.core.tasks import AT_START, BULK, FIRST, LAST, PERIODIC


@app.periodic(cron="15 */4 * * *")
@app.task(queue=PERIODIC, name="fieldwork.make_rounds", queueing_lock="fieldwork.make_rounds", lock=BULK, priority=LAST)
def make_rounds(timestamp: int) -> None:
    """The rounds of today and tomorrow; every few hours, so that what was missed is planned anew."""
    planning.make_rounds()


@app.periodic(cron="*/5 * * * *")
@app.task(queue=PERIODIC, name="fieldwork.close_windows", queueing_lock="fieldwork.close_windows", priority=FIRST)
def close_windows(timestamp: int) -> None:
    """Note the rounds whose window is over."""
    while planning.close_windows():
        pass


@app.periodic(cron="*/30 * * * *")
@app.task(queue=PERIODIC, name="fieldwork.make_lists", queueing_lock="fieldwork.make_lists", lock=BULK, priority=LAST)
def make_lists(timestamp: int) -> None:
    """The lists of the morning's stand-ups, as long as they are not held."""
    standups.make_lists()


AT_START.append(make_rounds)
