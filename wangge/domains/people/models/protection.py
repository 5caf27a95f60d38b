"""Who was allowed to look beyond his own place, who was alarmed, how much was looked at, who asked for an export."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.people.models.homes import Household
from wangge.domains.people.models.persons import Person
from wangge.foundation.accounts.models import User


class Purpose(models.TextChoices):
    """Why somebody looks. A short list: a free text would be filled with "work"."""

    RESCUE = "rescue", _("Searching for a lost person")  # 走失寻人
    VISIT = "visit", _("Visit")
    CASE = "case", _("Handling a case")
    CHANGE = "change", _("Recording a change")
    EMERGENCY = "emergency", _("Emergency")
    PETITION = "petition", _("Verifying a petition")
    BENEFIT = "benefit", _("Helping with a benefit")
    CORRECTION = "correction", _("Correcting an entry")


class AccessGrant(models.Model):
    """One household, one purpose, 30 minutes, for somebody who is not of that place: with a fresh second factor."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="access_grants")
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="access_grants")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    reference = models.CharField(max_length=40, blank=True)  # case number, if any
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["user", "household", "expires_at"], name="grant_user")]

    def __str__(self) -> str:
        return f"{self.user_id} → {self.household_id}"


class PrivacyAlert(models.Model):
    """Something the privacy officer must look at. It holds references only, nothing about anybody."""

    class Kind(models.TextChoices):
        RESCUE = "rescue", _("Search for a lost person")
        RESCUE_CAP = "rescue_cap", _("Too many searches for lost persons")
        OUT_OF_PLACE = "out_of_place", _("Look beyond the own place")
        MANY = "many", _("Very many persons looked at")
        EXPORT = "export", _("Large export")

    class Verdict(models.TextChoices):
        OPEN = "", _("To be reviewed")
        JUSTIFIED = "justified", _("Justified")
        EXPLAIN = "explain", _("To be explained")
        MISUSE = "misuse", _("Misuse, reported")

    kind = models.CharField(max_length=12, choices=Kind.choices)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="privacy_alerts")
    area_path = models.CharField(max_length=120, db_collation="C")  # where the person who looked is posted
    purpose = models.CharField(max_length=10, choices=Purpose.choices, blank=True)
    reference = models.CharField(max_length=60, blank=True)
    households = models.JSONField(default=list)  # ids of what was shown
    at = models.DateTimeField()
    verdict = models.CharField(max_length=9, choices=Verdict.choices, default=Verdict.OPEN, blank=True)
    note = models.TextField(blank=True)
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["area_path", "verdict", "-id"], name="alert_place")]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="", reviewed_at__isnull=True) | (~Q(verdict="") & Q(reviewed_at__isnull=False)),
                name="privacy_alert_reviewed_with_a_verdict",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class PersonSeen(models.Model):
    """That somebody saw a person on a day, once per day: what the throttle counts. Kept 180 days."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["user", "day", "person"], name="person_seen_once_a_day")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.day}"


class ExportRequest(models.Model):
    """A list of persons that leaves the system: over 100 only when a second person agrees; every copy is marked."""

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for the second person")
        AGREED = "agreed", _("Agreed")
        REFUSED = "refused", _("Refused")
        READY = "ready", _("Ready")
        FETCHED = "fetched", _("Fetched")
        EXPIRED = "expired", _("Expired")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=7, choices=State.choices, default=State.ASKED)
    what = models.CharField(max_length=20)  # the sheet: "persons", "rooms", "firms", …
    area_path = models.CharField(max_length=120, db_collation="C")
    filters = models.JSONField(default=dict)  # codes and ids only
    fields = models.JSONField(default=list)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    reason = models.TextField()
    rows = models.PositiveIntegerField(default=0)
    file = models.BinaryField(null=True)  # sealed under the request's own key, which is destroyed when it expires
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.what} {self.rows}"
