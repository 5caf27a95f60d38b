"""Households, where they stayed, who owns and who rents a room."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.people.models.persons import Origin, Person, PlacedQuerySet
from wangge.foundation.accounts.models import User
from wangge.foundation.core.dated import DatedQuerySet, ends_after_it_begins
from wangge.foundation.places.models import Room

if TYPE_CHECKING:
    from wangge.domains.people.models.firms import Firm


class Household(models.Model):
    """户: people who live together. `tokens` are those of the names of all who belong to it now.

    `room` and `area_path` repeat the stay in force, so that scope and look-up need no join.
    """

    class Kind(models.TextChoices):
        FAMILY = "family", _("Family household")
        SHARED = "shared", _("Flat-sharing household")
        COLLECTIVE = "collective", _("Collective household")  # 集体户

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.FAMILY)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="households")
    area_path = models.CharField(max_length=120, db_collation="C", blank=True)
    tokens = ArrayField(models.BigIntegerField(), default=list)
    active = models.BooleanField(default=True)
    declines_visits = models.BooleanField(default=False)  # respected, and no failure of anybody
    verified_on = models.DateField(null=True)
    verified_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=8, choices=Origin.choices, default=Origin.VISIT)
    source_ref = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            GinIndex(fields=["tokens"], name="household_tokens", fastupdate=False),
            models.Index(fields=["area_path", "verified_on"], name="household_area"),
        ]

    def __str__(self) -> str:
        return f"household {self.pk}"


class Stay(models.Model):
    """A household in a room, for a time."""

    class Basis(models.TextChoices):
        OWN = "own", _("Own")
        RENT = "rent", _("Rented")
        LENT = "lent", _("Lent by relatives or the work unit")
        DORMITORY = "dormitory", _("Dormitory")

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="stays")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="stays")
    basis = models.CharField(max_length=9, choices=Basis.choices, default=Basis.OWN)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=8, choices=Origin.choices, default=Origin.VISIT)
    source_ref = models.CharField(max_length=60, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            ends_after_it_begins("stay"),
            models.UniqueConstraint(
                fields=["household"], condition=Q(valid_to__isnull=True), name="stay_in_one_room_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.household_id} in room {self.room_id}"


class Title(models.Model):
    """Who owns a room: a person, a firm, or (neither named) somebody not known; with a share, for a time."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="titles")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="titles")
    firm: models.ForeignKey[Firm | None, Firm | None] = models.ForeignKey(
        "people.Firm", on_delete=models.PROTECT, null=True, related_name="titles"
    )
    share = models.DecimalField(max_digits=6, decimal_places=5, default=1)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=8, choices=Origin.choices, default=Origin.VISIT)
    source_ref = models.CharField(max_length=60, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            ends_after_it_begins("title"),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="title_share_is_a_part"),
            models.CheckConstraint(
                condition=Q(person__isnull=True) | Q(firm__isnull=True), name="title_has_one_owner_at_most"
            ),
        ]

    def __str__(self) -> str:
        return f"room {self.room_id}"


class Tenancy(models.Model):
    """A room let to a household or a firm, for a time."""

    class Purpose(models.TextChoices):
        LIVING = "living", _("Living")
        BUSINESS = "business", _("Business")
        STORE = "store", _("Store room")
        DORMITORY = "dormitory", _("Staff dormitory")

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="tenancies")
    household = models.ForeignKey(Household, on_delete=models.PROTECT, null=True, related_name="tenancies")
    firm: models.ForeignKey[Firm | None, Firm | None] = models.ForeignKey(
        "people.Firm", on_delete=models.PROTECT, null=True, related_name="tenancies"
    )
    landlord = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="lets")
    purpose = models.CharField(max_length=9, choices=Purpose.choices, default=Purpose.LIVING)
    agreement = models.CharField(max_length=40, blank=True, default="", db_default="")  # 合同备案号
    agreed_until = models.DateField(null=True)  # what the agreement says; it holds until `valid_to`
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=8, choices=Origin.choices, default=Origin.VISIT)
    source_ref = models.CharField(max_length=60, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            ends_after_it_begins("tenancy"),
            models.CheckConstraint(
                condition=Q(household__isnull=False, firm__isnull=True) | Q(household__isnull=True, firm__isnull=False),
                name="tenancy_has_one_tenant",
            ),
        ]

    def __str__(self) -> str:
        return f"room {self.room_id}"
