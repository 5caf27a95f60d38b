"""The pure clocks: the worked examples of ../shared/data/deadlines.md re-typed, and what holds for every clock."""

import dataclasses
import datetime as dt
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wangge.domains.cases import clocks, workflow
from wangge.domains.cases.clocks import run
from wangge.domains.cases.workflow import STAGE_OF, S, Stage
from wangge.foundation.core.clock import OFFICE
from wangge.foundation.core.tests.calendars import calendar
from wangge.foundation.core.worktime import (
    Calendar,
    Day,
    DayKind,
    Plan,
    Slot,
    shifted,
    spent,
    working_days_between,
)

FIXED = settings(derandomize=True, database=None, deadline=None, max_examples=150)


@dataclasses.dataclass(frozen=True)
class Event:
    """An event as a row of the table has it."""

    kind: str
    at: dt.datetime
    kind_of_time: str = ""
    amount: float | None = None
    calendar_id: int | None = None
    unit_id: int | None = None
    until: dt.datetime | None = None
    reason: str = ""
    clock: str = "handle"
    assignment_id: int | None = None


def start(at, kind, amount, version=1):
    return Event("start", at, kind, amount, version)


def pause(at):
    return Event("pause", at)


def resume(at):
    return Event("resume", at)


def extend(at, days, version=1):
    return Event("extend", at, "working_days", days, version)


def moment(day, hour=0, minute=0, *, month=3, year=2026):
    return dt.datetime(year, month, day, hour, minute, tzinfo=OFFICE)


CN = calendar()


def by(*known: Calendar):
    """Calendars by their version."""
    return lambda version, unit: {one.version: one for one in known}[version]


MON_FRI = Calendar(1, 2026, {}, (Plan((Slot(8 * 60, 18 * 60),)),))  # Monday to Friday, 08:00 to 18:00


# -- the table of ../shared/data/deadlines.md


def warns(due, minutes, cal):
    """The first minute from which so much working time is left."""
    at = due
    while spent(at, due, "working_hours", cal) < dt.timedelta(minutes=minutes):
        at -= dt.timedelta(minutes=1)
    return at


def test_1_four_hours_within_one_day():
    due = run([start(moment(2, 10), "working_hours", 4)], by(MON_FRI)).at
    assert due == moment(2, 14)
    assert warns(due, 60, MON_FRI) == moment(2, 13)


def test_2_four_hours_over_the_night():
    """Opened on Monday at 17:00: the warning at 10:00 on Tuesday (a known fault answered midnight)."""
    due = run([start(moment(2, 17), "working_hours", 4)], by(MON_FRI)).at
    assert due == moment(3, 11)
    assert warns(due, 60, MON_FRI) == moment(3, 10)


def test_3_forty_eight_hours_over_two_holidays():
    every_day = frozenset(range(1, 8))
    off = {dt.date(2016, 11, day): Day(DayKind.OFF, "放假") for day in (11, 13)}
    shop = Calendar(1, 2026, off, (Plan((Slot(9 * 60, 21 * 60),), every_day),))
    opened = moment(9, 23, month=11, year=2016)
    # Four days of twelve hours: the 10th, the 12th, the 14th and the 15th.
    assert run([start(opened, "working_hours", 48)], by(shop)).at == moment(15, 21, month=11, year=2016)


def test_4_sixteen_hours_are_two_working_days_of_eight():
    eight = Calendar(1, 2026, {}, (Plan((Slot(9 * 60, 12 * 60), Slot(13 * 60, 18 * 60))),))
    for day in range(2, 7):
        begun = moment(day, 9)
        due = run([start(begun, "working_hours", 16)], by(eight)).at
        assert due.hour == 18
        assert working_days_between(begun.date() - dt.timedelta(days=1), due.date(), eight) == 2


def test_5_two_units_in_turn_have_a_clock_each_and_there_is_the_whole():
    """Two hours for the first, one for the second; from 09:00, handed over at 10:30: both answers stand."""
    first = run([start(moment(2, 9), "working_hours", 2), Event("stop", moment(2, 10, 30))], by(MON_FRI))
    second = run([start(moment(2, 10, 30), "working_hours", 1)], by(MON_FRI))
    whole = run([start(moment(2, 9), "working_hours", 1)], by(MON_FRI))  # the limit of the second, from the beginning
    now = moment(2, 10, 30)
    assert (first.at, first.stopped_at) == (moment(2, 11), now)
    assert spent(now, second.at, "working_hours", MON_FRI) == dt.timedelta(hours=1)
    assert spent(now, whole.at, "working_hours", MON_FRI) == dt.timedelta(0)
    assert whole.at < now


