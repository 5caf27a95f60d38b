"""Verification that means something: the second, blind check; and the discipline inspector's samples."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.models.case import Case, Verification
from wangge.foundation.accounts.models import User


class SecondCheck(models.Model):
    """复核: a sample of the passed verifications is looked at again on the spot by somebody who is not told the first
    answer, with fresh evidence.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="second_checks")
    verification = models.OneToOneField(Verification, on_delete=models.PROTECT, related_name="second_check")
    why = models.CharField(max_length=20)  # "sample", "reopened", "returned", "asked": why it was drawn
    drawn_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(null=True)
    passed = models.BooleanField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["due_at"], name="second_check_open", condition=Q(at__isnull=True))]
        constraints = [
            models.CheckConstraint(
                condition=Q(at__isnull=True, by__isnull=True, passed__isnull=True)
                | Q(at__isnull=False, by__isnull=False, passed__isnull=False),
                name="second_check_done_by_at",
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.passed}"


class Inspection(models.Model):
    """纪检抽查: a sample of cases drawn by a rule anybody can repeat, what was found, and what must be put right."""

    class Method(models.TextChoices):
        RANDOM = "random", _("At random")
        LATE = "late", _("Overdue cases")
        REOPENED = "reopened", _("Reopened cases")
        UNSATISFIED = "unsatisfied", _("Reporter not satisfied")
        HUNG = "hung", _("Hung cases")
        QUICK = "quick", _("Settled on the spot")

    number = models.CharField(max_length=40, unique=True)
    area_path = models.CharField(max_length=120, db_collation="C")
    method = models.CharField(max_length=11, choices=Method.choices)
    seed = models.CharField(max_length=40)  # with method, period and size it gives the same sample again
    first_day = models.DateField()
    last_day = models.DateField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    conclusion = models.TextField(blank=True)
    concluded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number


class InspectedCase(models.Model):
    """One case of a sample: what the inspector found, and whether it was put right."""

    class Finding(models.TextChoices):
        FINE = "fine", _("Nothing found")
        LATE = "late", _("Late without a reason")
        FALSE = "false", _("Reported as done and is not")  # 虚假办结
        CARELESS = "careless", _("Answer passes over the question")
        OTHER = "other", _("Other")

    inspection = models.ForeignKey(Inspection, on_delete=models.CASCADE, related_name="cases")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    finding = models.CharField(max_length=8, choices=Finding.choices, blank=True)
    note = models.TextField(blank=True)
    found_at = models.DateTimeField(null=True)
    put_right = models.TextField(blank=True)
    put_right_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["inspection", "case"], name="inspected_once")]

    def __str__(self) -> str:
        return f"{self.inspection_id} {self.case_id}"
