"""What people need and what they are entitled to: circumstances, the policy library, enrolments, changes of population.

That a person is disabled or poor is sensitive (PIPL 28): it is sealed, in tables of its own, behind a permission of its
own, and shown to the worker as a duty, not as a label. Rooms and households are readable in the database, so the kind
of a circumstance and the policy of an enrolment are sealed too.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.people.models.homes import Household
from wangge.domains.people.models.persons import Origin, Person, PlacedQuerySet
from wangge.foundation.accounts.models import User
from wangge.foundation.core.dated import DatedQuerySet, ends_after_it_begins
from wangge.foundation.core.naming import TwoNames
from wangge.foundation.places.models import Room


class Circumstance(models.Model):
    """One need of a person, for a time: `kind` is a code of `circumstances.py`; both are sealed.

    `detail` is JSON: its particulars, and the duty or consent on which it is kept (PIPL 13, 28, 29).
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="circumstances")
    kind = models.BinaryField()
    detail = models.BinaryField(null=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    review_on = models.DateField(null=True)  # by when it must be confirmed, else it ends
    source = models.CharField(max_length=8, choices=Origin.choices, default=Origin.VISIT)
    source_ref = models.CharField(max_length=60, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [ends_after_it_begins("circumstance")]

    def __str__(self) -> str:
        return f"circumstance {self.pk}"


class Policy(TwoNames, models.Model):
    """惠民政策: a benefit that people can claim. What it says and whom it is for stands in its versions."""

    code = models.CharField(max_length=40, unique=True)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    module = models.CharField(max_length=20, default="social")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name_zh


class PolicyVersion(models.Model):
    """What a policy said from a day on. `rules` is read by `policies.py`: a list of readable conditions."""

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    benefit = models.TextField()
    materials = models.JSONField(default=list)
    office = models.CharField(max_length=120, blank=True)
    document = models.CharField(max_length=200, blank=True)  # its number and title
    rules = models.JSONField(default=list)
    renew_months = models.PositiveSmallIntegerField(null=True)  # the claim must be renewed after so many months
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["policy_id", "number"]
        constraints = [
            ends_after_it_begins("policy_version"),
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once"),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(valid_to__isnull=True), name="policy_one_version_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id} v{self.number}"


class Enrolment(models.Model):
    """A person draws a benefit, for a time. Which one (`policy`, its code) and how much (`detail`) is sealed."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="enrolments")
    policy = models.BinaryField()
    detail = models.BinaryField(null=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    renew_on = models.DateField(null=True)
    source = models.CharField(max_length=8, choices=Origin.choices, default=Origin.VISIT)
    source_ref = models.CharField(max_length=60, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["renew_on"], name="enrolment_renew")]
        constraints = [ends_after_it_begins("enrolment")]

    def __str__(self) -> str:
        return f"enrolment {self.pk}"


class Entitlement(models.Model):
    """What the nightly matching found for a person: sealed, explained when read. `unclaimed` says only that there is
    something to tell him.
    """

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="entitlement")
    area_path = models.CharField(max_length=120, db_collation="C")
    found = models.BinaryField()
    unclaimed = models.BooleanField(default=False)
    computed_at = models.DateTimeField()

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["area_path", "unclaimed"], name="entitlement_area")]

    def __str__(self) -> str:
        return f"entitlement {self.pk}"


class PopulationChange(models.Model):
    """迁入、迁出、出租变更、新生、死亡 as told in the field: applied to the graph when its matter is settled.

    `facts` is JSON sealed under the change's own key, because a newborn has none yet.
    """

    class Kind(models.TextChoices):
        MOVE_IN = "move_in", _("Moving in")
        MOVE_OUT = "move_out", _("Moving out")
        LET = "let", _("Change of letting")
        BIRTH = "birth", _("Birth")
        DEATH = "death", _("Death")

    class State(models.TextChoices):
        TOLD = "told", _("Told, to be verified")
        APPLIED = "applied", _("Applied")
        REFUSED = "refused", _("Not true")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=7, choices=State.choices, default=State.TOLD)
    area_path = models.CharField(max_length=120, db_collation="C")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="changes")
    household = models.ForeignKey(Household, on_delete=models.PROTECT, null=True, related_name="changes")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="population_changes")
    happened_on = models.DateField()
    facts = models.BinaryField(null=True)
    case_number = models.CharField(max_length=40, blank=True)  # the matter under which it is handled
    told_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    told_at = models.DateTimeField()
    applied_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    applied_at = models.DateTimeField(null=True)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["case_number"], name="change_case")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
