"""Voice notes made by hand, as browsers record them: right in their frames, silent in their packets."""

from __future__ import annotations

import struct


def _element(code: bytes, body: bytes, *, unknown: bool = False) -> bytes:
    size = b"\x01" + b"\xff" * 7 if unknown else (len(body) | 1 << 56).to_bytes(8, "big")
    return code + size + body


def webm(seconds: int = 3, *, codec: bytes = b"A_OPUS", kind: int = 2, streamed: bool = True) -> bytes:
    """Chromium's MediaRecorder: no duration in the header, segment and clusters of unknown size."""
    track = _element(b"\xae", _element(b"\x83", bytes([kind])) + _element(b"\x86", codec))
    info = _element(b"\x2a\xd7\xb1", (1_000_000).to_bytes(3, "big"))
    if not streamed:
        info += _element(b"\x44\x89", struct.pack(">d", seconds * 1000.0))
    head = _element(b"\x15\x49\xa9\x66", info) + _element(b"\x16\x54\xae\x6b", track)
    clusters = b""
    for second in range(seconds):
        blocks = b"".join(
            _element(b"\xa3", b"\x81" + struct.pack(">h", at) + b"\x80\xfc") for at in range(0, 1001, 500)
        )
        clusters += _element(
            b"\x1f\x43\xb6\x75", _element(b"\xe7", (second * 1000).to_bytes(4, "big")) + blocks, unknown=streamed
        )
    return _element(b"\x1a\x45\xdf\xa3", _element(b"\x42\x82", b"webm")) + _element(
        b"\x18\x53\x80\x67", head + clusters, unknown=streamed
    )


def ogg(seconds: int = 3, *, head: bytes = b"OpusHead") -> bytes:
    """Firefox's."""

    def page(granule: int, body: bytes) -> bytes:
        return b"OggS\x00\x00" + struct.pack("<qIII", granule, 1, 0, 0) + bytes([1, len(body)]) + body

    start = head + bytes([1, 1]) + struct.pack("<H", 312) + struct.pack("<I", 48000) + bytes(3)
    pages = [page(0, start), page(0, b"OpusTags" + bytes(8))]
    pages += [page(312 + 48_000 * (n + 1), b"\xfc") for n in range(seconds)]
    return b"".join(pages)


def mp4(seconds: int = 3, *, handler: bytes = b"soun", codec: bytes = b"mp4a", fragmented: bool = False) -> bytes:
    """Safari's."""

    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(body), kind) + body

    length = 0 if fragmented else seconds * 44_100
    mdhd = box(b"mdhd", bytes(12) + struct.pack(">II", 44_100, length) + bytes(4))
    hdlr = box(b"hdlr", bytes(8) + handler + bytes(13))
    stsd = box(b"stsd", bytes(4) + struct.pack(">I", 1) + struct.pack(">I", 16) + codec + bytes(8))
    trak = box(b"trak", box(b"mdia", mdhd + hdlr + box(b"minf", box(b"stbl", stsd))))
    made = box(b"ftyp", b"mp42" + bytes(4)) + box(b"moov", trak)
    if fragmented:
        for second in range(seconds + 1):
            tfdt = box(b"tfdt", bytes([1, 0, 0, 0]) + struct.pack(">Q", second * 44_100))
            made += box(b"moof", box(b"traf", tfdt)) + box(b"mdat", b"\x00")
    return made
