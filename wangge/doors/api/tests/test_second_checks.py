"""复核 over the API: what waits, blind reads, and how checks ended."""

from __future__ import annotations

import pytest

from wangge.domains.cases import actions
from wangge.domains.cases.models import PhotoDoubt
from wangge.domains.cases.tests.shots import shot

NEW, FIRST, NOTE = "e" * 64, "5" * 64, "泡沫板已全部清走"


@pytest.fixture
def drawn(town, settings):
    settings.SECOND_CHECK_PERCENT = 100
    town.sent(FIRST, by=town.su)
    return town.read(actions.verify(case=town.handled(), by=town.su, note=NOTE, photos=[FIRST]))


def test_what_waits_for_whom(drawn, calls, town):
    (item,) = calls(town.lin).get("/second-checks").json()["items"]
    assert (item["case"]["number"], item["why"]) == (drawn.number, "sample")
    assert calls(town.su).get("/second-checks").json() == {"items": [], "next": None}
    assert calls(town.luo).get("/second-checks").status_code == 403
    assert [row["kind"] for row in calls(town.lin).get("/duties?kind=case.second_check").json()["items"]] == [
        "case.second_check"
    ]


def test_pages_of_what_waits(drawn, calls, town):
    other = actions.verify(case=town.handled(), by=town.su)
    first = calls(town.lin).get("/second-checks?limit=1").json()
    rest = calls(town.lin).get(f"/second-checks?limit=1&cursor={first['next']}").json()
    assert [page["items"][0]["case"]["number"] for page in (first, rest)] == [drawn.number, other.number]


def test_blind_until_the_answer(drawn, calls, town):
    def read(who):
        base = f"/cases/{drawn.public_id}"
        return "".join(calls(who).get(base + part).content.decode() for part in ("", "/timeline", "/photos"))

    assert NOTE not in read(town.lin)
    assert FIRST not in read(town.lin)
    assert NOTE in read(town.luo)
    assert FIRST in read(town.luo)
    assert calls(town.lin).get(f"/media/{FIRST}/facts").status_code == 404
    actions.pass_second_check(case=drawn, by=town.lin, photos=[shot(town, NEW, by=town.lin)])
    assert NOTE in read(town.lin)
    assert FIRST in read(town.lin)


def test_how_it_ended_is_read_by_whoever_sees_the_case(drawn, calls, town):
    address = f"/cases/{drawn.public_id}/second-checks"
    (row,) = calls(town.luo).get(address).json()["items"]
    assert (row["passed"], row["by"], row["lapsed"]) == (None, None, "")
    assert calls(town.he).get(address).json() == {"items": []}
    assert calls(town.zhao).get(address).status_code == 404
    actions.pass_second_check(case=drawn, by=town.lin, photos=[shot(town, NEW, by=town.lin)], note="属实")
    (row,) = calls(town.he).get(address).json()["items"]
    assert (row["passed"], row["by"], row["note"]) == (True, "林晓", "属实")


def test_a_doubtful_photo_is_marked(calls, town):
    case = town.handled(photos=["d" * 64])
    photos = {photo.kind: photo for photo in case.photos.all()}
    PhotoDoubt.objects.create(photo=photos["after"], earlier=photos["report"], at=case.since)
    rows = calls(town.su).get(f"/cases/{case.public_id}/photos").json()["items"]
    assert {row["kind"]: row["doubtful"] for row in rows} == {"report": False, "before": False, "after": True}
