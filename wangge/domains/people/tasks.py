"""Background entry points of people and homes."""

from procrastinate.contrib.django import app

from wangge.domains.people.actions import matching
from wangge.foundation.core.tasks import BULK, LAST, PERIODIC


@app.periodic(cron="10 2 * * *")
@app.task(queue=PERIODIC, name="people.match", queueing_lock="people.match", lock=BULK, priority=LAST)
def match(timestamp: int) -> None:
    """Every night: end what nobody confirmed, match everybody with the policies, remind of what runs out."""
    matching.lapse_unconfirmed()
    matching.match_all()
    matching.remind()
