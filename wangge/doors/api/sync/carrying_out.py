"""Carrying out a phone's commands: each by itself and once, refusals kept, what is only delayed left in the phone."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import logging
from typing import TYPE_CHECKING, Any

from django.db import Error as DatabaseError
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from wangge.domains.fieldwork.actions import receiving
from wangge.domains.fieldwork.actions.receiving import Sent
from wangge.doors.api.errors import FaultError, TooManyRequestsError, UnavailableError, told
from wangge.doors.api.sync.kinds import KINDS
from wangge.doors.api.sync.kinds.registry import NotYetError, Sender
from wangge.doors.api.writing import owner_of
from wangge.foundation.core import clock
from wangge.foundation.core.idempotency import Answer, once, written_since
from wangge.foundation.core.problems import InvalidError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wangge.doors.api.sync.shapes import Command
    from wangge.foundation.accounts.models import User

IN_TEN_MINUTES = 3000  # commands of one person: a phone with a week's work passes, a runaway loop does not
_WINDOW = dt.timedelta(minutes=10)
_FIRST, _LAST = dt.date(2000, 1, 1), dt.date(2100, 1, 1)
_log = logging.getLogger("wangge.sync")


class UnknownKindError(InvalidError):
    """A phone with a newer program, or an older one, than the server."""

    code = "unknown-kind"
    title = _("The office does not know this kind of record.")
    kept = _("It was kept for you to look at.")
    remedy = _("Load the page anew; if it lasts, hand it to your station.")


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one command: "done" with its answer, "refused" (kept under `refused`), or "later"."""

    command: Command
    status: str
    answer: dict[str, Any] = dataclasses.field(default_factory=dict)
    replayed: bool = False
    problem: Problem | None = None
    refused: int | None = None


def carry_out(user: User, commands: Sequence[Command]) -> list[Outcome]:
    """One outcome for each command, in their order. What comes too fast is "later"."""
    room = IN_TEN_MINUTES
    if commands:
        room -= written_since(owner_of(user), clock.now() - _WINDOW, at_most=IN_TEN_MINUTES)
    return [
        _one(user, command) if place < room else Outcome(command, "later", problem=TooManyRequestsError())
        for place, command in enumerate(commands)
    ]


def _one(user: User, command: Command) -> Outcome:
    sent = _sent(command)
    try:
        answer = once(
            owner=owner_of(user),
            key=f"sync:{command.id}",
            body=sent.canonical,
            write=lambda: _write(user, command, sent),
        )
        if not answer.replayed:
            receiving.forget_refusal(by=user, sent=sent)
    except NotYetError as problem:
        return Outcome(command, "later", problem=problem)
    except Problem as problem:
        if problem.status >= 500 or problem.status == 429:
            return Outcome(command, "later", problem=problem)
        return _refuse(user, command, sent, problem)
    except DatabaseError as error:
        _log.warning("sync: %s: %s", command.kind, type(error).__name__)
        return Outcome(command, "later", problem=UnavailableError())
    except Exception:  # noqa: BLE001 — one faulty command must not hold up the other forty-nine
        _log.exception("fault in sync %s", command.kind)
        return Outcome(command, "later", problem=FaultError())
    return Outcome(command, "done", answer=json.loads(answer.body), replayed=answer.replayed)


def _refuse(user: User, command: Command, sent: Sent, problem: Problem) -> Outcome:
    try:
        kept = receiving.keep_refused(by=user, sent=sent, problem=problem)
    except DatabaseError as error:  # it must not be lost: the phone keeps it
        _log.warning("sync: keeping %s: %s", command.kind, type(error).__name__)
        return Outcome(command, "later", problem=UnavailableError())
    return Outcome(command, "refused", problem=problem, refused=kept.pk)


def _write(user: User, command: Command, sent: Sent) -> Answer:
    kind = KINDS.get(command.kind)
    if kind is None:
        raise UnknownKindError(field="kind")
    try:
        body = kind.body.model_validate(command.data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidError(told(first), field=".".join(str(part) for part in first["loc"]) or None) from None
    answer = kind.act(Sender(user, command.id, sent.occurred_at), body)
    return Answer(200, json.dumps(answer, separators=(",", ":"), sort_keys=True))


def _sent(command: Command) -> Sent:
    """As it is kept, and what its key stands for: kind, data and time, whatever the order of the keys.

    Without what serves the moment only, so that no position stays behind in what was refused or sent twice.
    """
    kind = KINDS.get(command.kind)
    momentary = kind.momentary if kind else frozenset()
    data = {name: value for name, value in command.data.items() if name not in momentary}
    said = {"kind": command.kind, "occurred_at": command.occurred_at.isoformat(), "data": data}
    day = command.occurred_at.date()
    return Sent(
        id=command.id,
        kind=command.kind,
        occurred_at=command.occurred_at if _FIRST <= day <= _LAST else None,
        body={"id": str(command.id), **said},
        canonical=json.dumps(said, separators=(",", ":"), sort_keys=True).encode(),
    )
