"""挂账公示, and what a reporter reads when his matter takes longer or has to wait."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.cases import actions, procedures
from wangge.domains.cases.tests.leaders import leader
from wangge.doors.portal.tests.conftest import link
from wangge.foundation.core import clock

PLAN = "开春解冻后由养护单位施工。"


def hang(town, case, *, wei, in_days=30, plan=PLAN):
    """A case in hand is hung."""
    day = clock.today() + dt.timedelta(days=in_days)
    case = actions.ask_hang(case=case, by=town.he, why="season", plan=plan, review_on=day)
    return actions.hang(hang=procedures.open_hang(case), by=wei)


@pytest.fixture
def wei(town):
    return leader(town)


def test_nothing_has_to_wait(client, town):
    answer = client.get("/p/hung/")
    assert answer.status_code == 200
    assert "目前没有挂账事项" in answer.content.decode()


def test_the_list_says_what_why_and_until_when_and_nobodys_name(client, town, wei):
    public = town.litter
    assert public.public
    case = hang(town, town.handling(matter=public, contact=town.wu(), text="王大爷家门口的事"), wei=wei)
    secret = town.reported(matter=public, contact=town.wu(), confidential=True)
    secret = actions.file(case=secret, by=town.luo, matter=public)
    secret = actions.sign_for(case=actions.dispatch(case=secret, by=town.luo, unit=town.enforcement), by=town.he)
    secret = hang(town, secret, wei=wei, plan="保密事项的计划")
    shown = client.get("/p/hung/").content.decode()
    assert case.number in shown
    assert PLAN in shown
    assert "槐荫社区" in shown
    assert public.name_zh in shown
    for word in ("王大爷", "吴桂英", "何勇", "魏强", "槐荫路12号", secret.number, "保密事项的计划"):
        assert word not in shown, word
    actions.resume(case=case, by=wei, reason="可办")
    assert case.number not in client.get("/p/hung/").content.decode()


def test_the_list_is_paged(client, town, wei):
    numbers = [hang(town, town.handling(matter=town.litter), wei=wei, in_days=5 + n).number for n in range(22)]
    first = client.get("/p/hung/").content.decode()
    assert [n for n in numbers if n in first] == numbers[:20]
    after = first.split("/p/hung/?after=")[1].split('"')[0]
    second = client.get(f"/p/hung/?after={after}").content.decode()
    assert [n for n in numbers if n in second] == numbers[20:]
    for odd in ("zzz", "2026-02-31_1", "2026-03-01_" + "9" * 60, "_", "%00"):
        assert client.get(f"/p/hung/?after={odd}").status_code in {200, 400}


def test_the_reporter_reads_why_it_waits(client, town, wei):
    case = hang(town, town.handling(contact=town.wu()), wei=wei)
    shown = client.get(link(town.voice(case))).content.decode()
    assert PLAN in shown
    assert "暂时无法办理" in shown
    actions.resume(case=case, by=wei, reason="天气转暖")
    shown = client.get(link(town.voice(case))).content.decode()
    assert "已恢复办理" in shown
    assert "天气转暖" in shown


def test_the_reporter_reads_the_new_date_and_no_refusal(client, town):
    case = actions.ask_extension(case=town.handling(contact=town.wu()), by=town.he, days=5, reason="等备件到货")
    assert "等备件到货" not in client.get(link(town.voice(case))).content.decode()
    case = actions.grant_extension(extension=procedures.open_extension(case), by=town.luo, note="内部意见")
    shown = client.get(link(town.voice(case))).content.decode()
    day = case.due_at.astimezone(clock.OFFICE)
    assert "等备件到货" in shown
    assert f"{day.month}月{day.day}日" in shown
    assert "内部意见" not in shown
    case = actions.ask_extension(case=case, by=town.he, days=5, reason="再要几天")
    wei = leader(town)
    actions.refuse_extension(extension=procedures.open_extension(case), by=wei, reason="不同意")
    assert "再要几天" not in client.get(link(town.voice(case))).content.decode()
