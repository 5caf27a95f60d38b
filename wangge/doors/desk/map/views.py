"""The map of all open cases, and the geometry that every map of the desk draws."""

from __future__ import annotations

import gzip
import hashlib
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

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
from wangge.doors.desk.map.buildings import compounds_for, found_for, seen_on_maps, shown_for
from wangge.doors.desk.map.scope import bounds, houses_of, map_urls, streets_of
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue.kinds import Module
from wangge.foundation.core.problems import InvalidError
from wangge.foundation.places import queries as places
from wangge.foundation.places import tiles

if TYPE_CHECKING:
    from django.http import HttpRequest

_KEPT_SECONDS = 3600
_VECTOR = "application/vnd.mapbox-vector-tile"
_BESIDE = 30
_TILE_TIMEOUT = 4  # seconds
_TILE_BYTES = 512 * 1024
_TILE_TYPES = {"image/png", "image/jpeg", "image/webp"}
_DEEPEST = 19


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


@seen_on_maps
@require_GET
def map_page(request: HttpRequest) -> HttpResponse:
    """Our own geometry in three dimensions, open cases for those who see cases, a search for houses.

    `?building=` or `?compound=` shows that one, lit; `?q=` looks for compounds and buildings.
    """
    authority = authority_of(request.user)
    sees_cases = authority.holds(P.CASE_VIEW) or authority.holds(P.CASE_HANDLE)
    narrowing = MapFilter(request.GET)
    shapes = places.outline("community", under_paths=streets_of(request.user))["features"]
    kept = {name: request.GET[name] for name in narrowing.fields if request.GET.get(name)}
    urls = map_urls()
    context = {
        "filter": narrowing if sees_cases else None,
        "sees_cases": sees_cases,
        "map": urls,
        "points_url": (f"{urls['cases']}?{urlencode(kept)}" if kept else urls["cases"]) if sees_cases else "",
        "bounds": bounds(shape["geometry"] for shape in shapes),
        "rows": rows(queries.next_due(request.user, narrowing.narrowed(), limit=_BESIDE)) if sees_cases else [],
        "clear_url": reverse("desk:map") if kept else "",
        "compounds": compounds_for(request),
        **found_for(request),
        **shown_for(request),
    }
    return render(request, "desk/map/map.html", context)


@seen_on_maps
@require_GET
def vector_tile(request: HttpRequest, z: int, x: int, y: int) -> HttpResponse:
    """One vector tile of our own ground: the person's streets; 204 where nothing is.

    The address carries a token (`?v=`) that changes with the ground, so that a browser need not ask again for an hour.
    """
    body = tiles.tile(z, x, y, areas=streets_of(request.user), houses=houses_of(request.user))
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    if not body:
        response = HttpResponse(status=204)
    elif etag in known:
        response = HttpResponse(status=304)
    else:
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        response = HttpResponse(body if packed else gzip.decompress(body), content_type=_VECTOR)
        if packed:
            response["Content-Encoding"] = "gzip"
    response["ETag"] = etag
    response["Vary"] = "Accept-Encoding, Cookie"
    response["Cache-Control"] = f"private, max-age={_KEPT_SECONDS}"
    return response


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
