"""The map of all open cases, and the geometry that every map of the desk draws."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from wangge.domains.cases import queries
from wangge.domains.cases.models import State
from wangge.domains.cases.workflow import OPEN
from wangge.doors.desk.cases.rows import points, rows
from wangge.doors.desk.map.scope import bounds, map_urls, streets_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue.kinds import Module
from wangge.foundation.core.problems import InvalidError, NotFoundError
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from django.http import HttpRequest

_KEPT_SECONDS = 300
_BESIDE = 30
_TILE_TIMEOUT = 4  # seconds
_TILE_BYTES = 512 * 1024
_TILE_TYPES = {"image/png", "image/jpeg", "image/webp"}
_DEEPEST = 19
_LAYERS = ("community", "grid")
seen_on_maps = gate(P.AREA_VIEW, P.CASE_VIEW, P.CASE_HANDLE)


class MapFilter(forms.Form):
    """What the map is narrowed to."""

    module = forms.ChoiceField(label=_("Module"), required=False)
    state = forms.ChoiceField(label=_("Waiting for"), required=False)
    overdue = forms.BooleanField(label=_("Overdue only"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        states = [choice for choice in State.choices if choice[0] in OPEN]
        self.fields["module"].choices = [("", _("All modules")), *Module.choices]  # type: ignore[attr-defined]
        self.fields["state"].choices = [("", _("All open cases")), *states]  # type: ignore[attr-defined]

    def narrowed(self) -> queries.Filter:
        """The filter for `queries.on_map`."""
        self.is_valid()
        given = self.cleaned_data
        state = given.get("state", "")
        return queries.Filter(
            module=given.get("module", ""), states=(state,) if state else (), overdue=bool(given.get("overdue"))
        )


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_GET
def map_page(request: HttpRequest) -> HttpResponse:
    """All open cases on our own geometry, with a list of what is due next beside it."""
    narrowing = MapFilter(request.GET)
    shapes = places.outline("community", under_paths=streets_of(request.user))["features"]
    query = request.GET.urlencode()
    urls = map_urls()
    context = {
        "filter": narrowing,
        "map": urls,
        "points_url": f"{urls['cases']}?{query}" if query else urls["cases"],
        "bounds": bounds(shape["geometry"] for shape in shapes),
        "rows": rows(queries.next_due(request.user, narrowing.narrowed(), limit=_BESIDE)),
        "clear_url": reverse("desk:map") if query else "",
    }
    return render(request, "desk/map/map.html", context)


@seen_on_maps
@require_GET
def ground(request: HttpRequest) -> HttpResponse:
    """Roads, water and green."""
    return _geometry(request, places.ground())


@seen_on_maps
@require_GET
def areas(request: HttpRequest, kind: str) -> HttpResponse:
    """Outlines of the communities and grids of the person's streets."""
    if kind not in {*_LAYERS, "all"}:
        raise NotFoundError
    streets = streets_of(request.user)
    features = []
    for layer in _LAYERS if kind == "all" else (kind,):
        for feature in places.outline(layer, under_paths=streets)["features"]:
            shown = feature["properties"]["kind"]
            feature["properties"] |= {
                "id": feature["id"],
                "kind": {"basic": "grid"}.get(shown, shown),
                "url": reverse("desk:grid", args=[feature["id"]]) if layer == "grid" else "",
            }
            features.append(feature)
    return _geometry(request, {"type": "FeatureCollection", "features": features})


@seen_on_maps
@require_GET
def buildings(request: HttpRequest) -> HttpResponse:
    """Footprints of the buildings of the person's streets."""
    collection = places.building_outlines(under_paths=streets_of(request.user))
    for feature in collection["features"]:
        feature["properties"]["id"] = feature["id"]
    return _geometry(request, collection)


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    """Open cases as points, inside `?bbox=w,s,e,n` when it is given."""
    box = _box(request.GET.get("bbox", ""))
    found = queries.on_map(request.user, box, MapFilter(request.GET).narrowed())
    return JsonResponse(points(found), content_type="application/geo+json")


def _box(text: str) -> tuple[float, float, float, float] | None:
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidError(_("This part of the map could not be read."), field="bbox") from None
    if not all(-1000 < edge < 1000 for edge in (west, south, east, north)):
        raise InvalidError(_("This part of the map could not be read."), field="bbox")
    return west, south, east, north


def _geometry(request: HttpRequest, collection: dict[str, Any]) -> HttpResponse:
    """Geometry changes when grids are redrawn: kept by the browser for minutes, then asked for by its ETag."""
    body = json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    response = HttpResponse(status=304) if etag in known else HttpResponse(body, content_type="application/geo+json")
    response["ETag"] = etag
    response["Cache-Control"] = f"private, max-age={_KEPT_SECONDS}"
    return response


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The configured source is asked, and nobody else."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))


@seen_on_maps
@require_GET
def tile(request: HttpRequest, z: int, x: int, y: int) -> HttpResponse:  # noqa: ARG001 — a view
    """One tile of the configured outside map, fetched by the server so that its key never reaches a browser."""
    source = settings.TILE_URL
    if not source.startswith(("https://", "http://")) or z > _DEEPEST or x >= 2**z or y >= 2**z:
        raise Http404
    address = source.format(z=z, x=x, y=y, key=settings.TILE_KEY)
    asked = urllib.request.Request(address, headers={"User-Agent": "wangge"})  # noqa: S310 — scheme checked above
    try:
        with _opener.open(asked, timeout=_TILE_TIMEOUT) as answer:
            kind = answer.headers.get_content_type()
            body = answer.read(_TILE_BYTES + 1)
    except (urllib.error.URLError, TimeoutError, OSError, ValueError):
        raise Http404 from None
    if kind not in _TILE_TYPES or len(body) > _TILE_BYTES:
        raise Http404
    response = HttpResponse(body, content_type=kind)
    response["Cache-Control"] = "private, max-age=86400"
    response["X-Content-Type-Options"] = "nosniff"
    return response
