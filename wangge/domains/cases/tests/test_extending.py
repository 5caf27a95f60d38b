"""延期: asked before the deadline, decided by others, twice at most in a round."""

import datetime as dt

import pytest

from wangge.domains.cases import actions, procedures, queries
from wangge.domains.cases.actions.extending import OwnRequestError
from wangge.domains.cases.actions.steps import StepNotPossibleError
from wangge.domains.cases.models import Extension, TimelineEntry
from wangge.domains.cases.tests.leaders import also, leader
from wangge.domains.cases.tests.traces import audited, jobs, open_duties, refused, verbs
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError


def asked(town, case=None, *, days=5, at=None):
    case = actions.ask_extension(
        case=case or town.handling(contact=town.wu()), by=town.he, days=days, reason="需等备件到货", at=at
    )
    return case, procedures.open_extension(case)


def steps_of(case, user):
    return {step.verb for step in queries.next_steps(case, user)}


def test_asking_writes_the_request_and_a_duty_for_who_decides(town):
    case = town.handling()
    due = case.due_at
    case, request = asked(town, case, days=10)
    assert (request.nth, request.round, request.days, request.due_before, request.granted) == (1, 1, 10, due, None)
    assert (case.state, case.due_at) == ("handling", due)
    assert ("case.extension", "case:extend", town.grid1.path, "", None) in open_duties(case)
    assert (verbs(case)[-1], audited(case)[-1]) == ("ask_extension", "case.ask_extension")
    assert TimelineEntry.objects.filter(case=case).latest("id").public is False


def test_granting_moves_the_deadline_and_tells_reporter_and_unit(town):
    case, request = asked(town)
    before = case.due_at
    case = actions.grant_extension(extension=request, by=town.luo, note="同意")
    request.refresh_from_db()
    assert (request.granted, request.decided_by, request.decision) == (True, town.luo, "同意")
    assert request.due_after == case.due_at == case.handle_due_at
    assert case.due_at > before
    local = case.due_at.astimezone(clock.OFFICE)
    assert local.time() == dt.time(18)
    entry = TimelineEntry.objects.filter(case=case).latest("id")
    assert (entry.verb, entry.public, entry.note) == ("grant_extension", True, "需等备件到货")
    assert (entry.data["before"], entry.data["after"]) == (before.isoformat(), case.due_at.isoformat())
    assert jobs()[-1] == "cases.ExtensionDecided"
    assert [duty[0] for duty in open_duties(case)] == ["case.handling"]


def test_refusing_leaves_the_deadline(town):
    case, request = asked(town)
    before = case.due_at
    case = actions.refuse_extension(extension=request, by=town.luo, reason="理由不足")
    request.refresh_from_db()
    assert (request.granted, request.decision, request.due_after) == (False, "理由不足", None)
    assert (case.due_at, case.state) == (before, "handling")
    assert [duty[0] for duty in open_duties(case)] == ["case.handling"]
    assert asked(town, case)[1].nth == 1  # a refused one does not count


@pytest.mark.parametrize(
    ("days", "reason", "field"), [(0, "因", "days"), (11, "因", "days"), (-1, "因", "days"), (3, " ", "reason")]
)
def test_the_request_says_how_long_and_why(town, days, reason, field):
    case = town.handling()
    with refused(InvalidError, field=field):
        actions.ask_extension(case=case, by=town.he, days=days, reason=reason)


def test_after_the_deadline_it_is_too_late(town):
    case = town.handling()
    with refused(ConflictError):
        actions.ask_extension(case=case, by=town.he, days=3, reason="因", at=case.due_at)
    with refused(ConflictError):
        actions.ask_extension(case=case, by=town.he, days=3, reason="因", at=case.due_at + dt.timedelta(days=1))
    moment = case.due_at - dt.timedelta(minutes=1)
    assert actions.ask_extension(case=case, by=town.he, days=3, reason="因", at=moment).due_at == case.due_at


def test_one_request_at_a_time(town):
    case, _request = asked(town)
    assert "ask_extension" not in steps_of(case, town.he)
    with refused(ConflictError):
        actions.ask_extension(case=case, by=town.he, days=3, reason="再要")


