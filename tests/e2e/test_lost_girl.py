"""The girl who lost her way: at night, on a phone, in another grid; two names, three taps, the family's telephone.

TOWN.md, UI.md U1: at most three taps and ten seconds from the worker's home page to the call, typing included. The house
stands on the screen, lit. Taps and seconds are counted by script; the screenshots are looked at.
"""

from __future__ import annotations

import time

import pytest

from tests.e2e.conftest import PHONE

pytestmark = pytest.mark.browser

TAPS, SECONDS = 3, 10.0


@pytest.fixture(scope="module")
def family(at_site):
    """The residents of the fixture, written into the running site, once."""
    from wangge.domains.people.tests.homes import build

    with at_site() as town:
        homes = build(town)
        _stand(homes.building2)
        return homes


def _stand(building) -> None:
    """Give the family's house an outline and neighbours, as in a real compound: nine houses in three rows."""
    from wangge.foundation.places.models import Building

    for place in range(9):
        row, column = divmod(place, 3)
        lon, lat = building.lon + (column - 1) * 0.0007, building.lat + (row - 1) * 0.0004
        west, east, south, north = lon - 0.00028, lon + 0.00028, lat - 0.00006, lat + 0.00006
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        outline = {"type": "Polygon", "coordinates": [ring]}
        if place == 4:
            Building.objects.filter(pk=building.pk).update(footprint=outline)
        else:
            Building.objects.create(
                community=building.community,
                name=f"{place + 11}号楼",
                floors=4 + row,
                lon=lon,
                lat=lat,
                footprint=outline,
            )


class Thumb:
    """Counts taps; what is typed (or spoken to the phone's keyboard) is no tap."""

    def __init__(self, page) -> None:
        self.page, self.taps = page, 0

    def tap(self, locator) -> None:
        self.taps += 1
        locator.tap()


def _lit(page) -> dict:
    """The lit house as it is drawn: its box and its colour, beside the colour of the others."""
    return page.locator(".pf-house--lit").first.evaluate(
        "one => { const box = one.getBoundingClientRect();"
        " return {width: box.width, height: box.height, top: box.top, fill: getComputedStyle(one).fill} }"
    )


def test_the_girl_is_home_in_three_taps(visit, family, at_site):
    lin = visit("lin", PHONE, theme="dark")
    page = lin.go("/field/")
    dialled: list[str] = []
    page.expose_function("dialled", lambda url: dialled.append(url))
    # The phone's dialler is not there: what would be dialled is told instead.
    page.add_init_script(
        "window.navigation && navigation.addEventListener('navigate', e => {"
        " if (e.destination.url.startsWith('tel:')) { window.dialled(e.destination.url); e.preventDefault() } })"
    )
    page.reload()
    lin.shot("lost-girl-home")
    thumb = Thumb(page)
    began = time.perf_counter()

    thumb.tap(page.get_by_role("link", name="走失寻人"))
    page.wait_for_url("**/field/lost/")
    page.locator("#id_first").type("程志刚", delay=60)
    page.locator("#id_second").type("单玉芳", delay=60)
    thumb.tap(page.get_by_role("button", name="查找家人"))
    page.locator(".pf-lost").first.wait_for()
    assert page.locator(".pf-lost").count() == 1
    with page.expect_response(lambda answer: "/call/" in answer.url) as answered:
        thumb.tap(page.get_by_role("button", name="拨打").first)
    assert answered.value.status == 200
    page.get_by_text("10012340007").wait_for()
    took = time.perf_counter() - began
    # What the page tells Python comes some moments later.
    for _look in range(50):
        if dialled:
            break
        page.wait_for_timeout(100)

    assert thumb.taps <= TAPS
    assert dialled == ["tel:10012340007"]
    assert took <= SECONDS, f"{took:.1f} s"
    assert "5号楼" in page.locator("#home-1").inner_text()
    assert "高远" in page.locator(".pf-duty").inner_text()
    lit = _lit(page)
    assert lit["width"] > 12
    assert lit["height"] > 5
    assert lit["fill"] not in {"none", "rgb(0, 0, 0)"}
    page.evaluate("window.scrollTo(0, 0)")
    lin.shot("lost-girl-found")
    page.locator(".pf-plan").first.scroll_into_view_if_needed()
    lin.shot("lost-girl-house")
    assert lin.errors == []

    from wangge.domains.people.models import PrivacyAlert
    from wangge.foundation.audit.models import AuditEntry

    with at_site() as town:
        reveal = AuditEntry.objects.get(kind="person.reveal", actor_id=town.lin.pk)
        assert (reveal.subject_id, reveal.data["purpose"]) == (family.cheng.pk, "rescue")
        assert PrivacyAlert.objects.filter(kind="rescue", user=town.lin).count() == 1


def test_without_script_the_number_stands_on_a_page(visit, family):
    gao = visit("gao", PHONE, script=False)
    page = gao.go("/field/lost/")
    page.fill("#id_first", "孙大伟")
    page.fill("#id_second", "孙小雨")
    page.get_by_role("button", name="查找家人").click()
    page.get_by_role("button", name="拨打").first.click()
    assert page.locator("a[href='tel:10012340009']").count() == 1


def test_at_the_desk_the_house_is_lit_on_the_map(visit, family):
    chen = visit("chen")
    page = chen.go("/desk/lost/")
    page.fill("#id_first", "程志刚")
    page.fill("#id_second", "单玉芳")
    page.get_by_role("button", name="查找家人").click()
    page.locator(".pf-lost").first.wait_for()
    chen.shot("lost-girl-desk")
    page.get_by_role("link", name="在地图上看这栋楼").click()
    page.wait_for_url(f"**/desk/map/?building={family.building2.pk}")
    page.get_by_text("5号楼").first.wait_for()
    page.wait_for_timeout(2500)
    chen.shot("lost-girl-map")
