"""The slips this browser holds: a signed cookie with the ids of its last reports, so that nobody loses his link.

Confidential reports are never kept here, and one button forgets the others.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from django.conf import settings

from wangge.domains.cases.queries import LINK_PURPOSE, report_by_link
from wangge.foundation.core import crypto
from wangge.foundation.core.problems import NotFoundError

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from wangge.domains.cases.models import Report

_COOKIE = "wangge_slips"
_KEPT = 5
_FOR = dt.timedelta(days=180)


def code_of(public_id: str) -> str:
    """The unguessable part of the link to a report that was just made, or that the signed cookie names."""
    return crypto.link_code(public_id, purpose=LINK_PURPOSE)


def remember(request: HttpRequest, response: HttpResponseBase, public_id: str) -> None:
    """Put a report in front of the browser's list."""
    ids = [public_id, *(held for held in _held(request) if held != public_id)][:_KEPT]
    response.set_signed_cookie(
        _COOKIE,
        ".".join(ids),
        salt=_COOKIE,
        max_age=_FOR,
        path="/p/",
        httponly=True,
        samesite="Lax",
        secure=settings.HTTPS,
    )


def forget(response: HttpResponseBase) -> None:
    """Empty the browser's list."""
    response.delete_cookie(_COOKIE, path="/p/", samesite="Lax")


def held_by(request: HttpRequest) -> list[Report]:
    """The reports of this browser's list; those that became confidential meanwhile are left out."""
    found = []
    for public_id in _held(request):
        try:
            report = report_by_link(uuid.UUID(public_id), code_of(public_id))
        except (NotFoundError, ValueError):
            continue
        if not report.case.confidential:
            found.append(report)
    return found


def _held(request: HttpRequest) -> list[str]:
    text = request.get_signed_cookie(_COOKIE, default="", salt=_COOKIE, max_age=_FOR)
    return [part for part in (text or "").split(".") if part][:_KEPT]
