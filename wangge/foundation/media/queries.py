"""Reads about uploaded files. Who may fetch one is decided by the domain that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.media import Limits, limits, prints
from wangge.foundation.media.models import MediaFile, MediaSender, SoundFile
from wangge.foundation.media.storage import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "SIZES",
    "Limits",
    "limits",
    "lookalikes",
    "media_by_sha256",
    "media_sent_by",
    "served_path",
    "sound_path",
    "sound_sent_by",
]

SIZES = ("thumb", "web")


def media_sent_by(user: Any, digests: Iterable[str]) -> dict[str, MediaFile]:
    """Accepted files by their sha256, of those whose bytes this person has sent himself (None: the public page)."""
    sent = MediaSender.objects.filter(user_id=getattr(user, "pk", None))  # type: ignore[misc]  # None is meant
    found = MediaFile.objects.filter(sha256__in=list(digests), pk__in=sent.values("media_id"))
    return {media.sha256: media for media in found}


def media_by_sha256(digests: Iterable[str]) -> dict[str, MediaFile]:
    """Accepted files by their sha256; those not (yet) uploaded are missing."""
    return {media.sha256: media for media in MediaFile.objects.filter(sha256__in=list(digests))}


# The expressions of the four partial indexes of MediaFile, word for word: another spelling would read every row. No
# ORDER BY and no LIMIT: the planner would walk the primary key in the hope of finding enough soon.
_NEAR_PRINTS = f"""
    SELECT id FROM media_mediafile
    WHERE print64 IS NOT NULL AND id <> %s AND ({
    " OR ".join(f"(print64 >> {16 * n}) & 65535 = ANY(%s::bigint[])" for n in range(prints.BANDS))
}) AND bit_count((print64 # %s)::bit(64)) <= {prints.NEAR}
"""  # noqa: S608 — constants only


def lookalikes(media: MediaFile, *, limit: int = 50) -> list[MediaFile]:
    """Other accepted files that show the same picture, re-encoded, resized or brightened; oldest first.

    Empty for a picture without a print (too little to see in it).
    """
    if media.print64 is None or media.grid is None:
        return []
    with connection.cursor() as cursor:
        values: list[Any] = [media.pk, *prints.probes(media.print64), media.print64]
        cursor.execute(_NEAR_PRINTS, values)
        near = [row[0] for row in cursor.fetchall()]
    if not near:
        return []
    found = MediaFile.objects.filter(pk__in=near).order_by("id")[:limit]
    grid = bytes(media.grid)
    return [other for other in found if prints.same_picture(grid, bytes(other.grid or b""))]


def served_path(media: MediaFile, size: str = "web") -> Path:
    """The re-encoded JPEG to serve: "web" (≤ 1600 px) or "thumb" (≤ 320 px). The original is never served."""
    path = path_of(media.sha256, size) if size in SIZES else None
    if path is None or not path.is_file():
        raise NotFoundError
    return path


def sound_sent_by(user: Any, sha256: str) -> SoundFile | None:
    """The voice note of this name whose bytes this person has sent himself; None as well when it was erased."""
    return SoundFile.objects.filter(sha256=sha256, sent_by_id=getattr(user, "pk", None), erased_at__isnull=True).first()


def sound_path(sound: SoundFile) -> Path:
    """The file of a voice note."""
    path = path_of(sound.sha256, "sound")
    if sound.erased_at is not None or not path.is_file():
        raise NotFoundError
    return path
