"""A picture saved again is recognised; another picture, or the same wall with something gone, is not."""

from __future__ import annotations

import functools
import hashlib
import io
import itertools
import random

import pytest
from django.db import connection
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from wangge.foundation.media import prints, storage
from wangge.foundation.media.actions import accept, take_prints
from wangge.foundation.media.models import MediaFile
from wangge.foundation.media.queries import lookalikes
from wangge.foundation.media.tasks import take_prints as job

SIZE = (640, 480)


@pytest.fixture(autouse=True)
def shelf(settings, tmp_path):
    settings.MEDIA_DIR = tmp_path / "media"


@functools.cache
def scene(seed: int, *, rubbish: bool = False) -> Image.Image:
    """A street by its number: house front, windows, trees, cars; with a heap of bags before it."""
    rng = random.Random(seed)
    shade = lambda low=40, high=220: tuple(rng.randint(low, high) for _ in range(3))  # noqa: E731
    image = Image.new("RGB", SIZE, shade(150, 230))
    pen = ImageDraw.Draw(image)
    for _n in range(4):
        x, y = rng.randint(-80, 560), rng.randint(20, 300)
        pen.rectangle((x, y, x + rng.randint(90, 300), 360), fill=shade())
    for _n in range(14):
        x, y = rng.randint(0, 600), rng.randint(60, 300)
        pen.rectangle((x, y, x + rng.randint(20, 60), y + rng.randint(20, 70)), fill=shade(20, 240))
    pen.rectangle((0, 360, 640, 480), fill=shade(90, 160))
    for _n in range(10):
        x, y, r = rng.randint(0, 640), rng.randint(120, 440), rng.randint(12, 60)
        pen.ellipse((x - r, y - r, x + r, y + r), fill=shade(10, 200))
    if rubbish:
        x = rng.randint(80, 500)
        pen.ellipse(
            (x, 400, x + 60, 440), fill=(250, 250, 250) if image.getpixel((x + 30, 420))[0] < 120 else (8, 8, 8)
        )
    return image.filter(ImageFilter.GaussianBlur(0.8))


def encoded(image: Image.Image, form: str = "JPEG", **save) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, form, **save)
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def smaller(image: Image.Image, share: float) -> Image.Image:
    return image.resize((int(image.width * share), int(image.height * share)), Image.Resampling.BILINEAR)


COPIES = {
    **{f"jpeg {q}": lambda image, q=q: opened(encoded(image, quality=q)) for q in (30, 50, 75, 95)},
    **{f"{int(s * 100)} %": lambda image, s=s: smaller(image, s) for s in (0.5, 0.7, 0.9)},
    "half and jpeg 40": lambda image: opened(encoded(smaller(image, 0.5), quality=40)),
    "png of a jpeg": lambda image: opened(encoded(opened(encoded(image, quality=70)), "PNG")),
    "webp": lambda image: opened(encoded(image, "WEBP", quality=60)),
    "thumb": lambda image: smaller(image, 0.3),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.85),
}


def same(one: prints.Print | None, other: prints.Print | None) -> bool:
    if one is None or other is None:
        return False
    return prints.distance(one.bits, other.bits) <= prints.NEAR and prints.same_picture(one.grid, other.grid)


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_of_every_scene_is_recognised(copy):
    missed = []
    for seed in range(40):
        original = scene(seed)
        if not same(prints.take(original), prints.take(COPIES[copy](original))):
            missed.append(seed)
    assert missed == []


def test_no_two_of_forty_scenes_are_taken_for_each_other():
    taken = [prints.take(scene(seed)) for seed in range(40)]
    assert sum(look is None for look in taken) == 0
    assert [pair for pair in itertools.combinations(range(40), 2) if same(taken[pair[0]], taken[pair[1]])] == []


def test_the_same_spot_after_the_bags_are_gone_is_another_picture():
    near = confused = 0
    for seed in range(40):
        before, after = prints.take(scene(seed, rubbish=True)), prints.take(scene(seed))
        near += prints.distance(before.bits, after.bits) <= prints.NEAR
        confused += same(before, after)
    assert confused == 0
    assert near > 25  # the print alone would refuse honest work


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGB", SIZE, "white"),
        Image.new("L", SIZE, 8),
        Image.linear_gradient("L").rotate(90).resize(SIZE),
        Image.effect_noise(SIZE, 3).convert("RGB").filter(ImageFilter.GaussianBlur(6)),
    ],
    ids=["white", "lens cap", "one slope", "grey wall"],
)
def test_where_there_is_too_little_to_see_there_is_no_print(image):
    assert prints.take(image) is None


