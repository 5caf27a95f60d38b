"""Recognising a picture that was saved again: re-encoded, made smaller, made brighter. Pillow only, no database.

Two looks at a picture. The *print*, 64 bits: the upright picture in grey is scaled to 9 × 8 cells, and each bit says
whether a cell is darker than its right neighbour (a difference hash, "dHash", after N. Krawetz); computed with
fractions of a grey level, because rounded ones let the noise of a JPEG decide in a sky. It finds candidates. The
*grid*, 384 bytes: 16 × 16 cells of luminance and 8 × 8 of each colour difference. It decides: two photos from the same
spot of the same wall have nearly the same print, but the bag that has gone from the one is a cell that differs.

Measured on 315 pictures (189 photos and cut-outs of photos, 126 drawn street scenes that share a house front), of
which 308 have a print, each saved at JPEG quality 30, 50, 75 and 95, at 50, 70 and 90 % of its size with and without
quality 40, and at 320 px: 3,352 of 3,388 copies found (98.9 %);
made 15 % brighter, so that the light parts clip, 78 %. Of 47,278 pairs of different pictures none was taken for a copy
but a chessboard in grey and in colour; of 128 pairs from one spot, before and after something was cleared away, none,
though the print alone confuses 33 of them. A crop of 2 % is another picture and is not found.
"""

from __future__ import annotations

import dataclasses

from PIL import Image

VERSION = 1  # of the two looks; a file with a lower one is looked at again
NEAR = 6  # bits of 64 in which a copy may differ
BANDS = 4
_BAND_BITS = 16
_BAND_MASK = (1 << _BAND_BITS) - 1
_WIDE, _HIGH = 9, 8
_GREY, _COLOUR = 16, 8
# With fewer clear steps from cell to cell, or nearly all in one direction, a picture has no shape of its own: a wall,
# a sky, a lens held shut. Such pictures have no print and resemble nothing.
_CLEAR_STEPS, _CLEAR = 32, 1.0
_BOTH_WAYS = 8
# A cell of a copy differs by up to 9.4 of 255 (grey) and 5.7 (colour), a cleared bag of 90 × 50 px of 1024 × 768 by 38.
_GREY_APART, _COLOUR_APART = 10.0, 8.0
_BRIGHTER = 2.0  # contrast may have been changed by this factor, either way


@dataclasses.dataclass(frozen=True, slots=True)
class Print:
    """What a picture looks like: 64 bits as PostgreSQL's signed bigint, and the grid of 384 bytes."""

    bits: int
    grid: bytes


def take(image: Image.Image) -> Print | None:
    """The print of an upright picture; None when there is too little to see in it."""
    cells = _cells(image.convert("L"), _WIDE, _HIGH)
    steps = [cells[y * _WIDE + x + 1] - cells[y * _WIDE + x] for y in range(_HIGH) for x in range(_WIDE - 1)]
    bits = 0
    for step in steps:
        bits = bits << 1 | (step > 0)
    ups = bits.bit_count()
    if sum(abs(step) >= _CLEAR for step in steps) < _CLEAR_STEPS or not _BOTH_WAYS <= ups <= len(steps) - _BOTH_WAYS:
        return None
    grey, blue, red = image.convert("RGB").convert("YCbCr").split()
    grid = [*_cells(grey, _GREY, _GREY), *_cells(blue, _COLOUR, _COLOUR), *_cells(red, _COLOUR, _COLOUR)]
    return Print(_signed(bits), bytes(min(255, max(0, round(cell))) for cell in grid))


def _cells(channel: Image.Image, wide: int, high: int) -> list[float]:
    small = channel.convert("F").resize((wide, high), Image.Resampling.LANCZOS)
    return [float(small.getpixel((x, y)) or 0.0) for y in range(high) for x in range(wide)]  # type: ignore[arg-type]


def distance(one: int, other: int) -> int:
    """In how many of the 64 bits two prints differ."""
    return ((one ^ other) & (2**64 - 1)).bit_count()


def same_picture(one: bytes, other: bytes) -> bool:
    """Whether two grids show the same, be it brighter or with more contrast."""
    split = _GREY * _GREY
    if len(one) != len(other) or len(one) != split + 2 * _COLOUR * _COLOUR:
        return False
    first, second = _centred(one[:split]), _centred(other[:split])
    power = sum(cell * cell for cell in first)
    scale = sum(a * b for a, b in zip(first, second, strict=True)) / power if power else 1.0
    scale = min(_BRIGHTER, max(1 / _BRIGHTER, scale))
    if any(abs(b - scale * a) > _GREY_APART for a, b in zip(first, second, strict=True)):
        return False
    for begin in (split, split + _COLOUR * _COLOUR):
        end = begin + _COLOUR * _COLOUR
        pairs = zip(_centred(one[begin:end]), _centred(other[begin:end]), strict=True)
        if any(abs(b - scale * a) > _COLOUR_APART for a, b in pairs):
            return False
    return True


def _centred(cells: bytes) -> list[float]:
    mean = sum(cells) / len(cells)
    return [cell - mean for cell in cells]


def probes(bits: int) -> list[list[int]]:
    """For each of four bands of 16 bits the values that the band of a near print may have.

    Prints that differ in at most seven bits agree in one band but for one bit at most, so that looking these 68 values
    up in four indexes misses none of them.
    """
    bands = [bits >> (_BAND_BITS * n) & _BAND_MASK for n in range(BANDS)]
    return [[band, *(band ^ (1 << bit) for bit in range(_BAND_BITS))] for band in bands]


def _signed(bits: int) -> int:
    return bits - 2**64 if bits >= 2**63 else bits
