"""吹哨报到: who may blow, call, come and vouch; what is refused leaves nothing behind."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from wangge.domains.cases import whistle_queries, whistling
from wangge.domains.cases.actions import whistling as acts
from wangge.domains.cases.actions.whistling import Marks, Summons, WhistleMovedOnError
from wangge.domains.cases.models import TimelineEntry, Whistle, WhistleKind
from wangge.domains.cases.tests.spot import (
    FAR,
    HERE,
    MINUTE,
    NIGHT,
    all_there,
    call_of,
    called,
    counts,
    kind,
    read,
    verbs,
)
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.duties.models import Duty

# -- the table


def test_every_step_of_the_table_is_audited_and_fits_the_timeline():
    from wangge.foundation.audit import kinds

    for verb in whistling.STEPS:
        assert kinds.known(f"case.whistle_{verb}")
        assert len(f"whistle_{verb}") <= TimelineEntry._meta.get_field("verb").max_length


@pytest.mark.parametrize(
    ("meets_after", "minutes", "due_after"),
    [
        (30, 30, 30),  # at once: the limit of the emergency
        (10, 30, 10),  # an earlier meeting is due earlier
        (120, 30, 30),  # an emergency does not wait for a later meeting
        (120, None, 120),  # a planned meeting
        (-10, 30, 30),  # called when the others were there: its own half hour
        (-10, None, 30),
    ],
)
def test_when_a_called_unit_must_be_there(meets_after, minutes, due_after):
    due = whistling.due_of_call(NIGHT, NIGHT + meets_after * MINUTE, minutes)
    assert due == NIGHT + due_after * MINUTE


@given(st.integers(-600, 600), st.none() | st.integers(1, 1440))
def test_nobody_is_due_before_he_is_called_nor_after_the_meeting(meets_after, minutes):
    meet = NIGHT + meets_after * MINUTE
    due = whistling.due_of_call(NIGHT, meet, minutes)
    assert due > NIGHT
    assert minutes is None or due <= NIGHT + minutes * MINUTE
    assert meet <= NIGHT or due <= meet


# -- the whole story


def test_the_night_of_the_water_main(town, pipe):
    whistle = acts.blow(case=pipe, by=town.lin, kind=kind(), reason="水压很大。", at=NIGHT + MINUTE)
    assert (whistle.number, whistle.state, whistle.area_path) == ("NC哨〔2026〕1号", "blown", pipe.area_path)
    whistle = called(town, whistle)
    assert (whistle.state, whistle.lead, whistle.place, whistle.meet_at) == (
        "called",
        town.enforcement,
        "槐荫路12号",
        NIGHT + 33 * MINUTE,
    )
    assert {call.due_at for call in whistle.calls.all()} == {NIGHT + 33 * MINUTE}
    all_there(town, whistle)
    assert [call.distance_m for call in whistle.calls.all()] == [0.0, 0.0, 0.0]
    acts.contribute(call=call_of(whistle, town.sanitation), by=town.hua, text="出动两台抽水泵。", photos=["f" * 64])
    whistle = acts.conclude(whistle=whistle, by=town.he, conclusion="已关阀止水。", at=NIGHT + 60 * MINUTE)
    assert (read(whistle).state, read(whistle).concluded_by) == ("concluded", town.he)
    marks = {call.pk: Marks(3, 3, 2) for call in whistle.calls.all()}
    whistle = acts.rate(whistle=whistle, by=town.luo, marks=marks, at=NIGHT + 90 * MINUTE)
    assert read(whistle).state == "rated"
    assert verbs(pipe) == [
        "whistle_blow", "whistle_call", "whistle_arrive", "whistle_arrive", "whistle_arrive",
        "whistle_contribute", "whistle_conclude", "whistle_rate",
    ]  # fmt: skip
    assert town.read(pipe).state == "reported"  # a whistle moves beside its case
    public = pipe.timeline.filter(public=True).values_list("verb", "note")
    assert list(public) == [("report", ""), ("whistle_call", "综合执法队、环卫所、槐荫社区居委会")]


# -- blowing


@pytest.mark.parametrize("who", ["lin", "fang"])
def test_the_grid_and_the_community_may_blow(town, pipe, who):
    whistle = acts.blow(case=pipe, by=getattr(town, who), kind=kind("joint"), reason="多部门的事。")
    assert (whistle.kind.code, whistle.blown_by) == ("joint", getattr(town, who))


@pytest.mark.parametrize("who", ["gao", "he", "chen", "zhao", "qian", "root"])
def test_others_may_not_blow(town, pipe, who):
    before = counts()
    with pytest.raises(NotAllowedError):
        acts.blow(case=pipe, by=getattr(town, who), kind=kind(), reason="我来吹。")
    assert counts() == before


def test_the_duty_chief_blows_emergencies_only(town, pipe):
    before = counts()
    with pytest.raises(NotAllowedError):
        acts.blow(case=pipe, by=town.luo, kind=kind("joint"), reason="多部门的事。")
    assert counts() == before
    assert [k.code for k in whistle_queries.kinds_for(pipe, town.luo)] == ["emergency"]
    assert [k.code for k in whistle_queries.kinds_for(pipe, town.lin)] == ["livelihood", "joint", "emergency"]
    assert whistle_queries.kinds_for(pipe, town.gao) == []


def test_an_emergency_in_one_act(town, pipe):
    whistle = acts.blow_and_call(
        case=pipe, by=town.luo, kind=kind(), reason="水压很大。", units=[Summons(town.enforcement)],
        lead=town.enforcement, at=NIGHT,
    )  # fmt: skip
    assert (whistle.state, whistle.meet_at) == ("called", NIGHT + 30 * MINUTE)
    assert verbs(pipe) == ["whistle_blow", "whistle_call"]


def test_in_one_act_or_not_at_all(town, pipe):
    before = counts()
    with pytest.raises(InvalidError) as refusal:
        acts.blow_and_call(
            case=pipe, by=town.luo, kind=kind(), reason="水压很大。", units=[Summons(town.north_enforcement)],
            lead=town.north_enforcement, at=NIGHT,
        )  # fmt: skip
    assert refusal.value.field == "units"
    assert counts() == before


def test_one_whistle_at_a_time(town, pipe, blown):
    before = counts()
    with pytest.raises(ConflictError):
        acts.blow(case=pipe, by=town.fang, kind=kind(), reason="再吹一次。")
    assert counts() == before
    assert whistle_queries.kinds_for(pipe, town.lin) == []
    with pytest.raises(IntegrityError), transaction.atomic():
        Whistle.objects.create(
            number="NC哨〔2026〕99号", case=pipe, area_path=pipe.area_path, kind=kind(), reason="再吹", blown_by=town.lin,
            blown_at=NIGHT,
        )  # fmt: skip
    acts.decline(whistle=blown, by=town.luo, reason="已安排养护队。")
    assert acts.blow(case=pipe, by=town.lin, kind=kind(), reason="又漏了。", at=NIGHT).number == "NC哨〔2026〕2号"


def test_not_for_a_case_that_has_ended_nor_without_a_reason_nor_by_a_kind_out_of_use(town, pipe):
    closed = town.closed()
    WhistleKind.objects.filter(code="joint").update(active=False)
    before = counts()
    with pytest.raises(ConflictError):
        acts.blow(case=closed, by=town.lin, kind=kind(), reason="水管又爆了。")
    with pytest.raises(InvalidError) as refusal:
        acts.blow(case=pipe, by=town.lin, kind=kind(), reason="  ")
    assert refusal.value.field == "reason"
    with pytest.raises(NotAllowedError):
        acts.blow(case=pipe, by=town.lin, kind=kind("joint"), reason="多部门的事。")
    assert counts() == before


def test_a_confidential_case_is_whistled_only_by_whom_it_is_open_to(town):
    case = town.reported(matter=town.secret, contact=town.wu())
    before = counts()
    with pytest.raises(NotAllowedError):
        acts.blow(case=case, by=town.lin, kind=kind(), reason="需要到场。")
    assert counts() == before
    whistle = acts.blow(case=case, by=town.luo, kind=kind(), reason="需要到场。")
    assert Duty.objects.get(kind="whistle.blown").confidential is True
    assert whistle.state == "blown"


# -- calling and declining


@pytest.mark.parametrize("who", ["lin", "fang", "chen", "he", "zhao"])
def test_only_the_street_calls_and_declines(town, blown, who):
    before = counts()
    with pytest.raises(NotAllowedError):
        acts.call(whistle=blown, by=getattr(town, who), units=[Summons(town.enforcement)], lead=town.enforcement)
    with pytest.raises(NotAllowedError):
        acts.decline(whistle=blown, by=getattr(town, who), reason="不用。")
    assert counts() == before
    assert read(blown).state == "blown"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"units": []}, "units"),
        ({"units": ["north_enforcement"], "lead": "north_enforcement"}, "units"),
        ({"units": ["centre"], "lead": "centre"}, "units"),
        ({"lead": "sanitation"}, "lead"),
        ({"meet_at": NIGHT - 10 * MINUTE}, "meet_at"),
        ({"meet_at": NIGHT + dt.timedelta(days=31)}, "meet_at"),
        ({"task": "长" * 201}, "units"),
    ],
)
def test_what_a_call_must_be(town, blown, change, field):
    values = {"units": ["enforcement"], "lead": "enforcement", "task": "", "meet_at": None} | change
    before = counts()
    with pytest.raises(InvalidError) as refusal:
        acts.call(
            whistle=blown,
            by=town.luo,
            units=[Summons(getattr(town, name), values["task"]) for name in values["units"]],
            lead=getattr(town, values["lead"]),
            meet_at=values["meet_at"],
            at=NIGHT,
        )
    assert refusal.value.field == field
    assert counts() == before
    assert read(blown).state == "blown"


def test_a_unit_named_twice_is_called_once_and_a_late_one_gets_its_own_time(town, blown):
    twice = [Summons(town.enforcement, "封路"), Summons(town.enforcement, "封路")]
    whistle = acts.call(whistle=blown, by=town.luo, units=twice, lead=town.enforcement, at=NIGHT + 3 * MINUTE)
    assert whistle.calls.count() == 1
    acts.call_more(whistle=whistle, by=town.luo, units=[Summons(town.sanitation)], at=NIGHT + 50 * MINUTE)
    assert call_of(whistle, town.sanitation).due_at == NIGHT + 80 * MINUTE
    before = counts()
    with pytest.raises(InvalidError):
        acts.call_more(whistle=whistle, by=town.luo, units=[Summons(town.sanitation)], at=NIGHT + 51 * MINUTE)
    with pytest.raises(WhistleMovedOnError):
        called(town, whistle)
    assert counts() == before


def test_a_planned_meeting_is_due_when_it_begins(town, pipe):
    whistle = acts.blow(
        case=pipe, by=town.fang, kind=kind("livelihood"), reason="停车难，物业与养护都说不归自己。", at=NIGHT
    )
    meet = NIGHT + dt.timedelta(hours=35)
    whistle = called(town, whistle, meet_at=meet, place="社区会议室")
    assert (whistle.place, {call.due_at for call in whistle.calls.all()}) == ("社区会议室", {meet})


def test_declined_with_a_reason_that_the_blower_reads(town, pipe, blown):
    before = counts()
    with pytest.raises(InvalidError):
        acts.decline(whistle=blown, by=town.luo, reason=" ")
    assert counts() == before
    acts.decline(whistle=blown, by=town.luo, reason="已由养护队处置，不需多部门到场。")
    seen = whistle_queries.get_whistle(town.lin, blown.number)
    assert (seen.state, seen.decline_reason) == ("declined", "已由养护队处置，不需多部门到场。")
    assert Duty.objects.filter(kind__startswith="whistle", done_at__isnull=True).count() == 0


def test_called_off_only_while_nobody_has_come(town, blown):
    whistle = called(town, blown)
    acts.arrive(call=call_of(whistle, town.sanitation), by=town.hua, position=HERE, at=NIGHT + 9 * MINUTE)
    before = counts()
    with pytest.raises(ConflictError):
        acts.decline(whistle=whistle, by=town.luo, reason="误报。")
    assert counts() == before
    assert read(whistle).state == "called"


# -- coming


def test_an_arrival_far_away_or_without_a_position_counts_when_somebody_vouches(town, blown):
    whistle = called(town, blown)
    far = acts.arrive(call=call_of(whistle, town.enforcement), by=town.he, position=FAR, at=NIGHT + 20 * MINUTE)
    assert (round(far.distance_m), far.on_the_spot, far.in_time) == (912, False, True)
    blind = acts.arrive(call=call_of(whistle, town.sanitation), by=town.hua, at=NIGHT + 21 * MINUTE)
    assert (blind.distance_m, blind.on_the_spot) == (None, False)
    assert not hasattr(blind, "lon")
    acts.vouch(call=far, by=town.lin, at=NIGHT + 25 * MINUTE)
    acts.vouch(call=blind, by=town.luo, at=NIGHT + 40 * MINUTE)
    far, blind = call_of(whistle, town.enforcement), call_of(whistle, town.sanitation)
    assert (far.on_the_spot, far.arrived_at, far.confirmed_by) == (True, NIGHT + 20 * MINUTE, town.lin)
    # The time is that of the tap: late is computed and never edited.
    assert (blind.arrived_at, blind.in_time, blind.is_late(NIGHT + 50 * MINUTE)) == (NIGHT + 21 * MINUTE, True, False)


def test_a_caller_checks_in_a_unit_whose_phone_is_dead(town, blown):
    whistle = called(town, blown)
    its = acts.vouch(call=call_of(whistle, town.sanitation), by=town.luo, at=NIGHT + 40 * MINUTE)
    assert (its.arrived_at, its.arrived_by, its.on_the_spot, its.in_time) == (
        NIGHT + 40 * MINUTE,
        town.luo,
        True,
        False,
    )


@pytest.mark.parametrize("who", ["hua", "lin", "luo", "zhao", "fang"])
def test_nobody_checks_in_for_another_unit(town, blown, who):
    whistle = called(town, blown)
    before = counts()
    with pytest.raises(NotAllowedError):
        acts.arrive(call=call_of(whistle, town.enforcement), by=getattr(town, who), position=HERE)
    assert counts() == before
    assert call_of(whistle, town.enforcement).arrived_at is None


@pytest.mark.parametrize(
    ("who", "unit"), [("fang", "office"), ("lin", "office"), ("he", "enforcement"), ("gao", "office")]
)
def test_nobody_vouches_for_his_own(town, blown, who, unit):
    whistle = called(town, blown)
    before = counts()
    with pytest.raises(NotAllowedError):
        acts.vouch(call=call_of(whistle, getattr(town, unit)), by=getattr(town, who))
    assert counts() == before


def test_once_is_enough(town, blown):
    whistle = called(town, blown)
    first = acts.arrive(call=call_of(whistle, town.enforcement), by=town.he, position=HERE, at=NIGHT + 9 * MINUTE)
    before = counts()
    with pytest.raises(ConflictError):
        acts.arrive(call=first, by=town.he, position=HERE, at=NIGHT + 10 * MINUTE)
    with pytest.raises(ConflictError):
        acts.vouch(call=first, by=town.luo)
    assert counts() == before
    assert call_of(whistle, town.enforcement).arrived_at == NIGHT + 9 * MINUTE


def test_late_by_a_minute_is_late(town, blown):
    whistle = called(town, blown)
    its = call_of(whistle, town.enforcement)
    assert (its.is_late(NIGHT + 33 * MINUTE), its.is_late(NIGHT + 34 * MINUTE)) == (False, True)
    acts.arrive(call=its, by=town.he, position=HERE, at=NIGHT + 34 * MINUTE)
    assert call_of(whistle, town.enforcement).in_time is False


def test_excusing_a_unit_and_handing_on_the_lead(town, blown):
    whistle = called(town, blown)
    with pytest.raises(NotAllowedError):
        acts.excuse(call=call_of(whistle, town.office), by=town.fang, reason="我们忙。")
    before = counts()
    with pytest.raises(InvalidError) as refusal:
        acts.excuse(call=call_of(whistle, town.enforcement), by=town.luo, reason="另有警情。")
    assert refusal.value.field == "lead"
    assert counts() == before
    acts.excuse(call=call_of(whistle, town.enforcement), by=town.luo, reason="另有警情。", lead=town.sanitation)
    assert read(whistle).lead == town.sanitation
    excused = call_of(whistle, town.enforcement)
    assert (excused.excused, excused.is_late(NIGHT + 90 * MINUTE)) == ("另有警情。", False)
    before = counts()
    with pytest.raises(ConflictError):
        acts.arrive(call=excused, by=town.he, position=HERE)
    with pytest.raises(ConflictError):
        acts.excuse(call=excused, by=town.luo, reason="再免一次。")
    assert counts() == before
