"""案例库: what joint meetings on the spot have ruled, found by words; and the meetings still to be held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from wangge.domains.cases import procedures
from wangge.doors.desk import paging
from wangge.doors.desk.cases.procedure_lines import ruling_rows
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_PAGE = 20
_LONGEST = 60
_TO_HOLD = 20


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_GET
def precedents(request: HttpRequest) -> HttpResponse:
    """The rulings, newest first; above them, on the first page, the meetings to be held."""
    text = request.GET.get("q", "").strip()[:_LONGEST]
    before = paging.by_id(request.GET)
    found = procedures.precedents(request.user, text=text, before=before, limit=_PAGE + 1)
    shown = found[:_PAGE]
    more = len(found) > _PAGE
    first = before is None and not text
    context = {
        "text": text,
        "rows": ruling_rows(shown),
        "coming": ruling_rows(procedures.precedents(request.user, held=False, limit=_TO_HOLD)) if first else [],
        "next_url": paging.next_url(request.GET, before=shown[-1].ruling.pk) if more else "",
        "first_url": paging.next_url(request.GET, before="") if before is not None else "",
    }
    return render(request, "desk/precedents/precedents.html", context)


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_GET
def precedent(request: HttpRequest, number: str) -> HttpResponse:
    """The joint meetings about one case, newest first: for whoever sees the case, and for the units that were called."""
    rows = ruling_rows(procedures.precedents_of(request.user, number))
    return render(request, "desk/precedents/precedent.html", {"rows": rows, "row": rows[0]})
