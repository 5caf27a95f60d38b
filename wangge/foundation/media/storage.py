"""Files by sha256 below `settings.MEDIA_DIR`: written once, complete or not at all, readable by the server alone."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from django.conf import settings

SUFFIXES = {"orig": ".orig", "web": ".web.jpg", "thumb": ".thumb.jpg", "sound": ".sound"}
_OF_A_PHOTO = ("orig", "web", "thumb")


def path_of(sha256: str, part: str) -> Path:
    """Where a part ("orig", "web", "thumb"; "sound") of a file lies: aa/bb/<sha256><suffix>."""
    return Path(settings.MEDIA_DIR) / sha256[:2] / sha256[2:4] / (sha256 + SUFFIXES[part])


def has(sha256: str) -> bool:
    """Whether all parts of a photo are there."""
    return all(path_of(sha256, part).is_file() for part in _OF_A_PHOTO)


def store(sha256: str, parts: dict[str, bytes]) -> None:
    """Write the parts that are missing; what is there is never replaced. Raises `OSError` (disk full)."""
    folder = path_of(sha256, "orig").parent
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for part, content in parts.items():
        target = path_of(sha256, part)
        if not target.exists():
            _write(target, content)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(target: Path, content: bytes) -> None:
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: it fails where a file is already, so that nothing accepted is ever replaced.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, target)
    finally:
        fresh.unlink(missing_ok=True)
