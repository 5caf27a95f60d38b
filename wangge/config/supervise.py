"""The demo, kept running: PostgreSQL, migrations, catalogue, street, web server, worker.

    python -m wangge.config.supervise demo | up | down | status | clean     (`make demo`, `make up`, …)

`demo` stays in the foreground and ends everything with Ctrl-C; `up` is the same, detached. A part that ends is started
again whatever its exit code was (a procrastinate worker ends with 0 when PostgreSQL restarts). In production systemd or
a container's runtime does this work: deploy/systemd, deploy/compose.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wangge.config import binaries, embedded
from wangge.config.groundwork import ROOT, VAR, Stamps, check_disk, check_port, digest, ensure_keys
from wangge.config.progress import CommandFailed, SetupError, Steps, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LOGS = VAR / "log"
STATE = VAR / "run" / "demo.json"
LOCK = VAR / "run" / "demo.lock"

KEY_STORE = Path("people.sqlite")

READY_SECONDS = 120
STOP_SECONDS = 20
STEADY_SECONDS = 10
"""A part that ran this long starts its back-off anew: it was killed, it is not broken."""
LONGEST_PAUSE = 15.0
DATABASE_CHECK_SECONDS = 3


def manage(*arguments: str) -> list[str]:
    """The command line of a management command."""
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def environment(cluster: embedded.Cluster) -> dict[str, str]:
    """The demo's environment for the web server and the worker: the application's role, never the owner's."""
    env = {key: value for key, value in os.environ.items() if key != "DATABASE_OWNER_URL"}
    # More malloc arenas than two cost memory and gain nothing under Python's lock.
    defaults = {"WANGGE_KEYS_DIR": str(VAR / "keys"), "MALLOC_ARENA_MAX": "2"}
    fixed = {"WANGGE_DEMO": "1", "PYTHONUNBUFFERED": "1", "DATABASE_URL": cluster.url("app")}
    return defaults | env | fixed


def prepare(size: str, steps: Steps) -> tuple[embedded.Cluster, str]:
    """Bring database, catalogue and street up to date. Returns the cluster and the text of the cast's log-ins."""
    ours = not os.environ.get("DATABASE_URL")
    check_disk(embedded.home_of(ROOT) if ours else VAR)
    if "WANGGE_KEYS_DIR" not in os.environ:
        ensure_keys(VAR / "keys")
    began = time.monotonic()
    cluster = embedded.ensure("demo")
    if not ours and not cluster.alive():
        raise SetupError("The PostgreSQL that DATABASE_URL names does not answer. Check address, role and password.")
    if (major := embedded.major_version(cluster.url("app"))) < binaries.OLDEST_MAJOR:
        raise SetupError(f"PostgreSQL {major} is too old; {binaries.OLDEST_MAJOR} or newer is needed.")
    where = "embedded" if ours else "the one of DATABASE_URL"
    steps.done("PostgreSQL", f"{where}, {time.monotonic() - began:.1f} s")

    stamps = Stamps(cluster.server.place / "stamps" if cluster.server else None)
    env = environment(cluster) | {"WANGGE_LONG_STATEMENTS": "1"}
    # Migrations need the owner's rights; everything else lives with the application's.
    owner = env | {"DATABASE_URL": cluster.url("owner")}
    code = digest((ROOT / "wangge").rglob("migrations/*.py"), digest([ROOT / "requirements.txt"]))
    _once(steps, stamps, "migrated", code, "Database tables", manage("migrate", "--no-input"), owner)

    code = digest([*(ROOT / "deploy/catalogue").rglob("*.yaml"), *_python("wangge/foundation/catalogue")])
    _once(steps, stamps, "catalogue", code, "Catalogue of matters", manage("load_catalogue"), env)

    code = digest([*(ROOT / "deploy/policies").rglob("*.yaml"), *_python("wangge/domains/people/actions")])
    _once(steps, stamps, "policies", code, "Policy library", manage("load_policies"), env)

    code = digest([ROOT / "deploy/catalogue/visits.yaml", ROOT / "wangge/domains/fieldwork/actions/visit_rules.py"])
    _once(steps, stamps, "visit-rules", code, "Rules of visits", manage("load_visit_rules"), env)

    if size == "full" and stamps.fresh("town", "small"):
        raise SetupError(
            "The small street stands here and keeps its data. For the whole street delete it first: "
            "make clean-demo && make demo SIZE=full"
        )
    if stamps.fresh("town", "full") or stamps.fresh("town", size):
        if not _key_store().exists():
            raise SetupError(
                f"The demo's residents stand in the database, but their key store {_key_store()} is gone: nobody's name "
                "can be read any more. Put it back, or begin anew: make clean-demo && make demo"
            )
        steps.skip("Demo street", "already there")
    else:
        steps.run(f"Demo street ({size})", manage("town", "--size", size), env=env, cwd=ROOT)
        stamps.set("town", size)
    return cluster, _logins(stamps, steps, env)


