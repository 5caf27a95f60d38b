"""Verification, the reporters' judgement, objection, reopening, closing, archive."""

import datetime as dt

import pytest

from wangge.domains.cases import actions
from wangge.domains.cases.actions.impartial import OwnWorkError
from wangge.domains.cases.actions.steps import StepNotPossibleError
from wangge.domains.cases.models import Assignment, Evaluation, Objection, TimelineEntry, Verification
from wangge.domains.cases.tests.traces import at, audited, jobs, open_duties, refused, row, verbs
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

YES, NO = Evaluation.Solved.YES, Evaluation.Solved.NO


def also(town, user, role, **where):
    """The same person with a second post, at his next request."""
    accounts.give_post(by=None, user=user, role=role, valid_from=dt.date(2024, 1, 1), **where)
    return town.fresh(user)


def test_verification_asks_the_reporters(town):
    case = actions.verify(case=town.handled(contact=town.wu()), by=town.su, note="现场已清", at=at())
    assert (case.state, case.verified_at, case.due_at) == ("evaluating", at(), at(9, 18))  # five working days
    found = Verification.objects.values_list("by__username", "passed", "note", "handling__by__username")
    assert list(found.filter(case=case)) == [("su", True, "现场已清", "he")]
    assert open_duties(case) == [("case.evaluating", "case:call_back", town.grid1.path, "", None)]


def test_with_nobody_to_ask_it_closes_by_rule(town):
    case = actions.verify(case=town.handled(), by=town.su, at=at())
    assert (case.state, case.closed_at, case.due_at) == ("closed", at(), None)
    assert verbs(case)[-2:] == ["verify", "close_by_rule"]
    assert audited(case)[-2:] == ["case.verify", "case.close_by_rule"]
    last = TimelineEntry.objects.filter(case=case).order_by("-id").values_list("verb", "state", "by")[:2]
    assert list(last) == [("close_by_rule", "closed", None), ("verify", "handled", town.su.pk)]
    assert open_duties(case) == []
    assert jobs()[-1] == "cases.CaseClosed"


def test_the_handler_his_unit_and_his_co_handlers_never_verify(town):
    case = actions.dispatch(case=town.filed(), by=town.chen, unit=town.enforcement, co_units=[town.sanitation])
    case = actions.sign_for(case=case, by=town.he)
    case = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    he = also(town, town.he, "verifier", area=town.south)
    hua = also(town, town.hua, "verifier", area=town.south)
    colleague = accounts.add_user(by=None, username="liu", name="刘同", password=None)
    colleague = also(town, colleague, "verifier", area=town.south, organisation=town.enforcement)
    for own in (he, hua, colleague):
        with refused(OwnWorkError):
            actions.verify(case=case, by=own)
        with refused(OwnWorkError):
            actions.rework(case=case, by=own, reason="不行")
    part = case.assignments.get(unit=town.sanitation)
    case = actions.waive_assist(case=case, by=town.chen, assignment=part, reason="主办已完成")
    assert actions.verify(case=case, by=town.su).verifications.count() == 1


def test_the_handler_never_closes_what_he_handled(town):
    case = town.evaluating()
    he = also(town, town.he, "duty_chief", area=town.south)
    with refused(OwnWorkError):
        actions.close(case=case, by=he)
    assert actions.close(case=case, by=town.luo).state == "closed"


def test_the_settler_and_his_station_never_check_the_spot(town):
    case = town.settled()
    lin = also(town, town.lin, "verifier", area=town.south)
    for own in (lin, town.fang):
        with refused(OwnWorkError):
            actions.pass_spot_check(case=case, by=own)
        with refused(OwnWorkError):
            actions.refuse_spot_check(case=case, by=own, reason="没清")


def test_rework_keeps_the_promised_end_and_counts(town):
    case = town.handled()
    promised = case.handle_due_at
    case = actions.rework(case=case, by=town.su, reason="未清运", photos=["7" * 64])
    assert (case.state, case.reworks, case.due_at, case.handler) == ("handling", 1, promised, town.he)
    assert list(case.photos.filter(kind="check").values_list("sha256", flat=True)) == ["7" * 64]
    assert list(Verification.objects.filter(case=case).values_list("passed", "note")) == [(False, "未清运")]
    assert jobs()[-1] == "cases.CaseReworked"
    case = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    assert (case.state, case.handlings.count()) == ("handled", 2)
    with refused(InvalidError, field="reason"):
        actions.rework(case=case, by=town.su, reason=" ")


