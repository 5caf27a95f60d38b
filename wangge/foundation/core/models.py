"""Tables of the core: idempotent writes, the replays that contradicted them, and what was put right by itself."""

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


class Upkeep(models.Model):
    """The latest run of something that puts things right by itself, and how much it has ever found."""

    job = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()
    last = models.JSONField(default=dict)  # kind → how many
    total = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.job} {self.total}"