@pytest.mark.parametrize(("kind", "amount"), [("working_hours", 8), ("working_days", 3), ("urgent_hours", 30)])
def test_6_thirty_minutes_paused_survive_a_changed_rule(kind, amount):
    """Whatever changes afterwards, the matter's limit or the calendar: half an hour later than without the pause."""
    summer = calendar(Plan((Slot(510, 720), Slot(900, 1110)), first=(6, 1), last=(9, 30)), version=2)
    changed = Event("calendar", moment(2, 11), calendar_id=2)
    paused = [pause(moment(2, 9)), resume(moment(2, 9, 30))]
    for limit in (amount, amount * 2):  # the running clock keeps its own limit; a new one has the new limit
        begun = start(moment(2, 8, 45), kind, limit)
        for after in ([], [changed]):
            plain = run([begun, *after], by(CN, summer))
            late = run([begun, *paused, *after], by(CN, summer))
            assert late.at == shifted(plain.at, dt.timedelta(minutes=30), kind, CN).at
            assert spent(plain.at, late.at, kind, CN) == dt.timedelta(minutes=30)
            assert late.pauses == ((moment(2, 9), moment(2, 9, 30)),)


def test_7_five_working_days_over_the_spring_festival():
    """Filed on Friday 2026-02-13 at 16:00. Worked: Sat 14th (made up for the festival), 24th, 25th, 26th, 27th."""
    due = run([start(moment(13, 16, month=2), "working_days", 5)], by(CN))
    assert (due.at, due.provisional) == (moment(27, 18, month=2), False)


def test_8_a_year_without_a_notice_is_provisional_and_recomputed_with_both_answers_kept():
    begun = start(moment(28, 9, month=12), "working_days", 10)
    before = run([begun], by(CN))
    # Tue 29th … Thu 31st are three; New Year's Day is off by law; Mon 4th … Fri 8th are five, Mon and Tue make ten.
    assert (before.at, before.provisional) == (moment(12, 18, month=1, year=2027), True)
    extra = {dt.date(2027, 1, day): Day(DayKind.OFF, "元旦") for day in (1, 2, 3, 4)}
    extra[dt.date(2027, 1, 9)] = Day(DayKind.WORK)  # a Saturday, made up
    notice = calendar(version=2, announced_through=2027, extra=extra)
    taken_in = Event("calendar", moment(30, 15, month=12), calendar_id=2, reason="国务院办公厅通知")
    after = run([begun, taken_in], by(CN, notice))
    # 29th, 30th, 31st; Tue 5th … Fri 8th are four; Sat 9th, Mon 11th, Tue 12th: ten.
    assert (after.at, after.provisional) == (moment(12, 18, month=1, year=2027), False)
    assert [(m.kind, m.before, m.after, m.version) for m in after.moves] == [("calendar", before.at, after.at, 2)]
    bridge = {dt.date(2027, 1, day): Day(DayKind.OFF, "元旦") for day in (1, 4)}  # and no day made up for it
    longer = calendar(version=2, announced_through=2027, extra=bridge)
    moved = run([begun, taken_in], by(CN, longer))
    assert (moved.at, moved.moves[0].before) == (moment(13, 18, month=1, year=2027), before.at)


# -- what each event does


def test_a_clock_that_was_never_started_says_nothing():
    assert run([], by(CN)) is None
    assert run([pause(moment(2, 9)), resume(moment(2, 10)), Event("meet", moment(2, 11))], by(CN)) is None


def test_half_an_hour_paused_is_half_an_hour_later_also_for_a_day_clock():
    events = [start(moment(2, 9), "working_days", 2), pause(moment(3, 9)), resume(moment(3, 9, 30))]
    assert run(events, by(CN)).at == moment(5, 9)  # Wednesday's close, and half an hour of Thursday
    over_lunch = [*events[:1], pause(moment(3, 12)), resume(moment(3, 14, 30))]
    assert run(over_lunch, by(CN)).at == moment(4, 18)  # nothing was worked meanwhile
    weekend = [start(moment(6, 9), "working_days", 2), pause(moment(6, 18)), resume(moment(9, 8))]
    assert run(weekend, by(CN)).at == moment(10, 18)


