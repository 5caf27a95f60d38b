"""Visits on the desk: doors and days for many, grounds for few; rules, campaigns, weather, links, leave, office hours."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from wangge.domains.fieldwork.actions import campaigns, referring, visit_planning
from wangge.domains.fieldwork.actions.links import link
from wangge.domains.fieldwork.models import (
    Absence,
    Campaign,
    Link,
    OfficeHour,
    Referral,
    Visit,
    VisitDue,
    VisitRule,
    WeatherNotice,
)
from wangge.domains.people.actions import needs
from wangge.domains.people.tests.homes import read
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.accounts.models import Post
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError
from wangge.foundation.duties.queries import to_do

WEEKLY = "每周联系一次"
ONE = dt.timedelta(days=1)


@pytest.fixture
def planned(town, homes):
    """Mrs Wu lives alone: her visit is due soonest; everybody else's within a year."""
    needs.record(by=town.lin, person=homes.wu, kind="lives_alone", basis="本人同意", since=clock.today())
    visit_planning.plan_all()
    return homes


def due_of(household) -> VisitDue:
    return VisitDue.objects.unscoped("the test looks at the row").get(household=household, state="open")


def main(answer) -> str:
    return answer.content.decode().split("<main", 1)[1]


def visits_made() -> int:
    return Visit.objects.unscoped("the test counts").count()


def member(town, login="dang"):
    user = accounts.add_user(by=None, username=login, name="党一心", password=None)
    accounts.give_post(by=None, user=user, role="linked_member", valid_from=dt.date(2024, 1, 1), area=town.grid1)
    return user


# Visits due


def test_the_list_shows_doors_and_days_and_neither_names_nor_grounds(town, at_desk, planned):
    text = main(at_desk("lin").get("/desk/visits/?until=400"))
    assert [text.count(door) for door in ("2单元301", "2单元302", "2单元401", "1单元201")] == [1, 1, 1, 0]
    assert text.count(">物业所家属院3号楼<") + text.count(" 物业所家属院3号楼</h2>") == 1
    for hidden in ("吴淑芬", "吴*芬", "王建国", WEEKLY, "独居", "每季"):
        assert hidden not in text
    soon = main(at_desk("lin").get("/desk/visits/"))
    assert [door in soon for door in ("2单元301", "2单元302")] == [True, False]


def test_each_place_its_own(town, at_desk, planned):
    assert "1单元201" in main(at_desk("gao").get("/desk/visits/?until=400"))
    assert "2单元301" not in main(at_desk("gao").get("/desk/visits/?until=400"))
    station = at_desk("fang").get(f"/desk/visits/?until=400&grid={town.grid1.pk}")
    assert ["2单元301" in main(station), "1单元201" in main(station)] == [True, False]
    for who in ("zhao", "root", "qian"):
        assert at_desk(who).get("/desk/visits/").status_code == 403
    due = due_of(planned.wu_home)
    assert at_desk("gao").get(f"/desk/visits/doors/{due.public_id}/").status_code == 404
    assert at_desk("gao").post(f"/desk/visits/doors/{due.public_id}/", {"result": "met"}).status_code == 404
    assert visits_made() == 0


def test_the_page_of_a_door_says_why_only_to_who_may_know(town, at_desk, planned):
    url = f"/desk/visits/doors/{due_of(planned.wu_home).public_id}/"
    assert WEEKLY in main(at_desk("lin").get(url))
    link(by=town.fang, user=town.gao, households=[planned.wu_home])
    seen = main(at_desk("gao").get(url)).replace(" ", "")  # linked, of another grid
    assert ("2单元301" in seen, WEEKLY in seen, "吴" in seen) == (True, False, False)


