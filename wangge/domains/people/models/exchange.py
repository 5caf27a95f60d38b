"""Files that came in: a batch, its rows, what each row changed, so that a batch can be undone."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from wangge.domains.people.models.firms import Firm, Site
from wangge.domains.people.models.homes import Household
from wangge.domains.people.models.persons import Person
from wangge.foundation.accounts.models import User


class ImportBatch(models.Model):
    """One file. Its rows are sealed under the batch's own key, which is destroyed with the rows after 90 days."""

    class State(models.TextChoices):
        READ = "read", _("Read, columns to be confirmed")
        CHECKING = "check", _("Being checked")
        CHECKED = "checked", _("Checked")
        RUNNING = "running", _("Being taken in")
        APPLIED = "applied", _("Taken in")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")
        FAILED = "failed", _("Failed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    what = models.CharField(max_length=20)  # "persons", "firms", …: a sheet of `sheets.py`
    state = models.CharField(max_length=7, choices=State.choices, default=State.READ)
    area_path = models.CharField(max_length=120, db_collation="C")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    as_of = models.DateField()  # the day for which the file speaks: newer data stays
    mapping = models.JSONField(
        default=dict
    )  # {"sheet": its name, "columns": {column: field}, "kind": of firms, places}
    header_rows = models.JSONField(default=list)
    file = models.BinaryField(null=True)  # as it came, sealed; gone once it was taken in
    preview = models.BinaryField(null=True)  # its sheets, headings and first rows, sealed
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)  # state of row → how many
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(models.Model):
    """One row of a file. `issues` name column and reason by code, never a value."""

    class State(models.TextChoices):
        GOOD = "good", _("Good")
        WRONG = "wrong", _("With errors")
        SECTION = "section", _("Heading within the sheet")
        ADDED = "added", _("Added")
        CHANGED = "changed", _("Changed")
        SAME = "same", _("Already there")
        OLDER = "older", _("Older than what is there")
        UNDONE = "undone", _("Undone")
        LEFT = "left", _("Left as it is: changed since")

    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="rows")
    number = models.PositiveIntegerField()  # as the sheet counts, from 1
    sheet = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=7, choices=State.choices)
    house = models.PositiveIntegerField(
        default=0
    )  # rows of one household carry the same number, and are taken in together
    issues = models.JSONField(default=list)
    raw = models.BinaryField(null=True)
    before = models.BinaryField(null=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    household = models.ForeignKey(Household, on_delete=models.PROTECT, null=True, related_name="+")
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, null=True, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["batch_id", "number"]
        indexes = [models.Index(fields=["batch", "state", "house"], name="import_row_next")]
        constraints = [models.UniqueConstraint(fields=["batch", "sheet", "number"], name="import_row_once")]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.number}"
