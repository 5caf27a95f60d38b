"""Rounds, stand-ups and tasks at the desk, in a browser of two sizes: every page opens, fits, and its forms work."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.e2e.conftest import DESK, PHONE
from wangge.domains.fieldwork.actions import checkpoints, round_plans, tasks
from wangge.domains.fieldwork.tests.walking import FIRE_LANE, facts, set_up, walk_of
from wangge.foundation.core import clock

FITS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def walked(at_site):
    """A few checkpoints, one of them long not looked at, the rounds of today and a task."""
    with at_site() as town:
        now = clock.now()
        spots = [
            set_up(town, name="3号楼消防通道", risk=3, when=now - dt.timedelta(days=12)),
            set_up(town, name="小区东门电动车充电棚", east=0.0006, kind="charging", when=now - dt.timedelta(days=6)),
            set_up(town, area=town.grid2, name="幸福路排水口", kind="water", risk=1, when=now),
        ]
        fang, tomorrow = town.fresh(town.fang), clock.today() + dt.timedelta(days=1)
        daily = {"kind": "morning", "days": "daily", "opens": dt.time(8, 30), "closes": dt.time(11, 30)}
        checkpoints.set_window(by=fang, area=town.community, at=now, **daily)
        round_plans.make_rounds(at=now)
        due_at = now + dt.timedelta(days=1)
        row = tasks.give_task(by=fang, grid=town.grid1, matter=FIRE_LANE, title="查看井盖", due_at=due_at, text="东侧")
        town.reported(contact=town.wu(), by=None)
        yield {
            "spot": spots[0].public_id,
            "grid": town.grid1.pk,
            "community": town.community.pk,
            "task": row.public_id,
            "tomorrow": tomorrow.isoformat(),
            "round": walk_of(town.grid1, "morning", tomorrow).public_id,
            "centre": (facts(town.grid1).lon, facts(town.grid1).lat),
        }


def pages(walked) -> dict[str, str]:
    return {
        "day": f"desk/rounds/?day={walked['tomorrow']}",
        "round": f"desk/rounds/{walked['round']}/",
        "coverage": "desk/rounds/coverage/",
        "checkpoints": f"desk/rounds/checkpoints/?area={walked['grid']}",
        "checkpoint": f"desk/rounds/checkpoints/{walked['spot']}/",
        "many": "desk/rounds/checkpoints/many/",
        "windows": f"desk/rounds/windows/?area={walked['grid']}",
        "stand-ups": "desk/stand-ups/",
        "stand-up": f"desk/stand-ups/{walked['community']}/{clock.today().isoformat()}/",
        "tasks": "desk/tasks/",
        "task": f"desk/tasks/{walked['task']}/",
        "give": "desk/tasks/give/",
        "stats": "desk/stats/",
        "stats-points": "desk/stats/field/points_overdue/",
    }


@pytest.mark.parametrize(("size", "word"), [(DESK, "desk"), (PHONE, "phone")], ids=["desk", "phone"])
def test_every_page_fits(walked, visit, size, word):
    visitor = visit("fang", size)
    for name, path in pages(walked).items():
        page = visitor.go(path)
        page.wait_for_selector("h1")
        assert page.evaluate(FITS) <= 0, name
        if name in {"coverage", "checkpoint"}:
            page.locator(".wg-map__canvas").scroll_into_view_if_needed()
            page.wait_for_selector(".wg-map.is-drawn")
            page.wait_for_timeout(1500)
        visitor.shot(f"t3-{name}-{word}")
    assert visitor.errors == []


def test_a_stand_up_is_held_without_a_script(walked, visit):
    visitor = visit("lin", PHONE, script=False)
    page = visitor.go(f"desk/stand-ups/{walked['grid']}/{clock.today().isoformat()}/")
    page.fill("#id_d-0-title", "清理楼道杂物")
    page.select_option("#id_d-0-matter", "off-the-list")
    page.get_by_role("button", name="登记早碰头").click()
    page.wait_for_selector(".wg-error")
    assert page.input_value("#id_d-0-title") == "清理楼道杂物"
    visitor.shot("t3-stand-up-refused-phone")
    page.select_option("#id_d-0-matter", FIRE_LANE)
    page.get_by_role("button", name="登记早碰头").click()
    page.get_by_role("link", name="清理楼道杂物").click()
    page.wait_for_selector("h1:has-text('清理楼道杂物')")
    page.get_by_role("button", name="办结").click()
    page.wait_for_selector(".wg-badge:has-text('已办结')")
    visitor.go(f"desk/stand-ups/{walked['grid']}/{clock.today().isoformat()}/")
    visitor.shot("t3-stand-up-held-phone")


def test_a_checkpoint_is_put_on_the_map(walked, visit):
    visitor = visit("fang", DESK)
    page = visitor.go("desk/rounds/checkpoints/add/")
    page.fill("#id_name", "配电房")
    page.select_option("#id_kind", "power")
    page.select_option("#id_matter", FIRE_LANE)
    page.wait_for_selector(".wg-map.is-drawn")
    page.locator(".wg-map__canvas canvas").click(position={"x": 300, "y": 150})
    page.wait_for_function("document.querySelector('input[name=lon]').value !== ''")
    visitor.shot("t3-checkpoint-add-desk")
    lon, lat = walked["centre"]
    page.locator(".wg-map__manual summary").click()
    page.fill("input[name=lon]", f"{lon:.6f}")
    page.fill("input[name=lat]", f"{lat:.6f}")
    page.get_by_role("button", name="设立").click()
    page.wait_for_selector("h1:has-text('配电房')")
    assert visitor.errors == []
