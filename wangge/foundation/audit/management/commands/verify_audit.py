"""`manage.py verify_audit`: recompute the whole chain and say whether it holds."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wangge.foundation.audit import queries


class Command(BaseCommand):
    """Exit status 0 when the chain holds, 1 with the first broken position when it does not."""

    help = "Recompute the audit chain from its first entry and compare it with the seals."

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = queries.verify()
        if not verdict.intact:
            raise CommandError(f"The audit chain is broken at position {verdict.broken_at}: {verdict.reason}.")
        self.stdout.write(
            f"The audit chain holds: {verdict.sealed} entries sealed, {verdict.unsealed} waiting to be sealed, "
            f"head {verdict.head.hex()}."
        )
