"""The arithmetic of the chain: what of an entry is sealed, and how hashes link."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from wangge.foundation.core import clock

if TYPE_CHECKING:
    from wangge.foundation.audit.models import AuditEntry

GENESIS = bytes(32)


def canonical(entry: AuditEntry) -> bytes:
    """The bytes of an entry that its seal covers."""
    fields = [
        entry.pk,
        entry.at.astimezone(clock.OFFICE).isoformat(),
        entry.kind,
        entry.actor_id,
        entry.subject_type,
        entry.subject_id,
        entry.data,
    ]
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def link(previous: bytes, entry: AuditEntry) -> bytes:
    """The next hash of the chain: SHA-256(previous ‖ canonical entry)."""
    return hashlib.sha256(previous + canonical(entry)).digest()
