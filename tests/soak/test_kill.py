"""`make bench NAME=kill`, short here and long in `make soak`: whatever is killed, nothing is lost, doubled or stuck."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.soak.conftest import COUNTED, ROOT, SOAK

SIZE = ("10000", "64", "72") if SOAK else ("240", "8", "6")
SEEDS = (1, 2, 3) if SOAK else (1,)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost(seed):
    count, clients, kills = SIZE
    # The site has keys and a database of its own; nothing of this test run's may reach it.
    env = {key: value for key, value in os.environ.items() if not key.startswith(("DATABASE_", "WANGGE_", "PYTEST_"))}
    command = [sys.executable, "-m", "bench.kill", "--seed", str(seed)]
    command += ["--count", count, "--clients", clients, "--kills", kills]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=1800, check=False)
    assert done.stdout.strip(), done.stderr[-2000:]
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["name"] == "kill"
    figures = told["figures"]
    wanted = ("lost", "duplicate", "undispatched", "stuck", "faults")
    assert {name: figures[name] for name in wanted} == dict.fromkeys(wanted, 0), done.stdout[-4000:]
    assert (figures["submissions"], figures["kills"]) == (int(count), int(kills))
    assert figures["doubled"] > 0 < figures["cut"]
    assert all(figures[f"killed_{kind}"] > 0 for kind in ("web_worker", "web_server", "database_backend", "job_worker"))
    assert done.returncode == 0
    if SOAK:
        COUNTED.append(
            f"kill: seed {seed}, {figures['submissions']} submissions in {figures['sent']} requests, {figures['kills']} "
            f"kills, {figures['seconds']} s: lost 0, duplicate 0, undispatched 0, stuck 0"
        )
