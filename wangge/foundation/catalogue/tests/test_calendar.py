"""The calendar's versions: what is seeded, what an edit makes, what it leaves alone, what is refused."""

from __future__ import annotations

import datetime as dt

import pytest
from django.apps import apps
from django.db import transaction

from wangge.foundation.accounts import actions as accounts
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.catalogue import actions, calendars
from wangge.foundation.catalogue.actions import NoticeFaultsError
from wangge.foundation.catalogue.models import CalendarDay, CalendarVersion, TimePlan
from wangge.foundation.core import memo
from wangge.foundation.core.clock import OFFICE
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.core.tests.calendars import calendar as shipped
from wangge.foundation.core.worktime import DayKind, Slot

NOW = dt.datetime(2026, 11, 21, 9, tzinfo=OFFICE)
NOTICE = """日期,休/班,名称
2026-12-27,班,元旦
2027-01-01 至 2027-01-03,休,元旦
2027年2月5日至2027年2月12日\t休\t春节
2027/2/20 班 春节
2027-06-09；放假；端午节
"""


@pytest.fixture(autouse=True)
def _nothing_kept():
    """Versions made in a test are forgotten with it."""
    memo.forget_all()
    yield
    memo.forget_all()


def rows() -> tuple:
    """Everything of the calendar, as stored."""
    return tuple(list(model.objects.order_by("pk").values()) for model in (CalendarVersion, CalendarDay, TimePlan))


def fresh(**given):
    """The calendar after an edit in this test's own transaction."""
    memo.forget_all()
    return calendars.calendar(**given)


@pytest.fixture
def refuses():
    """`with refuses(Error, field): …`: exactly this error, and nothing written."""
    from contextlib import contextmanager

    @contextmanager
    def check(error, field=None):
        before = rows(), AuditEntry.objects.count()
        with pytest.raises(error) as caught, transaction.atomic():
            yield
        assert type(caught.value) is error
        assert caught.value.field == field
        assert (rows(), AuditEntry.objects.count()) == before

    return check


# -- what is seeded


def test_the_first_version_is_the_shipped_notices_and_office_hours(db):
    ours = calendars.calendar()
    assert ours.announced_through == 2026
    assert dict(ours.days) == dict(shipped().days)
    assert [(plan.name, plan.slots, plan.weekdays) for plan in ours.plans] == [
        ("平时作息", (Slot(510, 720), Slot(870, 1080)), frozenset({1, 2, 3, 4, 5}))
    ]


def test_a_version_that_never_was(db):
    with pytest.raises(NotFoundError):
        calendars.calendar(version=999_999)


# -- a notice


def test_a_notice_is_read_in_whatever_way_it_was_typed():
    read = actions.read_notice(year=2027, text=NOTICE)
    assert read.faults == ()
    assert (read.off, read.work) == (12, 2)
    assert [(row.day.isoformat(), row.kind, row.name) for row in read.rows[:3]] == [
        ("2026-12-27", "work", "元旦"),
        ("2027-01-01", "off", "元旦"),
        ("2027-01-02", "off", "元旦"),
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("2027-02-30,休,春节", "This is not a date such as 2027-02-05, or two of them with 至."),
        ("2027-02-05 至 2027-05-05,休,春节", "This is not a date such as 2027-02-05, or two of them with 至."),
        ("2028-01-01,休,元旦", "This day is not of the year of the notice."),
        ("2026-12-01,休,元旦", "This day is not of the year of the notice."),
        ("2027-02-05,也许,春节", "Say 休 for a day off or 班 for a worked weekend day."),
        ("2027-02-08,班,春节", "Only a Saturday or Sunday is made a working day by a notice."),
        ("2027-02-08", "Give the date, 休 or 班, and the name."),
        ("2027-01-01,休,元旦", "This day is given twice."),
    ],
)
def test_every_mistake_of_a_notice_is_named_by_its_line(line, fault, refuses, town):
    from django.utils import translation

    with translation.override("en"):
        read = actions.read_notice(year=2027, text=NOTICE + line)
        assert [(one.line, str(one.text)) for one in read.faults] == [(7, fault)]
        with refuses(NoticeFaultsError, "text"):
            actions.import_notice(by=town.luo, year=2027, text=NOTICE + line)


def test_a_notice_that_is_too_short_is_questioned(refuses, town):
    with refuses(NoticeFaultsError, "text"):
        actions.import_notice(by=town.luo, year=2027, text="2027-01-01,休,元旦")
    assert [one.line for one in actions.read_notice(year=2027, text="2027-01-01,休,元旦").faults] == [0]
    assert len(actions.read_notice(year=2027, text="x\n" * 500).faults) == 401


