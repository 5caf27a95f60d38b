"""Background entry points of places."""

from procrastinate.contrib.django import app

from wangge.foundation.core.tasks import AT_START, BULK, LAST, PERIODIC
from wangge.foundation.places import redrawing


@app.periodic(cron="*/10 * * * *")
@app.task(queue=PERIODIC, priority=LAST, name="places.redraw", queueing_lock="places.redraw", lock=BULK)
def redraw(timestamp: int) -> None:
    """Apply plans of new grids whose day has come; also whenever a worker starts."""
    redrawing.apply_due()


AT_START.append(redraw)
