"""督办: the leader's page of what is late, the slips, and the answer of a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from wangge.domains.cases import lateness, queries
from wangge.domains.cases.actions import supervising
from wangge.doors.desk import paging
from wangge.doors.desk.cases.steps import sentences
from wangge.doors.desk.supervision.forms import AnswerSlip, LateFilter
from wangge.doors.desk.supervision.lines import DESK, line, slip_line, slip_lines
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError, NotAllowedError, NotFoundError, Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.cases.models import Supervision


def _tabs(which: str) -> list[dict[str, Any]]:
    url = reverse("desk:supervision")
    return [
        {"label": _("Overdue"), "url": url, "active": which == lateness.LATE, "icon": "alert-triangle"},
        {"label": _("Due today"), "url": f"{url}?which=today", "active": which == lateness.TODAY, "icon": "clock"},
        {
            "label": _("Co-handlers overdue"),
            "url": f"{url}?which=co",
            "active": which == lateness.CO,
            "icon": "users-group",
        },
        {
            "label": _("Supervision slips"),
            "url": reverse("desk:slips"),
            "active": which == "slips",
            "icon": "file-text",
        },
    ]


@gate(P.STATS_VIEW)
@require_GET
def supervision(request: HttpRequest) -> HttpResponse:
    """What is late, who holds it, since when, and what was done about it: at the places whose figures one sees.

    A community secretary reads it for his community; slips are issued by whoever supervises there.
    """
    which = request.GET.get("which", lateness.LATE)
    which = which if which in {lateness.LATE, lateness.TODAY, lateness.CO} else lateness.LATE
    narrowing = LateFilter(request.GET, user=request.user)
    narrowed = narrowing.narrowed(which)
    after = paging.by_due(request.GET)
    found = lateness.late(request.user, narrowed, after=after, limit=paging.PAGE + 1)
    rows = found[: paging.PAGE]
    totals, more = lateness.totals(request.user, narrowed)
    mark = ""
    if len(found) > paging.PAGE:
        last = rows[-1]
        mark = paging.due_mark(last.due_at, last.assignment.pk if last.assignment is not None else last.case.pk)
    context = {
        "which": which,
        "tabs": _tabs(which),
        "filter": narrowing,
        "filtered": any(request.GET.get(name) for name in ("unit", "module", "area", "stage")),
        "clear_url": paging.next_url(request.GET, unit="", module="", area="", stage="", after=""),
        "lines": [line(row) | {"may_supervise": _may_supervise(request, row)} for row in rows],
        "totals": [_total(request, total) for total in totals],
        "count": sum(total.count for total in totals),
        "more": more,
        "at": clock.now(),
        "next_url": paging.next_url(request.GET, after=mark) if mark else "",
        "first_url": paging.next_url(request.GET, after="") if after is not None else "",
    }
    return render(request, "desk/supervision/late.html", context)


def _may_supervise(request: HttpRequest, row: lateness.LateRow) -> bool:
    return authority_of(request.user).may(P.CASE_SUPERVISE, area_path=row.case.area_path)


def _total(request: HttpRequest, total: lateness.Total) -> dict[str, Any]:
    if total.unit is not None:
        url = paging.next_url(request.GET, unit=total.unit.pk, stage="", after="")
        return {"label": total.unit.name, "count": total.count, "url": url}
    url = paging.next_url(request.GET, stage=total.stage, unit="", after="")
    return {"label": str(DESK[total.stage].label), "count": total.count, "url": url}


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_GET
def slips(request: HttpRequest) -> HttpResponse:
    """The slips that a person may see, newest first."""
    open_only = request.GET.get("open") == "1"
    before = paging.by_id(request.GET)
    found = lateness.slips(request.user, open_only=open_only, before=before, limit=paging.PAGE + 1)
    shown = found[: paging.PAGE]
    context = {
        "tabs": _tabs("slips") if authority_of(request.user).holds(P.STATS_VIEW) else [],
        "slips": slip_lines(shown),
        "open_only": open_only,
        "next_url": paging.next_url(request.GET, before=shown[-1].pk) if len(found) > paging.PAGE else "",
        "first_url": paging.next_url(request.GET, before="") if before is not None else "",
    }
    return render(request, "desk/supervision/slips.html", context)


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_GET
def slip(request: HttpRequest, slip: str) -> HttpResponse:
    """One slip, as it is printed; with the form of its answer for the unit."""
    return _slip_page(request, lateness.get_slip(request.user, slip))


@gate(P.CASE_HANDLE)
@require_POST
def answer(request: HttpRequest, slip: str) -> HttpResponse:
    """The unit answers."""
    found = lateness.get_slip(request.user, slip)
    if not _may_answer(request, found):
        raise NotAllowedError
    form = AnswerSlip(request.POST)
    if not form.is_valid():
        return _slip_page(request, found, form=form, status=422)
    try:
        supervising.answer(supervision=found, by=request.user, text=form.cleaned_data["text"])
    except NotAllowedError:
        raise
    except Problem as problem:
        form.add_error("text" if problem.field == "text" else None, sentences(problem))
        return _slip_page(request, found, form=form, status=422 if isinstance(problem, InvalidError) else 409)
    messages.success(request, _("The slip %(number)s was answered.") % {"number": found.number})
    return redirect("desk:slip", slip)


def _may_answer(request: HttpRequest, found: Supervision) -> bool:
    return authority_of(request.user).may(P.CASE_HANDLE, unit_path=found.unit.path)


def _slip_page(
    request: HttpRequest, found: Supervision, *, form: AnswerSlip | None = None, status: int = 200
) -> HttpResponse:
    answerable = found.is_open and found.case.is_open and _may_answer(request, found)
    context = {
        **slip_line(found),
        "case": found.case,
        "case_opens": _opens(request, found.case.number),
        "matter": found.case.matter.name if found.case.matter is not None else "",
        "form": (form or AnswerSlip()) if answerable or form is not None else None,
    }
    return render(request, "desk/supervision/slip.html", context, status=status)


def _opens(request: HttpRequest, number: str) -> bool:
    try:
        queries.get_case(request.user, number)
    except NotFoundError:
        return False
    return True
