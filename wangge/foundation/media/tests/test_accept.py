"""Accepting photos: what is good is kept once and served clean; what is hostile is refused, and nothing is written."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import io
import os
import stat
import struct
import zlib

import pytest
from PIL import ExifTags, Image, ImageDraw, TiffImagePlugin

from wangge.foundation import media
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import NotFoundError, Problem
from wangge.foundation.media import storage
from wangge.foundation.media.actions import accept
from wangge.foundation.media.models import MediaFile
from wangge.foundation.media.pictures import develop
from wangge.foundation.media.queries import media_by_sha256, served_path

NOW = dt.datetime(2026, 5, 20, 2, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def shelf(settings, tmp_path):
    """A media folder of the test's own."""
    settings.MEDIA_DIR = tmp_path / "media"
    return settings.MEDIA_DIR


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def picture(size=(60, 40), mode="RGB", color="red") -> Image.Image:
    return Image.new(mode, size, color)


def encoded(image: Image.Image | None = None, form: str = "JPEG", **save) -> bytes:
    buffer = io.BytesIO()
    (image or picture()).save(buffer, form, **save)
    return buffer.getvalue()


def exif(*, time: object = None, offset: str | None = None, gps: dict | None = None, orientation: int = 0):
    block = Image.Exif()
    if orientation:
        block[ExifTags.Base.Orientation] = orientation
    inner = block.get_ifd(ExifTags.IFD.Exif)
    if time is not None:
        inner[ExifTags.Base.DateTimeOriginal] = time
    if offset is not None:
        inner[ExifTags.Base.OffsetTimeOriginal] = offset
    block.get_ifd(ExifTags.IFD.GPSInfo).update(gps or {})
    return block


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*chunks: bytes, width: int = 8, height: int = 8) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    rows = zlib.compress((b"\x00" + b"\x80" * 24) * 8)
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def webp_animation() -> bytes:
    frames = [picture(color=color) for color in ("red", "blue")]
    return encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100)


def apng() -> bytes:
    frames = [picture(color=color) for color in ("red", "blue")]
    return encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])


