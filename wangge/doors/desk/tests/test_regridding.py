"""Pages of plans of new grids: from the first click to the confirmed plan; whose ground it is not gets nowhere."""

import datetime as dt
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.town import SINCE, square
from wangge.foundation.core import clock
from wangge.foundation.places import redrawing
from wangge.foundation.places.models import Building, BuildingGrid, GridPlan


@pytest.fixture
def houses(town):
    made = []
    for n in range(6):
        grid, column = (town.grid1, 0) if n < 3 else (town.grid2, 1)
        house = Building.objects.create(
            community=town.community,
            name=f"{n + 10}号楼",
            floors=6,
            lon=116.002 + column * 0.01 + n % 3 * 0.003,
            lat=35.004,
        )
        BuildingGrid.objects.create(building=house, grid=grid, valid_from=SINCE)
        made.append(house)
    return made


@pytest.fixture
def chief(town, client):
    town.log_in(client, town.luo)
    return client


@pytest.fixture
def plan(town, houses):
    return redrawing.draft(by=town.luo, area=town.community, valid_from=clock.today() + dt.timedelta(days=30))


def url(name, *args):
    return reverse(f"desk:{name}", args=args)


def test_from_the_first_click_to_the_confirmed_plan(town, houses, chief):
    day = clock.today() + dt.timedelta(days=30)
    assert b"grids/plans/" in chief.get(url("grids")).content
    sent = {"area": town.community.pk, "valid_from": day.isoformat(), "note": "南街办〔2026〕18号"}
    answer = chief.post(url("grid-plans"), sent)
    plan = GridPlan.objects.get()
    assert answer.headers["Location"] == url("grid-plan", plan.pk)
    chief.post(
        url("grid-plan-add", plan.pk), {"community": town.community.pk, "name_zh": "第三网格", "grid_kind": "basic"}
    )
    third = plan.grids.get(name_zh="第三网格")
    chosen = {"building": [houses[2].pk], "target": third.code}
    answer = chief.post(url("grid-plan-assign", plan.pk, town.grid1.code), chosen)
    assert answer.status_code == 302
    third.refresh_from_db()
    assert third.buildings == [houses[2].pk]
    answer = chief.post(
        url("grid-plan-grid", plan.pk, third.code),
        {"name_zh": "第三网格", "name_en": "Grid 3", "workers": [town.gao.pk]},
    )
    assert answer.status_code == 302
    page = chief.get(url("grid-plan", plan.pk)).content.decode()
    assert page.count("dk-sketch__grid ") == 3
    assert "高远" in page
    assert chief.post(url("grid-plan-confirm", plan.pk)).status_code == 302
    plan.refresh_from_db()
    assert (plan.state, plan.confirmed_by, plan.note) == ("confirmed", town.luo.pk, "南街办〔2026〕18号")
    page = chief.get(url("grid-plan", plan.pk)).content.decode()
    assert "grid-plan-confirm" not in page
    assert chief.post(url("grid-plan-assign", plan.pk, town.grid1.code), chosen).status_code == 422
    chief.post(url("grid-plan-withdraw", plan.pk))
    plan.refresh_from_db()
    assert plan.state == "withdrawn"
    assert "南街办" in chief.get(url("grid-plans")).content.decode()


def test_an_empty_grid_is_taken_out(town, chief, plan):
    chief.post(
        url("grid-plan-add", plan.pk), {"community": town.community.pk, "name_zh": "第三网格", "grid_kind": "basic"}
    )
    code = plan.grids.get(name_zh="第三网格").code
    chief.post(url("grid-plan-drop", plan.pk, code))
    chief.post(url("grid-plan-drop", plan.pk, town.grid1.code))  # has buildings: stays
    assert sorted(plan.grids.values_list("code", flat=True)) == [town.grid1.code, town.grid2.code]


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("grid-plans", {"area": "", "valid_from": "", "note": "留着我"}),
        ("grid-plans", {"area": "999999", "valid_from": "2027-01-01", "note": "留着我"}),
        ("grid-plans", {"area": "own", "valid_from": "2026-01-01", "note": "留着我"}),
        ("grid-plans", {"area": "own", "valid_from": "2999-01-01", "note": "留着我"}),
        ("grid-plan-add", {"community": "own", "name_zh": "", "name_en": "留着我", "grid_kind": "basic"}),
        ("grid-plan-add", {"community": "999999", "name_zh": "留着我", "grid_kind": "basic"}),
        ("grid-plan-add", {"community": "own", "name_zh": "留着我", "grid_kind": "strange"}),
    ],
)
def test_an_invalid_form_keeps_what_was_typed(town, chief, plan, name, sent):
    sent = {key: town.community.pk if value == "own" else value for key, value in sent.items()}
    before = (GridPlan.objects.count(), plan.grids.count())
    answer = chief.post(url(name, *([plan.pk] if name == "grid-plan-add" else [])), sent)
    assert answer.status_code == 422
    assert "留着我" in answer.content.decode()
    assert (GridPlan.objects.count(), plan.grids.count()) == before


