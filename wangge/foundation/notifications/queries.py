"""Reading one's own messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wangge.foundation.notifications.models import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wangge.foundation.accounts.models import User

_SHOWN_UP_TO = 99


def inbox(user: User, *, before: int | None = None, limit: int = 30) -> list[Notice]:
    """One's own messages, newest first."""
    found = Notice.objects.filter(user=user)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:limit])


def own_notice(user: User, pk: int) -> Notice | None:
    """One of one's own messages; None for somebody else's."""
    return Notice.objects.filter(user=user, pk=pk).first()


def unread(user: User) -> int:
    """Unread messages, counted up to 100."""
    return len(Notice.objects.filter(user=user, read_at__isnull=True).values_list("pk")[: _SHOWN_UP_TO + 1])


def told_already(users: Iterable[int], once_key: str) -> set[int]:
    """Those of some users who were told under a key."""
    found = Notice.objects.filter(user_id__in=list(users), once_key=once_key)
    return set(found.values_list("user_id", flat=True))
