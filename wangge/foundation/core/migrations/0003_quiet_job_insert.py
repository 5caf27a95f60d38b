"""Inserting a job no longer notifies inside the writer's transaction.

PostgreSQL lets transactions that notify commit one after the other, each through its own disk flush; a report writes a
job, so reports would queue behind one another. `core.events` wakes the worker after the commit instead.
"""

from django.db import migrations

TRIGGER = "procrastinate_jobs_notify_queue_job_inserted_v1"


class Migration(migrations.Migration):
    """After procrastinate's own last migration."""

    dependencies = [("core", "0002_initial"), ("procrastinate", "0041_post_retry_failed_job")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE procrastinate_jobs DISABLE TRIGGER {TRIGGER}",
            f"ALTER TABLE procrastinate_jobs ENABLE TRIGGER {TRIGGER}",
        )
    ]
