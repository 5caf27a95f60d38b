"""The operations of the phone's door."""

import gzip
from typing import TYPE_CHECKING, Annotated

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from ninja import Path, Router

from wangge.domains.cases.actions.intake import MAX_TEXT
from wangge.domains.fieldwork import phones
from wangge.domains.fieldwork.actions import phones as telling
from wangge.domains.fieldwork.on_duty import last_day, posts_on_duty, unit_posts
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.sync.carrying_out import carry_out
from wangge.doors.api.sync.held import HELD, described
from wangge.doors.api.sync.kinds import KINDS
from wangge.doors.api.sync.shapes import (
    MOST_COMMANDS,
    Batch,
    Collection,
    Hello,
    ProblemSaid,
    RefusedWhole,
    Result,
    Results,
    SyncLimits,
    Wanted,
    Who,
    WorkingSet,
)
from wangge.foundation.core import clock
from wangge.foundation.media import MAX_SOUND_BYTES as SOUND_BYTES
from wangge.foundation.media import MAX_SOUND_SECONDS, SOUND_TYPES, limits
from wangge.foundation.media.parts import PART_BYTES

if TYPE_CHECKING:
    from wangge.foundation.accounts.models import User

router = Router(tags=["sync"])

_WORTH_PACKING = 1400  # bytes: what fits into one packet is not


_COMMANDS = described("/api/v1/sync/commands", "x-kinds", {name: kind.body for name, kind in KINDS.items()})
_COLLECTIONS = described("/api/v1/sync/working-set", "x-collections", dict(HELD))


@router.get("/sync/hello", **operation("sync_hello", answers=Hello))
def sync_hello(request: HttpRequest) -> HttpResponse:
    """Before a phone sends: is the session still good, what is the token for its writes, what are the limits."""
    user: User = request.user  # type: ignore[assignment]
    posts = posts_on_duty(user) or unit_posts(user)
    photo = limits()
    said = Hello(
        now=clock.now(),
        csrf=get_token(request),
        user=Who(id=user.pk, name=user.name),
        on_duty=bool(posts),
        ends_on=last_day(posts),
        limits=SyncLimits(
            commands=MOST_COMMANDS,
            body_bytes=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
            photo_bytes=photo.bytes,
            photo_types=list(photo.types),
            photos=photo.photos,
            part_bytes=PART_BYTES,
            voice_bytes=SOUND_BYTES,
            voice_seconds=MAX_SOUND_SECONDS,
            voice_types=list(SOUND_TYPES),
            text=MAX_TEXT,
        ),
    )
    return _private(answer(said))


@router.post(
    "/sync/commands", **operation("sync_commands", answers=Results, also=(413, 415), extra={"x-kinds": _COMMANDS})
)
def sync_commands(request: HttpRequest, data: Batch) -> HttpResponse:
    """Carry out up to 50 commands, each by itself and once: the same id with the same content gets its first answer.

    "refused" is kept whole for the sender to look at, also when the id was used before for something else; "later" was
    only delayed (a lock, too many at once, our own fault) and is to be sent again. Photos and voice notes travel by
    themselves, before or after (PUT /media/{sha256}, or in parts).
    """
    user: User = request.user  # type: ignore[assignment]
    told = telling.Told(
        clock=data.clock,
        waiting=data.waiting,
        oldest_age_s=data.oldest_age_s,
        persistent=data.persistent,
        label=data.label,
    )
    phone = telling.hear_from(by=user, phone=data.phone, told=told)
    outcomes = carry_out(user, data.commands)
    telling.sent(phone=phone, done=sum(outcome.status != "later" for outcome in outcomes))
    return _private(answer(Results(now=clock.now(), results=[Result.of(outcome) for outcome in outcomes])))


@router.post(
    "/sync/working-set",
    **operation("sync_working_set", answers=WorkingSet, also=(413, 415), extra={"x-collections": _COLLECTIONS}),
)
def sync_working_set(request: HttpRequest, data: Wanted) -> HttpResponse:
    """What a phone may hold now, as the difference to the state of its `token`; whole where it holds something else.

    Exactly the grids on duty today, and nothing of the register of residents. Sent as a POST because of its size; it
    changes nothing but what is remembered of the phone.
    """
    user: User = request.user  # type: ignore[assignment]
    held = {name: one.held() for name, one in data.held.items()}
    given = telling.hand_out(by=user, phone=data.phone, token=data.token, held=held)
    said = WorkingSet(
        now=clock.now(),
        token=given.token,
        on_duty=given.on_duty,
        ends_on=given.ends_on,
        collections={name: Collection.of(delta) for name, delta in given.collections.items()},
    )
    return _private(_packed(request, answer(said)))


@router.get("/sync/refused/{refused_id}", **operation("sync_refused", answers=RefusedWhole))
def sync_refused(request: HttpRequest, refused_id: Annotated[int, Path(ge=1, le=2**62)]) -> HttpResponse:
    """One of one's own refused commands, whole."""
    user: User = request.user  # type: ignore[assignment]
    row = phones.own_refusal(user, refused_id)
    problem = phones.told(row)
    said = RefusedWhole(
        id=row.pk,
        state=row.state,
        command=phones.command(row),
        problem=ProblemSaid(
            code=row.code,
            title=problem["title"],
            kept=problem["kept"],
            remedy=problem["remedy"],
            field=problem["field"] or None,
        ),
        recorded_at=row.recorded_at,
    )
    return _private(answer(said))


def _packed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Compressed where the phone can read it: a working set is a tenth then, and the line is what it waits for.

    No page of another site can have it sent again and again to measure it: it answers JSON with a token or a CSRF key.
    """
    if len(response.content) > _WORTH_PACKING and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.content = gzip.compress(response.content, 5)
        response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding"
    return response


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
