"""Sealing why a visit is due and what was said there, under the office's data key and bound to the row.

Of the needs behind a visit only that there is one is kept (`care`); which it is stands with the person, and is read from
there by those who may (`visits.why`).
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from wangge.foundation.core import crypto

if TYPE_CHECKING:
    from wangge.domains.fieldwork.models import Visit, VisitDue

GROUNDS = "fieldwork.visitdue.grounds"
NOTE = "fieldwork.visit.note"


@dataclasses.dataclass(frozen=True, slots=True)
class Grounds:
    """Why: codes of rules, and whether somebody there needs it."""

    codes: tuple[str, ...] = ()
    care: bool = False


def seal(due: VisitDue, grounds: Grounds) -> bytes:
    """The sealed value of `due.grounds`."""
    text = json.dumps({"rules": list(grounds.codes), "care": grounds.care}, sort_keys=True)
    return crypto.seal(text, purpose=GROUNDS, bound_to=str(due.public_id))


def opened(due: VisitDue) -> Grounds:
    """Why a visit is due; nothing where it was erased."""
    if due.grounds is None:
        return Grounds()
    held = json.loads(crypto.unseal(due.grounds, purpose=GROUNDS, bound_to=str(due.public_id)))
    return Grounds(tuple(held["rules"]), held["care"])


def seal_note(visit: Visit, text: str) -> bytes | None:
    """The sealed value of `visit.note`; None for an empty text."""
    return crypto.seal(text, purpose=NOTE, bound_to=str(visit.public_id)) if text else None


def note_of(visit: Visit) -> str:
    """What was said at the door; "" where nothing was noted or it was erased."""
    return crypto.unseal(visit.note, purpose=NOTE, bound_to=str(visit.public_id)) if visit.note is not None else ""
