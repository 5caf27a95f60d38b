"""Decoding a photo, reading its EXIF, and making the copies that are served. No database."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import math
import re
from typing import TYPE_CHECKING, Any

from PIL import ExifTags, Image

from wangge.foundation import media
from wangge.foundation.core import clock
from wangge.foundation.media import prints
from wangge.foundation.media.anatomy import examine
from wangge.foundation.media.problems import DamagedError, TooLargeError, TooManyPixelsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wangge.foundation.media.prints import Print

WEB_PIXELS = 1600
THUMB_PIXELS = 320
_WEB_QUALITY = 82
_THUMB_QUALITY = 76
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_EXIF_TIME = re.compile(r"^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_EXIF_OFFSET = re.compile(r"^([+-])(\d\d):(\d\d)$")
_FIRST_DIGITAL_PHOTO = dt.datetime(1995, 1, 1, tzinfo=dt.UTC)
_CLOCK_AHEAD = dt.timedelta(days=2)  # a phone's clock may be wrong by as much
# EXIF 2.32, tag 274: how to turn the stored rows so that the picture stands upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Our own limit is checked before a decoder sees the file; Pillow's would only warn, into the log.
Image.MAX_IMAGE_PIXELS = None


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """A photo that decoded: what it is, what its EXIF says, the two JPEGs that are served for it, and its print."""

    mime: str
    width: int
    height: int
    taken_at: dt.datetime | None
    lon: float | None
    lat: float | None
    web: bytes
    thumb: bytes
    look: Print | None


def develop(content: bytes, *, now: dt.datetime) -> Picture:
    """Check, decode and re-encode a photo; raises a `Problem` that says what is wrong with it.

    `web` fits into 1600 × 1600 px, `thumb` into 320 × 320; upright, RGB on white, without any metadata.
    """
    limits = media.limits()
    if len(content) > limits.bytes:
        raise TooLargeError(field="photo", limit=limits.bytes)
    found = examine(content)
    if found.width * found.height > limits.pixels:
        raise TooManyPixelsError(field="photo", limit=limits.pixels)
    try:
        with Image.open(io.BytesIO(content[: found.end]), formats=[_FORMATS[found.mime]]) as image:
            width, height = image.size
            too_many = width * height > limits.pixels
            exif = {} if too_many else _exif(image)
            copies = None if too_many else _copies(image, exif.get("orientation"))
    except Exception as error:  # whatever a decoder throws at a hostile file means: not a good photo
        raise DamagedError(field="photo") from error
    if copies is None:
        raise TooManyPixelsError(field="photo", limit=limits.pixels)
    taken_at = _taken_at(exif, now)
    lon, lat = _position(exif)
    return Picture(found.mime, width, height, taken_at, lon, lat, *copies)


def look_at(served: bytes) -> Print | None:
    """The print of a copy that is served already: for files that were accepted before prints were taken."""
    try:
        with Image.open(io.BytesIO(served), formats=["JPEG"]) as image:
            return prints.take(image)
    except Exception:  # noqa: BLE001 — a damaged file on the disk has no print; that it is damaged others tell
        return None


def _copies(image: Image.Image, orientation: Any) -> tuple[bytes, bytes, Print | None]:
    image.draft("RGB", (WEB_PIXELS, WEB_PIXELS))  # a JPEG is decoded at half size where that is enough
    image.load()
    web = _fitted(_upright(_flat(image), orientation), WEB_PIXELS)
    return _jpeg(web, _WEB_QUALITY), _jpeg(_fitted(web, THUMB_PIXELS), _THUMB_QUALITY), prints.take(web)


def _upright(image: Image.Image, orientation: Any) -> Image.Image:
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def _fitted(image: Image.Image, side: int) -> Image.Image:
    copy = image.copy()
    copy.thumbnail((side, side), Image.Resampling.LANCZOS)
    return copy


def _flat(image: Image.Image) -> Image.Image:
    """RGB on white, with nothing of the file's metadata attached."""
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, (255, 255, 255))
        white.paste(image, mask=image.getchannel("A"))
        return white
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    flat = image.convert("RGB")
    flat.info = {}
    return flat


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.info = {}
    image.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
    return buffer.getvalue()


def _exif(image: Image.Image) -> dict[str, Any]:
    """The few EXIF entries that are kept; a broken EXIF block is no reason to refuse the photo."""
    try:
        exif = image.getexif()
        inner = exif.get_ifd(ExifTags.IFD.Exif)
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        return {
            "orientation": exif.get(ExifTags.Base.Orientation),
            "time": inner.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime),
            "offset": inner.get(ExifTags.Base.OffsetTimeOriginal) or inner.get(ExifTags.Base.OffsetTime),
            "gps": gps,
        }
    except Exception:  # noqa: BLE001 — see above
        return {}


def _taken_at(exif: Mapping[str, Any], now: dt.datetime) -> dt.datetime | None:
    """When the camera says it was taken; a time without offset is the office's (Asia/Shanghai)."""
    matched = _EXIF_TIME.match(str(exif.get("time") or "").strip("\x00 "))
    if matched is None:
        return None
    zone: dt.tzinfo = clock.OFFICE
    offset = _EXIF_OFFSET.match(str(exif.get("offset") or "").strip("\x00 "))
    try:
        if offset is not None:
            minutes = int(offset[2]) * 60 + int(offset[3])
            zone = dt.timezone(dt.timedelta(minutes=minutes if offset[1] == "+" else -minutes))
        year, month, day, hour, minute, second = (int(part) for part in matched.groups())
        taken = dt.datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    return taken if _FIRST_DIGITAL_PHOTO <= taken <= now + _CLOCK_AHEAD else None


def _position(exif: Mapping[str, Any]) -> tuple[float, float] | tuple[None, None]:
    """(lon, lat) in degrees as the camera wrote them; nothing for what is not on earth or at 0° 0°."""
    gps = exif.get("gps") or {}
    lat = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), "S", 90)
    lon = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), "W", 180)
    if lat is None or lon is None or (lat == 0 and lon == 0):
        return None, None
    return lon, lat


def _degrees(parts: Any, reference: Any, negative: str, limit: int) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value) or min(degrees, minutes, seconds) < 0 or not value <= limit:
        return None
    letter = reference.decode(errors="replace") if isinstance(reference, bytes) else str(reference or "")
    return -value if letter.strip("\x00 ").upper() == negative else value
