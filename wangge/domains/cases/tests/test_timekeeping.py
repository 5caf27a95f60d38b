"""What steps write about the clocks, and that the columns are what the clocks say: always, whatever happened."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wangge.domains.cases import actions, clocks
from wangge.domains.cases.actions import timekeeping
from wangge.domains.cases.clock_account import account, reading_now
from wangge.domains.cases.models import Assignment, Case, ClockEvent, TimelineEntry
from wangge.domains.cases.tests.traces import at, audited, everything, open_duties, verbs
from wangge.domains.cases.workflow import STAGE_OF, S
from wangge.foundation.catalogue import actions as catalogue
from wangge.foundation.catalogue.calendars import calendar
from wangge.foundation.catalogue.models import CalendarVersion
from wangge.foundation.core import memo
from wangge.foundation.core.clock import OFFICE
from wangge.foundation.core.problems import Problem
from wangge.foundation.core.worktime import deadline, spent
from wangge.foundation.duties.models import Duty

NOTICE_2027 = """日期,休/班,名称
2027-01-01 至 2027-01-03,休,元旦
2027-01-04,休,元旦
2027-02-05 至 2027-02-12,休,春节
2027-02-20,班,春节
2027-04-03 至 2027-04-05,休,清明节
2027-05-01 至 2027-05-05,休,劳动节
2027-06-09,休,端午节
2027-09-15,休,中秋节
2027-10-01 至 2027-10-07,休,国庆节
"""


def ticks(case: Case, *, parts: bool = False) -> list[tuple[str, str]]:
    """(clock, kind) of the events of a case, oldest first; the units' own with a star."""
    rows = ClockEvent.objects.filter(case=case).order_by("id")
    if not parts:
        rows = rows.filter(assignment__isnull=True)
    return [(row.clock + ("*" if row.assignment_id else ""), row.kind) for row in rows]


def check_columns(case: Case) -> None:
    """The columns are what the events say; and so for every unit's own clock."""
    said = clocks.run_all(timekeeping.events_of(case), calendar)
    answer = clocks.cached(case.state, said, STAGE_OF.get(S(case.state)))
    columns = clocks.Cached(case.due_at, case.handle_due_at, case.due_provisional)
    assert columns == answer, (case.number, case.state, verbs(case))
    for part in Assignment.objects.filter(case=case):
        due = said.get(("handle", part.pk))
        assert part.due_at == (due.at if due else None), (case.number, part.pk)


def moment(day, hour=0, minute=0, *, month=12, year=2026):
    return dt.datetime(year, month, day, hour, minute, tzinfo=OFFICE)


# -- what is written


def test_the_ordinary_way_starts_and_meets_one_clock_after_the_other(town):
    case = town.closed()
    assert ticks(case) == [
        ("accept", "start"),
        ("handle", "start"),
        ("accept", "meet"),
        ("dispatch", "start"),
        ("dispatch", "meet"),
        ("sign", "start"),
        ("sign", "meet"),
        ("handle", "meet"),
        ("verify", "start"),
        ("verify", "meet"),
        ("evaluate", "start"),
        ("evaluate", "stop"),
    ]
    assert [tick for tick in ticks(case, parts=True) if "*" in tick[0]] == [("handle*", "start"), ("handle*", "meet")]
    check_columns(case)


def test_each_start_keeps_its_limit_its_calendar_and_who_caused_it(town):
    case = town.filed()
    start = ClockEvent.objects.get(case=case, clock="handle", kind="start")
    matter = town.shed
    assert (start.kind_of_time, start.amount) == (matter.handling_kind, matter.handling_amount)
    assert start.calendar == CalendarVersion.objects.latest("pk")
    assert (start.by, start.unit, start.assignment, start.round) == (town.bai, None, None, 1)
    # A changed limit of the matter does not move a running case.
    matter.handling_amount += 5
    matter.save()
    check_columns(town.read(case))


@pytest.mark.parametrize("walk", ["reported", "filed", "dispatched", "handling", "handled", "evaluating", "objected"])
def test_the_columns_are_what_the_clocks_say_wherever_a_case_stands(town, walk):
    more = {"contact": town.wu()} if walk in {"evaluating", "objected"} else {}
    check_columns(town.read(getattr(town, walk)(**more)))


