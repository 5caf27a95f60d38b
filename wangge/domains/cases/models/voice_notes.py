"""Voice notes: what a reporter spoke instead of typing it, or beside it."""

from __future__ import annotations

from django.db import models

from wangge.domains.cases.models.case import Case, Report
from wangge.foundation.accounts.models import User
from wangge.foundation.media.models import SoundFile


class VoiceNote(models.Model):
    """A recording that belongs to a report, promised by its sha256 and there when its bytes have arrived."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="voice_notes")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="voice_notes")
    sha256 = models.CharField(max_length=64)
    sound = models.ForeignKey(SoundFile, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["sha256"], name="voice_note_sha256"),
        ]
        constraints = [models.UniqueConstraint(fields=["report", "sha256"], name="voice_note_once")]

    def __str__(self) -> str:
        return self.sha256[:12]
