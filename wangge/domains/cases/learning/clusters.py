"""疑似同一件事: several open cases that look like one. What the job compares, and what the desk reads."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from wangge.domains.cases.learning import advice
from wangge.domains.cases.learning.alike import thing_of
from wangge.domains.cases.learning.duplicates import DAYS, RADIUS_M, SURE, Score, groups, score
from wangge.domains.cases.models import Case, Cluster
from wangge.domains.cases.surroundings import surround, with_matters
from wangge.domains.cases.workflow import S
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MERGEABLE = (S.REPORTED.value, S.FILED.value, S.DISPATCHED.value)  # workflow: where `merge` starts
_MOST = 3000  # newest open cases of a street that are compared
_MOST_NEIGHBOURS = 60  # of one case: a market with a hundred open cases is no cluster
_DEGREE_M = 111_320
_CHUNKS = 5  # pages of clusters that are read to fill one page with those a person may see


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """Cases that look like one: their ids, the place that holds them all, the weakest link, and the scored pairs."""

    ids: tuple[int, ...]
    area_path: str
    likely: float
    pairs: tuple[tuple[int, int, Score], ...]

    @property
    def key(self) -> str:
        """The same cases always have the same key."""
        return hashlib.sha256(" ".join(map(str, self.ids)).encode()).hexdigest()


def groups_of_street(path: str, *, at: dt.datetime) -> list[Group]:
    """The groups among the open, unmerged, not confidential cases of a street of the last 30 days."""
    cases = Case.objects.unscoped("the job compares the open cases of a street")
    found = cases.filter(under("area_path", [path]), state__in=MERGEABLE, confidential=False, lon__isnull=False)
    recent = found.filter(reported_at__gte=at - dt.timedelta(days=DAYS)).order_by("-pk")[:_MOST]
    rows = {case.pk: case for case in with_matters(list(recent))}
    links = {(one, other): link for one, other, link in _links(list(rows.values()))}
    pairs = [(one, other, link.probability) for (one, other), link in links.items()]
    made = []
    for ids in groups(pairs, apart=_called_different(rows)):
        inside = tuple((a, b, links[a, b]) for n, a in enumerate(ids) for b in ids[n + 1 :] if (a, b) in links)
        sure = [link.probability for _a, _b, link in inside if link.probability >= SURE]
        made.append(
            Group(
                ids=tuple(ids),
                area_path=_common([rows[pk].area_path for pk in ids]),
                likely=min(sure),
                pairs=tuple(sorted(inside, key=lambda pair: -pair[2].probability)),
            )
        )
    return made


def _links(cases: Sequence[Case]) -> Iterable[tuple[int, int, Score]]:
    """Every pair within the radius, (smaller id, larger id, score); squares of that size are the neighbourhood."""
    squares: dict[tuple[int, int], list[Case]] = defaultdict(list)
    for case in cases:
        squares[_square(case)].append(case)
    for (column, row), held in squares.items():
        for case in held:
            others = [
                other
                for x in (column - 1, column, column + 1)
                for y in (row - 1, row, row + 1)
                for other in squares.get((x, y), ())
                if other.pk < case.pk
            ]
            thing = thing_of(case)
            for other in sorted(others, key=lambda one: -one.pk)[:_MOST_NEIGHBOURS]:
                link = score(thing, thing_of(other), confused=advice.confused)
                if link.metres is not None and link.metres <= RADIUS_M:
                    yield other.pk, case.pk, link


def _square(case: Case) -> tuple[int, int]:
    lon, lat = case.lon or 0.0, case.lat or 0.0
    return (
        math.floor(lon * _DEGREE_M * max(0.01, math.cos(math.radians(round(lat, 1)))) / RADIUS_M),
        math.floor(lat * _DEGREE_M / RADIUS_M),
    )


def _called_different(ids: Iterable[int]) -> frozenset[frozenset[int]]:
    """Pairs of these cases that stood together in a cluster which a person refused."""
    refused = Cluster.objects.filter(state=Cluster.State.REFUSED, members__case_id__in=list(ids)).distinct()
    apart: set[frozenset[int]] = set()
    for cluster in refused.prefetch_related("members"):
        held = [member.case_id for member in cluster.members.all()]
        apart |= {frozenset((a, b)) for n, a in enumerate(held) for b in held[n + 1 :]}
    return frozenset(apart)


def _common(paths: Sequence[str]) -> str:
    """The deepest area that holds all of them."""
    parts = [path.strip("/").split("/") for path in paths]
    shared: list[str] = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return "/" + "/".join(shared) + "/"


@dataclasses.dataclass(frozen=True, slots=True)
class Proposed:
    """A cluster as a person sees it: its cases that are still open (oldest first), and why."""

    cluster: Cluster
    cases: list[Case]


def proposed_to(user: Any, *, before: int | None = None, limit: int = 20) -> list[Proposed]:
    """Clusters proposed at the places where a person may merge, newest first.

    One whose cases he may not all see, or of which fewer than two are still to be merged, is left out.
    """
    places = authority_of(user).places(P.CASE_MERGE)
    found = Cluster.objects.filter(under("area_path", places), state=Cluster.State.PROPOSED).order_by("-pk")
    shown: list[Proposed] = []
    for _chunk in range(_CHUNKS):
        page = found.filter(pk__lt=before) if before is not None else found
        rows = list(page.prefetch_related("members")[:limit])
        shown += _with_cases(user, rows)
        if len(rows) < limit or len(shown) >= limit:
            break
        before = rows[-1].pk
    return shown[:limit]


def get_cluster(user: Any, pk: int) -> Proposed:
    """One proposed cluster; `NotFoundError` alike for what is decided, foreign or not there."""
    places = authority_of(user).places(P.CASE_MERGE)
    found = Cluster.objects.filter(under("area_path", places), state=Cluster.State.PROPOSED, pk=pk)
    shown = _with_cases(user, list(found.prefetch_related("members")))
    if not shown:
        raise NotFoundError
    return shown[0]


def _with_cases(user: Any, clusters: Sequence[Cluster]) -> list[Proposed]:
    wanted = {member.case_id for cluster in clusters for member in cluster.members.all()}
    visible = Case.objects.visible_to(user).filter(pk__in=wanted, state__in=MERGEABLE).order_by()
    held = {case.pk: case for case in surround(list(visible))}
    shown = []
    for cluster in clusters:
        cases = [held[member.case_id] for member in cluster.members.all() if member.case_id in held]
        if len(cases) > 1:
            shown.append(Proposed(cluster, sorted(cases, key=lambda case: case.pk)))
    return shown
