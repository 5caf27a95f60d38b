"""Synthetic photos: simple drawn scenes with the EXIF time of a phone, the same bytes for the same key."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import io
import random
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFilter

from wangge.foundation.core import clock

if TYPE_CHECKING:
    from collections.abc import Callable

_SIZE = (1024, 768)
_encode = Image.Image.save  # into memory: a door has no `save` of its own
_DATETIME, _DATETIME_ORIGINAL, _MODEL = 0x0132, 0x9003, 0x0110
_EXIF_IFD = 0x8769


@dataclasses.dataclass(slots=True)
class Album:
    """Pictures that were drawn: SHA-256 → bytes; and the keys by which each can be drawn again."""

    drawn: dict[str, bytes] = dataclasses.field(default_factory=dict)
    keys: list[tuple[str, str]] = dataclasses.field(default_factory=list)

    def add(self, key: str, at: dt.datetime) -> str:
        """Draw one picture taken at an instant; its SHA-256."""
        taken = at.astimezone(clock.OFFICE).replace(microsecond=0)
        content = draw(key, taken)
        digest = hashlib.sha256(content).hexdigest()
        self.drawn[digest] = content
        self.keys.append((key, taken.isoformat()))
        return digest

    @classmethod
    def again(cls, keys: list[tuple[str, str]]) -> Album:
        """The album of a run that was interrupted."""
        album = cls()
        for key, taken in keys:
            album.add(key, dt.datetime.fromisoformat(taken))
        return album


def draw(key: str, taken: dt.datetime) -> bytes:
    """A JPEG of the scene that the key names ("06010-17": rubbish, the 17th of them; "shed_before").

    "shed_before~2" is the same picture, saved once more.
    """
    key = key.partition("~")[0]
    rng = random.Random(key)
    canvas = Image.new("RGB", _SIZE, _shade((176, 190, 205), rng))
    pen = ImageDraw.Draw(canvas)
    _background(pen, rng)
    painter = _PAINTERS.get(key) or _PAINTERS.get(key[:5]) or _PAINTERS.get(key[:2]) or _rubbish
    painter(pen, rng)
    canvas = canvas.filter(ImageFilter.GaussianBlur(0.8))
    exif = Image.Exif()
    stamp = taken.strftime("%Y:%m:%d %H:%M:%S")
    exif[_DATETIME], exif[_MODEL] = stamp, "Demo Phone"
    exif.get_ifd(_EXIF_IFD)[_DATETIME_ORIGINAL] = stamp
    out = io.BytesIO()
    _encode(canvas, out, "JPEG", quality=82, exif=exif)
    return out.getvalue()


def _shade(colour: tuple[int, int, int], rng: random.Random, by: int = 14) -> tuple[int, int, int]:
    red, green, blue = (max(0, min(255, c + rng.randint(-by, by))) for c in colour)
    return red, green, blue


def _background(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """A house front with windows, a pavement, a tree."""
    wall = _shade((203, 187, 164), rng)
    pen.rectangle((0, 150, 1024, 520), fill=wall)
    for x in range(40 + rng.randint(0, 40), 1000, 150):
        for y in (190, 350):
            pen.rectangle((x, y, x + 84, y + 96), fill=_shade((96, 116, 130), rng), outline=(235, 235, 230), width=6)
    pen.rectangle((0, 520, 1024, 768), fill=_shade((148, 146, 142), rng))
    for y in (580, 660):
        pen.line((0, y, 1024, y), fill=(130, 128, 124), width=3)
    x = rng.randint(60, 900)
    pen.rectangle((x, 330, x + 22, 560), fill=(98, 74, 52))
    for _n in range(9):
        dx, dy = rng.randint(-80, 80), rng.randint(-110, 30)
        pen.ellipse((x + dx - 60, 300 + dy - 45, x + dx + 70, 300 + dy + 55), fill=_shade((84, 124, 66), rng))


def _rubbish(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    for _n in range(26):
        x, y, r = rng.randint(260, 720), rng.randint(500, 650), rng.randint(18, 60)
        pen.ellipse(
            (x - r, y - r // 2, x + r, y + r // 2),
            fill=rng.choice(((40, 40, 44), (226, 226, 220), (180, 40, 40), (58, 96, 150))),
        )


def _cars(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    for x in range(40, 900, 300):
        colour = _shade(rng.choice(((190, 190, 195), (52, 60, 72), (160, 36, 34))), rng)
        pen.rounded_rectangle((x, 540, x + 250, 640), 24, fill=colour)
        pen.polygon(((x + 50, 545), (x + 90, 478), (x + 180, 478), (x + 215, 545)), fill=(110, 130, 145))
        for wheel in (x + 50, x + 196):
            pen.ellipse((wheel - 28, 615, wheel + 28, 671), fill=(24, 24, 26))


def _hole(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    x = rng.randint(330, 520)
    pen.ellipse((x, 570, x + 300, 700), fill=(72, 68, 62))
    pen.ellipse((x + 30, 590, x + 270, 690), fill=(46, 42, 40))
    pen.polygon(((x + 360, 690), (x + 400, 560), (x + 440, 690)), fill=(226, 92, 30))


def _water(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    for _n in range(7):
        x, y = rng.randint(180, 700), rng.randint(560, 690)
        pen.ellipse((x, y, x + rng.randint(120, 300), y + rng.randint(30, 70)), fill=_shade((92, 98, 84), rng))
    pen.ellipse((460, 585, 560, 635), fill=(40, 40, 40), outline=(90, 90, 90), width=8)


def _wires(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    for _n in range(3):
        x = rng.randint(200, 800)
        pen.line((x, 200, x + rng.randint(-40, 40), 600), fill=(20, 20, 20), width=6)
        pen.rectangle((x - 20, 590, x + 40, 620), fill=(236, 236, 236))
    _bikes(pen, rng)


def _bikes(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    for x in range(180, 820, 160):
        colour = _shade(rng.choice(((190, 40, 40), (40, 80, 160), (50, 50, 50))), rng)
        for wheel in (x, x + 96):
            pen.ellipse((wheel - 34, 610, wheel + 34, 678), outline=(20, 20, 20), width=9)
        pen.polygon(((x, 640), (x + 40, 580), (x + 96, 640)), fill=colour)


def _goods(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    for _n in range(18):
        x, y = rng.randint(200, 800), rng.randint(500, 640)
        pen.rectangle((x, y, x + 74, y + 56), fill=_shade((176, 138, 88), rng), outline=(120, 92, 60), width=3)


def _shed(pen: ImageDraw.ImageDraw, _rng: random.Random) -> None:
    pen.rectangle((300, 360, 740, 640), fill=(222, 226, 230), outline=(160, 166, 172), width=6)
    for x in range(330, 740, 44):
        pen.line((x, 362, x, 638), fill=(196, 202, 208), width=3)
    pen.polygon(((280, 366), (760, 366), (720, 310), (320, 310)), fill=(62, 98, 156))
    pen.rectangle((470, 470, 570, 640), fill=(120, 124, 130))
    pen.line((740, 380, 960, 230), fill=(20, 20, 20), width=5)


def _clear(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    for x in range(120, 920, 70):
        pen.line((x, 540, x - 40, 760), fill=_shade((160, 158, 152), rng), width=2)


def _mud(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    pen.polygon(((0, 560), (1024, 540), (1024, 720), (0, 740)), fill=_shade((118, 92, 66), rng))
    for _n in range(14):
        x = rng.randint(40, 960)
        pen.ellipse((x, 590, x + 70, 640), fill=_shade((98, 76, 54), rng))


def _planted(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    pen.polygon(((0, 560), (1024, 540), (1024, 720), (0, 740)), fill=_shade((104, 142, 74), rng))
    for x in range(60, 1000, 80):
        pen.rectangle((x + 14, 560, x + 22, 620), fill=(98, 74, 52))
        pen.ellipse((x - 12, 500, x + 48, 580), fill=_shade((66, 114, 58), rng))


def _workshop(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    pen.rectangle((0, 0, 1024, 768), fill=(168, 170, 172))
    for x in range(0, 1024, 128):
        pen.rectangle((x, 0, x + 12, 768), fill=(120, 124, 128))
    pen.rectangle((80, 400, 330, 640), fill=(72, 96, 128))
    pen.rectangle((700, 180, 860, 420), fill=(206, 206, 200), outline=(60, 60, 60), width=5)
    _goods(pen, rng)


def _workshop_clear(pen: ImageDraw.ImageDraw, _rng: random.Random) -> None:
    pen.rectangle((0, 0, 1024, 768), fill=(196, 200, 202))
    pen.rectangle((80, 400, 330, 640), fill=(72, 96, 128))
    pen.rectangle((700, 180, 860, 420), fill=(206, 206, 200), outline=(60, 60, 60), width=5)
    pen.rectangle((440, 220, 580, 640), fill=(46, 132, 78))
    for x in (60, 980):
        pen.line((x, 660, x, 768), fill=(240, 200, 40), width=14)


def _dark(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """A stairwell without light: steps, and what people keep on the landing."""
    _stairs(pen, rng, wall=(44, 44, 50), step=(88, 88, 94), things=(26, 24, 22))


def _lit(pen: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """A stairwell with its lamp on."""
    _stairs(pen, rng, wall=(226, 220, 200), step=(150, 144, 130), things=(112, 84, 60))
    pen.ellipse((640, 40, 860, 200), fill=(255, 252, 224))


def _stairs(
    pen: ImageDraw.ImageDraw,
    rng: random.Random,
    *,
    wall: tuple[int, int, int],
    step: tuple[int, int, int],
    things: tuple[int, int, int],
) -> None:
    pen.rectangle((0, 0, 1024, 768), fill=wall)
    for n in range(8):
        pen.rectangle((100 + 90 * n, 690 - 84 * n, 1024, 740 - 84 * n), fill=_shade(step, rng))
    for _n in range(16):
        x, y = rng.randint(0, 900), rng.randint(40, 660)
        pen.rectangle((x, y, x + rng.randint(50, 120), y + rng.randint(40, 110)), fill=_shade(things, rng))


def _door(pen: ImageDraw.ImageDraw, _rng: random.Random) -> None:
    """An entrance door that hangs open."""
    pen.rectangle((380, 220, 660, 700), fill=(44, 46, 50))
    pen.polygon(((380, 220), (250, 180), (250, 740), (380, 700)), fill=(92, 108, 116), outline=(40, 44, 46))
    pen.line((660, 250, 560, 320), fill=(200, 60, 50), width=8)


def _door_again(pen: ImageDraw.ImageDraw, _rng: random.Random) -> None:
    """The same door from within, still open."""
    pen.rectangle((0, 0, 1024, 768), fill=(120, 116, 110))
    pen.rectangle((520, 90, 900, 768), fill=(214, 222, 228))
    pen.polygon(((520, 90), (300, 150), (300, 768), (520, 768)), fill=(86, 100, 108), outline=(40, 44, 46))
    pen.line((900, 120, 760, 210), fill=(200, 60, 50), width=8)


_PAINTERS: dict[str, Callable[[ImageDraw.ImageDraw, random.Random], None]] = {
    "shed_before": _shed,
    "shed_after": _clear,
    "green_before": _mud,
    "green_after": _planted,
    "street_after": _clear,
    "workshop_before": _workshop,
    "workshop_half": _workshop,
    "workshop_after": _workshop_clear,
    "bins_before": _rubbish,
    "bins_half": _rubbish,
    "bins_after": _clear,
    "lamp_before": _dark,
    "lamp_second": _lit,
    "door_before": _door,
    "door_second": _door_again,
    "after": _clear,
    "06001": _shed,
    "06013": _hole,
    "06045": _mud,
    "09009": _cars,
    "09012": _cars,
    "09010": _bikes,
    "26001": _cars,
    "26004": _water,
    "23002": _wires,
    "23003": _bikes,
    "01": _hole,
    "09": _goods,
    "23": _goods,
}
