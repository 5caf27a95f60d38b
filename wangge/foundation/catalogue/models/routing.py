"""Versions of the routing rules, what was learned from rulings, and trials before a change is switched on."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.models import User
from wangge.foundation.catalogue.models.matters import RoutingRule
from wangge.foundation.core import clock


class RulesVersion(models.Model):
    """One state of the routing rules. Every decision names the version by which it was made; `rules` is that state."""

    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200)
    rules = models.JSONField(default=list)  # [{matter, matter_class, module, area, unit, unit_kind, duty}, …] as ids

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.pk} {self.note}"


class RuleProposal(models.Model):
    """拟新增派遣规则: a rule that a ruling or a person proposes; it decides nothing before it is accepted.

    `origin_type`/`origin_id` name the precedent without a foreign key (a case stands above the catalogue).
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")

    rule = models.JSONField()  # the same shape as one entry of RulesVersion.rules
    reason = models.TextField()
    origin_type = models.CharField(max_length=20, blank=True)
    origin_id = models.BigIntegerField(null=True)
    trial = models.JSONField(null=True)  # back-test: {"cases": n, "same": n, "changed": [...], "right_before": n, …}
    state = models.CharField(max_length=8, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.TextField(blank=True)
    accepted_rule = models.ForeignKey(RoutingRule, on_delete=models.SET_NULL, null=True, related_name="proposals")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(state="proposed") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="rule_proposal_decided_by_at",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"
