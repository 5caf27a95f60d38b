"""The notice of a grid: who looks after it, what it became, its code to scan."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.fieldwork.actions.office_hours import end_office_hour, set_office_hour
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.core import clock
from wangge.foundation.places import actions as places
from wangge.foundation.places.models import Area
from wangge.foundation.places.queries import forget_grids


def test_the_notice_names_the_team_and_only_office_phones(client, town):
    accounts.give_post(by=None, user=town.fang, role="grid_head", valid_from=dt.date(2024, 1, 1), area=town.grid1)
    page = client.get(f"/p/grids/{town.grid1.pk}/").content.decode()
    assert "林晓" in page
    assert "方敏" in page
    assert "高远" not in page  # works the next grid
    assert "0999-1000000" in page
    assert "物业所家属院" in page
    assert f"/p/report/?at={town.grid1.code}" in page


def test_a_post_that_ended_is_no_longer_named(client, town):
    post = town.lin.posts.get()
    accounts.end_post(post=post, by=None)
    assert "林晓" not in client.get(f"/p/grids/{town.grid1.pk}/").content.decode()


def test_office_hours_of_the_place_are_told_without_a_name(client, town):
    def hour(area, spot):
        return set_office_hour(
            by=town.luo, area=area, spot=spot, weekday=2, opens=dt.time(9), closes=dt.time(11), user=town.luo
        )

    own, above = hour(town.grid1, "南门党群驿站"), hour(town.community, "居委会一楼")
    hour(town.grid2, "别的网格")
    told = client.get(f"/p/grids/{town.grid1.pk}/").content.decode()
    assert ["南门党群驿站" in told, "居委会一楼" in told, "别的网格" in told, "09:00–11:00" in told] == [
        True,
        True,
        False,
        True,
    ]
    assert town.luo.name not in told
    for row in (own, above):
        end_office_hour(by=town.luo, hour=row)
    assert "09:00–11:00" not in client.get(f"/p/grids/{town.grid1.pk}/").content.decode()


def test_the_code_to_scan_is_a_picture(client, town):
    response = client.get(f"/p/grids/{town.grid1.pk}/qr.svg")
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert response.content.startswith(b"<svg")


def test_the_boundary_marks_the_grid_among_its_neighbours(client, town):
    features = client.get(f"/p/grids/{town.grid1.pk}/boundary.json").json()["features"]
    assert {f["id"]: f["properties"]["tone"] for f in features} == {town.grid1.pk: "blue", town.grid2.pk: "quiet"}
    assert client.get("/p/grids/ground.json").json()["type"] == "FeatureCollection"


@pytest.mark.parametrize("name", ["community", "south", "district"])
def test_only_grids_have_a_notice(client, town, name):
    pk = getattr(town, name).pk
    for address in (f"/p/grids/{pk}/", f"/p/grids/{pk}/qr.svg", f"/p/grids/{pk}/boundary.json"):
        assert client.get(address).status_code == 404


def test_no_grid_of_this_number(client, town):
    for pk in ("0", "999999999", "9" * 40):
        assert client.get(f"/p/grids/{pk}/").status_code == 404


def _redraw(town, shares):
    old = town.grid1
    fresh = []
    Area.objects.filter(pk=old.pk).update(valid_to=clock.today())
    for n, share in enumerate(shares):
        new = places.add_area(
            by=None, kind="grid", code=f"99999900100190{n}", name_zh=f"新网格{n}", parent=town.community,
            valid_from=clock.today(), grid_kind="basic", boundary=old.boundary, lon=old.lon, lat=old.lat,
        )  # fmt: skip
        fresh.append((old, new, share))
    places.record_lineage(by=None, links=fresh)
    forget_grids()
    return old, [new for _old, new, _share in fresh]


def test_a_redrawn_grid_leads_to_what_it_became(client, town):
    old, (new,) = _redraw(town, [1])
    assert client.get(f"/p/grids/{old.pk}/").url == f"/p/grids/{new.pk}/"


def test_a_divided_grid_names_its_parts(client, town):
    old, parts = _redraw(town, [0.5, 0.5])
    response = client.get(f"/p/grids/{old.pk}/")
    assert response.status_code == 410
    assert all(part.name_zh in response.content.decode() for part in parts)


@pytest.mark.parametrize("q", ["物业所家属院", "家属院", "槐荫社区", "第一网格"])
def test_a_grid_is_found_by_name(client, town, q):
    assert f"/p/grids/{town.grid1.pk}/" in client.get("/p/grids/", {"q": q}).content.decode()


def test_a_name_of_nothing_offers_a_way_on(client, town):
    response = client.get("/p/grids/", {"q": "不存在的地方"})
    assert response.status_code == 200
    assert "没有找到这个名称" in response.content.decode()


@pytest.mark.parametrize("q", ["x" * 61, "\x01"])
def test_a_hostile_name_is_no_accident(client, town, q):
    assert client.get("/p/grids/", {"q": q}).status_code in {200, 422}


def test_a_position_finds_the_grid(client, town):
    lon, lat = town.grid2.lon, town.grid2.lat
    assert f"/p/grids/{town.grid2.pk}/" in client.get("/p/grids/where/", {"lon": lon, "lat": lat}).content.decode()
    assert client.get("/p/grids/where/", {"lon": "nan", "lat": "1"}).status_code == 422
    assert client.get("/p/grids/where/", {"lon": "0", "lat": "0"}).status_code == 200
