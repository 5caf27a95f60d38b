"""The office's calendar as versioned data: which days are worked, and in which hours.

A version is never changed. A day or a plan belongs to the versions from `since` up to, not including, `until`; so any
earlier answer can be computed again.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.models import Organisation, User
from wangge.foundation.core import clock


class CalendarVersion(models.Model):
    """One state of the calendar. `announced_through` is the last year whose holiday notice has been taken in."""

    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200)
    announced_through = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.pk} {self.note}"


class CalendarDay(models.Model):
    """A day that is not what its weekday says: a holiday, a make-up working day (调休), a half day, a local extra day.

    What the office decided itself overrules the notice, and what a unit decided overrules both.
    """

    class Kind(models.TextChoices):
        OFF = "off", _("Day off")  # 放假
        WORK = "work", _("Working day")  # 调休上班 or an extra day
        MORNING = "morning", _("Morning only")
        AFTERNOON = "afternoon", _("Afternoon only")

    class Source(models.TextChoices):
        NOTICE = "notice", _("Holiday notice of the State Council")
        LOCAL = "local", _("Decided by the office")

    day = models.DateField()
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")  # None: everybody
    kind = models.CharField(max_length=9, choices=Kind.choices)
    source = models.CharField(max_length=6, choices=Source.choices)
    name = models.CharField(max_length=60, blank=True)
    since = models.ForeignKey(CalendarVersion, on_delete=models.PROTECT, related_name="days")
    until = models.ForeignKey(CalendarVersion, on_delete=models.PROTECT, null=True, related_name="ended_days")

    class Meta:
        ordering = ["day", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "unit", "source"],
                condition=Q(until__isnull=True),
                nulls_distinct=False,
                name="calendar_day_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["off", "work", "morning", "afternoon"]), name="calendar_day_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class TimePlan(models.Model):
    """作息时间: the daily slots of a season, for everybody or for one unit; a unit's own plan overrules the general one.

    `first` and `last` are "MM-DD", both included; a plan may run over the new year. `slots` are [["08:30", "12:00"],
    ["14:30", "18:00"]] in office time, in order, not overlapping; `weekdays` are ISO numbers, 1 Monday.
    """

    name = models.CharField(max_length=60)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    first = models.CharField(max_length=5, default="01-01")
    last = models.CharField(max_length=5, default="12-31")
    slots = models.JSONField()
    weekdays = models.JSONField()
    since = models.ForeignKey(CalendarVersion, on_delete=models.PROTECT, related_name="plans")
    until = models.ForeignKey(CalendarVersion, on_delete=models.PROTECT, null=True, related_name="ended_plans")

    class Meta:
        ordering = ["unit_id", "first", "id"]

    def __str__(self) -> str:
        return self.name
