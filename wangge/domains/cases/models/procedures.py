"""Sub-procedures of handling: 延期 extension, 挂账 hanging, 争议研判 ruling, 分级上报 moves between levels, 督办 supervision."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.models.case import Assignment, Case
from wangge.foundation.accounts.authority import authority_of, unit_ids
from wangge.foundation.accounts.models import Organisation, User
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue.models import RuleProposal
from wangge.foundation.core.scoping import ScopedQuerySet, under
from wangge.foundation.places.models import Area


def _decided(name: str) -> models.CheckConstraint:
    """A request is open with no decider, or decided by somebody at a time."""
    return models.CheckConstraint(
        condition=Q(granted__isnull=True, decided_at__isnull=True, decided_by__isnull=True)
        | Q(granted__isnull=False, decided_at__isnull=False, decided_by__isnull=False),
        name=name,
    )


class Extension(models.Model):
    """延期: asked before the deadline, at most 10 working days; the second of a case is decided by the leader."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="extensions")
    nth = models.PositiveSmallIntegerField()  # of this case and round, counted when asked; refused ones do not count
    round = models.PositiveSmallIntegerField(default=1)
    days = models.PositiveSmallIntegerField()  # working days
    reason = models.TextField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    due_before = models.DateTimeField()
    due_after = models.DateTimeField(null=True)
    granted = models.BooleanField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)  # the stage ended before anybody decided

    class Meta:
        ordering = ["id"]
        constraints = [
            _decided("extension_decided_by_at"),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(granted__isnull=True, ended_at__isnull=True),
                name="extension_one_asked_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(granted__isnull=True) | Q(ended_at__isnull=True), name="extension_decided_or_ended"
            ),
            models.CheckConstraint(condition=Q(days__gte=1, days__lte=10), name="extension_up_to_ten_days"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} +{self.days}"


class Hang(models.Model):
    """挂账: cannot be done now; a plan, a review date within 90 days, the leader's consent; the clock stands still."""

    class Why(models.TextChoices):
        SEASON = "season", _("Season or weather")
        FUNDS = "funds", _("Funds not yet there")
        LAW = "law", _("Waiting for a court, a permit or a procedure")
        PROJECT = "project", _("Part of a larger project")
        OTHER = "other", _("Other")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="hangs")
    why = models.CharField(max_length=8, choices=Why.choices)
    plan = models.TextField()  # read by the public
    review_on = models.DateField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    granted = models.BooleanField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.TextField(blank=True)
    reminded_at = models.DateTimeField(null=True)  # a week before its review date
    ended_at = models.DateTimeField(null=True)  # taken up again; or asked for, and the stage ended undecided
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")  # None: by its date
    ended_why = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["review_on"], name="hang_running", condition=Q(granted=True, ended_at__isnull=True))
        ]
        constraints = [
            _decided("hang_decided_by_at"),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(ended_at__isnull=True) & (Q(granted__isnull=True) | Q(granted=True)),
                name="hang_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.review_on}"


class Ruling(models.Model):
    """争议研判: two units sent it back; a joint meeting on the spot, with minutes, says whose duty it is.

    What was ruled once is a precedent: it proposes a routing rule.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="rulings")
    called_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    called_at = models.DateTimeField()
    meet_at = models.DateTimeField()
    place = models.CharField(max_length=200)
    units = models.ManyToManyField(Organisation, related_name="+")
    minutes = models.TextField(blank=True)
    basis = models.TextField(blank=True)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    ruled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ruled_at = models.DateTimeField(null=True)
    proposal = models.ForeignKey(RuleProposal, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)  # called, and no longer needed: the case went on without it

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(ruled_at__isnull=True, ended_at__isnull=True), name="ruling_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ruled_at__isnull=True) | Q(ended_at__isnull=True), name="ruling_held_or_ended"
            ),
            models.CheckConstraint(
                condition=Q(ruled_at__isnull=True, unit__isnull=True)
                | (Q(ruled_at__isnull=False, ruled_by__isnull=False, unit__isnull=False) & ~Q(minutes="")),
                name="ruling_has_minutes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}"


class LevelMove(models.Model):
    """上报/下沉: a case goes up because it cannot be settled here, or down because it belongs there."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="level_moves")
    from_level = models.PositiveSmallIntegerField()
    to_level = models.PositiveSmallIntegerField()
    reason = models.TextField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(from_level=F("to_level")), name="level_move_moves"),
            models.CheckConstraint(
                condition=Q(from_level__gte=1, from_level__lte=4, to_level__gte=1, to_level__lte=4),
                name="level_move_within_1_to_4",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.from_level}→{self.to_level}"


