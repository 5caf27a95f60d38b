"""网格重划: plans of new grids, their figures before and after, buildings given from one to another, drawn grids as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.people import headcount
from wangge.doors.desk.regridding import lines
from wangge.doors.desk.regridding.canvas import canvas, drawable
from wangge.doors.desk.regridding.forms import DrawnForm, EditForm, GridForm, PlanForm, SketchForm
from wangge.doors.desk.regridding.sketch import sketch
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotFoundError, Problem
from wangge.foundation.places import crs, grid_plans, redrawing
from wangge.foundation.places import queries as places
from wangge.foundation.places.drawn_grids import FlawedError
from wangge.foundation.places.models import GridPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms
    from django.http import HttpRequest, HttpResponse

    from wangge.foundation.places.models import Area, GridPlanGrid

_TONES = {
    GridPlan.State.DRAFT: "quiet",
    GridPlan.State.CONFIRMED: "blue",
    GridPlan.State.APPLYING: "amber",
    GridPlan.State.APPLIED: "green",
    GridPlan.State.WITHDRAWN: "quiet",
}


def _may(request: HttpRequest) -> list[str]:
    return authority_of(request.user).places(P.GRID_REDRAW)


def _plan(request: HttpRequest, pk: int) -> GridPlan:
    return grid_plans.get_plan(pk, _may(request))


def _grid(plan: GridPlan, code: str) -> GridPlanGrid:
    found = next((grid for grid in grid_plans.grids_of(plan) if grid.code == code), None)
    if found is None:
        raise NotFoundError
    return found


@gate(P.GRID_REDRAW)
@require_http_methods(["GET", "POST"])
def plans(request: HttpRequest) -> HttpResponse:
    """Plans of the person's streets; a new one begins with the grids as they are."""
    form = PlanForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            plan = redrawing.draft(
                by=request.user,
                area=places.get_area(given["area"]),
                valid_from=given["valid_from"],
                note=given["note"],
            )
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem.title))
        else:
            return redirect("desk:grid-plan", plan.pk)
    found = [{"plan": plan, "tone": _TONES[GridPlan.State(plan.state)]} for plan in grid_plans.plans(_may(request))]
    context = {"plans": found, "form": form}
    return render(request, "desk/regridding/plans.html", context, status=422 if form.errors else 200)


@gate(P.GRID_REDRAW)
@require_GET
def plan(request: HttpRequest, plan: int) -> HttpResponse:
    """One plan: what it changes, and while it is being drawn the ways to change it."""
    return _page(request, _plan(request, plan))


def _page(request: HttpRequest, row: GridPlan, *, status: int = 200, **more: Any) -> HttpResponse:
    seen = grid_plans.preview(row)
    shown = lines.figures(row, seen)
    drawing = row.state == GridPlan.State.DRAFT
    context: dict[str, Any] = {
        "plan": row,
        "tone": _TONES[GridPlan.State(row.state)],
        "drawing": drawing,
        "may_withdraw": row.state in {GridPlan.State.DRAFT, GridPlan.State.CONFIRMED},
        "sketch": sketch(seen.old, seen.new, shown["houses"]),
        "changes": len(seen.kept) < max(len(seen.new), len(seen.old)),
        **shown,
    }
    if drawing:
        context |= {
            "grid_form": GridForm(communities=_communities(row)),
            "drawn_form": DrawnForm(),
            "sketch_form": SketchForm(),
            **canvas(seen, shown["houses"], shown["people"]),
        }
    return render(request, "desk/regridding/plan.html", context | more, status=status)


def _communities(row: GridPlan) -> list[Area]:
    return places.areas("community", under_paths=[row.area.path])


@gate(P.GRID_REDRAW)
@require_POST
def add_grid(request: HttpRequest, plan: int) -> HttpResponse:
    """Another grid in the plan, still empty."""
    row = _plan(request, plan)
    form = GridForm(request.POST, communities=_communities(row))
    if not form.is_valid():
        return _page(request, row, grid_form=form, opened="grid", status=422)
    given = dict(form.cleaned_data)
    community = places.get_area(given.pop("community"))
    return _do(
        request,
        row,
        lambda: redrawing.add_grid(by=request.user, plan=row, community=community, **given),
        _("The grid was added; now give it buildings."),
        form=form,
        name="grid_form",
    )


