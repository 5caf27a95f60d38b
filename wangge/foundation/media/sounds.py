"""What a voice note is made of, read without decoding it: container, codec, how long it lasts.

Browsers record Opus in WebM (Chromium, Firefox) or Ogg, and AAC in MP4 (Safari). A file is walked here element by element
and refused when it holds a picture track, another codec, or nothing that can be heard. Layouts: RFC 8794 and the Matroska
specification; RFC 3533 and 7845 (Ogg Opus); ISO/IEC 14496-12.
"""

from __future__ import annotations

import dataclasses
import struct
from typing import TYPE_CHECKING

from wangge.foundation.media.problems import NotASoundError, SoundDamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator

_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT, _CLUSTER, _TRACKS, _TRACK, _INFO = 0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE, 0x1549A966
_CODEC, _TYPE, _SCALE, _DURATION, _TIME = 0x86, 0x83, 0x2AD7B1, 0x4489, 0xE7
_SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK = 0xA3, 0xA0, 0xA1
_INSIDE = frozenset({_SEGMENT, _CLUSTER, _TRACKS, _TRACK, _INFO, _BLOCK_GROUP})
_AUDIO_TRACK = 2
_OPUS_RATE = 48_000
_BOXES = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf"})
_BRANDS = frozenset({b"M4A ", b"isom", b"iso5", b"iso6", b"mp41", b"mp42", b"dash", b"iso2", b"iso4", b"M4B "})


@dataclasses.dataclass(frozen=True, slots=True)
class Sound:
    """Type and length in seconds of a file that can be heard."""

    mime: str
    seconds: float


def is_sound(content: bytes) -> bool:
    """Whether a file begins as one of the containers of a voice note (an MP4 may still turn out to be a film)."""
    starts = content[:4] in {_EBML, b"OggS"}
    return starts or (content[4:8] == b"ftyp" and content[8:12] in _BRANDS)


def examine(content: bytes) -> Sound:
    """The type and length of a voice note; raises a `Problem` for everything else."""
    try:
        if content[:4] == _EBML:
            found = Sound("audio/webm", _webm(content))
        elif content[:4] == b"OggS":
            found = Sound("audio/ogg", _ogg(content))
        elif is_sound(content):
            found = Sound("audio/mp4", _mp4(content))
        else:
            raise NotASoundError(field="voice")
    except (struct.error, IndexError, ValueError, OverflowError, ZeroDivisionError) as error:
        raise SoundDamagedError(field="voice") from error
    return found


# WebM -----------------------------------------------------------------------------------------------------------------


def _webm(content: bytes) -> float:
    """Seconds: what the header says, else the last block's time (a recording that was streamed says none)."""
    codecs, scale, declared, time, last, blocks = [], 1_000_000, 0.0, 0, 0, 0
    for element, start, end in _elements(content):
        body = content[start:end]
        if element == _CODEC:
            codecs.append(bytes(body).rstrip(b"\x00"))
        elif element == _TYPE and _number(body) != _AUDIO_TRACK:
            raise NotASoundError(field="voice")
        elif element == _SCALE:
            scale = _number(body) or scale
        elif element == _DURATION:
            declared = struct.unpack(">f" if len(body) == 4 else ">d", body)[0]
        elif element == _TIME:
            time = _number(body)
        elif element in {_SIMPLE_BLOCK, _BLOCK}:
            _track, skip = _size(content, start)
            last = max(last, time + struct.unpack(">h", content[skip : skip + 2])[0])
            blocks += 1
    if codecs != [b"A_OPUS"] or not blocks:
        raise NotASoundError(field="voice")
    return max(declared, float(last)) * scale / 1e9


def _elements(content: bytes) -> Iterator[tuple[int, int, int]]:
    """(id, start of the body, its end) of every element, those inside containers too, in their order."""
    place = 0
    while place < len(content):
        element, after = _id(content, place)
        size, start = _size(content, after)
        end = len(content) if size is None else start + size
        if size is None and element not in _INSIDE:
            raise ValueError("unknown size")
        if element not in _INSIDE and end > len(content):
            return  # cut off while it was recorded: what came before can be heard
        yield element, start, min(end, len(content))
        place = start if element in _INSIDE else end


def _id(content: bytes, place: int) -> tuple[int, int]:
    length = 9 - content[place].bit_length()
    if length > 4:
        raise ValueError("element id")
    return int.from_bytes(content[place : place + length], "big"), place + length


def _size(content: bytes, place: int) -> tuple[int | None, int]:
    first = content[place]
    length = 9 - first.bit_length()
    if length > 8 or place + length > len(content):
        raise ValueError("element size")
    value = int.from_bytes(content[place : place + length], "big") & ((1 << 7 * length) - 1)
    return (None if value == (1 << 7 * length) - 1 else value), place + length


def _number(body: bytes) -> int:
    return int.from_bytes(body, "big")


# Ogg ------------------------------------------------------------------------------------------------------------------


def _ogg(content: bytes) -> float:
    """Seconds by the granule of the last page, less what is skipped at the beginning."""
    place, skip, granule, pages = 0, 0, 0, 0
    while place + 27 <= len(content) and content[place : place + 4] == b"OggS":
        segments = content[place + 26]
        table = content[place + 27 : place + 27 + segments]
        body = place + 27 + segments
        if pages == 0:
            head = content[body : body + 19]
            if head[:8] != b"OpusHead":
                raise NotASoundError(field="voice")
            skip = struct.unpack("<H", head[10:12])[0]
        elif content[body : body + 8] in {b"OpusHead", b"\x01video\x00\x00", b"\x80theora"}:
            raise NotASoundError(field="voice")
        at = struct.unpack("<q", content[place + 6 : place + 14])[0]
        granule = max(granule, at)
        pages += 1
        place = body + sum(table)
    if pages < 3:
        raise SoundDamagedError(field="voice")
    return max(0, granule - skip) / _OPUS_RATE


# MP4 ------------------------------------------------------------------------------------------------------------------


def _mp4(content: bytes) -> float:
    """Seconds by the header; of a recording that was streamed, by the last fragment."""
    handlers, sounds, declared, scale, last = set(), 0, 0.0, 0, 0
    for kind, start, end in _boxes(content, 0, len(content)):
        body = content[start:end]
        if kind == b"hdlr":
            handlers.add(bytes(body[8:12]))
        elif kind == b"stsd":
            sounds += body[12:16] == b"mp4a"
        elif kind == b"mdhd":
            wide = body[0] == 1
            scale, length = struct.unpack(">IQ" if wide else ">II", body[20:32] if wide else body[12:20])
            declared = length / scale
        elif kind == b"tfdt":
            last = max(last, struct.unpack(">Q" if body[0] == 1 else ">I", body[4 : 12 if body[0] == 1 else 8])[0])
    if handlers != {b"soun"} or sounds != 1 or not scale:
        raise NotASoundError(field="voice")
    return max(declared, last / scale)


def _boxes(content: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while place + 8 <= end:
        size, kind = struct.unpack(">I4s", content[place : place + 8])
        start = place + 8
        if size == 1:
            size = struct.unpack(">Q", content[start : start + 8])[0]
            start += 8
        stop = end if size == 0 else place + size
        if stop < start or stop > end:
            return  # cut off: what came before counts
        yield kind, start, stop
        if kind in _BOXES:
            yield from _boxes(content, start, stop)
        place = stop
