"""待办: one to-do list per person, his queues, his messages."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from wangge.domains.cases import queries as cases
from wangge.domains.cases import second_checks
from wangge.domains.cases.actions.supervising import DIGEST
from wangge.doors.desk import paging
from wangge.doors.desk.cases.queue import queue_tabs
from wangge.doors.desk.cases.rows import rows
from wangge.doors.desk.clocks import running
from wangge.doors.desk.words import DUTIES, NOTICES, NUMBERED, OTHER_DUTY, OTHER_NOTICE, PAGES
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate_signed_in
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue.calendars import missing_notice
from wangge.foundation.core import clock
from wangge.foundation.duties.queries import to_do
from wangge.foundation.notifications import actions as notifications
from wangge.foundation.notifications.queries import inbox, own_notice, unread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

    from wangge.domains.cases.models import Case
    from wangge.foundation.duties.models import Duty
    from wangge.foundation.notifications.models import Notice

_NOTICES_BESIDE = 6
_NOTICES_PAGE = 30
_NO_FIGURES = {"red": 0, "amber": 0}


@gate_signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What this person has to do, next due first."""
    user = request.user
    authority = authority_of(user)
    found = to_do(user, after=paging.by_due(request.GET), limit=paging.PAGE + 1)  # type: ignore[arg-type]
    duties = found[: paging.PAGE]
    last = duties[-1] if len(found) > paging.PAGE else None
    lines = [_line(duty, row) for duty, row in _with_rows(duties, _cases_behind(user, duties))]
    context = {
        "groups": _grouped(lines),
        "tabs": queue_tabs(user),
        "missing_notice": missing_notice() if authority_of(user).holds(P.CALENDAR_EDIT) else None,
        "notices": [_notice(notice) for notice in inbox(user, limit=_NOTICES_BESIDE)],  # type: ignore[arg-type]
        "unread": unread(user),  # type: ignore[arg-type]
        "next_url": paging.next_url(request.GET, after=paging.due_mark(last.due_at, last.pk)) if last else "",
        "first_url": reverse("desk:home") if request.GET.get("after") else "",
        "empty": _first_action(authority),
        "can_report": authority.holds(P.REPORT_MAKE),
        "today": clock.today(),
    }
    return render(request, "desk/home/home.html", context)


def _cases_behind(user: Any, duties: list[Duty]) -> dict[tuple[str, int], Case]:
    """The case that a duty is about, by what it is open for."""
    by_type = {
        kind: [duty.subject_id for duty in duties if duty.subject_type == kind] for kind in ("case", "second_check")
    }
    seen = {("case", pk): case for pk, case in cases.visible_by_ids(user, by_type["case"]).items()}
    if by_type["second_check"]:
        found = second_checks.cases_behind(user, by_type["second_check"])
        seen |= {("second_check", pk): case for pk, case in found.items()}
    return seen


def _with_rows(duties: list[Duty], seen: dict[tuple[str, int], Case]) -> Iterable[tuple[Duty, dict[str, Any] | None]]:
    lines = {row["case"].pk: row for row in rows(seen.values())}
    for duty in duties:
        case = seen.get((duty.subject_type, duty.subject_id))
        yield duty, lines.get(case.pk) if case is not None else None


def _line(duty: Duty, row: dict[str, Any] | None) -> dict[str, Any]:
    look = DUTIES.get(duty.kind, OTHER_DUTY)
    return {
        "duty": duty,
        "look": look,
        "row": row,
        # A co-handler's part, a request or a second check has a time of its own beside that of the case.
        "clock": row["clock"]
        if row is not None and duty.subject_type == "case" and duty.due_at == row["case"].due_at
        else running(duty.opened_at, duty.due_at),
        "due": duty.due_at,
        "url": _page_of(duty),
        "label": _called(duty),
    }


def _called(duty: Duty) -> str:
    """A list is known by the number that stands on its pages; anything else by its label."""
    return f"{duty.subject_id}-{duty.label[:8]}" if duty.subject_type == "exportrequest" else duty.label