def test_the_spot_check_passes_or_sends_the_ordinary_way(town):
    passed = actions.pass_spot_check(case=town.settled(), by=town.su, at=at())
    assert (passed.state, passed.closed_at, passed.verified_at, passed.result) == ("closed", at(), at(), "solved")
    sent = actions.refuse_spot_check(case=town.settled(), by=town.su, reason="没清", at=at())
    assert (sent.state, sent.filed_at, sent.result, sent.reply, sent.closed_at) == ("filed", at(), "", "", None)
    assert open_duties(sent) == [("case.filed", "case:dispatch", town.grid1.path, "", None)]
    assert list(Verification.objects.order_by("id").values_list("passed", flat=True)) == [True, False]


def test_two_answers_neither_implies_the_other(town):
    case = town.evaluating()
    said = actions.evaluate(report=town.voice(case), solved="yes", satisfied="no", comment=" 太慢 ", at=at())
    assert (said.solved, said.satisfied, said.comment, said.by, said.round) == ("yes", "no", "太慢", None, 1)
    assert town.read(case).state == "closed"


@pytest.mark.parametrize(
    ("values", "field"),
    [({"solved": ""}, "solved"), ({"satisfied": "very"}, "satisfied"), ({"comment": "长" * 1001}, "comment")],
)
def test_a_bad_answer_is_refused(town, values, field):
    report = town.voice(town.evaluating())
    with refused(InvalidError, field=field):
        actions.evaluate(**({"report": report, "solved": "yes", "satisfied": "yes"} | values))


def test_the_first_answer_of_a_round_stands(town):
    case = town.closed()
    with refused(ConflictError):
        actions.evaluate(report=town.voice(case), solved="no", satisfied="no")
    assert Evaluation.objects.get(report=town.voice(case)).solved == "yes"


def test_it_closes_when_everybody_asked_has_answered(town):
    case = town.handled(contact=town.wu())
    second = actions.join(case=case, by=None, source="scan", text="我也是", place=town.place())
    actions.join(case=case, by=town.gao, source="patrol", text="看见了", place=town.place())  # staff is not asked
    actions.verify(case=case, by=town.su)
    actions.evaluate(report=town.voice(case), solved="yes", satisfied="yes")
    assert town.read(case).state == "evaluating"
    actions.evaluate(report=second, solved="partly", satisfied="fairly")
    assert town.read(case).state == "closed"


def test_a_call_back_is_recorded_with_who_rang(town):
    case = town.evaluating()
    report = town.voice(case)
    with refused(NotAllowedError):
        actions.evaluate(report=report, solved="yes", satisfied="yes", by=town.he)
    said = actions.evaluate(report=report, solved="yes", satisfied="yes", by=town.ma)
    assert said.by == town.ma
    assert verbs(case)[-2:] == ["call_back", "close_by_rule"]


def test_not_solved_is_an_objection(town):
    case = town.objected()
    assert (case.state, case.closed_at) == ("objected", None)
    assert verbs(case)[-2:] == ["evaluate", "object"]
    objection = Objection.objects.get(case=case)
    assert (objection.report, objection.upheld, objection.decided_by) == (town.voice(case), None, None)
    assert open_duties(case) == [("case.objected", "case:judge", town.grid1.path, "", None)]
    assert jobs()[-1] == "cases.CaseObjected"


def test_silence_is_not_evaluated_and_never_satisfied(town):
    case = actions.verify(case=town.handled(contact=town.wu()), by=town.su, at=at())
    with refused(StepNotPossibleError):
        actions.close_unanswered(case=case, at=at(9, 17, 59))
    case = actions.close_unanswered(case=case, at=at(9, 18))
    assert (case.state, case.closed_at) == ("closed", at(9, 18))
    assert Evaluation.objects.filter(report__case=case).count() == 0
    with refused(StepNotPossibleError):
        actions.close_unanswered(case=case, at=at(9, 19))


