"""Accepting an upload."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from django.db import transaction

from wangge.foundation import media as package
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.media import prints, sounds, storage
from wangge.foundation.media.models import MediaFile, MediaSender, SoundFile
from wangge.foundation.media.pictures import develop, look_at
from wangge.foundation.media.problems import NoRoomError, OtherContentError, SoundTooLongError, TooLargeError

if TYPE_CHECKING:
    import datetime as dt

    from wangge.foundation.media.prints import Print

kinds.declare("media.accept", "media.accept_sound", "media.erase_sound")


def accept(*, by: Any, content: bytes, sha256: str, at: dt.datetime | None = None) -> MediaFile:
    """Check a photo, keep the original, make the served copies; the row under its sha256 (hex, lower case).

    The same bytes again change nothing and return the first row. Decoding and writing files happen before the
    transaction, so that no lock is held meanwhile: do not call this inside one. `by` is None for a resident on the
    public page. Raises a `Problem` of `media.problems` for everything that is not a good photo.
    """
    at = at or clock.now()
    if len(content) > package.limits().bytes:
        raise TooLargeError(field="photo", limit=package.limits().bytes)
    digest = hashlib.sha256(content).hexdigest()
    if not hmac.compare_digest(digest.encode(), sha256.encode()):
        raise OtherContentError(field="sha256")
    held = MediaFile.objects.filter(sha256=digest).first()
    if held is not None and storage.has(digest):
        _remember_sender(held, by)
        return held
    picture = develop(content, now=at)
    try:
        storage.store(digest, {"orig": content, "web": picture.web, "thumb": picture.thumb})
    except OSError as error:
        raise NoRoomError from error
    if held is not None:  # the row outlived its files, after a restore: they are whole again
        _remember_sender(held, by)
        return held
    with transaction.atomic():
        accepted, created = MediaFile.objects.get_or_create(
            sha256=digest,
            defaults={
                "size": len(content),
                "mime": picture.mime,
                "width": picture.width,
                "height": picture.height,
                "taken_at": picture.taken_at,
                "taken_lon": picture.lon,
                "taken_lat": picture.lat,
                "uploaded_by": by if getattr(by, "pk", None) else None,
                "uploaded_at": at,
                **_print_columns(picture.look),
            },
        )
        _remember_sender(accepted, by)
        if created:
            record("media.accept", by=by, subject=accepted, at=at, sha256=digest, size=len(content))
    return accepted


def accept_sound(*, by: Any, content: bytes, sha256: str, at: dt.datetime | None = None) -> SoundFile:
    """Check a voice note and keep it as it came; the sender's row under its sha256 (hex, lower case).

    The same bytes again change nothing and return the first row. Files are written before the transaction, as in
    `accept`. Raises a `Problem` for everything that is not a good voice note.
    """
    at = at or clock.now()
    if len(content) > package.MAX_SOUND_BYTES:
        raise SoundTooLongError(field="voice")
    digest = hashlib.sha256(content).hexdigest()
    if not hmac.compare_digest(digest.encode(), sha256.encode()):
        raise OtherContentError(field="sha256")
    held = SoundFile.objects.filter(sha256=digest, sent_by=by).first()
    if held is not None and (held.erased_at is not None or storage.path_of(digest, "sound").is_file()):
        return held
    sound = sounds.examine(content)
    if sound.seconds > package.MAX_SOUND_SECONDS:
        raise SoundTooLongError(field="voice")
    try:
        storage.store(digest, {"sound": content})
    except OSError as error:
        raise NoRoomError from error
    with transaction.atomic():
        accepted, created = SoundFile.objects.get_or_create(
            sha256=digest,
            sent_by=by,
            defaults={"size": len(content), "mime": sound.mime, "seconds": sound.seconds, "sent_at": at},
        )
        if created:
            record("media.accept_sound", by=by, subject=accepted, at=at, sha256=digest, size=len(content))
    return accepted


def erase_sound(*, sound: SoundFile, by: Any, at: dt.datetime | None = None) -> None:
    """Destroy the bytes of a voice note, whoever else sent the same; the rows stay and say so."""
    at = at or clock.now()
    SoundFile.objects.filter(sha256=sound.sha256, erased_at__isnull=True).update(erased_at=at)
    record("media.erase_sound", by=by, subject=sound, at=at)
    path = storage.path_of(sound.sha256, "sound")
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def take_prints(*, limit: int = 50) -> int:
    """Look at files that were accepted before prints were taken; returns how many.

    Safe to repeat and to run beside uploads; a file whose copy is missing on the disk gets no print.
    """
    old = MediaFile.objects.filter(print_version=0).order_by("id").only("sha256")[:limit]
    for held in old:
        path = storage.path_of(held.sha256, "web")
        look = look_at(path.read_bytes()) if path.is_file() else None
        MediaFile.objects.filter(pk=held.pk, print_version=0).update(**_print_columns(look))
    return len(old)


def _print_columns(look: Print | None) -> dict[str, Any]:
    return {
        "print64": look.bits if look is not None else None,
        "grid": look.grid if look is not None else None,
        "print_version": prints.VERSION,
    }


def _remember_sender(held: MediaFile, by: Any) -> None:
    MediaSender.objects.get_or_create(media=held, user_id=getattr(by, "pk", None))  # type: ignore[misc]  # None is meant