def test_a_notice_makes_a_version_and_changes_no_earlier_one(town):
    first = calendars.version_in_force()
    before = calendars.calendar(first)
    version = actions.import_notice(by=town.luo, year=2027, text=NOTICE, at=NOW)
    ours = fresh()
    assert (ours.version, ours.announced_through) == (version.pk, 2027)
    assert ours.special(dt.date(2027, 2, 8)).kind is DayKind.OFF
    assert ours.is_working_day(dt.date(2026, 12, 27)) is True
    assert ours.is_working_day(dt.date(2027, 4, 5)) is True  # this notice names no 清明; by law alone it was off
    assert fresh(version=first) == before
    assert (version.by, version.at) == (town.luo, NOW)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.kind, entry.subject_id, entry.data) == (
        "calendar.notice",
        version.pk,
        {"year": 2027, "off": 12, "work": 2},
    )
    jobs = apps.get_model("procrastinate", "ProcrastinateJob").objects.filter(task_name="core.react")
    assert [job.args for job in jobs] == [{"event": "catalogue.CalendarChanged", "data": {"version_id": version.pk}}]


def test_a_corrected_notice_replaces_the_first_and_leaves_own_days_alone(town):
    actions.import_notice(by=town.luo, year=2027, text=NOTICE, at=NOW)
    actions.set_day(by=town.luo, day=dt.date(2027, 6, 9), kind="work", name="防汛值守", at=NOW)
    corrected = NOTICE.replace("2027-06-09；放假；端午节", "2027-06-08；放假；端午节")
    actions.import_notice(by=town.luo, year=2027, text=corrected, at=NOW)
    ours = fresh()
    assert ours.special(dt.date(2027, 6, 8)).name == "端午节"
    assert (ours.special(dt.date(2027, 6, 9)).kind, ours.special(dt.date(2027, 6, 9)).source) == ("work", "local")
    assert ours.special(dt.date(2027, 1, 1)).kind is DayKind.OFF
    assert ours.special(dt.date(2026, 10, 1)).kind is DayKind.OFF  # the year before is as it was


def test_years_come_one_after_the_other(refuses, town):
    with refuses(ConflictError):
        actions.import_notice(
            by=town.luo,
            year=2028,
            text=NOTICE.replace("2027", "2028")
            .replace("2026-12-27,班,元旦\n", "")
            .replace("02-20", "02-19")
            .replace("2/20", "2/19"),
        )


# -- own days


def test_a_day_of_the_offices_own_and_back(town):
    day = dt.date(2026, 12, 4)
    actions.set_day(by=town.root, day=day, kind="morning", name="宪法宣传", at=NOW)
    assert fresh().slots(day) == (Slot(510, 720),)
    actions.set_day(by=town.root, day=day, kind="off", name="停电", at=NOW)
    assert fresh().slots(day) == ()
    held = CalendarDay.objects.get(day=day, until=None)
    actions.unset_day(by=town.root, day=held, at=NOW)
    assert len(fresh().slots(day)) == 2
    assert CalendarDay.objects.filter(day=day).count() == 2  # both stay, ended


def test_taken_back_a_holiday_is_a_holiday_again(town):
    day = dt.date(2027, 1, 1)
    actions.import_notice(by=town.luo, year=2027, text=NOTICE, at=NOW)
    actions.set_day(by=town.luo, day=day, kind="work", name="值守", at=NOW)
    assert fresh().is_working_day(day) is True
    actions.unset_day(by=town.luo, day=CalendarDay.objects.get(day=day, source="local", until=None), at=NOW)
    assert fresh().is_working_day(day) is False


def test_what_is_refused_about_days(refuses, town):
    given = {"by": town.luo, "day": dt.date(2026, 12, 4), "kind": "off", "name": "停电", "at": NOW}
    with refuses(InvalidError, "kind"):
        actions.set_day(**given | {"kind": "maybe"})
    for name in ("", " ", "长" * 61):
        with refuses(InvalidError, "name"):
            actions.set_day(**given | {"name": name})
    for day in (dt.date(2026, 11, 20), dt.date(2029, 1, 1)):
        with refuses(InvalidError, "day"):
            actions.set_day(**given | {"day": day})
    for who in (town.chen, town.qian, town.he, town.security):
        with refuses(NotAllowedError):
            actions.set_day(**given | {"by": who})
    notice = CalendarDay.objects.filter(source="notice").first()
    with refuses(ConflictError):
        actions.unset_day(by=town.luo, day=notice)
    actions.set_day(**given)
    own = CalendarDay.objects.get(source="local")
    actions.unset_day(by=town.luo, day=own)
    with refuses(ConflictError):
        actions.unset_day(by=town.luo, day=own)


# -- plans


