"""Who answers for a clock, rung by rung: read once from the posts in force, answered from memory.

A watch over ten thousand deadlines asks this for each of them.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import TYPE_CHECKING

from wangge.domains.cases import ladder
from wangge.foundation.accounts.models import Post
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.roles import ROLES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from wangge.foundation.accounts.models import Organisation

_CHIEF = "duty_chief"
_UNIT_HEADS = ("unit_head", "station_head")
# Who is asked where nobody holds the post: the next one up, then the duty chief.
_AT_PLACE: dict[int, tuple[str, ...]] = {
    ladder.LEADER: ("street_leader", "party_secretary", _CHIEF),
    ladder.SECRETARY: ("party_secretary", "street_leader", _CHIEF),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Holder:
    """One post in force, reduced to what the ladder asks."""

    user_id: int
    role: str
    area_path: str | None
    unit_path: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Charge:
    """What somebody answers for: a place, perhaps a unit with its handler, and the permission of the step waited for."""

    area_path: str
    permission: P
    unit: Organisation | None = None  # of a stage that a unit has in hand
    handler_id: int | None = None
    confidential: bool = False


class Roster:
    """The posts of one day."""

    def __init__(self, day: dt.date) -> None:
        self._day = day

    @cached_property
    def _posts(self) -> list[Holder]:
        found = Post.objects.as_of(self._day).filter(user__is_active=True).order_by("user_id", "pk")
        return [Holder(*row) for row in found.values_list("user_id", "role", "area__path", "organisation__path")]

    def told(self, rung: int, charge: Charge) -> list[int]:
        """Whom a rung tells: ids of active users, never twice the same."""
        if rung in _AT_PLACE:
            for role in _AT_PLACE[rung]:
                if found := self._in_role(role, charge):
                    return found
            return []
        if charge.unit is not None:
            return self._of_unit(rung, charge.unit, charge.handler_id)
        able, chiefs = self._able(charge), self._in_role(_CHIEF, charge)
        if rung == ladder.HEAD:
            return chiefs or able
        return [user for user in able if user not in chiefs] or chiefs

    def of_unit(self, unit: Organisation) -> list[int]:
        """Everybody who handles for a unit."""
        return _once(
            post.user_id
            for post in self._posts
            if post.unit_path == unit.path and P.CASE_HANDLE in ROLES[post.role].permissions
        )

    def _of_unit(self, rung: int, unit: Organisation, handler_id: int | None) -> list[int]:
        members = self.of_unit(unit)
        if rung == ladder.AMBER:
            return [handler_id] if handler_id in members else members
        heads = _once(p.user_id for p in self._posts if p.unit_path == unit.path and p.role in _UNIT_HEADS)
        return heads or members

    def _able(self, charge: Charge) -> list[int]:
        return self._at_place(charge, {key for key, role in ROLES.items() if charge.permission in role.permissions})

    def _in_role(self, role: str, charge: Charge) -> list[int]:
        return self._at_place(charge, {role})

    def _at_place(self, charge: Charge, roles: set[str]) -> list[int]:
        here = [post for post in self._posts if post.area_path and charge.area_path.startswith(post.area_path)]
        found = _once(post.user_id for post in here if post.role in roles)
        if not charge.confidential:
            return found
        may_know = {p.user_id for p in here if P.CASE_CONFIDENTIAL in ROLES[p.role].permissions}
        return [user for user in found if user in may_know]


def _once(users: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(users))
