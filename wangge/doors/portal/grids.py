"""我的网格: whose grid is this? The notice that has to hang where residents are, and its code to scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from wangge.domains.fieldwork import office_hours
from wangge.doors.portal.following import qr_image
from wangge.doors.portal.forms import GridSearchForm, PositionForm
from wangge.doors.portal.pages import tabs
from wangge.foundation.accounts.gate import gate_public
from wangge.foundation.accounts.queries import organisations, team_of
from wangge.foundation.accounts.roles import ROLES
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError, NotFoundError
from wangge.foundation.places import queries as places
from wangge.foundation.places.models import Area, Compound

if TYPE_CHECKING:
    from django.http import HttpRequest

    from wangge.foundation.accounts.models import Post

# Who is named on the notice, in this order: the posts that the rules on public notice ask for, nobody else.
_ON_THE_NOTICE = ("grid_head", "grid_guide", "grid_worker", "part_time_worker", "micro_grid_head", "building_head")
_HELD = "public, max-age=600"
_MOST = 30


@gate_public
@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """Find a grid by the name of a community or compound, or by position."""
    form = GridSearchForm(request.GET)
    found: list[dict[str, str]] = []
    asked = ""
    if form.is_valid():
        asked = form.cleaned_data["q"]
        found = _found(asked)
    communities = places.areas(Area.Kind.COMMUNITY)
    context = {
        "form": form,
        "found": found,
        "asked": asked,
        "communities": communities if len(communities) <= _MOST else [],
        "tabs": tabs("grids"),
    }
    return render(request, "portal/grids.html", context, status=200 if form.is_valid() else 422)


def _found(text: str) -> list[dict[str, str]]:
    """Grids behind a name, each once, with what led there."""
    rows: dict[int, dict[str, str]] = {}
    for place in places.search(text, limit=_MOST):
        if isinstance(place, Compound):
            area = places.where_compound(place).area
            grids = [area] if area.kind == Area.Kind.GRID else places.areas(Area.Kind.GRID, under_paths=[area.path])
        elif place.kind in {Area.Kind.COMMUNITY, Area.Kind.GRID}:
            grids = places.areas(Area.Kind.GRID, under_paths=[place.path])
        else:
            continue
        for grid in grids:
            rows.setdefault(grid.pk, {"name": grid.name, "note": place.name, "url": _url(grid)})
    return list(rows.values())[:_MOST]


@gate_public
@require_GET
def where(request: HttpRequest) -> HttpResponse:
    """GET ?lon=&lat= → which grid that is, for the line below "use my position"."""
    form = PositionForm(request.GET)
    if not form.is_valid():
        raise InvalidError(_("The position could not be read."), field="lon")
    grid = places.grid_at(form.cleaned_data["lon"], form.cleaned_data["lat"])
    return render(request, "portal/grid_here.html", {"grid": grid})


@gate_public
@require_GET
def grid(request: HttpRequest, pk: int) -> HttpResponse:
    """The notice of one grid; of a grid that was redrawn, what it became."""
    area = _grid(pk)
    if area.valid_to is not None and area.valid_to <= clock.today():
        became = places.successors(area)
        if len(became) == 1:
            return HttpResponsePermanentRedirect(_url(became[0][0]))
        return render(
            request,
            "portal/grid_gone.html",
            {"grid": area, "became": [new for new, _share in became], "back_url": reverse("portal:grids")},
            status=410,
        )
    community = places.ancestor(area, Area.Kind.COMMUNITY)
    context = {
        "grid": area,
        "community": community,
        "street": places.ancestor(area, Area.Kind.STREET),
        "team": _team(team_of(area)),
        "offices": _offices(area),
        "hours": [{"row": row, "weekday": WEEKDAYS[row.weekday]} for row in office_hours.open_to_all(area.path)],
        "compounds": places.compounds_of_grid(area),
        "report_url": f"{reverse('portal:report')}?at={area.code}",
        "back_url": reverse("portal:grids"),
        "center": f"{area.lon},{area.lat}" if area.lon is not None else "",
        "bounds": _bounds(area),
    }
    return render(request, "portal/grid.html", context)


@gate_public
@require_GET
def qr(request: HttpRequest, pk: int) -> HttpResponse:
    """The code on the notice: it opens the report form with the place filled in."""
    area = _grid(pk)
    response = qr_image(request.build_absolute_uri(f"{reverse('portal:report')}?at={area.code}"))
    response.headers["Cache-Control"] = _HELD
    return response


@gate_public
@require_GET
def boundary(_request: HttpRequest, pk: int) -> HttpResponse:
    """GeoJSON of the grid and its neighbours in the same community, the grid itself marked."""
    area = _grid(pk)
    features = []
    if area.parent is not None:
        for feature in places.outline(Area.Kind.GRID, under_paths=[area.parent.path])["features"]:
            mine = feature["id"] == area.pk
            feature["properties"] |= {"id": feature["id"], "tone": "blue" if mine else "quiet", "kind": "grid"}
            features.append(feature)
            if mine:  # once more, with the strong outline that the map gives to communities
                features.append(
                    feature | {"properties": {"id": area.pk, "name": "", "tone": "blue", "kind": "community"}}
                )
    return _geometry({"type": "FeatureCollection", "features": features})


@gate_public
@require_GET
def ground(_request: HttpRequest) -> HttpResponse:
    """GeoJSON of roads, water and green."""
    return _geometry(places.ground())


def _geometry(collection: dict[str, Any]) -> HttpResponse:
    response = JsonResponse(collection, content_type="application/geo+json")
    response.headers["Cache-Control"] = _HELD
    return response


def _grid(pk: int) -> Area:
    area = places.get_area(pk)
    if area.kind != Area.Kind.GRID:
        raise NotFoundError
    return area


def _url(area: Area) -> str:
    return reverse("portal:grid", args=[area.pk])


def _team(posts: list[Post]) -> list[dict[str, Any]]:
    """Roles in the order of the notice with the names of those who hold them. Names only: never a person's phone."""
    rows = []
    for role in _ON_THE_NOTICE:
        names = sorted({post.user.name for post in posts if post.role == role and post.user.is_active})
        if names:
            rows.append({"label": ROLES[role].name, "value": "、".join(names), "icon": "user"})
    return rows


def _offices(area: Area) -> list[dict[str, str]]:
    """The offices that answer for a grid, with their duty telephones."""
    units = [*organisations(kind="community"), *organisations(kind="command_centre")]
    return [
        {"name": unit.name, "phone": unit.phone}
        for unit in units
        if unit.area is not None and area.path.startswith(unit.area.path)
    ]


def _bounds(area: Area) -> str:
    """The boundary's box, as the map takes it: "west,south,east,north"."""
    if not area.boundary:
        return ""
    points: list[tuple[float, float]] = []
    _collect(area.boundary["coordinates"], points)
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    return f"{west},{south},{east},{north}"


def _collect(coordinates: Any, points: list[tuple[float, float]]) -> None:
    if coordinates and isinstance(coordinates[0], int | float):
        points.append((coordinates[0], coordinates[1]))
        return
    for part in coordinates:
        _collect(part, points)
