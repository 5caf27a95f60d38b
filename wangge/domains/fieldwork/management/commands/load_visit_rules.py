"""`manage.py load_visit_rules [file]`: bring the rules of visits up to the shipped file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from wangge.domains.fieldwork.actions.visit_rules import SHIPPED, VisitRulesError, load_visit_rules

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Safe to repeat, after `load_catalogue`. Rules edited on the desk are kept. Exit status 1 with every mistake."""

    help = "Load the rules of visits (deploy/catalogue/visits.yaml unless another file is given)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", default=str(SHIPPED))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            written = load_visit_rules(Path(options["file"]))
        except VisitRulesError as error:
            raise CommandError(f"The file holds mistakes; nothing was loaded.\n{error}") from None
        self.stdout.write(f"Rules of visits loaded: {written} versions written.")
