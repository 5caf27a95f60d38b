"""What every benchmark stands on: a PostgreSQL of its own that really writes to disk, the cast, a server, the sums.

The cluster "bench" keeps `fsync` on: a number measured with durability switched off is a number about nothing. Each
benchmark has its own databases in it; `make bench` never touches the demo's data or the tests'.
"""

from __future__ import annotations

import contextlib
import http.client
import http.cookies
import json
import math
import os
import re
import socket
import subprocess
import sys
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg

from wangge.config import embedded
from wangge.config.groundwork import ROOT, VAR, Stamps, digest, ensure_keys
from wangge.config.progress import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

PLACE = VAR / "bench"
READY_SECONDS = 60


def prepare_django(url: str) -> None:
    """Load Django in this process, on the database at `url`; a second call only changes the database."""
    os.environ["DATABASE_URL"] = url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wangge.config.settings")
    os.environ.update(server_settings())
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    from django.db import connection

    connection.close()
    parsed = embedded.parse_database_url(url)
    connection.settings_dict.update({key: parsed[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})


def server_settings() -> dict[str, str]:
    """The environment of a measured server: keys of its own, long statements allowed, no demo."""
    ensure_keys(PLACE / "keys")
    return {
        "WANGGE_KEYS_DIR": str(PLACE / "keys"),
        "WANGGE_DATA_DIR": str(PLACE / "media"),
        "WANGGE_LONG_STATEMENTS": "1",
        "WANGGE_LOG_LEVEL": "ERROR",
        "MALLOC_ARENA_MAX": "2",
    }


def schema() -> str:
    """A fingerprint of the tables: what a database was made from that a later run would find changed."""
    folders = ("wangge/foundation", "wangge/domains")
    return digest(path for folder in folders for path in (ROOT / folder).rglob("migrations/*.py"))


@dataclass(frozen=True)
class Database:
    """One database of the cluster "bench"."""

    name: str
    cluster: embedded.Cluster = field(repr=False)

    def url(self, role: embedded.Role = "app") -> str:
        """The address of this database for a role."""
        head, _, query = self.cluster.url(role).partition("?")
        return f"{head.rsplit('/', 1)[0]}/{self.name}?{query}"

    def create(self) -> None:
        """Make it anew: migrations, the shipped catalogue and the cast of tests/town.py."""
        with psycopg.connect(self.cluster.url("super"), autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
            admin.execute(f'CREATE DATABASE "{self.name}" OWNER {embedded.OWNER}')
        prepare_django(self.url("owner"))
        from django.core.management import call_command
        from django.db import connection

        from tests.town import build

        call_command("migrate", verbosity=0)
        build()
        connection.close()

    def copy_of(self, other: Database) -> None:
        """Make it anew as a copy of another one, to which nobody is connected."""
        with psycopg.connect(self.cluster.url("super"), autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
            admin.execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{other.name}" OWNER {embedded.OWNER}')
            admin.execute("CHECKPOINT")

    def kept(self, fingerprint: str) -> bool:
        """Whether an earlier run left exactly this database behind."""
        return self._stamps().fresh(self.name, fingerprint)

    def keep(self, fingerprint: str) -> None:
        """Say what the database holds now, for the next run."""
        self._stamps().set(self.name, fingerprint)

    def forget(self) -> None:
        """The database is being changed: until `keep` nobody may rely on it."""
        self._stamps().set(self.name, "in work")

    def _stamps(self) -> Stamps:
        return Stamps(self.cluster.server.place / "stamps" if self.cluster.server else None)


def database(name: str) -> Database:
    """A database of the cluster "bench", which is started where needed."""
    return Database(name, embedded.ensure("bench"))


def with_cast(name: str, cluster: embedded.Cluster) -> Database:
    """A database with nothing but migrations, catalogue and cast. What they make is kept as a template."""
    template = Database("template_cast", cluster)
    made_from = digest(
        path
        for folder in ("wangge/foundation", "wangge/domains", "deploy/catalogue")
        for pattern in ("migrations/*.py", "actions/*.py", "*.yaml")
        for path in (ROOT / folder).rglob(pattern)
    )
    fingerprint = digest([ROOT / "tests/town.py"], made_from)
    if not template.kept(fingerprint):
        template.forget()
        template.create()
        template.keep(fingerprint)
    made = Database(name, cluster)
    made.copy_of(template)
    return made


def give_passwords(password: str) -> None:
    """Let the cast log in over HTTP (it has no passwords); Django must be prepared."""
    from django.contrib.auth.hashers import make_password

    from wangge.foundation.accounts.models import User

    User.objects.update(password=make_password(password))


# -- the server


@dataclass(frozen=True)
class Web:
    """A running web server."""

    port: int
    log: Path


@contextlib.contextmanager
def web(
    database: Database, *, workers: int = 2, blocking_threads: int = 4, extra: Mapping[str, str] | None = None
) -> Iterator[Web]:
    """Granian on a free port with the application's role, as the demo runs it; stopped at the end.

    `extra` is added to its environment.
    """
    PLACE.mkdir(parents=True, exist_ok=True)
    log = PLACE / f"{database.name}.log"
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--no-ws", "--workers", str(workers), "--blocking-threads", str(blocking_threads)]
    command += ["--workers-kill-timeout", "5", "--backlog", "256", "wangge.config.wsgi:application"]
    env = {key: value for key, value in os.environ.items() if not key.startswith(("DATABASE_", "WANGGE_"))}
    env |= server_settings() | {"DATABASE_URL": database.url("app")} | dict(extra or {})
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out, start_new_session=True)
    try:
        _await(process, port, log)
        yield Web(port, log)
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if Client(port).get("/healthz").status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"The web server did not start. Its log: {log}\n{log.read_text(errors='replace')[-2000:]}")


# -- the client


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said, and how long it took, in milliseconds, until the last byte was here."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    ms: float


class Client:
    """A keep-alive HTTP client with cookies; nothing is hidden from the clock but the making of the request."""

    def __init__(self, port: int, *, token: str = "", language: str = "zh-hans") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}
        self.headers = {"Host": "localhost", "Accept-Language": language}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **headers: str) -> Answer:
        """GET one address."""
        return self.send("GET", path, headers=headers)

    def send(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request and read the whole answer."""
        sent = self.headers | dict(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        began = time.perf_counter()
        self.connection.request(method, path, body=body, headers=sent)
        answer = self.connection.getresponse()
        content = answer.read()
        took = (time.perf_counter() - began) * 1000
        for header in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in http.cookies.SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, content, took)

    def log_in(self, username: str, password: str) -> None:
        """Log in by the site's own page; SystemExit when it is refused."""
        page = self.get("/account/login/")
        if page.status != 200:
            raise SystemExit(f"The log-in page answers {page.status}: {page.body[:300]!r}")
        found = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.body)
        token = found.group(1).decode() if found else self.cookies.get("wangge_csrf", "")
        form = {"login": username, "password": password, "csrfmiddlewaretoken": token}
        answer = self.send(
            "POST",
            "/account/login/",
            body=urllib.parse.urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        if answer.status != 302 or "wangge_session" not in self.cookies:
            raise SystemExit(f"{username} could not log in: {answer.status} {answer.body[:300]!r}")

    def close(self) -> None:
        """Give the connection back."""
        self.connection.close()


# -- sums and words


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that `share` (0…1) of all samples do not exceed (nearest rank)."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print columns, the first left-aligned, the others right-aligned; numbers with one decimal."""
    cells = [[_cell(value) for value in row] for row in [head, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for number, row in enumerate(cells):
        first, *others = row
        say("  ".join([first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(others, widths[1:], strict=True))]))
        if number == 0:
            say("  ".join("-" * width for width in widths))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"
    return "–" if value is None else str(value)


def finish(name: str, figures: Mapping[str, float | str]) -> None:
    """The last line of a benchmark: JSON for programs."""
    rounded = {key: round(value, 2) if isinstance(value, float) else value for key, value in figures.items()}
    say(json.dumps({"name": name, "figures": rounded}, ensure_ascii=False))
