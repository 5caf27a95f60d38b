"""`make bench NAME=offline`, short here and long in `make soak`: nothing that a worker queued is lost, doubled or miscounted."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.soak.conftest import COUNTED, ROOT, SOAK
from tests.town import PASSWORD

pytestmark = pytest.mark.browser
COUNT, KILLS = ("500", "20") if SOAK else ("50", "3")


def test_nothing_that_waits_in_a_phone_is_lost(site, own_database, tmp_path):
    from django.contrib.auth.hashers import Argon2PasswordHasher

    from wangge.foundation.accounts.models import User

    User.objects.filter(username="lin").update(password=Argon2PasswordHasher().encode(PASSWORD, "salt-of-the-test"))
    # Beside the other browser tests: one process can hold one Playwright.
    command = [sys.executable, "-m", "bench.offline", "--count", COUNT, "--kills", KILLS, "--seed", "1"]
    command += ["--port", str(site.port), "--database", own_database, "--media", str(tmp_path)]
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=3600, check=False)
    assert done.stdout.strip(), done.stderr[-2000:]
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["name"] == "offline", done.stderr[-2000:]
    figures = told["figures"]
    wanted = ("lost", "duplicate", "photo_mismatch", "count_wrong", "faults")
    assert {name: figures[name] for name in wanted} == dict.fromkeys(wanted, 0), done.stdout[-4000:]
    assert (figures["sent"], figures["kills"], figures["full"]) == (int(COUNT), int(KILLS), 1)
    assert figures["cut_up"] + figures["cut_down"] > 0 < figures["offline"]
    assert done.returncode == 0
    if SOAK:
        COUNTED.append(
            f"offline: {figures['sent']} reports with {figures['photos']} photos, {figures['kills']} kills, "
            f"{figures['cut_up'] + figures['cut_down']} exchanges cut, {figures['seconds']} s: nothing lost, doubled or wrong"
        )