@gate(P.GRID_REDRAW)
@require_POST
def take_drawn(request: HttpRequest, plan: int) -> HttpResponse:
    """Drawn grids, from a file or from the map of the page, take the place of those of their communities in the plan."""
    row = _plan(request, plan)
    form: DrawnForm | SketchForm
    if "drawn" in request.POST:
        form, field, opened = SketchForm(request.POST), "drawn", "sketch"
    else:
        form, field, opened = DrawnForm(request.POST, request.FILES), "file", "drawn"
    name = "sketch_form" if opened == "sketch" else "drawn_form"
    if not form.is_valid():
        return _page(request, row, **{name: form}, opened=opened, status=422)
    given = form.cleaned_data
    again = drawable(given["drawn"]) if opened == "sketch" else None
    kept = {"drawing_json": again, "kept": True} if again is not None else {}
    try:
        count = redrawing.import_grids(
            by=request.user, plan=row, collection=given[field], datum=given.get("datum", crs.WGS84)
        )
    except FlawedError as problem:
        form.add_error(field, str(problem.title))
        faults = [_fault(flaw) for flaw in problem.flaws]
        return _page(request, row, **{name: form}, **kept, opened=opened, faults=faults, status=422)
    except Problem as problem:
        form.add_error(None, str(problem.title))
        return _page(request, row, **{name: form}, **kept, opened=opened, status=problem.status)
    if count:
        done = ngettext("%(n)d drawn grid was taken over.", "%(n)d drawn grids were taken over.", count) % {"n": count}
        messages.success(request, done)
    else:
        messages.info(request, _("The drawing says what the plan says already; nothing changed."))
    return redirect("desk:grid-plan", row.pk)


def _fault(flaw: Any) -> str:
    given = {"codes": ", ".join(flaw.codes), "area": f"{flaw.area_m2:,.0f}"}
    words = {
        "gap": _("Ground of %(area)s m² belongs to no grid."),
        "overlap": _("%(codes)s overlap by %(area)s m²."),
        "outside": _("%(codes)s reaches %(area)s m² beyond the community."),
        "invalid": _("The outline of %(codes)s crosses itself."),
    }
    return words[flaw.kind] % given


@gate(P.GRID_REDRAW)
@require_http_methods(["GET", "POST"])
def grid(request: HttpRequest, plan: int, code: str) -> HttpResponse:
    """One grid of a plan: its name, who works it, its buildings."""
    row = _plan(request, plan)
    planned = _grid(row, code)
    choices = [(user.pk, user.name) for user in lines.workers(row)]
    initial = {"name_zh": planned.name_zh, "name_en": planned.name_en, "workers": planned.workers}
    form = EditForm(request.POST if request.method == "POST" else None, workers=choices, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            redrawing.edit_grid(by=request.user, plan=row, code=code, **given)
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem.title))
        else:
            messages.success(request, _("Saved."))
            return redirect("desk:grid-plan", row.pk)
    return _grid_page(request, row, planned, form, status=422 if form.errors else 200)


def _grid_page(
    request: HttpRequest, row: GridPlan, planned: GridPlanGrid, form: EditForm, *, status: int = 200, fault: str = ""
) -> HttpResponse:
    own = set(planned.buildings)
    houses = [house for house in grid_plans.houses(row.area) if house.pk in own]
    people = headcount.by_building(own)
    others = [g for g in grid_plans.grids_of(row) if g.community_id == planned.community_id and g.pk != planned.pk]
    context = {
        "plan": row,
        "grid": planned,
        "drawing": row.state == GridPlan.State.DRAFT,
        "form": form,
        "groups": _by_compound(houses, people),
        "others": others,
        "fault": fault,
    }
    return render(request, "desk/regridding/grid.html", context, status=status)


