"""The working calendar on the desk, and why a deadline is what it is on the page of a case."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from wangge.domains.cases import actions
from wangge.domains.cases.models import Case
from wangge.domains.cases.tests.traces import at
from wangge.foundation.catalogue.models import CalendarDay, CalendarVersion, TimePlan
from wangge.foundation.core import memo
from wangge.foundation.core.clock import OFFICE

FRIDAY = dt.datetime(2026, 11, 20, 10, tzinfo=OFFICE)
NOTICE = "2027-01-01 至 2027-01-03,休,元旦\n2027-02-05 至 2027-02-12,休,春节\n2027-02-20,班,春节"


@pytest.fixture(autouse=True)
def _held(town):
    memo.forget_all()
    with time_machine.travel(FRIDAY, tick=False):
        yield
    memo.forget_all()


def text_of(answer) -> str:
    return answer.content.decode()


class TestCalendarPage:
    def test_everybody_of_the_staff_reads_it_and_few_edit_it(self, town, at_desk):
        page = text_of(at_desk("he").get("/desk/calendar/"))
        assert "平时作息" in page
        assert "08:30–12:00" in page
        assert "导入年度放假通知" not in page
        assert at_desk("tan").get("/desk/calendar/").status_code == 403
        page = text_of(at_desk("luo").get("/desk/calendar/"))
        assert "导入年度放假通知" in page
        assert "2027 年放假通知尚未导入" in page
        assert 'class="is-off"' in page

    def test_a_year_without_a_notice_shows_what_the_law_says(self, town, at_desk):
        page = text_of(at_desk("chen").get("/desk/calendar/?year=2027"))
        assert "is-off is-by-law" in page
        assert "暂定" in page
        assert at_desk("chen").get("/desk/calendar/?year=9999").status_code == 200
        assert at_desk("chen").get("/desk/calendar/?year=x").status_code == 200

    def test_a_notice_is_checked_and_then_taken_in(self, town, at_desk):
        client = at_desk("luo")
        versions = CalendarVersion.objects.count()
        checked = client.post("/desk/calendar/notice/", {"year": 2027, "text": NOTICE})
        page = text_of(checked)
        assert (checked.status_code, CalendarVersion.objects.count()) == (200, versions)
        assert "放假 11 天，补班 1 天" in page
        assert 'name="confirm"' in page
        answer = client.post("/desk/calendar/notice/", {"year": 2027, "text": NOTICE, "confirm": "1"})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/calendar/?year=2027")
        assert CalendarVersion.objects.latest("pk").announced_through == 2027
        memo.forget_all()
        assert "放假通知尚未导入" not in text_of(client.get("/desk/calendar/"))

    def test_a_csv_of_the_spreadsheet_program_is_read(self, town, at_desk):
        from django.core.files.uploadedfile import SimpleUploadedFile

        file = SimpleUploadedFile("放假.csv", ("日期,休/班,名称\n" + NOTICE).encode("gb18030"))
        page = text_of(at_desk("luo").post("/desk/calendar/notice/", {"year": 2027, "file": file}))
        assert "放假 11 天，补班 1 天" in page
        assert "2027-02-05 至 2027-02-12" in page  # it can be corrected before it is taken in

    def test_mistakes_are_named_by_line_and_what_was_typed_is_kept(self, town, at_desk):
        wrong = NOTICE + "\n2027-02-30,休,春节"
        for more in ({}, {"confirm": "1"}):
            answer = at_desk("luo").post("/desk/calendar/notice/", {"year": 2027, "text": wrong, **more})
            page = text_of(answer)
            assert answer.status_code == 422
            assert "第 4 行" in page
            assert "2027-02-30,休,春节" in page
        assert at_desk("luo").post("/desk/calendar/notice/", {"year": 2027, "text": ""}).status_code == 422
        assert CalendarVersion.objects.count() == 1

    def test_a_notice_out_of_turn_is_refused_in_words(self, town, at_desk):
        later = NOTICE.replace("2027-01", "2029-01").replace("2027-02", "2029-02").replace("2029-02-20", "2029-02-24")
        answer = at_desk("luo").post(
            "/desk/calendar/notice/", {"year": 2029, "text": later, "confirm": "1"}, follow=True
        )
        assert "缺少上一年度的放假通知" in text_of(answer)
        assert CalendarVersion.objects.count() == 1

    def test_own_days_and_plans(self, town, at_desk):
        client = at_desk("luo")
        given = {"day": "2026-12-04", "kind": "morning", "name": "宪法宣传", "unit": ""}
        assert client.post("/desk/calendar/days/", given).status_code == 302
        day = CalendarDay.objects.get(source="local")
        memo.forget_all()
        assert "宪法宣传" in text_of(client.get("/desk/calendar/"))
        assert client.post(f"/desk/calendar/days/{day.pk}/end/").status_code == 302
        day.refresh_from_db()
        assert day.until_id is not None
        wrong = client.post("/desk/calendar/days/", given | {"day": "2026-11-01"})
        assert wrong.status_code == 422
        assert "宪法宣传" in text_of(wrong)
        plan = {"name": "夏季作息", "slots": "08:30-12:00，15:00—18:30", "weekdays": ["1", "2"], "first": "06-01",
                "last": "09-30", "unit": town.sanitation.pk}  # fmt: skip
        assert client.post("/desk/calendar/plans/", plan).status_code == 302
        held = TimePlan.objects.get(name="夏季作息")
        assert (held.unit, held.slots, held.weekdays) == (
            town.sanitation,
            [["08:30", "12:00"], ["15:00", "18:30"]],
            [1, 2],
        )
        assert client.post("/desk/calendar/plans/", plan | {"slots": "八点半"}).status_code == 422
        assert client.post(f"/desk/calendar/plans/{held.pk}/end/").status_code == 302
        only = TimePlan.objects.get(until=None)
        answer = client.post(f"/desk/calendar/plans/{only.pk}/end/", follow=True)
        assert "唯一适用全年" in text_of(answer)

    @pytest.mark.parametrize("path", ["notice/", "days/", "days/1/end/", "plans/", "plans/1/end/"])
    def test_nobody_else_edits(self, path, town, at_desk):
        for who in ("chen", "he", "qian", "security"):
            assert at_desk(who).post(f"/desk/calendar/{path}", {}).status_code == 403
        assert CalendarVersion.objects.count() == 1
        assert at_desk("luo").post("/desk/calendar/days/999999999/end/").status_code == 404
        assert at_desk("luo").post("/desk/calendar/plans/999999999/end/").status_code == 404

    def test_editors_are_reminded_on_their_home_page(self, town, at_desk):
        assert "2027 年放假通知尚未导入" in text_of(at_desk("luo").get("/desk/"))
        assert "放假通知尚未导入" not in text_of(at_desk("chen").get("/desk/"))


class TestWhy:
    def test_holidays_pauses_and_extensions_are_named(self, town, at_desk):
        from wangge.domains.cases.actions import timekeeping

        case = town.report(at=at(9, month=2)).case
        case = actions.file(case=case, by=town.bai, matter=town.shed, at=at(9, 10, month=2))
        case = actions.dispatch(case=case, by=town.chen, unit=town.enforcement, at=at(9, 11, month=2))
        case = actions.sign_for(case=case, by=town.he, at=at(10, 9, month=2))
        timekeeping.pause(case=case, by=town.luo, at=at(10, 9, month=2), reason="x")
        timekeeping.resume(case=case, by=town.luo, at=at(11, 9, month=2), reason="x")
        timekeeping.extend(case=case, days=2, by=town.luo, at=at(12, 9, month=2))
        page = text_of(at_desk("luo").get(f"/desk/cases/{case.number}/"))
        assert "15 个工作日" in page
        assert "2月14日 补班" in page
        assert "2月15日–2月23日 春节放假" in page
        assert "2月28日 补班" in page
        assert "暂停计时，顺延 7 小时" in page
        assert "延期 2 个工作日" in page
        assert "第 1 版" in page

    def test_who_had_it_in_which_minute(self, town, at_desk):
        case = town.report(at=at(2, 9)).case
        case = actions.file(case=case, by=town.bai, matter=town.shed, at=at(2, 9, 30))
        case = actions.void(case=case, by=town.luo, reason="误报", at=at(2, 10))
        page = text_of(at_desk("luo").get(f"/desk/cases/{case.number}/"))
        assert "指挥中心（受理）" in page
        assert "合计历时 1 小时" in page

    def test_a_provisional_deadline_says_so(self, town, at_desk):
        case = town.handling()
        Case.objects.unscoped("the test looks").filter(pk=case.pk)
        with time_machine.travel(dt.datetime(2026, 12, 28, 9, tzinfo=OFFICE), tick=False):
            case = town.handling()
            page = text_of(at_desk("luo").get(f"/desk/cases/{case.number}/"))
        assert "暂定：该年度放假安排尚未公布" in page
        assert "元旦（法定，待通知）放假" in page
