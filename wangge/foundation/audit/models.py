"""Audit rows, their seals, and the batches in which the sealer wrote them."""

from django.db import models

from wangge.foundation.core import clock


class AuditEntry(models.Model):
    """One act or one look. Ids and codes only; no foreign key, so that nothing blocks erasure.

    Never updated or deleted: the application role has no such right, and a trigger refuses it to everybody else.
    """

    at = models.DateTimeField(default=clock.now)
    kind = models.CharField(max_length=60)
    actor_id = models.BigIntegerField(null=True)  # None: the system itself, or an anonymous resident
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="audit_subject"),
            models.Index(fields=["actor_id", "id"], name="audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_type}:{self.subject_id}"


class SealBatch(models.Model):
    """One run of the sealer: how far the chain reached, and its head (the root to publish outside)."""

    at = models.DateTimeField(default=clock.now)
    last_position = models.BigIntegerField()
    highest_entry = models.BigIntegerField()
    head = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.last_position}"


class AuditSeal(models.Model):
    """The place of one entry in the chain: hash = SHA-256(previous hash ‖ canonical entry)."""

    position = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField(unique=True)
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.position}"
