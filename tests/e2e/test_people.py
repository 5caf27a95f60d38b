"""The registry in a real browser: a place's households, a person, a new one, a change told on the phone."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import DESK, PHONE


@pytest.fixture(scope="module")
def at_home(at_site) -> dict[str, str]:
    """Residents at the running site."""
    from wangge.domains.people.models import Household
    from wangge.domains.people.tests.homes import build
    from wangge.foundation.places.models import Entrance

    with at_site() as town:
        if Entrance.objects.filter(building__name="3号楼", name="2单元").exists():
            pytest.skip("another test has built the residents already")
        homes = build(town)
        household = Household.objects.unscoped("the fixture hands out its rows").get(pk=homes.wang_home.pk)
        return {
            "household": str(household.public_id),
            "person": str(homes.wang.public_id),
            "room": str(homes.rooms["302"].pk),
            "let_room": str(homes.rooms["401"].pk),
            "empty_room": str(homes.rooms["402"].pk),
            "firm": str(homes.shop.public_id),
        }


def test_the_registry_on_the_desk(visit, at_home):
    fang = visit("fang", DESK)
    page = fang.go("desk/people/")
    assert "人房鲜活度" in page.inner_text("main")
    fang.shot("people-desk")
    page.click("text=3号楼 2单元 302")
    assert "王*国" in page.inner_text("main")
    fang.shot("household-desk")
    page.click("main >> text=王*国")
    assert "100****0002" in page.inner_text("main")
    fang.shot("person-desk")
    fang.go(f"desk/people/new/?household={at_home['household']}")
    fang.shot("person-new-desk")
    fang.go(f"desk/firms/{at_home['firm']}/")
    fang.shot("firm-desk")
    assert fang.errors == []


def test_a_change_is_told_in_a_few_taps(visit, at_home):
    lin = visit("lin", PHONE)
    page = lin.go(f"field/homes/{at_home['room']}/change/")
    lin.shot("change-phone")
    page.click("text=迁出")
    lin.shot("change-move-out-phone")
    page.click("text=王* · 子女")
    page.click("text=提交")
    page.wait_for_url("**/sent/")
    for path, name in ((f"desk/people/{at_home['person']}/", "person-phone"), ("desk/people/", "people-phone")):
        page = lin.go(path)
        lin.shot(name)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert lin.errors == []


def test_owners_and_letting(visit, at_home):
    """From the house card on the phone: an owner who is searched for first, a letting, its end; the use follows."""
    lin = visit("lin", PHONE)
    page = lin.go(f"field/homes/{at_home['let_room']}/")
    assert "不在此居住" in page.inner_text("#room")
    lin.shot("house-let-phone")
    page.click("text=产权和出租")
    page.wait_for_load_state()
    assert "房屋用途" in page.inner_text("main")
    lin.shot("ties-phone")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.click("text=登记出租")
    lin.shot("letting-new-phone")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page = lin.go(f"desk/homes/{at_home['room']}/lettings/new/")
    page.check("text=王*国户")
    page.fill("input[name=since]", "2025-03-01")
    page.fill("input[name=agreement]", "租备2026-18")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/ties/")
    assert "租备2026-18" in page.inner_text("main")
    assert "出租" in page.inner_text("header.wg-page-head .wg-subtitle")
    assert lin.errors == []
    fang = visit("fang", DESK)
    page = fang.go(f"desk/homes/{at_home['room']}/ties/")
    fang.shot("ties-desk")
    page.click("text=终止出租")
    fang.shot("letting-end-desk")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/ties/")
    page = fang.go(f"desk/homes/{at_home['empty_room']}/owners/new/")
    page.check("text=其他人员")
    page.fill("input[name=name]", "吴淑芬")
    page.fill("input[name=phone]", "10012340001")
    page.click("main form button[type=submit]")
    assert "吴*芬" in page.inner_text("main")
    fang.shot("owner-known-desk")
    page.check("text=吴*芬")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/ties/")
    assert "吴*芬" in page.inner_text("main")
    assert [error for error in fang.errors if "409" not in error] == []
