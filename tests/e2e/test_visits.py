"""Visits on the desk in a real browser: every page at both widths and in each theme; a visit noted by a few clicks."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from tests.e2e.conftest import DESK, PHONE
from tests.e2e.test_every_page import _ALL, _AXE, _LOOK, _OF_A_THEME, _STILL, _THEME, AXE, faults
from wangge.domains.fieldwork.actions import campaigns, visit_planning
from wangge.domains.fieldwork.actions.absences import note_absence
from wangge.domains.fieldwork.actions.links import link
from wangge.domains.fieldwork.actions.office_hours import set_office_hour
from wangge.domains.fieldwork.actions.visits import make_visit
from wangge.domains.fieldwork.models import Link, Visit, VisitDue, VisitRule
from wangge.domains.people.models import Household
from wangge.domains.people.tests.homes import build
from wangge.foundation.core import clock

WHY = "the test's own"


@pytest.fixture(scope="module")
def planned(at_site) -> dict[str, object]:
    """Residents, a campaign under way, a warning, a link, leave and office hours at the running site."""
    with at_site() as town:
        if not Household.objects.unscoped(WHY).exists():
            build(town)
        homes = Household.objects.unscoped(WHY).filter(
            area_path=town.grid1.path, room__isnull=False, declines_visits=False
        )
        first, second = homes.order_by("pk")[:2]
        visit_planning.plan_homes([first.pk, second.pk], at=clock.now())
        if not Link.objects.unscoped(WHY).filter(household=first).exists():
            link(by=town.fang, user=town.gao, households=[first])
        now, today = clock.now(), clock.today()
        made = campaigns.make_campaign(
            by=town.fang, name_zh="寒潮走访", trigger="cold", area=town.community, matter=town.litter,
            choice=[{"object": "ordinary"}], ask="看看暖气热不热。",
        )  # fmt: skip
        campaigns.announce_weather(
            by=town.fang, area=town.community, trigger="cold", level="orange", words="气温下降十度。",
            starts_at=now - dt.timedelta(hours=1), ends_at=now + dt.timedelta(days=1),
        )  # fmt: skip
        make_visit(by=town.lin, public_id=uuid.uuid4(), household=second, result="met", note="家中煤气管已换。")
        set_office_hour(
            by=town.fang, area=town.grid1, spot="南门党群驿站", weekday=2, opens=dt.time(9), closes=dt.time(11)
        )
        away = today + dt.timedelta(days=40)
        note_absence(by=town.fang, user=town.gao, from_on=away, to_on=away)
        due = VisitDue.objects.unscoped(WHY).get(household=first, state="open").public_id
        rule = VisitRule.objects.get(code="yearly", area=None).pk
        building = first.room.entrance.building_id
        return {
            "due": due,
            "room": first.room_id,
            "pages": [
                "desk/visits/?until=400",
                f"desk/visits/doors/{due}/",
                "desk/visits/rules/",
                f"desk/visits/rules/{rule}/",
                "desk/visits/campaigns/",
                "desk/visits/campaigns/new/",
                f"desk/visits/campaigns/{made.public_id}/",
                "desk/visits/weather/",
                "desk/visits/links/",
                f"desk/visits/links/members/{town.gao.pk}/?grid={town.grid1.pk}&building={building}",
                "desk/visits/leave/",
                f"desk/visits/leave/people/{town.gao.pk}/",
                "desk/visits/hours/",
                "desk/visits/counselling/",
                f"p/grids/{town.grid1.pk}/",
            ],
        }


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_every_page_of_visits(visit, planned, size):
    fang = visit("fang", PHONE if size == "phone" else DESK)
    wrong: list[str] = []
    for path in planned["pages"]:
        page = fang.go(path)
        wrong += [f"{path}: {fault}" for fault in faults(page.evaluate(_LOOK), phone=size == "phone")]
        page.evaluate(AXE)
        page.evaluate(_STILL)
        for theme in ("normal", "elder", "dark"):
            page.evaluate(_THEME, theme)
            rules = _ALL if theme == "normal" else _OF_A_THEME
            wrong += [f"{path} {theme}: {one}" for one in page.evaluate(_AXE, rules)]
        page.evaluate(_THEME, "normal")
    assert not wrong, "\n".join(wrong)


def test_a_visit_is_noted_from_the_list(visit, planned, at_site):
    lin = visit("lin", DESK)
    page = lin.go("desk/visits/?until=400")
    page.click(f"a[href$='{planned['due']}/']")
    page.check("[name=result][value=met]")
    page.check("[name=confirmed]")
    page.click("form:has([name=result]) button[type=submit]")
    page.wait_for_url("**/desk/visits/")
    assert "走访已登记" in page.inner_text("body")
    with at_site():
        made = Visit.objects.unscoped(WHY).get(due__public_id=planned["due"])
        assert (made.result, made.confirmed) == ("met", True)
