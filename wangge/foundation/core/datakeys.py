"""The office's data keys, by version, and which of them the blind indexes were made with.

In the key folder: `data_key` is version 0, `data_key.1`, `data_key.2` … came by rotation; the highest is current, the
others only open what they once sealed. `link_key` is the key of the links that residents hold: made at the first rotation
from the key before it, because a link must outlive a rotation. `blind_index` names the suite and version of the tokens in
the database ("aes.1"); while it is not the current one, both are searched.

The folder is looked at again when it changed, at most once a second, so that running processes learn of a new key
without a restart.
"""

from __future__ import annotations

import base64
import dataclasses
import time
from pathlib import Path
from typing import Any

from django.conf import settings

LOOK_AGAIN_AFTER = 1.0  # seconds; a rotation waits several of these before it begins
VERSIONS = 16  # so many can be told apart; the seventeenth takes the number of the first
KEY_BYTES = 32


class KeyFolderError(RuntimeError):
    """A key file cannot be used."""


@dataclasses.dataclass(frozen=True, slots=True)
class DataKeys:
    """The keys as the folder holds them. `blind_done` is what `blind_index` says, "aes.0" without it."""

    keys: dict[int, bytes]
    current: int
    link_key: bytes
    blind_done: str
    memo: dict[tuple[str, str], Any] = dataclasses.field(default_factory=dict)  # derived keys, as long as these hold

    def by_header(self, low: int) -> int | None:
        """The version whose number ends in these four bits; None when there is none."""
        return next((version for version in sorted(self.keys, reverse=True) if version % VERSIONS == low), None)


class _Held:
    """What this process read last: when it looked, the mark of the folder then, the keys."""

    looked = 0.0
    mark: tuple[object, ...] = ()
    keys: DataKeys | None = None


def folder() -> Path:
    """Where the keys lie."""
    return Path(settings.WANGGE_KEYS_DIR)


def data_keys(*, fresh: bool = False) -> DataKeys:
    """The keys at hand; read again from the folder if it changed (`fresh`: without waiting for the second to pass)."""
    now = time.monotonic()
    held = _Held.keys
    if held is not None and not fresh and now - _Held.looked < LOOK_AGAIN_AFTER:
        return held
    mark = _mark()
    if held is None or _Held.mark != mark:
        held = _read()
    _Held.keys, _Held.mark, _Held.looked = held, mark, now
    return held


def forget() -> None:
    """Drop what is held in this process (tests; after this process changed the folder itself)."""
    _Held.keys = None


def _mark() -> tuple[object, ...]:
    place = folder()
    try:
        stamp = place.stat().st_mtime_ns
    except FileNotFoundError:
        stamp = 0
    return (str(place), stamp, settings.WANGGE_DATA_KEY)


def _read() -> DataKeys:
    place = folder()
    keys = {0: settings.WANGGE_DATA_KEY} if settings.WANGGE_DATA_KEY else {}
    for file in place.glob("data_key.*"):
        number = file.suffix[1:]
        if number.isdigit() and int(number) > 0:
            keys[int(number)] = read_key(file)
    if not keys:
        raise KeyFolderError("there is no data key")
    link = place / "link_key"
    index = place / "blind_index"
    return DataKeys(
        keys=keys,
        current=max(keys),
        link_key=read_key(link) if link.exists() else keys[min(keys)],
        blind_done=index.read_text().strip() if index.exists() else "aes.0",
    )


def read_key(file: Path) -> bytes:
    """A key file: 32 bytes in base64."""
    try:
        key = base64.b64decode(file.read_text().strip(), validate=True)
    except ValueError as error:
        raise KeyFolderError(f"{file.name} is no base64") from error
    if len(key) != KEY_BYTES:
        raise KeyFolderError(f"{file.name} does not hold {KEY_BYTES} bytes")
    return key
