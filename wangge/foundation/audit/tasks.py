"""Background entry points of the audit."""

from procrastinate.contrib.django import app

from wangge.foundation.audit import actions
from wangge.foundation.core.tasks import FIRST, PERIODIC


@app.periodic(cron="* * * * * */5")
@app.task(queue=PERIODIC, priority=FIRST, name="audit.seal", queueing_lock="audit.seal")
def seal(timestamp: int) -> None:
    """Chain what was recorded in the last seconds."""
    actions.seal()
