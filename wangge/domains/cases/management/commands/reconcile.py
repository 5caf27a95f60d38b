"""`manage.py reconcile`: put right now what the job does every five minutes, and say what was found."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from wangge.domains.cases import actions


class Command(BaseCommand):
    """One cycle of the reconciler."""

    help = "Find and heal what a crash left undone: jobs, duties, notices, photos, deadlines. Prints one line of JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run once; the numbers by kind."""
        self.stdout.write(json.dumps(actions.reconcile(), sort_keys=True))
