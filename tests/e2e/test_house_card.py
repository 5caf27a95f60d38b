"""房→人→事→情→策 in a real browser: on the worker's phone and on the desk; targets are large enough, nothing runs over."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.e2e.conftest import DESK, PHONE

SHIPPED = Path(__file__).resolve().parents[2] / "deploy/policies"


@pytest.fixture(scope="module")
def rooms(at_site) -> dict[str, int]:
    """Residents at the running site, with what some of them need."""
    from wangge.domains.people.actions import enrolling, needs, policy_versions
    from wangge.domains.people.models import Household
    from wangge.domains.people.tests.homes import build
    from wangge.foundation.core import clock

    with at_site() as town:
        policy_versions.load_policies(SHIPPED)
        if Household.objects.unscoped("is the fixture there already").exists():
            pytest.skip("another test has built the residents already")
        homes = build(town)
        since = dt.date(2025, 1, 1)
        needs.record(by=town.lin, person=homes.wu, kind="lives_alone", basis="本人同意", since=since)
        needs.record(by=town.lin, person=homes.wu, kind="needs_help_leaving", basis="本人要求", since=since)
        needs.record(
            by=town.lin,
            person=homes.wang,
            kind="disabled",
            detail={"grade": "2"},
            basis="残疾人证",
            since=since,
        )
        enrolling.enrol(
            by=town.lin,
            person=homes.wang,
            policy="insurance-help",
            since=since,
            renew_on=clock.today() + dt.timedelta(days=20),
        )
        return {"301": homes.rooms["301"].pk, "302": homes.rooms["302"].pk, "building": homes.building.pk}


def test_the_card_on_the_phone(visit, rooms):
    lin = visit("lin", PHONE)
    page = lin.go(f"field/homes/{rooms['301']}/")
    assert page.locator("#people .hc-who").inner_text().startswith("吴*芬")
    assert page.locator("#duties .hc-rows > li").count() == 2
    assert "每周联系一次" in page.locator("#duties").inner_text()
    lin.shot("house-card-phone")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    small = page.evaluate(
        "[...document.querySelectorAll('main button, main a')].map(e => e.getBoundingClientRect())"
        ".filter(b => b.height > 0 && b.height < 43.5).length"
    )
    assert small == 0
    page.click("text=核实无误")
    page.wait_for_selector("text=已核实")
    page = lin.go(f"field/homes/{rooms['302']}/")
    lin.shot("house-card-family-phone")
    assert lin.errors == []


def test_the_card_and_the_lists_on_the_desk(visit, rooms):
    lin = visit("lin", DESK)
    page = lin.go(f"desk/homes/{rooms['302']}/")
    assert "重度残疾人护理补贴" in page.locator("#benefits").inner_text()
    lin.shot("house-card-desk")
    page = lin.go(f"desk/homes/{rooms['302']}/need/")
    page.select_option("select[name=kind]", "low_income:class=edge")
    lin.shot("need-form-desk")
    for path, name in (
        ("desk/policies/", "policies-desk"),
        ("desk/policies/unclaimed/", "unclaimed-desk"),
        ("desk/policies/renewals/", "renewals-desk"),
        (f"desk/homes/buildings/{rooms['building']}/sheet/", "sheet-desk"),
        ("desk/", "duties-desk"),
    ):
        lin.go(path)
        lin.shot(name)
    assert lin.errors == []
    luo = visit("luo", DESK)
    page = luo.go("desk/policies/senior-allowance/edit/")
    page.click("button[name=preview]")
    page.wait_for_selector("#preview-title")
    luo.shot("policy-preview-desk")
    assert luo.errors == []
