"""日双巡: checkpoints, the windows in which they are walked, and the rounds themselves."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wangge.domains.people.models import PlacedQuerySet
from wangge.foundation.accounts.models import User
from wangge.foundation.catalogue.models import Matter
from wangge.foundation.core.dated import DatedQuerySet, ends_after_it_begins
from wangge.foundation.places.models import Area, Building, Compound


class Checkpoint(models.Model):
    """巡查点位: a spot that is to be seen at least every `every_days` days. `tag` is what its QR code or NFC tag says.

    `matter` is the entry of the admission list on which looking there rests.
    """

    class Kind(models.TextChoices):
        FIRE_LANE = "fire_lane", _("Fire lane")  # 消防通道
        STAIRS = "stairs", _("Stairs and landings")
        LIFT = "lift", _("Lift")
        CHARGING = "charging", _("Charging place for e-bikes")
        GAS = "gas", _("Gas")
        POWER = "power", _("Power")
        WATER = "water", _("Drain or water")
        WORKSITE = "worksite", _("Building site")
        SHOP = "shop", _("Shop front")
        CROWD = "crowd", _("Place where crowds gather")
        GREEN = "green", _("Green space and square")
        OTHER = "other", _("Other spot")

    class Risk(models.IntegerChoices):
        LOW = 1, _("Low")
        MIDDLE = 2, _("Middle")
        HIGH = 3, _("High")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    grid = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="checkpoints")
    area_path = models.CharField(max_length=120, db_collation="C")
    compound = models.ForeignKey(Compound, on_delete=models.PROTECT, null=True, related_name="checkpoints")
    building = models.ForeignKey(Building, on_delete=models.PROTECT, null=True, related_name="checkpoints")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=60)
    look_for = models.CharField(max_length=200, blank=True)
    risk = models.PositiveSmallIntegerField(choices=Risk.choices, default=Risk.LOW)
    every_days = models.PositiveSmallIntegerField()
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="checkpoints")
    lon = models.FloatField()
    lat = models.FloatField()
    tag = models.CharField(max_length=26, unique=True)
    seen_on = models.DateField(null=True)  # repeats the newest round point that was seen
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["grid_id", "id"]
        indexes = [models.Index(fields=["area_path", "id"], name="checkpoint_area")]
        constraints = [
            ends_after_it_begins("checkpoint"),
            models.CheckConstraint(condition=Q(every_days__gte=1, every_days__lte=366), name="checkpoint_every_days"),
        ]

    def __str__(self) -> str:
        return self.name


class RoundWindow(models.Model):
    """A window in which the grids of a place are walked. The window of the nearest place counts, per kind."""

    class Kind(models.TextChoices):
        MORNING = "morning", _("Morning round")
        AFTERNOON = "afternoon", _("Afternoon round")
        NIGHT = "night", _("Night patrol")  # 夜间巡逻, where the grid plans it

    class Days(models.TextChoices):
        WORKDAYS = "workdays", _("Working days")
        DAILY = "daily", _("Every day")
        WEEKENDS = "weekends", _("Days off")
        NEVER = "never", _("Not walked here")  # where a place above plans one

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="round_windows")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    days = models.CharField(max_length=8, choices=Days.choices, default=Days.WORKDAYS)
    opens = models.TimeField()
    closes = models.TimeField()  # before `opens`: on the next day
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["area_id", "kind", "valid_from", "id"]
        constraints = [
            ends_after_it_begins("round_window"),
            models.UniqueConstraint(
                fields=["area", "kind"], condition=Q(valid_to__isnull=True), name="round_window_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.opens}-{self.closes}"


class Round(models.Model):
    """巡查班次: one window of one day in one grid. It belongs to the grid, whoever walks it."""

    class State(models.TextChoices):
        DUE = "due", _("Due")
        DONE = "done", pgettext_lazy("round", "Done")
        MISSED = "missed", _("Not walked")
        EXEMPT = "exempt", _("Exempted")

    class Exempt(models.TextChoices):
        WEATHER = "weather", _("Dangerous weather")
        EMERGENCY = "emergency", _("Everybody needed elsewhere")
        NOBODY = "nobody", _("Nobody on duty")
        OTHER = "other", _("Other reason")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    grid = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="rounds")
    area_path = models.CharField(max_length=120, db_collation="C")
    day = models.DateField()
    kind = models.CharField(max_length=9, choices=RoundWindow.Kind.choices)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=State.choices, default=State.DUE)
    nothing_found = models.BooleanField(default=False)  # 无异常, one tap for the whole round
    exempt_reason = models.CharField(max_length=9, choices=Exempt.choices, blank=True)
    exempted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    done_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    occurred_at = models.DateTimeField(null=True)  # by the phone's clock
    recorded_at = models.DateTimeField(null=True)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "grid_id", "kind"]
        indexes = [models.Index(fields=["area_path", "day"], name="round_area_day")]
        constraints = [
            models.UniqueConstraint(fields=["grid", "day", "kind"], name="round_once"),
            models.CheckConstraint(
                condition=Q(state="done", done_by__isnull=False, recorded_at__isnull=False) | ~Q(state="done"),
                name="round_done_by_somebody",
            ),
            models.CheckConstraint(
                condition=(Q(state="exempt") & ~Q(exempt_reason="")) | (~Q(state="exempt") & Q(exempt_reason="")),
                name="round_exempt_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grid_id} {self.day} {self.kind}"


class RoundPoint(models.Model):
    """A checkpoint of a round: due, seen (how it was proved), or why it could not be.

    The position of the phone is compared in the moment of the tap and not kept; `metres` is the distance, rounded to ten.
    """

    class State(models.TextChoices):
        DUE = "due", _("Due")
        SEEN = "seen", _("Seen")
        NOT_POSSIBLE = "not_possible", _("Not possible")

    class Proof(models.TextChoices):
        SCAN = "scan", _("Code or tag scanned")
        NEAR = "near", _("Tapped on the spot")
        REASON = "reason", _("With a reason")

    class Why(models.TextChoices):
        INDOORS = "indoors", _("Indoors or on the stairs, no position")
        BY_PHONE = "by_phone", _("Asked by phone")
        LOCKED = "locked", _("Locked, nobody to open")
        UNSAFE = "unsafe", _("Not safe to go there")
        GONE = "gone", _("The spot is no longer there")
        OTHER = "other", _("Other reason")

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="points")
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="seen_in")
    state = models.CharField(max_length=12, choices=State.choices, default=State.DUE)
    extra = models.BooleanField(default=False)  # looked at though not due
    proof = models.CharField(max_length=6, choices=Proof.choices, blank=True)
    why = models.CharField(max_length=8, choices=Why.choices, blank=True)
    metres = models.PositiveIntegerField(null=True)
    case_number = models.CharField(max_length=40, blank=True)  # what was found there
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    occurred_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["round_id", "id"]
        indexes = [models.Index(fields=["checkpoint", "-recorded_at"], name="round_point_seen")]
        constraints = [
            models.UniqueConstraint(fields=["round", "checkpoint"], name="round_point_once"),
            models.CheckConstraint(
                condition=Q(state="due", proof="") | (~Q(state="due") & ~Q(proof="") & Q(recorded_at__isnull=False)),
                name="round_point_is_proved",
            ),
            models.CheckConstraint(condition=~Q(proof="reason") | ~Q(why=""), name="round_point_reason_is_given"),
        ]

    def __str__(self) -> str:
        return f"{self.round_id} {self.checkpoint_id}"
