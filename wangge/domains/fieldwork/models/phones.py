"""The worker's phone: what it still has to send, what it holds, and what of it was refused."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.models import User


class Phone(models.Model):
    """One browser of one person. Says how much waits in it and how old the oldest is: a worry, never a mark."""

    public_id = models.UUIDField()  # made by the phone
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="phones")
    label = models.CharField(max_length=60, blank=True)  # "Android, Chrome"
    first_at = models.DateTimeField()
    heard_at = models.DateTimeField()
    waiting = models.PositiveIntegerField(default=0)  # commands and photos not yet sent
    oldest_since = models.DateTimeField(null=True)  # by our clock: when it was heard, less the age it told
    clock_off_s = models.IntegerField(default=0)  # how far its clock is ahead of ours, seconds
    persistent = models.BooleanField(default=False)  # the browser promised to keep its store
    drifted_at = models.DateTimeField(null=True)  # when what it held was last found to differ
    marks = models.JSONField(default=dict)  # the working set it was last given: {collection: {id: version}}
    mark = models.CharField(max_length=40, blank=True)  # the token of that state
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["user_id", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "public_id"], name="phone_once")]

    def __str__(self) -> str:
        return f"phone {self.pk}"


class Refused(models.Model):
    """A command from a phone that could not be carried out: kept whole, and somebody's work until it is settled."""

    class State(models.TextChoices):
        OPEN = "open", _("Waits for a look")
        HANDED = "handed", _("Handed to the station")
        SENT_ANEW = "sent_anew", _("Sent anew")
        TAKEN_OVER = "taken_over", _("Entered by somebody else")
        DROPPED = "dropped", _("Dropped")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="refused_commands")
    command_id = models.UUIDField()
    digest = models.BinaryField(max_length=32)  # of the command: another body under the same id is another row
    kind = models.CharField(max_length=40)
    code = models.CharField(max_length=60)  # of the problem
    body = models.BinaryField()  # sealed: the command as it came, and the problem in words
    area_path = models.CharField(max_length=120, db_collation="C", blank=True)
    occurred_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    handed_at = models.DateTimeField(null=True)  # its sender let the head of his station read it
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="refused_open", condition=Q(state__in=["open", "handed"])),
            models.Index(fields=["area_path", "-id"], name="refused_area", condition=Q(state__in=["open", "handed"])),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "command_id", "digest"], name="refused_once"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "handed"], settled_at__isnull=True)
                | (~Q(state__in=["open", "handed"]) & Q(settled_at__isnull=False)),
                name="refused_settled_at",
            ),
            models.CheckConstraint(condition=~Q(state="handed") | Q(handed_at__isnull=False), name="refused_handed_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.command_id}"
