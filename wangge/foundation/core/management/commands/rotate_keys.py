"""`manage.py rotate_keys`: a new data key while people work; docs/operations/keys.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from wangge.foundation.core import rotation
from wangge.foundation.core.datakeys import KeyFolderError

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Bring everything under the current data key and cipher suite; `--new` makes the next key first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--new", action="store_true", help="make the next data key")
        parser.add_argument(
            "--retire", action="store_true", help="move the keys that nothing needs any more to retired/"
        )

    def handle(self, *args: Any, new: bool, retire: bool, **options: Any) -> None:
        try:
            if retire:
                moved = rotation.retire()
                self.stdout.write(f"Retired: {', '.join(moved) or 'nothing'}.")
                return
            if new:
                self.stdout.write(f"The new key is version {rotation.begin()}. Back up the key folder.")
            changed = rotation.run(say=self.stdout.write)
        except (rotation.RotationError, KeyFolderError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Done: {sum(changed.values())} rows. Old keys may go: rotate_keys --retire")