class AlertQuerySet(models.QuerySet["Alert"]):
    """Alerts."""

    def unanswered(self) -> Self:
        return self.filter(answered_at__isnull=True)


class Alert(models.Model):
    """预警: proof that a warning fired: once per clock, deadline and rung, however often the job runs.

    Rung 0 is the amber warning to who has it; 1 the unit's head, 2 the leader in charge, 3 the party secretary.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="alerts", db_index=False)
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, null=True, related_name="+")
    clock = models.CharField(max_length=10)
    rung = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    at = models.DateTimeField()
    told = models.PositiveSmallIntegerField(default=0)  # how many people
    answered_at = models.DateTimeField(null=True)  # the case left the stage, or a slip was answered

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["at"], name="alert_at"),
            models.Index(fields=["case"], name="alert_open", condition=Q(answered_at__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "assignment", "clock", "due_at", "rung"], nulls_distinct=False, name="alert_fires_once"
            ),
            models.CheckConstraint(condition=Q(rung__lte=3), name="alert_rung_0_to_3"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.clock} {self.rung}"


class AlertReader(models.Model):
    """Who is told of an alert, and when the message went: at once when it is urgent, else with the day's digest."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="readers")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["user"], name="alert_reader_waits", condition=Q(told_at__isnull=True))]
        constraints = [models.UniqueConstraint(fields=["alert", "user"], name="alert_reader_once")]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.user_id}"


class DocumentSeries(models.Model):
    """The last number of a series of papers of one street and year; its row is locked while a number is given, so that
    a series has no gaps.
    """

    kind = models.CharField(max_length=12)
    street = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["kind", "street", "year"], name="document_series_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.year} {self.last}"


class SupervisionQuerySet(ScopedQuerySet["Supervision"]):
    """Slips, for somebody."""

    def visible_to(self, user: Any) -> Self:
        """Those at the places of the person's posts, those to his unit, and those about what his unit handles."""
        authority = authority_of(user)
        places = authority.places(P.CASE_VIEW)
        held = under("area_path", places) if places else Q(pk__in=[])
        hidden = Q(case__confidential=True) & ~under("area_path", authority.places(P.CASE_CONFIDENTIAL))
        units = unit_ids(user, P.CASE_HANDLE)
        own = Q(unit_id__in=units) | Q(case__unit_id__in=units) if units else Q(pk__in=[])
        return self.filter(held & ~hidden | own).scoped_to(f"user {authority.user_id}")

    def unanswered(self) -> Self:
        return self.filter(replied_at__isnull=True, lapsed_at__isnull=True)


class Supervision(models.Model):
    """督办单: a numbered slip to a unit that must answer by a day; written by a person or by the ladder."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="supervisions")
    area_path = models.CharField(max_length=120, db_collation="C")
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, null=True, related_name="+")  # a co-handler's
    number = models.CharField(max_length=40, unique=True)  # 街道简码督〔2026〕12号
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="supervisions", db_index=False)
    rung = models.PositiveSmallIntegerField(default=1)
    text = models.TextField()
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")  # None: the ladder
    issued_at = models.DateTimeField()
    reply_due_at = models.DateTimeField()
    reply = models.TextField(blank=True)
    replied_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    replied_at = models.DateTimeField(null=True)
    lapsed_at = models.DateTimeField(null=True)  # the case ended before the unit answered

    objects = SupervisionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["area_path", "-id"], name="supervision_area"),
            models.Index(fields=["unit", "-id"], name="supervision_unit"),
            models.Index(
                fields=["reply_due_at"],
                name="supervision_open",
                condition=Q(replied_at__isnull=True, lapsed_at__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(replied_at__isnull=True, replied_by__isnull=True, reply="")
                | (Q(replied_at__isnull=False, replied_by__isnull=False) & ~Q(reply="")),
                name="supervision_replied_by_at",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="supervision_says_something"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.replied_at is None and self.lapsed_at is None

    @property
    def is_late(self) -> bool:
        """Answered after its time. Whether an open one is late depends on now."""
        return self.replied_at is not None and self.replied_at > self.reply_due_at
