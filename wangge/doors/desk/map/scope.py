"""Whose ground a person's maps draw: the streets in which he holds any post."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse

from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.queries import posts_of

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
    return sorted({_street(path) for path in paths})


def _street(path: str) -> str:
    return "/".join(path.split("/")[:3]).rstrip("/") + "/"


def map_urls() -> dict[str, str]:
    """The addresses that `components/map.html` is given on every page."""
    return {
        "ground": reverse("desk:map-ground"),
        "areas": reverse("desk:map-areas", args=["all"]),
        "buildings": reverse("desk:map-buildings"),
        "cases": reverse("desk:map-cases"),
        "tiles": "/desk/tiles/{z}/{x}/{y}" if settings.TILE_URL else "",
    }


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
