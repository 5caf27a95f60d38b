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

    from django.db.models import QuerySet

    from wangge.foundation.accounts.authority import Authority
    from wangge.foundation.accounts.models import User

_SHOWN_UP_TO = 99


def _ways(user: User) -> list[QuerySet[Duty]]:
    """Open duties, one queryset for each way in which they can be the person's: for each of them an index has them in
    the order of their deadlines, for their OR none has.
    """
    authority = authority_of(user)
    found = Duty.objects.filter(done_at__isnull=True).exclude(not_unit_path__in=_own_and_above(authority))
    ways = [found.filter(user=user)]
    for permission in sorted(authority.permissions()):
        if permission in HELD_BY_UNIT:
            held = under("unit_path", authority.unit_paths(permission))
        else:
            held = under("area_path", authority.places(permission))
            held &= Q(confidential=False) | under("area_path", authority.places(P.CASE_CONFIDENTIAL))
        ways.append(found.filter(held, user__isnull=True, permission=permission))
    return ways


def _own_and_above(authority: Authority) -> list[str]:
    """Paths of the reader's units and of all above them: nobody verifies what his own unit has handled."""
    paths = set()
    for grant in authority.grants:
        parts = (grant.unit_path or "").strip("/").split("/")
        paths |= {"/" + "/".join(parts[: i + 1]) + "/" for i in range(len(parts)) if parts[0]}
    return sorted(paths)


def to_do(
    user: User, *, kind: str | None = None, after: tuple[dt.datetime, int] | None = None, limit: int = 50
) -> list[Duty]:
    """Open duties of a person, next due first; `after` is the (due, id) of the last row of the page before."""
    ways = _ways(user) if kind is None else [way.filter(kind=kind) for way in _ways(user)]
    if after is not None:
        due, pk = after
        later = Q(due_at__gt=due) | Q(due_at=due, pk__gt=pk) | Q(due_at__isnull=True)
        # The first condition says nothing new, but an index can begin at it.
        ways = [way.filter(Q(due_at__gte=due) | Q(due_at__isnull=True)).filter(later) for way in ways]
    ordered = [way.order_by("due_at", "pk")[:limit] for way in ways]
    rows = ordered[0].union(*ordered[1:], all=True) if len(ordered) > 1 else ordered[0]
    return list(rows.order_by("due_at", "pk")[:limit]) if len(ordered) > 1 else list(rows)


def how_many(user: User, *, kind: str | None = None) -> int:
    """Open duties of a person, counted up to 100 (a list shows "99+")."""
    ways = _ways(user) if kind is None else [way.filter(kind=kind) for way in _ways(user)]
    counted = [way.order_by("due_at", "pk").values_list("pk", flat=True)[: _SHOWN_UP_TO + 1] for way in ways]
    rows = counted[0].union(*counted[1:], all=True)[: _SHOWN_UP_TO + 1] if len(counted) > 1 else counted[0]
    return len(rows)
