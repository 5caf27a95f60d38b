"""`manage.py erase_person <reference> --reason request|retention|wrong`: PIPL 47; docs/operations/keys.md."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from wangge.domains.people.actions import erasing
from wangge.domains.people.models import Person
from wangge.foundation.core.problems import Problem

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Erase a person: destroy his key, empty his entry and what names him elsewhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", type=uuid.UUID, help="the reference number of the entry")
        parser.add_argument("--reason", choices=sorted(erasing.REASONS), required=True)

    def handle(self, *args: Any, reference: uuid.UUID, reason: str, **options: Any) -> None:
        person = Person.objects.unscoped("a command of the operator").filter(public_id=reference).first()
        if person is None:
            raise CommandError("There is no such entry.")
        try:
            counts = erasing.erase(person=person, reason=reason)
        except Problem as problem:
            raise CommandError(str(problem)) from problem
        went = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()) if number)
        self.stdout.write(f"Erased: {went}. Copies of the key store still hold the key for up to 7 days.")
