"""Reads about uploaded files. Who may fetch one is decided by the domain that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wangge.foundation.media.models import MediaFile

if TYPE_CHECKING:
    from collections.abc import Iterable


def media_by_sha256(digests: Iterable[str]) -> dict[str, MediaFile]:
    """Accepted files by their sha256; those not (yet) uploaded are missing."""
    return {media.sha256: media for media in MediaFile.objects.filter(sha256__in=list(digests))}
