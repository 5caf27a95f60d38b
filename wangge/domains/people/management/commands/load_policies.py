"""`manage.py load_policies [folder]`: bring the policy library up to the shipped files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from wangge.domains.people.actions.policy_versions import PolicyFilesError, load_policies

if TYPE_CHECKING:
    from argparse import ArgumentParser

SHIPPED = Path(__file__).resolve().parents[5] / "deploy" / "policies"


class Command(BaseCommand):
    """Safe to repeat. Policies edited on the desk are kept. Exit status 1 with every mistake when the files hold any."""

    help = "Load the policy library from YAML files (deploy/policies unless another folder is given)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", default=str(SHIPPED), help="folder with *.yaml")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            written = load_policies(Path(options["folder"]))
        except PolicyFilesError as error:
            raise CommandError(f"The policy files hold mistakes; nothing was loaded.\n{error}") from None
        self.stdout.write(f"Policies loaded: {written} versions written.")
