"""A browser of the desk, and the pinned numbers of queries."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

PINNED = Path(__file__).parent / "query_counts.json"


@pytest.fixture
def at_desk(client, town):
    """`at_desk("chen")`: the client, signed in as that member of the cast."""

    def sign_in(who: str):
        town.log_in(client, town.fresh(getattr(town, who)))
        return client

    return sign_in


@pytest.fixture
def take(town, client):
    """`take("chen", case, "dispatch", unit=…)`: POST the form of a step as it stands on the case page."""

    def post(who: str, case, verb: str, *, htmx: bool = False, **fields):
        town.log_in(client, town.fresh(getattr(town, who)))
        values = {"since": town.read(case).since.isoformat(), "queue": "", **fields}
        headers = {"HX-Request": "true"} if htmx else {}
        return client.post(f"/desk/cases/{case.number}/step/{verb}/", values, headers=headers)

    return post


@contextmanager
def pinned(name: str):
    """The number of queries inside is what `query_counts.json` says; UPDATE_QUERY_COUNTS=1 writes it."""
    with CaptureQueriesContext(connection) as caught:
        yield
    held = json.loads(PINNED.read_text()) if PINNED.exists() else {}
    if os.environ.get("UPDATE_QUERY_COUNTS") == "1":
        held[name] = len(caught)
        PINNED.write_text(json.dumps(dict(sorted(held.items())), indent=2) + "\n")
        return
    told = "\n".join(query["sql"][:160] for query in caught)
    assert len(caught) == held.get(name), f"{name}: {len(caught)} queries, pinned {held.get(name)}\n{told}"
