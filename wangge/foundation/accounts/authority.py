"""What a person may do today, and where: read once per request from the posts in force.

A post that ended yesterday gives nothing at the next request; nothing is cached longer than the request.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.db import connection

from wangge.foundation.accounts.models import Organisation
from wangge.foundation.accounts.permissions import HELD_BY_UNIT, P
from wangge.foundation.accounts.roles import ROLES
from wangge.foundation.core import clock
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    import datetime as dt

    from wangge.foundation.accounts.models import User


@dataclasses.dataclass(frozen=True, slots=True)
class Grant:
    """One post in force, reduced to what a decision needs."""

    role: str
    permissions: frozenset[P]
    area_path: str | None
    unit_path: str | None
    unit_id: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Authority:
    """All grants of one person on one day."""

    user_id: int | None
    grants: tuple[Grant, ...] = ()

    def permissions(self) -> frozenset[P]:
        """Everything held anywhere."""
        return frozenset().union(*(grant.permissions for grant in self.grants))

    def holds(self, permission: P) -> bool:
        """Whether the permission is held anywhere at all."""
        return any(permission in grant.permissions for grant in self.grants)

    def places(self, permission: P) -> list[str]:
        """Paths of the areas at and under which a permission is held."""
        return sorted({g.area_path for g in self.grants if g.area_path and permission in g.permissions})

    def unit_paths(self, permission: P) -> list[str]:
        """Paths of the organisations for which a permission is held."""
        return sorted({g.unit_path for g in self.grants if g.unit_path and permission in g.permissions})

    def units(self) -> set[int]:
        """Organisations the person belongs to."""
        return {grant.unit_id for grant in self.grants if grant.unit_id is not None}

    def may(self, permission: P, *, area_path: str = "", unit_path: str = "") -> bool:
        """Whether the permission is held at a place, or for a unit when it is one of `HELD_BY_UNIT`."""
        if permission in HELD_BY_UNIT:
            return bool(unit_path) and any(unit_path.startswith(path) for path in self.unit_paths(permission))
        return bool(area_path) and any(area_path.startswith(path) for path in self.places(permission))


NOBODY = Authority(user_id=None)


def authority_of(user: Any, *, on: dt.date | None = None) -> Authority:
    """The authority of a user today; `NOBODY` for anonymous and disabled ones. Kept on the user object, which lives
    for one request.
    """
    if user is None or not getattr(user, "is_authenticated", False) or not user.is_active:
        return NOBODY
    day = on or clock.today()
    held: tuple[dt.date, Authority] | None = getattr(user, "_authority", None)
    if held is not None and held[0] == day:
        return held[1]
    authority = _read(user, day)
    user._authority = (day, authority)  # noqa: SLF001 — a memo on the request's own user
    return authority


# Written out: this runs in every request of everybody, and building it anew costs ten times what it takes to run it.
_POSTS_IN_FORCE = """
    SELECT post.role, area.path, unit.path, post.organisation_id
    FROM accounts_post post
    LEFT JOIN places_area area ON area.id = post.area_id
    LEFT JOIN accounts_organisation unit ON unit.id = post.organisation_id
    WHERE post.user_id = %s AND post.valid_from <= %s AND (post.valid_to IS NULL OR post.valid_to > %s)
    ORDER BY post.valid_from, post.id
"""


def _read(user: User, day: dt.date) -> Authority:
    with connection.cursor() as cursor:
        cursor.execute(_POSTS_IN_FORCE, [user.pk, day, day])
        rows = cursor.fetchall()
    grants = tuple(
        Grant(role, ROLES[role].permissions, area_path, unit_path, unit_id)
        for role, area_path, unit_path, unit_id in rows
    )
    return Authority(user_id=user.pk, grants=grants)


def in_unit(user: Any, organisation: Organisation) -> bool:
    """Whether a person belongs to an organisation or to one below it, by a post in force."""
    return any(
        grant.unit_path is not None and grant.unit_path.startswith(organisation.path)
        for grant in authority_of(user).grants
    )


def unit_ids(user: Any, permission: P) -> list[int]:
    """The organisations for which a permission is held: those of the person's posts and all below them.

    Asked once per request: kept on the user object, beside the authority from which it comes.
    """
    authority = authority_of(user)
    paths = authority.unit_paths(permission)
    if not paths:
        return []
    held: dict[tuple[Authority, P], list[int]] = getattr(user, "_unit_ids", {})
    if (authority, permission) not in held:
        found = Organisation.objects.filter(under("path", paths)).order_by("pk").values_list("pk", flat=True)
        held = user._unit_ids = held | {(authority, permission): list(found)}  # noqa: SLF001 — as `_authority`
    return held[authority, permission]
