"""早碰头: the list the system made, the decisions taken on it, and the tasks they became."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wangge.domains.fieldwork.models.visits import Campaign
from wangge.domains.people.models import PlacedQuerySet
from wangge.foundation.accounts.models import User
from wangge.foundation.catalogue.models import Matter
from wangge.foundation.places.models import Area, Compound


class StandUp(models.Model):
    """One stand-up: of a grid or a community, on one working day. `items` is frozen when it is held.

    Who was there may be noted and need not be.
    """

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="stand_ups")
    area_path = models.CharField(max_length=120, db_collation="C")
    day = models.DateField()
    items = models.JSONField(default=list)  # [{"kind", "label", "subject", "due"}]: numbers and counts, no person
    present = ArrayField(models.BigIntegerField(), default=list)  # ids of users
    held_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    held_at = models.DateTimeField(null=True)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "area_id"]
        indexes = [models.Index(fields=["area_path", "day"], name="stand_up_area_day")]
        constraints = [models.UniqueConstraint(fields=["area", "day"], name="stand_up_once")]

    def __str__(self) -> str:
        return f"{self.area_id} {self.day}"


class FieldTask(models.Model):
    """A piece of work in the grid that is neither a case nor a visit: a decision of a stand-up, an order of the desk.

    It rests on a matter of the admission list, or it cannot be given (清单外任务拦截).
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("task state", "Open")
        DONE = "done", pgettext_lazy("task state", "Done")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    grid = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="tasks")
    area_path = models.CharField(max_length=120, db_collation="C")
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="field_tasks")
    title = models.CharField(max_length=60)
    text = models.BinaryField(null=True)  # sealed
    assigned = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="field_tasks")
    due_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    stand_up = models.ForeignKey(StandUp, on_delete=models.PROTECT, null=True, related_name="tasks")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, null=True, related_name="tasks")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    done_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    done_note = models.BinaryField(null=True)  # sealed
    occurred_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [models.Index(fields=["area_path", "due_at"], name="task_area", condition=Q(state="open"))]
        constraints = [
            models.CheckConstraint(condition=~Q(state="done") | Q(done_by__isnull=False), name="task_done_by_somebody")
        ]

    def __str__(self) -> str:
        return self.title


class BlockedTask(models.Model):
    """清单外任务拦截: somebody wanted to give the field work that rests on no matter of the admission list. Not who."""

    area_path = models.CharField(max_length=120, db_collation="C")
    at = models.DateTimeField()

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["area_path", "at"], name="blocked_task_area")]

    def __str__(self) -> str:
        return f"blocked {self.pk}"


class OfficeHour(models.Model):
    """一线办公: when and where in a compound somebody of the community can be met, every week."""

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="office_hours")
    area_path = models.CharField(max_length=120, db_collation="C")
    compound = models.ForeignKey(Compound, on_delete=models.PROTECT, null=True, related_name="office_hours")
    spot = models.CharField(max_length=60)
    weekday = models.PositiveSmallIntegerField()  # 0 = Monday
    opens = models.TimeField()
    closes = models.TimeField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="office_hours")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        ordering = ["area_id", "weekday", "opens", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="office_hour_on_a_weekday"),
            models.CheckConstraint(condition=Q(closes__gt=models.F("opens")), name="office_hour_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.spot}"


class Absence(models.Model):
    """Leave, training, illness (which is not asked): from when to when, and who stands in, by posts of his own."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="absences")
    from_on = models.DateField()
    to_on = models.DateField()  # the last day
    substitute = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="standing_in")
    posts = ArrayField(models.BigIntegerField(), default=list)  # those given to the substitute
    ended_on = models.DateField(null=True)  # came back earlier
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-from_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(to_on__gte=models.F("from_on")), name="absence_ends_after_it_begins")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.from_on}"