def test_a_visit_is_noted_once(town, at_desk, planned):
    due = due_of(planned.wu_home)
    url = f"/desk/visits/doors/{due.public_id}/"
    key = str(uuid.uuid4())
    said = {"key": key, "result": "met", "way": "door", "tasks": ["hazard"], "note": "钥匙放在邻居处。"}
    bad = at_desk("lin").post(url, said | {"tasks": ["nothing"]})
    assert (bad.status_code, "钥匙放在邻居处。" in main(bad), visits_made()) == (422, True, 0)
    form = at_desk("lin").get(url).context["form"]
    task = form.fields["tasks"].choices[0][0]
    said |= {"tasks": [task], "confirmed": "on"}
    for _twice in range(2):
        answer = at_desk("lin").post(url, said)
    assert visits_made() == 1
    made = Visit.objects.unscoped("the test looks").get()
    assert (made.result, made.tasks, made.confirmed, made.due_id) == ("met", [task], True, due.pk)
    assert read(planned.wu_home).verified_on == clock.today()
    assert answer.status_code == 302
    assert "钥匙放在邻居处。" in main(at_desk("lin").get(url))
    assert "钥匙放在邻居处。" not in main(at_desk("luo").get(url))


def test_counselling_takes_no_note(town, at_desk, planned):
    url = f"/desk/visits/doors/{due_of(planned.wu_home).public_id}/"
    said = {"key": str(uuid.uuid4()), "result": "met", "way": "door", "tasks": ["counselling"], "note": "说了很久。"}
    answer = at_desk("lin").post(url, said)
    assert (answer.status_code, visits_made()) == (422, 0)


def test_a_refusal_is_respected_until_taken_back(town, at_desk, planned):
    url = f"/desk/visits/doors/{due_of(planned.wu_home).public_id}/"
    at_desk("lin").post(url, {"key": str(uuid.uuid4()), "result": "declined", "way": "door"})
    assert read(planned.wu_home).declines_visits is True
    assert "2单元301" not in main(at_desk("lin").get("/desk/visits/?until=400"))
    page = at_desk("lin").get(url)
    assert page.context["may_allow"] is True
    assert at_desk("lin").post(url + "allow/").status_code == 302
    assert read(planned.wu_home).declines_visits is False
    assert "2单元301" in main(at_desk("lin").get("/desk/visits/?until=400"))


def test_a_page_of_a_hundred(town, at_desk, planned, monkeypatch):
    from wangge.domains.fieldwork import visits

    monkeypatch.setattr(visits, "PAGE", 2)
    first = main(at_desk("lin").get("/desk/visits/?until=400"))
    assert ["2单元301" in first, "2单元401" in first, "after=2" in first] == [True, False, True]
    second = main(at_desk("lin").get("/desk/visits/?until=400&after=2"))
    assert ["2单元301" in second, "2单元401" in second] == [False, True]


def test_the_house_card_shows_the_next_and_the_last_visits(town, at_desk, planned):
    due = due_of(planned.wu_home)
    room = planned.rooms["301"].pk
    for page in (f"/desk/homes/{room}/", f"/field/homes/{room}/"):
        card = main(at_desk("lin").get(page)).split('id="visits"')[1].split("</section>")[0]
        assert [f"/desk/visits/doors/{due.public_id}/" in card, WEEKLY in card, "林晓" in card] == [True, True, False]
    said = {"key": str(uuid.uuid4()), "result": "met", "way": "door", "note": "钥匙放在邻居处。"}
    at_desk("lin").post(f"/desk/visits/doors/{due.public_id}/", said)
    card = main(at_desk("lin").get(f"/desk/homes/{room}/")).split('id="visits"')[1].split("</section>")[0]
    assert ["林晓" in card, "钥匙" in card, str(due.public_id) in card] == [True, False, False]
    assert 'id="visits"' not in main(at_desk("chen").get(f"/desk/homes/{room}/"))


# Rules


def rule_form(town, **more):
    matter = VisitRule.objects.get(code="yearly").matter
    values = {
        "code": "yearly", "name_zh": "年度核实", "chosen": "ordinary", "every_days": "180", "matter": matter.code,
        "area": str(town.community.pk),
    }  # fmt: skip
    return values | more


