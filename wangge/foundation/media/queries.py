"""Reads about uploaded files. Who may fetch one is decided by the domain that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.media import Limits, limits
from wangge.foundation.media.models import MediaFile, MediaSender
from wangge.foundation.media.storage import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["SIZES", "Limits", "limits", "media_by_sha256", "media_sent_by", "served_path"]

SIZES = ("thumb", "web")


def media_sent_by(user: Any, digests: Iterable[str]) -> dict[str, MediaFile]:
    """Accepted files by their sha256, of those whose bytes this person has sent himself (None: the public page)."""
    sent = MediaSender.objects.filter(user_id=getattr(user, "pk", None))  # type: ignore[misc]  # None is meant
    found = MediaFile.objects.filter(sha256__in=list(digests), pk__in=sent.values("media_id"))
    return {media.sha256: media for media in found}


def media_by_sha256(digests: Iterable[str]) -> dict[str, MediaFile]:
    """Accepted files by their sha256; those not (yet) uploaded are missing."""
    return {media.sha256: media for media in MediaFile.objects.filter(sha256__in=list(digests))}


def served_path(media: MediaFile, size: str = "web") -> Path:
    """The re-encoded JPEG to serve: "web" (≤ 1600 px) or "thumb" (≤ 320 px). The original is never served."""
    path = path_of(media.sha256, size) if size in SIZES else None
    if path is None or not path.is_file():
        raise NotFoundError
    return path
