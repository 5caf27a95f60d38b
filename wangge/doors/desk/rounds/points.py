"""巡查点位: the list, one, many from a sheet; ending one, and a new tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.fieldwork import round_queries
from wangge.domains.fieldwork.actions import checkpoints as actions
from wangge.domains.fieldwork.actions.checkpoints import CheckpointFacts
from wangge.domains.fieldwork.rounds import MOST as MOST_POINTS
from wangge.doors.desk import paging
from wangge.doors.desk.cases.steps import sentences
from wangge.doors.desk.map.scope import bounds, map_urls
from wangge.doors.desk.rounds import pasted
from wangge.doors.desk.rounds.coverage import points as on_map
from wangge.doors.desk.rounds.forms import CheckpointForm, ManyForm, PlaceFilter
from wangge.doors.desk.rounds.houses import house_called, name_of
from wangge.doors.desk.rounds.looks import STANDINGS, areas_of, chosen_area, may_plan, tabs
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import InvalidError, NotAllowedError, Problem

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

    from wangge.domains.fieldwork.models import Checkpoint


@gate(P.PATROL_VIEW)
@require_GET
def checkpoints(request: HttpRequest) -> HttpResponse:
    """The checkpoints of one's places."""
    areas = areas_of(request.user, P.PATROL_VIEW)
    chosen = chosen_area(request.GET, areas)
    after = paging.by_id(request.GET, "after") or 0
    path = chosen.path if chosen else ""
    found = round_queries.checkpoints(request.user, area_path=path, after=after, limit=paging.PAGE + 1)
    shown = found[: paging.PAGE]
    grid = chosen if chosen is not None and chosen.kind == "grid" else None
    needed = round_queries.points_a_round(request.user, grid) if grid is not None else None
    context = {
        "filter": PlaceFilter(request.GET or None, areas=areas),
        "chosen": chosen,
        "rows": [{"one": one, "look": STANDINGS[one.standing]} for one in round_queries.coverage(shown)],
        "needed": f"{needed:.1f}" if needed is not None else "",
        "too_many": needed is not None and needed > MOST_POINTS,
        "may_plan": may_plan(request),
        "next_url": paging.next_url(request.GET, after=shown[-1].pk) if len(found) > paging.PAGE else "",
        "first_url": paging.next_url(request.GET, after="") if after else "",
        "tabs": tabs("checkpoints"),
    }
    return render(request, "desk/rounds/checkpoints.html", context)


