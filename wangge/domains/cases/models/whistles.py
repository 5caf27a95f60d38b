"""吹哨报到: a grid or community blows, the street confirms and calls units to a place, they come, and are judged."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import whistling
from wangge.domains.cases.models.case import Case
from wangge.foundation.accounts.authority import authority_of, unit_ids
from wangge.foundation.accounts.models import Organisation, User
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.naming import TwoNames
from wangge.foundation.core.scoping import ScopedQuerySet

if TYPE_CHECKING:
    import datetime as dt


class WhistleKind(TwoNames, models.Model):
    """A configurable kind: 民生难题, 联合执法, 应急; `arrive_minutes` is how soon the called must be on the spot."""

    code = models.CharField(max_length=20, unique=True)
    name_zh = models.CharField(max_length=30)
    name_en = models.CharField(max_length=60)
    arrive_minutes = models.PositiveIntegerField(null=True)  # None: by the time of the meeting
    emergency = models.BooleanField(
        default=False
    )  # may be called at once, day and night, without waiting for confirmation
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name_zh


class WhistleQuerySet(ScopedQuerySet["Whistle"]):
    """Whistles, for somebody."""

    def visible_to(self, user: Any) -> Self:
        """Those about cases that the person may see, and those to which his unit is called.

        A called unit sees the whistle, not the case: `whistle_queries` says what of the case the page may show.
        """
        cases = Case.objects.visible_to(user).order_by().values("pk")
        called = WhistleCall.objects.filter(unit_id__in=unit_ids(user, P.CASE_HANDLE)).order_by().values("whistle_id")
        return self.filter(Q(case_id__in=cases) | Q(pk__in=called)).scoped_to(f"user {authority_of(user).user_id}")

    def calling(self, user: Any) -> Self:
        """Those to which one of the person's units is called."""
        calls = WhistleCall.objects.filter(unit_id__in=unit_ids(user, P.CASE_HANDLE)).order_by().values("whistle_id")
        return self.filter(pk__in=calls).scoped_to(f"units of user {authority_of(user).user_id}")


class Whistle(models.Model):
    """One whistle about one case. Its steps are the table in `whistling.py`."""

    class State(models.TextChoices):
        BLOWN = whistling.W.BLOWN.value, _("Blown, to be confirmed")
        CALLED = whistling.W.CALLED.value, _("Units called")
        CONCLUDED = whistling.W.CONCLUDED.value, _("Concluded, to be rated")
        RATED = whistling.W.RATED.value, _("Rated")
        DECLINED = whistling.W.DECLINED.value, _("Not confirmed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=40, unique=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="whistles")
    area_path = models.CharField(max_length=120, db_collation="C")
    kind = models.ForeignKey(WhistleKind, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State.choices, default=State.BLOWN)
    reason = models.TextField()
    blown_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    blown_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decline_reason = models.TextField(blank=True)
    meet_at = models.DateTimeField(null=True)
    place = models.CharField(max_length=200, blank=True)
    lead = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    conclusion = models.TextField(blank=True)
    concluded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    concluded_at = models.DateTimeField(null=True)

    objects = WhistleQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["area_path", "-id"], name="whistle_area"),
            models.Index(fields=["state", "meet_at"], name="whistle_state"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(state__in=["blown", "called"]), name="whistle_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["called", "concluded", "rated"]) | Q(meet_at__isnull=False, lead__isnull=False),
                name="whistle_called_to_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["concluded", "rated"]) | (Q(concluded_at__isnull=False) & ~Q(conclusion="")),
                name="whistle_concluded_with_words",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_running(self) -> bool:
        return self.state in whistling.RUNNING


class WhistleCall(models.Model):
    """One called unit: until when it must be there, when it was, what it did, and what the callers say of it.

    Marks are 1 to 3: 到场 presence, 担责 responsibility, 结果 result. They rate the unit, never a person.
    """

    whistle = models.ForeignKey(Whistle, on_delete=models.PROTECT, related_name="calls")
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="whistle_calls")
    task = models.CharField(max_length=200, blank=True)
    called_at = models.DateTimeField()
    due_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True)
    arrived_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    distance_m = models.FloatField(null=True)  # of the tap from the place; the position itself is not kept
    confirmed_at = models.DateTimeField(null=True)  # a caller vouches for an arrival that the phone did not prove
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    excused = models.TextField(blank=True)  # why the street let it stay away
    done = models.TextField(blank=True)
    presence = models.PositiveSmallIntegerField(null=True)
    duty = models.PositiveSmallIntegerField(null=True)
    result = models.PositiveSmallIntegerField(null=True)
    remark = models.TextField(blank=True)
    rated_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    rated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["unit", "-id"], name="whistle_call_unit")]
        constraints = [
            models.UniqueConstraint(fields=["whistle", "unit"], name="whistle_call_once"),
            models.CheckConstraint(
                condition=Q(rated_at__isnull=True)
                | Q(presence__range=(1, 3), duty__range=(1, 3), result__range=(1, 3), rated_by__isnull=False),
                name="whistle_call_rated_whole",
            ),
            models.CheckConstraint(
                condition=Q(arrived_at__isnull=True, arrived_by__isnull=True, confirmed_at__isnull=True)
                | Q(arrived_at__isnull=False, arrived_by__isnull=False),
                name="whistle_call_arrived_by_at",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="whistle_call_confirmed_by_at",
            ),
            models.CheckConstraint(
                condition=Q(excused="") | Q(arrived_at__isnull=True), name="whistle_call_excused_stayed_away"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.whistle_id} {self.unit_id}"

    @property
    def on_the_spot(self) -> bool:
        """Whether it is certain that the unit came: its phone was near, or a caller vouches for it."""
        return self.arrived_at is not None and (
            self.confirmed_at is not None or (self.distance_m is not None and self.distance_m <= whistling.NEAR_METRES)
        )

    @property
    def in_time(self) -> bool:
        """Whether it came by its time: computed from the two instants, never edited."""
        return self.arrived_at is not None and self.arrived_at <= self.due_at

    def is_late(self, now: dt.datetime) -> bool:
        """Whether it came late, or has not come although its time is over; an excused unit is never late."""
        return not self.excused and (self.arrived_at or now) > self.due_at
