"""A real web server on a committed copy of the cast's database, for tests that talk to it over HTTP.

With SOAK=1 (`make soak`) the same tests run long; what they counted is printed at the end.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.parse
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.soak.model import STAFF
from tests.town import SINCE

ROOT = Path(__file__).resolve().parents[2]
SOAK = os.environ.get("SOAK") == "1"
COUNTED: list[str] = []


def pytest_terminal_summary(terminalreporter) -> None:
    """What the long tests counted."""
    if COUNTED:
        terminalreporter.section("soak")
        for line in COUNTED:
            terminalreporter.write_line(line)


@dataclasses.dataclass
class Reply:
    """What the server said."""

    status: int
    body: bytes
    headers: dict[str, str]

    def json(self):
        return json.loads(self.body)


class Line:
    """One person's keep-alive connection; cookies are kept."""

    def __init__(self, port: int, token: str = "") -> None:
        self.port, self.token = port, token
        self.cookies: dict[str, str] = {}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        sent = {"Host": "localhost", "Accept-Language": "zh-hans"}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        for attempt in range(2):
            try:
                self.connection.request(method, path, body=body, headers=sent | headers)
                answer = self.connection.getresponse()
                content = answer.read()
                break
            except (http.client.HTTPException, ConnectionError):  # an idle connection may have been closed
                self.connection.close()
                if attempt:
                    raise
        for header in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = header.split(";", 1)[0].partition("=")
            self.cookies[name] = value
        return Reply(answer.status, content, {key.lower(): value for key, value in answer.headers.items()})

    def get(self, path: str) -> Reply:
        return self.send("GET", path, Accept="application/json" if path.startswith("/api/") else "text/html")

    def post(self, path: str, said: object, key: str | None = None) -> Reply:
        body = json.dumps(said, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key or str(uuid.uuid4())}
        return self.send("POST", f"/api/v1{path}", body, **headers)

    def form(self, path: str, said: dict[str, str]) -> Reply:
        """A form of the public page, as a browser sends it."""
        page = self.get(path.rsplit("/", 2)[0] + "/")
        found = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.body)
        token = found.group(1).decode() if found else self.cookies.get("wangge_csrf", "")
        body = urllib.parse.urlencode(said | {"csrfmiddlewaretoken": token}).encode()
        return self.send("POST", path, body, **{"Content-Type": "application/x-www-form-urlencoded"})


@dataclasses.dataclass
class Site:
    """The running server, and a line for each of the cast; `resident` has no log-in."""

    port: int
    lines: dict[str, Line]
    resident: Line


@pytest.fixture
def site(own_database, tmp_path) -> Iterator[Site]:
    """Granian with two workers, as in production, on this test's own database."""
    from django.db import connection

    from wangge.foundation.accounts.actions import add_user, give_post, issue_token
    from wangge.foundation.accounts.models import Organisation, User
    from wangge.foundation.places.models import Area

    leader = add_user(by=None, username="leader", name="钱主任", password=None)
    office, street = Organisation.objects.get(name_zh="南城街道办事处"), Area.objects.get(code="999999001")
    give_post(by=None, user=leader, role="street_leader", valid_from=SINCE, organisation=office, area=street)
    tokens = {name: issue_token(by=User.objects.get(username=name), name="soak")[1] for name in STAFF}
    connection.close()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    env = os.environ | {"DATABASE_URL": own_database, "WANGGE_VAR": str(tmp_path), "WANGGE_DATA_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], cwd=ROOT, env=env, check=True)
    log = tmp_path / "web.log"
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--no-ws", "--workers", "2", "--blocking-threads", "2", "wangge.config.wsgi:application"]
    with log.open("wb") as out:
        server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out, start_new_session=True)
    try:
        _await(port, server, log)
        lines = {name: Line(port, token) for name, token in tokens.items()}
        resident = Line(port)
        yield Site(port, lines, resident)
        for line in (*lines.values(), resident):
            line.connection.close()
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _await(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError):
            line = Line(port)
            well = line.get("/healthz").status == 200
            line.connection.close()
            if well:
                return
        time.sleep(0.1)
    pytest.fail(f"The web server did not start:\n{log.read_text(errors='replace')[-2000:]}")
