"""How many queries each page costs: a changed number is a visible diff of query_counts.json, and more rows cost none.

UPDATE_QUERY_COUNTS=1 rewrites the file.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

PINNED = Path(__file__).with_name("query_counts.json")


def _count(client, address: str) -> int:
    client.get(address)  # what a process holds in memory is there
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def _pin(counts: dict[str, int]) -> None:
    held = json.loads(PINNED.read_text(encoding="utf-8")) if PINNED.exists() else {}
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        text = json.dumps(held | counts, indent=2, sort_keys=True) + "\n"
        PINNED.write_text(text, encoding="utf-8")
        return
    assert counts == {name: held.get(name) for name in counts}


@pytest.fixture
def pages(client, town):
    from wangge.doors.portal.tests.conftest import link
    from wangge.foundation.places.queries import forget_grids, grid_index

    forget_grids()
    grid_index()  # the grids are held in memory by every process
    case = town.evaluating()
    report = town.voice(case)
    here = f"lon={town.compound.lon}&lat={town.compound.lat}"
    return client, case, {
        "home": "/p/",
        "report form": "/p/report/",
        "report form, scanned": f"/p/report/?at={town.grid1.code}",
        "where": f"/p/report/where/?{here}",
        "compounds": f"/p/report/compounds/?community={town.community.pk}",
        "follow": link(report),
        "slip": link(report, "slip"),
        "my slips": "/p/follow/",
        "grids": "/p/grids/",
        "grids, by name": "/p/grids/?q=槐荫社区",
        "grid": f"/p/grids/{town.grid1.pk}/",
        "boundary": f"/p/grids/{town.grid1.pk}/boundary.json",
    }  # fmt: skip


def test_pages_cost_what_is_pinned(pages):
    client, _case, addresses = pages
    _pin({name: _count(client, address) for name, address in addresses.items()})


def test_more_voices_cost_nothing_more(pages, town):
    from wangge.domains.cases import actions

    client, case, addresses = pages
    before = _count(client, addresses["follow"])
    for n in range(5):
        actions.join(
            case=case, by=town.lin, source="patrol", text=f"又一条 {n}", place=town.place(), photos=[f"{n:064x}"]
        )
    assert _count(client, addresses["follow"]) == before
