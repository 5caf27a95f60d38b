"""Whistles: concluding, rating, who sees what, to-do lists, quarterly figures, kinds, messages."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.cases import whistle_queries
from wangge.domains.cases.actions import whistling as acts
from wangge.domains.cases.actions.whistling import Marks, Summons, WhistleMovedOnError
from wangge.domains.cases.models import Whistle, WhistleKind
from wangge.domains.cases.tests.spot import (
    HERE,
    MINUTE,
    NIGHT,
    all_there,
    call_of,
    called,
    concluded,
    counts,
    kind,
    read,
)
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.duties.models import Duty
from wangge.foundation.duties.queries import to_do

# -- concluding


def test_a_whistle_is_not_answered_by_a_text(town, blown):
    whistle = called(town, blown)
    before = counts()
    with pytest.raises(ConflictError):
        acts.contribute(call=call_of(whistle, town.sanitation), by=town.hua, text="已电话了解。")
    with pytest.raises(ConflictError) as refusal:
        acts.conclude(whistle=whistle, by=town.luo, conclusion="已电话协调。", photos=["e" * 64])
    assert "环卫所" in str(refusal.value.title)
    assert counts() == before
    assert read(whistle).state == "called"


@pytest.mark.parametrize("who", ["hua", "lin", "fang", "chen", "zhao"])
def test_only_the_lead_or_the_street_concludes(town, blown, who):
    whistle = all_there(town, called(town, blown))
    before = counts()
    with pytest.raises(NotAllowedError):
        acts.conclude(whistle=whistle, by=getattr(town, who), conclusion="好了。", photos=["e" * 64])
    assert counts() == before


def test_an_arrival_that_nobody_vouches_for_holds_it_up(town, blown):
    whistle = called(town, blown)
    acts.arrive(call=call_of(whistle, town.enforcement), by=town.he, position=HERE)
    acts.arrive(call=call_of(whistle, town.sanitation), by=town.hua)
    acts.excuse(call=call_of(whistle, town.office), by=town.luo, reason="社区已在现场疏散，另行记录。")
    with pytest.raises(ConflictError) as refusal:
        acts.conclude(whistle=whistle, by=town.he, conclusion="好了。", photos=["e" * 64])
    assert "环卫所" in str(refusal.value.title)
    assert "居委会" not in str(refusal.value.title)
    acts.vouch(call=call_of(whistle, town.sanitation), by=town.lin)
    acts.conclude(whistle=whistle, by=town.he, conclusion="好了。", photos=["e" * 64])
    assert read(whistle).state == "concluded"


def test_with_a_photo_where_the_matter_asks_for_photos(town, blown):
    assert blown.case.matter.after_photo is True
    whistle = all_there(town, called(town, blown))
    before = counts()
    with pytest.raises(InvalidError) as refusal:
        acts.conclude(whistle=whistle, by=town.he, conclusion="好了。")
    assert refusal.value.field == "photos"
    assert counts() == before
    acts.contribute(call=call_of(whistle, town.sanitation), by=town.hua, text="已抽干积水。", photos=["f" * 64])
    acts.conclude(whistle=whistle, by=town.luo, conclusion="好了。")
    assert read(whistle).concluded_by == town.luo


# -- rating


@pytest.mark.parametrize("who", ["he", "hua", "fang", "lin", "gao", "chen", "zhao", "qian"])
def test_never_by_the_called(town, blown, who):
    """Lin blew, but belongs to the committee that was called: now the street rates."""
    whistle = concluded(town, blown)
    marks = {call.pk: Marks(3, 3, 3) for call in whistle.calls.all()}
    before = counts()
    with pytest.raises(NotAllowedError):
        acts.rate(whistle=whistle, by=getattr(town, who), marks=marks)
    assert counts() == before
    assert whistle.calls.filter(rated_at__isnull=False).count() == 0


def test_the_blower_and_the_community_rate_when_their_unit_was_not_called(town, blown):
    units = [Summons(town.enforcement), Summons(town.sanitation)]
    whistle = acts.call(whistle=blown, by=town.luo, units=units, lead=town.enforcement)
    acts.arrive(call=call_of(whistle, town.enforcement), by=town.he, position=HERE)
    acts.arrive(call=call_of(whistle, town.sanitation), by=town.hua, position=HERE)
    acts.conclude(whistle=whistle, by=town.he, conclusion="好了。", photos=["e" * 64])
    first = call_of(whistle, town.enforcement)
    acts.rate(whistle=whistle, by=town.lin, marks={first.pk: Marks(3, 3, 3, "来得快。")})
    assert read(whistle).state == "concluded"
    before = counts()
    with pytest.raises(InvalidError):
        acts.rate(whistle=whistle, by=town.fang, marks={first.pk: Marks(1, 1, 1, "改分。")})
    assert counts() == before
    acts.rate(whistle=whistle, by=town.fang, marks={call_of(whistle, town.sanitation).pk: Marks(2, 2, 3)})
    assert read(whistle).state == "rated"
    its = call_of(whistle, town.enforcement)
    assert (its.presence, its.duty, its.result, its.remark, its.rated_by) == (3, 3, 3, "来得快。", town.lin)


@pytest.mark.parametrize("marks", [(0, 2, 2), (4, 2, 2), (2, 1, 2)])
def test_what_a_mark_must_be(town, blown, marks):
    whistle = concluded(town, blown)
    its = call_of(whistle, town.enforcement)
    before = counts()
    with pytest.raises(InvalidError) as refusal:
        acts.rate(whistle=whistle, by=town.luo, marks={its.pk: Marks(*marks)})
    assert refusal.value.field == "marks"
    assert counts() == before
    assert call_of(whistle, town.enforcement).rated_at is None


def test_an_excused_unit_is_not_rated(town, blown):
    whistle = called(town, blown)
    acts.excuse(call=call_of(whistle, town.office), by=town.luo, reason="无关。")
    for unit, who in ((town.enforcement, town.he), (town.sanitation, town.hua)):
        acts.arrive(call=call_of(whistle, unit), by=who, position=HERE)
    acts.conclude(whistle=whistle, by=town.he, conclusion="好了。", photos=["e" * 64])
    with pytest.raises(InvalidError):
        acts.rate(whistle=whistle, by=town.luo, marks={call_of(whistle, town.office).pk: Marks(3, 3, 3)})
    rated = {call.pk: Marks(3, 3, 3) for call in whistle.calls.filter(excused="")}
    acts.rate(whistle=whistle, by=town.luo, marks=rated)
    assert read(whistle).state == "rated"


def test_nothing_after_the_end(town, blown):
    whistle = concluded(town, blown)
    its = call_of(whistle, town.enforcement)
    before = counts()
    for act in (
        lambda: acts.arrive(call=its, by=town.he),
        lambda: acts.vouch(call=its, by=town.luo),
        lambda: acts.excuse(call=its, by=town.luo, reason="晚了。"),
        lambda: acts.contribute(call=its, by=town.he, text="补记。"),
        lambda: acts.conclude(whistle=whistle, by=town.he, conclusion="再办结。"),
        lambda: acts.decline(whistle=whistle, by=town.luo, reason="撤。"),
        lambda: acts.call_more(whistle=whistle, by=town.luo, units=[Summons(town.peace)]),
    ):
        with pytest.raises(WhistleMovedOnError):
            act()
    assert counts() == before


# -- who sees what


def seen_by(town, whistle):
    people = ("lin", "gao", "fang", "bai", "chen", "luo", "he", "hua", "zhao", "qian", "root", "security")
    found = Whistle.objects.visible_to
    return {who for who in people if found(getattr(town, who)).filter(pk=whistle.pk).exists()}


def test_who_sees_a_whistle(town, blown):
    desk = {"lin", "fang", "bai", "chen", "luo", "qian"}
    assert seen_by(town, blown) == desk
    acts.call(whistle=blown, by=town.luo, units=[Summons(town.sanitation)], lead=town.sanitation)
    assert seen_by(town, blown) == desk | {"hua"}
    with pytest.raises(NotFoundError):
        whistle_queries.get_whistle(town.zhao, blown.number)
    with pytest.raises(NotFoundError):
        whistle_queries.get_whistle(town.luo, "NC哨〔2026〕99号")


def test_a_called_unit_sees_the_spot_and_nobody_of_the_reporters(town):
    from wangge.domains.cases import queries

    town.sent("1" * 64)
    case = town.reported(contact=town.wu(), photos=["1" * 64])
    whistle = acts.blow(case=case, by=town.lin, kind=kind(), reason="需要到场。")
    acts.call(whistle=whistle, by=town.luo, units=[Summons(town.sanitation)], lead=town.sanitation)
    seen = whistle_queries.sight(whistle_queries.get_whistle(town.hua, whistle.number), town.hua)
    assert (seen.case_opens, [photo.sha256 for photo in seen.photos]) == (False, ["1" * 64])
    assert seen.may == frozenset({"arrive", "contribute", "conclude"})
    assert queries.photo_for(town.hua, "1" * 64).case_id == case.pk
    with pytest.raises(NotFoundError):
        queries.get_case(town.hua, case.number)
    with pytest.raises(NotFoundError):
        queries.photo_for(town.he, "1" * 64)


def test_of_a_confidential_case_a_called_unit_sees_no_photo_of_the_reporter(town):
    from wangge.domains.cases import queries

    town.sent("2" * 64)
    case = town.reported(matter=town.secret, contact=town.wu(), photos=["2" * 64])
    whistle = acts.blow_and_call(
        case=case, by=town.luo, kind=kind(), reason="需要到场。", units=[Summons(town.sanitation)], lead=town.sanitation
    )
    seen = whistle_queries.sight(whistle_queries.get_whistle(town.hua, whistle.number), town.hua)
    assert seen.photos == []
    with pytest.raises(NotFoundError):
        queries.photo_for(town.hua, "2" * 64)
    assert whistle_queries.sight(whistle, town.luo).photos != []
    assert seen_by(town, whistle) == {"bai", "luo", "hua", "qian"}


# -- to-do lists


def duties(user):
    return [(duty.kind, duty.label) for duty in to_do(user) if duty.kind.startswith("whistle")]


def test_whose_to_do_list_it_stands_on(town, blown):
    number = blown.number
    assert duties(town.luo) == [("whistle.blown", number)]
    assert duties(town.chen) == duties(town.he) == []
    whistle = called(town, blown)
    assert duties(town.fresh(town.luo)) == []
    assert [duties(u) for u in (town.he, town.hua, town.fang)] == [[("whistle.called", number)]] * 3
    acts.arrive(call=call_of(whistle, town.enforcement), by=town.he, position=HERE)
    assert (duties(town.he), duties(town.hua)) == ([("whistle.conclude", number)], [("whistle.called", number)])
    acts.excuse(call=call_of(whistle, town.sanitation), by=town.luo, reason="无关。")
    assert duties(town.hua) == []
    acts.arrive(call=call_of(whistle, town.office), by=town.fang, position=HERE)
    whistle = acts.conclude(whistle=whistle, by=town.he, conclusion="好了。", photos=["e" * 64])
    assert duties(town.he) == []
    # Fang heads the committee that was called: the street rates.
    assert (duties(town.luo), duties(town.fang)) == ([("whistle.rate", number)], [])
    rated = {call.pk: Marks(3, 3, 3) for call in whistle.calls.filter(excused="")}
    acts.rate(whistle=whistle, by=town.luo, marks=rated)
    assert Duty.objects.filter(kind__startswith="whistle", done_at__isnull=True).count() == 0


def test_an_emergency_waits_five_minutes_for_the_street(town, pipe, blown):
    assert Duty.objects.get(kind="whistle.blown").due_at == NIGHT + 6 * MINUTE


# -- kinds


def test_kinds_are_edited_on_the_desk(town):
    made = acts.save_kind(by=town.luo, code="flood", name_zh="防汛", name_en="Flood", arrive_minutes=20, emergency=True)
    assert (made.arrive_minutes, made.emergency, made.active) == (20, True, True)
    acts.save_kind(by=town.root, code="flood", name_zh="防汛抢险", arrive_minutes=15, emergency=True, active=False)
    assert [k.code for k in whistle_queries.kinds()] == ["livelihood", "joint", "emergency"]
    assert whistle_queries.get_kind("flood").name_zh == "防汛抢险"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "防汛"}, "code"),
        ({"code": ""}, "code"),
        ({"name_zh": " "}, "name_zh"),
        ({"arrive_minutes": None}, "arrive_minutes"),
        ({"arrive_minutes": 0}, "arrive_minutes"),
        ({"arrive_minutes": 1441}, "arrive_minutes"),
    ],
)
def test_what_a_kind_must_be(town, change, field):
    values = {"code": "flood", "name_zh": "防汛", "arrive_minutes": 20, "emergency": True} | change
    with pytest.raises(InvalidError) as refusal:
        acts.save_kind(by=town.luo, **values)
    assert refusal.value.field == field
    assert WhistleKind.objects.count() == 3


def test_only_who_edits_the_catalogue_edits_kinds(town):
    for who in (town.lin, town.chen, town.he):
        with pytest.raises(NotAllowedError):
            acts.save_kind(by=who, code="flood", name_zh="防汛")
    assert WhistleKind.objects.count() == 3


# -- messages


def told(kind_):
    from wangge.foundation.notifications.models import Notice

    held = Notice.objects.filter(kind=kind_).order_by("user__username")
    return [(notice.user.username, notice.urgent) for notice in held.select_related("user")]


def run(event, **data):
    from wangge.foundation.core.tasks import react

    for _time in range(2):
        react(event=f"cases.{event}", data=data)


def test_who_is_told_what(town, blown):
    run("WhistleBlown", whistle_id=blown.pk)
    assert told("whistle.blown") == [("luo", True)]
    whistle = called(town, blown)
    run("WhistleCalled", whistle_id=whistle.pk)
    assert told("whistle.called") == [(who, True) for who in ("fang", "gao", "he", "hua", "lin")]
    assert told("whistle.confirmed") == [("lin", True)]
    near = acts.arrive(call=call_of(whistle, town.enforcement), by=town.he, position=HERE)
    blind = acts.arrive(call=call_of(whistle, town.sanitation), by=town.hua)
    run("WhistleArrived", call_id=near.pk)
    assert told("whistle.arrived") == []
    run("WhistleArrived", call_id=blind.pk)
    assert told("whistle.arrived") == [("lin", True), ("luo", True)]
    acts.vouch(call=blind, by=town.lin)
    acts.arrive(call=call_of(whistle, town.office), by=town.fang, position=HERE)
    whistle = acts.conclude(whistle=whistle, by=town.he, conclusion="好了。", photos=["e" * 64])
    run("WhistleConcluded", whistle_id=whistle.pk)
    assert told("whistle.concluded") == [("luo", True)]
    acts.rate(whistle=whistle, by=town.luo, marks={blind.pk: Marks(3, 3, 3)})
    run("WhistleRated", whistle_id=whistle.pk)
    assert told("whistle.rated") == [("hua", True)]


def test_the_units_on_their_way_are_told_when_it_is_called_off(town, pipe):
    whistle = acts.blow(case=pipe, by=town.lin, kind=kind("joint"), reason="多部门。", at=NIGHT)
    acts.call(whistle=whistle, by=town.luo, units=[Summons(town.enforcement)], lead=town.enforcement, at=NIGHT)
    acts.decline(whistle=whistle, by=town.luo, reason="改日。", at=NIGHT)
    run("WhistleDeclined", whistle_id=whistle.pk)
    assert (told("whistle.declined"), told("whistle.called_off")) == ([("lin", False)], [("he", False)])


def test_a_confidential_whistle_is_told_only_to_whom_it_is_open(town):
    accounts.give_post(by=None, user=town.chen, role="grid_head", valid_from=dt.date(2024, 1, 1), area=town.grid1)
    case = town.reported(matter=town.secret, contact=town.wu())
    whistle = acts.blow(case=case, by=town.luo, kind=kind(), reason="需要到场。")
    whistle = acts.call(whistle=whistle, by=town.luo, units=[Summons(town.sanitation)], lead=town.sanitation)
    acts.arrive(call=call_of(whistle, town.sanitation), by=town.hua, position=HERE)
    whistle = acts.conclude(whistle=whistle, by=town.hua, conclusion="好了。", photos=["e" * 64])
    run("WhistleConcluded", whistle_id=whistle.pk)
    assert told("whistle.concluded") == [("luo", True)]