def test_a_report_costs_one_statement_more_than_before_there_were_clocks(town):
    town.report()  # whatever a process remembers is remembered now
    lin, place, matter = town.lin, town.place(), town.shed
    with CaptureQueriesContext(connection) as counted:
        actions.report(by=lin, source="patrol", text="板房", place=place, matter=matter)
    assert sum("cases_clockevent" in query["sql"] for query in counted.captured_queries) == 1


def test_settled_on_the_spot_and_not_sampled_has_no_clock(town, monkeypatch):
    monkeypatch.setattr("wangge.domains.cases.actions.intake.secrets.randbelow", lambda _n: 1)
    outcome = actions.Outcome(result="solved", text="已清。", reply="已清。", after_photos=["e" * 64])
    report = town.report(matter=town.litter, settled=outcome, photos=["d" * 64])
    assert town.read(report.case).state == "closed"
    assert ticks(report.case) == []
    sampled = town.settled()
    assert ticks(sampled) == [("spot_check", "start")]
    check_columns(sampled)
    done = town.read(actions.pass_spot_check(case=sampled, by=town.su))
    assert ticks(done) == [("spot_check", "start"), ("spot_check", "meet")]


def test_asking_for_more_stops_the_clock_of_acceptance_until_the_answer(town):
    case = actions.report(
        by=None, source="resident", text="漏水", place=town.place(), matter=town.shed, contact=town.wu(), at=at(2, 9)
    ).case
    before = town.read(case).due_at
    case = actions.ask_for_more(case=case, by=town.bai, question="几号楼？", at=at(2, 9, 30))
    assert case.due_at > before  # the reporter's own time runs now
    check_columns(town.read(case))
    case = actions.supplement(report=town.voice(case), by=None, text="3号楼", at=at(3, 9, 30))
    assert ticks(case)[1:] == [
        ("accept", "pause"),
        ("supplement", "start"),
        ("supplement", "meet"),
        ("accept", "resume"),
    ]
    paused = spent(at(2, 9, 30), at(3, 9, 30), "working_hours", calendar())
    assert paused == dt.timedelta(hours=7)
    assert spent(before, case.due_at, "working_hours", calendar()) == paused
    check_columns(town.read(case))


def test_a_rework_keeps_the_promise_and_a_reopening_gives_a_new_one(town):
    case = town.handled(contact=town.wu())
    promised = case.handle_due_at
    case = actions.rework(case=case, by=town.su, reason="还有一角")
    assert (case.due_at, case.handle_due_at) == (promised, promised)
    assert ticks(case)[-2:] == [("verify", "meet"), ("handle", "resume")]
    check_columns(town.read(case))
    case = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    case = actions.verify(case=case, by=town.su)
    actions.evaluate(report=town.voice(case), solved="no", satisfied="no")
    case = actions.reopen(case=town.read(case), by=town.luo, reason="属实")
    assert ticks(case)[-3:] == [("decide", "start"), ("decide", "meet"), ("handle", "start")]
    start = ClockEvent.objects.filter(case=case, clock="handle", kind="start", assignment=None).latest("pk")
    assert (start.round, case.round) == (2, 2)
    check_columns(town.read(case))


def test_the_second_unit_has_a_clock_of_its_own_and_the_promise_runs_on(town):
    case = actions.report(
        by=town.lin, source="patrol", text="板房", place=town.place(), matter=town.shed, at=at(2, 9)
    ).case
    case = actions.file(case=case, by=town.bai, matter=town.shed, at=at(2, 9, 30))
    promised = case.handle_due_at
    case = actions.dispatch(case=case, by=town.chen, unit=town.sanitation, at=at(2, 10))
    case = actions.send_back(case=case, by=town.hua, reason="不是本单位职责", basis="三定方案", at=at(3, 10))
    case = actions.dispatch(case=case, by=town.chen, unit=town.enforcement, at=at(3, 11))
    first, second = Assignment.objects.filter(case=case).order_by("pk")
    limit = (town.shed.handling_kind, town.shed.handling_amount, calendar())
    assert case.handle_due_at == promised == deadline(at(2, 9, 30), *limit).at
    assert first.due_at == deadline(at(2, 10), *limit).at
    assert second.due_at == deadline(at(3, 11), *limit).at > promised
    assert [(kind, clock) for clock, kind in ticks(case, parts=True) if clock == "handle*"] == [
        ("start", "handle*"),
        ("stop", "handle*"),
        ("start", "handle*"),
    ]
    check_columns(town.read(case))