def _key_store() -> Path:
    """Where the keys of the demo's people are; the settings say the same."""
    folder = Path(os.environ.get("WANGGE_KEYS_DIR", VAR / "keys"))
    return Path(os.environ.get("WANGGE_KEY_STORE", folder / KEY_STORE))


def _python(folder: str) -> Iterator[Path]:
    return (path for path in (ROOT / folder).rglob("*.py") if "tests" not in path.parts)


def _once(
    steps: Steps, stamps: Stamps, name: str, value: str, label: str, command: Sequence[str], env: Mapping[str, str]
) -> None:
    if stamps.fresh(name, value):
        steps.skip(label)
        return
    steps.run(label, command, env=env, cwd=ROOT)
    stamps.set(name, value)


def _logins(stamps: Stamps, steps: Steps, env: Mapping[str, str]) -> str:
    """The cast's log-ins, kept beside the cluster: asking Django again costs two seconds."""
    code = digest([*(ROOT / "deploy/town").rglob("*.yaml"), *_python("wangge/doors/town")])
    if stamps.folder is not None and stamps.fresh("logins", code):
        with contextlib.suppress(FileNotFoundError):
            return (stamps.folder / "logins.txt").read_text()
    text = subprocess.run(
        manage("town", "--logins"), env=dict(env), cwd=ROOT, check=False, capture_output=True, text=True
    )
    if text.returncode != 0:
        with steps.log.open("a") as log:
            log.write(text.stdout + text.stderr)
        raise CommandFailed(text.returncode, (text.stdout + text.stderr).splitlines()[-10:])
    stamps.set("logins.txt", text.stdout)
    stamps.set("logins", code)
    return text.stdout


# -- the parts that run


def _die_with_parent() -> None:
    """Linux: a part whose supervisor was killed hard must not live on and hold the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@dataclass
class Part:
    """One supervised process and its history."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0
    group: int = 0
    """The process group of the latest start, to which its children belong."""
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = LOGS / f"{self.name}.log"

    def start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > 20_000_000:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=dict(self.env),
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  (this process has no threads)
            )
        self.started, self.group = time.monotonic(), self.process.pid

    def tend(self) -> None:
        """Start the process again when it has ended, after a pause that doubles with every early end."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due:
                self._signal_group(signal.SIGKILL)
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        steady = now - self.started >= STEADY_SECONDS
        self.failures = 1 if steady else self.failures + 1
        pause = min(0.5 * 2 ** (self.failures - 1), LONGEST_PAUSE)
        say(f"The {self.name} ended with {code}; it starts again in {pause:g} s. What it said: {self.log}")
        # A server whose head was killed leaves workers behind that still hold the port.
        self._signal_group(signal.SIGTERM)
        self.process, self.due = None, now + pause

    def _signal_group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self.group:
                os.killpg(self.group, number)

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def finish(self, deadline: float) -> None:
        """Wait for the end until `deadline` (monotonic seconds), then insist with the whole group."""
        if self.process is None:
            self._signal_group(signal.SIGKILL)
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        self._signal_group(signal.SIGKILL)
        self.process.wait(timeout=5)


def parts(cluster: embedded.Cluster, host: str, port: int) -> list[Part]:
    """The web server and the job worker."""
    env = environment(cluster)
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--no-ws"]
    web += [
        "--workers",
        os.environ.get("WANGGE_WEB_WORKERS", "2"),
        "--blocking-threads",
        "8",
    ]  # four at most wait for slow uploads
    # SIGTERM: no new requests, those under way may take ten seconds more.
    web += ["--workers-kill-timeout", "10", "--respawn-failed-workers", "--backlog", "256"]
    return [Part("web", [*web, "wangge.config.wsgi:application"], env), Part("worker", manage("worker"), env)]


def reachable(host: str) -> str:
    """The address under which this machine itself reaches a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (recognised, not bound)


