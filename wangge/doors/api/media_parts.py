"""Files in parts, for connections that break; and voice notes, to be heard."""

import re
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from wangge.domains.cases.voice_notes import voice_note_for
from wangge.doors.api import errors
from wangge.doors.api.contract import MEDIA_PART_SEND, MEDIA_SOUND, PHOTO_TYPES, answer, operation
from wangge.doors.api.errors import UnreadableRequestError
from wangge.doors.api.media import content, received
from wangge.doors.api.shapes import Out, Sha256
from wangge.foundation.core.problems import Problem
from wangge.foundation.media import SOUND_TYPES, parts
from wangge.foundation.media.queries import media_sent_by, sound_path, sound_sent_by

router = Router(tags=["media"])

_DIGITS = re.compile(r"^[0-9]{1,9}$")
_RANGE = re.compile(r"^bytes=(\d{0,9})-(\d{0,9})$")
_BYTES: dict[str, Any] = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}


def _header(name: str, meaning: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": _DIGITS.pattern}
    return {"in": "header", "name": name, "required": True, "description": meaning, "schema": schema}


_PART = {
    "parameters": [
        _header("Upload-Offset", "How many bytes of the file come before this part."),
        _header("Upload-Length", "How many bytes the whole file has."),
    ],
    "requestBody": {
        "required": True,
        "description": "The next bytes of the file, at most 256 kB.",
        "content": dict.fromkeys((*PHOTO_TYPES, "application/offset+octet-stream"), _BYTES),
    },
}
_HEARD = {
    "responses": {
        status: {"description": words, "content": {kind: {"schema": {"type": "string"}} for kind in SOUND_TYPES}}
        for status, words in ((200, "The voice note"), (206, "The part of it that was asked for"))
    }
}


class Part(Out):
    """How much of a file has arrived; when `complete`, it was accepted and belongs to what had announced it."""

    received: int
    complete: bool


@router.get("/media/{sha256}/part", **operation("media_part", answers=Part))
def media_part(request: HttpRequest, sha256: Annotated[Sha256, Path()]) -> HttpResponse:
    """How much of a file has arrived from oneself: from there it goes on."""
    done = _accepted(request, sha256)
    if done is not None:
        return answer(Part(received=done, complete=True))
    return answer(Part(received=parts.received(_user_id(request), sha256), complete=False))


@router.patch("/media/{sha256}/part", **operation(MEDIA_PART_SEND, answers=Part, write=True, also=(411,), extra=_PART))
def media_part_send(request: HttpRequest, sha256: Annotated[Sha256, Path()]) -> HttpResponse:
    """Send the next part. Where it does not follow on what has arrived: 409, with the right offset as `received`.

    With the last part the file is checked and accepted as by PUT. What is left alone is forgotten after a week.
    """
    offset, total = _number(request, "Upload-Offset"), _number(request, "Upload-Length")
    done = _accepted(request, sha256)
    if done is not None:
        return answer(Part(received=done, complete=True))
    sent = content(request, largest=parts.PART_BYTES)
    if offset + len(sent) > total:
        raise UnreadableRequestError(field="Upload-Length")
    user_id = _user_id(request)
    try:
        size = parts.append(user_id, sha256, offset=offset, content=sent, total=total)
    except parts.WrongOffsetError as problem:
        response = errors.refuse(problem, received=problem.received)
        response["Upload-Offset"] = str(problem.received)
        return response
    if size < total:
        return answer(Part(received=size, complete=False))
    try:
        received(request.user, parts.whole(user_id, sha256), sha256)
    except Problem as problem:
        if problem.status < 500:  # it will be no better the next time
            parts.drop(user_id, sha256)
        raise
    parts.drop(user_id, sha256)
    return answer(Part(received=total, complete=True))


def _user_id(request: HttpRequest) -> int:
    return int(request.user.pk or 0)


def _accepted(request: HttpRequest, sha256: str) -> int | None:
    """The size of a file that this person has sent whole before."""
    photo = media_sent_by(request.user, [sha256]).get(sha256)
    if photo is not None:
        return photo.size
    sound = sound_sent_by(request.user, sha256)
    return sound.size if sound is not None else None


def _number(request: HttpRequest, name: str) -> int:
    given = request.headers.get(name, "")
    if not _DIGITS.match(given):
        raise UnreadableRequestError(field=name)
    return int(given)


@router.get("/media/{sha256}/sound", **operation(MEDIA_SOUND, answers=None, extra=_HEARD))
def media_sound(request: HttpRequest, sha256: Annotated[Sha256, Path()]) -> HttpResponse:
    """A voice note of a case that one may see with its reporters. Knows `Range`, without which Safari plays nothing."""
    note = voice_note_for(request.user, sha256)
    assert note.sound is not None  # voice_note_for asks for it
    whole = sound_path(note.sound).read_bytes()
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=600",
        "Content-Disposition": f'inline; filename="{sha256[:12]}.{note.sound.mime.rpartition("/")[2]}"',
        "X-Content-Type-Options": "nosniff",
    }
    asked = _RANGE.match(request.headers.get("Range", ""))
    if asked is None or asked[1] == asked[2] == "":
        return HttpResponse(whole, content_type=note.sound.mime, headers=headers)
    first = int(asked[1]) if asked[1] else max(0, len(whole) - int(asked[2]))
    last = min(int(asked[2]) if asked[1] and asked[2] else len(whole) - 1, len(whole) - 1)
    if first > last:  # nothing of it: the whole is a right answer too
        return HttpResponse(whole, content_type=note.sound.mime, headers=headers)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(whole)}"
    return HttpResponse(whole[first : last + 1], status=206, content_type=note.sound.mime, headers=headers)
