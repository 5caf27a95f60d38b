"""The demo's supervisor: keys, stamps, restarts, and an end that leaves nothing behind."""

from __future__ import annotations

import base64
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from wangge.config import embedded, groundwork, supervise
from wangge.config.progress import SetupError


@pytest.fixture
def var(monkeypatch, tmp_path) -> Path:
    monkeypatch.setattr(supervise, "VAR", tmp_path)
    monkeypatch.setattr(supervise, "LOGS", tmp_path)
    monkeypatch.setattr(supervise, "STATE", tmp_path / "run/demo.json")
    monkeypatch.setattr(supervise, "LOCK", tmp_path / "run/demo.lock")
    return tmp_path


def until(condition, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(condition())


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def part(code: str) -> supervise.Part:
    return supervise.Part("trial", [sys.executable, "-c", code], dict(os.environ))


def test_keys_are_made_once_and_readable_by_us_alone(tmp_path):
    groundwork.ensure_keys(tmp_path / "keys")
    made = {path.name: path.read_text() for path in (tmp_path / "keys").iterdir()}
    assert set(made) == {"secret_key", "data_key"}
    assert {name: len(base64.b64decode(text)) for name, text in made.items()} == {"secret_key": 32, "data_key": 32}
    assert made["secret_key"] != made["data_key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()} == {0o600}
    groundwork.ensure_keys(tmp_path / "keys")
    assert {path.name: path.read_text() for path in (tmp_path / "keys").iterdir()} == made


def test_a_stamp_holds_for_its_inputs_and_never_for_an_outside_database(tmp_path):
    stamps = groundwork.Stamps(tmp_path / "stamps")
    assert stamps.fresh("migrated", "a") is False
    stamps.set("migrated", "a")
    assert stamps.fresh("migrated", "a") is True
    assert stamps.fresh("migrated", "b") is False
    outside = groundwork.Stamps(None)
    outside.set("migrated", "a")
    assert outside.fresh("migrated", "a") is False


def test_a_digest_changes_with_content_and_with_presence(monkeypatch, tmp_path):
    monkeypatch.setattr(groundwork, "ROOT", tmp_path)
    file = tmp_path / "a.txt"
    file.write_text("one")
    first = groundwork.digest([file])
    assert groundwork.digest([file]) == first
    file.write_text("two")
    second = groundwork.digest([file])
    file.unlink()
    third = groundwork.digest([file])
    assert len({first, second, third}) == 3


def test_a_busy_port_names_the_way_out():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SetupError) as caught:
            groundwork.check_port("127.0.0.1", port)
    assert str(caught.value) == f"Port {port} is in use. Take another one: PORT={port + 1} make demo"
    groundwork.check_port("127.0.0.1", port)


def test_a_part_that_ends_well_is_started_again_after_a_growing_pause(var, capsys):
    worker = part("raise SystemExit(0)")
    worker.start()
    pauses = []
    for _ in range(3):
        worker.process.wait(timeout=10)
        worker.tend()
        assert worker.process is None
        pauses.append(round(worker.due - time.monotonic(), 1))
        worker.tend()
        assert worker.process is None
        worker.due = 0
        worker.tend()
        assert worker.process is not None
    worker.process.wait(timeout=10)
    assert pauses == [0.5, 1.0, 2.0]
    assert worker.failures == 3
    assert "The trial ended with 0; it starts again in 0.5 s." in capsys.readouterr().out


def test_the_pause_has_an_end_and_a_steady_run_forgets(var):
    worker = part("raise SystemExit(1)")
    worker.failures = 20
    worker.start()
    worker.process.wait(timeout=10)
    worker.tend()
    assert round(worker.due - time.monotonic()) == supervise.LONGEST_PAUSE
    worker.due = 0
    worker.tend()
    worker.process.wait(timeout=10)
    worker.started -= supervise.STEADY_SECONDS
    worker.tend()
    assert worker.failures == 1


def test_stopping_ends_the_stubborn_and_their_children(var):
    code = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    stubborn = part(code)
    stubborn.start()
    assert until(lambda: stubborn.log.read_text().strip().isdigit())
    child = int(stubborn.log.read_text())
    stubborn.ask_to_stop()
    stubborn.finish(time.monotonic() + 0.3)
    assert stubborn.process.returncode == -signal.SIGKILL
    assert until(lambda: not alive(child))


def test_children_of_a_killed_part_do_not_hold_its_place(var):
    code = (
        "import subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    web = part(code)
    web.start()
    assert until(lambda: web.log.read_text().strip().isdigit())
    child = int(web.log.read_text())
    web.process.kill()
    web.process.wait(timeout=10)
    web.tend()
    assert until(lambda: not alive(child))
    web.finish(time.monotonic() + 1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_parts_do_not_outlive_a_killed_supervisor(var, tmp_path):
    code = (
        "import os, sys, time, pathlib; from wangge.config import supervise;"
        f"supervise.LOGS = pathlib.Path({str(tmp_path)!r});"
        "p = supervise.Part('orphan', [sys.executable, '-c', 'import time; time.sleep(60)'], dict(os.environ));"
        "p.start(); print(p.process.pid, flush=True); time.sleep(60)"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=groundwork.ROOT)
    orphan = int(supervisor.stdout.readline())
    assert alive(orphan)
    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()
    assert until(lambda: not alive(orphan))


def test_a_checkout_runs_once(var):
    assert supervise.running() is False
    with supervise.only_one():
        supervise._remember(8123, ready=True)
        assert supervise.running() is True
        with (
            pytest.raises(SetupError, match=r"already running at http://127\.0\.0\.1:8123/\. `make down` stops it"),
            supervise.only_one(),
        ):
            pytest.fail("the second one got in")
    assert supervise.running() is False
    assert supervise.recall() == {}


def test_the_servers_never_see_the_owners_password(monkeypatch, var):
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner:pw@db/grid")
    cluster = embedded.Cluster(
        name="demo", urls={"app": "postgresql://app@db/grid", "owner": "postgresql://own@db/grid"}
    )
    for started in supervise.parts(cluster, "127.0.0.1", 8123):
        assert started.env["DATABASE_URL"] == "postgresql://app@db/grid"
        assert "DATABASE_OWNER_URL" not in started.env
        assert started.env["WANGGE_DEMO"] == "1"


def test_a_full_disk_stops_the_demo_before_the_database(monkeypatch, var):
    monkeypatch.setattr(groundwork.shutil, "disk_usage", lambda _: SimpleNamespace(free=100_000_000))
    monkeypatch.setattr(embedded, "ensure", lambda _name: pytest.fail("PostgreSQL was started"))
    with pytest.raises(SetupError, match="nearly full: 100 MB free, 500 MB needed"):
        supervise.prepare("small", SimpleNamespace())
    assert list(var.iterdir()) == []


def test_nobody_answers_readyz():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert supervise.get_ready("127.0.0.1", unused.getsockname()[1]) == (0, "")