def get_ready(host: str, port: int) -> tuple[int, str]:
    """Ask /readyz: its status and body; status 0 when nobody answers."""
    connection = http.client.HTTPConnection(reachable(host), port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": "localhost"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def supervise(cluster: embedded.Cluster, host: str, port: int, greeting: str) -> None:
    """Run the parts until SIGINT, SIGTERM or SIGHUP; then stop them, and PostgreSQL last.

    Raises:
        SetupError: the site did not become ready; everything has been stopped.
    """
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ending.set())
    running = parts(cluster, host, port)
    try:
        for part in running:
            part.start()
        if not _await_ready(running, ending, host, port):
            return
        say(greeting)
        _remember(port, ready=True)
        checked = time.monotonic()
        while not ending.wait(0.5):
            for part in running:
                part.tend()
            if time.monotonic() - checked > DATABASE_CHECK_SECONDS:
                _tend_database(cluster)
                checked = time.monotonic()
    finally:
        say("Stopping …")
        for part in running:
            part.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        for part in running:
            part.finish(deadline)
        cluster.stop()
        say("Stopped. The data is kept.")


def _tend_database(cluster: embedded.Cluster) -> None:
    if cluster.server is None or cluster.alive():
        return
    say("PostgreSQL does not answer; it is started again.")
    try:
        cluster.server.ensure()
    except SetupError as error:
        say(str(error))


def _await_ready(running: Sequence[Part], ending: threading.Event, host: str, port: int) -> bool:
    """Wait for /readyz. False when asked to end meanwhile."""
    deadline = time.monotonic() + READY_SECONDS
    answer = ""
    while time.monotonic() < deadline:
        status, answer = get_ready(host, port)
        if status == 200:
            return True
        if ending.wait(0.2):
            return False
        for part in running:
            part.tend()
            if part.failures >= 3:
                raise SetupError(f"The {part.name} does not start. Its last lines:\n{tail(part.log)}")
    raise SetupError(f"The site is not ready after {READY_SECONDS} s. /readyz says: {answer or 'nothing'}")


def tail(path: Path, lines: int = 12) -> str:
    """The last lines of a text file."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""


# -- one demo for each checkout


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Hold the checkout's lock; SetupError, with the address, when another supervisor has it."""
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            state = recall()
            where = f" at http://127.0.0.1:{state['port']}/" if state else ""
            raise SetupError(f"This checkout is already running{where}. `make down` stops it.") from error
        try:
            yield
        finally:
            STATE.unlink(missing_ok=True)


def running() -> bool:
    """Whether a supervisor of this checkout lives."""
    if not LOCK.exists():
        return False
    with LOCK.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        return False


def _remember(port: int, *, ready: bool) -> None:
    fresh = STATE.with_suffix(".new")
    fresh.write_text(json.dumps({"pid": os.getpid(), "port": port, "ready": ready}))
    fresh.replace(STATE)


def recall() -> dict[str, Any]:
    """The supervisor's own note: pid, port, ready; empty when there is none."""
    try:
        return cast("dict[str, Any]", json.loads(STATE.read_text()))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def demo(host: str, port: int, size: str) -> None:
    """Prepare and run in the foreground."""
    with only_one():
        check_port(host, port)
        _remember(port, ready=False)
        LOGS.mkdir(parents=True, exist_ok=True)
        say("Demo")
        steps = Steps(6, LOGS / "setup.log")
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            cluster, logins = prepare(size, steps)
            steps.done("Web server and worker", "starting")
        except BaseException:
            embedded.Server("demo").stop()
            raise
        greeting = f"\nWangge is running: http://{reachable(host)}:{port}/\n\n{logins.rstrip()}\n\nLogs: {LOGS}"
        greeting += "\nCtrl-C (or `make down`) stops everything; the data is kept."
        supervise(cluster, host, port, greeting)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def up(host: str, port: int, size: str) -> None:
    """Run detached; return when the site is ready."""
    if running():
        state = recall()
        if state.get("ready"):
            say(f"Already running: http://127.0.0.1:{state['port']}/  (`make down` stops it)")
            return
        raise SetupError("This checkout is just being started or stopped. Wait a moment and try again.")
    check_port(host, port)
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / "demo.log"
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "wangge.config.supervise", "demo", *_options(host, port, size)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            start_new_session=True,
        )
    try:
        _follow(child, log)
    except KeyboardInterrupt:
        child.terminate()
        child.wait(timeout=STOP_SECONDS + 60)
        raise


