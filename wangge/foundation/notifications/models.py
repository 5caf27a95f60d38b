"""The outbox, which is also the in-app inbox."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from wangge.foundation.accounts.models import User
from wangge.foundation.core import clock


class Notice(models.Model):
    """One message to one person: a kind and ids; the words are made when it is shown, in the reader's language."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    label = models.CharField(max_length=60, blank=True)  # a case number; never personal data
    data = models.JSONField(default=dict, db_default={})  # figures that the words need; never personal data
    urgent = models.BooleanField(default=False, db_default=False)  # goes out at once, also at night
    once_key = models.CharField(max_length=120)  # a repeated reaction writes no second message
    at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["user", "-id"], name="notice_unread", condition=Q(read_at__isnull=True))]
        constraints = [models.UniqueConstraint(fields=["user", "once_key"], name="notice_once")]

    def __str__(self) -> str:
        return self.kind


class Delivery(models.Model):
    """One message on its way through one outside channel (SMS, WeCom …): in-app needs none."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=30)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["notice", "channel"], name="delivery_once")]

    def __str__(self) -> str:
        return self.channel
