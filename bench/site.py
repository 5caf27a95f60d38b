"""A whole site of its own, kept running by the project's own supervisor, and the killing of its parts.

The cluster is called "kill" and nobody else's: a `kill -9` of one PostgreSQL backend breaks off every connection of
its cluster. Only processes that this supervisor or this PostgreSQL started are ever signalled.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench import ground
from wangge.config import embedded, supervise
from wangge.config.groundwork import ROOT

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

CLUSTER = "kill"
PLACE = ground.PLACE / CLUSTER
READY_SECONDS = 90
KINDS = ("web worker", "web server", "database backend", "job worker")
_AWAIT_VICTIM_SECONDS = 20.0


@dataclass(frozen=True)
class Site:
    """The running site."""

    port: int
    database: ground.Database
    supervisor: subprocess.Popen[bytes] = field(repr=False)
    log: Path

    def postmaster(self) -> int:
        """PostgreSQL's main process."""
        server = self.database.cluster.server
        pid = server.pid() if server else None
        if pid is None:
            raise SystemExit("PostgreSQL of the cluster is not running.")
        return pid

    def victims(self, kind: str) -> list[int]:
        """The living processes of one kind."""
        if kind == "database backend":
            return [pid for pid in _children(self.postmaster()) if " wangge_app wangge" in _words(pid)]
        parts = _children(self.supervisor.pid)
        if kind == "job worker":
            return [pid for pid in parts if "manage.py" in _words(pid)]
        web = [pid for pid in parts if "granian" in _words(pid)]
        if kind == "web server":
            return web
        return [pid for main in web for pid in _children(main) if "resource_tracker" not in _words(pid)]

    def kill(self, kind: str, rng: random.Random) -> int | None:
        """`kill -9` of one process of a kind, when there is one again after the last blow; None when none came."""
        deadline = time.monotonic() + _AWAIT_VICTIM_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if found := sorted(self.victims(kind)):
                    victim = rng.choice(found)
                    os.kill(victim, signal.SIGKILL)
                    return victim
            time.sleep(0.05)
        return None


def prepare() -> ground.Database:
    """The database "wangge" of the cluster, fresh: migrations, catalogue, cast."""
    return ground.with_cast(embedded.DATABASE, embedded.ensure(CLUSTER))


@contextlib.contextmanager
def running(database: ground.Database) -> Iterator[Site]:
    """The supervisor with web server, job worker and PostgreSQL; everything is stopped at the end."""
    PLACE.mkdir(parents=True, exist_ok=True)
    log = PLACE / "supervisor.log"
    port = ground.free_port()
    env = {key: value for key, value in os.environ.items() if not key.startswith(("DATABASE_", "WANGGE_"))}
    # As a real site: statements and idle transactions are limited.
    env |= {key: value for key, value in ground.server_settings().items() if key != "WANGGE_LONG_STATEMENTS"}
    if "WANGGE_VAR" in os.environ:
        env["WANGGE_VAR"] = os.environ["WANGGE_VAR"]
    with log.open("wb") as out:
        command = [sys.executable, "-c", f"from bench.site import keep; keep({port})"]
        supervisor = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out, start_new_session=True)
    try:
        _await_ready(supervisor, port, log)
        yield Site(port, database, supervisor, log)
    finally:
        supervisor.terminate()
        try:
            supervisor.wait(timeout=60)
        except subprocess.TimeoutExpired:
            supervisor.kill()
            supervisor.wait()


def keep(port: int) -> None:
    """In the supervisor's own process: run the parts until told to end."""
    supervise.LOGS = PLACE / "log"
    supervise.STATE = PLACE / "run" / "site.json"
    supervise.LOGS.mkdir(parents=True, exist_ok=True)
    supervise.STATE.parent.mkdir(parents=True, exist_ok=True)
    supervise.supervise(embedded.ensure(CLUSTER), "127.0.0.1", port, f"running on port {port}")


def _await_ready(supervisor: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and supervisor.poll() is None:
        if supervise.get_ready("127.0.0.1", port)[0] == 200:
            return
        time.sleep(0.2)
    raise SystemExit(f"The site did not start. Its log: {log}\n{log.read_text(errors='replace')[-2000:]}")


def reachable(port: int) -> bool:
    """Whether somebody listens."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(stat[1]) == parent and stat[0] != "Z":
                    found.append(int(entry.name))
    return found


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
