"""Reading the audit: checking the chain, and what happened to one thing."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import Exists, Max, OuterRef

from wangge.foundation.audit.chain import GENESIS, link
from wangge.foundation.audit.models import AuditEntry, AuditSeal, SealBatch
from wangge.foundation.core import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_CHUNK = 10_000
# No transaction lives longer (statement and idle timeouts), so lower ids have appeared.
_SETTLED_AFTER = dt.timedelta(minutes=15)


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the chain found. `broken_at` is the first bad position; `unsealed` is the visible tail."""

    sealed: int
    unsealed: int
    broken_at: int | None
    reason: str
    head: bytes

    @property
    def intact(self) -> bool:
        return self.broken_at is None


def about(subject_type: str, subject_id: int | None = None) -> list[AuditEntry]:
    """What was recorded about one thing, or about all things of a type that has few, oldest first."""
    found = AuditEntry.objects.filter(subject_type=subject_type)
    if subject_id is not None:
        found = found.filter(subject_id=subject_id)
    return list(found.order_by("pk"))


def acts(
    kinds: Sequence[str],
    *,
    since: dt.datetime,
    until: dt.datetime | None = None,
    actor_ids: Iterable[int] | None = None,
    limit: int = 1000,
) -> list[AuditEntry]:
    """What was recorded under some kinds in a time (by some people), newest first."""
    found = AuditEntry.objects.filter(kind__in=list(kinds), at__gte=since, pk__gt=_before(since))
    if until is not None:
        found = found.filter(at__lt=until)
    if actor_ids is not None:
        found = found.filter(actor_id__in=list(actor_ids))
    return list(found.order_by("-pk")[:limit])


def _before(instant: dt.datetime) -> int:
    """An entry before which nothing of a time can stand, so that only the newer part is read. Ids may be late by the
    longest transaction; 0 when nothing was sealed by then.
    """
    return SealBatch.objects.filter(at__lt=instant - _SETTLED_AFTER).aggregate(top=Max("highest_entry"))["top"] or 0


def verify() -> Verdict:
    """Recompute every seal in order; detects an edited, deleted, inserted or reordered entry and a cut tail."""
    head, position = GENESIS, 0
    for seal, entry in _chain():
        if seal.position != position + 1:
            return _broken(position + 1, "a seal is missing", head)
        position = seal.position
        if entry is None:
            return _broken(position, "the sealed entry is gone", head)
        expected = link(head, entry)
        if expected != bytes(seal.hash):
            return _broken(position, "the entry is not what was sealed", head)
        head = expected
    last = SealBatch.objects.order_by("-last_position").first()
    if last is not None and last.last_position > position:
        return _broken(position + 1, "the end of the chain was cut off", head)
    if last is not None and last.last_position == position and bytes(last.head) != head:
        return _broken(position, "the head differs from the sealed batch", head)
    sealed = AuditSeal.objects.filter(entry_id=OuterRef("pk"))
    slipped = AuditEntry.objects.filter(~Exists(sealed), pk__lte=settled_floor()).order_by("pk").first()
    if slipped is not None:
        return _broken(position + 1, f"entry {slipped.pk} was put in among sealed ones", head)
    unsealed = AuditEntry.objects.count() - position
    return Verdict(sealed=position, unsealed=unsealed, broken_at=None, reason="", head=head)


def settled_floor() -> int:
    """The highest entry that was sealed so long ago that every lower id has appeared; 0 when there is none."""
    settled_before = clock.now() - _SETTLED_AFTER
    return SealBatch.objects.filter(at__lt=settled_before).aggregate(top=Max("highest_entry"))["top"] or 0


def _broken(position: int, reason: str, head: bytes) -> Verdict:
    return Verdict(sealed=position - 1, unsealed=0, broken_at=position, reason=reason, head=head)


def _chain() -> Iterator[tuple[AuditSeal, AuditEntry | None]]:
    done = 0
    while True:
        seals = list(AuditSeal.objects.filter(position__gt=done).order_by("position")[:_CHUNK])
        if not seals:
            return
        entries = AuditEntry.objects.in_bulk([seal.entry_id for seal in seals])
        for seal in seals:
            yield seal, entries.get(seal.entry_id)
        done = seals[-1].position
