"""争议研判: after two returns a meeting on the spot decides; what it ruled is a precedent and proposes a rule."""

import datetime as dt

import pytest

from wangge.domains.cases import actions, procedures, queries
from wangge.domains.cases.actions.steps import StepNotPossibleError
from wangge.domains.cases.models import Assignment, Ruling, TimelineEntry
from wangge.domains.cases.tests.traces import audited, jobs, open_duties, refused, verbs
from wangge.foundation.catalogue.models import RuleProposal
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.core.tasks import react
from wangge.foundation.duties.models import Duty
from wangge.foundation.notifications.models import Notice


def disputed(town, **more):
    """Sent back by two units."""
    case = town.dispatched(**more)
    case = actions.send_back(case=case, by=town.he, reason="不属我队", basis="三定方案")
    case = actions.dispatch(case=case, by=town.chen, unit=town.sanitation)
    return actions.send_back(case=case, by=town.hua, reason="也不属我所", basis="环卫条例")


def call(town, case, *, units=None, by=None, hours=24, place="3号楼西侧空地", at=None):
    return actions.call_ruling(
        case=case, by=by or town.luo, meet_at=(at or clock.now()) + dt.timedelta(hours=hours), place=place,
        units=units if units is not None else [town.enforcement, town.sanitation], at=at,
    )  # fmt: skip


def rule(town, case, *, unit=None, by=None, **more):
    given = {"minutes": "三方到场，板房占压公共绿地，属违法建设。", "basis": "《城乡规划法》第六十四条"} | more
    return actions.rule(case=case, by=by or town.luo, unit=unit or town.enforcement, **given)


def steps_of(case, user):
    return {step.verb for step in queries.next_steps(case, user)}


def test_after_two_returns_dispatch_is_no_longer_free(town):
    case = disputed(town)
    assert (case.state, case.returns) == ("filed", 2)
    assert open_duties(case) == [("case.ruling", "case:judge", town.grid1.path, "", None)]
    assert "dispatch" not in steps_of(case, town.chen)
    assert "call_ruling" in steps_of(case, town.luo)
    for by in (town.chen, town.luo):
        with refused(ConflictError):
            actions.dispatch(case=case, by=by, unit=town.enforcement)


def test_the_called_units_are_told_when_and_where(town):
    case = call(town, disputed(town))
    ruling = procedures.open_ruling(case)
    assert (ruling.place, ruling.called_by, ruling.ruled_at) == ("3号楼西侧空地", town.luo, None)
    assert set(ruling.units.all()) == {town.enforcement, town.sanitation}
    duties = Duty.objects.filter(kind="ruling.meeting", done_at__isnull=True).order_by("unit_path")
    assert {(d.unit_path, d.due_at) for d in duties} == {
        (town.enforcement.path, ruling.meet_at), (town.sanitation.path, ruling.meet_at)
    }  # fmt: skip
    assert jobs()[-1] == "cases.RulingCalled"
    for _time in range(2):
        react(event="cases.RulingCalled", data={"case_id": case.pk, "ruling_id": ruling.pk})
    told = Notice.objects.filter(kind="ruling.called").order_by("user__username")
    assert [(n.user.username, n.subject_type, n.subject_id) for n in told] == [
        ("he", "ruling", ruling.pk), ("hua", "ruling", ruling.pk)
    ]  # fmt: skip
    meet = ruling.meet_at.astimezone(clock.OFFICE)
    assert (told[0].label, told[0].data["day"], told[0].data["hour"]) == (case.number, meet.day, meet.hour)


def test_called_again_the_meeting_is_moved(town):
    case = call(town, disputed(town))
    case = call(town, case, units=[town.enforcement], hours=48, place="社区会议室")
    ruling = Ruling.objects.get(case=case)
    assert (ruling.place, list(ruling.units.all())) == ("社区会议室", [town.enforcement])
    assert Duty.objects.filter(kind="ruling.meeting", done_at__isnull=True).count() == 1


def test_the_ruling_sends_it_to_a_unit_that_cannot_send_it_back(town):
    case = rule(town, call(town, disputed(town)))
    ruling = Ruling.objects.get(case=case)
    assert (case.state, case.unit, ruling.unit, ruling.ruled_by) == (
        "dispatched", town.enforcement, town.enforcement, town.luo
    )  # fmt: skip
    sent = case.assignments.get(returned_at__isnull=True)
    assert (sent.unit, sent.duty, sent.why) == (town.enforcement, "main", [f"ruling:{ruling.pk}"])
    assert open_duties(case) == [("case.dispatched", "case:handle", "", town.enforcement.path, None)]
    assert not Duty.objects.filter(subject_type="ruling", done_at__isnull=True).exists()
    assert (verbs(case)[-1], audited(case)[-1], jobs()[-1]) == ("rule", "case.rule", "cases.CaseDispatched")
    assert TimelineEntry.objects.filter(case=case).latest("id").public is False
    with refused(ConflictError):
        actions.send_back(case=case, by=town.he, reason="还是不属", basis="据")
    assert actions.sign_for(case=case, by=town.he).state == "handling"


