"""What was learned: groups of cases that look like one, and rules that rulings propose."""

import datetime as dt
import uuid
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from wangge.domains.cases.actions import clustering
from wangge.domains.cases.learning import backtest, clusters
from wangge.domains.cases.learning.clusters import Proposed
from wangge.doors.api import cursors
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.shapes import AreaRef, CaseRow, In, MatterRef, Note, Out, PublicId, UnitRef, Words
from wangge.doors.api.writing import written
from wangge.foundation.catalogue import actions as catalogue
from wangge.foundation.catalogue import proposals
from wangge.foundation.catalogue.models import RoutingRule, RuleProposal
from wangge.foundation.core.problems import InvalidError

router = Router(tags=["learning"])

RowNumber = Annotated[int, Path(ge=1, le=2**62)]
_PAGE = 20


class ClusterRow(Out):
    """Open cases that look like one thing, oldest first; `probability` is that of the weakest link between them."""

    id: int
    probability: float
    proposed_at: dt.datetime
    cases: list[CaseRow]

    @classmethod
    def of(cls, shown: Proposed) -> "ClusterRow":
        return cls(
            id=shown.cluster.pk,
            probability=shown.cluster.score,
            proposed_at=shown.cluster.proposed_at,
            cases=[CaseRow.of(case) for case in shown.cases],
        )


class ClusterPage(Out):
    """Groups that wait for a decision, newest first; `next` is the cursor of the following page."""

    items: list[ClusterRow]
    next: str | None


class ClusterMerge(In):
    """Which cases of the group are one thing, and the one that goes on."""

    into: PublicId
    cases: Annotated[list[PublicId], Field(min_length=1, max_length=20)]


class ClusterDecided(Out):
    """What became of the group; `into` is the case that goes on, null when it was refused."""

    id: int
    into: uuid.UUID | None


class RuleRow(Out):
    """A routing rule: about a matter, a class, a module or (all null) everything; null area: everywhere."""

    matter: MatterRef | None
    matter_class: str | None
    module: str
    area: AreaRef | None
    unit: UnitRef | None
    unit_kind: str
    duty: str

    @classmethod
    def of(cls, rule: RoutingRule) -> "RuleRow":
        matter = rule.matter
        return cls(
            matter=MatterRef(code=matter.code, name=matter.name, module=matter.module) if matter is not None else None,
            matter_class=rule.matter_class.code if rule.matter_class is not None else None,
            module=rule.module,
            area=AreaRef.of(rule.area) if rule.area is not None else None,
            unit=UnitRef.of(rule.unit),
            unit_kind=rule.unit_kind,
            duty=rule.duty,
        )


class TrialFigures(Out):
    """A back-test on the cases of the last `days`: how many would go elsewhere, and how often each set of rules was right."""

    days: int
    cases: int
    judged: int
    elsewhere: int
    right_before: int
    right_after: int


class ProposalRow(Out):
    """A proposed rule, where it comes from, and what became of it; it decides nothing before it is accepted."""

    id: int
    rule: RuleRow
    reason: str
    origin: str
    state: str
    proposed_at: dt.datetime
    decided_at: dt.datetime | None
    decision: str

    @classmethod
    def of(cls, row: RuleProposal, rule: RoutingRule) -> "ProposalRow":
        return cls(**proposal_of(row, rule))


class ProposalFull(ProposalRow):
    """With its trial on the cases of the last month, computed when it is read."""

    trial: TrialFigures


class ProposalPage(Out):
    """Proposals that wait, newest first; `next` is the cursor of the following page."""

    items: list[ProposalRow]
    next: str | None


class Accept(In):
    """A remark, if any."""

    decision: Note = ""


class Refuse(In):
    """Why the rules stay as they are."""

    decision: Words


def proposal_of(row: RuleProposal, rule: RoutingRule) -> dict[str, Any]:
    """The values of a `ProposalRow`."""
    return {
        "id": row.pk,
        "rule": RuleRow.of(rule),
        "reason": row.reason,
        "origin": row.origin_type,
        "state": row.state,
        "proposed_at": row.proposed_at,
        "decided_at": row.decided_at,
        "decision": row.decision,
    }