@pytest.mark.parametrize(
    "sent", [{}, {"building": ["x"], "target": "1"}, {"building": ["1"]}, {"building": ["99999999999999999999"]}]
)
def test_giving_over_nothing_is_refused(town, chief, plan, sent):
    before = list(plan.grids.values_list("buildings", flat=True))
    assert chief.post(url("grid-plan-assign", plan.pk, town.grid1.code), sent).status_code == 422
    assert list(plan.grids.values_list("buildings", flat=True)) == before


def drawn(*squares):
    features = [{"type": "Feature", "geometry": one, "properties": {"name": "画的网格"}} for one in squares]
    return SimpleUploadedFile("grids.geojson", json.dumps({"type": "FeatureCollection", "features": features}).encode())


def test_drawn_grids_come_in_and_gaps_are_named(town, chief, plan):
    answer = chief.post(url("grid-plan-drawn", plan.pk), {"file": drawn(square(0, 0)), "datum": "WGS84"})
    assert answer.status_code == 422
    assert "m²" in answer.content.decode() or "平方米" in answer.content.decode()
    assert plan.grids.filter(name_zh="画的网格").count() == 0
    answer = chief.post(url("grid-plan-drawn", plan.pk), {"file": drawn(square(0, 0), square(1, 0)), "datum": "WGS84"})
    assert answer.status_code == 302
    assert plan.grids.filter(name_zh="画的网格").count() == 2


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe\x00", b"[]", b'{"features": 7}', b"[" * 100_000])
def test_a_broken_file_is_refused(chief, plan, raw):
    sent = {"file": SimpleUploadedFile("x.geojson", raw), "datum": "WGS84"}
    answer = chief.post(url("grid-plan-drawn", plan.pk), sent)
    assert answer.status_code == 422
    assert plan.grids.count() == 2


def test_other_peoples_ground_is_not_there(town, client, plan):
    for who, status in ((town.zhao, 403), (town.lin, 403), (town.root, 403)):
        town.log_in(client, who)
        assert client.get(url("grid-plan", plan.pk)).status_code == status
        assert client.post(url("grid-plan-confirm", plan.pk)).status_code == status
    from wangge.foundation.accounts import actions as accounts

    accounts.give_post(
        by=None, user=town.zhao, role="duty_chief", valid_from=SINCE, organisation=town.north_centre, area=town.north
    )
    town.log_in(client, town.fresh(town.zhao))
    assert client.get(url("grid-plans")).status_code == 200
    for answer in (
        client.get(url("grid-plan", plan.pk)),
        client.get(url("grid-plan-grid", plan.pk, town.grid1.code)),
        client.post(url("grid-plan-confirm", plan.pk)),
        client.post(url("grid-plan-withdraw", plan.pk)),
        client.post(url("grid-plan-add", plan.pk), {}),
    ):
        assert answer.status_code == 404
    day = clock.today() + dt.timedelta(days=9)
    answer = client.post(url("grid-plans"), {"area": town.community.pk, "valid_from": day.isoformat()})
    assert answer.status_code == 422
    assert GridPlan.objects.count() == 1
    plan.refresh_from_db()
    assert plan.state == "draft"


def test_twice_the_buildings_cost_no_query(town, chief, plan, houses, django_assert_max_num_queries):
    def built(numbers: range) -> None:
        for n in numbers:
            house = Building.objects.create(community=town.community, name=f"{n}号", lon=116.004, lat=35.002 + n / 1000)
            BuildingGrid.objects.create(building=house, grid=town.grid1, valid_from=SINCE)
        chief.get(url("grid-plan", plan.pk))  # new ground: the token of the tiles is computed anew, once

    built(range(1))  # a grid with a new building is no longer as it was: who works it is asked
    with django_assert_max_num_queries(20) as first:
        chief.get(url("grid-plan", plan.pk))
    queries = len(first.captured_queries)
    built(range(1, 7))
    with django_assert_max_num_queries(queries):
        chief.get(url("grid-plan", plan.pk))


def test_a_plan_warns_of_what_it_changes_and_folds_a_long_list(town, chief, plan):
    page = chief.get(url("grid-plan", plan.pk)).content.decode()
    assert "将不足 300 户" not in page  # both grids stay as they are, however small
    names = [f"新{n}网格" for n in range(8)]
    for name in names:
        sent = {"community": town.community.pk, "name_zh": name, "grid_kind": "basic"}
        assert chief.post(url("grid-plan-add", plan.pk), sent).status_code == 302
    seen, folded = chief.get(url("grid-plan", plan.pk)).content.decode().split("<details><summary>", 1)
    assert sum(name in seen.split("wg-notice__list", 1)[1] for name in names) == 6
    assert folded.startswith("另有 2 项</summary>")
