"""Background entry points of the indicators."""

from procrastinate.contrib.django import app

from wangge.domains.stats import actions
from wangge.foundation.core.tasks import BULK, FIRST, LAST, PERIODIC


@app.periodic(cron="2-59/5 * * * *")
@app.task(queue=PERIODIC, priority=FIRST, name="stats.recount", queueing_lock="stats.recount")
def recount(timestamp: int) -> None:
    """Count again the past months in which something has changed."""
    actions.recount()


@app.periodic(cron="40 3 * * *")
@app.task(queue=PERIODIC, name="stats.recount_all", queueing_lock="stats.recount_all", lock=BULK, priority=LAST)
def recount_all(timestamp: int) -> None:
    """Count every past month anew, once a night: the roll-up never drifts for longer than a day."""
    actions.recount(everything=True)


@app.periodic(cron="10 4 * * *")
@app.task(queue=PERIODIC, name="stats.count_homes", queueing_lock="stats.count_homes", lock=BULK, priority=LAST)
def count_homes(timestamp: int) -> None:
    """Count what is registered in each grid, once a night."""
    actions.count_homes()
