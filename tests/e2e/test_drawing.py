"""A grid is drawn on the map of a plan, by mouse and by keyboard; the preview follows; what does not fit is kept."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.e2e.conftest import DESK, PHONE
from tests.e2e.test_map import _NO_WEBGL, PATIENCE
from tests.town import SINCE
from wangge.foundation.core import clock
from wangge.foundation.places import redrawing
from wangge.foundation.places.models import Building, BuildingGrid, GridPlan

pytestmark = pytest.mark.browser

CANVAS = "#sketch .wg-map__canvas"
SMALL = {"width": 1280, "height": 800}
READY = f"() => document.querySelector('{CANVAS}')?.dataset.ready === 'true' && document.querySelector('{CANVAS}').dataset.bounds"


@pytest.fixture
def plan(at_site):
    """A plan of the community, a row of houses in its first grid; withdrawn afterwards, so that other tests see none."""
    with at_site() as town:
        houses = []
        for n in range(6):
            house = Building.objects.create(
                community=town.community, name=f"画{n + 1}号楼", floors=6, lon=116.0015 + n * 0.0014, lat=35.005
            )
            BuildingGrid.objects.create(building=house, grid=town.grid1, valid_from=SINCE)
            houses.append(house.pk)
        day = clock.today() + dt.timedelta(days=30)
        row = redrawing.draft(by=town.luo, area=town.community, valid_from=day, note="画网格")
    yield row.pk
    with at_site() as town:
        redrawing.withdraw(by=town.luo, plan=GridPlan.objects.get(pk=row.pk))
        BuildingGrid.objects.filter(building__in=houses).delete()
        Building.objects.filter(pk__in=houses).delete()


def opened(visitor, plan):
    page = visitor.go(f"desk/grids/plans/{plan}/")
    page.locator("#sketch").scroll_into_view_if_needed()
    page.locator(CANVAS).scroll_into_view_if_needed()
    page.wait_for_function(READY, timeout=PATIENCE)
    return page


def spot(page, lon: float, lat: float) -> tuple[float, float]:
    """Where a place is within the map: flat enough at this size for a straight line between the edges."""
    west, south, east, north = map(float, page.locator(CANVAS).get_attribute("data-bounds").split(","))
    box = page.locator(CANVAS).bounding_box()
    return (lon - west) / (east - west) * box["width"], (north - lat) / (north - south) * box["height"]


def click(page, lon: float, lat: float, count: int = 1) -> None:
    x, y = spot(page, lon, lat)
    page.locator(CANVAS).click(position={"x": x, "y": y}, click_count=count)


def test_a_grid_is_drawn_with_the_mouse_and_the_preview_follows(visit, plan, at_site, site):
    visitor = visit("luo", SMALL)
    page = opened(visitor, plan)
    page.click("#sketch button[value=draw]")
    for lon, lat in ((116.0010, 35.003), (116.0052, 35.003), (116.0090, 35.0095), (116.0052, 35.007)):
        click(page, lon, lat)
    page.locator(".dk-draw__stage").press("Backspace")  # the last two corners were wrong
    page.locator(".dk-draw__stage").press("Backspace")
    click(page, 116.0052, 35.007)
    click(page, 116.0010, 35.007, count=2)
    page.locator(".dk-draw__list li").nth(2).wait_for()
    assert "4 栋" in page.locator(".dk-draw__list li").nth(2).inner_text()
    page.fill("#draw-name", "家属院网格")
    page.locator("#draw-name").blur()
    page.evaluate("() => scrollTo(0, document.querySelector('#sketch').offsetTop - 80)")
    visitor.shot("drawing-desk")
    page.click("#sketch form button[type=submit]")
    page.locator(".wg-count", has_text="3").first.wait_for()
    assert "家属院网格" in page.locator("section[aria-labelledby=moves-title]").inner_text()
    with at_site():
        third = GridPlan.objects.get(pk=plan).grids.get(name_zh="家属院网格")
        assert sorted(Building.objects.filter(pk__in=third.buildings).values_list("name", flat=True)) == [
            "3号楼",
            "画1号楼",
            "画2号楼",
            "画3号楼",
        ]


def test_a_corner_is_dragged_for_both_neighbours_and_a_gap_is_said_and_kept(visit, plan):
    visitor = visit("luo", SMALL)
    page = opened(visitor, plan)
    click(page, 116.005, 35.005)
    page.locator("#draw-name").wait_for()
    x, y = spot(page, 116.01, 35.005)
    box = page.locator(CANVAS).bounding_box()
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.mouse.down()
    page.mouse.move(box["x"] + x - 25, box["y"] + y + 10, steps=4)
    page.mouse.move(box["x"] + x - 50, box["y"] + y + 20, steps=4)
    page.mouse.up()
    assert page.locator("#sketch form button[type=submit]").is_enabled()
    page.click("#sketch .dk-draw__form button")  # the grid is deleted: a gap
    assert page.locator(".dk-draw__list li").count() == 1
    page.click("#sketch form button[type=submit]")
    page.locator("#sketch .wg-notice--red").first.wait_for()
    assert "平方米" in page.locator("#sketch").inner_text()
    page.locator(CANVAS).scroll_into_view_if_needed()
    page.wait_for_function(READY, timeout=PATIENCE)
    assert page.locator(".dk-draw__list li").count() == 1


def test_by_keyboard_alone_a_grid_is_split(visit, plan, at_site):
    visitor = visit("luo", DESK)
    page = opened(visitor, plan)
    page.locator("#sketch button[value=split]").focus()
    page.keyboard.press("Enter")
    x, y = spot(page, 116.005, 35.0102)
    box = page.locator(CANVAS).bounding_box()
    across, up = round((box["width"] / 2 - x) / 10), round((box["height"] / 2 - y) / 10)
    for _n in range(across):
        page.keyboard.press("ArrowLeft")
    for _n in range(up):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    down = round((spot(page, 116.005, 34.9998)[1] - y) / 10)
    for _n in range(down):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.locator(".dk-draw__list li").nth(2).wait_for()
    page.keyboard.press("Control+z")
    page.locator(".dk-draw__list li").nth(2).wait_for(state="detached")
    assert page.locator("#sketch form button[type=submit]").is_disabled()


def test_on_a_phone_the_tools_are_large_enough_and_the_page_is_not_wider_than_the_screen(visit, plan):
    visitor = visit("luo", PHONE)
    page = opened(visitor, plan)
    for button in page.locator("#sketch .dk-draw__bar button").all():
        assert button.bounding_box()["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    visitor.shot("drawing-phone")


def test_without_webgl_or_script_the_table_and_the_file_stay(visit, plan):
    visitor = visit("luo", DESK)
    visitor.context.add_init_script(_NO_WEBGL)
    page = visitor.go(f"desk/grids/plans/{plan}/")
    page.locator("#sketch").scroll_into_view_if_needed()
    page.locator("#sketch [data-draw-target=note]", has_text="无法显示地图").wait_for()
    assert page.locator("#sketch button[value=draw]").is_hidden()
    assert page.locator("#id_drawn_file").is_visible()
    plain = visit("luo", DESK, script=False).go(f"desk/grids/plans/{plan}/")
    assert plain.locator("#sketch").is_hidden()
    assert plain.locator("#id_drawn_file").is_visible()
    assert plain.locator(".dk-sketch__grid").count() == 2
