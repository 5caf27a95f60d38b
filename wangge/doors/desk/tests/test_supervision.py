"""The leader's page, slips and their answers, from a browser."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from tests.town import SINCE
from wangge.domains.cases import actions, lateness
from wangge.domains.cases.actions import supervising
from wangge.domains.cases.models import Assignment, Case, Extension, Supervision
from wangge.doors.desk import clocks
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.roles import ROLES
from wangge.foundation.core.clock import OFFICE
from wangge.foundation.core.problems import NotAllowedError
from wangge.foundation.notifications.models import Notice

NOW = dt.datetime(2026, 3, 9, 10, tzinfo=OFFICE)  # a Monday


def at(day: int, hour: int = 9, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=OFFICE)


@pytest.fixture(autouse=True)
def _monday(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def leader(town):
    """Lei leads the street."""
    found = accounts.add_user(by=None, username="lei", name="雷明", password=None)
    accounts.give_post(
        by=None, user=found, role="street_leader", valid_from=SINCE, organisation=town.street_office, area=town.south
    )
    return found


@pytest.fixture
def page(town):
    """`page("luo", "/desk/supervision/")`: the text of a page as a member of the cast sees it."""

    def read(who, url: str = "/desk/supervision/", expect: int = 200) -> str:
        client = Client()
        town.log_in(client, town.fresh(getattr(town, who) if isinstance(who, str) else who))
        answer = client.get(url)
        assert answer.status_code == expect, url
        return answer.content.decode()

    return read


def due(case, when, **more):
    Case.objects.unscoped("the test moves the deadline").filter(pk=case.pk).update(due_at=when, **more)
    case.refresh_from_db()
    return case


@pytest.fixture
def late(town, leader):
    """In He's hands since the 2nd, due on the 5th; warned, pressed, and with the ladder's slip."""
    case = town.reported(at=at(2))
    actions.file(case=case, by=town.bai, matter=case.matter, at=at(2, 10))
    actions.dispatch(case=case, by=town.chen, unit=town.enforcement, at=at(2, 10, 30))
    actions.sign_for(case=case, by=town.he, at=at(2, 11))
    case = due(town.read(case), at(5, 18))
    supervising.watch(at=at(5, 9))
    supervising.watch(at=at(5, 18, 5))
    supervising.watch(at=at(6, 18, 5))
    return case


def rows(who, town, **more):
    return lateness.late(getattr(town, who), lateness.LateFilter(**more), at=NOW)


# -- reads


def test_who_holds_it_since_when_and_by_how_much(town, late):
    (row,) = rows("luo", town)
    assert (row.case, row.unit, row.since, row.due_at) == (late, town.enforcement, at(2, 11), at(5, 18))
    assert (row.working_days, row.minutes) == (2, 7 * 60 + 90)  # Friday's seven hours, and half past eight to ten
    assert [alert.rung for alert in row.done.alerts] == [0, 1, 2]
    assert [slip.number for slip in row.done.slips] == ["NC督〔2026〕1号"]
    assert row.done.last.verb == "supervise"


def test_an_urgent_clock_is_over_round_the_clock(town):
    due(town.reported(matter=town.shed), at(8, 10), urgent=True)
    (row,) = rows("luo", town)
    assert (row.round_the_clock, row.minutes, row.working_days) == (True, 24 * 60, 0)


def test_today_is_what_becomes_late_until_midnight(town, late):
    soon, tomorrow = due(town.filed(), at(9, 15)), due(town.filed(), at(10, 0))
    gone = due(town.filed(), at(9, 10))
    assert [row.case for row in rows("luo", town, which=lateness.TODAY)] == [soon]
    assert [row.case for row in rows("luo", town)] == [late, gone]
    assert tomorrow.due_at == at(10, 0)


@pytest.mark.parametrize("state", ["hung", "needs_info", "evaluating", "closed"])
def test_what_nobody_is_late_with_is_not_there(town, late, state):
    Case.objects.unscoped("the test").filter(pk=late.pk).update(state=state)
    assert rows("luo", town) == []


def test_the_place_decides_what_is_seen(town, late):
    other = due(town.reported(area=town.north_grid, by=town.zhao), at(2))
    secret = due(town.filed(), at(3), confidential=True)
    assert [row.case for row in rows("luo", town)] == [secret, late]
    guide = accounts.add_user(by=None, username="bao", name="包保", password=None)
    accounts.give_post(by=None, user=guide, role="grid_guide", valid_from=SINCE, area=town.grid1)
    assert [row.case for row in lateness.late(guide, lateness.LateFilter(), at=NOW)] == [late]
    assert [row.case for row in rows("fang", town)] == [late]  # not the confidential one
    for nobody in ("he", "zhao", "lin", "root"):
        found = [row.case for row in rows(nobody, town)]
        assert found == ([other] if nobody == "zhao" else []), nobody
    assert other.number


def test_the_filters(town, late):
    filed = due(town.filed(area=town.grid3, by=town.bai), at(6))
    unit = town.enforcement.pk
    assert [row.case for row in rows("luo", town, unit_id=unit)] == [late]
    assert [row.case for row in rows("luo", town, stage="filed")] == [filed]
    assert [row.case for row in rows("luo", town, area_path=town.community2.path)] == [filed]
    assert {row.case for row in rows("luo", town, module="city")} == {late, filed}
    assert rows("luo", town, module="party") == []
    totals, more = lateness.totals(town.luo, lateness.LateFilter(), at=NOW)
    assert [(t.unit, t.stage, t.count) for t in totals] == [(None, "filed", 1), (town.enforcement, "", 1)]
    assert more is False


def test_every_total_opens_to_as_many_rows(town, late):
    for n in range(3):
        due(town.dispatched(unit=town.sanitation), at(6, n))
        due(town.reported(), at(7, n))
    totals, _more = lateness.totals(town.luo, lateness.LateFilter(), at=NOW)
    for total in totals:
        narrowed = {"unit_id": total.unit.pk} if total.unit else {"stage": total.stage}
        assert len(rows("luo", town, **narrowed)) == total.count
    assert sum(total.count for total in totals) == len(rows("luo", town)) == 7


def test_a_late_co_handler_has_a_list_of_its_own(town, late):
    due(late, at(20, 18))
    Assignment.objects.create(
        case=late, unit=town.sanitation, duty="co", dispatched_at=at(3), due_at=at(6, 18), signed_by=town.hua
    )
    assert rows("luo", town) == []
    (row,) = rows("luo", town, which=lateness.CO)
    assert (row.case, row.unit, row.since, row.working_days) == (late, town.sanitation, at(3), 1)
    assert rows("luo", town, which=lateness.CO, unit_id=town.enforcement.pk) == []
    totals, _more = lateness.totals(town.luo, lateness.LateFilter(which=lateness.CO), at=NOW)
    assert [(t.unit, t.count) for t in totals] == [(town.sanitation, 1)]


def test_pages_cover_every_row_once(town, late):
    for _n in range(5):
        due(town.filed(), at(6, 9))  # all at the same instant
    found, after = [], None
    while page := lateness.late(town.luo, lateness.LateFilter(), after=after, limit=2, at=NOW):
        found += [row.case.pk for row in page]
        after = (page[-1].due_at, page[-1].case.pk)
    assert len(found) == len(set(found)) == 6


def test_ten_times_the_rows_no_more_queries(town, late, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            lateness.late(town.fresh(town.luo), lateness.LateFilter(), at=NOW)
        return len(caught)

    one = queries()
    for n in range(10):
        due(town.dispatched(), at(6, n))
    supervising.watch(at=NOW)
    assert queries() == one
    assert one < 20


@pytest.mark.parametrize(
    ("now", "amber"), [(at(8, 12), False), (at(9, 10, 11), False), (at(9, 10, 12), True), (at(9, 10, 59), True)]
)
def test_the_chip_is_amber_when_the_ladder_warns_and_not_before(town, now, amber):
    """To be accepted in four office hours: 1.5 on Friday, 2.5 on Monday; most of the span is a week-end."""
    case = town.reported(matter=town.litter, at=at(6, 16, 30))
    assert case.due_at == at(9, 11)
    assert clocks.chip(case, now=now).state == ("amber" if amber else "quiet")
    assert clocks.tone(case, now=now) == ("amber" if amber else "blue")
    assert supervising.watch(at=now) == amber


# -- the page


def test_the_leaders_page(town, late, leader, page):
    text = page(leader)
    for word in (late.number, "综合执法队", "何勇", "超 2 个工作日", "NC督〔2026〕1号", "3月2日"):
        assert word in text, word
    assert f'href="?unit={town.enforcement.pk}"' in text
    assert "林晓" not in text


def test_the_page_says_what_was_done(town, late, leader, page):
    Extension.objects.create(
        case=late, nth=1, days=3, reason="需要吊车", asked_by=town.he, asked_at=at(4), due_before=at(5, 18)
    )
    supervising.answer(
        supervision=Supervision.objects.unscoped("the test").get(), by=town.he, text="吊车明日到位。", at=at(9, 9, 50)
    )
    text = page(leader)
    for word in ("吊车明日到位。", "需要吊车", "尚未决定"):
        assert word in text, word


@pytest.mark.parametrize("query", ["", "?which=today", "?which=co", "?which=nonsense&unit=x&stage=..%2F&after=zz~1"])
def test_every_view_opens_also_when_it_is_empty(town, leader, page, query):
    assert 'class="wg-empty' in page(leader, f"/desk/supervision/{query}")


def test_who_may_not_open_the_page(town, page):
    for nobody in ("he", "hua", "lin", "root", "security", "tan"):
        page(nobody, expect=403)


def test_a_community_secretary_reads_it_for_her_community(town, late, page):
    far = due(town.filed(area=town.grid3, by=town.bai), at(6))
    text = page("fang")
    assert late.number in text
    assert far.number not in text
    assert "NC督〔2026〕1号" in text
    assert f'value="{town.community.path}"' in text
    assert f'value="{town.community2.path}"' not in text
    assert "open=supervise" not in text
    assert "open=supervise" in page("luo")
    assert far.number not in page("fang", f"/desk/supervision/?area={town.community2.path}")
    assert 'href="/desk/supervision/"' in page("fang", "/desk/")
    with pytest.raises(NotAllowedError):
        supervising.supervise(case=late, by=town.fang, text="请尽快处置。", reply_days=1)
    assert Supervision.objects.unscoped("the test counts").count() == 1


def test_whoever_issues_slips_reads_the_page():
    for role in ROLES.values():
        if P.CASE_SUPERVISE in role.permissions:
            assert role.permissions >= {P.STATS_VIEW, P.CASE_VIEW}, role.key
        if P.STATS_VIEW in role.permissions:
            assert P.CASE_VIEW in role.permissions, role.key


def test_a_filter_that_matches_nothing_keeps_its_words(town, late, leader, page):
    text = page(leader, f"/desk/supervision/?unit={town.sanitation.pk}")
    assert late.number not in text
    assert f'value="{town.sanitation.pk}" selected' in text


# -- slips


def test_a_slip_from_the_case_page(town, late, leader, take):
    due(late, at(20, 18))
    Supervision.objects.unscoped("the test").all().delete()
    assert take("luo", late, "supervise", text="", reply_days="1").status_code == 422
    assert Supervision.objects.unscoped("the test").count() == 0
    answer = take("luo", late, "supervise", text="请三日内拆除并书面答复。", reply_days="3")
    assert answer.status_code == 302
    slip = Supervision.objects.unscoped("the test").get()
    assert (slip.text, slip.issued_by, slip.reply_due_at) == ("请三日内拆除并书面答复。", town.luo, at(12, 18))
    assert take("luo", late, "supervise", text="请三日内拆除并书面答复。", reply_days="3").status_code == 302  # again
    assert Supervision.objects.unscoped("the test").count() == 1
    assert take("he", late, "supervise", text="x", reply_days="1").status_code == 403


def test_the_unit_answers_from_the_case_page(town, late, take):
    slip = Supervision.objects.unscoped("the test").get()
    assert take("he", late, "answer_supervision", supervision=slip.number, text=" ").status_code == 422
    assert take("he", late, "answer_supervision", supervision="NC督〔2026〕9号", text="x").status_code == 422
    assert take("hua", late, "answer_supervision", supervision=slip.number, text="x").status_code == 404
    assert take("chen", late, "answer_supervision", supervision=slip.number, text="x").status_code == 403
    slip.refresh_from_db()
    assert slip.reply == ""
    assert take("he", late, "answer_supervision", supervision=slip.number, text="明日完成。").status_code == 302
    slip.refresh_from_db()
    assert (slip.reply, slip.replied_by, slip.is_late) == ("明日完成。", town.he, False)


def test_the_page_of_a_slip(town, late, page):
    slip = Supervision.objects.unscoped("the test").get()
    url = f"/desk/supervision/slips/{slip.number}/"
    text = page("luo", url)
    assert slip.text.split("。")[0] in text
    assert 'action="/desk/supervision/slips/' not in text  # he may not answer for the unit
    assert "/answer/" in page("he", url)
    for foreign in ("zhao", "hua", "gao"):
        page(foreign, url, expect=404)
    page("root", url, expect=403)


def test_an_answer_from_the_page_of_the_slip(town, late, client):
    slip = Supervision.objects.unscoped("the test").get()
    url = f"/desk/supervision/slips/{slip.number}/answer/"
    for who, code in (("luo", 403), ("hua", 404), ("fang", 403)):
        town.log_in(client, town.fresh(getattr(town, who)))
        assert client.post(url, {"text": "x"}).status_code == code, who
    town.log_in(client, town.fresh(town.he))
    refused = client.post(url, {"text": "长" * 2001})
    assert refused.status_code == 422
    assert "长" * 2001 in refused.content.decode()  # what was typed is kept
    assert client.post(url, {"text": "已拆除。"}).status_code == 302
    slip.refresh_from_db()
    assert slip.reply == "已拆除。"
    assert client.post(url, {"text": "再答"}).status_code == 409
    slip.refresh_from_db()
    assert slip.reply == "已拆除。"


def test_a_unit_that_lost_the_case_still_answers_its_slip(town, late, client):
    Case.objects.unscoped("the test").filter(pk=late.pk).update(unit=town.sanitation, handler=town.hua)
    slip = Supervision.objects.unscoped("the test").get()
    town.log_in(client, town.he)
    assert client.get(f"/desk/cases/{late.number}/").status_code == 404
    text = client.get(f"/desk/supervision/slips/{slip.number}/").content.decode()
    assert f'href="/desk/cases/{late.number}/"' not in text
    assert client.post(f"/desk/supervision/slips/{slip.number}/answer/", {"text": "已移交环卫所。"}).status_code == 302


def test_the_list_of_slips(town, late, page):
    slip = Supervision.objects.unscoped("the test").get()
    for who, seen in (("luo", True), ("he", True), ("fang", True), ("hua", False), ("zhao", False)):
        assert (slip.number in page(who, "/desk/supervision/slips/?open=1")) is seen, who
    supervising.answer(supervision=slip, by=town.he, text="已办。", at=NOW + dt.timedelta(days=3))
    assert slip.number not in page("luo", "/desk/supervision/slips/?open=1")
    assert "迟复" in page("luo", "/desk/supervision/slips/")


# -- to-do list and messages


def test_a_slip_stands_on_the_to_do_list_and_opens(town, late, page):
    slip = Supervision.objects.unscoped("the test").get()
    assert f'href="/desk/supervision/slips/{slip.number}/"' in _unquoted(page("he", "/desk/"))
    assert f"督办单 {slip.number}" in page("he", "/desk/notices/")


def test_the_digest_leads_to_the_page(town, late, leader, client):
    supervising.send_digests(at=NOW)
    town.log_in(client, leader)
    assert "超期 1 件，临期 0 件" in client.get("/desk/").content.decode()
    notice = Notice.objects.get(user=leader, kind="supervision.digest")
    assert client.post(f"/desk/notices/{notice.pk}/")["Location"] == "/desk/supervision/"
    his = Notice.objects.get(user=town.he, kind="supervision.digest")  # warned, and pressed in place of a head
    assert his.data == {"red": 1, "amber": 1}
    assert client.post(f"/desk/notices/{his.pk}/")["Location"] == "/desk/notices/"
    his.refresh_from_db()
    assert his.read_at is None
    town.log_in(client, town.he)
    assert client.post(f"/desk/notices/{his.pk}/")["Location"] == "/desk/"  # the page is not for him


def _unquoted(text: str) -> str:
    from urllib.parse import unquote

    return unquote(text)
