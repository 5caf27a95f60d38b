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
def pages(lin, town):
    from wangge.foundation.places.queries import forget_grids, grid_index

    forget_grids()
    grid_index()  # the grids are held in memory by every process
    report = town.report()
    case = town.handled()
    return lin, {
        "home": "/field/plain/",
        "to do": "/field/todo/",
        "my reports": "/field/reports/",
        "report form": "/field/report/",
        "own report": f"/field/reports/{report.public_id}/",
        "ticket": f"/field/reports/{report.public_id}/sent/",
        "case to verify": f"/field/cases/{case.number}/",
        "where": f"/field/where?lon={town.grid1.lon}&lat={town.grid1.lat}",
        "pick": "/field/pick?q=垃圾",
    }


def test_pages_cost_what_is_pinned(pages):
    lin, addresses = pages
    _pin({name: _count(lin, address) for name, address in addresses.items()})


def test_twice_the_rows_cost_the_same(pages, town):
    lin, addresses = pages
    lists = ("home", "to do", "my reports", "where")
    before = {name: _count(lin, addresses[name]) for name in lists}
    for _n in range(4):
        town.handled()
    assert {name: _count(lin, addresses[name]) for name in lists} == before
