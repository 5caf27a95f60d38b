"""Reactions: who is told what, once per person and fact however often the job runs."""

import pytest

from wangge.domains.cases import actions
from wangge.domains.cases.tests.traces import jobs
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.core.tasks import react
from wangge.foundation.notifications.models import Notice


def told(kind):
    held = Notice.objects.filter(kind=kind).order_by("user__username").values_list("user__username", flat=True)
    return list(held)


def run(event, case):
    """The job, twice: a worker may die after its work and before it says so."""
    for _time in range(2):
        react(event=f"cases.{event}", data={"case_id": case.pk})


def test_the_units_are_told_of_a_dispatch(town):
    case = actions.dispatch(case=town.filed(), by=town.chen, unit=town.enforcement, co_units=[town.sanitation])
    run("CaseDispatched", case)
    assert told("case.dispatched") == ["he", "hua"]
    assert Notice.objects.filter(kind="case.dispatched").values_list("label", "subject_id").distinct().get() == (
        case.number,
        case.pk,
    )


def test_sent_back_and_dispatched_again_is_told_again(town):
    case = town.dispatched()
    run("CaseDispatched", case)
    actions.send_back(case=case, by=town.he, reason="不属", basis="据")
    run("CaseDispatched", case)  # the job of the first dispatch, late: nobody holds the case now
    assert told("case.dispatched") == ["he"]
    actions.dispatch(case=case, by=town.chen, unit=town.enforcement)
    run("CaseDispatched", case)
    assert told("case.dispatched") == ["he", "he"]


def test_only_an_urgent_report_rings_at_the_desk(town):
    run("CaseReported", town.reported())
    assert told("case.urgent") == []
    run("CaseReported", town.reported(urgent=True))
    assert told("case.urgent") == ["bai", "chen", "luo"]


def test_the_unit_is_told_of_every_rework(town):
    case = town.handled()
    for times in (1, 2):
        actions.rework(case=case, by=town.su, reason="不行")
        run("CaseReworked", case)
        assert told("case.rework") == ["he"] * times
        actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))


def test_the_judges_are_told_of_every_objection(town):
    case = town.handled(contact=town.wu())
    second = actions.join(case=case, by=None, source="scan", text="也是", place=town.place())
    actions.verify(case=case, by=town.su)
    actions.evaluate(report=town.voice(case), solved="no", satisfied="no")
    run("CaseObjected", case)
    assert told("case.objected") == ["luo"]
    actions.dismiss(case=case, by=town.luo, reason="经现场复核，确已拆除。")
    actions.object_to(report=second, reason="没拆")
    run("CaseObjected", case)
    assert told("case.objected") == ["luo", "luo"]


def test_staff_who_reported_it_are_told_the_end_once_a_round(town):
    case = town.handled()
    actions.join(case=case, by=town.gao, source="patrol", text="看见", place=town.place())
    actions.verify(case=case, by=town.su)
    run("CaseClosed", case)
    assert told("case.closed") == ["gao", "lin"]


def test_who_left_is_told_nothing(town):
    case = town.dispatched()
    accounts.disable_user(user=town.he, by=town.security)
    run("CaseDispatched", case)
    assert told("case.dispatched") == []


def test_a_whole_life_leaves_these_jobs(town):
    town.closed()
    assert jobs() == ["cases.CaseReported", "cases.CaseDispatched", "cases.CaseClosed"]


@pytest.mark.parametrize("event", ["CaseFiled", "CaseHandled"])
def test_an_event_without_reaction_tells_nobody(town, event):
    run(event, town.handled())
    assert Notice.objects.count() == 0


def test_the_unit_is_told_when_an_objection_is_upheld(town):
    case = actions.reopen(case=town.objected(), by=town.luo, reason="确未解决")
    actions.tell_unit_of_reopening(case_id=case.pk)
    actions.tell_unit_of_reopening(case_id=case.pk)
    told = Notice.objects.filter(kind="case.reopened", subject_id=case.pk)
    assert [notice.user.username for notice in told] == ["he"]
