"""Recording, and sealing what was recorded into the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from wangge.foundation.audit import kinds
from wangge.foundation.audit.chain import GENESIS, link
from wangge.foundation.audit.models import AuditEntry, AuditSeal, SealBatch
from wangge.foundation.audit.queries import settled_floor
from wangge.foundation.core import clock
from wangge.foundation.core.rows import insert

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from django.db.models import Model

_SEALER_LOCK = 0x77616E67  # one sealer at a time, whatever the number of workers


class UnknownKindError(LookupError):
    """An act was recorded under a kind nobody declared."""


def record(
    kind: str,
    *,
    by: Any,
    subject: Model | None = None,
    at: dt.datetime | None = None,
    subject_type: str = "",
    subject_id: int | None = None,
    **data: Any,
) -> None:
    """Write one audit row in the caller's transaction. `data` holds ids and codes only."""
    if not kinds.known(kind):
        raise UnknownKindError(kind)
    insert(
        AuditEntry,
        at=at or clock.now(),
        kind=kind,
        actor_id=getattr(by, "pk", None),
        subject_type=str(subject._meta.model_name) if subject is not None else subject_type,
        subject_id=subject.pk if subject is not None else subject_id,
        data=data,
    )


@transaction.atomic
def seal(*, limit: int = 5000) -> int:
    """Chain up to `limit` committed, unsealed entries; the number sealed (0 also when another sealer is at work)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEALER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    last = AuditSeal.objects.order_by("-position").first()
    position, head = (last.position, bytes(last.hash)) if last else (0, GENESIS)
    entries = unsealed()[:limit]
    if not entries:
        return 0
    seals = []
    for entry in entries:
        position += 1
        head = link(head, entry)
        seals.append(AuditSeal(position=position, entry_id=entry.pk, hash=head))
    AuditSeal.objects.bulk_create(seals)
    SealBatch.objects.create(last_position=position, highest_entry=max(e.pk for e in entries), head=head)
    return len(seals)


def unsealed() -> Sequence[AuditEntry]:
    """Entries without a seal, oldest first: everything above the highest entry that was sealed long enough ago."""
    return list(
        AuditEntry.objects.raw(
            """SELECT e.* FROM audit_auditentry e
           LEFT JOIN audit_auditseal s ON s.entry_id = e.id
           WHERE e.id > %s AND s.entry_id IS NULL ORDER BY e.id LIMIT 5000""",
            [settled_floor()],
        )
    )
