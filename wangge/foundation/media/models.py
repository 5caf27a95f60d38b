"""What was uploaded."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from wangge.foundation.accounts.models import User
from wangge.foundation.core import clock
from wangge.foundation.media.prints import BANDS


class MediaFile(models.Model):
    """One accepted photo: the original under its sha256, and what its EXIF said (shown only to those allowed)."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField()  # bytes of the original
    mime = models.CharField(max_length=40)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    print64 = models.BigIntegerField(null=True)  # prints.py; null: not yet looked at, or too little to see
    grid = models.BinaryField(null=True)  # prints.py; decides where the print only finds
    print_version = models.PositiveSmallIntegerField(default=0)  # by which prints.VERSION it was looked at; 0: not yet
    taken_at = models.DateTimeField(null=True)
    taken_lon = models.FloatField(null=True)
    taken_lat = models.FloatField(null=True)
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        indexes = [
            # One for each band of a print: near prints are looked up, never scanned for (queries.lookalikes).
            *(
                models.Index(
                    F("print64").bitrightshift(16 * n).bitand(65535),
                    name=f"media_print_{n}",
                    condition=Q(print64__isnull=False),
                )
                for n in range(BANDS)
            ),
            models.Index(fields=["id"], name="media_unprinted", condition=Q(print_version=0)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="media_sha256_is_hex"),
            models.CheckConstraint(
                condition=Q(print64__isnull=True, grid__isnull=True) | Q(print64__isnull=False, grid__isnull=False),
                name="media_print_and_grid",
            ),
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


class SoundFile(models.Model):
    """A voice note that somebody sent: the bytes as they came, under their sha256.

    One row for each sender, so that knowing the name of a file proves nothing. `erased_at`: the bytes are gone.
    """

    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()  # bytes
    mime = models.CharField(max_length=40)
    seconds = models.FloatField()
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(default=clock.now)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["sha256", "sent_by"], name="sound_sender_once"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="sound_sha256_is_hex"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]
