"""The map in three dimensions: a house is found, flown to, stands there lit; its face opens; and all of it without WebGL."""

from __future__ import annotations

import dataclasses
import io
import re

import pytest
from PIL import Image

from tests.e2e.conftest import DESK, PHONE, ROOT
from tests.e2e.test_every_page import _ALL, _AXE, _OF_A_THEME, _STILL, _THEME, _WIDE, AXE
from wangge.foundation.places.models import Building, BuildingGrid, Compound, Entrance, Room

pytestmark = pytest.mark.browser

LON, LAT = 116.0055, 35.0062
METRE = 1 / 111_320
NOWEBGL = "此设备无法显示地图，可使用下方列表。"
PATIENCE = 90_000  # ms: a software renderer on a busy machine
_LIT = "([id]) => document.querySelector('.wg-map__canvas')?.dataset.lit === `building:${id}`"
_NO_WEBGL = """
  const asked = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    return String(kind).startsWith("webgl") ? null : asked.call(this, kind, ...more);
  };
"""


@dataclasses.dataclass(frozen=True)
class Estate:
    tower: int
    low: int
    compound: int
    room: int


@pytest.fixture(scope="module")
def estate(at_site) -> Estate:
    """海棠苑 in grid 1: a tower of 18 floors and a low house, with outlines and rooms."""
    with at_site() as town:
        compound = Compound.objects.create(
            community=town.community, name_zh="海棠苑", name_en="Crab Apple Court", kind="commercial",
            management="company", address="海棠路6号", lon=LON, lat=LAT, boundary=_block(LON, LAT, 90),
        )  # fmt: skip
        tower = _house(town, compound, "1号楼", LON, 18, 22)
        low = _house(town, compound, "2号楼", LON + 0.0006, 3, 40)
        room = Room.objects.get(entrance__building=tower, entrance__name="2单元", name="1802")
        return Estate(tower.pk, low.pk, compound.pk, room.pk)


def _block(lon: float, lat: float, wide: float) -> dict:
    u, v = wide / 2 * METRE / 0.819, wide / 2 * METRE
    ring = [[lon - u, lat - v], [lon + u, lat - v], [lon + u, lat + v], [lon - u, lat + v], [lon - u, lat - v]]
    return {"type": "Polygon", "coordinates": [ring]}


def _house(town, compound: Compound, name: str, lon: float, floors: int, wide: float) -> Building:
    building = Building.objects.create(
        community=town.community, compound=compound, name=name, floors=floors, lon=lon, lat=LAT,
        footprint=_block(lon, LAT, wide),
    )  # fmt: skip
    BuildingGrid.objects.create(building=building, grid=town.grid1, valid_from="2024-01-01")
    for unit in ("1单元", "2单元"):
        entrance = Entrance.objects.create(building=building, name=unit)
        Room.objects.bulk_create(
            Room(entrance=entrance, floor=floor, name=f"{floor}{door:02d}", use=("own", "let", "empty")[floor % 3])
            for floor in range(1, floors + 1)
            for door in (1, 2)
        )
    return building


def _blue(page) -> int:
    """How many pixels of the map are of the colour of what is lit."""
    shot = page.locator(".wg-map__canvas canvas").screenshot()
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    return sum(count for count, (r, _g, b) in picture.getcolors(1 << 24) if b - r > 70)


def _settled(page, building: int) -> None:
    page.wait_for_function(_LIT, arg=[building], timeout=PATIENCE)


@pytest.mark.parametrize(("who", "size", "theme"), [("chen", DESK, ""), ("lin", PHONE, "dark")], ids=["desk", "night"])
def test_the_house_stands_on_the_map_lit(visit, estate, who, size, theme):
    visitor = visit(who, size, theme=theme)
    page = visitor.go(f"/desk/map/?building={estate.tower}")
    _settled(page, estate.tower)
    page.wait_for_timeout(500)
    visitor.shot(f"map-lit-{'phone-dark' if size is PHONE else 'desk'}")
    assert "海棠苑1号楼" in page.locator("#map-card h2").inner_text()
    upright = _blue(page)
    button = page.get_by_role("button", name="三维")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    page.wait_for_timeout(1500)
    _settled(page, estate.tower)
    flat = _blue(page)
    # 18 floors on 22 × 22 m: upright it shows its side, flat only its ground.
    assert flat > 300
    assert upright > 1.5 * flat
    if size is PHONE:
        assert page.evaluate(_WIDE) <= 0