def test_a_new_version_of_a_rule_for_ones_own_place(town, at_desk, planned):
    rule = VisitRule.objects.get(code="yearly")
    url = f"/desk/visits/rules/{rule.pk}/"
    assert at_desk("fang").get(url).status_code == 200
    for wrong in ({"every_days": "0"}, {"chosen": "soul"}, {"area": str(town.north.pk)}, {"area": "0"}):
        assert at_desk("fang").post(url, rule_form(town, **wrong)).status_code == 422
    assert VisitRule.objects.count() == 11
    assert at_desk("fang").post(url, rule_form(town)).status_code == 302
    made = VisitRule.objects.get(code="yearly", area=town.community)
    assert (made.every_days, made.by, VisitRule.objects.get(pk=rule.pk).valid_to) == (180, town.fang, None)
    text = main(at_desk("fang").get("/desk/visits/rules/"))
    assert [f"/rules/{made.pk}/end/" in text, f"/rules/{rule.pk}/end/" in text] == [True, False]
    assert at_desk("fang").post(f"/desk/visits/rules/{rule.pk}/end/").status_code == 403
    assert at_desk("fang").post(f"/desk/visits/rules/{made.pk}/end/").status_code == 302
    assert not VisitRule.objects.filter(pk=made.pk).exists()  # it never held for a day
    assert VisitRule.objects.get(pk=rule.pk).valid_to is None


def test_who_visits_reads_the_rules_and_does_not_write_them(town, at_desk, planned):
    page = at_desk("lin").get("/desk/visits/rules/")
    assert (page.status_code, "/rules/new/" in main(page)) == (200, False)
    assert at_desk("lin").post("/desk/visits/rules/new/", rule_form(town)).status_code == 403
    assert VisitRule.objects.count() == 11


# Campaigns and weather


def campaign_form(town, **more):
    values = {
        "name_zh": "寒潮走访", "trigger": "cold", "area": str(town.community.pk), "choice": ["ordinary"],
        "matter": town.litter.code, "days": "2", "ask": "看暖气。",
    }  # fmt: skip
    return values | more


def test_a_campaign_is_looked_at_made_started_and_ended(town, at_desk, planned):
    url = "/desk/visits/campaigns/new/"
    seen = at_desk("fang").post(url, campaign_form(town, preview="1"))
    assert (seen.status_code, seen.context["whole"], Campaign.objects.unscoped("all").count()) == (200, "4", 0)
    assert at_desk("fang").post(url, campaign_form(town, choice=[])).status_code == 422
    assert at_desk("fang").post(url, campaign_form(town, area=str(town.north.pk))).status_code == 422
    answer = at_desk("fang").post(url, campaign_form(town))
    made = Campaign.objects.unscoped("the test looks").get()
    page = f"/desk/visits/campaigns/{made.public_id}/"
    assert (answer.status_code, answer.headers["Location"], made.state) == (302, page, "ready")
    assert at_desk("lin").post(page + "start/").status_code == 403
    assert at_desk("fang").post(page + "nothing/").status_code == 404
    assert at_desk("fang").post(page + "start/").status_code == 302
    at_desk("fang").post(url, campaign_form(town, name_zh="春节走访", trigger="festival"))
    listed = main(at_desk("fang").get("/desk/visits/campaigns/"))
    assert listed.index("寒潮走访") < listed.index("春节走访")  # under way before what is newer
    assert [listed.count(state) for state in ("进行中", ">待启动<", "可领取")] == [1, 1, 0]
    told = at_desk("fang").get(page).context["progress"]
    assert told["chosen"] == "4"
    assert [[count for _label, count in row["cells"]] for row in told["rows"]] == [
        ["3", "0", "0", "0"], ["1", "0", "0", "0"], ["4", "0", "0", "0"],
    ]  # fmt: skip
    assert "寒潮走访" in main(at_desk("lin").get("/desk/visits/"))
    assert at_desk("fang").post(page + "end/").status_code == 302
    assert at_desk("fang").post(page + "repeat/").status_code == 302
    states = Campaign.objects.unscoped("the test looks").order_by("pk").values_list("state", flat=True)
    assert list(states) == ["ended", "ready", "ready"]
    assert at_desk("zhao").get(page).status_code in {403, 404}


def test_who_may_not_know_needs_is_told_rounded_numbers(town, at_desk, planned):
    Post.objects.filter(user=town.fang).update(role="grid_guide")
    made = campaigns.make_campaign(
        by=town.luo, name_zh="独居走访", trigger="other", area=town.south, matter=town.litter,
        choice=[{"object": "need", "need": "lives_alone"}],
    )  # fmt: skip
    campaigns.start_campaign(by=town.luo, campaign=made)
    page = main(at_desk("luo").get(f"/desk/visits/campaigns/{made.public_id}/"))
    assert "&lt;8" in page
    assert ">1<" not in page