def test_a_tiny_picture_is_no_fault():
    assert prints.take(Image.new("RGB", (1, 1))) is None
    assert prints.take(scene(1).resize((16, 12))) is not None


def test_grids_of_another_length_are_never_the_same():
    grid = prints.take(scene(1)).grid
    assert len(grid) == 384
    assert prints.same_picture(grid, grid)
    assert not prints.same_picture(grid, b"")
    assert not prints.same_picture(b"", b"")
    assert not prints.same_picture(grid, grid[:-1])


def test_a_near_print_agrees_in_one_band_but_for_one_bit():
    rng = random.Random(7)
    for _n in range(3000):
        bits = rng.getrandbits(64)
        other = bits
        for place in rng.sample(range(64), rng.randint(0, 7)):
            other ^= 1 << place
        bands = [other >> (16 * n) & 65535 for n in range(4)]
        assert any(band in values for band, values in zip(bands, prints.probes(bits), strict=True))
    assert [len(set(values)) for values in prints.probes(-1)] == [17, 17, 17, 17]


def sent(image: Image.Image, **save) -> MediaFile:
    content = encoded(image, **save)
    return accept(by=None, content=content, sha256=hashlib.sha256(content).hexdigest())


def test_an_accepted_photo_finds_its_copies_and_nothing_else(db):
    first, copy = sent(scene(3), quality=95), sent(smaller(scene(3), 0.6), quality=45)
    other, blank = sent(scene(4)), sent(Image.new("RGB", SIZE, "white"))
    assert first.sha256 != copy.sha256
    assert lookalikes(first) == [copy]
    assert lookalikes(copy) == [first]
    assert lookalikes(other) == []
    assert (blank.print64, blank.grid, blank.print_version, lookalikes(blank)) == (None, None, prints.VERSION, [])


def test_turned_by_exif_it_is_the_same_upright_picture(db):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° to the right
    lying = scene(5).transpose(Image.Transpose.ROTATE_90)
    assert lookalikes(sent(lying, exif=exif)) == []
    assert len(lookalikes(sent(scene(5), quality=60))) == 1


def test_files_from_before_get_their_print_later_and_once(db):
    old, lost = sent(scene(8)), sent(scene(9))
    was = (old.print64, bytes(old.grid))
    MediaFile.objects.update(print64=None, grid=None, print_version=0)
    storage.path_of(lost.sha256, "web").unlink()
    job(timestamp=0)
    old.refresh_from_db()
    lost.refresh_from_db()
    assert prints.distance(old.print64, was[0]) <= 2
    assert prints.same_picture(bytes(old.grid), was[1])
    assert (lost.print64, lost.print_version) == (None, prints.VERSION)
    assert take_prints() == 0
    assert lookalikes(sent(scene(8), quality=50)) == [old]


def test_a_look_up_among_many_reads_indexes_and_no_table(db):
    rng = random.Random(11)
    mine = sent(scene(12))
    rows = [
        MediaFile(
            sha256=f"{n:064x}", size=1, mime="image/jpeg", width=1, height=1, print_version=1, grid=b"",
            print64=rng.getrandbits(64) - 2**63,
        )
        for n in range(20_000)
    ]  # fmt: skip
    MediaFile.objects.bulk_create(rows, batch_size=4000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE media_mediafile")
    planned = []

    def explain(execute, sql, params, many, context):
        if "bit_count" in sql:
            with connection.cursor() as cursor:
                cursor.cursor.execute("EXPLAIN " + sql, params)
                planned.append("\n".join(row[0] for row in cursor.cursor.fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        assert lookalikes(mine) == []
    assert len(planned) == 1
    assert "Seq Scan" not in planned[0], planned[0]
    # Which of the four bands the planner takes first depends on statistics; that it takes indexes does not.
    assert "Index" in planned[0], planned[0]
