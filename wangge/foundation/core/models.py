"""Tables of the core: idempotent writes and the replays that contradicted them."""

from django.db import models

from wangge.foundation.core import clock


class IdempotencyKey(models.Model):
    """One accepted write under a caller's key: a replay gets the same answer, for ever.

    `answer` is sealed: it may hold a follow link.
    """

    owner = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32)
    status = models.SmallIntegerField()
    answer = models.BinaryField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="idempotency_once")]

    def __str__(self) -> str:
        return f"{self.owner} {self.key}"


class ContradictingReplay(models.Model):
    """Another body under a key already used: kept for a person to look at, never dropped. `body` is sealed."""

    owner = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32)
    body = models.BinaryField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["owner", "key", "digest"], name="contradiction_once")]

    def __str__(self) -> str:
        return f"{self.owner} {self.key}"