def jpeg_with_size(width: int, height: int) -> bytes:
    content = bytearray(encoded())
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def webp_with_canvas(width: int, height: int) -> bytes:
    body = bytes([0, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    inner = b"WEBPVP8X" + struct.pack("<I", 10) + body + encoded(form="WEBP")[12:]
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def zip_end() -> bytes:
    return b"PK\x05\x06" + bytes(18)


GOOD = encoded()
HOSTILE = {
    "empty": (b"", "photo-wrong-type"),
    "text": (b"hello", "photo-wrong-type"),
    "html": (b"<!doctype html><script>alert(1)</script>", "photo-wrong-type"),
    "svg": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "photo-wrong-type"),
    "svg bare": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo-wrong-type"),
    "gif": (encoded(form="GIF"), "photo-wrong-type"),
    "bmp": (encoded(form="BMP"), "photo-wrong-type"),
    "tiff": (encoded(form="TIFF"), "photo-wrong-type"),
    "ico": (encoded(form="ICO"), "photo-wrong-type"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "photo-wrong-type"),
    "zip": (b"PK\x03\x04" + bytes(60), "photo-wrong-type"),
    "elf": (b"\x7fELF\x02\x01\x01" + bytes(60), "photo-wrong-type"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "photo-wrong-type"),
    "gzip": (b"\x1f\x8b\x08" + bytes(20), "photo-wrong-type"),
    "mp4": (b"\x00\x00\x00\x18ftypmp42" + bytes(16), "photo-wrong-type"),
    "wav in riff": (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(24), "photo-wrong-type"),
    "heic": (b"\x00\x00\x00\x18ftypheic" + bytes(40), "photo-heic"),
    "heif mif1": (b"\x00\x00\x00\x18ftypmif1" + bytes(40), "photo-heic"),
    "avif": (b"\x00\x00\x00\x18ftypavif" + bytes(40), "photo-heic"),
    "jpeg cut in the pixels": (encoded(picture((400, 400)))[:-200], "photo-damaged"),
    "jpeg cut in the head": (GOOD[:40], "photo-damaged"),
    "jpeg only magic": (b"\xff\xd8\xff", "photo-damaged"),
    "jpeg of fill bytes": (b"\xff\xd8" + b"\xff" * 4000, "photo-damaged"),
    "jpeg without picture": (b"\xff\xd8\xff\xd9", "photo-damaged"),
    "jpeg segment of length 0": (b"\xff\xd8\xff\xe0\x00\x00" + bytes(20), "photo-damaged"),
    "jpeg of size 0": (jpeg_with_size(0, 0), "photo-damaged"),
    "jpeg 30k x 30k": (jpeg_with_size(30_000, 30_000), "photo-too-many-pixels"),
    "png 60k x 60k": (png(width=60_000, height=60_000), "photo-too-many-pixels"),
    "png 2^31 wide": (png(width=2**31 - 1, height=1), "photo-damaged"),
    "png cut": (png()[:-30], "photo-damaged"),
    "png without head": (b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"x") + chunk(b"IEND", b""), "photo-damaged"),
    "png with too few pixels": (png(width=800, height=800), "photo-damaged"),
    "png with a text bomb": (png(chunk(b"zTXt", b"a\x00\x00" + zlib.compress(bytes(80_000_000), 9))), "photo-damaged"),
    "png animation": (apng(), "photo-animated"),
    "webp animation": (webp_animation(), "photo-animated"),
    "webp cut": (encoded(form="WEBP")[:-20], "photo-damaged"),
    "webp canvas 16k x 16k": (webp_with_canvas(16_383, 16_383), "photo-too-many-pixels"),
    "webp empty": (b"RIFF\x04\x00\x00\x00WEBP", "photo-damaged"),
    "jpeg + zip": (GOOD + b"PK\x03\x04" + bytes(30) + zip_end(), "photo-with-hidden-file"),
    "jpeg + pdf": (GOOD + b"%PDF-1.4\n", "photo-with-hidden-file"),
    "jpeg + html": (GOOD + b"<HTML><script>alert(1)</script>", "photo-with-hidden-file"),
    "jpeg + php": (GOOD + b"<?php system($_GET[0]); ?>", "photo-with-hidden-file"),
    "jpeg + rar": (GOOD + b"Rar!\x1a\x07\x00", "photo-with-hidden-file"),
    "jpeg comment with script": (encoded(comment=b"<script>alert(1)</script>"), "photo-with-hidden-file"),
    "jpeg comment with pdf": (encoded(comment=b"%PDF-1.5 obj"), "photo-with-hidden-file"),
    "jpeg exif with svg": (encoded(exif=exif(time="<svg onload=alert(1)>")), "photo-with-hidden-file"),
    "png text with html": (png(chunk(b"tEXt", b"Comment\x00<html>")), "photo-with-hidden-file"),
    "png + zip": (png() + b"PK\x03\x04" + zip_end(), "photo-with-hidden-file"),
    "png + anything": (png() + b"hello", "photo-with-hidden-file"),
    "webp + elf": (encoded(form="WEBP") + b"\x7fELF\x02", "photo-with-hidden-file"),
    "webp with script chunk": (
        (lambda inner: b"RIFF" + struct.pack("<I", len(inner)) + inner)(
            encoded(form="WEBP")[8:] + b"EXIF" + struct.pack("<I", 8) + b"<script>"
        ),
        "photo-with-hidden-file",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_and_nothing_is_written(town, shelf, name):
    content, code = HOSTILE[name]
    with pytest.raises(Problem) as refusal:
        accept(by=town.lin, content=content, sha256=sha(content))
    assert refusal.value.code == code
    assert refusal.value.status in {413, 415, 422}
    assert str(refusal.value.title)
    assert str(refusal.value.remedy)
    assert not MediaFile.objects.exists()
    assert not shelf.exists()
    assert not AuditEntry.objects.filter(kind="media.accept").exists()


def test_enough_hostile_files_are_tried():
    assert len(HOSTILE) >= 50


def test_more_bytes_than_allowed(town, settings, shelf):
    settings.PHOTO_MAX_BYTES = len(GOOD) - 1
    with pytest.raises(Problem) as refusal:
        accept(by=town.lin, content=GOOD, sha256=sha(GOOD))
    assert (refusal.value.code, refusal.value.status) == ("photo-too-large", 413)
    assert not shelf.exists()


def test_the_bytes_must_be_those_announced(town, shelf):
    with pytest.raises(Problem) as refusal:
        accept(by=town.lin, content=GOOD, sha256="0" * 64)
    assert (refusal.value.code, refusal.value.field) == ("photo-other-content", "sha256")
    assert not shelf.exists()


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "G" * 64, GOOD[:32].hex().upper()])
def test_a_name_that_is_no_sha256_never_becomes_a_path(town, shelf, name):
    with pytest.raises(Problem) as refusal:
        accept(by=town.lin, content=GOOD, sha256=name)
    assert refusal.value.code == "photo-other-content"
    assert not shelf.exists()


