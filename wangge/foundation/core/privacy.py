"""The data map: every personal field declares what it is, who sees it whole, and how it is erased.

Apps call `declare` from their `privacy.py`; a test walks all models and fails on a field that looks personal and is
not here.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class PersonalField:
    """One column that may hold personal data."""

    meaning: str
    seen_by: str
    kept: str
    erased: str


FIELDS: dict[str, PersonalField] = {}


def declare(column: str, *, meaning: str, seen_by: str, kept: str, erased: str) -> None:
    """Add `app.model.field` to the data map."""
    FIELDS[column.lower()] = PersonalField(meaning, seen_by, kept, erased)