def test_a_weather_notice_starts_what_waits_for_it(town, at_desk, planned):
    at_desk("fang").post("/desk/visits/campaigns/new/", campaign_form(town))
    now = clock.now().astimezone(clock.OFFICE)
    said = {
        "area": str(town.community.pk), "trigger": "cold", "level": "orange", "words": "气温下降10℃以上。",
        "starts_at": f"{now - ONE:%Y-%m-%dT%H:%M}", "ends_at": f"{now + ONE:%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    url = "/desk/visits/weather/"
    assert at_desk("lin").post(url, said).status_code == 403
    assert at_desk("fang").post(url, said | {"ends_at": said["starts_at"]}).status_code == 422
    assert WeatherNotice.objects.count() == 0
    assert at_desk("fang").post(url, said).status_code == 302
    notice = WeatherNotice.objects.get()
    assert Campaign.objects.unscoped("the test looks").get().state == "running"
    assert "气温下降10℃以上。" in main(at_desk("lin").get(url))
    assert at_desk("fang").post(f"{url}{notice.pk}/end/").status_code == 302
    assert WeatherNotice.objects.get().ends_at <= clock.now()


# Links


def test_households_are_linked_building_by_building(town, at_desk, planned):
    dang = member(town)
    page = at_desk("fang").post("/desk/visits/links/", {"username": "nobody"})
    assert page.status_code == 422
    page = at_desk("fang").post("/desk/visits/links/", {"username": "dang"})
    url = f"/desk/visits/links/members/{dang.pk}/"
    assert (page.status_code, page.headers["Location"]) == (302, url)
    where = f"{url}?grid={town.grid1.pk}&building={planned.building.pk}"
    shown = main(at_desk("fang").get(where))
    assert ["301" in shown, "302" in shown, "吴" in shown] == [True, True, False]
    assert at_desk("fang").post(where, {"households": [str(planned.sun_home.pk)]}).status_code == 422
    assert Link.objects.unscoped("the test counts").count() == 0
    assert at_desk("fang").post(where, {"households": [str(planned.wu_home.pk)]}).status_code == 302
    held = Link.objects.unscoped("the test looks").get()
    assert (held.user, due_of(planned.wu_home).linked) == (dang, dang)
    assert "党一心" in main(at_desk("fang").get("/desk/visits/links/"))
    for who in ("lin", "zhao"):
        assert at_desk(who).get(url).status_code == 403
    assert at_desk("fang").post(f"/desk/visits/links/{held.pk}/end/").status_code == 302
    assert Link.objects.unscoped("the test counts").count() == 0
    assert due_of(planned.wu_home).linked is None


# Leave, handing over


def test_leave_is_noted_and_somebody_stands_in(town, at_desk, planned):
    today = clock.today()
    said = {
        "user": str(town.lin.pk),
        "from_on": f"{today}",
        "to_on": f"{today + 5 * ONE}",
        "substitute": str(town.gao.pk),
    }
    url = "/desk/visits/leave/"
    for wrong in ({"to_on": f"{today - ONE}"}, {"user": str(town.chen.pk)}, {"substitute": str(town.lin.pk)}):
        assert at_desk("fang").post(url, said | wrong).status_code == 422
    assert Absence.objects.count() == 0
    assert at_desk("lin").get(url).status_code == 403
    assert at_desk("fang").post(url, said).status_code == 302
    given = Post.objects.get(user=town.gao, basis="standing_in")
    assert (given.area, given.valid_from, given.valid_to) == (town.grid1, today, today + 6 * ONE)
    assert "2单元301" in main(at_desk("gao").get("/desk/visits/"))
    absence = Absence.objects.get()
    assert "林晓" in main(at_desk("fang").get(url))
    assert at_desk("fang").post(f"{url}{absence.pk}/back/").status_code == 302
    assert Absence.objects.get().ended_on == today
    assert "2单元301" not in main(at_desk("gao").get("/desk/visits/?until=400"))
    assert f"{absence.pk}/back/" not in main(at_desk("fang").get(url + "?all=1"))


def test_what_hangs_on_a_person_goes_to_a_colleague(town, at_desk, planned):
    link(by=town.fang, user=town.lin, households=[planned.wu_home])
    url = f"/desk/visits/leave/people/{town.lin.pk}/"
    assert "2单元301" in main(at_desk("fang").get(url)).replace(" ", "")
    assert at_desk("fang").post(url, {"heir": str(town.lin.pk)}).status_code == 422
    assert at_desk("fang").post(url, {"heir": str(town.gao.pk)}).status_code == 302
    held = Link.objects.unscoped("the test looks").filter(valid_to=None).get()
    assert held.user == town.gao
    assert at_desk("fang").post(url, {"heir": str(town.gao.pk)}).status_code == 422  # nothing left
    for person in (town.fang, town.chen, town.zhao):
        assert at_desk("fang").get(f"/desk/visits/leave/people/{person.pk}/").status_code == 404


# Office hours


def test_office_hours_are_told(town, at_desk, planned):
    said = {"area": str(town.grid1.pk), "spot": "小区门口党群驿站", "weekday": "2", "opens": "09:00", "closes": "11:00"}
    url = "/desk/visits/hours/"
    assert at_desk("fang").post(url, said | {"closes": "08:00"}).status_code == 422
    assert at_desk("lin").post(url, said).status_code == 403
    assert OfficeHour.objects.unscoped("the test counts").count() == 0
    assert at_desk("fang").post(url, said).status_code == 302
    row = OfficeHour.objects.unscoped("the test looks").get()
    assert "小区门口党群驿站" in main(at_desk("lin").get(url))
    assert at_desk("lin").post(f"{url}{row.pk}/end/").status_code == 403
    assert at_desk("fang").post(f"{url}{row.pk}/end/").status_code == 302
    assert OfficeHour.objects.unscoped("the test counts").count() == 0


# Referrals


def test_a_wish_for_counselling_is_seen_by_who_takes_it_on(town, at_desk, planned):
    due = due_of(planned.wu_home)
    assert at_desk("lin").post(f"/desk/visits/doors/{due.public_id}/counselling/").status_code == 302
    row = Referral.objects.unscoped("the test looks").get()
    handler = accounts.add_user(by=None, username="xin", name="辛安", password=None)
    other = accounts.add_user(by=None, username="xin2", name="辛宁", password=None)
    for user in (handler, other):
        accounts.give_post(
            by=None, user=user, role="unit_handler", valid_from=dt.date(2024, 1, 1), organisation=row.unit
        )
    town.xin, town.xin2 = handler, other
    url = f"/desk/visits/counselling/{row.public_id}/"
    assert [duty.kind for duty in to_do(handler)] == ["referral.take"]
    for home in ("/desk/", "/field/todo/"):
        assert "/desk/visits/counselling/" in at_desk("xin").get(home).content.decode()
    before = main(at_desk("xin").get("/desk/visits/counselling/"))
    assert (f"#{row.pk}" in before, "301" in before) == (True, False)
    assert at_desk("he").post(url + "take/").status_code == 404
    assert at_desk("xin").post(url + "nothing/").status_code == 404
    assert at_desk("xin").post(url + "take/").status_code == 302
    assert "301" in main(at_desk("xin").get("/desk/visits/counselling/"))
    assert "301" not in main(at_desk("xin2").get("/desk/visits/counselling/"))
    assert "301" not in main(at_desk("lin").get("/desk/"))
    at_desk("xin2").post(url + "end/")
    at_desk("xin2").post(url + "back/")
    assert Referral.objects.unscoped("the test looks").get().state == "taken"
    with pytest.raises(ConflictError):
        referring.end_referral(by=other, referral=row)
    assert "退回给本单位" in main(at_desk("xin").get("/desk/visits/counselling/"))
    assert "退回给本单位" not in main(at_desk("xin2").get("/desk/visits/counselling/"))
    assert at_desk("xin").post(url + "back/").status_code == 302
    assert [duty.kind for duty in to_do(other)] == ["referral.take"]
    assert at_desk("xin").post(url + "take/").status_code == 302
    assert at_desk("xin").post(url + "end/").status_code == 302
    assert Referral.objects.unscoped("the test looks").get().state == "ended"
    assert to_do(handler) == []