def test_merged_and_taken_out_again(town):
    case, other = town.filed(), town.filed()
    promised = case.handle_due_at
    case = actions.merge(case=case, into=other, by=town.chen)
    assert ticks(case)[-2:] == [("dispatch", "stop"), ("handle", "stop")]
    assert case.due_at is None
    check_columns(town.read(case))
    case = actions.unmerge(case=case, by=town.chen, reason="不是一件事")
    assert ticks(case)[-2:] == [("handle", "resume"), ("dispatch", "start")]
    assert case.handle_due_at == promised
    check_columns(town.read(case))


# -- pausing and extending


@pytest.fixture
def handling(town):
    """A case of fifteen working days in the unit's hands since Monday the 2nd of March."""
    case = actions.report(
        by=town.lin, source="patrol", text="板房", place=town.place(), matter=town.shed, at=at(2, 9)
    ).case
    case = actions.file(case=case, by=town.bai, matter=town.shed, at=at(2, 9, 30))
    case = actions.dispatch(case=case, by=town.chen, unit=town.enforcement, at=at(2, 10))
    return actions.sign_for(case=case, by=town.he, at=at(2, 11))


def test_a_pause_stops_promise_and_units_and_the_resumption_moves_them(town, handling):
    promised, own = handling.handle_due_at, Assignment.objects.get(case=handling).due_at
    until = at(20, 0)
    timekeeping.pause(case=handling, by=town.luo, at=at(3, 9), reason="等天气", until=until)
    held = town.read(handling)
    assert (held.due_at, held.handle_due_at) == (until, promised)
    timekeeping.pause(case=handling, by=town.luo, at=at(3, 12), reason="again")  # paused twice is paused once
    assert ticks(handling, parts=True).count(("handle", "pause")) == 1
    timekeeping.resume(case=handling, by=town.luo, at=at(5, 9), reason="天晴")
    case = town.read(handling)
    moved = dt.timedelta(hours=14)
    assert spent(promised, case.handle_due_at, "working_days", calendar()) == moved
    assert case.due_at == case.handle_due_at
    assert spent(own, Assignment.objects.get(case=case).due_at, "working_days", calendar()) == moved
    row = ClockEvent.objects.filter(case=case, kind="pause", assignment=None).get()
    assert (row.reason, row.until, row.by) == ("等天气", until, town.luo)
    timekeeping.resume(case=case, by=town.luo, at=at(6, 9), reason="again")
    assert town.read(case).handle_due_at == case.handle_due_at
    check_columns(town.read(case))


def test_an_extension_answers_the_new_end(town, handling):
    promised = handling.handle_due_at
    end = timekeeping.extend(case=handling, days=3, by=town.luo, at=at(3, 9), reason="材料未到")
    assert end == town.read(handling).handle_due_at == town.read(handling).due_at
    assert spent(promised, end, "working_hours", calendar()) == dt.timedelta(hours=21)
    check_columns(town.read(handling))


def test_a_case_without_a_limit_has_nothing_to_extend(town):
    case = town.reported()
    with pytest.raises(ValueError):
        timekeeping.extend(case=case, days=3, by=town.luo, at=at(3, 9))
    assert ticks(case) == [("accept", "start")]


# -- breaches


def test_a_breach_is_written_once_dated_by_the_deadline(town, handling):
    due = handling.handle_due_at
    assert actions.note_breaches(at=due) == 0  # at the very deadline it is still in time
    assert actions.note_breaches(at=due + dt.timedelta(minutes=1)) == 2  # the promise, and the unit's own clock
    assert actions.note_breaches(at=due + dt.timedelta(minutes=6)) == 0
    assert actions.note_breaches(at=due + dt.timedelta(days=9)) == 0
    rows = ClockEvent.objects.filter(case=handling, kind="breach").order_by("id")
    assert [(row.clock, row.at, row.assignment_id is not None) for row in rows] == [
        ("handle", due, False),
        ("handle", Assignment.objects.get(case=handling).due_at, True),
    ]


def test_who_leaves_too_late_is_noted_even_before_the_rule_comes_by(town):
    case = town.report(at=at(2, 9)).case
    due = town.read(case).due_at
    case = actions.file(case=case, by=town.bai, matter=town.shed, at=due + dt.timedelta(minutes=1))
    assert ("accept", "breach") in ticks(case)
    assert actions.note_breaches(at=due + dt.timedelta(minutes=2)) == 0
    in_time = town.report(at=at(2, 9)).case
    in_time = actions.file(case=in_time, by=town.bai, matter=town.shed, at=due)
    assert ("accept", "breach") not in ticks(in_time)


