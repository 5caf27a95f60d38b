"""What must be right before anything starts: a port, room on the disk, keys; and the memory of what was already done.

Standard library only: `deploy/bootstrap.py` uses this with the machine's own Python, before anything is installed.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wangge.config.progress import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("WANGGE_VAR", ROOT / "var"))
"""Everything that this checkout writes while it works: logs, stamps, keys, photos."""

FREE_BYTES_NEEDED = 500_000_000


def check_port(host: str, port: int) -> None:
    """Raise SetupError, naming the port and the way out, when it cannot be listened on."""
    if not 1 <= port <= 65535:
        raise SetupError(f"PORT={port} is no port; give a number from 1 to 65535, for example: PORT=8001 make demo")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            other = port + 1 if port < 65535 else port - 1
            if error.errno == errno.EACCES:
                raise SetupError(f"Port {port} is reserved for root. Take a higher one: PORT=8001 make demo") from error
            raise SetupError(f"Port {port} is in use. Take another one: PORT={other} make demo") from error


def check_disk(place: Path, needed: int = FREE_BYTES_NEEDED) -> None:
    """Raise SetupError when the file system of `place` has less than `needed` bytes free."""
    existing = next(path for path in (place, *place.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise SetupError(
            f"The disk that holds {existing} is nearly full: {free // 1_000_000} MB free, "
            f"{needed // 1_000_000} MB needed. Make room and run the command again."
        )


def ensure_keys(folder: Path) -> None:
    """Make the keys that are missing: `secret_key` (sessions) and `data_key` (personal fields; 32 bytes, base64).

    A key is never replaced: with another data key every personal field in the database is unreadable.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("secret_key", "data_key"):
        with contextlib.suppress(FileExistsError):
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(base64.b64encode(secrets.token_bytes(32)).decode() + "\n")


def digest(paths: Iterable[Path], *more: str) -> str:
    """One hash of the names and contents of files, and of some words; missing files count as such."""
    total = hashlib.sha256("\0".join(more).encode())
    for path in sorted(paths):
        content = path.read_bytes() if path.is_file() else b"absent"
        total.update(f"{path.relative_to(ROOT)}:{len(content)}:".encode() + content)
    return total.hexdigest()


@dataclass(frozen=True)
class Stamps:
    """What was already done, and to which inputs. A cluster's lie beside its data and vanish with it."""

    folder: Path | None
    """None for an outside PostgreSQL, of which we cannot know what became of it."""

    def fresh(self, name: str, value: str) -> bool:
        if self.folder is None:
            return False
        path = self.folder / name
        return path.is_file() and path.read_text() == value

    def set(self, name: str, value: str) -> None:
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.folder / name).write_text(value)
