"""督办: the ladder fires once and only for what is due; slips are numbered, answered in words, and lapse with the case."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.town import SINCE
from wangge.domains.cases import actions, ladder, tasks
from wangge.domains.cases.actions import supervising
from wangge.domains.cases.models import Alert, AlertReader, Assignment, Case, Supervision
from wangge.domains.cases.tests.traces import at, open_duties, refused, row, verbs
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.duties.models import Duty
from wangge.foundation.notifications.models import Notice


@pytest.fixture
def leaders(town):
    """Ge leads the law-enforcement team, Lei the street, Shu is its party secretary."""
    people = {}
    for login, name, role, unit, area in (
        ("ge", "葛队", "unit_head", town.enforcement, None),
        ("lei", "雷明", "street_leader", town.street_office, town.south),
        ("shu", "舒书记", "party_secretary", town.street_office, town.south),
    ):
        people[login] = accounts.add_user(by=None, username=login, name=name, password=None)
        accounts.give_post(by=None, user=people[login], role=role, valid_from=SINCE, organisation=unit, area=area)
    return people


def fired(case=None):
    found = Alert.objects.order_by("id")
    if case is not None:
        found = found.filter(case=case)
    return list(found.values_list("clock", "rung", "told"))


def readers(rung):
    found = AlertReader.objects.filter(alert__rung=rung).order_by("user__username")
    return list(found.values_list("user__username", flat=True))


def slips():
    return Supervision.objects.unscoped("the test looks at the rows").order_by("pk")


def due(case, when, **more):
    """The case with another end of its present stage: what an action of the clock leaves."""
    Case.objects.unscoped("the test moves the deadline").filter(pk=case.pk).update(due_at=when, **more)
    case.refresh_from_db()
    return case


@pytest.fixture
def case(town):
    """In the hands of He of the law-enforcement team; due on Thursday the 5th of March at the close of the day."""
    found = town.reported(at=at(2))
    actions.file(case=found, by=town.bai, matter=found.matter, at=at(2, 10))
    actions.dispatch(case=found, by=town.chen, unit=town.enforcement, at=at(2, 10, 30))
    actions.sign_for(case=found, by=town.he, at=at(2, 11))
    return due(town.read(found), at(5, 18))


# -- the rule


def test_a_day_clock_is_amber_when_one_working_day_is_left(db):
    begun, end = at(2), at(9, 18)  # Monday to Monday
    assert [day for day in (2, 3, 4, 5, 6, 7, 8, 9) if ladder.warns("working_days", begun, end, at(day, 12))] == [
        6, 7, 8, 9,
    ]  # fmt: skip
    assert not ladder.warns("working_days", begun, end, end)  # then it is overdue


def test_an_hour_clock_is_amber_when_80_percent_of_its_office_time_are_used(db):
    begun, end = at(6, 16, 30), at(9, 11)  # Friday afternoon, four office hours: 1.5 on Friday, 2.5 on Monday
    assert ladder.office_minutes(begun, end) == 240
    assert not ladder.warns("working_hours", begun, end, at(8, 12))  # not on Sunday
    assert not ladder.warns("working_hours", begun, end, at(9, 10, 11))
    assert ladder.warns("working_hours", begun, end, at(9, 10, 12))


def test_a_clock_round_the_clock_counts_every_hour(db):
    assert not ladder.warns("urgent_hours", at(7, 22), at(8, 0), at(7, 23, 35))
    assert ladder.warns("urgent_hours", at(7, 22), at(8, 0), at(7, 23, 36))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    kind=st.sampled_from(["working_days", "working_hours", "urgent_hours", ""]),
    minutes=st.integers(0, 20 * 24 * 60),
    lasts=st.integers(1, 30 * 24 * 60),
    parts=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_amber_comes_before_red_and_never_goes_back(db, kind, minutes, lasts, parts):
    begun = at(1, 0) + dt.timedelta(minutes=minutes)
    end = begun + dt.timedelta(minutes=lasts)
    first, later_on = (begun + (end - begun) * part for part in sorted(parts))
    if ladder.warns(kind, begun, end, first):
        assert first < end <= ladder.horizon(first)
        assert ladder.warns(kind, begun, end, later_on) is (later_on < end)


@pytest.mark.parametrize(
    ("rung", "now", "latest"),
    [
        (ladder.HEAD, at(9, 9), at(9, 9)),
        (ladder.LEADER, at(9, 17, 59), at(5, 23, 59)),  # Thursday's: Friday has passed
        (ladder.LEADER, at(9, 18), at(8, 23, 59)),  # Friday's, and what ended at the week-end: Monday has passed
        (ladder.SECRETARY, at(9, 18), at(4, 23, 59)),
        (ladder.SECRETARY, at(10, 18), at(5, 23, 59)),
    ],
)
def test_when_a_rung_is_reached(db, rung, now, latest):
    assert latest <= ladder.reached(rung, now) < latest + dt.timedelta(minutes=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.integers(0, 330 * 24 * 60))
def test_the_rungs_are_reached_in_their_order(db, minutes):
    now = at(1, 0, month=1) + dt.timedelta(minutes=minutes)
    ends = [ladder.reached(rung, now) for rung in (ladder.HEAD, ladder.LEADER, ladder.SECRETARY)]
    assert ends == sorted(ends, reverse=True)
    assert ends[0] == now < ladder.horizon(now)


# -- the ladder


def test_the_whole_ladder(case, town, leaders):
    assert supervising.watch(at=at(3, 18)) == 0
    assert supervising.watch(at=at(4, 0, 5)) == 1  # Thursday is the last working day left
    assert (fired(), readers(0)) == ([("handle", 0, 1)], ["he"])
    assert supervising.watch(at=at(5, 17, 59)) == 0
    assert supervising.watch(at=at(5, 18)) == 1
    assert readers(1) == ["ge"]
    assert slips().count() == 0
    assert supervising.watch(at=at(6, 17, 59)) == 0
    assert supervising.watch(at=at(6, 18)) == 1
    assert readers(2) == ["lei"]
    slip = slips().get()
    assert (slip.number, slip.unit, slip.rung, slip.issued_by) == ("NC督〔2026〕1号", town.enforcement, 2, None)
    assert slip.reply_due_at == at(9, 18)
    assert "2026-03-05 18:00" in slip.text
    assert supervising.watch(at=at(10, 18)) == 1
    assert readers(3) == ["shu"]
    assert fired() == [("handle", 0, 1), ("handle", 1, 1), ("handle", 2, 1), ("handle", 3, 1)]
    assert verbs(case)[-1] == "supervise"
    assert row(case)["state"] == "handling"


def test_a_late_start_catches_up_at_once_and_only_once(case, leaders):
    assert supervising.watch(at=at(16)) == 3  # no amber for what is overdue
    assert [rung for _clock, rung, _told in fired()] == [1, 2, 3]
    assert supervising.watch(at=at(16)) == 0
    assert supervising.watch(at=at(20)) == 0
    assert slips().count() == 1


def test_a_clock_set_back_fires_nothing_again(case, leaders):
    assert supervising.watch(at=at(5, 18)) == 1
    before = fired()
    assert supervising.watch(at=at(5, 17)) == 1  # amber, which had been missed
    assert supervising.watch(at=at(5, 18)) == 0
    assert supervising.watch(at=at(5, 17)) == 0
    assert fired() == [*before, ("handle", 0, 1)]


def test_a_stage_that_has_not_begun_warns_nobody(case, leaders):
    """A clock set back to before the stage began; also what keeps a walk through the past honest."""
    due(case, at(5, 18), since=at(5, 9))
    assert supervising.watch(at=at(5, 8, 59)) == 0
    assert supervising.watch(at=at(5, 9)) == 1


def test_a_moved_deadline_is_another_fact(case, leaders):
    supervising.watch(at=at(5, 18))
    due(case, at(12, 18))
    assert supervising.watch(at=at(6)) == 0
    assert Alert.objects.get().answered_at == at(6)
    assert supervising.watch(at=at(12, 18)) == 1
    assert list(Alert.objects.values_list("rung", "due_at")) == [(1, at(5, 18)), (1, at(12, 18))]


def test_what_left_its_stage_is_answered_at_that_time(case, town, leaders):
    supervising.watch(at=at(5, 18))
    actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]), at=at(5, 20))
    due(case, at(20, 18))
    supervising.watch(at=at(6))
    assert Alert.objects.get().answered_at == at(5, 20)
    assert Alert.objects.unanswered().count() == 0


@pytest.mark.parametrize("state", ["hung", "needs_info", "evaluating", "closed", "void"])
def test_what_stands_still_or_ends_by_rule_is_not_watched(case, leaders, state):
    Case.objects.unscoped("the test").filter(pk=case.pk).update(state=state)
    assert supervising.watch(at=at(4, 12)) == 0
    assert supervising.watch(at=at(30)) == 0
    assert fired() == []


def test_a_provisional_deadline_calls_nobody_to_account(case, leaders):
    Case.objects.unscoped("the test").filter(pk=case.pk).update(due_provisional=True)
    assert supervising.watch(at=at(4, 12)) == 1
    assert supervising.watch(at=at(30)) == 1
    assert [rung for _clock, rung, _told in fired()] == [0, 1]
    assert slips().count() == 0


def test_without_a_head_or_a_leader_the_next_ones_are_told(case, town):
    supervising.watch(at=at(16))
    assert (readers(1), readers(2), readers(3)) == (["he"], ["luo"], ["luo"])


def test_the_stages_of_the_desk_are_watched_too(town, leaders):
    case = due(town.reported(at=at(2)), at(2, 13))
    supervising.watch(at=at(3, 18))
    assert fired() == [("accept", 1, 1), ("accept", 2, 1)]
    assert (readers(1), readers(2)) == (["luo"], ["lei"])
    assert slips().count() == 0  # a slip goes to a unit
    filed = due(actions.file(case=case, by=town.bai, matter=case.matter, at=at(3, 18, 10)), at(3, 19))
    supervising.watch(at=at(3, 18, 55))
    assert (fired(filed)[-1], readers(0)) == (("dispatch", 0, 1), ["chen"])


def test_a_co_handlers_own_clock(case, town, leaders):
    row_ = Assignment.objects.create(
        case=case, unit=town.sanitation, duty="co", dispatched_at=at(2, 11), due_at=at(3, 18)
    )
    assert supervising.watch(at=at(3, 12)) == 1
    assert readers(0) == ["hua"]
    supervising.watch(at=at(4, 18, 1))
    slip = slips().get()
    assert (slip.unit, slip.assignment) == (town.sanitation, row_)
    Assignment.objects.filter(pk=row_.pk).update(done_at=at(5), done_by=town.hua)
    supervising.watch(at=at(5, 9))
    assert Alert.objects.unanswered().filter(assignment=row_).count() == 0
    assert supervising.watch(at=at(5, 9)) == 0


def test_a_confidential_case_is_told_only_to_those_who_may_know(town, leaders):
    case = due(town.reported(at=at(2), matter=town.secret), at(2, 13))
    Case.objects.unscoped("the test").filter(pk=case.pk).update(confidential=True)
    supervising.watch(at=at(2, 12, 30))
    supervising.watch(at=at(2, 14))
    assert "chen" not in readers(0)
    assert readers(1) == ["luo"]


def test_a_hundred_late_cases_ask_no_more_than_ten(case, town, leaders, django_assert_max_num_queries):
    template = Case.objects.unscoped("the test").get(pk=case.pk)

    def more(count):
        for n in range(count):
            template.pk, template.number = None, f"NC-2025-{Case.objects.unscoped('the test').count():06d}"
            template.public_id = f"00000000-0000-4000-8000-{Case.objects.unscoped('the test').count() + n:012d}"
            template._state.adding = True
            template.save(force_insert=True)

    more(9)
    with django_assert_max_num_queries(60):
        assert supervising.watch(at=at(5, 18)) == 10
    more(100)
    with django_assert_max_num_queries(60):
        assert supervising.watch(at=at(5, 18)) == 100


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    due_in=st.integers(-3 * 24, 6 * 24),
    runs=st.lists(st.integers(-2 * 24, 9 * 24), min_size=1, max_size=6),
    moved=st.booleans(),
)
def test_any_order_of_runs_fires_each_alert_once_and_never_too_early(case, leaders, due_in, runs, moved):
    """Also backwards, twice, and with a deadline that moves in between."""
    AlertReader.objects.all().delete()
    Alert.objects.all().delete()
    slips().delete()
    end = at(5, 18) + dt.timedelta(hours=due_in)
    due(case, end)
    for n, hours in enumerate(runs):
        now = at(5, 12) + dt.timedelta(hours=hours)
        if moved and n == 1:
            end += dt.timedelta(days=2)
            due(case, end)
        before = set(Alert.objects.values_list("rung", "due_at"))
        new = supervising.watch(at=now)
        after = set(Alert.objects.values_list("rung", "due_at"))
        assert len(after) == Alert.objects.count() == len(before) + new
        for rung, due_at in after - before:
            assert due_at == end
            if rung == ladder.AMBER:
                assert now < end <= ladder.horizon(now)
            else:
                assert end <= ladder.reached(rung, now)
        assert supervising.watch(at=now) == 0
    assert slips().count() <= 1


# -- the digest


def test_one_digest_a_day_and_never_at_night(case, town, leaders, time_machine):
    other = due(town.handling(), at(5, 18), since=at(2))
    supervising.watch(at=at(5, 18))  # two red for Ge
    assert supervising.send_digests(at=at(5, 20)) == 0
    assert supervising.send_digests(at=at(6, 7, 59)) == 0
    assert supervising.send_digests(at=at(6, 8)) == 1
    notice = Notice.objects.get(kind="supervision.digest")
    assert (notice.user, notice.data, notice.urgent) == (leaders["ge"], {"red": 2, "amber": 0}, False)
    due(other, at(6, 12))
    supervising.watch(at=at(6, 12))
    assert supervising.send_digests(at=at(6, 15)) == 0  # she has had today's
    assert supervising.send_digests(at=at(7, 9)) == 1
    assert Notice.objects.filter(kind="supervision.digest").count() == 2


def test_what_was_answered_meanwhile_is_not_told(case, town, leaders):
    supervising.watch(at=at(5, 18))
    actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]), at=at(5, 20))
    due(case, at(20, 18))
    supervising.watch(at=at(6, 7))
    assert supervising.send_digests(at=at(6, 8)) == 0
    assert Notice.objects.filter(kind="supervision.digest").count() == 0
    assert AlertReader.objects.filter(told_at=None).count() == 0


def test_an_urgent_overdue_is_told_at_once(case, leaders):
    Case.objects.unscoped("the test").filter(pk=case.pk).update(urgent=True)
    supervising.watch(at=at(5, 23))
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.label, notice.urgent) == (
        leaders["ge"], "supervision.red", case.number, True,
    )  # fmt: skip
    assert supervising.send_digests(at=at(6, 8)) == 0


def test_the_job_watches_and_sends(case, leaders, time_machine):
    time_machine.move_to(at(6, 9), tick=False)
    tasks.watch(timestamp=0)
    assert (Alert.objects.count(), Notice.objects.filter(kind="supervision.digest").count()) == (1, 1)
    tasks.watch(timestamp=0)
    assert (Alert.objects.count(), Notice.objects.filter(kind="supervision.digest").count()) == (1, 1)


# -- slips


def slip_of(case, town, **more):
    return supervising.supervise(
        **{"case": case, "by": town.luo, "text": "请立即处置并书面说明。", "at": at(3, 10)} | more
    )


def test_a_slip_is_numbered_told_and_due_by_working_time(case, town, leaders):
    slip = slip_of(case, town)
    assert (slip.number, slip.unit, slip.issued_by, slip.reply_due_at) == (
        "NC督〔2026〕1号", town.enforcement, town.luo, at(4, 18),
    )  # fmt: skip
    assert verbs(case)[-1] == "supervise"
    duty = Duty.objects.get(subject_type="supervision")
    assert (duty.kind, duty.label, duty.unit_path, duty.due_at) == (
        "supervision.slip", slip.number, town.enforcement.path, at(4, 18),
    )  # fmt: skip
    told = Notice.objects.filter(kind="supervision.slip").values_list("user__username", flat=True)
    assert sorted(told) == ["ge", "he"]
    assert [duty[0] for duty in open_duties(case)] == ["case.handling"]


def test_series_run_by_street_and_year(case, town):
    assert slip_of(case, town).number == "NC督〔2026〕1号"
    assert slip_of(town.dispatched(), town).number == "NC督〔2026〕2号"
    later = at(4) + dt.timedelta(days=365)
    assert slip_of(town.dispatched(), town, at=later).number == "NC督〔2027〕1号"


def test_the_unit_answers_once_in_words(case, town, leaders):
    slip = slip_of(case, town)
    supervising.watch(at=at(5, 18))
    answered = supervising.answer(supervision=slip, by=town.he, text="已安排明日拆除。", at=at(5, 19))
    assert (answered.reply, answered.replied_by, answered.replied_at) == ("已安排明日拆除。", town.he, at(5, 19))
    assert Alert.objects.get().answered_at == at(5, 19)
    assert Duty.objects.filter(subject_type="supervision", done_at=None).count() == 0
    assert verbs(case)[-1] == "answer_supervision"
    assert Notice.objects.get(kind="supervision.answered").user == town.luo
    with refused(ConflictError):
        supervising.answer(supervision=slip, by=town.he, text="再答一次", at=at(5, 20))


def test_who_may_not_write_or_answer_a_slip(case, town):
    for nobody in (town.he, town.chen, town.fang, town.zhao, town.qian, town.root):
        with refused(NotAllowedError):
            slip_of(case, town, by=nobody)
    assert slips().count() == 0
    slip = slip_of(case, town)
    for nobody in (town.hua, town.luo, town.chen, town.fang, town.zhao):
        with refused(NotAllowedError):
            supervising.answer(supervision=slip, by=nobody, text="不归我们", at=at(3, 11))
    assert slips().get().reply == ""


def test_what_a_slip_needs(case, town):
    with refused(InvalidError, field="text"):
        slip_of(case, town, text="  ")
    with refused(InvalidError, field="text"):
        slip_of(case, town, text="长" * 2001)
    for days in (0, 11, -1):
        with refused(InvalidError, field="reply_days"):
            slip_of(case, town, reply_days=days)
    with refused(ConflictError):
        slip_of(town.filed(), town)  # nobody could answer
    slip = slip_of(case, town)
    with refused(ConflictError):
        slip_of(case, town)  # one waits for its answer
    with refused(InvalidError, field="text"):
        supervising.answer(supervision=slip, by=town.he, text=" ")
    with refused(InvalidError, field="text"):
        supervising.answer(supervision=slip, by=town.he, text="长" * 2001)
    assert slips().get().replied_at is None


def test_a_slip_lapses_with_its_case(case, town):
    slip = slip_of(case, town)
    actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]), at=at(3, 12))
    actions.verify(case=case, by=town.su, at=at(3, 15))
    assert row(case)["state"] == "closed"
    supervising.watch(at=at(3, 16))
    slip.refresh_from_db()
    assert slip.lapsed_at == at(3, 16)
    assert Duty.objects.filter(subject_type="supervision", done_at=None).count() == 0


def test_the_ladder_writes_no_second_slip_while_one_waits(case, town, leaders):
    slip_of(case, town, at=at(5, 9))
    supervising.watch(at=at(16))
    assert slips().count() == 1


def test_who_sees_a_slip(case, town, leaders):
    slip_of(case, town)
    for who, n in (("luo", 1), ("he", 1), ("fang", 1), ("qian", 1), ("hua", 0), ("zhao", 0), ("root", 0), ("gao", 0)):
        assert Supervision.objects.visible_to(getattr(town, who)).count() == n, who
    Case.objects.unscoped("the test").filter(pk=case.pk).update(confidential=True)
    for who, n in (("luo", 1), ("he", 1), ("chen", 0), ("fang", 0)):
        assert Supervision.objects.visible_to(getattr(town, who)).count() == n, who