def test_a_good_photo_is_kept_and_its_hash_audited(town, shelf):
    accepted = accept(by=town.lin, content=GOOD, sha256=sha(GOOD), at=NOW)
    assert (accepted.sha256, accepted.size, accepted.mime) == (sha(GOOD), len(GOOD), "image/jpeg")
    assert (accepted.width, accepted.height) == (60, 40)
    assert accepted.uploaded_by == town.lin
    assert accepted.uploaded_at == NOW
    original = storage.path_of(accepted.sha256, "orig")
    assert original == shelf / sha(GOOD)[:2] / sha(GOOD)[2:4] / f"{sha(GOOD)}.orig"
    assert original.read_bytes() == GOOD
    assert stat.S_IMODE(original.stat().st_mode) == 0o600
    assert sorted(path.name.split(".", 1)[1] for path in original.parent.iterdir()) == ["orig", "thumb.jpg", "web.jpg"]
    entry = AuditEntry.objects.get(kind="media.accept")
    assert (entry.actor_id, entry.subject_id) == (town.lin.pk, accepted.pk)
    assert entry.data == {"sha256": sha(GOOD), "size": len(GOOD)}
    assert media_by_sha256([sha(GOOD), "0" * 64]) == {sha(GOOD): accepted}


def test_the_same_photo_again_changes_nothing(town):
    first = accept(by=town.lin, content=GOOD, sha256=sha(GOOD), at=NOW)
    kept = storage.path_of(first.sha256, "orig")
    before = kept.stat().st_mtime_ns, kept.stat().st_ino
    again = accept(by=town.gao, content=GOOD, sha256=sha(GOOD))
    assert again.pk == first.pk
    assert again.uploaded_by == town.lin
    assert (kept.stat().st_mtime_ns, kept.stat().st_ino) == before
    assert MediaFile.objects.count() == 1
    assert AuditEntry.objects.filter(kind="media.accept").count() == 1


def test_what_lies_on_the_shelf_is_never_replaced(town):
    accept(by=town.lin, content=GOOD, sha256=sha(GOOD))
    storage.store(sha(GOOD), {"orig": b"something else", "web": b"x", "thumb": b"y"})
    assert storage.path_of(sha(GOOD), "orig").read_bytes() == GOOD


def test_a_row_whose_files_were_lost_gets_them_back(town):
    first = accept(by=town.lin, content=GOOD, sha256=sha(GOOD))
    storage.path_of(first.sha256, "web").unlink()
    with pytest.raises(NotFoundError):
        served_path(first, "web")
    assert accept(by=town.lin, content=GOOD, sha256=sha(GOOD)).pk == first.pk
    assert Image.open(io.BytesIO(served_path(first, "web").read_bytes())).size == (60, 40)


def test_a_full_disk_is_told_and_leaves_nothing(town, monkeypatch):
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(storage.os, "fsync", full)
    with pytest.raises(Problem) as refusal:
        accept(by=town.lin, content=GOOD, sha256=sha(GOOD))
    assert (refusal.value.code, refusal.value.status) == ("no-room", 503)
    assert not MediaFile.objects.exists()
    assert not list(storage.path_of(sha(GOOD), "orig").parent.iterdir())


def test_a_resident_without_log_in_may_send_too(town):
    assert accept(by=None, content=GOOD, sha256=sha(GOOD)).uploaded_by is None


