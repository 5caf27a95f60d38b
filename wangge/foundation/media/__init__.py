"""Photos and files by sha256: accepted once, never replaced; what is served is re-encoded and carries no EXIF."""

from __future__ import annotations

import dataclasses

TYPES = ("image/jpeg", "image/png", "image/webp")
MAX_PHOTOS = 9
SOUND_TYPES = ("audio/webm", "audio/ogg", "audio/mp4")
MAX_SOUND_BYTES = 2 * 1024 * 1024
MAX_SOUND_SECONDS = 180


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What a photo may be; pages and the API say so before anything is sent."""

    bytes: int
    pixels: int
    types: tuple[str, ...]
    photos: int  # in one report or step

    @property
    def megabytes(self) -> int:
        """The size limit in MiB, for people."""
        return self.bytes // (1024 * 1024)


def limits() -> Limits:
    """The limits in force, from the settings."""
    from django.conf import settings

    return Limits(bytes=settings.PHOTO_MAX_BYTES, pixels=settings.PHOTO_MAX_PIXELS, types=TYPES, photos=MAX_PHOTOS)
