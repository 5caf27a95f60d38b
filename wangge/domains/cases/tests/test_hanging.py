"""挂账: a plan, a date within 90 days, the leader's consent; it returns by itself."""

import datetime as dt

import pytest

from wangge.domains.cases import actions, procedures, queries
from wangge.domains.cases.actions.extending import OwnRequestError
from wangge.domains.cases.actions.steps import StepNotPossibleError
from wangge.domains.cases.models import Hang, Report, TimelineEntry
from wangge.domains.cases.tests.leaders import also, leader
from wangge.domains.cases.tests.traces import jobs, open_duties, refused, verbs
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.duties.models import Duty

DAY = dt.timedelta(days=1)


def asked(town, case=None, *, in_days=30, **more):
    case = actions.ask_hang(
        case=case or town.handling(**more), by=town.he, why="season", plan="开春解冻后施工，由养护单位实施。",
        review_on=clock.today() + in_days * DAY,
    )  # fmt: skip
    return case, procedures.open_hang(case)


def hung(town, *, in_days=30, **more):
    wei = leader(town)
    _case, request = asked(town, in_days=in_days, **more)
    return actions.hang(hang=request, by=wei, note="同意"), request, wei


def steps_of(case, user):
    return {step.verb for step in queries.next_steps(case, user)}


def test_asking_puts_it_on_the_leaders_list(town):
    case, request = asked(town)
    assert (case.state, request.granted, request.why) == ("handling", None, "season")
    assert ("case.hang_asked", "case:hang", town.grid1.path, "", None) in open_duties(case)
    assert verbs(case)[-1] == "ask_hang"


def test_hanging_stops_the_case_and_publishes_the_plan(town):
    case, request, wei = hung(town, contact=town.wu())
    request.refresh_from_db()
    assert (case.state, request.granted, request.decided_by, request.decision) == ("hung", True, wei, "同意")
    entry = TimelineEntry.objects.filter(case=case).latest("id")
    assert (entry.verb, entry.state, entry.public) == ("hang", "hung", True)
    assert entry.note == "开春解冻后施工，由养护单位实施。"
    assert jobs()[-1] == "cases.HangDecided"
    assert {step.verb for step in queries.next_steps(case, town.he)} & {"handle", "ask_extension", "ask_hang"} == set()


def test_the_leader_takes_it_up_again(town):
    case, request, wei = hung(town)
    assert "resume" in steps_of(case, wei)
    with refused(NotAllowedError):
        actions.resume(case=case, by=town.he, reason="能做了")
    with refused(InvalidError, field="reason"):
        actions.resume(case=case, by=wei, reason=" ")
    case = actions.resume(case=case, by=wei, reason="天气转暖")
    request.refresh_from_db()
    assert (case.state, request.ended_by, request.ended_why) == ("handling", wei, "天气转暖")
    assert jobs()[-1] == "cases.HangEnded"
    assert [duty[0] for duty in open_duties(case)] == ["case.handling"]
    assert asked(town, case)[1].pk != request.pk  # it may be hung once more


def test_it_returns_by_itself_on_its_date(town):
    case, request, _wei = hung(town, in_days=30)
    midnight = dt.datetime.combine(request.review_on, dt.time(0), tzinfo=clock.OFFICE)
    with refused(StepNotPossibleError):
        actions.resume_by_date(case=case, at=midnight - dt.timedelta(minutes=1))
    actions.apply_rules(at=midnight - dt.timedelta(minutes=1))
    assert town.read(case).state == "hung"
    actions.apply_rules(at=midnight)
    case = town.read(case)
    request.refresh_from_db()
    assert (case.state, case.since, request.ended_at, request.ended_by) == ("handling", midnight, midnight, None)
    assert verbs(case)[-1] == "resume_by_date"
    before = len(verbs(case))
    actions.apply_rules(at=midnight)
    assert len(verbs(case)) == before


def test_the_unit_is_reminded_once_a_week_before(town):
    case, request, _wei = hung(town, in_days=30)
    noon = dt.datetime.combine(request.review_on, dt.time(12), tzinfo=clock.OFFICE)
    actions.apply_rules(at=noon - 8 * DAY)
    assert not Duty.objects.filter(kind="case.hang_review").exists()
    for _time in range(2):
        actions.apply_rules(at=noon - 7 * DAY)
    duty = Duty.objects.get(kind="case.hang_review")
    assert (duty.unit_path, duty.permission, duty.label) == (town.enforcement.path, "case:handle", case.number)
    assert duty.due_at == dt.datetime.combine(request.review_on, dt.time(0), tzinfo=clock.OFFICE)


