"""`manage.py keystore backup|prune|replay|restore|status`: the store of the persons' keys; docs/operations/keys.md."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from wangge.foundation.core import clock, keystore

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Back up the key store (kept for days, not years), forget again whoever was erased after a restore."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["backup", "prune", "replay", "restore", "status"])
        parser.add_argument("file", nargs="?", help="backup: where to; restore: from where")
        parser.add_argument("--days", type=int, default=7, help="prune: delete backups older than this")

    def handle(self, *args: Any, what: str, file: str | None, days: int, **options: Any) -> None:
        store = keystore.keys()
        if what == "backup":
            target = Path(file) if file else store.backups() / f"people-{clock.now():%Y%m%dT%H%M%SZ}.sqlite"
            store.backup(target)
            self.stdout.write(f"{store.count()} keys copied to {target.name}.")
        elif what == "prune":
            self.stdout.write(f"{store.prune_backups(older_than=dt.timedelta(days=days))} backups deleted.")
        elif what == "replay":
            self.stdout.write(f"{store.replay_journal()} keys of erased persons forgotten again.")
        elif what == "restore":
            if not file or not Path(file).is_file():
                raise CommandError("Name the backup to restore.")
            again = store.restore(Path(file))
            self.stdout.write(f"{store.count()} keys restored, {again} of erased persons forgotten again.")
        else:
            self.stdout.write(f"{store.count()} keys, {len(store.erased())} erased.")