@gate(P.PATROL_PLAN)
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Set up a checkpoint."""
    form = CheckpointForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        facts = _facts(request, form)
        row = _tried(form, lambda: actions.add_checkpoint(by=request.user, facts=facts)) if facts else None
        if row is not None:
            messages.success(request, _("The checkpoint was set up: print its label and hang it up on the spot."))
            return redirect("desk:checkpoint", row.public_id)
    return _form_page(request, form, None)


@gate(P.PATROL_VIEW)
@require_http_methods(["GET", "POST"])
def checkpoint(request: HttpRequest, checkpoint: uuid.UUID) -> HttpResponse:
    """One checkpoint; whoever plans there changes it."""
    row = round_queries.get_checkpoint(request.user, checkpoint)
    plans = may_plan(request, row.area_path)
    if request.method == "POST" and not plans:
        raise NotAllowedError
    form = CheckpointForm(request.POST) if request.method == "POST" else CheckpointForm(initial=_initial(row))
    if form.is_bound and form.is_valid():
        facts = _facts(request, form)
        if facts is not None and _tried(
            form, lambda given=facts: actions.change_checkpoint(by=request.user, checkpoint=row, facts=given)
        ):
            messages.success(request, _("The checkpoint was changed."))
            return redirect("desk:checkpoint", row.public_id)
    return _form_page(request, form, row, plans=plans)


def _form_page(
    request: HttpRequest, form: CheckpointForm, row: Checkpoint | None, *, plans: bool = True
) -> HttpResponse:
    covered = round_queries.coverage([row])[0] if row is not None else None
    grids = [area for area in areas_of(request.user, P.PATROL_PLAN) if area.kind == "grid"]
    # By their keys: `form.data` may hold anything.
    lon, lat = (form[name].value() for name in ("lon", "lat"))
    context = {
        "form": form,
        "checkpoint": row,
        "covered": covered,
        "look": STANDINGS[covered.standing] if covered is not None else None,
        "plans": plans,
        "map": map_urls(),
        "lon": lon,
        "lat": lat,
        "centre": f"{row.lon},{row.lat}" if row is not None else "",
        "bounds": "" if row is not None else bounds(grid.boundary for grid in grids[:20] if grid.boundary),
        "point": on_map([covered]) if covered is not None else None,
        "house": name_of(row.building) if row is not None else "",
    }
    return render(request, "desk/rounds/checkpoint.html", context, status=422 if form.is_bound else 200)


def _initial(row: Checkpoint) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind,
        "matter": row.matter.code,
        "risk": str(row.risk),
        "every_days": row.every_days,
        "look_for": row.look_for,
        "building": name_of(row.building),
        "lon": row.lon,
        "lat": row.lat,
    }


def _facts(request: HttpRequest, form: CheckpointForm) -> CheckpointFacts | None:
    given = dict(form.cleaned_data)
    named = given.pop("building")
    places = authority_of(request.user).places(P.PATROL_PLAN)
    try:
        building = house_called(named, places=places) if named else None
    except InvalidError as problem:
        form.add_error("building", sentences(problem))
        return None
    return CheckpointFacts(building=building, **given)


def _tried(form: CheckpointForm, act: Any) -> Checkpoint | None:
    try:
        row: Checkpoint = act()
    except NotAllowedError:
        raise
    except Problem as problem:
        field = problem.field if problem.field in form.fields and problem.field not in {"lon", "lat"} else None
        form.add_error(field, sentences(problem))
        return None
    return row


@gate(P.PATROL_PLAN)
@require_http_methods(["GET", "POST"])
def add_many(request: HttpRequest) -> HttpResponse:
    """Many at once from a sheet or GeoJSON: all or none, and every wrong line is named."""
    form = ManyForm(request.POST if request.method == "POST" else None)
    wrong: list[str] = []
    if form.is_bound and form.is_valid():
        count, wrong = _added(request, form)
        if count:
            words = ngettext("%(count)s checkpoint was set up.", "%(count)s checkpoints were set up.", count)
            messages.success(request, words % {"count": count})
            return redirect("desk:checkpoints")
    context = {"form": form, "wrong": wrong, "columns": pasted.explained(), "most": pasted.MOST}
    return render(request, "desk/rounds/many.html", context, status=422 if form.is_bound else 200)


def _added(request: HttpRequest, form: ManyForm) -> tuple[int, list[str]]:
    given = form.cleaned_data
    try:
        places = authority_of(request.user).places(P.PATROL_PLAN)
        facts, lines, wrong = pasted.read(given["text"], given["crs"], places=places)
        if wrong:
            return 0, pasted.as_text(wrong)
        rows, refused = actions.add_checkpoints(by=request.user, facts=facts)
    except InvalidError as problem:
        form.add_error("text", sentences(problem))
        return 0, []
    except NotAllowedError:
        form.add_error("text", _("One of the spots lies outside the grids that you plan."))
        return 0, []
    return len(rows), pasted.as_text([pasted.Wrong(lines[n], str(problem.title)) for n, problem in refused])


@gate(P.PATROL_VIEW)
@require_GET
def by_number(request: HttpRequest, pk: int) -> HttpResponse:
    """The checkpoint that a duty names."""
    return redirect("desk:checkpoint", round_queries.checkpoint_by_number(request.user, pk).public_id)


@gate(P.PATROL_PLAN)
@require_POST
def end(request: HttpRequest, checkpoint: uuid.UUID) -> HttpResponse:
    """The spot is looked at no more."""
    row = round_queries.get_checkpoint(request.user, checkpoint)
    actions.end_checkpoint(by=request.user, checkpoint=row)
    messages.success(request, _("The checkpoint was ended; what was seen there stays on record."))
    return redirect(f"{reverse('desk:checkpoints')}?area={row.grid_id}")


@gate(P.PATROL_PLAN)
@require_POST
def rotate(request: HttpRequest, checkpoint: uuid.UUID) -> HttpResponse:
    """A new code: the label on the spot is replaced."""
    row = round_queries.get_checkpoint(request.user, checkpoint)
    actions.rotate_tag(by=request.user, checkpoint=row)
    messages.success(request, _("There is a new code: print the label anew and replace the one on the spot."))
    return redirect("desk:checkpoint", row.public_id)
