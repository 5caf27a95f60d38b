"""Background entry points of cases."""

from procrastinate.contrib.django import app

from wangge.domains.cases import actions
from wangge.foundation.core.tasks import PERIODIC


@app.periodic(cron="*/5 * * * *")
@app.task(queue=PERIODIC, name="cases.apply_rules", queueing_lock="cases.apply_rules")
def apply_rules(timestamp: int) -> None:
    """Take the steps that are due by rule."""
    actions.apply_rules()
