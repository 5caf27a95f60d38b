"""工作日历: which days are worked and in which hours; read by all staff, edited by few, every edit a new version."""

from __future__ import annotations

import calendar as months
import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from wangge.domains.cases import clock_account
from wangge.doors.desk.calendar.forms import DayForm, NoticeForm, PlanForm
from wangge.doors.desk.context import shown
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import get_organisation
from wangge.foundation.catalogue import actions, calendars
from wangge.foundation.catalogue.models import CalendarDay
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms
    from django.http import HttpRequest, HttpResponse

    from wangge.foundation.accounts.models import Organisation
    from wangge.foundation.catalogue.actions import Notice
    from wangge.foundation.catalogue.models import CalendarVersion, TimePlan
    from wangge.foundation.core.worktime import Calendar

_FIRST_YEAR, _YEARS_AHEAD = 2004, 3


@gate(P.CATALOGUE_VIEW, P.CALENDAR_EDIT)
@require_GET
def calendar(request: HttpRequest) -> HttpResponse:
    """The calendar of a year as it is in force, the plans of hours, and what was changed when."""
    return _page(request)


def _page(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    user: Any = request.user
    may_edit = authority_of(user).holds(P.CALENDAR_EDIT)
    year = _year(request)
    ours = calendars.calendar()
    missing = calendars.missing_notice()
    context = {
        "year": year,
        "years": _years(year),
        "weekday_names": _weekdays(),
        "months": [_month(year, number, ours) for number in range(1, 13)],
        "days": _day_lines(calendars.days_of_year(year)),
        "announced": year <= ours.announced_through,
        "plans": [_plan_line(plan) for plan in calendars.plans()],
        "versions": calendars.versions(),
        "missing": missing,
        "provisional": shown(clock_account.provisional_count()),
        "may_edit": may_edit,
    }
    if may_edit:
        context |= {
            "notice_form": NoticeForm(initial={"year": missing or ours.announced_through + 1}),
            "day_form": DayForm(user=user),
            "plan_form": PlanForm(user=user),
        }
    return render(request, "desk/calendar/calendar.html", context | more, status=status)


def _year(request: HttpRequest) -> int:
    text = request.GET.get("year", "")
    last = clock.today().year + _YEARS_AHEAD
    if text.isdecimal() and len(text) == 4 and _FIRST_YEAR <= int(text) <= last:
        return int(text)
    return clock.today().year


def _years(year: int) -> list[dict[str, Any]]:
    today = clock.today().year
    wanted = sorted({year, *range(today - 1, today + 3)})
    return [
        {"label": str(one), "url": f"{reverse('desk:calendar')}?year={one}", "active": one == year} for one in wanted
    ]


def _month(year: int, number: int, ours: Calendar) -> dict[str, Any]:
    """One month as weeks of days, Monday first."""
    first = dt.date(year, number, 1)
    weeks = [
        [_cell(dt.date(year, number, day), ours) if day else None for day in week]
        for week in months.Calendar().monthdayscalendar(year, number)
    ]
    return {"name": formats.date_format(first, "F"), "weeks": weeks}


def _cell(day: dt.date, ours: Calendar) -> dict[str, Any]:
    special = ours.special(day)
    kind = special.kind.value if special is not None else "plain" if ours.is_working_day(day) else "weekend"
    mark = {
        "off": pgettext("calendar", "Off"),
        "work": pgettext("calendar", "Worked"),
        "morning": pgettext("calendar", "Half"),
        "afternoon": pgettext("calendar", "Half"),
    }.get(kind, "")
    source = special.source if special is not None else ""
    return {
        "day": day.day,
        "kind": kind,
        "mark": mark,
        "name": special.name if special is not None else "",
        "by_law": source == "statutory",
        "today": day == clock.today(),
    }


def _day_lines(days: list[CalendarDay]) -> list[dict[str, Any]]:
    """Days of a notice that follow each other for the same reason in one line; the office's own one by one."""
    lines: list[dict[str, Any]] = []
    for day in days:
        line = _day_line(day)
        last = lines[-1] if lines else None
        if (
            last is not None
            and not (line["own"] or last["own"])
            and (last["row"].kind, last["row"].name) == (day.kind, day.name)
            and day.day - last["last"] == dt.timedelta(days=1)
        ):
            last["last"] = day.day
            last["count"] += 1
        else:
            lines.append(line)
    return lines


def _day_line(day: CalendarDay) -> dict[str, Any]:
    return {
        "row": day,
        "last": day.day,
        "count": 1,
        "kind": day.get_kind_display(),
        "tone": "red" if day.kind == CalendarDay.Kind.OFF else "blue" if day.kind == CalendarDay.Kind.WORK else "amber",
        "own": day.source == CalendarDay.Source.LOCAL,
        "can_end": day.source == CalendarDay.Source.LOCAL and day.day >= clock.today(),
    }


def _weekdays() -> list[str]:
    """Short names, Monday first."""
    return [
        pgettext("weekday", "Mon"),
        pgettext("weekday", "Tue"),
        pgettext("weekday", "Wed"),
        pgettext("weekday", "Thu"),
        pgettext("weekday", "Fri"),
        pgettext("weekday", "Sat"),
        pgettext("weekday", "Sun"),
    ]


def _plan_line(plan: TimePlan) -> dict[str, Any]:
    value = calendars.as_value(plan)
    names = _weekdays()
    whole = (plan.first, plan.last) == ("01-01", "12-31")
    return {
        "plan": plan,
        "slots": [f"{opens}–{closes}" for opens, closes in plan.slots],
        "weekdays": " ".join(names[day - 1] for day in sorted(value.weekdays)),
        "season": "" if whole else f"{_month_day(value.first)} – {_month_day(value.last)}",
        "can_end": not (whole and plan.unit_id is None),
    }


def _month_day(day: tuple[int, int]) -> str:
    return formats.date_format(dt.date(2028, *day), pgettext("date", "j M"))


# -- edits


@gate(P.CALENDAR_EDIT)
@require_POST
def notice(request: HttpRequest) -> HttpResponse:
    """Read a year's notice; the same sent again with "confirm" takes it in."""
    form = NoticeForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, notice_form=form, opened="notice", status=422)
    year, text = form.cleaned_data["year"], form.cleaned_data["text"]
    read = actions.read_notice(year=year, text=text)
    form = NoticeForm(initial={"year": year, "text": text})  # a file's text is shown, and can be corrected
    if read.faults or "confirm" not in request.POST:
        return _page(request, notice_form=form, opened="notice", read=_read(read), status=422 if read.faults else 200)
    done = _("The notice of %(year)d was taken in; provisional deadlines are computed anew.") % {"year": year}
    return _do(request, lambda: actions.import_notice(by=request.user, year=year, text=text), done, f"?year={year}")


