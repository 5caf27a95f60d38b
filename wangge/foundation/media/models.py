"""What was uploaded."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from wangge.foundation.accounts.models import User
from wangge.foundation.core import clock


class MediaFile(models.Model):
    """One accepted photo: the original under its sha256, and what its EXIF said (shown only to those allowed)."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField()  # bytes of the original
    mime = models.CharField(max_length=40)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    print64 = models.BigIntegerField(null=True)  # perceptual hash: near for a re-encoded or resized copy
    taken_at = models.DateTimeField(null=True)
    taken_lon = models.FloatField(null=True)
    taken_lat = models.FloatField(null=True)
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["print64"], name="media_print")]
        constraints = [
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="media_sha256_is_hex"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class MediaSender(models.Model):
    """Who has sent the bytes of a file: knowing a file's name (its sha256) is no proof of having it.

    `user` None: somebody on the public page.
    """

    media = models.ForeignKey(MediaFile, on_delete=models.PROTECT, related_name="senders")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["media", "user"], nulls_distinct=False, name="media_sender_once"),
        ]

    def __str__(self) -> str:
        return f"{self.media_id} {self.user_id}"
