"""Verification that means something: the second, blind check; and the discipline inspector's samples."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.models.case import Case, CasePhoto, Verification
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import Organisation, User
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.scoping import ScopedQuerySet, under
from wangge.foundation.places.models import Area


class SecondCheck(models.Model):
    """复核: a sample of the passed verifications is looked at again on the spot by somebody who is not told the first
    answer, with fresh evidence.
    """

    class Why(models.TextChoices):
        SAMPLE = "sample", _("Drawn at random")
        TURN = "turn", _("None of the unit's last nine verifications was drawn")
        UNIT = "unit", _("Too many of the unit's second checks failed")
        REOPENED = "reopened", _("The case was reopened")
        PHOTO = "photo", _("The photo taken afterwards is doubtful")

    class Lapse(models.TextChoices):
        LATE = "late", _("Not checked in time")
        OVERTAKEN = "overtaken", _("The case was opened again before it was checked")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="second_checks")
    verification = models.OneToOneField(Verification, on_delete=models.PROTECT, related_name="second_check")
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)  # whose work
    round = models.PositiveSmallIntegerField()  # of the case, when it was drawn
    why = models.CharField(max_length=8, choices=Why.choices)
    percent = models.PositiveSmallIntegerField()  # the share in force when it was drawn: with the key, the proof
    drawn_at = models.DateTimeField()
    due_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(null=True)
    passed = models.BooleanField(null=True)
    note = models.TextField(blank=True)
    lapsed = models.CharField(max_length=9, choices=Lapse.choices, blank=True)
    lapsed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["due_at", "id"], name="second_check_open", condition=Q(at__isnull=True, lapsed_at__isnull=True)
            ),
            models.Index(fields=["unit", "-at"], name="second_check_done", condition=Q(at__isnull=False)),
            models.Index(fields=["drawn_at"], name="second_check_drawn"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(at__isnull=True, by__isnull=True, passed__isnull=True)
                | Q(at__isnull=False, by__isnull=False, passed__isnull=False, lapsed_at__isnull=True),
                name="second_check_done_by_at",
            ),
            models.CheckConstraint(
                condition=Q(lapsed_at__isnull=True, lapsed="") | (Q(lapsed_at__isnull=False) & ~Q(lapsed="")),
                name="second_check_lapsed_why",
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(at__isnull=True, lapsed_at__isnull=True),
                name="second_check_one_open_a_case",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.passed}"

    @property
    def is_open(self) -> bool:
        return self.at is None and self.lapsed_at is None


class PhotoDoubt(models.Model):
    """A photo "afterwards" whose bytes arrived after the step and look like an earlier photo: marked for the verifier."""

    photo = models.OneToOneField(CasePhoto, on_delete=models.PROTECT, related_name="doubt")
    earlier = models.ForeignKey(CasePhoto, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(photo=F("earlier")), name="photo_doubt_of_two_photos")]

    def __str__(self) -> str:
        return f"{self.photo_id} ~ {self.earlier_id}"


class InspectionQuerySet(ScopedQuerySet["Inspection"]):
    """Inspections, for somebody."""

    def visible_to(self, user: Any) -> Self:
        """Those drawn at or under the places where the person inspects."""
        authority = authority_of(user)
        return self.filter(under("area_path", authority.places(P.CASE_INSPECT))).scoped_to(f"user {authority.user_id}")


class Inspection(models.Model):
    """纪检抽查: a sample of cases drawn by a rule anybody can repeat, what was found, and what must be put right."""

    class Method(models.TextChoices):
        RANDOM = "random", _("At random")
        LATE = "late", _("Overdue cases")
        REOPENED = "reopened", _("Reopened cases")
        UNSATISFIED = "unsatisfied", _("Reporter not satisfied")
        HUNG = "hung", _("Hung cases")
        QUICK = "quick", _("Settled on the spot")

    number = models.CharField(max_length=40, unique=True)  # 街道简码检〔2026〕3号
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    area_path = models.CharField(max_length=120, db_collation="C")
    method = models.CharField(max_length=11, choices=Method.choices)
    seed = models.CharField(max_length=40)  # with method, period and size it gives the same sample again
    size = models.PositiveSmallIntegerField()  # how many were asked for
    population = models.PositiveIntegerField()  # out of how many they were drawn
    first_day = models.DateField()
    last_day = models.DateField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    conclusion = models.TextField(blank=True)
    concluded_at = models.DateTimeField(null=True)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["area_path", "-id"], name="inspection_area")]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="inspection_period_is_one"),
            models.CheckConstraint(
                condition=Q(concluded_at__isnull=True, conclusion="")
                | (Q(concluded_at__isnull=False) & ~Q(conclusion="")),
                name="inspection_concluded_with_words",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class InspectedCase(models.Model):
    """One case of a sample: what the inspector found, what must be put right, and what the unit answered."""

    class Finding(models.TextChoices):
        FINE = "fine", _("Nothing found")
        LATE = "late", _("Late without a reason")
        FALSE = "false", _("Reported as done and is not")  # 虚假办结
        CARELESS = "careless", _("Answer passes over the question")
        OTHER = "other", _("Other")

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="cases")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_index=False)
    place = models.PositiveSmallIntegerField()  # in the order in which it was drawn
    finding = models.CharField(max_length=8, choices=Finding.choices, blank=True)
    note = models.TextField(blank=True)
    put_right_what = models.TextField(blank=True)  # what must be put right
    found_at = models.DateTimeField(null=True)
    put_right = models.TextField(blank=True)  # what the unit answered, as the inspector wrote it down
    put_right_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["inspection_id", "place"]
        constraints = [
            models.UniqueConstraint(fields=["inspection", "case"], name="inspected_once"),
            models.CheckConstraint(
                condition=Q(found_at__isnull=True, finding="") | (Q(found_at__isnull=False) & ~Q(finding="")),
                name="inspected_found_at",
            ),
            models.CheckConstraint(
                condition=Q(put_right_at__isnull=True, put_right="")
                | (Q(put_right_at__isnull=False) & ~Q(put_right="") & ~Q(put_right_what="")),
                name="inspected_put_right_what",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.inspection_id} {self.case_id}"