def _read(read: Notice) -> dict[str, Any]:
    counts = {
        "off": ngettext("%(n)d day off", "%(n)d days off", read.off) % {"n": read.off},
        "work": ngettext("%(n)d worked weekend day", "%(n)d worked weekend days", read.work) % {"n": read.work},
    }
    return {"notice": read, "counts": counts, "kinds": dict(CalendarDay.Kind.choices)}


@gate(P.CALENDAR_EDIT)
@require_POST
def add_day(request: HttpRequest) -> HttpResponse:
    """A day of the office's own."""
    form = DayForm(request.POST, user=request.user)  # type: ignore[arg-type]
    if not form.is_valid():
        return _page(request, day_form=form, opened="day", status=422)
    given = dict(form.cleaned_data)
    unit = _unit(given.pop("unit"))
    done = _("The day was entered; deadlines that stand already do not move.")
    return _do(request, lambda: actions.set_day(by=request.user, unit=unit, **given), done, form=form, name="day_form")


@gate(P.CALENDAR_EDIT)
@require_POST
def end_day(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a day of the office's own back."""
    day = calendars.get_day(pk)
    return _do(request, lambda: actions.unset_day(by=request.user, day=day), _("The day was taken back."))


@gate(P.CALENDAR_EDIT)
@require_POST
def add_plan(request: HttpRequest) -> HttpResponse:
    """The hours of a season, or of a unit."""
    form = PlanForm(request.POST, user=request.user)  # type: ignore[arg-type]
    if not form.is_valid():
        return _page(request, plan_form=form, opened="plan", status=422)
    given = dict(form.cleaned_data)
    unit = _unit(given.pop("unit"))
    done = _("The plan was entered; deadlines that stand already do not move.")
    return _do(
        request, lambda: actions.save_plan(by=request.user, unit=unit, **given), done, form=form, name="plan_form"
    )


@gate(P.CALENDAR_EDIT)
@require_POST
def end_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a plan away."""
    plan = calendars.get_plan(pk)
    return _do(request, lambda: actions.end_plan(by=request.user, plan=plan), _("The plan was ended."))


def _unit(pk: int | None) -> Organisation | None:
    return get_organisation(pk) if pk is not None else None


def _do(
    request: HttpRequest,
    act: Callable[[], CalendarVersion],
    done: str,
    query: str = "",
    *,
    form: forms.Form | None = None,
    name: str = "",
) -> HttpResponse:
    """Do it and say so; a refusal is shown at the form it came from, or as a message."""
    try:
        act()
    except NotAllowedError:
        raise
    except Problem as problem:
        if form is not None:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem.title))
            return _page(request, **{name: form}, opened=name.removesuffix("_form"), status=422)
        messages.error(request, str(problem.title))
    else:
        messages.success(request, done)
    return redirect(reverse("desk:calendar") + query)
