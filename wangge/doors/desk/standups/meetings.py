"""早碰头: the places whose stand-ups one holds, one stand-up with its list, and recording what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from wangge.domains.fieldwork import field_tasks, stand_ups
from wangge.domains.fieldwork.actions import standups as actions
from wangge.domains.fieldwork.actions.checkpoints import OffTheListError
from wangge.domains.fieldwork.actions.standups import Decision
from wangge.domains.fieldwork.actions.tasks import note_blocked
from wangge.doors.desk import paging
from wangge.doors.desk.cases.steps import sentences
from wangge.doors.desk.standups.forms import Choices, Decisions, PresentForm, day_of
from wangge.doors.desk.standups.items import parts_of
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue.queries import matters
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError, NotAllowedError, NotFoundError, Problem
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    import datetime as dt

    from django.http import HttpRequest, HttpResponse

    from wangge.domains.fieldwork.models import StandUp
    from wangge.foundation.accounts.models import User
    from wangge.foundation.places.models import Area


@gate(P.STANDUP_HOLD)
@require_GET
def held(request: HttpRequest) -> HttpResponse:
    """Today's stand-ups of one's places, and those that were held before."""
    today = clock.today()
    areas = stand_ups.areas_for(request.user)
    before = paging.by_id(request.GET)
    found = stand_ups.held_before(request.user, before=before, limit=paging.PAGE + 1)
    shown = found[: paging.PAGE]
    of_today = {row.area_id for row in stand_ups.held_on(request.user, today)}
    context = {
        "today": today,
        "places": [{"area": area, "held": area.pk in of_today} for area in areas],
        "rows": shown,
        "next_url": paging.next_url(request.GET, before=shown[-1].pk) if len(found) > paging.PAGE else "",
        "first_url": paging.next_url(request.GET, before="") if before else "",
    }
    return render(request, "desk/standups/list.html", context)


@gate(P.STANDUP_HOLD)
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, area: int, day: str) -> HttpResponse:
    """One stand-up: its list; until it is held a form for what is decided, afterwards what was decided."""
    place, on = stand_ups.area_for(request.user, area), day_of(day)
    row = stand_ups.stand_up_of(request.user, place, on) if on is not None else None
    if on is None or (row is None and not actions.may_be_held(on)):
        raise NotFoundError
    if row is not None and row.held_at is not None and request.method == "GET":
        return _held_page(request, place, row)
    grids = [grid for grid in places.areas(under_paths=[place.path]) if grid.kind == "grid"]
    workers = {user.pk: user for grid in grids for user in field_tasks.workers_of(grid)}
    choices = Choices(grids, sorted(workers.values(), key=lambda user: (user.name, user.pk)))
    posted = request.POST if request.method == "POST" else None
    present = PresentForm(posted, people=stand_ups.people_of(place))
    rows: Any = Decisions(_one_more(posted), prefix="d", form_kwargs={"choices": choices})
    trouble: list[str] = []
    if posted is not None and "more" not in posted:
        done = _recorded(request, place, on, present, rows, grids, workers, trouble)
        if done is not None:
            return done
    items = row.items if row is not None and on != clock.today() else None
    context = {
        "place": place,
        "day": on,
        "parts": _parts(request, place, items if items is not None else stand_ups.items_of(place)),
        "present": present,
        "decisions": rows,
        "trouble": trouble,
    }
    bad = posted is not None and "more" not in posted
    return render(request, "desk/standups/hold.html", context, status=422 if bad else 200)


def _one_more(posted: Any) -> Any:
    """The form as it was sent, with three rows more where that was asked for."""
    if posted is None or "more" not in posted:
        return posted
    wider = posted.copy()
    count = paging.by_id(posted, "d-TOTAL_FORMS") or 0
    wider["d-TOTAL_FORMS"] = str(min(count + 3, actions.MAX_DECISIONS))
    return wider


def _recorded(
    request: HttpRequest,
    place: Area,
    on: dt.date,
    present: PresentForm,
    rows: Any,
    grids: list[Area],
    workers: dict[int, User],
    trouble: list[str],
) -> HttpResponse | None:
    sound = [present.is_valid(), rows.is_valid()]
    if not all(sound):
        return None
    filled = [form for form in rows if form.has_changed()]
    by_pk = {grid.pk: grid for grid in grids}
    decisions = [_decision(form.cleaned_data, by_pk, workers) for form in filled]
    try:
        actions.hold(by=request.user, area=place, day=on, present=present.cleaned_data["present"], decisions=decisions)
    except NotAllowedError:
        raise
    except Problem as problem:
        if isinstance(problem, OffTheListError):
            note_blocked(by=request.user, area=place)
        _tell(problem, filled, trouble)
        return None
    words = ngettext(
        "The stand-up was recorded, with %(count)s task.",
        "The stand-up was recorded, with %(count)s tasks.",
        len(decisions),
    )
    messages.success(request, words % {"count": len(decisions)})
    return redirect("desk:stand-up", place.pk, on.isoformat())


def _decision(given: dict[str, Any], grids: dict[int, Area], workers: dict[int, User]) -> Decision:
    return Decision(
        title=given["title"],
        matter=given["matter"],
        grid=grids[given["grid"]],
        due_on=given["due_on"],
        assigned=workers.get(given["assigned"]) if given["assigned"] is not None else None,
    )


def _tell(problem: Problem, filled: list[Any], trouble: list[str]) -> None:
    """Say what is wrong beside the decision that is meant, else above all of them."""
    _decisions, number, field = (
        (problem.field or "").split(".") if (problem.field or "").count(".") == 2 else ("", "", "")
    )
    if isinstance(problem, InvalidError) and number.isdecimal() and int(number) < len(filled):
        form = filled[int(number)]
        form.add_error(field if field in form.fields else None, sentences(problem))
    else:
        trouble.append(sentences(problem))


def _held_page(request: HttpRequest, place: Area, row: StandUp) -> HttpResponse:
    names = {user.pk: user.name for user in stand_ups.people_of(place)}
    context = {
        "place": place,
        "day": row.day,
        "row": row,
        "parts": _parts(request, place, row.items),
        "present": [names[pk] for pk in row.present if pk in names],
        "tasks": stand_ups.decisions_of(row),
    }
    return render(request, "desk/standups/held.html", context)


def _parts(request: HttpRequest, place: Area, items: list[stand_ups.Item]) -> Any:
    sees = authority_of(request.user).may(P.CASE_VIEW, area_path=place.path)
    return parts_of(items, {one.code: one.name for one in matters()}, sees_cases=sees)