def test_while_it_is_paused_the_deadline_stands_and_says_until_when():
    until = moment(20, 0)
    events = [start(moment(2, 8, 30), "working_hours", 7), Event("pause", moment(2, 10), until=until)]
    due = run(events, by(CN))
    assert (due.at, due.paused_since, due.paused_until, due.runs) == (moment(2, 18), moment(2, 10), until, False)
    again = run([*events, pause(moment(2, 11))], by(CN))
    assert again.paused_since == moment(2, 10)  # paused twice is paused once


def test_what_is_overdue_stays_overdue():
    events = [start(moment(2, 9), "working_hours", 1), pause(moment(2, 11)), resume(moment(5, 11))]
    assert (run(events, by(CN)).at, run(events, by(CN)).pauses) == (moment(2, 10), ())


def test_an_extension_gives_whole_working_days_and_keeps_the_paused_minutes():
    events = [start(moment(2, 9), "working_days", 2), pause(moment(3, 9)), resume(moment(3, 9, 30))]
    extended = run([*events, extend(moment(4, 9), 3)], by(CN))
    assert extended.at == moment(10, 9)  # Monday's close would be without the pause
    assert [(m.kind, m.before, m.after, m.days) for m in extended.moves if m.kind == "extend"] == [
        ("extend", moment(5, 9), moment(10, 9), 3)
    ]
    earlier = run([events[0], extend(moment(2, 10), 3), *events[1:]], by(CN))
    assert earlier.at == extended.at  # in whatever order
    hours = run([start(moment(2, 9), "working_hours", 2), extend(moment(2, 10), 1)], by(CN))
    assert hours.at == moment(3, 18)


def test_an_extension_into_a_newer_year_is_counted_by_the_newer_notice():
    extra = {dt.date(2027, 1, day): Day(DayKind.OFF, "元旦") for day in (1, 2, 3, 4)}
    notice = calendar(version=2, announced_through=2027, extra=extra)
    begun = start(moment(21, 9, month=12), "working_days", 5)
    due = run([begun, extend(moment(22, 9, month=12), 4, version=2)], by(CN, notice))
    assert run([begun], by(CN)).at == moment(28, 18, month=12)
    assert (due.at, due.provisional) == (moment(5, 18, month=1, year=2027), False)


def test_met_and_taken_up_again_keeps_the_promise():
    events = [start(moment(2, 9), "working_days", 3), Event("meet", moment(3, 9))]
    assert run(events, by(CN)).met_at == moment(3, 9)
    again = run([*events, resume(moment(4, 9))], by(CN))
    assert (again.at, again.met_at, again.runs, again.pauses) == (moment(5, 18), None, True, ())


def test_a_new_start_forgets_what_was_before():
    events = [start(moment(2, 9), "working_days", 3), extend(moment(3, 9), 5), Event("meet", moment(4, 9))]
    again = run([*events, start(moment(9, 9), "working_hours", 2)], by(CN))
    assert (again.at, again.moves, again.met_at) == (moment(9, 11), (), None)


def test_every_step_into_an_open_state_starts_or_takes_up_its_clock():
    """Walked through the table: in every open state that a step reaches, the clock of its stage is under way."""
    for verb, step in workflow.STEPS.items():
        for before in step.before:
            after = step.after
            if after is None or after not in workflow.OPEN or after is S.HUNG:
                continue
            promised = before in workflow.IN_HAND or before is S.FILED
            planned = clocks.ticks(before, after, verb, promised=promised, begins=not promised)
            stage = STAGE_OF[after]
            kinds = [kind for kind, clock in planned if clock is stage]
            if stage is Stage.HANDLE and before is S.DISPATCHED:
                assert kinds == []  # it has been running since the filing
            elif (before, after) == (S.NEEDS_INFO, S.REPORTED):
                assert kinds == ["resume"]
            elif stage is Stage.HANDLE and promised:
                assert kinds == ["resume"], verb
            else:
                assert kinds[-1] == "start", (verb, before)


