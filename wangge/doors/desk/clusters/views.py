"""Groups of open cases that look like one thing: the desk makes them one case, or says that they are not the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from wangge.domains.cases import actions
from wangge.domains.cases.learning import alike, clusters
from wangge.domains.cases.learning.reasons import in_words
from wangge.doors.desk import paging
from wangge.doors.desk.cases.rows import place_line
from wangge.doors.desk.clocks import chip
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotAllowedError, Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.cases.learning.clusters import Proposed

_PAGE = 10


def _group(shown: Proposed, chosen: dict[str, Any] | None = None) -> dict[str, Any]:
    """One group as the page draws it; the oldest case goes on unless another was chosen."""
    first = shown.cases[0]
    scores = alike.scores_between(shown.cases, first)
    kept = chosen if chosen is not None and chosen["pk"] == shown.cluster.pk else {}
    return {
        "pk": shown.cluster.pk,
        "percent": min(99, round(shown.cluster.score * 100)),
        "proposed_at": shown.cluster.proposed_at,
        "into": kept.get("into", first.number),
        "problem": kept.get("problem", ""),
        "cases": [
            {
                "case": case,
                "clock": chip(case),
                "place": place_line(case),
                "matter": case.matter.name if case.matter is not None else _("Matter not yet known"),
                "reasons": in_words(scores[case.pk]) if case.pk in scores else [],
                "chosen": case.number in kept.get("cases", [one.number for one in shown.cases]),
            }
            for case in shown.cases
        ],
    }


def _page(request: HttpRequest, *, chosen: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    before = paging.by_id(request.GET, "before")
    found = clusters.proposed_to(request.user, before=before, limit=_PAGE + 1)
    shown = found[:_PAGE]
    context = {
        "groups": [_group(one, chosen) for one in shown],
        "next_url": paging.next_url(request.GET, before=shown[-1].cluster.pk) if len(found) > _PAGE else "",
        "first_url": paging.next_url(request.GET, before="") if before else "",
    }
    return render(request, "desk/clusters/list.html", context, status=status)


@gate(P.CASE_MERGE)
@require_GET
def proposed(request: HttpRequest) -> HttpResponse:
    """The groups that wait for a decision."""
    return _page(request)


@gate(P.CASE_MERGE)
@require_POST
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the chosen cases one."""
    shown = clusters.get_cluster(request.user, pk)
    by_number = {case.number: case for case in shown.cases}
    numbers = [number for number in request.POST.getlist("cases") if number in by_number]
    # Without a choice the oldest goes on, as the page proposes.
    into = by_number.get(request.POST.get("into", ""), shown.cases[0])
    try:
        actions.clustering.merge_cluster(
            cluster=shown.cluster, into=into, cases=[by_number[number] for number in numbers], by=request.user
        )
    except NotAllowedError:
        raise
    except Problem as problem:
        chosen = {
            "pk": pk,
            "into": request.POST.get("into", "")[:24],
            "cases": numbers,
            "problem": f"{problem.title} {problem.kept}",
        }
        return _page(request, chosen=chosen, status=422)
    merged = len([number for number in numbers if number != into.number])
    text = ngettext(
        "%(n)s case goes on with %(number)s; every reporter stays informed.",
        "%(n)s cases go on with %(number)s; every reporter stays informed.",
        merged,
    )
    messages.success(request, text % {"n": merged, "number": into.number})
    return redirect("desk:clusters")


@gate(P.CASE_MERGE)
@require_POST
def refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """These are different things: they are not proposed together again."""
    shown = clusters.get_cluster(request.user, pk)
    try:
        actions.clustering.refuse_cluster(cluster=shown.cluster, by=request.user)
    except NotAllowedError:
        raise
    except Problem as problem:
        messages.error(request, str(problem.title))
    else:
        messages.success(
            request, _("Noted: these cases are different things. They will not be proposed together again.")
        )
    return redirect("desk:clusters")
