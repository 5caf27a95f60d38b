"""Writes: each under the caller's `Idempotency-Key`, together with its key in one transaction."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from django.http import HttpResponse

from wangge.doors.api.errors import NoKeyError
from wangge.foundation.core.idempotency import Answer, SameKeyOtherBodyError, once
from wangge.foundation.duties.actions import open_duty
from wangge.foundation.duties.queries import to_do

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from pydantic import BaseModel

    from wangge.foundation.accounts.models import User

CONTRADICTION = "contradiction"
_KEY = re.compile(r"^[\x21-\x7e]{1,200}$")


def owner_of(user: User) -> str:
    """Under whose name a key is unique."""
    return f"user:{user.pk}"


def written(request: HttpRequest, act: Callable[[], BaseModel], *, status: int = 200) -> HttpResponse:
    """Run `act` once under the request's key and answer with what it returns; a replay gets the first answer again.

    The same key with another body or address is refused (409), kept, and put on the sender's to-do list.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.match(key):
        raise NoKeyError(field="Idempotency-Key")
    user: User = request.user  # type: ignore[assignment]

    def write() -> Answer:
        return Answer(status=status, body=act().model_dump_json(exclude_none=False))

    try:
        answer = once(owner=owner_of(user), key=key, body=_said(request), write=write)
    except SameKeyOtherBodyError as refusal:
        _put_on_the_list(user, refusal.detail.get("contradiction"))
        raise
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json")
    if answer.replayed:
        response["Idempotency-Replayed"] = "true"
    return response


def _said(request: HttpRequest) -> bytes:
    """What the key stands for: method, address and the body as canonical JSON (spaces and key order do not matter)."""
    body = json.dumps(getattr(request, "said", None), separators=(",", ":"), sort_keys=True)
    return f"{request.method} {request.path}\n{body}".encode()


def _put_on_the_list(user: User, contradiction: int | None) -> None:
    if contradiction is None:
        return
    if any(duty.subject_id == contradiction for duty in to_do(user, kind=CONTRADICTION, limit=100)):
        return
    open_duty(
        kind=CONTRADICTION,
        subject_type=CONTRADICTION,
        subject_id=contradiction,
        label=f"#{contradiction}",
        due_at=None,
        user=user,
    )
