"""Cursors of lists: where the last row of a page stood. A broken cursor simply starts at the beginning."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from django.http import QueryDict

PAGE = 50
_LARGEST = 2**63 - 1


def by_due(query: QueryDict) -> tuple[dt.datetime, int] | None:
    """(due, id) of the last row shown, from `?after=2026-11-20T10:00:00+08:00~17`."""
    due, _tilde, pk = query.get("after", "").rpartition("~")
    try:
        instant = dt.datetime.fromisoformat(due.replace(" ", "+"))
        number = int(pk)
    except ValueError:
        return None
    if instant.tzinfo is None or not 0 <= number <= _LARGEST:
        return None
    return instant, number


def by_id(query: QueryDict, name: str = "before") -> int | None:
    """The id of the last row shown."""
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and int(text) <= _LARGEST else None


def due_mark(due: dt.datetime | None, pk: int) -> str:
    """What `by_due` reads."""
    return f"{due.isoformat()}~{pk}" if due is not None else ""


def next_url(query: QueryDict, **changes: object) -> str:
    """The address of this list with other values; empty values leave the address."""
    values = {key: query.getlist(key) for key in query if key not in {*changes, "csrfmiddlewaretoken"}}
    pairs = [(key, value) for key, listed in values.items() for value in listed if value]
    pairs += [(key, str(value)) for key, value in changes.items() if value not in ("", None)]
    return "?" + urlencode(pairs)
