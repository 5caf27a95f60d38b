"""日双巡 from a phone: a point looked at, a round finished, and what was found on it.

A position in `patrol.point` is compared in the moment and not kept; the action writes down how many metres lay between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from django.db import transaction
from pydantic import Field, StrictStr

from wangge.domains.fieldwork import round_queries
from wangge.domains.fieldwork.actions import rounds
from wangge.doors.api.shapes import Day, Flag, In, Lat, Lon, Metres, PublicId, RowId
from wangge.doors.api.sync.kinds.registry import Kind, Sender
from wangge.foundation.core.problems import Problem

if TYPE_CHECKING:
    from wangge.domains.fieldwork.models import Round

_Why = Literal["indoors", "by_phone", "locked", "unsafe", "gone", "other"]


class OfRound(In):
    """Which round: its grid, its day and its window."""

    grid: RowId
    day: Day
    kind: Literal["morning", "afternoon", "night"]


class RoundRef(OfRound):
    """The round on which something was found, and at which of its points, if at one."""

    checkpoint: PublicId | None = None


class Point(OfRound):
    """One checkpoint: its scanned tag, a tap on the spot with the position of that moment, or a reason."""

    checkpoint: PublicId
    proof: Literal["scan", "near", "reason"]
    tag: Annotated[StrictStr, Field(max_length=200)] = ""
    lon: Lon | None = None
    lat: Lat | None = None
    accuracy: Metres | None = None
    why: _Why | None = None


class Finish(OfRound):
    """无异常, or not; `why` is one reason for all points that were not looked at."""

    nothing_found: Flag
    why: _Why | None = None


def walk_of(sender: Sender, said: OfRound) -> Round:
    """The round that is meant, if the sender patrols there."""
    return round_queries.get_round(sender.user, grid=said.grid, day=said.day, kind=said.kind)


def _point(sender: Sender, said: Point) -> dict[str, Any]:
    walk = walk_of(sender, said)
    point = rounds.see_point(
        by=sender.user,
        walk=walk,
        checkpoint=round_queries.checkpoint_of_round(sender.user, walk, said.checkpoint),
        proven=rounds.Proven(
            said.proof, tag=_tag(said.tag), lon=said.lon, lat=said.lat, accuracy_m=said.accuracy, why=said.why or ""
        ),
        occurred_at=sender.occurred_at,
    )
    return {"round": str(walk.public_id), "checkpoint": str(said.checkpoint), "state": point.state}


def _tag(scanned: str) -> str:
    """What stands in a code: the bare tag, or the address that ends in it."""
    return scanned.strip().rstrip("/").rsplit("/", 1)[-1]


def _finish(sender: Sender, said: Finish) -> dict[str, Any]:
    walk = rounds.finish_round(
        by=sender.user,
        walk=walk_of(sender, said),
        nothing_found=said.nothing_found,
        why=said.why or "",
        occurred_at=sender.occurred_at,
    )
    return {"round": str(walk.public_id), "state": walk.state, "nothing_found": walk.nothing_found}


def note_found(sender: Sender, ref: RoundRef, number: str) -> bool:
    """Note a report at its round; whether it could be. The report stands in any case."""
    try:
        with transaction.atomic():
            walk = walk_of(sender, ref)
            checkpoint = (
                round_queries.checkpoint_of_round(sender.user, walk, ref.checkpoint)
                if ref.checkpoint is not None
                else None
            )
            rounds.found(by=sender.user, walk=walk, number=number, checkpoint=checkpoint)
    except Problem:
        return False
    return True


KINDS = {
    "patrol.point": Kind(Point, _point, momentary=frozenset({"lon", "lat", "accuracy"})),
    "patrol.finish": Kind(Finish, _finish),
}