def _follow(child: subprocess.Popen[bytes], log: Path) -> None:
    """Show what the detached supervisor says until it is ready."""
    with log.open(errors="replace") as shown:
        while True:
            ended = child.poll()
            state = recall()
            if text := shown.read():
                sys.stdout.write(text)
                sys.stdout.flush()
            if state.get("pid") == child.pid and state.get("ready"):
                return
            if ended is not None:
                raise SetupError(f"It did not start. Everything that was said: {log}")
            time.sleep(0.2)


def _options(host: str, port: int, size: str) -> list[str]:
    return ["--host", host, "--port", str(port), "--size", size]


def down() -> None:
    """Stop everything of this checkout, PostgreSQL too. Nothing to stop is no error."""
    pid = recall().get("pid") if running() else None
    if pid:
        for number, patience in ((signal.SIGTERM, STOP_SECONDS + 90), (signal.SIGKILL, 10)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            deadline = time.monotonic() + patience
            while running() and time.monotonic() < deadline:
                time.sleep(0.1)
            if not running():
                break
    stopped = embedded.Server("demo").stop()
    say("Stopped. The data is kept." if pid or stopped else "Nothing of this checkout is running.")


def clean() -> None:
    """Delete the embedded demo database, its photos and its people's keys: without the database they open nothing.

    The office's own keys, whatever an environment variable names, and any PostgreSQL of `DATABASE_URL` are left alone.
    """
    down()
    embedded.Server("demo").destroy()
    if "WANGGE_DATA_DIR" not in os.environ:
        shutil.rmtree(VAR / "media", ignore_errors=True)
    if not {"WANGGE_KEYS_DIR", "WANGGE_KEY_STORE"} & set(os.environ):
        for file in (VAR / "keys").glob(f"{KEY_STORE.stem}.*"):
            file.unlink(missing_ok=True)
    say("The demo's data is deleted; `make demo` builds the street again.")


def status() -> None:
    """Say what runs, and how much memory it takes (PSS: shared pages counted once)."""
    state = recall()
    if not running() or not state:
        say("Not running.")
        return
    server = embedded.Server("demo")
    say(f"Running: http://127.0.0.1:{state['port']}/" + ("" if state.get("ready") else " (not ready yet)"))
    groups = {"supervisor, web, worker": state["pid"], "PostgreSQL": server.pid()}
    total = 0
    for name, root in groups.items():
        kilobytes = sum(_pss(pid) for pid in _tree(root)) if root else 0
        total += kilobytes
        say(f"  {name}: {kilobytes / 1024:.0f} MB")
    say(f"  together: {total / 1024:.0f} MB")


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(after_name[1]), []).append(int(entry.name))
    found, open_ends = [], [root]
    while open_ends:
        pid = open_ends.pop()
        found.append(pid)
        open_ends += children.get(pid, [])
    return found


def _pss(pid: int) -> int:
    """Kilobytes of memory that this process adds; 0 where the kernel does not tell us."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line; a SetupError becomes one sentence and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m wangge.config.supervise", description="The demo, kept running.")
    parser.add_argument("verb", choices=["demo", "up", "down", "status", "clean"])
    parser.add_argument("--host", default=os.environ.get("WANGGE_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--size", choices=["small", "full"], default="small")
    given = parser.parse_args(arguments)
    try:
        if given.verb == "demo":
            demo(given.host, given.port, given.size)
        elif given.verb == "up":
            up(given.host, given.port, given.size)
        elif given.verb == "down":
            down()
        elif given.verb == "clean":
            clean()
        else:
            status()
    except SetupError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    except CommandFailed as error:
        sys.stderr.write(f"\nThat step failed. Its last lines:\n\n{error.text}\n\nEverything: {LOGS / 'setup.log'}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