@router.get("/clusters", **operation("clusters", answers=ClusterPage))
def clusters_(request: HttpRequest, cursor: Annotated[str, Query(max_length=500)] = "") -> HttpResponse:
    """Groups of open cases that look like one thing, where one may merge."""
    before = cursors.unseal("clusters", cursor)[0] if cursor else None
    found = clusters.proposed_to(request.user, before=before, limit=_PAGE + 1)
    following = cursors.seal("clusters", found[_PAGE - 1].cluster.pk) if len(found) > _PAGE else None
    return answer(ClusterPage(items=[ClusterRow.of(one) for one in found[:_PAGE]], next=following))


@router.post("/clusters/{cluster_id}/merge", **operation("cluster_merge", answers=ClusterDecided, write=True))
def cluster_merge(request: HttpRequest, cluster_id: RowNumber, data: ClusterMerge) -> HttpResponse:
    """Make the chosen cases one; every reporter stays a voice of it."""

    def act() -> ClusterDecided:
        shown = clusters.get_cluster(request.user, cluster_id)
        held = {case.public_id: case for case in shown.cases}
        if data.into not in held or not set(data.cases) <= set(held):
            raise InvalidError(field="cases")
        into = held[data.into]
        clustering.merge_cluster(
            cluster=shown.cluster, into=into, cases=[held[pk] for pk in data.cases], by=request.user
        )
        return ClusterDecided(id=cluster_id, into=into.public_id)

    return written(request, act)


@router.post("/clusters/{cluster_id}/refuse", **operation("cluster_refuse", answers=ClusterDecided, write=True))
def cluster_refuse(request: HttpRequest, cluster_id: RowNumber) -> HttpResponse:
    """Different things: these cases are not proposed together again."""

    def act() -> ClusterDecided:
        shown = clusters.get_cluster(request.user, cluster_id)
        clustering.refuse_cluster(cluster=shown.cluster, by=request.user)
        return ClusterDecided(id=cluster_id, into=None)

    return written(request, act)


@router.get("/catalogue/proposals", **operation("rule_proposals", answers=ProposalPage))
def rule_proposals(request: HttpRequest, cursor: Annotated[str, Query(max_length=500)] = "") -> HttpResponse:
    """Proposed routing rules for places where one may route."""
    before = cursors.unseal("rule_proposals", cursor)[0] if cursor else None
    found = proposals.proposals(request.user, before=before, limit=_PAGE + 1)
    following = cursors.seal("rule_proposals", found[_PAGE - 1][0].pk) if len(found) > _PAGE else None
    return answer(ProposalPage(items=[ProposalRow.of(row, rule) for row, rule in found[:_PAGE]], next=following))


@router.get("/catalogue/proposals/{proposal_id}", **operation("rule_proposal", answers=ProposalFull))
def rule_proposal(request: HttpRequest, proposal_id: RowNumber) -> HttpResponse:
    """One proposed rule, tried on last month's cases."""
    row, rule = proposals.get_proposal(request.user, proposal_id)
    trial = backtest.try_rule(rule).as_data()
    del trial["changed"]  # ids of cases that the reader may not see
    return answer(ProposalFull(**proposal_of(row, rule), trial=TrialFigures(**trial)))


@router.post(
    "/catalogue/proposals/{proposal_id}/accept", **operation("rule_proposal_accept", answers=ProposalRow, write=True)
)
def rule_proposal_accept(request: HttpRequest, proposal_id: RowNumber, data: Accept) -> HttpResponse:
    """Let the rule hold from today; it replaces the one about the same thing in the same place."""

    def act() -> ProposalRow:
        row, _rule = proposals.get_proposal(request.user, proposal_id)
        catalogue.accept_proposal(proposal=row, by=request.user, decision=data.decision)
        return ProposalRow.of(*proposals.get_proposal(request.user, proposal_id))

    return written(request, act)


@router.post(
    "/catalogue/proposals/{proposal_id}/refuse", **operation("rule_proposal_refuse", answers=ProposalRow, write=True)
)
def rule_proposal_refuse(request: HttpRequest, proposal_id: RowNumber, data: Refuse) -> HttpResponse:
    """Leave the rules as they are, and say why."""

    def act() -> ProposalRow:
        row, _rule = proposals.get_proposal(request.user, proposal_id)
        catalogue.refuse_proposal(proposal=row, by=request.user, decision=data.decision)
        return ProposalRow.of(*proposals.get_proposal(request.user, proposal_id))

    return written(request, act)
