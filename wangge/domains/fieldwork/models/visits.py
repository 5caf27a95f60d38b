"""走访: which households and firms are to be visited how often and on what ground, and the visits made.

What somebody needs is never written here in clear: a due visit says where and by when; why is sealed.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wangge.domains.people.models import Firm, Household, PlacedQuerySet
from wangge.foundation.accounts.models import Organisation, User
from wangge.foundation.catalogue.models import Matter
from wangge.foundation.core.dated import DatedQuerySet, ends_after_it_begins
from wangge.foundation.core.naming import TwoNames
from wangge.foundation.places.models import Area


class VisitRule(TwoNames, models.Model):
    """How often one class of households or firms is visited. Each names the matter on which it rests (清单外不走访)."""

    class Object(models.TextChoices):
        NEED = "need", _("Households with this need")  # `need`: a code of people.circumstances
        AGED = "aged", _("Households with somebody of 80 or older")
        ORDINARY = "ordinary", _("Every household")
        NEW_TENANT = "new_tenant", _("Newly moved in")
        FIRM = "firm", _("Firms of this kind")  # `firm_kind`, or all
        SITE = "site", _("Key places")  # `firm_kind` holds the kind of site

    code = models.CharField(max_length=24)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=100)
    object = models.CharField(max_length=10, choices=Object.choices)
    need = models.CharField(max_length=24, blank=True)
    firm_kind = models.CharField(max_length=14, blank=True)
    every_days = models.PositiveSmallIntegerField()
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="visit_rules")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, related_name="visit_rules")  # null: everywhere
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    # Who wrote this version; null: as shipped, and a later load may bring another.
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["code", "id"]
        constraints = [
            ends_after_it_begins("visit_rule"),
            models.UniqueConstraint(
                fields=["code", "area"],
                condition=Q(valid_to__isnull=True),
                nulls_distinct=False,
                name="visit_rule_once",
            ),
            models.CheckConstraint(condition=Q(every_days__gte=1, every_days__lte=732), name="visit_rule_every_days"),
        ]

    def __str__(self) -> str:
        return self.code


class Link(models.Model):
    """联户: somebody keeps in touch with a household (10 to 20 each), whatever else he is."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="links")
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="links")
    area_path = models.CharField(max_length=120, db_collation="C")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["user_id", "id"]
        indexes = [models.Index(fields=["area_path"], name="link_area")]
        constraints = [
            ends_after_it_begins("link"),
            models.UniqueConstraint(
                fields=["household"], condition=Q(valid_to__isnull=True), name="link_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.household_id}"


class Campaign(TwoNames, models.Model):
    """专项走访: a cold wave, a rainstorm, a festival: which objects are to be visited until when, by a saved choice."""

    class Trigger(models.TextChoices):
        COLD = "cold", _("Cold wave")
        SNOW = "snow", _("Snow and ice")
        RAIN = "rain", _("Rainstorm")
        HEAT = "heat", _("Heat")
        WIND = "wind", _("Gale")
        FESTIVAL = "festival", _("Festival")
        OTHER = "other", _("Other")

    class State(models.TextChoices):
        READY = "ready", pgettext_lazy("campaign", "Ready")  # waits for its trigger
        RUNNING = "running", _("Under way")
        ENDED = "ended", pgettext_lazy("campaign", "Ended")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=100, blank=True)
    trigger = models.CharField(max_length=8, choices=Trigger.choices)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="campaigns")
    area_path = models.CharField(max_length=120, db_collation="C")
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="campaigns")
    objects_chosen = models.JSONField(default=list)  # [{"object": …, "need"/"kind": …}], as in VisitRule
    ask = models.CharField(max_length=200, blank=True)  # what to look at and to say
    days = models.PositiveSmallIntegerField(default=2)  # within so many days of its start
    state = models.CharField(max_length=7, choices=State.choices, default=State.READY)
    started_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    chosen = models.PositiveIntegerField(default=0)  # how many doors it had when it began
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["area_path", "state"], name="campaign_area")]

    def __str__(self) -> str:
        return self.name_zh


class WeatherNotice(models.Model):
    """天气提示, as entered by the office from the public warning: shown at stand-ups, starts campaigns."""

    class Level(models.TextChoices):
        BLUE = "blue", _("Blue")
        YELLOW = "yellow", _("Yellow")
        ORANGE = "orange", _("Orange")
        RED = "red", _("Red")

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="weather")
    trigger = models.CharField(max_length=8, choices=Campaign.Trigger.choices)
    level = models.CharField(max_length=6, choices=Level.choices)
    words = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="weather_ends_after_it_begins")
        ]

    def __str__(self) -> str:
        return f"{self.trigger} {self.level}"


