"""Where somebody is on duty in the field today: the grids that his phone may hold, and until when."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import posts_of
from wangge.foundation.accounts.roles import ROLES
from wangge.foundation.places import queries as places
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    from wangge.foundation.accounts.models import Post, User

IN_THE_FIELD = frozenset({P.PATROL_DO, P.REPORT_MAKE, P.VISIT_DO})
MOST_GRIDS = 60  # of a post over a whole district a phone holds the first ones; the rest is online


def posts_on_duty(user: User) -> list[Post]:
    """Posts in force today, at a place, that let one patrol, report or visit."""
    return [
        post
        for post in posts_of(user)
        if post.area is not None and ROLES[post.role].permissions & IN_THE_FIELD and user.is_active
    ]


def unit_posts(user: User) -> list[Post]:
    """Posts in force today that let one handle what a unit was given, wherever in the town that is."""
    if not user.is_active:
        return []
    return [post for post in posts_of(user) if P.CASE_HANDLE in ROLES[post.role].permissions]


def grids_on_duty(user: User) -> list[Area]:
    """The grids at and under the places of those posts, in code order; the grid around a micro-grid."""
    posts = posts_on_duty(user)
    if not posts:
        return []
    paths = {post.area.path for post in posts if post.area is not None}
    found = {grid.pk: grid for grid in places.areas(Area.Kind.GRID, under_paths=paths)}
    for post in posts:
        if post.area is not None and post.area.kind == Area.Kind.MICRO_GRID:
            around = places.ancestor(places.get_area(post.area.pk), Area.Kind.GRID)
            if around is not None:
                found[around.pk] = around
    return sorted(found.values(), key=lambda grid: (grid.code, grid.pk))[:MOST_GRIDS]


def last_day(posts: list[Post]) -> dt.date | None:
    """The last day on which one of some posts is in force; None while one has no end, or where there is none."""
    if not posts or any(post.valid_to is None for post in posts):
        return None
    return max(post.valid_to for post in posts if post.valid_to is not None) - dt.timedelta(days=1)


def place_of(user: User) -> str:
    """The path of the place under whose station somebody's field work stands: his first post's; "" without one."""
    posts = posts_on_duty(user)
    return min((post.area.path for post in posts if post.area is not None), default="")