def _page_of(duty: Duty) -> str:
    """Where a duty leads that is not about a case: by its label, or to the room it names."""
    if duty.subject_type == "room":
        return reverse("desk:house", args=[duty.subject_id])
    if duty.subject_type == "referral":
        return reverse("desk:referrals")
    if duty.subject_type == "refused":
        return reverse("field:refused" if duty.kind == "refused" else "desk:refused", args=[duty.subject_id])
    if duty.subject_type in NUMBERED:
        return reverse(NUMBERED[duty.subject_type], args=[duty.subject_id])
    if duty.subject_type == "phone":
        return reverse("desk:phones")
    return reverse(PAGES[duty.subject_type], args=[duty.label]) if duty.subject_type in PAGES else ""


def _grouped(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    now = clock.now()
    tomorrow = dt.datetime.combine(clock.today() + dt.timedelta(days=1), dt.time(0), tzinfo=clock.OFFICE)
    groups: list[dict[str, Any]] = [
        {"key": "overdue", "title": _("Overdue"), "tone": "red", "lines": []},
        {"key": "today", "title": _("Due today"), "tone": "amber", "lines": []},
        {"key": "later", "title": _("Later"), "tone": "quiet", "lines": []},
    ]
    for line in lines:
        due = line["due"]
        place = 2 if due is None or due >= tomorrow else 1 if due >= now else 0
        groups[place]["lines"].append(line)
    return [group for group in groups if group["lines"]]


def _first_action(authority: Any) -> dict[str, str]:
    """What an empty list says and offers."""
    if authority.holds(P.REPORT_MAKE) and authority.holds(P.CASE_VIEW):
        text = _("Nothing waits for you. New work appears here by itself, next due first.")
        return {"text": text, "url": reverse("desk:new"), "label": _("Enter a report")}
    if authority.holds(P.CASE_HANDLE):
        text = _("Nothing waits for your unit. Cases that are sent to you appear here, next due first.")
        return {"text": text, "url": reverse("desk:cases"), "label": _("Look at your unit's cases")}
    if authority.holds(P.CASE_VIEW):
        text = _("Nothing waits for you. You can look at every case of your area.")
        return {"text": text, "url": reverse("desk:cases"), "label": _("Look at the cases")}
    if authority.holds(P.POST_EDIT):
        text = _("You administer log-ins and posts; cases are not shown to you.")
        return {"text": text, "url": reverse("desk:posts"), "label": _("People and posts")}
    if authority.holds(P.CATALOGUE_EDIT):
        text = _("You administer the catalogue; cases are not shown to you.")
        return {"text": text, "url": reverse("desk:catalogue"), "label": _("Matters and routing")}
    text = _("Nothing waits for you at present.")
    return {"text": text, "url": reverse("desk:me"), "label": _("My account")}


def _notice(notice: Notice) -> dict[str, Any]:
    look = NOTICES.get(notice.kind, OTHER_NOTICE)
    return {
        "notice": notice,
        "look": look,
        "text": str(look.label) % {**_NO_FIGURES, **notice.data, "label": notice.label},
    }


@gate_signed_in
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """All of one's own messages, newest first."""
    before = paging.by_id(request.GET)
    found = inbox(request.user, before=before, limit=_NOTICES_PAGE + 1)  # type: ignore[arg-type]
    shown = found[:_NOTICES_PAGE]
    context = {
        "notices": [_notice(notice) for notice in shown],
        "next_url": paging.next_url(request.GET, before=shown[-1].pk) if len(found) > _NOTICES_PAGE else "",
        "first_url": reverse("desk:notices") if before is not None else "",
    }
    return render(request, "desk/home/notices.html", context)


@gate_signed_in
@require_POST
def read_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a message as read and go to what it is about."""
    notifications.read(by=request.user, notice_id=pk)  # type: ignore[arg-type]
    notice = own_notice(request.user, pk)  # type: ignore[arg-type]
    if notice is not None and notice.kind == DIGEST and authority_of(request.user).holds(P.STATS_VIEW):
        return redirect("desk:supervision")
    if notice is None or not notice.label:
        return redirect("desk:home" if notice is not None else "desk:notices")
    return redirect(PAGES.get(notice.subject_type, "desk:case"), notice.label)


@gate_signed_in
@require_POST
def read_notices(request: HttpRequest) -> HttpResponse:
    """Mark all of one's own messages as read."""
    notifications.read_all(by=request.user)  # type: ignore[arg-type]
    return redirect("desk:notices" if request.POST.get("back") == "notices" else "desk:home")
