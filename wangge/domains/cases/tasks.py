"""Background entry points of cases."""

import contextlib

from procrastinate.contrib.django import app

from wangge.domains.cases import actions
from wangge.foundation.core.tasks import AT_START, BULK, FIRST, LAST, PERIODIC


@app.periodic(cron="*/5 * * * *")
@app.task(queue=PERIODIC, priority=FIRST, name="cases.apply_rules", queueing_lock="cases.apply_rules")
def apply_rules(timestamp: int) -> None:
    """Take the steps that are due by rule."""
    actions.apply_rules()


@app.periodic(cron="*/5 * * * *")
@app.task(queue=PERIODIC, priority=FIRST, name="cases.watch", queueing_lock="cases.watch")
def watch(timestamp: int) -> None:
    """Warn of deadlines, climb the ladder, and send the day's digests."""
    actions.supervising.watch()
    actions.supervising.send_digests()


@app.periodic(cron="*/5 * * * *")
@app.task(queue=PERIODIC, priority=FIRST, name="cases.reconcile", queueing_lock="cases.reconcile")
def reconcile(timestamp: int) -> None:
    """Put right what a crash left undone; also whenever a worker starts."""
    actions.reconcile()


@app.periodic(cron="*/5 * * * *")
@app.task(queue=PERIODIC, priority=FIRST, name="cases.keep_time", queueing_lock="cases.keep_time")
def keep_time(timestamp: int) -> None:
    """Note what is overdue; compute provisional deadlines by a calendar that has come in since."""
    actions.keep_time()


@app.periodic(cron="*/15 * * * *")
@app.task(queue=PERIODIC, priority=FIRST, name="cases.propose_clusters", queueing_lock="cases.propose_clusters")
def propose_clusters(timestamp: int) -> None:
    """Propose to the desk what looks like one thing reported several times."""
    actions.clustering.propose_clusters()


@app.periodic(cron="30 2 * * *")
@app.task(queue=PERIODIC, name=actions.learning.TASK, queueing_lock=actions.learning.TASK, lock=BULK, priority=LAST)
def train_texts(timestamp: int) -> None:
    """Train the classifier of texts anew from the cases that were closed."""
    with contextlib.suppress(actions.learning.TrainingRunsError):
        actions.learning.train()


@app.task(queue=PERIODIC, name="cases.train_first", queueing_lock="cases.train_first", lock=BULK, priority=LAST)
def train_first(timestamp: int) -> None:
    """Train from the shipped sentences in an office that has no model yet; whenever a worker starts."""
    actions.learning.train_first()


AT_START.append(reconcile)
AT_START.append(train_first)
