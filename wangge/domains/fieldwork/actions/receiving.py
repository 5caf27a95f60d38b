"""Commands of phones that could not be carried out: kept whole, and somebody's work until they are settled."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.fieldwork import phones
from wangge.domains.fieldwork.actions.steps import take
from wangge.domains.fieldwork.models import Refused
from wangge.domains.fieldwork.on_duty import place_of
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.duties.actions import finish_duties, open_duty

if TYPE_CHECKING:
    import datetime as dt
    import uuid

    from wangge.foundation.accounts.models import User
    from wangge.foundation.core.problems import Problem

kinds.declare("refused.keep", "refused.hand_over", "refused.read", "refused.settle")

OWN, HANDED = "refused", "refused.handed"


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """A command as it came from a phone."""

    id: uuid.UUID
    kind: str
    occurred_at: dt.datetime | None
    body: dict[str, Any]  # the command as JSON, the id and the kind within
    canonical: bytes  # what an idempotency key stands for


@transaction.atomic
def keep_refused(*, by: User, sent: Sent, problem: Problem, at: dt.datetime | None = None) -> Refused:
    """Keep a refused command with the words of the refusal, and put it on its sender's list.

    The same command refused again is the same row, with the newest reason; what was settled meanwhile stays settled.
    """
    at = at or clock.now()
    words = {
        "code": problem.code,
        "title": str(problem.title),
        "kept": str(problem.kept),
        "remedy": str(problem.remedy),
        "field": problem.field or "",
    }
    body = phones.sealed({"command": sent.body, "problem": words}, user_id=by.pk, command_id=sent.id)
    row, made = Refused.objects.get_or_create(
        user=by,
        command_id=sent.id,
        digest=hashlib.sha256(sent.canonical).digest(),
        defaults={
            "kind": sent.kind,
            "code": problem.code[:60],
            "body": body,
            "area_path": place_of(by) or phones.last_place_of(by),
            "occurred_at": sent.occurred_at,
            "recorded_at": at,
        },
    )
    if made:
        record("refused.keep", by=by, subject=row, at=at, command=str(sent.id), what=sent.kind, code=problem.code)
        open_duty(kind=OWN, subject_type="refused", subject_id=row.pk, label=f"#{row.pk}", due_at=None, user=by, at=at)
    elif row.state == Refused.State.OPEN and row.code != problem.code:
        row.code, row.body = problem.code[:60], body
        row.save(update_fields=["code", "body"])
    return row


def forget_refusal(*, by: User, sent: Sent, at: dt.datetime | None = None) -> None:
    """A command that had been refused was carried out after all: nobody need look at it."""
    open_ = Refused.objects.filter(user=by, command_id=sent.id, state__in=[Refused.State.OPEN, Refused.State.HANDED])
    for row in open_.filter(digest=hashlib.sha256(sent.canonical).digest()):
        _settle(row, Refused.State.SENT_ANEW, by=by, at=at or clock.now())


@transaction.atomic
def hand_over(*, refused: Refused, by: User, at: dt.datetime | None = None) -> Refused:
    """Its sender lets the head of his station read it, who enters it or asks him."""
    at = at or clock.now()
    row = _own(refused, by)
    if row.state == Refused.State.HANDED:
        return row
    if not row.area_path:
        row.area_path = place_of(by) or phones.last_place_of(by)
    if not row.area_path:
        raise InvalidError(_("You have no station to hand it to."), remedy=_("Send it anew, or drop it."))
    take(row, Refused.State.HANDED)
    row.handed_at = at
    row.save(update_fields=["state", "handed_at", "area_path"])
    finish_duties(subject_type="refused", subject_id=row.pk, at=at)
    open_duty(
        kind=HANDED,
        subject_type="refused",
        subject_id=row.pk,
        label=f"#{row.pk}",
        due_at=None,
        permission=P.PHONE_VIEW,
        area_path=row.area_path,
        at=at,
    )
    record("refused.hand_over", by=by, subject=row, at=at)
    return row


@transaction.atomic
def settle_own(*, refused: Refused, by: User, state: str, at: dt.datetime | None = None) -> Refused:
    """Its sender has sent it anew in a new command ("sent_anew"), or drops it ("dropped")."""
    if state not in {Refused.State.SENT_ANEW, Refused.State.DROPPED}:
        raise InvalidError(_("It can be sent anew or dropped."), field="state")
    row = _own(refused, by)
    return _settle(row, Refused.State(state), by=by, at=at or clock.now())


@transaction.atomic
def settle_at_station(*, refused: Refused, by: User, state: str, at: dt.datetime | None = None) -> Refused:
    """The station has entered it ("taken_over") or found it needless ("dropped")."""
    if state not in {Refused.State.TAKEN_OVER, Refused.State.DROPPED}:
        raise InvalidError(_("It can be taken over or dropped."), field="state")
    if not authority_of(by).may(P.PHONE_VIEW, area_path=refused.area_path):
        raise NotAllowedError
    if refused.handed_at is None:
        raise NotAllowedError(_("Its sender has not handed it over; please ask him."))
    row = _waiting(refused)
    return _settle(row, Refused.State(state), by=by, at=at or clock.now())


@transaction.atomic
def read_handed(*, refused: Refused, by: User, at: dt.datetime | None = None) -> dict[str, Any]:
    """The command that a worker handed over, for his station; each reading is audited."""
    if refused.handed_at is None or not authority_of(by).may(P.PHONE_VIEW, area_path=refused.area_path):
        raise NotAllowedError
    record("refused.read", by=by, subject=refused, at=at or clock.now())
    return phones.command(refused)


def _own(refused: Refused, by: User) -> Refused:
    if refused.user_id != by.pk:
        raise NotAllowedError
    return _waiting(refused)


def _waiting(refused: Refused) -> Refused:
    row = Refused.objects.select_for_update().get(pk=refused.pk)
    if row.state not in {Refused.State.OPEN, Refused.State.HANDED}:
        raise ConflictError(_("This was settled already."))
    return row


def _settle(row: Refused, state: Refused.State, *, by: User, at: dt.datetime) -> Refused:
    take(row, state)
    row.settled_by, row.settled_at = by, at
    row.save(update_fields=["state", "settled_by", "settled_at"])
    finish_duties(subject_type="refused", subject_id=row.pk, at=at)
    record("refused.settle", by=by, subject=row, at=at, to=state.value)
    return row