def test_a_summer_and_a_unit_of_its_own(town):
    actions.save_plan(
        by=town.luo,
        name="夏季作息",
        slots=[("08:30", "12:00"), ("15:00", "18:30")],
        weekdays=[1, 2, 3, 4, 5],
        first="06-01",
        last="09-30",
        at=NOW,
    )
    actions.save_plan(
        by=town.luo, name="夜间执法", slots=[("18:00", "02:00")], weekdays=range(1, 8), unit=town.enforcement, at=NOW
    )
    july, november = dt.date(2027, 7, 1), dt.date(2026, 11, 26)
    general, own = fresh(), fresh(unit=town.enforcement.pk)
    assert [general.slots(day)[-1] for day in (july, november)] == [Slot(900, 1110), Slot(870, 1080)]
    assert [own.slots(day) for day in (july, november)] == [(Slot(1080, 1560),)] * 2
    assert calendars.calendar(unit=town.sanitation.pk) == general  # a unit without any works like everybody
    summer = TimePlan.objects.get(name="夏季作息")
    actions.save_plan(
        by=town.luo, name="夏季作息", slots=[("08:00", "12:00")], weekdays=[1], first="06-01", last="08-31",
        replaces=summer, at=NOW,
    )  # fmt: skip
    assert fresh().slots(july) == ()  # a Thursday, and this summer works on Mondays
    actions.end_plan(by=town.luo, plan=TimePlan.objects.get(name="夏季作息", until=None))
    assert fresh().slots(july)[-1] == Slot(870, 1080)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"weekdays": [0, 9]}, "weekdays"),
        ({"first": "02-30"}, "first"),
        ({"last": "1-1"}, "last"),
        ({"slots": []}, "slots"),
        ({"slots": [("08:30",)]}, "slots"),
        ({"slots": [("8:30", "12:00")]}, "slots"),
        ({"slots": [("08:30", "24:30")]}, "slots"),
        ({"slots": [("12:00", "08:30"), ("14:00", "18:00")]}, "slots"),
        ({"slots": [("08:30", "12:00"), ("11:00", "18:00")]}, "slots"),
        ({"slots": [("02:00", "06:00"), ("22:00", "03:00")]}, "slots"),
        ({"slots": [("00:00", "01:00")] * 7}, "slots"),
    ],
)
def test_a_plan_that_cannot_be_kept(wrong, field, refuses, town):
    given = {"name": "作息", "slots": [("08:30", "12:00")], "weekdays": [1], "by": town.luo}
    with refuses(InvalidError, field):
        actions.save_plan(**given | wrong)


def test_the_plan_of_everybody_is_not_taken_away(refuses, town):
    plan = TimePlan.objects.get()
    with refuses(ConflictError):
        actions.end_plan(by=town.luo, plan=plan)
    with refuses(NotAllowedError):
        actions.end_plan(by=town.chen, plan=plan)
    actions.save_plan(by=town.luo, name="新作息", slots=[("09:00", "17:00")], weekdays=[1, 2, 3, 4, 5], replaces=plan)
    assert fresh().slots(dt.date(2026, 11, 23)) == (Slot(540, 1020),)
    with refuses(ConflictError):
        actions.save_plan(by=town.luo, name="又一次", slots=[("09:00", "17:00")], weekdays=[1], replaces=plan)


def test_a_units_hours_belong_to_its_street(refuses, town):
    accounts.give_post(
        by=None, user=town.zhao, role="duty_chief", valid_from=dt.date(2024, 1, 1), area=town.north,
        organisation=town.north_centre,
    )  # fmt: skip
    zhao = town.fresh(town.zhao)
    given = {"by": zhao, "name": "早班", "slots": [("05:00", "12:00")], "weekdays": [1]}
    with refuses(NotAllowedError):
        actions.save_plan(unit=town.sanitation, **given)
    with refuses(NotAllowedError):
        actions.set_day(by=zhao, unit=town.sanitation, day=dt.date(2026, 12, 4), kind="off", name="停电", at=NOW)
    actions.save_plan(unit=town.north_enforcement, **given)
    assert TimePlan.objects.get(name="早班").unit == town.north_enforcement


# -- reminders


@pytest.mark.parametrize(
    ("day", "missing"),
    [
        (dt.date(2026, 10, 31), None),
        (dt.date(2026, 11, 1), 2027),
        (dt.date(2027, 3, 1), 2027),
        (dt.date(2027, 11, 2), 2028),
    ],
)
def test_from_november_on_the_next_years_notice_is_missed(day, missing, town):
    assert calendars.missing_notice(on=day) == missing


def test_once_it_is_in_nothing_is_missed(town):
    actions.import_notice(by=town.luo, year=2027, text=NOTICE, at=NOW)
    memo.forget_all()
    assert calendars.missing_notice(on=dt.date(2026, 12, 1)) is None
