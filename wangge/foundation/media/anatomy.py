"""What an image file is made of, read without decoding it: type, pixels, where it ends, what else is in it.

Decoders allocate by what a header claims, and read past what they do not understand; so a file is first walked here,
marker by marker, and refused when it claims too much, ends too early or carries another file. Layouts: ITU-T T.81
annex B (JPEG), W3C PNG third edition, RFC 9649 (WebP).
"""

from __future__ import annotations

import dataclasses
import re
import struct

from wangge.foundation.media.problems import AnimatedError, DamagedError, HeicError, NotAPhotoError, TwoFacedError

_PNG = b"\x89PNG\r\n\x1a\n"
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"})
_NEXT_MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SOS, _EOI = 0xDA, 0xD9
_WEBP_ANIMATION_FLAG = 0x02
# Beginnings of files that other programs would open; looked for outside the compressed pixels only.
_FOREIGN = re.compile(
    rb"%PDF-|<script|<html|<svg|<!doctype|<\?php|<iframe|\x7fELF\x01|\x7fELF\x02|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c",
    re.IGNORECASE,
)
_ZIP_END = b"PK\x05\x06"
_ZIP_TAIL = 66_000  # a ZIP reader looks for the directory's end in the last 65,557 bytes
_MAX_SIDE = 65_535


@dataclasses.dataclass(frozen=True, slots=True)
class Anatomy:
    """The type and size that a file claims; `end` is the number of bytes that belong to the image."""

    mime: str
    width: int
    height: int
    end: int


def examine(content: bytes) -> Anatomy:
    """The anatomy of a JPEG, PNG or WebP; raises a `Problem` for everything else."""
    try:
        if content.startswith(b"\xff\xd8\xff"):
            found, beside = _jpeg(content)
        elif content.startswith(_PNG):
            found, beside = _png(content)
        elif content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            found, beside = _webp(content)
        elif content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
            raise HeicError(field="photo")
        else:
            raise NotAPhotoError(field="photo")
    except (struct.error, IndexError):
        raise DamagedError(field="photo") from None
    if not (0 < found.width <= _MAX_SIDE and 0 < found.height <= _MAX_SIDE):
        raise DamagedError(field="photo")
    if any(_FOREIGN.search(part) for part in beside) or _ZIP_END in content[-_ZIP_TAIL:]:
        raise TwoFacedError(field="photo")
    return found


def _jpeg(content: bytes) -> tuple[Anatomy, list[bytes]]:
    """Walks the segments; behind the end phones put previews, depth maps and motion photos, which is no fault."""
    at, width, height = 2, 0, 0
    beside: list[bytes] = []
    while True:
        if content[at] != 0xFF:
            raise DamagedError(field="photo")
        while content[at] == 0xFF:
            at += 1
        marker = content[at]
        at += 1
        if marker == _EOI:
            break
        if marker in _STANDALONE:
            continue
        (length,) = struct.unpack_from(">H", content, at)
        if length < 2 or at + length > len(content):
            raise DamagedError(field="photo")
        if marker in _FRAMES and not width:
            height, width = struct.unpack_from(">HH", content, at + 3)
        beside.append(content[at + 2 : at + length])
        at += length
        if marker == _SOS:
            following = _NEXT_MARKER.search(content, at)
            if following is None:
                raise DamagedError(field="photo")
            at = following.start()
    beside.append(content[at:])
    return Anatomy("image/jpeg", width, height, at), beside


def _png(content: bytes) -> tuple[Anatomy, list[bytes]]:
    at, width, height = len(_PNG), 0, 0
    beside: list[bytes] = []
    while True:
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise DamagedError(field="photo")
        if not width and kind != b"IHDR":
            raise DamagedError(field="photo")
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", content, at + 8)
        elif kind == b"acTL":
            raise AnimatedError(field="photo")
        elif kind not in {b"IDAT", b"PLTE"}:
            beside.append(content[at + 8 : end - 4])
        at = end
        if kind == b"IEND":
            break
    if content[at:].strip(b"\x00"):
        raise TwoFacedError(field="photo")
    return Anatomy("image/png", width, height, at), beside


def _webp(content: bytes) -> tuple[Anatomy, list[bytes]]:
    (size,) = struct.unpack_from("<I", content, 4)
    stop = size + 8
    if stop > len(content):
        raise DamagedError(field="photo")
    if content[stop:].strip(b"\x00"):
        raise TwoFacedError(field="photo")
    at, width, height = 12, 0, 0
    beside: list[bytes] = []
    while at + 8 <= stop:
        kind, length = struct.unpack_from("<4sI", content, at)
        body = at + 8
        if body + length > stop:
            raise DamagedError(field="photo")
        if kind in {b"ANIM", b"ANMF"} or (kind == b"VP8X" and content[body] & _WEBP_ANIMATION_FLAG):
            raise AnimatedError(field="photo")
        claimed = _webp_size(content, kind, body)
        if claimed:
            width, height = max(width, claimed[0]), max(height, claimed[1])
        elif kind != b"ALPH":
            beside.append(content[body : body + length])
        at = body + length + (length & 1)
    return Anatomy("image/webp", width, height, stop), beside


def _webp_size(content: bytes, kind: bytes, body: int) -> tuple[int, int] | None:
    if kind == b"VP8X":
        wide = int.from_bytes(content[body + 4 : body + 7], "little")
        high = int.from_bytes(content[body + 7 : body + 10], "little")
        return wide + 1, high + 1
    if kind == b"VP8 ":
        wide, high = struct.unpack_from("<HH", content, body + 6)
        return wide & 0x3FFF, high & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, body + 1)
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    return None