def test_nobody_is_blamed_for_a_silent_reporter_or_while_it_is_hung(town, handling):
    silent = town.report(contact=town.wu(), at=at(2, 9)).case
    actions.ask_for_more(case=silent, by=town.bai, question="？", at=at(2, 9, 30))
    timekeeping.pause(case=handling, by=None, at=at(3, 9), reason="x", until=at(10, 0))
    Case.objects.unscoped("hung without the procedure").filter(pk=handling.pk).update(state="hung")
    assert actions.note_breaches(at=at(30, 9)) == 0
    assert not ClockEvent.objects.filter(kind="breach").exists()


# -- another calendar


@pytest.fixture
def over_new_year(town):
    """Filed on the 28th of December 2026 with fifteen working days; beside it one that is final."""
    final = town.filed()
    case = actions.report(
        by=None,
        source="resident",
        text="板房",
        place=town.place(),
        matter=town.shed,
        contact=town.wu(),
        at=moment(28, 9),
    ).case
    case = actions.file(case=case, by=town.bai, matter=town.shed, at=moment(28, 9, 30))
    case = actions.dispatch(case=case, by=town.chen, unit=town.enforcement, at=moment(28, 10))
    return town.read(actions.sign_for(case=case, by=town.he, at=moment(28, 11))), town.read(final)


def test_a_deadline_in_a_year_without_a_notice_is_provisional_also_behind_a_short_stage(town, over_new_year):
    case, final = over_new_year
    assert (case.due_provisional, final.due_provisional) == (True, False)
    handled = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]), at=moment(28, 15))
    assert handled.due_at == moment(29, 15) or handled.due_at.date() <= dt.date(2026, 12, 30)
    assert handled.due_provisional is True  # the promise behind it is
    check_columns(town.read(handled))


def test_a_notice_moves_provisional_deadlines_alone_and_keeps_both_answers(town, over_new_year):
    case, final = over_new_year
    before = case.handle_due_at
    kind, amount = town.shed.handling_kind, town.shed.handling_amount
    assert before == deadline(moment(28, 9, 30), kind, amount, calendar()).at
    version = catalogue.import_notice(by=town.luo, year=2027, text=NOTICE_2027, at=moment(29, 9))
    memo.forget_all()
    untouched = Case.objects.unscoped("the test looks").filter(pk=final.pk).values().get()
    assert actions.recalculate(version_id=version.pk, at=moment(29, 9, 5)) == 1
    after = town.read(case)
    assert after.handle_due_at == deadline(moment(28, 9, 30), kind, amount, calendar()).at
    assert after.handle_due_at > before
    assert (after.due_at, after.due_provisional) == (after.handle_due_at, False)
    assert Case.objects.unscoped("the test looks").filter(pk=final.pk).values().get() == untouched
    events = ClockEvent.objects.filter(case=case, kind="calendar").order_by("id")
    assert [(e.clock, e.calendar_id, e.assignment_id is None) for e in events] == [
        ("handle", version.pk, True),
        ("handle", version.pk, False),
    ]
    row = TimelineEntry.objects.filter(case=case).latest("id")
    assert (row.verb, row.by, row.public) == ("recalculate", None, True)
    assert dt.datetime.fromisoformat(row.data["before"]) == before
    assert dt.datetime.fromisoformat(row.data["after"]) == after.handle_due_at
    assert audited(case)[-1] == "case.recalculate"
    duty = Duty.objects.get(subject_type="case", subject_id=case.pk, done_at=None)
    assert duty.due_at == after.due_at
    check_columns(after)
    reading = reading_now(after)
    assert [(move.kind, move.before, move.after) for move in reading.due.moves] == [
        ("calendar", before, after.handle_due_at)
    ]
    # Run again, by the reaction or by the rule: nothing is left to do.
    actions.note_breaches(at=moment(29, 9, 10))
    written = everything(), ClockEvent.objects.count()
    assert actions.recalculate(version_id=version.pk, at=moment(29, 9, 10)) == 0
    assert actions.keep_time(at=moment(29, 9, 15)) == 0
    assert (everything(), ClockEvent.objects.count()) == written


