"""The worker's start page, his to-do list and his own reports: the plain pages, for browsers without the shell."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, cast

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from wangge.domains.cases import queries, second_checks
from wangge.domains.cases.queries import SHOWN_UP_TO, Filter
from wangge.doors.field.clocks import chip, due_chip
from wangge.doors.field.forms import own_areas
from wangge.doors.field.words import DUTIES, NUMBERED, OTHER_DUTY, PAGES
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.duties.queries import how_many, to_do

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.foundation.accounts.models import User
    from wangge.foundation.duties.models import Duty

_ON_HOME = 5
_A_PAGE = 30
_GRIDS = 6  # counted one by one; a post over a whole street is shown as one row anyway


def _who(request: HttpRequest) -> User:
    return cast("User", request.user)  # the gate let nobody else through


def shown(count: int) -> str:
    """A bounded count: "99+" beyond 99."""
    return f"{SHOWN_UP_TO}+" if count > SHOWN_UP_TO else str(count)


def tabs(request: HttpRequest, active: str) -> list[dict[str, Any]]:
    """首页, 上报, 待办, 我的."""
    reports = authority_of(request.user).holds(P.REPORT_MAKE)
    todo = how_many(_who(request))
    every = [("home", pgettext("field", "Home"), "home", "")]
    if reports:
        every.append(("report", pgettext("field", "Report"), "plus", ""))
    every.append(("todo", pgettext("field", "To do"), "list-check", shown(todo) if todo else ""))
    if reports:
        every.append(("reports", pgettext("field", "My reports"), "file-text", ""))
    return [
        {"label": label, "url": reverse(f"field:{name}"), "icon": icon, "count": count, "active": name == active}
        for name, label, icon, count in every
    ]


@gate(P.REPORT_MAKE, P.CASE_HANDLE, P.CASE_VERIFY)
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me, my grids, and the big button."""
    areas = own_areas(request.user)
    looks = authority_of(request.user).holds(P.CASE_VIEW)
    grids = [
        {
            "area": area,
            "open": shown(queries.how_many(request.user, Filter(open_only=True, area_path=area.path))) if looks else "",
        }
        for area in areas[:_GRIDS]
    ]
    context = {
        "duties": rows(request, to_do(_who(request), limit=_ON_HOME)),
        "grids": grids,
        "reports": authority_of(request.user).holds(P.REPORT_MAKE),
        "rescues": authority_of(request.user).holds(P.PERSON_RESCUE),
        "finds": authority_of(request.user).holds(P.PERSON_FIND),
        "online_only": request.GET.get("online") == "1",
        "tabs": tabs(request, "home"),
    }
    return render(request, "field/home.html", context)


@gate(P.REPORT_MAKE, P.CASE_HANDLE, P.CASE_VERIFY)
@require_GET
def todo(request: HttpRequest) -> HttpResponse:
    """Everything that waits for me, next due first."""
    found = to_do(_who(request), after=_after(request.GET.get("after", "")), limit=_A_PAGE + 1)
    page = found[:_A_PAGE]
    last = page[-1] if len(found) > _A_PAGE else None
    next_url = f"{reverse('field:todo')}?after={last.due_at.timestamp():.6f}_{last.pk}" if last and last.due_at else ""
    context = {"duties": rows(request, page), "next_url": next_url, "tabs": tabs(request, "todo")}
    return render(request, "field/todo.html", context)


def _after(text: str) -> tuple[dt.datetime, int] | None:
    """The place where the page before ended; a broken one begins anew."""
    at, _underscore, pk = text.partition("_")
    try:
        return dt.datetime.fromtimestamp(float(at), tz=dt.UTC), int(pk[:18])
    except (ValueError, OverflowError, OSError):
        return None


def rows(request: HttpRequest, duties: list[Duty]) -> list[dict[str, Any]]:
    """Duties with the case behind each, as the list shows them."""
    cases = queries.visible_by_ids(request.user, [duty.subject_id for duty in duties if duty.subject_type == "case"])
    checks = [duty.subject_id for duty in duties if duty.subject_type == "second_check"]
    again = second_checks.cases_behind(request.user, checks) if checks else {}
    behind = {"case": cases, "second_check": again}
    found = []
    for duty in duties:
        case = behind.get(duty.subject_type, {}).get(duty.subject_id)
        word, icon = DUTIES.get(duty.kind, OTHER_DUTY)
        found.append(
            {
                "duty": duty,
                "case": case,
                "word": word,
                "icon": icon,
                "clock": chip(case)
                if case and duty.subject_type == "case" and duty.due_at == case.due_at
                else due_chip(duty.opened_at, duty.due_at),
                "url": _page_of(duty),
                "label": _called(duty),
            }
        )
    return found


def _called(duty: Duty) -> str:
    """A list is known by the number that stands on its pages; anything else by its label."""
    return f"{duty.subject_id}-{duty.label[:8]}" if duty.subject_type == "exportrequest" else duty.label


def _page_of(duty: Duty) -> str:
    if duty.subject_type in {"case", "second_check"}:
        return reverse("field:case", args=[duty.label])
    if duty.subject_type == "room":
        return reverse("field:house", args=[duty.subject_id])
    if duty.subject_type == "referral":
        return reverse("desk:referrals")
    if duty.subject_type in NUMBERED:
        return reverse(NUMBERED[duty.subject_type], args=[duty.subject_id])
    if duty.kind == "refused":
        return reverse("field:refused", args=[duty.subject_id])
    page = PAGES.get(duty.subject_type)
    return reverse(page, args=[duty.label]) if page else ""


@gate(P.REPORT_MAKE)
@require_GET
def reports(request: HttpRequest) -> HttpResponse:
    """What I reported, newest first, with how it goes."""
    before = request.GET.get("before", "")
    found = queries.own_reports(
        request.user,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
        limit=_A_PAGE + 1,
    )
    page = found[:_A_PAGE]
    context = {
        "rows": [{"report": report, "case": report.case.merged_into or report.case} for report in page],
        "next_url": f"{reverse('field:reports')}?before={page[-1].pk}" if len(found) > _A_PAGE else "",
        "tabs": tabs(request, "reports"),
    }
    return render(request, "field/reports.html", context)
