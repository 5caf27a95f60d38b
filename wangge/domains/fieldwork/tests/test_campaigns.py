"""Campaigns: whom a choice means, what they ask for, how they begin and end; who sees which count."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from wangge.domains.fieldwork import campaigns, visits
from wangge.domains.fieldwork.actions import campaigns as actions
from wangge.domains.fieldwork.actions import visit_planning
from wangge.domains.fieldwork.actions.visits import make_visit
from wangge.domains.fieldwork.models import Campaign, VisitDue, WeatherNotice
from wangge.domains.people.actions import needs
from wangge.domains.people.tests.homes import VERIFIED, read
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError

TODAY = dt.date(2026, 11, 21)
NOW = dt.datetime(2026, 11, 21, 10, 0, tzinfo=clock.OFFICE)
CARE = [{"object": "need", "need": "lives_alone"}]
ALL = [{"object": "ordinary"}]
DUE_ON = TODAY + dt.timedelta(days=2)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def planned(town, homes):
    visit_planning.plan_all()
    return homes


def make(town, **more) -> Campaign:
    values = {
        "by": town.fang, "name_zh": "寒潮走访", "trigger": "cold", "area": town.community, "matter": town.litter,
        "choice": ALL, "days": 2, "ask": "看暖气，提醒用火安全",
    }  # fmt: skip
    return actions.make_campaign(**(values | more))


def alone(town, homes):
    needs.record(by=town.lin, person=homes.wu, kind="lives_alone", basis="本人同意", since=TODAY)


def open_dues() -> dict[int, VisitDue]:
    rows = VisitDue.objects.unscoped("the test looks at the rows").filter(state="open")
    return {row.household_id or -row.firm_id: row for row in rows.select_related("campaign")}


def test_a_campaign_takes_the_due_visit_of_a_door_and_makes_it_sooner(town, planned):
    before = open_dues()
    begun = actions.start_campaign(by=town.fang, campaign=make(town))
    assert (begun.state, begun.due_on, begun.chosen) == ("running", DUE_ON, 4)
    after = open_dues()
    assert {pk: row.pk for pk, row in after.items()} == {pk: row.pk for pk, row in before.items()}
    homes = planned
    for home in (homes.wu_home, homes.wang_home, homes.tenant_home, homes.cheng_home):
        assert (after[home.pk].due_on <= DUE_ON, after[home.pk].campaign) == (True, begun)
    assert after[homes.sun_home.pk].campaign is None
    # Planning leaves it as it is.
    visit_planning.plan_all(at=NOW + dt.timedelta(days=1))
    assert {pk: row.due_on for pk, row in open_dues().items()} == {pk: row.due_on for pk, row in after.items()}


def test_a_visit_answers_the_campaign_and_the_next_is_due_by_the_rules(town, planned):
    begun = actions.start_campaign(by=town.fang, campaign=make(town))
    make_visit(by=town.lin, public_id=uuid.uuid4(), household=planned.wang_home, result="met")
    row = open_dues()[planned.wang_home.pk]
    assert (row.due_on, row.campaign) == (TODAY + dt.timedelta(days=365), None)
    told = campaigns.progress(town.fang, begun)
    assert (told.chosen, told.counts) == ("4", ("3", "1", "0", "0"))
    assert [(line.area, line.counts) for line in told.lines] == [
        (town.grid1, ("2", "1", "0", "0")),
        (town.grid2, ("1", "0", "0", "0")),
    ]


def test_the_end_of_a_campaign_gives_the_doors_back_to_the_rules(town, planned):
    begun = actions.start_campaign(by=town.fang, campaign=make(town))
    actions.end_campaign(by=town.fang, campaign=begun)
    row = open_dues()[planned.wang_home.pk]
    assert (row.due_on, row.campaign) == (VERIFIED + dt.timedelta(days=365), None)
    dropped = VisitDue.objects.unscoped("test").filter(campaign=begun)
    assert set(dropped.values_list("state", flat=True)) == {"dropped"}
    with pytest.raises(ConflictError):
        actions.end_campaign(by=town.fang, campaign=begun)
    again = actions.repeat_campaign(by=town.fang, campaign=begun)
    assert (again.state, again.objects_chosen, again.pk == begun.pk) == ("ready", ALL, False)


def test_who_declines_is_left_alone_but_in_an_emergency(town, planned):
    make_visit(by=town.lin, public_id=uuid.uuid4(), household=planned.wang_home, result="declined")
    festival = actions.start_campaign(by=town.fang, campaign=make(town, trigger="festival", days=3))
    assert planned.wang_home.pk not in open_dues()
    assert festival.chosen == 3
    cold = actions.start_campaign(by=town.fang, campaign=make(town, trigger="cold"))
    row = open_dues()[planned.wang_home.pk]
    assert (row.campaign, row.due_on) == (cold, DUE_ON)
    visit_planning.plan_all()
    assert open_dues()[planned.wang_home.pk].due_on == DUE_ON
    make_visit(by=town.lin, public_id=uuid.uuid4(), household=planned.wang_home, result="declined")
    assert planned.wang_home.pk not in open_dues()
    assert read(planned.wang_home).declines_visits


def test_the_nearer_of_two_campaigns_keeps_the_door(town, planned):
    near = actions.start_campaign(by=town.fang, campaign=make(town, days=1))
    far = actions.start_campaign(by=town.fang, campaign=make(town, days=5))
    assert {row.campaign for pk, row in open_dues().items() if pk != planned.sun_home.pk} == {near}
    assert far.chosen == 4


def test_a_choice_means_whom_it_says(town, planned):
    alone(town, planned)
    shops = [{"object": "firm", "kind": "shop"}]
    begun = actions.start_campaign(by=town.fang, campaign=make(town, choice=CARE + shops))
    held = {pk for pk, row in open_dues().items() if row.campaign == begun}
    assert held == {planned.wu_home.pk, -planned.shop.pk}


def test_counts_of_needs_are_rounded_for_who_may_not_know_them(town, planned):
    alone(town, planned)
    whole, lines = campaigns.preview(town.fang, CARE, town.community, "cold")
    assert (whole, [(line.area, line.counts) for line in lines]) == ("1", [(town.grid1, ("1",))])
    whole, lines = campaigns.preview(town.luo, CARE, town.community, "cold")
    assert (whole, [line.counts for line in lines]) == ("<8", [("<8",)])
    assert campaigns.preview(town.luo, ALL, town.community, "cold")[0] == "4"
    begun = actions.start_campaign(by=town.luo, campaign=make(town, choice=CARE))
    assert campaigns.progress(town.luo, begun).counts == ("<8", "0", "0", "0")
    assert campaigns.progress(town.lin, begun).lines[0].counts == ("1", "0", "0", "0")


def test_the_campaign_of_a_door_is_named_only_to_who_visits_there(town, planned):
    alone(town, planned)
    actions.start_campaign(by=town.luo, campaign=make(town, choice=CARE))
    named = {line.door: line.campaign for line in visits.dues(town.lin)}
    assert named["2单元301"].name_zh == "寒潮走访"
    assert {line.campaign for line in visits.dues(town.luo)} == {None}


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"by": "lin"}, NotAllowedError),
        ({"by": "zhao"}, NotAllowedError),
        ({"trigger": "war"}, InvalidError),
        ({"days": 0}, InvalidError),
        ({"days": 32}, InvalidError),
        ({"choice": []}, InvalidError),
        ({"choice": [{"object": "soul"}]}, InvalidError),
        ({"name_zh": " "}, InvalidError),
    ],
)
def test_campaigns_that_are_refused(town, planned, wrong, error):
    values = dict(wrong)
    if "by" in values:
        values["by"] = getattr(town, values["by"])
    with pytest.raises(error):
        make(town, **values)
    assert Campaign.objects.unscoped("test").count() == 0


def test_a_campaign_starts_once_and_only_by_who_plans_there(town, planned):
    made = make(town)
    with pytest.raises(NotAllowedError):
        actions.start_campaign(by=town.lin, campaign=made)
    actions.start_campaign(by=town.luo, campaign=made)
    with pytest.raises(ConflictError):
        actions.start_campaign(by=town.luo, campaign=made)
    with pytest.raises(NotFoundError):
        campaigns.get_campaign(town.zhao, made.public_id)


def warn(town, **more):
    values = {
        "by": town.luo, "area": town.south, "trigger": "cold", "level": "orange", "words": "24小时内降温12度",
        "starts_at": NOW + dt.timedelta(hours=6), "ends_at": NOW + dt.timedelta(days=3),
    }  # fmt: skip
    return actions.announce_weather(**(values | more))


def test_a_weather_notice_starts_the_campaigns_that_wait_for_it_there(town, planned):
    waiting = make(town)
    rain = make(town, trigger="rain")
    notice, begun = warn(town)
    assert begun == [waiting]
    assert Campaign.objects.unscoped("test").get(pk=waiting.pk).state == "running"
    assert Campaign.objects.unscoped("test").get(pk=rain.pk).state == "ready"
    assert warn(town)[1] == []
    assert notice.pk in [one.pk for one in campaigns.weather(town.lin)]
    assert campaigns.weather(town.zhao) == []
    actions.end_weather(by=town.luo, notice=notice)
    notice.refresh_from_db()
    assert notice.ends_at == NOW


def test_a_notice_for_one_community_starts_no_campaign_of_the_whole_street(town, planned):
    whole = make(town, by=town.luo, area=town.south)
    assert warn(town, area=town.community)[1] == []
    assert Campaign.objects.unscoped("test").get(pk=whole.pk).state == "ready"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"by": "lin"}, NotAllowedError),
        ({"area": "north"}, NotAllowedError),
        ({"trigger": "war"}, InvalidError),
        ({"level": "pink"}, InvalidError),
        ({"words": " "}, InvalidError),
        ({"ends_at": NOW}, InvalidError),
    ],
)
def test_notices_that_are_refused(town, planned, wrong, error):
    values = {key: getattr(town, value) if key in {"by", "area"} else value for key, value in wrong.items()}
    with pytest.raises(error):
        warn(town, **values)
    assert WeatherNotice.objects.count() == 0