def test_an_objection_is_possible_for_fifteen_calendar_days(town):
    case = town.evaluating()
    actions.close(case=case, by=town.luo, at=at(2))
    report = town.voice(case)
    for late in (
        lambda: actions.object_to(report=report, reason="还在", at=at(17)),
        lambda: actions.evaluate(report=report, solved="no", satisfied="no", at=at(17)),
    ):
        with refused(ConflictError):
            late()
    with refused(InvalidError, field="reason"):
        actions.object_to(report=report, reason=" ", at=at(3))
    case = actions.object_to(report=report, reason="还在", at=at(17) - dt.timedelta(seconds=1))
    assert (case.state, case.due_at) == ("objected", at(19, 18))  # two working days


def test_an_upheld_objection_begins_a_new_round(town):
    case = actions.reopen(case=town.objected(), by=town.luo, reason="确未解决", at=at())
    assert (case.state, case.round, case.closed_at, case.unit) == ("handling", 2, None, town.enforcement)
    assert case.due_at == case.handle_due_at == at(23, 18)  # fifteen working days anew
    objection = Objection.objects.get(case=case)
    assert (objection.upheld, objection.decided_by, objection.decision) == (True, town.luo, "确未解决")
    assert Assignment.objects.filter(case=case, returned_at=None).count() == 1
    case = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    case = actions.verify(case=case, by=town.su)
    said = actions.evaluate(report=town.voice(case), solved="yes", satisfied="yes")
    assert (said.round, town.read(case).state) == (2, "closed")


def test_a_dismissed_objection_closes_with_reasons_and_is_not_raised_again(town):
    case = actions.dismiss(case=town.objected(), by=town.luo, reason="现场已拆除，照片为证。", at=at())
    assert (case.state, case.closed_at) == ("closed", at())
    assert Objection.objects.values_list("upheld", "decision").get() == (False, "现场已拆除，照片为证。")
    with refused(ConflictError):
        actions.object_to(report=town.voice(case), reason="还是不服", at=at(3))


def test_who_objected_may_still_rate_but_not_open_the_case_a_second_time(town):
    case = town.evaluating()
    report = town.voice(case)
    actions.object_to(report=report, reason="没拆")
    actions.dismiss(case=case, by=town.luo, reason="经现场复核，确已拆除。", at=at())
    said = actions.evaluate(report=report, solved="no", satisfied="no", at=at(3))
    assert said.solved == "no"
    assert (town.read(case).state, Objection.objects.filter(case=case).count()) == ("closed", 1)


def test_another_reporter_may_object_after_the_first_was_dismissed(town):
    case = town.handled(contact=town.wu())
    second = actions.join(case=case, by=None, source="scan", text="我也是", place=town.place())
    actions.verify(case=case, by=town.su)
    actions.evaluate(report=town.voice(case), solved="no", satisfied="no")
    actions.dismiss(case=case, by=town.luo, reason="经现场复核，确已拆除。")
    assert actions.object_to(report=second, reason="我这边还在").state == "objected"


@pytest.mark.parametrize("decide", [actions.reopen, actions.dismiss])
def test_a_decision_needs_reasons_and_the_duty_chief(town, decide):
    case = town.objected()
    with refused(InvalidError, field="reason"):
        decide(case=case, by=town.luo, reason="  ")
    with refused(NotAllowedError):
        decide(case=case, by=town.chen, reason="我看行")


def test_a_reopened_spot_settlement_goes_to_dispatch(town):
    case = actions.pass_spot_check(case=town.settled(), by=town.su)
    actions.evaluate(report=town.voice(case), solved="no", satisfied="no")
    case = actions.reopen(case=case, by=town.luo, reason="又脏了")
    assert (case.state, case.unit, case.round) == ("filed", None, 2)
    assert actions.dispatch(case=case, by=town.chen, unit=town.sanitation).state == "dispatched"


def test_archived_when_the_time_for_objections_is_over(town):
    case = actions.close(case=town.evaluating(), by=town.luo, at=at(2))
    with refused(StepNotPossibleError):
        actions.archive(case=case, at=at(17) - dt.timedelta(seconds=1))
    case = actions.archive(case=case, at=at(17))
    assert (case.state, row(case)["closed_at"]) == ("archived", at(2))
    with refused(StepNotPossibleError):
        actions.evaluate(report=town.voice(case), solved="yes", satisfied="yes", at=at(17))
