"""The list of a place: its households, by address and by when they were last verified. It names nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from wangge.domains.people import access, freshness, registry
from wangge.domains.people.homes import address_of, living_counts
from wangge.doors.desk import paging
from wangge.doors.desk.people.forms import PlaceFilter
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.foundation.places.models import Area

_MOST_COMPOUNDS = 300
_NOTHING = QueryDict()


def own_grids(user: Any, permission: P = P.PERSON_VIEW) -> list[Area]:
    """The grids at one's places."""
    return places.areas("grid", under_paths=authority_of(user).places(permission))


@gate(P.PERSON_VIEW)
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Households of one's places."""
    grids = own_grids(request.user)
    compounds = places.compounds(under_paths={grid.parent.path for grid in grids if grid.parent})[:_MOST_COMPOUNDS]
    form = PlaceFilter(
        request.GET,
        grids=[(grid.pk, grid.name) for grid in grids],
        compounds=[(one.pk, one.name) for one in compounds],
    )
    narrowed = registry.Narrowed()
    chosen: Area | None = None
    if form.is_valid():
        given = form.cleaned_data
        chosen = next((grid for grid in grids if grid.pk == given["grid"]), None)
        narrowed = registry.Narrowed(
            area_path=chosen.path if chosen else "",
            compound=given["compound"],
            building=given["building"],
            verified=given["verified"],
        )
    after = paging.by_id(request.GET, "after")
    found = registry.households(request.user, narrowed, after=after, limit=paging.PAGE + 1)
    shown = found[: paging.PAGE]
    counts, since = living_counts(shown), registry.fresh_since(clock.today())
    if chosen is None and len(grids) == 1:
        chosen = grids[0]
    context = {
        "form": form,
        "rows": [
            {
                "address": address_of(one.room) if one.room is not None else "",
                "url": reverse("desk:household", args=[one.public_id]),
                "kind": one.get_kind_display(),
                "count": counts.get(one.pk, 0),
                "verified": one.verified_on,
                "fresh": one.verified_on is not None and one.verified_on >= since,
            }
            for one in shown
        ],
        "narrow": bool(form.is_valid() and any(form.cleaned_data.values())),
        "places": _fresh_places(request.user, grids, chosen),
        "grid": chosen,
        "next_url": paging.next_url(request.GET, after=shown[-1].pk) if len(found) > paging.PAGE else "",
        "first_url": paging.next_url(request.GET, after="") if after else "",
        "may_edit": authority_of(request.user).holds(P.PERSON_EDIT),
        "seen_today": access.seen_today(request.user),
    }
    return render(request, "desk/people/people.html", context)


def _fresh_places(user: Any, grids: list[Area], chosen: Area | None) -> list[dict[str, Any]]:
    """人房鲜活度: by building of the chosen grid, else by grid."""
    if chosen is None:
        by_grid = freshness.of_grids(user)
        return [
            {
                "name": grid.name,
                "fresh": by_grid[grid.path],
                "url": paging.next_url(_NOTHING, grid=grid.pk),
            }
            for grid in grids
            if grid.path in by_grid
        ]
    by_building = freshness.of_buildings(user, chosen.path)
    buildings = registry.buildings(by_building)
    return [
        {
            "name": f"{one.compound.name} {one.name}" if one.compound is not None else one.name,
            "fresh": by_building[one.pk],
            "url": paging.next_url(_NOTHING, grid=chosen.pk, building=one.pk),
        }
        for one in buildings
    ]
