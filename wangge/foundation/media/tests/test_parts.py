"""Files in parts: appended exactly where they end, whoever sends at the same time, and forgotten after a week."""

from __future__ import annotations

import datetime as dt
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from wangge.foundation.core import clock
from wangge.foundation.media import parts
from wangge.foundation.media.problems import NoRoomError, TooLargeError

SHA = "a" * 64


@pytest.fixture(autouse=True)
def shelf(settings, tmp_path):
    settings.MEDIA_DIR = tmp_path
    return tmp_path


def test_part_after_part():
    assert parts.received(1, SHA) == 0
    assert parts.append(1, SHA, offset=0, content=b"abc", total=5) == 3
    assert parts.append(1, SHA, offset=3, content=b"de", total=5) == 5
    assert (parts.received(1, SHA), parts.whole(1, SHA), parts.whole(2, SHA)) == (5, b"abcde", b"")
    parts.drop(1, SHA)
    assert parts.received(1, SHA) == 0


@pytest.mark.parametrize("offset", [0, 2, 4])
def test_only_where_it_ends(offset):
    parts.append(1, SHA, offset=0, content=b"abc", total=9)
    with pytest.raises(parts.WrongOffsetError) as refused:
        parts.append(1, SHA, offset=offset, content=b"x", total=9)
    assert refused.value.received == 3
    assert parts.whole(1, SHA) == b"abc"


def test_never_beyond_what_was_announced(settings):
    with pytest.raises(TooLargeError):
        parts.append(1, SHA, offset=0, content=b"abcdef", total=5)
    with pytest.raises(TooLargeError):
        parts.append(1, SHA, offset=0, content=b"a", total=settings.PHOTO_MAX_BYTES + 1)
    assert parts.received(1, SHA) == 0


def test_ten_windows_at_once_append_it_once():
    def send(_number):
        try:
            return parts.append(1, SHA, offset=0, content=b"x" * 1000, total=2000)
        except parts.WrongOffsetError as wrong:
            return -wrong.received

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(send, range(10))) == [-1000] * 9 + [1000]


def test_a_full_disk_leaves_what_was_there(monkeypatch):
    parts.append(1, SHA, offset=0, content=b"abc", total=9)

    def full(handle, content):
        os.write(handle, b"x")
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(parts, "_write", full)
        with pytest.raises(NoRoomError):
            parts.append(1, SHA, offset=3, content=b"def", total=9)
    assert parts.whole(1, SHA) == b"abc"


def test_forty_unfinished_the_oldest_makes_room(shelf):
    for number in range(parts.MOST_UNFINISHED + 3):
        name = f"{number:064x}"
        parts.append(1, name, offset=0, content=b"x", total=9)
        os.utime(shelf / "parts/1" / name, (number, number))
    held = sorted(path.name for path in (shelf / "parts/1").iterdir())
    assert (len(held), held[0]) == (parts.MOST_UNFINISHED, f"{3:064x}")
    parts.append(2, SHA, offset=0, content=b"x", total=9)
    assert parts.received(2, SHA) == 1


def test_forgotten_after_a_week(shelf):
    parts.append(1, SHA, offset=0, content=b"x", total=9)
    parts.append(1, "b" * 64, offset=0, content=b"x", total=9)
    old = (clock.now() - dt.timedelta(days=8)).timestamp()
    os.utime(shelf / "parts/1" / SHA, (old, old))
    assert parts.forget_old() == 1
    assert (parts.received(1, SHA), parts.received(1, "b" * 64)) == (0, 1)
    assert parts.forget_old() == 0
