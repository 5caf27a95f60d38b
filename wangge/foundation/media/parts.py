"""Uploads in parts: what has arrived of a file lies below the media folder, by person, until it is whole.

No table and no transaction: a slow connection holds nothing that another writer could want. A part is appended under a
lock of its own file, and only exactly where the file ends.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from wangge.foundation import media as package
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError
from wangge.foundation.media.problems import NoRoomError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterator

PART_BYTES = 256 * 1024
MOST_UNFINISHED = 40  # files of one person; the one that was left alone longest makes room
KEPT = dt.timedelta(days=7)
_FOLDER = "parts"


class WrongOffsetError(ConflictError):
    """The part does not begin where the file ends; `received` says where that is."""

    code = "wrong-offset"
    title = _("This part does not follow on what has arrived.")
    kept = _("What has arrived so far is kept.")
    remedy = _("Go on from the offset that the answer names.")

    def __init__(self, received: int) -> None:
        super().__init__(received=received)
        self.received = received


def received(user_id: int, sha256: str) -> int:
    """How many bytes of a file have arrived from a person."""
    try:
        return _path(user_id, sha256).stat().st_size
    except OSError:
        return 0


def append(user_id: int, sha256: str, *, offset: int, content: bytes, total: int) -> int:
    """Add a part; how many bytes there are now. The same offset twice raises `WrongOffsetError`, as does a gap."""
    if total > max(package.limits().bytes, package.MAX_SOUND_BYTES) or offset + len(content) > total:
        raise TooLargeError(field="photo")
    path = _path(user_id, sha256)
    if not path.exists():
        _make_room(path.parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(path) as handle:
            size = os.fstat(handle).st_size
            if size != offset:
                raise WrongOffsetError(size)
            try:
                _write(handle, content)
            except OSError:
                os.ftruncate(handle, size)
                raise
            return size + len(content)
    except OSError as error:
        raise NoRoomError from error


def whole(user_id: int, sha256: str) -> bytes:
    """What has arrived of a file; nothing when it is not there any more."""
    try:
        return _path(user_id, sha256).read_bytes()
    except OSError:
        return b""


def drop(user_id: int, sha256: str) -> None:
    """Forget what has arrived of a file."""
    with contextlib.suppress(OSError):
        _path(user_id, sha256).unlink(missing_ok=True)


def forget_old(*, at: dt.datetime | None = None) -> int:
    """Delete what was left alone for a week; returns how many files. Safe to repeat and beside uploads."""
    before = ((at or clock.now()) - KEPT).timestamp()
    gone = 0
    for path in (Path(settings.MEDIA_DIR) / _FOLDER).glob("*/*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < before:
                path.unlink()
                gone += 1
    return gone


def _path(user_id: int, sha256: str) -> Path:
    return Path(settings.MEDIA_DIR) / _FOLDER / str(int(user_id)) / sha256


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)  # which ends the lock


def _write(handle: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(handle, left) :]


def _make_room(folder: Path) -> None:
    held = []
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            with contextlib.suppress(OSError):
                held.append((path.stat().st_mtime, path))
    for _mtime, path in sorted(held)[: max(0, len(held) - MOST_UNFINISHED + 1)]:
        path.unlink(missing_ok=True)
