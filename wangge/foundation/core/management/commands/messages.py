"""`manage.py messages`: bring the .po files up to date with the code; `--check` only looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from wangge.foundation.core.catalogues import gaps, homes, read, refreshed, rendered

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Bring the zh_Hans catalogues up to date: keeps translations, adds new texts, drops those no longer used."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="change nothing; fail when a catalogue is out of date, incomplete, or has wrong placeholders",
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        faults: list[str] = []
        for home in homes():
            fresh = refreshed(home)
            if not len(fresh) and not home.po.exists():
                continue
            text = rendered(fresh)
            name = home.po.relative_to(home.folder.parent)
            stale = not home.po.exists() or home.po.read_text(encoding="utf-8") != text
            if check:
                if stale:
                    faults.append(f"{name}: not up to date; run `make messages`")
                faults += [f"{name}: {gap}" for gap in gaps(read(home.po))]
                continue
            if stale:
                home.po.parent.mkdir(parents=True, exist_ok=True)
                home.po.write_text(text, encoding="utf-8")
            empty = gaps(fresh)
            state = f"{len(empty)} to do" if empty else "complete"
            self.stdout.write(f"{name}: {len(fresh)} texts, {state}" + (", written" if stale else ""))
            for gap in empty:
                self.stdout.write(f"    {gap}")
        if faults:
            raise CommandError("\n".join(faults))
