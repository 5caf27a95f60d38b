"""What becomes of a command that was refused: its sender hands it over, drops it, or has sent it anew.

What was settled meanwhile, in another window or by the station, stays so, and is answered: it is no new refusal.
"""

from typing import Any

from wangge.domains.fieldwork import phones
from wangge.domains.fieldwork.actions import receiving
from wangge.domains.fieldwork.models import Refused
from wangge.doors.api.shapes import In, RowId
from wangge.doors.api.sync.kinds.registry import Kind, Sender


class OfRefused(In):
    """One of one's own refused commands, by the id of the collection `refused`."""

    refused: RowId


def _now(row: Refused) -> dict[str, Any]:
    return {"refused": row.pk, "state": row.state}


def _hand_over(sender: Sender, said: OfRefused) -> dict[str, Any]:
    row = phones.own_refusal(sender.user, said.refused)
    return _now(row if row.settled_at else receiving.hand_over(refused=row, by=sender.user))


def _drop(sender: Sender, said: OfRefused) -> dict[str, Any]:
    return _settled(sender, said, "dropped")


def _sent_anew(sender: Sender, said: OfRefused) -> dict[str, Any]:
    return _settled(sender, said, "sent_anew")


def _settled(sender: Sender, said: OfRefused, state: str) -> dict[str, Any]:
    row = phones.own_refusal(sender.user, said.refused)
    return _now(row if row.settled_at else receiving.settle_own(refused=row, by=sender.user, state=state))


KINDS = {
    "refused.hand_over": Kind(OfRefused, _hand_over),
    "refused.drop": Kind(OfRefused, _drop),
    "refused.sent_anew": Kind(OfRefused, _sent_anew),
}
