"""A person's to-do list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import HELD_BY_UNIT, P
from wangge.foundation.core.scoping import under
from wangge.foundation.duties.models import Duty

if TYPE_CHECKING:
    import datetime as dt

    from wangge.foundation.accounts.authority import Authority
    from wangge.foundation.accounts.models import User

_SHOWN_UP_TO = 99


def _mine(user: User) -> Q:
    authority = authority_of(user)
    # Permissions held at the same places are asked for together: a post gives up to twenty of them.
    held: dict[tuple[bool, tuple[str, ...]], list[P]] = {}
    for permission in sorted(authority.permissions()):
        by_unit = permission in HELD_BY_UNIT
        where = authority.unit_paths(permission) if by_unit else authority.places(permission)
        held.setdefault((by_unit, tuple(where)), []).append(permission)
    open_to_all = Q(confidential=False) | under("area_path", authority.places(P.CASE_CONFIDENTIAL))
    mine = Q(user=user)
    for (by_unit, paths), permissions in held.items():
        pool = Q(permission__in=permissions)
        mine |= pool & (under("unit_path", paths) if by_unit else under("area_path", paths) & open_to_all)
    not_his = Q(not_user__isnull=True) | ~Q(not_user_id=user.pk)
    return mine & ~Q(not_unit_paths__overlap=_own_and_above(authority)) & not_his


def _own_and_above(authority: Authority) -> list[str]:
    """Paths of the reader's units and of all above them: nobody verifies what his own unit has handled."""
    paths = set()
    for grant in authority.grants:
        parts = (grant.unit_path or "").strip("/").split("/")
        paths |= {"/" + "/".join(parts[: i + 1]) + "/" for i in range(len(parts)) if parts[0]}
    return sorted(paths)


def to_do(
    user: User, *, kind: str | None = None, after: tuple[dt.datetime | None, int] | None = None, limit: int = 50
) -> list[Duty]:
    """Open duties of a person, next due first; `after` is the (due, id) of the last row of the page before."""
    found = Duty.objects.filter(_mine(user), done_at__isnull=True)
    if kind:
        found = found.filter(kind=kind)
    if after is not None:
        due, pk = after
        if due is None:  # what is never due stands at the end, by id
            found = found.filter(due_at__isnull=True, pk__gt=pk)
        else:
            found = found.filter(Q(due_at__gt=due) | Q(due_at=due, pk__gt=pk) | Q(due_at__isnull=True))
    return list(found.order_by("due_at", "pk")[:limit])


def how_many(user: User, *, kind: str | None = None) -> int:
    """Open duties of a person, counted up to 100 (a list shows "99+")."""
    found = Duty.objects.filter(_mine(user), done_at__isnull=True)
    if kind:
        found = found.filter(kind=kind)
    return len(found.order_by("due_at", "pk").values_list("pk")[: _SHOWN_UP_TO + 1])


def is_open(*, subject_type: str, subject_id: int, kind: str) -> bool:
    """Whether somebody has this kind of work about a subject on his list."""
    about = Duty.objects.filter(subject_type=subject_type, subject_id=subject_id, kind=kind)
    return about.filter(done_at__isnull=True).exists()
