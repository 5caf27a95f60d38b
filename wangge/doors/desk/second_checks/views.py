"""The list of second checks, how the last ones ended, and the disagreement by unit."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from wangge.domains.cases import second_checks
from wangge.domains.stats.wilson import wilson
from wangge.doors.desk import paging
from wangge.doors.desk.cases.check_lines import check_line
from wangge.doors.desk.cases.queue import queue_tabs
from wangge.doors.desk.cases.rows import rows
from wangge.doors.desk.clocks import running
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.cases.models import SecondCheck
    from wangge.domains.cases.second_checks import Disagreement

_DAYS = 90
_ENDED_PAGE = 30
_FEW = 30  # below it a share says little: the interval stands in front, and nothing is ordered by it


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
    figures = second_checks.disagreement(user, since=now - dt.timedelta(days=_DAYS), until=now)
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
        "figures": [figure_line(line) for line in figures] if authority.holds(P.STATS_VIEW) else [],
        "shows_figures": authority.holds(P.STATS_VIEW),
        "days": _DAYS,
    }
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


def figure_line(line: Disagreement) -> dict[str, Any]:
    """One unit: numerator, denominator, and how far so few can be trusted."""
    interval = wilson(line.failed, line.done)
    return {
        "unit": line.unit.name,
        "line": line,
        "rate": f"{100 * line.failed / line.done:.0f} %" if line.done else "–",
        "interval": _("%(low)s to %(high)s")
        % {"low": f"{100 * interval[0]:.0f} %", "high": f"{100 * interval[1]:.0f} %"}
        if interval is not None
        else "–",
        "few": line.done < _FEW,
    }