@pytest.mark.parametrize(
    ("mode", "form"),
    [("RGB", "JPEG"), ("L", "JPEG"), ("CMYK", "JPEG"), ("RGB", "PNG"), ("RGBA", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("1", "PNG"),
     ("I;16", "PNG"), ("RGB", "WEBP"), ("RGBA", "WEBP")],
)  # fmt: skip
def test_every_usual_kind_of_picture_is_served_as_rgb_jpeg(mode, form):
    image = Image.new(mode, (50, 30)) if mode == "I;16" else picture((50, 30)).convert(mode)
    made = develop(encoded(image, form), now=NOW)
    assert made.mime == f"image/{form.lower()}"
    for copy in (made.web, made.thumb):
        served = Image.open(io.BytesIO(copy))
        assert (served.format, served.mode, served.size) == ("JPEG", "RGB", (50, 30))


def test_sizes_of_the_copies():
    made = develop(encoded(picture((3200, 800))), now=NOW)
    assert (made.width, made.height) == (3200, 800)
    assert Image.open(io.BytesIO(made.web)).size == (1600, 400)
    assert Image.open(io.BytesIO(made.thumb)).size == (320, 80)


def test_see_through_becomes_white():
    made = develop(encoded(Image.new("RGBA", (20, 20), (255, 0, 0, 0)), "PNG"), now=NOW)
    assert Image.open(io.BytesIO(made.web)).getpixel((10, 10)) == (255, 255, 255)


def test_orientation_is_applied():
    image = picture((80, 40), color="white")
    ImageDraw.Draw(image).rectangle((0, 0, 39, 39), fill="black")  # the left half
    made = develop(encoded(image, exif=exif(orientation=6), quality=95), now=NOW)
    served = Image.open(io.BytesIO(made.web))
    assert served.size == (40, 80)
    assert served.getpixel((20, 10))[0] < 60  # turned clockwise: left is up
    assert served.getpixel((20, 70))[0] > 200


GPS = {1: "N", 2: (35.0, 12.0, 30.0), 3: "E", 4: (115.0, 24.0, 0.0)}


def test_served_copies_carry_no_metadata():
    block = exif(time="2026:05:04 10:11:12", gps=GPS, orientation=1)
    original = encoded(picture((400, 300)), exif=block, comment=b"secret note", icc_profile=b"profile" * 30)
    made = develop(original, now=NOW)
    for copy in (made.web, made.thumb):
        served = Image.open(io.BytesIO(copy))
        assert dict(served.getexif()) == {}
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(served.info)
        assert b"Exif" not in copy
        assert b"secret" not in copy


@pytest.mark.parametrize(
    ("time", "offset", "taken"),
    [
        ("2026:05:04 10:11:12", None, dt.datetime(2026, 5, 4, 2, 11, 12, tzinfo=dt.UTC)),  # the office's clock
        ("2026:05:04 10:11:12", "+08:00", dt.datetime(2026, 5, 4, 2, 11, 12, tzinfo=dt.UTC)),
        ("2026:05:04 10:11:12", "-05:30", dt.datetime(2026, 5, 4, 15, 41, 12, tzinfo=dt.UTC)),
        ("2026:05:21 08:00:00", None, dt.datetime(2026, 5, 21, 0, 0, tzinfo=dt.UTC)),  # a clock that is a day ahead
        ("2026:06:04 10:11:12", None, None),  # in the future
        ("1970:01:01 00:00:00", None, None),
        ("0000:00:00 00:00:00", None, None),
        ("2026:13:45 10:11:12", None, None),
        ("yesterday", None, None),
        ("2026:05:04 10:11:12", "+99:99", None),
        (None, None, None),
    ],
)
def test_time_from_exif(time, offset, taken):
    assert develop(encoded(exif=exif(time=time, offset=offset)), now=NOW).taken_at == taken


@pytest.mark.parametrize(
    ("gps", "where"),
    [
        (GPS, (115.4, 35.208333)),
        (GPS | {1: "S", 3: "W"}, (-115.4, -35.208333)),
        (GPS | {2: (95.0, 0.0, 0.0)}, None),
        (GPS | {4: (181.0, 0.0, 0.0)}, None),
        (GPS | {2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)}, None),
        (GPS | {2: (TiffImagePlugin.IFDRational(1, 0), 0.0, 0.0)}, None),
        ({1: "N", 2: (35.0, 12.0, 30.0)}, None),
        ({}, None),
    ],
)
def test_place_from_exif(gps, where):
    made = develop(encoded(exif=exif(gps=gps)), now=NOW)
    found = None if made.lon is None else (round(made.lon, 6), round(made.lat, 6))
    assert found == where


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_exif_is_no_reason_to_refuse():
    content = GOOD[:2] + b"\xff\xe1" + struct.pack(">H", 40) + b"Exif\x00\x00MM\x00*" + b"\xff" * 28 + GOOD[2:]
    made = develop(content, now=NOW)
    assert (made.taken_at, made.lon, made.lat) == (None, None, None)


def test_what_phones_put_behind_a_photo_is_no_fault():
    motion = GOOD + b"\x00\x00\x00\x18ftypmp42" + bytes(500)
    double = GOOD + encoded(picture((20, 20)))
    for content in (motion, double, GOOD + bytes(32)):
        assert develop(content, now=NOW).width == 60


@pytest.mark.parametrize("content", [jpeg_with_size(600, 400), png()[:-20] + bytes(4) + png()[-16:]])
def test_what_a_decoder_forgives_is_served_as_a_clean_picture(content):
    made = develop(content, now=NOW)
    assert Image.open(io.BytesIO(made.web)).format == "JPEG"


def test_limits_are_told_before_sending(settings):
    settings.PHOTO_MAX_BYTES = 5 * 1024 * 1024
    now = media.limits()
    assert (now.bytes, now.megabytes, now.pixels) == (5 * 1024 * 1024, 5, settings.PHOTO_MAX_PIXELS)
    assert now.types == ("image/jpeg", "image/png", "image/webp")


def test_only_served_sizes_have_a_path(town):
    accepted = accept(by=town.lin, content=GOOD, sha256=sha(GOOD))
    assert served_path(accepted, "thumb").suffixes == [".thumb", ".jpg"]
    for size in ("orig", "", "../web"):
        with pytest.raises(NotFoundError):
            served_path(accepted, size)
