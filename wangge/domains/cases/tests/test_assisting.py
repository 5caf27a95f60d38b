"""协办: a part of its own clock, reported by the co-handler, verified by others or waived; only then the whole."""

import pytest

from wangge.domains.cases import actions, procedures, queries
from wangge.domains.cases.actions.assisting import OwnPartError, PartsOpenError
from wangge.domains.cases.models import Assignment, ClockEvent
from wangge.domains.cases.tests.leaders import also
from wangge.domains.cases.tests.traces import at, open_duties, refused, verbs
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.duties.queries import to_do


def shared(town, *, co=None, signed=True, **more):
    """Enforcement handles; sanitation (and others) help."""
    units = co if co is not None else [town.sanitation]
    case = actions.dispatch(case=town.filed(**more), by=town.chen, unit=town.enforcement, co_units=units)
    return actions.sign_for(case=case, by=town.he) if signed else case


def part(case, unit) -> Assignment:
    return Assignment.objects.select_related("unit").get(case=case, unit=unit, returned_at=None)


def handled(town, case):
    return actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))


def steps_of(case, user):
    return {step.verb for step in queries.next_steps(case, user)}


def kinds(user):
    return sorted(duty.kind for duty in to_do(user))


def test_the_co_handler_finds_his_part_with_its_own_due_time(town):
    case = shared(town)
    mine = part(case, town.sanitation)
    (duty,) = to_do(town.hua)
    assert (duty.kind, duty.subject_id, duty.due_at) == ("case.part", case.pk, mine.due_at)
    assert mine.due_at is not None
    assert kinds(town.he) == ["case.handling"]


def test_the_part_stays_on_the_list_whatever_the_main_unit_does(town):
    case = shared(town, signed=False)
    assert kinds(town.hua) == ["case.part"]
    case = actions.sign_for(case=case, by=town.he)
    assert kinds(town.hua) == ["case.part"]
    case = handled(town, case)
    assert kinds(town.hua) == ["case.part"]
    case = actions.rework(case=case, by=town.su, reason="不行")
    assert kinds(town.hua) == ["case.part"]
    assert "assist_done" in steps_of(case, town.hua)


def test_done_it_waits_for_somebody_else(town):
    case = shared(town)
    case = actions.assist_done(case=case, by=town.hua, text="已清运两车", photos=["f" * 64])
    done = part(case, town.sanitation)
    assert (done.done_by, done.done_text, case.state) == (town.hua, "已清运两车", "handling")
    assert list(case.photos.values_list("kind", flat=True)) == ["other"]
    assert [d for d in open_duties(case) if d[0] != "case.handling"] == [
        ("case.part_done", "case:verify", town.grid1.path, "", None)
    ]
    assert kinds(town.hua) == []
    with refused(ConflictError):
        actions.assist_done(case=case, by=town.hua, text="再报")
    case = actions.verify_assist(case=case, by=town.su, assignment=done, note="已看")
    done.refresh_from_db()
    assert (done.verified_by, verbs(case)[-1]) == (town.su, "verify_assist")
    assert [d[0] for d in open_duties(case)] == ["case.handling"]
    with refused(ConflictError):
        actions.verify_assist(case=case, by=town.su, assignment=done)


def test_the_whole_waits_for_every_part(town):
    case = handled(town, shared(town, co=[town.sanitation, town.office]))
    with refused(PartsOpenError) as caught:
        actions.verify(case=case, by=town.su)
    assert "环卫所" in str(caught.value)
    assert "槐荫社区居委会" in str(caught.value)
    actions.assist_done(case=case, by=town.hua, text="已清运")
    with refused(PartsOpenError) as caught:
        actions.verify(case=case, by=town.su)
    assert caught.value.detail["units"] == [town.sanitation.pk, town.office.pk]
    actions.verify_assist(case=case, by=town.su, assignment=part(case, town.sanitation))
    with refused(PartsOpenError) as caught:
        actions.verify(case=case, by=town.su)
    assert caught.value.detail["units"] == [town.office.pk]
    actions.waive_assist(case=case, by=town.chen, assignment=part(case, town.office), reason="不需入户")
    assert actions.verify(case=case, by=town.su).state == "closed"


def test_a_rework_needs_no_part(town):
    case = handled(town, shared(town))
    assert actions.rework(case=case, by=town.su, reason="不行").state == "handling"


def test_nobody_of_the_co_handling_unit_verifies_its_part(town):
    case = actions.assist_done(case=shared(town), by=town.hua, text="已清运")
    done = part(case, town.sanitation)
    hua = also(town.hua, "verifier", area=town.south)
    assert "verify_assist" not in steps_of(case, hua)
    assert [d for d in kinds(hua) if d == "case.part_done"] == []
    with refused(OwnPartError):
        actions.verify_assist(case=case, by=hua, assignment=done)
    for other in (town.he, town.chen, town.gao, town.zhao):
        with refused(NotAllowedError):
            actions.verify_assist(case=case, by=other, assignment=done)
    assert actions.verify_assist(case=case, by=town.lin, assignment=done).state == "handling"