def test_a_local_day_off_moves_no_running_case(town, handling):
    before = (handling.due_at, handling.handle_due_at)
    version = catalogue.set_day(by=town.luo, day=dt.date(2026, 3, 5), kind="off", name="停电检修", at=at(2, 12))
    memo.forget_all()
    assert actions.recalculate(version_id=version.pk, at=at(2, 13)) == 0
    assert (town.read(handling).due_at, town.read(handling).handle_due_at) == before
    check_columns(town.read(handling))
    later = town.report(at=at(2, 14)).case
    later = actions.file(case=later, by=town.bai, matter=town.shed, at=at(2, 15))
    assert later.handle_due_at > handling.handle_due_at  # what starts now sees it
    start = ClockEvent.objects.get(case=later, clock="handle", kind="start")
    assert start.calendar == version


def test_a_unit_with_hours_of_its_own_signs_and_works_by_them(town):
    catalogue.save_plan(
        by=town.luo, name="环卫早班", slots=[("05:00", "12:00")], weekdays=range(1, 8), unit=town.sanitation
    )
    memo.forget_all()
    case = actions.report(
        by=town.lin, source="patrol", text="垃圾", place=town.place(), matter=town.litter, at=at(6, 9)
    ).case
    case = actions.file(case=case, by=town.bai, matter=town.litter, at=at(6, 9, 30))
    case = actions.dispatch(case=case, by=town.chen, unit=town.sanitation, at=at(6, 16))
    sign = ClockEvent.objects.get(case=case, clock="sign")
    assert sign.unit == town.sanitation
    own = calendar(unit=town.sanitation.pk)
    assert case.due_at == deadline(at(6, 16), sign.kind_of_time, sign.amount, own).at
    assert case.due_at.astimezone(OFFICE).hour < 12
    assert case.handle_due_at == deadline(at(6, 9, 30), town.litter.handling_kind, town.litter.handling_amount).at
    check_columns(town.read(case))


# -- the account


def test_every_minute_has_an_owner_and_the_sum_is_wall_time_less_pauses(town):
    begun = at(2, 9)
    case = actions.report(
        by=None, source="resident", text="板房", place=town.place(), matter=town.shed, contact=town.wu(), at=begun
    ).case
    case = actions.ask_for_more(case=case, by=town.bai, question="几号楼？", at=at(2, 9, 20))
    case = actions.supplement(report=town.voice(case), by=None, text="3号楼", at=at(2, 11, 20))
    case = actions.file(case=case, by=town.bai, matter=town.shed, at=at(2, 11, 30))
    case = actions.dispatch(case=case, by=town.chen, unit=town.sanitation, at=at(2, 11, 40))
    case = actions.send_back(case=case, by=town.hua, reason="不是本单位职责", basis="三定方案", at=at(2, 15, 40))
    case = actions.dispatch(case=case, by=town.chen, unit=town.enforcement, at=at(2, 16))
    case = actions.sign_for(case=case, by=town.he, at=at(3, 9))
    case = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]), at=at(3, 17))
    found = account(case, now=at(3, 17, 30) + dt.timedelta(seconds=40))
    assert [
        (span.holder, span.unit.name_zh if span.unit else "", span.counted, span.paused, span.office)
        for span in found.spans
    ] == [
        ("reported", "", 20, 0, 20),
        ("reporter", "", 0, 120, 0),
        ("reported", "", 10, 0, 10),
        ("filed", "", 10, 0, 10),
        ("unit", "环卫所", 240, 0, 90),  # 20 minutes of the morning, 70 of the afternoon
        ("filed", "", 20, 0, 20),
        ("unit", "综合执法队", 1020, 0, 150),  # to be signed for
        ("unit", "综合执法队", 480, 0, 330),  # in hand
        ("handled", "", 30, 0, 30),
    ]
    wall = 32 * 60 + 30
    assert (found.wall, found.paused, found.counted) == (wall, 120, wall - 120)


def test_time_after_the_end_is_nobodys(town):
    case = town.report(contact=town.wu(), at=at(2, 9)).case
    case = actions.decline(case=case, by=town.bai, reason="诉讼中", channel="法院", at=at(2, 10))
    assert (account(case, now=at(9, 9)).wall, account(case, now=at(9, 9)).counted) == (60, 60)


