"""挂账公示: what cannot be done now, why, what is planned and when it is looked at again. No word of any person."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from wangge.domains.cases import procedures
from wangge.doors.portal.pages import tabs
from wangge.foundation.accounts.gate import gate_public

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.cases.models import Hang

_PAGE = 20
_LARGEST = 2**63 - 1


@gate_public
@require_GET
def hung(request: HttpRequest) -> HttpResponse:
    """The list, next review first."""
    found = procedures.hung_publicly(after=_after(request.GET.get("after", "")), limit=_PAGE + 1)
    shown = found[:_PAGE]
    last = shown[-1] if len(found) > _PAGE else None
    context = {
        "rows": [_row(hang) for hang in shown],
        "next_url": f"{reverse('portal:hung')}?after={last.review_on.isoformat()}_{last.pk}" if last else "",
        "first_url": reverse("portal:hung") if request.GET.get("after") else "",
        "back_url": reverse("portal:home"),
        "tabs": tabs("hung"),
    }
    return render(request, "portal/hung.html", context)


def _row(hang: Hang) -> dict[str, Any]:
    case = hang.case
    area = case.area.parent if case.area.kind == "grid" and case.area.parent is not None else case.area
    return {
        "number": case.number,
        "matter": case.matter.name if case.matter is not None else "",
        "community": area.name,
        "why": hang.get_why_display(),
        "plan": hang.plan,
        "review_on": hang.review_on,
    }


def _after(text: str) -> tuple[dt.date, int] | None:
    """Where the page before ended; a broken mark begins anew."""
    day, _underscore, pk = text.partition("_")
    if not (pk.isascii() and pk.isdecimal() and int(pk) <= _LARGEST):
        return None
    try:
        return dt.date.fromisoformat(day), int(pk)
    except ValueError:
        return None
