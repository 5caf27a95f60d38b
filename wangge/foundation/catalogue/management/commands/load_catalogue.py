"""`manage.py load_catalogue [folder]`: bring classes, matters, clocks and routing up to the shipped files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from wangge.foundation.catalogue.actions import CatalogueFilesError, load_catalogue

if TYPE_CHECKING:
    from argparse import ArgumentParser

SHIPPED = Path(__file__).resolve().parents[5] / "deploy" / "catalogue"


class Command(BaseCommand):
    """Safe to repeat. Rows edited on the desk are kept. Exit status 1 with every mistake when the files hold any."""

    help = "Load the catalogue of matters from YAML files (deploy/catalogue unless another folder is given)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", nargs="?", default=str(SHIPPED), help="folder with classes.yaml, matters-*.yaml …"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load_catalogue(Path(options["folder"]), progress=self._say)
        except CatalogueFilesError as error:
            raise CommandError(f"The catalogue files hold mistakes; nothing was loaded.\n{error}") from None
        if loaded.touched:
            self.stdout.write(
                f"Catalogue loaded: {loaded.matters} matters ({loaded.added} new), {loaded.clocks} time limits and "
                f"{loaded.rules} routing rules written, {loaded.kept} rows kept as edited on the desk."
            )
        else:
            self.stdout.write(f"Catalogue up to date: {loaded.matters} matters, {loaded.kept} of them edited here.")

    def _say(self, line: str) -> None:
        self.stdout.write(f"  {line}")
        self.stdout.flush()
