"""Cursors: where a page of a list ended, signed, so that a caller can neither read nor make one."""

from __future__ import annotations

from typing import Any

from django.core import signing

from wangge.doors.api.errors import BadCursorError

PAGE = 50
LARGEST_PAGE = 100
_SALT = "wangge.api.cursor."


def seal(operation: str, *place: Any) -> str:
    """The cursor that stands for `place` (JSON values) in the list of one operation."""
    return signing.dumps(place, salt=_SALT + operation)


def unseal(operation: str, cursor: str) -> list[Any]:
    """The place; `BadCursorError` for anything that this operation did not make."""
    try:
        place = signing.loads(cursor, salt=_SALT + operation)
    except (signing.BadSignature, ValueError):
        raise BadCursorError from None
    return list(place)
