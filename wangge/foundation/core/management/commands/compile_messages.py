"""`manage.py compile_messages`: every .po of ours to the .mo that Django reads."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from wangge.foundation.core.catalogues import compile_po, homes


class Command(BaseCommand):
    help = "Compile the message catalogues of our own apps (.po to .mo), without GNU gettext."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        done = 0
        for home in homes():
            if home.po.exists():
                compile_po(home.po)
                done += 1
        self.stdout.write(f"{done} catalogues compiled")