def test_the_account_of_a_closed_and_reopened_case_leaves_the_closed_time_out(town):
    case = town.evaluating()
    actions.evaluate(report=town.voice(case), solved="yes", satisfied="yes")
    closed = town.read(case)
    later = closed.closed_at + dt.timedelta(days=2)
    actions.object_to(report=town.voice(closed), reason="又来了", at=later)
    found = account(town.read(closed), now=later + dt.timedelta(hours=1))
    nobodys = [span for span in found.spans if span.holder == "nobody"]
    assert [(span.counted, span.paused) for span in nobodys] == [(0, 2880)]
    assert found.counted + found.paused == found.wall


# -- random walks


def test_random_walks_leave_columns_and_account_in_order(town):
    """Any way through the lifecycle, with odd minutes, pauses and extensions: the invariants hold after every step."""
    chance = random.Random(42)
    outcome = town.outcome(before_photos=["b" * 64])
    for _walk in range(8):
        now = at() + dt.timedelta(minutes=chance.randrange(60 * 24 * 300))
        case = actions.report(
            by=None, source="resident", text="板房", place=town.place(), matter=town.shed, contact=town.wu(), at=now
        ).case
        case = town.read(case)
        began = now
        for _n in range(14):
            now += dt.timedelta(seconds=chance.randrange(1, 200_000))
            step = chance.choice(_ways(town, case, outcome, now))
            try:
                step()
            except Problem:
                continue
            case = town.read(case)
            check_columns(case)
            found = account(case, now=now)
            assert found.counted + found.paused == found.wall == (_end(case, now) - began) // dt.timedelta(minutes=1)


def _end(case, now):
    return now if case.is_open else TimelineEntry.objects.filter(case=case, state=case.state).earliest("id").at


def _ways(town, case, outcome, now):
    voice = town.voice(case)
    given = {"case": case, "at": now}
    ways = {
        "reported": [
            lambda: actions.ask_for_more(by=town.bai, question="？", **given),
            lambda: actions.file(by=town.bai, matter=town.shed, **given),
        ],
        "needs_info": [lambda: actions.supplement(report=voice, by=None, text="3号楼", at=now)],
        "filed": [lambda: actions.dispatch(by=town.chen, unit=town.enforcement, **given)],
        "dispatched": [
            lambda: actions.sign_for(by=town.he, **given),
            lambda: actions.send_back(by=town.he, reason="不属", basis="据", **given),
        ],
        "handling": [
            lambda: actions.handle(by=town.he, outcome=outcome, **given),
            lambda: timekeeping.extend(case=case, days=2, by=town.luo, at=now),
        ],
        "handled": [
            lambda: actions.verify(by=town.su, **given),
            lambda: actions.rework(by=town.su, reason="差", **given),
        ],
        "evaluating": [
            lambda: actions.evaluate(report=voice, solved="no", satisfied="no", at=now),
            lambda: actions.close(by=town.luo, **given),
        ],
        "objected": [
            lambda: actions.reopen(by=town.luo, reason="确", **given),
            lambda: actions.dismiss(by=town.luo, reason="经核实诉求不成立，理由如下", **given),
        ],
    }
    return ways.get(case.state, [lambda: None])


def test_the_duties_of_a_case_show_its_deadline(town, handling):
    assert [duty[0] for duty in open_duties(handling)] == ["case.handling"]
    duty = Duty.objects.get(subject_type="case", subject_id=handling.pk, done_at=None)
    assert duty.due_at == handling.due_at


@pytest.mark.parametrize("walk", ["reported", "filed", "dispatched", "handling", "handled", "evaluating", "objected"])
def test_a_case_from_before_there_were_clocks_keeps_its_deadlines_to_the_instant(town, walk):
    """The data migration, run on a case whose events are taken away."""
    from importlib import import_module

    from django.apps import apps

    more = {"contact": town.wu()} if walk in {"evaluating", "objected"} else {}
    case = town.read(getattr(town, walk)(**more))
    Assignment.objects.filter(case=case).update(due_at=None)
    ClockEvent.objects.filter(case=case).delete()
    import_module("wangge.domains.cases.migrations.0005_clocks_of_running_cases").start(apps, None)
    after = town.read(case)
    assert (after.due_at, after.handle_due_at) == (case.due_at, case.handle_due_at)
    check_columns(after)
    written = ClockEvent.objects.count()
    import_module("wangge.domains.cases.migrations.0005_clocks_of_running_cases").start(apps, None)
    assert ClockEvent.objects.count() == written
