"""The same thing twice: found at the desk within a chosen radius, on the phone while writing, on the public page; made one.

And a rule that is tried before it holds.
"""

from __future__ import annotations

import dataclasses
import re

import pytest

from tests.e2e.conftest import PHONE
from wangge.domains.cases.actions import clustering
from wangge.domains.cases.models import Case, Report
from wangge.foundation.catalogue.models import RoutingRule

pytestmark = pytest.mark.browser

METRE = 1 / 111_320


def moved(town, north: float):
    """A place so many metres north of the middle of grid 1."""
    place = town.place()
    return dataclasses.replace(place, lat=place.lat + north * METRE)


@pytest.fixture
def pair(at_site):
    """Two reports of one heap of rubbish, 12 m apart, where no other test reports."""
    with at_site() as town:
        first = town.reported(place=moved(town, -300), matter=town.litter, text="后墙根有一大堆垃圾没人清，苍蝇乱飞。")
        second = town.reported(
            place=moved(town, -288), matter=town.litter, contact=town.wu(), text="后墙根一大堆垃圾，好几天没人清了。"
        )
        return first.number, second.number


def state_of(at_site, number: str) -> str:
    with at_site():
        return Case.objects.unscoped("the test looks").get(number=number).state


def test_the_desk_finds_it_and_makes_it_one(visit, at_site, pair):
    bai = visit("bai")
    page = bai.go(f"/desk/cases/{pair[1]}/?open=merge")
    row = page.locator(f'label.dk-matter:has(input[value="{pair[0]}"])')
    assert "相距 12 米" in row.inner_text()
    bai.shot("learning-merge")
    page.locator(".dk-radius__one", has_text="15").click()
    page.locator('.dk-radius__one[aria-current="true"]', has_text="15").wait_for()
    assert row.count() == 1
    with at_site():
        clustering.propose_clusters()
    page = bai.go("/desk/clusters/")
    card = page.locator(".dk-cluster", has_text=pair[0])
    assert pair[1] in card.inner_text()
    bai.shot("learning-clusters")
    card.get_by_role("button", name="并为一件").click()
    page.wait_for_url(re.compile("/desk/clusters/$"))
    assert state_of(at_site, pair[1]) == "merged"
    with at_site():
        case = Case.objects.unscoped("the test looks").get(number=pair[0])
        assert Report.objects.of_case(case).count() == 2


def test_the_group_is_decided_without_a_script(visit, at_site, pair):
    with at_site():
        clustering.propose_clusters()
    bai = visit("bai", PHONE, script=False)
    page = bai.go("/desk/clusters/")
    bai.shot("learning-clusters-phone")
    page.locator(".dk-cluster", has_text=pair[0]).get_by_role("button", name="不是同一件事").click()
    assert pair[0] not in page.inner_text("main")
    assert state_of(at_site, pair[1]) == "reported"


@pytest.fixture
def here(at_site):
    """Rubbish where the telephones of the tests are."""
    with at_site() as town:
        return town.reported(matter=town.litter, text="垃圾桶旁边堆了一大堆垃圾袋。").number


def test_the_grid_worker_is_told_while_he_writes(visit, here):
    lin = visit("lin", PHONE)
    page = lin.go("/field/report/")
    page.locator("[data-action='position#find']").click()
    page.locator(f'input[name=same_as][value="{here}"]').wait_for()
    page.fill("textarea[name=text]", "垃圾桶边上一大堆垃圾袋没人收")
    page.locator(f'label.f-near:has(input[value="{here}"]) b').wait_for()  # "99 % the same"
    lin.shot("learning-field")


def test_a_resident_joins_without_reading_what_others_wrote(visit, at_site, here):
    wu = visit(None, PHONE)
    page = wu.go("/p/report/")
    page.fill("textarea[name=text]", "垃圾桶旁边一大堆垃圾袋没人收")
    page.locator("[data-action='position#find']").click()
    choice = page.locator(f'label.p-same__one:has(input[value="{here}"])')
    choice.wait_for()
    assert "垃圾桶旁边堆了" not in page.inner_text("main")
    choice.click()
    wu.shot("learning-portal")
    page.locator("button[form=report]").click()
    page.wait_for_url(re.compile("/slip/"))
    with at_site():
        case = Case.objects.unscoped("the test looks").get(number=here)
        assert Report.objects.of_case(case).count() == 2


def test_a_rule_is_tried_before_it_holds(visit, at_site):
    with at_site() as town:
        town.handled()
        unit = town.sanitation.pk
        before = RoutingRule.objects.count()
    luo = visit("luo")
    page = luo.go("/desk/catalogue/routing/")
    page.select_option("#id_rule_subject", "matter:06001")
    page.select_option("#id_rule_area", label="　槐荫社区")
    page.select_option("#id_rule_unit", str(unit))
    page.get_by_role("button", name="用上月案件试算").click()
    page.locator(".dk-figures").wait_for()
    luo.shot("learning-trial")
    assert "改派其他单位" in page.inner_text("main")
    with at_site():
        assert RoutingRule.objects.count() == before
    luo.go("/desk/catalogue/learning/")
    luo.shot("learning-models")
    luo.go("/desk/catalogue/routing/versions/")
    luo.shot("learning-versions")
