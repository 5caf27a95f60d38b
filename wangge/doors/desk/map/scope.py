"""Whose ground a person's maps draw: the streets in which he holds any post, and where to look for a lost child."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language

from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import posts_of
from wangge.foundation.places import tiles

if TYPE_CHECKING:
    from collections.abc import Iterable


def streets_of(user: Any) -> list[str]:
    """Paths of the streets (or the district) in which a person has a post."""
    authority = authority_of(user)
    paths = [grant.area_path for grant in authority.grants if grant.area_path]
    if len(paths) < len(authority.grants):
        paths += [
            post.organisation.area.path
            for post in posts_of(user)
            if post.area is None and post.organisation is not None and post.organisation.area is not None
        ]
    return sorted({_first(path, 2) for path in paths})


def houses_of(user: Any) -> list[str]:
    """Paths under which a person's maps draw compounds and buildings: his streets.

    Whoever may look for a lost child is led to a door anywhere in the district; what a house looks like from the street
    is no secret.
    """
    rescue = authority_of(user).places(P.PERSON_RESCUE)
    return sorted({*streets_of(user), *(_first(path, 1) for path in rescue)})


def in_streets_of(user: Any, path: str) -> bool:
    """Whether a place lies in one of a person's own streets."""
    return any(path.startswith(street) for street in streets_of(user))


def _first(path: str, levels: int) -> str:
    return "/".join(path.split("/")[: levels + 1]).rstrip("/") + "/"


def map_urls() -> dict[str, str]:
    """The addresses that `components/map.html` is given on every page."""
    return {
        "vector": f"{_pattern()}?v={tiles.version()}-{get_language()}",
        "cases": reverse("desk:map-cases"),
        "tiles": "/desk/tiles/{z}/{x}/{y}" if settings.TILE_URL else "",
        "building": reverse("desk:map-building", args=[0]).replace("/0/", "/{id}/"),
    }


def _pattern() -> str:
    return reverse("desk:map-tile", args=[0, 0, 0]).replace("/0/0/0.", "/{z}/{x}/{y}.")


def house_url(room_id: int) -> str:
    """The house card of a room; "" where the site has none."""
    try:
        return reverse("desk:house", args=[room_id])
    except NoReverseMatch:
        return ""


def bounds(shapes: Iterable[dict[str, Any]]) -> str:
    """Say w,s,e,n around some GeoJSON geometries; empty when there is none."""
    longitudes: list[float] = []
    latitudes: list[float] = []
    stack: list[Any] = [shape["coordinates"] for shape in shapes if shape]
    while stack:
        node = stack.pop()
        if node and isinstance(node[0], int | float):
            longitudes.append(node[0])
            latitudes.append(node[1])
        else:
            stack.extend(node)
    if not longitudes:
        return ""
    edges = (min(longitudes), min(latitudes), max(longitudes), max(latitudes))
    return ",".join(f"{edge:.6f}" for edge in edges)
