"""`manage.py subject_export <reference> --out FOLDER`: everything kept about a person, for himself; PIPL 45."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from wangge.domains.people import subject
from wangge.domains.people.models import Person
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record

if TYPE_CHECKING:
    from argparse import ArgumentParser

kinds.declare("person.subject_export")


class Command(BaseCommand):
    help = "Write everything that is kept about a person, with who looked at him: <reference>.json and <reference>.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", type=uuid.UUID, help="the reference number of the entry")
        parser.add_argument("--out", type=Path, required=True, help="folder to write to")

    def handle(self, *args: Any, reference: uuid.UUID, out: Path, **options: Any) -> None:
        person = Person.objects.unscoped("a command of the operator").filter(public_id=reference).first()
        if person is None:
            raise CommandError("There is no such entry.")
        record("person.subject_export", by=None, subject=person)
        with translation.override("zh-hans"):
            sections = subject.held(person)
            out.mkdir(parents=True, exist_ok=True)
            _write(out / f"{reference}.json", json.dumps(sections, ensure_ascii=False, indent=1))
            _write(out / f"{reference}.md", subject.as_markdown(sections, f"个人信息副本 {reference}"))
        self.stdout.write(f"{len(sections)} sections written to {out}.")


def _write(file: Path, text: str) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as target:
        target.write(text + "\n")
