"""Background entry points of fieldwork."""

from procrastinate.contrib.django import app

from wangge.domains.fieldwork.actions import forgetting, phones, round_plans, standups, visit_planning
from wangge.foundation.core.tasks import AT_START, BULK, FIRST, LAST, PERIODIC


@app.periodic(cron="15 */4 * * *")
@app.task(queue=PERIODIC, name="fieldwork.make_rounds", queueing_lock="fieldwork.make_rounds", lock=BULK, priority=LAST)
def make_rounds(timestamp: int) -> None:
    """The rounds of today and tomorrow; every few hours, so that what was missed is planned anew."""
    round_plans.make_rounds()


@app.periodic(cron="*/5 * * * *")
@app.task(queue=PERIODIC, name="fieldwork.close_windows", queueing_lock="fieldwork.close_windows", priority=FIRST)
def close_windows(timestamp: int) -> None:
    """Note the rounds whose window is over."""
    while round_plans.close_windows():
        pass


@app.periodic(cron="*/30 * * * *")
@app.task(queue=PERIODIC, name="fieldwork.make_lists", queueing_lock="fieldwork.make_lists", lock=BULK, priority=LAST)
def make_lists(timestamp: int) -> None:
    """The lists of the morning's stand-ups, as long as they are not held."""
    standups.make_lists()


@app.periodic(cron="50 * * * *")
@app.task(
    queue=PERIODIC, name="fieldwork.worry_about_phones", queueing_lock="fieldwork.worry_about_phones", priority=FIRST
)
def worry_about_phones(timestamp: int) -> None:
    """Tell the stations of phones in which something has waited for a day."""
    phones.worry_about_phones()


@app.periodic(cron="40 2 * * *")
@app.task(queue=PERIODIC, name="fieldwork.plan_visits", queueing_lock="fieldwork.plan_visits", lock=BULK, priority=LAST)
def plan_visits(timestamp: int) -> None:
    """Every night, after the matching: the due visits of every household and firm; then empty what is kept too long."""
    visit_planning.plan_all()
    while forgetting.forget_old():
        pass


AT_START.append(make_rounds)