def test_every_step_out_of_an_open_state_ends_its_clock():
    for verb, step in workflow.STEPS.items():
        for before in set(step.before) & workflow.OPEN:
            if step.after is None or STAGE_OF[before] is Stage.HANDLE or verb == "close_unsampled":
                continue
            planned = clocks.ticks(before, step.after, verb, promised=True, begins=False)
            kinds = [kind for kind, clock in planned if clock is STAGE_OF[before]]
            assert kinds[0] in {"meet", "stop"} or (before, step.after) == (S.REPORTED, S.NEEDS_INFO), verb


@pytest.mark.parametrize(
    ("verb", "before", "after", "kind"),
    [
        ("file", S.REPORTED, S.FILED, "meet"),
        ("merge", S.REPORTED, S.MERGED, "stop"),
        ("rule", S.FILED, S.DISPATCHED, "meet"),
        ("rule", S.DISPATCHED, S.DISPATCHED, "stop"),
        ("send_back", S.DISPATCHED, S.FILED, "stop"),
        ("close_by_rule", S.EVALUATING, S.CLOSED, "stop"),
        ("close_by_rule", S.HANDLED, S.CLOSED, "meet"),
        ("object", S.EVALUATING, S.OBJECTED, "meet"),
    ],
)
def test_how_the_clock_of_a_stage_ends(verb, before, after, kind):
    assert clocks.ticks(before, after, verb, promised=False, begins=False)[0] == (kind, STAGE_OF[before])


# -- what always holds

MINUTES = st.integers(0, 60 * 24 * 25)
LIMITS = st.one_of(
    st.tuples(st.just("working_hours"), st.integers(1, 60)),
    st.tuples(st.just("working_days"), st.integers(1, 15)),
    st.tuples(st.just("urgent_hours"), st.integers(1, 200)),
)


@st.composite
def histories(draw):
    """A clock that was paused some times, and perhaps extended."""
    begun = moment(1, month=1) + dt.timedelta(minutes=draw(st.integers(0, 500_000)))
    kind, amount = draw(LIMITS)
    at, events = begun, [start(begun, kind, amount)]
    for _n in range(draw(st.integers(0, 4))):
        if draw(st.integers(0, 4)) == 0:
            events.append(extend(at, draw(st.integers(1, 10))))
        at += dt.timedelta(minutes=draw(MINUTES))
        events.append(pause(at))
        at += dt.timedelta(minutes=draw(MINUTES))
        events.append(resume(at))
    return events


OTHER = calendar(
    Plan((Slot(510, 720), Slot(900, 1110)), first=(6, 1), last=(9, 30)),
    version=2,
    extra={dt.date(2026, month, 11): Day(DayKind.MORNING, "半天", "local") for month in range(1, 13)},
)


@FIXED
@given(histories())
def test_the_same_events_give_the_same_answer(events):
    assert run(events, by(CN)) == run(list(events), by(CN))
    # and an answer for a part of them does not depend on what comes later
    for n in range(1, len(events)):
        run(events[:n], by(CN))
    assert run(events, by(calendar())) == run(events, by(CN))


@FIXED
@given(histories())
def test_a_changed_calendar_neither_loses_nor_invents_paused_time(events):
    """Under any calendar as much of the limit is left at the end of a pause as at its beginning."""
    base = [event for event in events if event.kind in {"start", "extend"}]
    for after, cal in (([], CN), ([Event("calendar", moment(31, month=12), calendar_id=2)], OTHER)):
        plain = run([*base, *after], by(CN, OTHER))
        due = run([*events, *after], by(CN, OTHER))
        begun = [(a.at, b.at) for a, b in itertools.pairwise(events) if a.kind == "pause"]
        assert set(due.pauses) <= set(begun)
        paused = sum((spent(*one, events[0].kind_of_time, cal) for one in due.pauses), dt.timedelta(0))
        assert spent(plain.at, due.at, events[0].kind_of_time, cal) == paused
        if events[0].kind_of_time != "working_days" and not any(event.kind == "extend" for event in events):
            counted = spent(due.begun, due.at, events[0].kind_of_time, cal) - paused
            assert counted == dt.timedelta(hours=events[0].amount)
    # whatever calendar came in between, the pauses themselves are the same from when to when
    changed = [*events, Event("calendar", moment(31, month=12), calendar_id=2)]
    wall = sum((b - a for a, b in run(events, by(CN)).pauses), dt.timedelta(0))
    assert sum((b - a for a, b in run(changed, by(CN, OTHER)).pauses), dt.timedelta(0)) == wall
