"""Proposed rules: accepted into the rules, or refused; the trial that was shown is kept with the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.catalogue.actions.routing import require_router, save_rule
from wangge.foundation.catalogue.actions.versions import as_entry
from wangge.foundation.catalogue.models import RoutingRule, RuleProposal
from wangge.foundation.catalogue.proposals import rules_of, same_subject
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError

if TYPE_CHECKING:
    import datetime as dt

kinds.declare("rule.propose", "rule.accept", "rule.refuse")

_LONGEST = 2000


@transaction.atomic
def propose_rule(*, rule: RoutingRule, reason: str, by: Any, at: dt.datetime | None = None) -> RuleProposal:
    """Put a rule up for decision; it decides nothing before it is accepted. `rule` is not saved."""
    at = at or clock.now()
    require_router(by, rule.area)
    if not reason.strip() or len(reason) > _LONGEST:
        raise InvalidError(_("Please say why this rule is proposed."), field="reason")
    row = RuleProposal.objects.create(
        rule=as_entry(rule),
        reason=reason.strip(),
        proposed_by=by if getattr(by, "pk", None) else None,
        proposed_at=at,
    )
    record("rule.propose", by=by, subject=row, at=at)
    return row


@transaction.atomic
def keep_trial(*, proposal: RuleProposal, trial: dict[str, Any], by: Any) -> None:
    """Keep what the back-test of an undecided proposal found, so that the decision can be read with it."""
    row, rule = _open(proposal)
    require_router(by, rule.area)
    row.trial = trial
    row.save(update_fields=["trial"])


@transaction.atomic
def accept_proposal(
    *, proposal: RuleProposal, by: Any, decision: str = "", at: dt.datetime | None = None
) -> RoutingRule:
    """Make the proposed rule hold from today; it replaces the one about the same thing in the same area."""
    at = at or clock.now()
    row, rule = _open(proposal)
    require_router(by, rule.area)
    day = clock.day_of(at)
    made = save_rule(
        by=by,
        matter=rule.matter,
        matter_class=rule.matter_class,
        module=rule.module,
        area=rule.area,
        unit=rule.unit,
        unit_kind=rule.unit_kind,
        duty=rule.duty,
        valid_from=day,
        replaces=same_subject(rule, day),
    )
    _decide(row, RuleProposal.State.ACCEPTED, by, at, decision, made)
    record("rule.accept", by=by, subject=row, at=at, rule=made.pk)
    return made


@transaction.atomic
def refuse_proposal(*, proposal: RuleProposal, by: Any, decision: str, at: dt.datetime | None = None) -> None:
    """Leave the rules as they are, and say why."""
    at = at or clock.now()
    row, rule = _open(proposal)
    require_router(by, rule.area)
    if not decision.strip():
        raise InvalidError(_("Please say why it is refused."), field="decision")
    _decide(row, RuleProposal.State.REFUSED, by, at, decision, None)
    record("rule.refuse", by=by, subject=row, at=at)


def _open(proposal: RuleProposal) -> tuple[RuleProposal, RoutingRule]:
    row = RuleProposal.objects.select_for_update().get(pk=proposal.pk)
    if row.state != RuleProposal.State.PROPOSED:
        raise ConflictError(_("This proposal was already decided."))
    return row, rules_of([row.rule])[0]


def _decide(row: RuleProposal, state: str, by: Any, at: dt.datetime, decision: str, made: RoutingRule | None) -> None:
    if len(decision) > _LONGEST:
        raise InvalidError(_("This text is too long."), field="decision")
    row.state, row.decision = state, decision.strip()
    row.decided_by, row.decided_at, row.accepted_rule = by, at, made
    row.save(update_fields=["state", "decision", "decided_by", "decided_at", "accepted_rule"])
