"""The clock of a case as an append-only list of events; the due time is computed from it, never edited."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.models.case import Assignment, Case
from wangge.foundation.accounts.models import Organisation, User
from wangge.foundation.catalogue.models import CalendarVersion


class ClockEvent(models.Model):
    """One thing that happened to one clock. Rows are only ever added.

    `clock` names it: a stage of the case ("accept", "handle" …), or "handle" of one assignment (a co-handler's own).
    `kind_of_time` and `amount` are the limit of a start and the addition of an extension, in the words of
    `core.worktime`; `calendar` is the version by which the event is computed; `unit` is set where the clock runs by the
    working hours of one unit; `until` is when a pause is meant to end. What each kind does is told in `cases.clocks`.
    """

    class Kind(models.TextChoices):
        START = "start", _("Started")
        PAUSE = "pause", _("Paused")
        RESUME = "resume", _("Went on")
        EXTEND = "extend", _("Extended")
        CALENDAR = "calendar", _("Computed anew by another calendar")
        MEET = "meet", _("Met")
        BREACH = "breach", _("Overdue")
        STOP = "stop", _("Stopped")  # the case left the stage another way: merged, void, sent back

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="clock_events", db_index=False)
    assignment = models.ForeignKey(
        Assignment, on_delete=models.PROTECT, null=True, related_name="clock_events", db_index=False
    )
    clock = models.CharField(max_length=10)
    round = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    at = models.DateTimeField()
    kind_of_time = models.CharField(max_length=14, blank=True)
    amount = models.FloatField(null=True)
    calendar = models.ForeignKey(CalendarVersion, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    until = models.DateTimeField(null=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["case", "id"], name="clock_event_case"),
            models.Index(fields=["at"], name="clock_event_breach", condition=Q(kind="breach")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind__in=["start", "extend"]) | Q(amount__isnull=False, calendar__isnull=False),
                name="clock_event_limit_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.clock} {self.kind}"
