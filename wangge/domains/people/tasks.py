"""Background entry points of people and homes."""

from procrastinate.contrib.django import app

from wangge.domains.people.actions import exporting, importing, matching, retiring
from wangge.domains.people.models import ExportRequest, ImportBatch
from wangge.foundation.core.tasks import BULK, LAST, PERIODIC


@app.periodic(cron="10 2 * * *")
@app.task(queue=PERIODIC, name="people.match", queueing_lock="people.match", lock=BULK, priority=LAST)
def match(timestamp: int) -> None:
    """Every night: end what nobody confirmed, match everybody with the policies, remind of what runs out."""
    matching.lapse_unconfirmed()
    matching.match_all()
    matching.remind()


@app.task(queue=BULK, name=importing.CHECK, lock=BULK, priority=LAST)
def import_check(*, batch: int) -> None:
    """The dry run of a file."""
    importing.check(batch=ImportBatch(pk=batch))


@app.task(queue=BULK, name=importing.APPLY, lock=BULK, priority=LAST)
def import_apply(*, batch: int) -> None:
    """Take in the good rows of a file."""
    importing.apply(batch=ImportBatch(pk=batch))


@app.task(queue=BULK, name=importing.UNDO, lock=BULK, priority=LAST)
def import_undo(*, batch: int) -> None:
    """Take back what a file brought."""
    importing.undo(batch=ImportBatch(pk=batch))


@app.task(queue=BULK, name=exporting.BUILD, lock=BULK, priority=LAST)
def export_build(*, request: int) -> None:
    """Make a list that a second person agreed to."""
    exporting.build(request=ExportRequest(pk=request))


@app.periodic(cron="50 3 * * *")
@app.task(queue=PERIODIC, name="people.files_expire", queueing_lock="people.files_expire", lock=BULK, priority=LAST)
def files_expire(timestamp: int) -> None:
    """Destroy what was not fetched within seven days, and what files held 90 days ago."""
    exporting.expire()
    while importing.forget_old():
        pass


@app.periodic(cron="20 4 * * *")
@app.task(queue=PERIODIC, name="people.retire", queueing_lock="people.retire", priority=LAST, lock=BULK)
def retire(timestamp: int) -> None:
    """Forget who saw whom half a year ago; copy the key store and delete copies older than a week."""
    retiring.forget_seen()
    retiring.copy_keys()