def test_the_ruling_proposes_a_routing_rule(town):
    case = rule(town, call(town, disputed(town)))
    ruling = Ruling.objects.get(case=case)
    proposal = RuleProposal.objects.get()
    assert (proposal.origin_type, proposal.origin_id, proposal.state) == ("ruling", ruling.pk, "proposed")
    assert ruling.proposal == proposal
    assert proposal.rule == {
        "matter": case.matter.pk, "matter_class": None, "module": "", "area": town.community.pk,
        "unit": town.enforcement.pk, "unit_kind": "", "duty": "main",
    }  # fmt: skip


def test_a_ruling_may_come_earlier_and_move_a_case_in_hand(town):
    case = actions.dispatch(case=town.filed(), by=town.chen, unit=town.enforcement, co_units=[town.sanitation])
    case = actions.sign_for(case=case, by=town.he)
    promised = case.handle_due_at
    case = rule(town, call(town, case), unit=town.sanitation)
    assert (case.state, case.unit, case.handler, case.handle_due_at) == ("dispatched", town.sanitation, None, promised)
    rows = Assignment.objects.filter(case=case).order_by("id").values_list("unit__name_zh", "duty", "left_by")
    assert list(rows) == [("综合执法队", "main", "rule"), ("环卫所", "co", "rule"), ("环卫所", "main", "")]
    assert case.returns == 0
    with refused(ConflictError):
        actions.send_back(case=case, by=town.hua, reason="不属", basis="据")


def test_other_co_handlers_keep_their_parts(town):
    case = actions.dispatch(case=town.filed(), by=town.chen, unit=town.enforcement, co_units=[town.office])
    case = rule(town, call(town, case), unit=town.sanitation)
    assert [part.unit for part in procedures.open_parts(case)] == [town.office]


def test_nothing_is_ruled_without_a_meeting(town):
    case = disputed(town)
    assert "rule" not in steps_of(case, town.luo)
    with refused(ConflictError):
        rule(town, case)


@pytest.mark.parametrize(("values", "field"), [({"minutes": " "}, "minutes"), ({"basis": ""}, "basis")])
def test_a_ruling_has_minutes_and_a_basis(town, values, field):
    case = call(town, disputed(town))
    with refused(InvalidError, field=field):
        rule(town, case, **values)


def test_a_ruling_names_a_unit_that_can_take_it(town):
    case = call(town, disputed(town))
    for unit in (town.centre, town.north_enforcement, town.office2):
        with refused(InvalidError, field="unit"):
            rule(town, case, unit=unit)


@pytest.mark.parametrize(
    ("values", "field"),
    [({"hours": -1}, "meet_at"), ({"hours": 24 * 31}, "meet_at"), ({"place": " "}, "place"), ({"place": "地" * 201}, "place"), ({"units": []}, "units")],
)  # fmt: skip
def test_a_call_says_when_where_and_whom(town, values, field):
    case = disputed(town)
    with refused(InvalidError, field=field):
        call(town, case, **values)
    with refused(InvalidError, field="units"):
        call(town, case, units=[town.north_enforcement])


def test_only_who_judges_calls_and_rules(town):
    case = disputed(town)
    for other in (town.chen, town.he, town.su, town.lin, town.zhao, town.qian):
        with refused(NotAllowedError):
            call(town, case, by=other)
    case = call(town, case)
    for other in (town.chen, town.he, town.su, town.lin, town.zhao, town.qian):
        with refused(NotAllowedError):
            rule(town, case, by=other)


def test_not_from_elsewhere(town):
    for case in (town.reported(), town.handled()):
        with refused(StepNotPossibleError):
            call(town, case)


def test_a_meeting_ends_when_nothing_is_left_to_dispute(town):
    case = call(town, town.handling())
    case = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    ruling = Ruling.objects.get(case=case)
    assert (ruling.ruled_at, ruling.ended_at) == (None, case.handled_at)
    assert not Duty.objects.filter(subject_type="ruling", done_at__isnull=True).exists()


def test_precedents_are_found_by_words_and_scoped(town):
    case = rule(town, call(town, disputed(town)))
    ruling = Ruling.objects.get(case=case)
    for words in ("", "绿地", "规划法", "3号楼西侧", "环卫", "06001", "槐荫"):
        found = procedures.precedents(town.luo, text=words)
        assert [(p.ruling.pk, [a.unit for a in p.returned]) for p in found] == [
            (ruling.pk, [town.enforcement, town.sanitation])
        ], words
    assert procedures.precedents(town.luo, text="没有这个词") == []
    assert procedures.precedents(town.zhao) == []
    assert procedures.precedents(town.gao) == []
    (called,) = procedures.precedents(town.hua)  # was called to the spot; the case itself is not its own
    assert (called.ruling.pk, called.readable) == (ruling.pk, False)
    assert [p.ruling for p in procedures.precedents_of(town.hua, case.number)] == [ruling]
    with pytest.raises(NotFoundError):
        procedures.precedents_of(town.zhao, case.number)


def test_meetings_to_be_held_are_a_list_of_their_own(town):
    case = call(town, disputed(town))
    assert [p.ruling.case_id for p in procedures.precedents(town.hua, held=False)] == [case.pk]
    assert procedures.precedents(town.luo) == []
