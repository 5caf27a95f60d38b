"""The list of second checks, how the last ones ended, and the disagreement by unit."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from wangge.domains.cases import second_checks
from wangge.domains.stats import queries
from wangge.domains.stats.periods import Period
from wangge.doors.desk import paging
from wangge.doors.desk.cases.check_lines import check_line
from wangge.doors.desk.cases.queue import queue_tabs
from wangge.doors.desk.cases.rows import rows
from wangge.doors.desk.clocks import running
from wangge.doors.desk.stats import showing
from wangge.doors.desk.stats.asking import address
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.cases.models import SecondCheck

_DAYS = 90
_ENDED_PAGE = 30
_INDICATORS = ("checks_disagreed", "checks_done")


@gate(P.CASE_SECOND_CHECK, P.CASE_JUDGE, P.CASE_INSPECT)
@require_GET
def second_check_page(request: HttpRequest) -> HttpResponse:
    """What waits for this person, what ended, and how often second looks at a unit's work contradicted the first."""
    user = request.user
    authority = authority_of(user)
    checks = authority.holds(P.CASE_SECOND_CHECK)
    waiting = second_checks.waiting(user, after=paging.by_due(request.GET), limit=paging.PAGE + 1) if checks else []
    shown = waiting[: paging.PAGE]
    ended = second_checks.ended(user, before=paging.by_id(request.GET), limit=_ENDED_PAGE + 1)
    now = clock.now()
    context = {
        "tabs": queue_tabs(user, "second_check"),
        "checks": checks,
        "waiting": [waiting_line(check, now) for check in shown],
        "next_url": paging.next_url(request.GET, after=paging.due_mark(shown[-1].due_at, shown[-1].pk))
        if len(waiting) > paging.PAGE
        else "",
        "first_url": reverse("desk:second-checks") if request.GET.get("after") else "",
        "ended": [ended_line(check) for check in ended[:_ENDED_PAGE]],
        "older_url": paging.next_url(request.GET, before=ended[_ENDED_PAGE - 1].pk) if len(ended) > _ENDED_PAGE else "",
    }
    if authority.places(P.STATS_VIEW):
        context |= _figures(user)
    return render(request, "desk/second_checks/list.html", context)


def waiting_line(check: SecondCheck, now: dt.datetime) -> dict[str, Any]:
    """One check to make: the case as in any list, with the time that is left for looking."""
    (line,) = rows([check.case])
    opened = "pass_second_check"
    return line | {
        "check": check,
        "url": f"{line['url']}?open={opened}",
        "clock": running(check.drawn_at, check.due_at, now=now),
    }


def ended_line(check: SecondCheck) -> dict[str, Any]:
    """One check that is over: how, by whom, and against whose first answer."""
    (line,) = rows([check.case])
    return line | check_line(check) | {"at": check.at or check.lapsed_at}


def _figures(user: Any) -> dict[str, Any]:
    """The indicators of second checks by unit: of the widest place whose figures the person sees, in the last 90 days."""
    today = clock.today()
    asked = queries.asked_of(user, Period.of_days(today - dt.timedelta(days=_DAYS - 1), today))
    days = {"from": asked.period.first.isoformat(), "to": asked.period.last.isoformat()}
    query = address({}, **days, area=str(asked.area.pk))
    found = queries.by_unit(user, asked, _INDICATORS)
    return {
        "figures_of": asked.area,
        "figures": [figure_line(row, query) for row in found],
        "figures_url": reverse("desk:stats-indicator", args=[_INDICATORS[0]]) + query,
        "days": _DAYS,
    }


def figure_line(row: queries.OfUnit, query: str) -> dict[str, Any]:
    """One unit: how often the second look contradicted the first, and what was drawn and not looked at in time."""
    disagreed, done = (showing.shown(row.figures[key], query) for key in _INDICATORS)
    return {"unit": row.unit.name, "disagreed": disagreed, "done": done, "few": disagreed.figure.small}