def test_search_flies_there_and_the_face_opens(visit, estate):
    visitor = visit("chen")
    page = visitor.go("/desk/map/")
    page.wait_for_selector(".wg-map__canvas[data-ready=true]", timeout=PATIENCE)
    page.fill("#map-q", "海棠苑三号楼")
    page.keyboard.press("Enter")
    page.wait_for_selector("#map-found .wg-hint, #map-found li")
    page.fill("#map-q", "海棠苑二号楼")
    page.keyboard.press("Enter")
    link = page.locator("#map-found a", has_text="海棠苑2号楼")
    link.click()
    _settled(page, estate.low)
    assert f"building={estate.low}" in page.url
    page.wait_for_selector("#map-card h2:has-text('海棠苑2号楼')")
    # A click on the house in the middle of the map says the same.
    page.evaluate("document.querySelector('#map-card').replaceChildren()")
    box = page.locator(".wg-map__canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#map-card h2:has-text('海棠苑2号楼')")
    visitor.shot("map-found")
    page.get_by_role("link", name="单元楼层").click()
    page.wait_for_url(re.compile(rf"/desk/map/buildings/{estate.low}/$"))
    assert page.locator(".dk-face tbody tr").count() == 3
    assert page.locator(".dk-face tbody tr").first.locator("b").all_inner_texts() == ["301", "302", "301", "302"]


def test_by_keyboard_alone(visit, estate):
    page = visit("chen").go(f"/desk/map/?building={estate.tower}")
    _settled(page, estate.tower)
    page.locator("#map-q").focus()
    reached = []
    for _n in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.className + ' ' + document.activeElement.tagName"))
    for what in ("maplibregl-canvas", "maplibregl-ctrl-zoom-in", "maplibregl-ctrl-compass", "wg-map__switch"):
        assert any(what in one for one in reached), (what, reached)


def test_without_webgl_words_and_a_drawing_say_it(visit, estate):
    visitor = visit("chen")
    fetched: list[str] = []
    visitor.page.on("request", lambda request: fetched.append(request.url))
    visitor.page.add_init_script(_NO_WEBGL)
    page = visitor.go(f"/desk/map/?building={estate.tower}")
    page.wait_for_selector(".wg-map.is-plain")
    assert page.locator(".wg-map__note").inner_text() == NOWEBGL
    assert page.locator("#map-card svg.dk-plan polygon.is-here").count() == 1
    assert page.get_by_role("link", name="单元楼层").is_visible()
    assert page.locator(".wg-map__list a", has_text="海棠苑").is_visible()
    assert not page.locator(".wg-map__switch").is_visible()
    page.fill("#map-q", "海棠苑2号楼")
    page.keyboard.press("Enter")
    page.locator("#map-found a").first.click()
    page.wait_for_url(re.compile(rf"building={estate.low}"))  # the link is followed: the page says it in words
    assert "海棠苑2号楼" in page.locator("#map-card h2").inner_text()
    assert not [url for url in fetched if re.search(r"/map(\.\w+)?\.js|\.mvt", url)]
    visitor.shot("map-without-webgl")


def test_the_face_without_script(visit, estate):
    visitor = visit("lin")  # logs in with script
    visitor = visit("lin", PHONE, script=False)
    page = visitor.go(f"/desk/map/buildings/{estate.tower}/?room={estate.room}")
    assert page.locator(".dk-face tbody tr").count() == 18
    assert page.locator(".dk-door.is-here b").inner_text() == "1802"
    assert page.locator("svg.dk-plan polygon.is-here").count() == 1
    heights = [box["height"] for box in (one.bounding_box() for one in page.locator(".dk-face .dk-door").all()[:8])]
    assert min(heights) >= 44
    visitor.shot("building-face-phone")


def test_map_code_is_fetched_only_where_a_map_is_shown(visit, estate):
    visitor = visit("chen")
    fetched: list[str] = []
    visitor.page.on("request", lambda request: fetched.append(request.url))
    visitor.go("/desk/cases/")
    visitor.go(f"/desk/map/buildings/{estate.tower}/")
    assert not [url for url in fetched if re.search(r"/map(\.\w+)?\.(js|css)|maplibre", url)]
    for bundle in ("desk.js", "phone.js"):
        assert "maplibregl" not in (ROOT / "frontend/dist" / bundle).read_text(encoding="utf-8"), bundle


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(visit, estate, size):
    visitor = visit("chen", size)
    wrong: list[str] = []
    for path in (
        f"/desk/map/?building={estate.tower}",
        f"/desk/map/?compound={estate.compound}",
        "/desk/map/?q=海棠苑",
        f"/desk/map/buildings/{estate.tower}/?room={estate.room}",
    ):
        page = visitor.go(path)
        page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
        page.evaluate(AXE)
        page.evaluate(_STILL)
        wrong += [f"{path}: {one}" for one in page.evaluate(_AXE, _ALL)]
        for theme in ("elder", "dark"):
            page.evaluate(_THEME, theme)
            wrong += [f"{path} {theme}: {one}" for one in page.evaluate(_AXE, _OF_A_THEME)]
        if size is PHONE:
            assert page.evaluate(_WIDE) <= 0, path
    visitor.shot(f"building-face-{'phone-elder' if size is PHONE else 'desk'}")
    assert wrong == []
