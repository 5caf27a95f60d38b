"""Clusters: proposed by a job, made one case or refused by a person. Every reporter stays a voice and is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.actions.merging import merge
from wangge.domains.cases.learning.clusters import Group, groups_of_street
from wangge.domains.cases.models import Case, Cluster, ClusterMember
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.core.scoping import under
from wangge.foundation.places.queries import areas

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from wangge.domains.cases.learning.duplicates import Score

kinds.declare("cluster.merge", "cluster.refuse")


def propose_clusters(*, at: dt.datetime | None = None) -> int:
    """Compare the open cases of every street and propose what looks like one thing. Returns how many are new.

    What a person refused is not proposed again; a proposal that no longer holds (a case was handled, another came) goes.
    """
    at = at or clock.now()
    return sum(_propose(street.path, at) for street in areas("street", on=clock.day_of(at)))


@transaction.atomic
def _propose(path: str, at: dt.datetime) -> int:
    found = {group.key: group for group in groups_of_street(path, at=at)}
    standing = Cluster.objects.select_for_update().filter(under("area_path", [path]), state=Cluster.State.PROPOSED)
    gone = [cluster.pk for cluster in standing if cluster.key not in found]
    ClusterMember.objects.filter(cluster__in=gone).delete()
    Cluster.objects.filter(pk__in=gone).delete()
    known = set(Cluster.objects.filter(key__in=found).values_list("key", flat=True))
    new = [group for key, group in found.items() if key not in known]
    for group in new:
        cluster = Cluster.objects.create(
            key=group.key, area_path=group.area_path, score=round(group.likely, 4), why=_why(group), proposed_at=at
        )
        ClusterMember.objects.bulk_create(ClusterMember(cluster=cluster, case_id=pk) for pk in group.ids)
    return len(new)


def _why(group: Group) -> list[list[Any]]:
    return [[one, other, round(link.probability, 4), explained(link)] for one, other, link in group.pairs]


def explained(link: Score) -> dict[str, Any]:
    """A score as plain values: the distance, and what each fact added in log odds."""
    values: dict[str, Any] = {factor.name: round(factor.weight, 3) for factor in link.factors}
    values["metres"] = None if link.metres is None else round(link.metres)
    return values


@transaction.atomic
def merge_cluster(
    *, cluster: Cluster, into: Case, cases: Iterable[Case], by: Any, at: dt.datetime | None = None
) -> Case:
    """Make the chosen cases of a cluster one: each is merged into `into`, with its own timeline row and its own reporters.

    All or nothing. Cases of the cluster that were not chosen go on by themselves.
    """
    at = at or clock.now()
    row = _open(cluster, by)
    members = set(row.members.values_list("case_id", flat=True))
    chosen = {case.pk: case for case in cases if case.pk != into.pk}
    if into.pk not in members or not chosen or not set(chosen) <= members:
        raise InvalidError(_("Choose at least two cases of this proposal, and the one that goes on."), field="cases")
    for pk in sorted(chosen):
        merge(case=chosen[pk], into=into, by=by, at=at)
    _decide(row, Cluster.State.MERGED, by, at)
    record("cluster.merge", by=by, subject=row, at=at, into=into.pk, cases=sorted(chosen))
    return into


@transaction.atomic
def refuse_cluster(*, cluster: Cluster, by: Any, at: dt.datetime | None = None) -> None:
    """Not the same: these cases are never proposed together again."""
    at = at or clock.now()
    row = _open(cluster, by)
    _decide(row, Cluster.State.REFUSED, by, at)
    record("cluster.refuse", by=by, subject=row, at=at)


def _open(cluster: Cluster, by: Any) -> Cluster:
    row = Cluster.objects.select_for_update().filter(pk=cluster.pk).first()
    if row is None or row.state != Cluster.State.PROPOSED:
        raise ConflictError(_("This proposal was already decided, or no longer holds."))
    if not authority_of(by).may(P.CASE_MERGE, area_path=row.area_path):
        raise NotAllowedError
    return row


def _decide(row: Cluster, state: str, by: Any, at: dt.datetime) -> None:
    Cluster.objects.filter(pk=row.pk).update(state=state, decided_by=by, decided_at=at)