def test_only_the_unit_that_handles_asks(town):
    case = town.handling()
    for other in (town.hua, town.luo, town.lin, town.zhao):
        with refused(NotAllowedError):
            actions.ask_extension(case=case, by=other, days=3, reason="因")


def test_only_in_handling(town):
    for case in (town.dispatched(), town.handled()):
        with refused(StepNotPossibleError):
            actions.ask_extension(case=case, by=town.he, days=3, reason="因")


def test_the_asking_unit_never_decides(town):
    _case, request = asked(town)
    he = also(town.he, "duty_chief", area=town.south)
    luo = also(town.luo, "unit_handler", organisation=town.enforcement)
    for own in (he, luo):
        for verb in ("grant_extension", "refuse_extension"):
            assert verb not in steps_of(town.read(_case), own)
            with refused(OwnRequestError):
                getattr(actions, verb)(extension=request, by=own, **({"reason": "否"} if "refuse" in verb else {}))


def test_who_holds_no_right_at_the_place_does_not_decide(town):
    _case, request = asked(town)
    for other in (town.chen, town.lin, town.fang, town.su, town.zhao, town.qian, town.hua, town.root):
        with refused(NotAllowedError):
            actions.grant_extension(extension=request, by=other)
        with refused(NotAllowedError):
            actions.refuse_extension(extension=request, by=other, reason="否")


def test_the_second_is_the_leaders_and_there_is_no_third(town):
    wei = leader(town)
    case, first = asked(town)
    case = actions.grant_extension(extension=first, by=town.luo)
    case, second = asked(town, case, days=3)
    assert second.nth == 2
    assert ("case.extension", "case:extend_again", town.grid1.path, "", None) in open_duties(case)
    assert "grant_extension" not in steps_of(case, town.luo)
    assert "grant_extension" in steps_of(case, wei)
    with refused(NotAllowedError):
        actions.grant_extension(extension=second, by=town.luo)
    with refused(NotAllowedError):
        actions.refuse_extension(extension=second, by=town.luo, reason="否")
    case = actions.grant_extension(extension=second, by=wei)
    assert "ask_extension" not in steps_of(case, town.he)
    with refused(ConflictError):
        actions.ask_extension(case=case, by=town.he, days=1, reason="第三次")


def test_a_new_round_begins_anew(town):
    case, request = asked(town)
    case = actions.grant_extension(extension=request, by=town.luo)
    case = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    case = actions.verify(case=case, by=town.su)
    actions.evaluate(report=town.voice(case), solved="no", satisfied="no")
    case = actions.reopen(case=case, by=town.luo, reason="确未解决")
    case, again = asked(town, case)
    assert (again.nth, again.round) == (1, 2)


def test_a_request_is_decided_once(town):
    _case, request = asked(town)
    actions.grant_extension(extension=request, by=town.luo)
    with refused(ConflictError):
        actions.grant_extension(extension=request, by=town.luo)
    with refused(ConflictError):
        actions.refuse_extension(extension=request, by=town.luo, reason="否")


def test_an_open_request_ends_with_the_stage(town):
    case, request = asked(town)
    case = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    request.refresh_from_db()
    assert (request.granted, request.ended_at) == (None, case.handled_at)
    assert [duty[0] for duty in open_duties(case)] == ["case.handled"]
    with refused(StepNotPossibleError):
        actions.grant_extension(extension=request, by=town.luo)
    case = actions.rework(case=case, by=town.su, reason="不行")
    with refused(ConflictError):
        actions.grant_extension(extension=request, by=town.luo)
    assert asked(town, case)[1].nth == 1
    assert Extension.objects.filter(case=case).count() == 2


def test_confidential_requests_are_for_those_who_may_see_them(town):
    case = town.reported(contact=town.wu(), confidential=True)
    case = actions.file(case=case, by=town.luo, matter=case.matter)
    case = actions.sign_for(case=actions.dispatch(case=case, by=town.luo, unit=town.enforcement), by=town.he)
    case, request = asked(town, case)
    from wangge.foundation.duties.models import Duty

    assert Duty.objects.get(kind="case.extension").confidential
    assert actions.grant_extension(extension=request, by=town.luo).handle_due_at == town.read(case).due_at