def _by_compound(houses: list[Any], people: dict[int, tuple[int, int]]) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for house in houses:
        name = house.compound.name if house.compound is not None else _("Along the streets")
        households, residents = people.get(house.pk, (0, 0))
        groups.setdefault(name, []).append({"house": house, "households": households, "residents": residents})
    return [{"name": name, "houses": found} for name, found in sorted(groups.items())]


@gate(P.GRID_REDRAW)
@require_POST
def assign(request: HttpRequest, plan: int, code: str) -> HttpResponse:
    """Give chosen buildings of one grid to another one of its community."""
    row = _plan(request, plan)
    planned = _grid(row, code)
    chosen = [int(pk) for pk in request.POST.getlist("building") if pk.isascii() and pk.isdigit() and len(pk) < 16]
    target = request.POST.get("target", "")
    fault = ""
    if not chosen:
        fault = _("Choose at least one building.")
    elif not any(grid.code == target for grid in grid_plans.grids_of(row)):
        fault = _("Choose the grid to which they go.")
    else:
        try:
            count = redrawing.assign(by=request.user, plan=row, buildings=chosen, code=target)
        except Problem as problem:
            fault = str(problem.title)
        else:
            done = ngettext("%(n)d building was given over.", "%(n)d buildings were given over.", count) % {"n": count}
            messages.success(request, done)
            return redirect("desk:grid-plan-grid", row.pk, code)
    initial = {"name_zh": planned.name_zh, "name_en": planned.name_en, "workers": planned.workers}
    form = EditForm(workers=[(user.pk, user.name) for user in lines.workers(row)], initial=initial)
    return _grid_page(request, row, planned, form, fault=fault, status=422)


@gate(P.GRID_REDRAW)
@require_POST
def name_worker(request: HttpRequest, plan: int, code: str) -> HttpResponse:
    """Name somebody whose post would end for a grid of the plan."""
    row = _plan(request, plan)
    planned = _grid(row, code)
    wanted = request.POST.get("worker", "")
    worker = next((user for user in lines.workers(row) if str(user.pk) == wanted), None)
    if worker is None:
        raise NotFoundError
    return _do(
        request,
        row,
        lambda: redrawing.name_worker(by=request.user, plan=row, code=code, worker=worker.pk),
        _("%(name)s will work %(grid)s.") % {"name": worker.name, "grid": planned.name},
    )


@gate(P.GRID_REDRAW)
@require_POST
def drop_grid(request: HttpRequest, plan: int, code: str) -> HttpResponse:
    """Take an empty grid out of the plan."""
    row = _plan(request, plan)
    _grid(row, code)
    return _do(
        request, row, lambda: redrawing.drop_grid(by=request.user, plan=row, code=code), _("The grid was taken out.")
    )


@gate(P.GRID_REDRAW)
@require_POST
def confirm(request: HttpRequest, plan: int) -> HttpResponse:
    """Decide on the plan."""
    row = _plan(request, plan)
    return _do(
        request,
        row,
        lambda: redrawing.confirm(by=request.user, plan=row),
        _("The plan is confirmed; it is applied by itself on its first day."),
    )


@gate(P.GRID_REDRAW)
@require_POST
def withdraw(request: HttpRequest, plan: int) -> HttpResponse:
    """Take the plan back."""
    row = _plan(request, plan)
    return _do(
        request,
        row,
        lambda: redrawing.withdraw(by=request.user, plan=row),
        _("The plan was withdrawn; nothing changed."),
    )


def _do(
    request: HttpRequest,
    row: GridPlan,
    act: Callable[[], object],
    done: str,
    *,
    form: forms.Form | None = None,
    name: str = "",
) -> HttpResponse:
    """Do it and say so; a refusal is shown at its form, or as a message."""
    try:
        act()
    except Problem as problem:
        if form is not None:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem.title))
            return _page(request, row, **{name: form}, opened=name.removesuffix("_form"), status=problem.status)
        messages.error(request, str(problem.title))
    else:
        messages.success(request, done)
    return redirect(reverse("desk:grid-plan", args=[row.pk]))