def test_a_co_handler_sees_no_duty_to_verify_the_whole(town):
    """He would be refused: his unit has worked on it."""
    case = handled(town, shared(town, co=[town.office]))
    assert "case.handled" not in kinds(town.lin)  # Lin belongs to the community that helps
    assert "case.handled" in kinds(town.su)
    assert "verify" not in steps_of(case, town.lin)


def test_a_part_that_does_not_pass_is_done_again_by_its_old_deadline(town):
    case = actions.assist_done(case=shared(town), by=town.hua, text="已清运")
    done = part(case, town.sanitation)
    due = done.due_at
    with refused(InvalidError, field="note"):
        actions.verify_assist(case=case, by=town.su, assignment=done, passed=False, note=" ")
    case = actions.verify_assist(case=case, by=town.su, assignment=done, passed=False, note="还剩半车")
    done.refresh_from_db()
    assert (done.done_at, done.done_by, done.verified_at, done.due_at) == (None, None, None, due)
    assert kinds(town.hua) == ["case.part"]
    assert list(ClockEvent.objects.filter(assignment=done).order_by("id").values_list("kind", flat=True)) == [
        "start", "meet", "resume"
    ]  # fmt: skip
    actions.assist_done(case=case, by=town.hua, text="已全部清运")
    assert actions.verify_assist(case=case, by=town.su, assignment=done).state == "handling"


def test_the_two_clocks_are_told_apart(town):
    """Worked example 5: both answers on show, what the second unit has by its own clock, and what is left of the whole."""
    case = actions.file(case=town.reported(at=at(2)), by=town.bai, matter=town.shed, at=at(2))
    case = actions.dispatch(case=case, by=town.chen, unit=town.enforcement, at=at(2, 10))
    case = actions.send_back(case=case, by=town.he, reason="不属", basis="据", at=at(3, 10))
    case = actions.dispatch(case=case, by=town.chen, unit=town.sanitation, co_units=[town.office], at=at(4, 10))
    own, promised = part(case, town.sanitation).due_at, case.handle_due_at
    assert part(case, town.office).due_at == own
    assert own > promised  # the second unit has its full limit, the promise to the reporter is older
    assert Assignment.objects.get(case=case, unit=town.enforcement).due_at == promised


def test_what_is_not_done_is_not_verified(town):
    case = shared(town)
    assert "verify_assist" not in steps_of(case, town.su)
    with refused(ConflictError):
        actions.verify_assist(case=case, by=town.su, assignment=part(case, town.sanitation))


def test_a_waiver_has_a_reason_and_is_the_dispatchers(town):
    case = shared(town)
    mine = part(case, town.sanitation)
    with refused(InvalidError, field="reason"):
        actions.waive_assist(case=case, by=town.chen, assignment=mine, reason=" ")
    for other in (town.he, town.hua, town.su, town.zhao):
        with refused(NotAllowedError):
            actions.waive_assist(case=case, by=other, assignment=mine, reason="因")
    case = actions.waive_assist(case=case, by=town.chen, assignment=mine, reason="已由主办完成")
    mine.refresh_from_db()
    assert (mine.waived_by, mine.waive_reason) == (town.chen, "已由主办完成")
    assert kinds(town.hua) == []
    with refused(ConflictError):
        actions.waive_assist(case=case, by=town.chen, assignment=mine, reason="再免")
    with refused(ConflictError):
        actions.assist_done(case=case, by=town.hua, text="还是做了")


def test_a_part_belongs_to_its_case(town):
    case, other = shared(town), shared(town)
    with refused(InvalidError, field="assignment"):
        actions.waive_assist(case=case, by=town.chen, assignment=part(other, town.sanitation), reason="因")
    with refused(InvalidError, field="assignment"):
        actions.waive_assist(case=case, by=town.chen, assignment=part(case, town.enforcement), reason="因")


def test_who_acts_for_two_units_says_for_which(town):
    case = shared(town, co=[town.sanitation, town.office])
    hua = also(town.hua, "unit_handler", organisation=town.office)
    with refused(InvalidError, field="assignment"):
        actions.assist_done(case=case, by=hua, text="都做了")
    case = actions.assist_done(case=case, by=hua, text="环卫部分", assignment=part(case, town.sanitation))
    case = actions.assist_done(case=case, by=hua, text="社区部分")
    assert [p.done_text for p in procedures.parts(case)] == ["环卫部分", "社区部分"]


@pytest.mark.parametrize("who", ["he", "fang", "chen", "zhao"])
def test_only_a_co_handler_reports_a_part(town, who):
    case = shared(town)
    with refused(NotAllowedError):
        actions.assist_done(case=case, by=getattr(town, who), text="也来")
    with refused(InvalidError, field="text"):
        actions.assist_done(case=case, by=town.hua, text=" ")


def test_sent_back_the_parts_are_gone(town):
    case = shared(town, signed=False)
    actions.send_back(case=case, by=town.he, reason="不属", basis="据")
    assert kinds(town.hua) == []
    assert procedures.open_parts(case) == []
