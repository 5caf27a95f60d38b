"""What is kept for a time only: who saw whom (180 days), copies of the key store (7 days)."""

from __future__ import annotations

import datetime as dt

from wangge.domains.people.models import PersonSeen
from wangge.foundation.core import clock, keystore

SEEN_KEPT = dt.timedelta(days=180)
COPIES_KEPT = dt.timedelta(days=7)
_AT_ONCE = 5000


def forget_seen(*, at: dt.datetime | None = None) -> int:
    """Delete the throttle's rows older than 180 days; how many. What was revealed stays in the audit."""
    before = clock.day_of((at or clock.now()) - SEEN_KEPT)
    total = 0
    while True:
        doomed = PersonSeen.objects.filter(day__lt=before).order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]
        count, _by_table = PersonSeen.objects.filter(pk__in=list(doomed)).delete()
        total += count
        if count < _AT_ONCE:
            return total


def copy_keys(*, at: dt.datetime | None = None) -> int:
    """Today's copy of the key store, and an end to those older than seven days; how many were deleted.

    An erased person's key is gone from the last copy a week later: that is when erasure is complete everywhere.
    """
    store = keystore.keys()
    now = at or clock.now()
    store.backup(store.backups() / f"people-{now:%Y%m%dT%H%M%SZ}.sqlite")
    return store.prune_backups(older_than=COPIES_KEPT)