@pytest.mark.parametrize("in_days", [0, -1, 91])
def test_the_review_lies_within_ninety_days(town, in_days):
    case = town.handling()
    with refused(InvalidError, field="review_on"):
        asked(town, case, in_days=in_days)
    assert asked(town, case, in_days=90)[1].review_on == clock.today() + 90 * DAY


@pytest.mark.parametrize(
    ("values", "field"), [({"why": "mood"}, "why"), ({"plan": " "}, "plan"), ({"review_on": None}, "review_on")]
)
def test_a_reason_a_plan_and_a_date(town, values, field):
    case = town.handling()
    given = {"why": "funds", "plan": "列入明年预算", "review_on": clock.today() + DAY} | values
    with refused(InvalidError, field=field):
        actions.ask_hang(case=case, by=town.he, **given)


def test_one_request_at_a_time_by_the_unit_in_handling(town):
    case, _request = asked(town)
    with refused(ConflictError):
        asked(town, case)
    given = {"why": "funds", "plan": "明年", "review_on": clock.today() + DAY}
    for other in (town.hua, town.luo, town.lin, town.zhao):
        with refused(NotAllowedError):
            actions.ask_hang(case=town.handling(), by=other, **given)
    with refused(StepNotPossibleError):
        actions.ask_hang(case=town.dispatched(), by=town.he, **given)


def test_only_a_leader_outside_the_unit_decides(town):
    case, request = asked(town)
    for other in (town.luo, town.chen, town.lin, town.zhao, town.he, town.qian):
        with refused(NotAllowedError):
            actions.hang(hang=request, by=other)
        with refused(NotAllowedError):
            actions.refuse_hang(hang=request, by=other, reason="否")
    own = also(town.he, "street_leader", area=town.south)
    assert {"hang", "refuse_hang"} & steps_of(case, own) == set()
    with refused(OwnRequestError):
        actions.hang(hang=request, by=own)


def test_refused_it_goes_on_and_is_decided_once(town):
    wei = leader(town)
    case, request = asked(town)
    due = case.due_at
    case = actions.refuse_hang(hang=request, by=wei, reason="现在就能做")
    request.refresh_from_db()
    assert (case.state, case.due_at, request.granted, request.decision) == ("handling", due, False, "现在就能做")
    assert [duty[0] for duty in open_duties(case)] == ["case.handling"]
    with refused(ConflictError):
        actions.hang(hang=request, by=wei)


def test_a_date_that_has_come_hangs_nothing(town):
    wei = leader(town)
    _case, request = asked(town, in_days=1)
    with refused(ConflictError):
        actions.hang(hang=request, by=wei, at=clock.now() + DAY)


def test_an_open_request_ends_with_the_stage(town):
    case, request = asked(town)
    case = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    request.refresh_from_db()
    assert (request.granted, request.ended_at) == (None, case.handled_at)
    assert Hang.objects.filter(case=case).count() == 1


def test_granting_ends_an_open_request_for_more_time(town):
    wei = leader(town)
    case, request = asked(town)
    case = actions.ask_extension(case=case, by=town.he, days=3, reason="或先延期")
    extension = procedures.open_extension(case)
    case = actions.hang(hang=request, by=wei)
    extension.refresh_from_db()
    assert (extension.granted, extension.ended_at) == (None, case.since)


def test_the_public_list_shows_what_may_be_shown(town):
    public = town.quarrel if town.quarrel.public else town.litter
    assert public.public
    wei = leader(town)
    shown = []
    for values in ({"matter": public}, {"matter": public, "confidential": True}, {"matter": town.secret}):
        case = town.reported(contact=town.wu(), **values)
        case = actions.file(case=case, by=town.luo, matter=case.matter)
        case = actions.sign_for(case=actions.dispatch(case=case, by=town.luo, unit=town.enforcement), by=town.he)
        _case, request = asked(town, case)
        shown.append(actions.hang(hang=request, by=wei))
    rows = procedures.hung_publicly()
    assert [row.case_id for row in rows] == [shown[0].pk]
    assert procedures.hung_publicly(after=(rows[0].review_on, rows[0].pk)) == []
    actions.resume(case=shown[0], by=wei, reason="可办")
    assert procedures.hung_publicly() == []
    assert Report.objects.unscoped("the test counts").count() == 3
