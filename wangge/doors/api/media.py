# ruff: noqa: ARG001 — the router calls every operation with the request
"""Photos by sha256: sent once as raw bytes, served re-encoded to those who may see a case with them."""

import datetime as dt
import threading
from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Path, Query, Router

from wangge.domains.cases import queries
from wangge.domains.cases.actions import attach_arrived, attach_sound
from wangge.doors.api.contract import MEDIA, MEDIA_SEND, PHOTO_TYPES, answer, operation
from wangge.doors.api.errors import LengthRequiredError, UnreadableRequestError
from wangge.doors.api.shapes import Out, Position, Sha256
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotAllowedError, NotFoundError, Problem
from wangge.foundation.media import limits
from wangge.foundation.media.actions import accept, accept_sound
from wangge.foundation.media.models import MediaFile
from wangge.foundation.media.problems import TooLargeError
from wangge.foundation.media.queries import media_sent_by, served_path
from wangge.foundation.media.sounds import is_sound

router = Router(tags=["media"])

_CHUNK = 256 * 1024
_PATIENCE = 0.5  # seconds
_reading = threading.BoundedSemaphore(settings.UPLOADS_AT_ONCE)
_BINARY: dict[str, Any] = {"schema": {"type": "string", "contentMediaType": "image/jpeg"}}
_UPLOAD = {
    "parameters": [],
    "requestBody": {
        "required": True,
        "description": "The photo or the voice note itself, at most as large as GET /limits says; the sha256 in the path is its idempotency key.",
        "content": {kind: {"schema": {"type": "string", "contentMediaType": kind}} for kind in PHOTO_TYPES},
    },
}


class UploadsBusyError(Problem):
    """As many slow uploads as this process may wait for: the rest of its threads are for everybody else."""

    code = "uploads-busy"
    status = 503
    title = _("Very many photos are being sent just now.")
    kept = _("The photo was not stored; what you typed is still there.")
    remedy = _("Send it again in a few seconds.")


class PhotoLimits(Out):
    """What a photo may be, to be checked before it is sent."""

    max_bytes: int
    max_pixels: int
    types: list[str]
    max_photos: int


class Accepted(Out):
    """A file that was accepted, and to how many cases and steps that had announced it it now belongs.

    A photo has a width and a height, a voice note 0 for both.
    """

    sha256: str
    size: int
    mime: str
    width: int
    height: int
    attached: int


class Facts(Out):
    """What the camera wrote: when and where. Shown to whoever checks the case or may know its reporter.

    `original_sha256` is that of the camera's own file where the phone burnt a watermark into this one; "" where it did not.
    """

    sha256: str
    original_sha256: str
    size: int
    mime: str
    width: int
    height: int
    taken_at: dt.datetime | None
    taken_where: Position | None
    uploaded_at: dt.datetime


@router.get("/limits", **operation("limits", answers=PhotoLimits))
def photo_limits(request: HttpRequest) -> HttpResponse:
    """The limits for photos."""
    now = limits()
    return answer(PhotoLimits(max_bytes=now.bytes, max_pixels=now.pixels, types=list(now.types), max_photos=now.photos))


@router.put(
    "/media/{sha256}",
    **operation(MEDIA_SEND, answers=Accepted, write=True, also=(411,), extra=_UPLOAD),
)
def media_send(request: HttpRequest, sha256: Annotated[Sha256, Path()]) -> HttpResponse:
    """Send a photo or a voice note. The same again changes nothing and is answered alike."""
    return answer(received(request.user, content(request, largest=limits().bytes), sha256))


def received(user: Any, sent: bytes, sha256: str) -> Accepted:
    """Accept the whole bytes of a file, whatever it is, and attach it wherever its sender had announced it."""
    if is_sound(sent):
        sound = accept_sound(by=user, content=sent, sha256=sha256)
        return Accepted(
            sha256=sound.sha256,
            size=sound.size,
            mime=sound.mime,
            width=0,
            height=0,
            attached=attach_sound(sound=sound),
        )
    accepted = accept(by=user, content=sent, sha256=sha256)
    return Accepted(
        sha256=accepted.sha256,
        size=accepted.size,
        mime=accepted.mime,
        width=accepted.width,
        height=accepted.height,
        attached=attach_arrived(media=accepted, by=user),
    )


def content(request: HttpRequest, *, largest: int) -> bytes:
    """The body, read in pieces and never beyond `largest` bytes."""
    announced = request.META.get("CONTENT_LENGTH") or ""
    if not announced:
        raise LengthRequiredError
    if not announced.isdecimal():
        raise UnreadableRequestError
    if int(announced) > largest:
        raise TooLargeError(field="photo", limit=largest)
    if not _reading.acquire(timeout=_PATIENCE):
        raise UploadsBusyError(wait=3)
    try:
        pieces: list[bytes] = []
        left = int(announced)
        while left > 0:
            piece = request.read(min(_CHUNK, left))
            if not piece:
                break
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)
    finally:
        _reading.release()


@router.get(
    "/media/{sha256}",
    **operation(
        MEDIA,
        answers=None,
        extra={"responses": {200: {"description": "The photo", "content": {"image/jpeg": _BINARY}}}},
    ),
)
def media(
    request: HttpRequest,
    sha256: Annotated[Sha256, Path()],
    size: Annotated[Literal["thumb", "web"], Query()] = "web",
) -> HttpResponse:
    """A photo of a case that one may see, as JPEG without metadata: 320 (`thumb`) or 1600 px (`web`) at most."""
    found = _seen(request, sha256)
    tag = f'"{sha256[:32]}-{size}"'
    headers = {
        "Cache-Control": "private, max-age=600",
        "Content-Disposition": f'inline; filename="{sha256[:12]}-{size}.jpg"',
        "ETag": tag,
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(served_path(found, size).read_bytes(), content_type="image/jpeg", headers=headers)


def _seen(request: HttpRequest, sha256: str) -> MediaFile:
    """The photo, if one may see a case with it; or one's own that belongs to no case yet (a form being filled in)."""
    try:
        photo = queries.photo_for(request.user, sha256)
    except NotFoundError:
        own = media_sent_by(request.user, [sha256]).get(sha256)
        if own is None or queries.belongs_to_a_case(sha256):
            raise
        return own
    assert photo.media is not None  # photo_for asks for it
    return photo.media


@router.get("/media/{sha256}/facts", **operation("media_facts", answers=Facts))
def media_facts(request: HttpRequest, sha256: Annotated[Sha256, Path()]) -> HttpResponse:
    """When and where a photo says that it was taken."""
    photo = queries.photo_for(request.user, sha256)
    found = photo.media
    assert found is not None  # photo_for asks for it
    checks = authority_of(request.user).may(P.CASE_VERIFY, area_path=photo.case.area_path)
    own = found.uploaded_by_id == request.user.pk
    if not (checks or own or queries.may_see_contact(photo.case, request.user)):
        raise NotAllowedError
    return answer(
        Facts(
            sha256=found.sha256,
            original_sha256=photo.original_sha256,
            size=found.size,
            mime=found.mime,
            width=found.width,
            height=found.height,
            taken_at=found.taken_at,
            taken_where=Position.of(found.taken_lon, found.taken_lat),
            uploaded_at=found.uploaded_at,
        )
    )