class VisitDue(models.Model):
    """A visit that is due: at whose door, by when; `grounds` (sealed, `fieldwork.grounds`) says why, without the needs:
    those are read from the people themselves, so that they stand nowhere twice.

    One visit answers it whole. At most one is open per household or firm; a nearer date takes the place of a later one.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Due")
        MADE = "made", _("Visited")
        DECLINED = "declined", _("Visits not wished")
        DROPPED = "dropped", _("No longer due")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    household = models.ForeignKey(Household, on_delete=models.PROTECT, null=True, related_name="visits_due")
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, null=True, related_name="visits_due")
    area_path = models.CharField(max_length=120, db_collation="C")
    due_on = models.DateField()
    grounds = models.BinaryField(null=True)
    linked = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="visits_due")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, null=True, related_name="visits_due")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    made_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        indexes = [
            models.Index(fields=["area_path", "due_on"], name="visit_due_area", condition=Q(state="open")),
            models.Index(fields=["linked", "due_on"], name="visit_due_linked", condition=Q(state="open")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["household"], condition=Q(state="open"), name="visit_due_household_once"),
            models.UniqueConstraint(fields=["firm"], condition=Q(state="open"), name="visit_due_firm_once"),
            models.CheckConstraint(
                condition=Q(household__isnull=False, firm__isnull=True) | Q(household__isnull=True, firm__isnull=False),
                name="visit_due_at_one_door",
            ),
        ]

    def __str__(self) -> str:
        return f"visit due {self.pk}"


class Visit(models.Model):
    """A visit made: with what result and which of the eight tasks were done. Whom one met is not written down."""

    class Result(models.TextChoices):
        MET = "met", pgettext_lazy("visit", "Met")
        NOBODY = "nobody", _("Nobody at home")
        DECLINED = "declined", _("Does not wish to be visited")
        GONE = "gone", _("No longer lives here")

    class Way(models.TextChoices):
        DOOR = "door", _("At the door")
        PHONE = "phone", _("By phone")
        ELSEWHERE = "elsewhere", _("Met elsewhere")

    public_id = models.UUIDField(unique=True)  # made by the phone
    household = models.ForeignKey(Household, on_delete=models.PROTECT, null=True, related_name="visits")
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, null=True, related_name="visits")
    due = models.ForeignKey(VisitDue, on_delete=models.PROTECT, null=True, related_name="visits")
    area_path = models.CharField(max_length=120, db_collation="C")
    result = models.CharField(max_length=8, choices=Result.choices)
    way = models.CharField(max_length=9, choices=Way.choices, default=Way.DOOR)
    tasks = ArrayField(models.CharField(max_length=12), default=list)  # values of catalogue Task
    confirmed = models.BooleanField(default=False)  # who lives there is as recorded
    note = models.BinaryField(null=True)  # sealed; never about health or belief
    case_number = models.CharField(max_length=40, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["-recorded_at", "-id"]
        indexes = [
            models.Index(fields=["area_path", "-recorded_at"], name="visit_area"),
            models.Index(fields=["household", "-recorded_at"], name="visit_household"),
            models.Index(fields=["firm", "-recorded_at"], name="visit_firm"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(household__isnull=False, firm__isnull=True) | Q(household__isnull=True, firm__isnull=False),
                name="visit_at_one_door",
            )
        ]

    def __str__(self) -> str:
        return f"visit {self.pk}"


class Referral(models.Model):
    """心理疏导转介: this household would like to be called by a counsellor. Why is not asked and not kept."""

    class State(models.TextChoices):
        SENT = "sent", _("Handed to the counsellors")
        TAKEN = "taken", _("Taken on")
        ENDED = "ended", pgettext_lazy("referral", "Ended")

    public_id = models.UUIDField(unique=True)
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="referrals")
    area_path = models.CharField(max_length=120, db_collation="C")
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="referrals")
    state = models.CharField(max_length=5, choices=State.choices, default=State.SENT)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    taken_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["area_path", "state"], name="referral_area")]

    def __str__(self) -> str:
        return f"referral {self.pk}"
