"""Numbers of queries are pinned in `query_counts.json`; twice the rows cost none."""

from __future__ import annotations

import pytest

from wangge.doors.desk.tests.conftest import pinned

LISTS = {
    "home": ("luo", "/desk/"),
    "cases": ("luo", "/desk/cases/"),
    "queue_file": ("luo", "/desk/cases/queue/file/"),
    "map": ("luo", "/desk/map/"),
    "map_cases": ("luo", "/desk/map/cases.json"),
    "module": ("luo", "/desk/modules/city/"),
    "search": ("luo", "/desk/search/?q=板房"),
    "grid": ("luo", "/desk/grids/{grid}/"),
}


@pytest.mark.parametrize("name", LISTS)
def test_twice_the_rows_the_same_queries(town, at_desk, name):
    who, url = LISTS[name]
    for _n in range(3):
        town.reported(contact=town.wu())
    url = url.format(grid=town.grid1.pk)
    client = at_desk(who)
    client.get(url)
    with pinned(name):
        first = client.get(url)
    for _n in range(3):
        town.reported(contact=town.wu())
    with pinned(name):
        second = client.get(url)
    assert (first.status_code, second.status_code) == (200, 200)
    assert len(second.content) > len(first.content)


@pytest.mark.parametrize("state", ["reported", "filed", "dispatched", "handled", "evaluating", "closed"])
def test_queries_of_the_case_page(town, at_desk, state):
    case = getattr(town, state)()
    client = at_desk("luo")
    client.get(f"/desk/cases/{case.number}/")
    with pinned(f"case_{state}"):
        assert client.get(f"/desk/cases/{case.number}/").status_code == 200
    with pinned(f"pane_{state}"):
        assert client.get(f"/desk/cases/{case.number}/panel/").status_code == 200
