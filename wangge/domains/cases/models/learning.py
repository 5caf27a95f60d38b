"""What the office's own closed cases teach: text models, and what people chose against their advice; proposed clusters."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.models.case import Case
from wangge.foundation.accounts.models import User
from wangge.foundation.catalogue.models import Matter


class TextModel(models.Model):
    """A trained classifier of texts into matters: weights as plain arrays (npz without objects), never a pickle.

    The row stands from the first minute of a training and tells how far it is; without weights it advises nobody.
    """

    trained_at = models.DateTimeField()  # when the training began
    finished_at = models.DateTimeField(null=True)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    trained_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")  # None: the job
    samples = models.PositiveIntegerField(default=0)
    classes = models.JSONField(default=list)  # matter codes in the order of the weights
    figures = models.JSONField(default=dict)  # of a k-fold and of the held-out part; see learning.training.Figures
    weights = models.BinaryField(default=bytes)
    active = models.BooleanField(default=False)
    verdict = models.CharField(max_length=24, blank=True)  # why it advises or does not: a word of learning.training

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["active"], condition=Q(active=True), name="text_model_one_active")
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class MatterAdvice(models.Model):
    """What was proposed for a case and what a person chose: the override is the training signal."""

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="advice")
    model = models.ForeignKey(TextModel, on_delete=models.SET_NULL, null=True, related_name="+")  # None: key words
    proposed = models.JSONField()  # [[matter code, probability], …], best first, at most three
    chosen = models.ForeignKey(Matter, on_delete=models.PROTECT, null=True, related_name="+")
    chosen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.case_id}"


class Cluster(models.Model):
    """疑似同一件事: several open cases that look like one, proposed to the desk; a person merges or refuses."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        MERGED = "merged", _("Made one case")
        REFUSED = "refused", _("Not the same")

    key = models.CharField(max_length=64, unique=True)  # of the sorted case ids: a refused one is not proposed again
    area_path = models.CharField(max_length=120, db_collation="C")
    score = models.FloatField()
    why = models.JSONField(default=list)  # explained pairs: [[case, case, score, {"distance": …, "text": …}], …]
    state = models.CharField(max_length=8, choices=State.choices, default=State.PROPOSED)
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["area_path", "-id"], name="cluster_open", condition=Q(state="proposed"))]

    def __str__(self) -> str:
        return self.key[:8]


class ClusterMember(models.Model):
    """A case of a cluster."""

    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="members")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="clusters")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["cluster", "case"], name="cluster_member_once")]

    def __str__(self) -> str:
        return f"{self.cluster_id} {self.case_id}"
