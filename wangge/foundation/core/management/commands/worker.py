"""The job worker of this site: `manage.py worker`."""

from __future__ import annotations

import contextlib
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from procrastinate.exceptions import AlreadyEnqueued

from wangge.foundation.core.tasks import AT_START


class Command(BaseCommand):
    """Runs until it is told to stop, or until PostgreSQL breaks off: whoever keeps it must start it again always."""

    help = "Run background jobs; begins with putting right what an earlier worker may have left behind."

    def handle(self, *args: Any, **options: Any) -> None:
        """Defer what belongs to every start, then work (PROCRASTINATE_WORKER_DEFAULTS in the settings)."""
        for task in AT_START:
            with contextlib.suppress(AlreadyEnqueued):
                task.defer(timestamp=0)
        call_command("procrastinate", "worker")
