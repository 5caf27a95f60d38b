"""What somebody still has to do."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from wangge.foundation.accounts.models import User
from wangge.foundation.core import clock


class Duty(models.Model):
    """One open or done piece of work. `label` is a case number or a title without personal data."""

    kind = models.CharField(max_length=40)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="duties", db_index=False)
    permission = models.CharField(max_length=40, blank=True)
    area_path = models.CharField(max_length=120, db_collation="C", blank=True)
    unit_path = models.CharField(max_length=120, db_collation="C", blank=True)
    # The units that handled it may not verify.
    not_unit_paths = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    # Who looked first does not look a second time.
    not_user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    confidential = models.BooleanField(default=False)
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    label = models.CharField(max_length=60)
    opened_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(fields=["due_at", "id"], name="duty_due", condition=Q(done_at__isnull=True)),
            models.Index(fields=["subject_type", "subject_id"], name="duty_subject", condition=Q(done_at__isnull=True)),
            models.Index(fields=["permission", "due_at", "id"], name="duty_pool", condition=Q(done_at__isnull=True)),
            models.Index(fields=["unit_path", "due_at", "id"], name="duty_unit", condition=Q(done_at__isnull=True)),
            models.Index(fields=["user", "due_at", "id"], name="duty_user", condition=Q(done_at__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, permission="")
                | (Q(user__isnull=True) & ~Q(permission="") & (~Q(area_path="") | ~Q(unit_path=""))),
                name="duty_is_somebodys",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.label}"
