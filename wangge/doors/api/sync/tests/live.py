"""A real web server of one process and eight threads on a test's own database, and slow senders."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[5]


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@contextlib.contextmanager
def site(database: str, home: Path):
    """Its port. Keys and media of this process: what a test writes by the actions, the site can read."""
    from django.conf import settings

    (home / "keys").mkdir()
    (home / "keys/secret_key").write_text(settings.SECRET_KEY)
    (home / "keys/data_key").write_text(base64.b64encode(settings.WANGGE_DATA_KEY).decode())
    port = free_port()
    env = os.environ | {
        "DATABASE_URL": database, "WANGGE_KEYS_DIR": str(home / "keys"), "WANGGE_VAR": str(home),
        "WANGGE_DATA_DIR": str(home / "media"), "WANGGE_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    env.pop("WANGGE_BUILD", None)
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws",
        "--workers", "1", "--blocking-threads", "8", "wangge.config.wsgi:application",
    ]  # fmt: skip
    log = (home / "site.log").open("w")
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        for _try in range(300):
            with contextlib.suppress(OSError):
                if ask(port, "GET", "/healthz")[0] == 200:
                    break
            if process.poll() is not None:
                break
            time.sleep(0.1)
        else:
            pytest.fail((home / "site.log").read_text()[-3000:])
        assert process.poll() is None, (home / "site.log").read_text()[-3000:]
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


def ask(port: int, method: str, path: str, body: bytes = b"", token: str = "", **headers) -> tuple[int, bytes]:
    """Status and body of one request on a connection of its own."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    try:
        line.request(method, path, body or None, sent)
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()


def trickle(port: int, method: str, path: str, body: bytes, *, seconds: float, token: str, **headers) -> int:
    """Send a request whose body takes so long; its status."""
    sent = {"Host": "localhost", "Authorization": f"Bearer {token}", "Content-Length": str(len(body)),
            "Connection": "close"} | {name.replace("_", "-"): value for name, value in headers.items()}  # fmt: skip
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in sent.items()) + "\r\n"
    pieces = max(2, round(seconds * 5))
    size = -(-len(body) // pieces)
    with socket.create_connection(("127.0.0.1", port), timeout=seconds + 60) as line:
        line.sendall(head.encode())
        for start in range(0, len(body), size):
            with contextlib.suppress(ConnectionError):
                line.sendall(body[start : start + size])
            time.sleep(seconds / pieces)
        return int(line.makefile("rb").readline().split()[1])
