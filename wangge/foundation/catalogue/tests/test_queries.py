"""Finding matters, guessing them from words, clocks, and who answers."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wangge.foundation.accounts.models import Responsibility
from wangge.foundation.catalogue import queries
from wangge.foundation.catalogue.kinds import ClockKind, Duty, Module, Stage, Urgency
from wangge.foundation.catalogue.models import RoutingRule
from wangge.foundation.catalogue.tests.factories import (
    DAY,
    LONG_AGO,
    NEXT_DAY,
    Place,
    make_class,
    make_clock,
    make_matter,
    make_place,
    make_rule,
    make_unit,
)
from wangge.foundation.core.problems import NotFoundError

if TYPE_CHECKING:
    from wangge.foundation.catalogue.models import Matter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty")]


@pytest.fixture
def place() -> Place:
    return make_place()


@pytest.fixture
def shed() -> Matter:
    return make_matter("06001")


def codes(matters):
    return [matter.code for matter in matters]


def test_get_matter_finds_by_code_whatever_the_dates():
    ended = make_matter("06002", valid_to=dt.date(2021, 1, 1))
    assert queries.get_matter("06002") == ended


def test_get_matter_refuses_an_unknown_code(shed):
    with pytest.raises(NotFoundError):
        queries.get_matter("06999")


def test_matters_are_those_admitted_on_the_day():
    make_matter("06001", valid_to=DAY)
    make_matter("06002", valid_from=DAY)
    assert codes(queries.matters(on=DAY - dt.timedelta(days=1))) == ["06001"]
    assert codes(queries.matters(on=DAY)) == ["06002"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"module": Module.ORDER}, ["21001"]),
        ({"matter_class": "06"}, ["06001", "06010"]),
        ({"text": "06"}, ["06001", "06010"]),
        ({"text": "邻里"}, ["21001"]),
        ({"text": "板房"}, ["06001"]),
        ({"text": "NEIGHBOURS"}, ["21001"]),
        ({"text": "没有这种事"}, []),
        ({"text": "垃圾", "module": Module.ORDER}, []),
    ],
)
def test_matters_filters(asked, found):
    make_matter("06001", keywords=["泡沫板房"])
    make_matter("06010", name_zh="暴露垃圾")
    make_matter(
        "21001",
        name_zh="邻里纠纷",
        name_en="Dispute of neighbours",
        module=Module.ORDER,
        matter_class=make_class("21", Module.ORDER),
    )
    assert codes(queries.matters(on=DAY, **asked)) == found


def test_admission_dates_are_half_open(shed):
    shed.valid_from, shed.valid_to = DAY, NEXT_DAY
    assert [shed.is_admitted(DAY + dt.timedelta(days=n)) for n in (-1, 0, 1)] == [False, True, False]


def test_names_and_conditions_follow_the_language(shed):
    with translation.override("zh-hans"):
        assert (shed.name, shed.filing_condition, shed.closing_condition) == ("事项06001", "发现即立案", "处置完毕")
    with translation.override("en"):
        assert (shed.name, shed.filing_condition, shed.closing_condition) == (
            "Matter 06001",
            "Filed when found",
            "Dealt with",
        )


def test_guess_ranks_by_the_words_and_shows_them():
    shed = make_matter("06001", keywords=["泡沫板房", "板房", "搭建"])
    rubbish = make_matter("06010", keywords=["垃圾"])
    found = queries.guess("家属院后面搭建了泡沫板房，旁边还有垃圾", on=DAY)
    assert [(guess.matter, guess.words) for guess in found] == [(shed, ("泡沫板房", "搭建")), (rubbish, ("垃圾",))]
    assert [guess.score for guess in found] == [20.0, 4.0]


def test_guess_shares_a_word_among_the_matters_that_carry_it():
    make_matter("01001", keywords=["井盖"], matter_class=make_class("01"))
    make_matter("01002", keywords=["井盖", "污水井盖"], matter_class=make_class("01"))
    found = queries.guess("污水井盖没了", on=DAY)
    assert [(guess.matter.code, guess.score) for guess in found] == [("01002", 16.0), ("01001", 2.0)]


def test_guess_knows_english_names():
    make_matter("06028", name_en="Noise nuisance")
    assert [guess.words for guess in queries.guess("There is a lot of NOISE at night", on=DAY)] == [("noise",)]


def test_guess_says_nothing_when_it_knows_nothing_or_the_matter_is_not_admitted():
    make_matter("06001", keywords=["板房"], valid_to=DAY)
    assert queries.guess("天气真好", on=DAY) == []
    assert queries.guess("板房", on=DAY) == []


def test_guess_keeps_to_the_limit(django_assert_num_queries):
    for number in range(1, 8):
        make_matter(f"0600{number}", keywords=["噪声"])
    with django_assert_num_queries(2):
        assert codes(guess.matter for guess in queries.guess("噪声", 2, on=DAY)) == ["06001", "06002"]


@pytest.mark.parametrize(
    ("urgency", "stage", "limit"),
    [
        (Urgency.URGENT, Stage.ACCEPT, ("urgent_hours", 10 / 60)),
        (Urgency.UTILITY, Stage.ACCEPT, ("working_hours", 4.0)),
        (Urgency.ORDINARY, Stage.ACCEPT, ("working_hours", 4.0)),
        (Urgency.URGENT, Stage.HANDLE, ("working_days", 5.0)),
        (Urgency.URGENT, Stage.VERIFY, None),
    ],
)
def test_stage_clock(urgency, stage, limit, django_assert_num_queries):
    matter = make_matter(urgency=urgency)
    make_clock(stage=Stage.ACCEPT)
    make_clock(stage=Stage.ACCEPT, urgency=Urgency.URGENT, kind=ClockKind.URGENT_MINUTES, amount=10)
    with django_assert_num_queries(1):
        assert queries.stage_clock(matter, stage) == limit


def test_stage_clock_of_the_matter_itself_comes_first(shed):
    make_clock(stage=Stage.HANDLE, kind=ClockKind.WORKING_DAYS, amount=9)
    make_clock(stage=Stage.HANDLE, matter=shed, kind=ClockKind.URGENT_HOURS, amount=2)
    assert queries.stage_clock(shed, Stage.HANDLE) == ("urgent_hours", 2.0)
    assert queries.stage_clock(make_matter("06002"), Stage.HANDLE) == ("working_days", 5.0)


def test_stage_clock_before_anybody_said_what_it_is():
    make_clock(stage=Stage.ACCEPT)
    make_clock(stage=Stage.ACCEPT, urgency=Urgency.URGENT, kind=ClockKind.URGENT_MINUTES, amount=10)
    assert queries.stage_clock(None, Stage.ACCEPT) == ("working_hours", 4.0)
    assert queries.stage_clock(None, Stage.ACCEPT, urgent=True) == ("urgent_hours", 10 / 60)


@pytest.mark.parametrize(
    ("subjects", "winner"),
    [
        (["default"], "default"),
        (["default", "module"], "module"),
        (["default", "module", "class"], "class"),
        (["default", "module", "class", "matter"], "matter"),
        (["matter", "default"], "matter"),
        (["class", "module"], "class"),
    ],
)
def test_route_the_most_specific_subject_wins(place, shed, subjects, winner):
    about = {
        "default": {},
        "module": {"module": shed.module},
        "class": {"matter_class": shed.matter_class},
        "matter": {"matter": shed},
    }
    units = {subject: make_unit("department", place.south, subject) for subject in about}
    for subject in subjects:
        make_rule(unit=units[subject], **about[subject])
    assert queries.route(shed, place.grid, DAY).main == units[winner]


def test_route_passes_by_rules_about_other_things(place, shed):
    unit = make_unit("department", place.south)
    make_rule(matter=make_matter("06002"), unit=unit)
    make_rule(matter_class=make_class("21", Module.ORDER), unit=unit)
    make_rule(module=Module.PARTY, unit=unit)
    found = queries.route(shed, place.grid, DAY)
    assert (found.main, found.co, found.why, found.rule) == (None, [], [], None)


def test_route_a_nearer_area_wins_and_a_sibling_street_does_not_count(place, shed):
    everywhere, street, community, sibling = (
        make_unit("department", None, name) for name in ("everywhere", "street", "community", "sibling")
    )
    make_rule(matter=shed, unit=everywhere)
    make_rule(matter=shed, unit=sibling, area=place.north)
    assert queries.route(shed, place.grid, DAY).main == everywhere
    make_rule(matter=shed, unit=street, area=place.south)
    assert queries.route(shed, place.grid, DAY).main == street
    make_rule(matter=shed, unit=community, area=place.community)
    assert queries.route(shed, place.grid, DAY).main == community
    assert queries.route(shed, place.other_grid, DAY).main == street
    assert queries.route(shed, place.north, DAY).main == sibling


def test_route_the_subject_counts_before_the_area(place, shed):
    matter_unit, class_unit = make_unit("department", None, "matter"), make_unit("department", None, "class")
    make_rule(matter=shed, unit=matter_unit)
    make_rule(matter_class=shed.matter_class, unit=class_unit, area=place.grid)
    assert queries.route(shed, place.grid, DAY).main == matter_unit


def test_route_finds_a_kind_of_unit_at_the_nearest_place_above(place, shed):
    make_rule(unit_kind="community")
    district_wide = make_unit("community", None, "district")
    assert queries.route(shed, place.grid, DAY).main == district_wide
    make_unit("community", place.other_community, "other community")
    own = make_unit("community", place.community, "own community")
    assert queries.route(shed, place.grid, DAY).main == own


@pytest.mark.parametrize("unfit", [{"handles": False}, {"valid_to": DAY}, {"valid_from": NEXT_DAY}])
def test_route_passes_over_a_unit_that_cannot_be_sent_a_case(place, shed, unfit):
    make_rule(matter=shed, unit_kind="enforcement")
    make_rule(matter_class=shed.matter_class, unit=make_unit("sanitation", place.south, **unfit))
    make_rule(unit_kind="community")
    make_unit("enforcement", place.south, **unfit)
    fallback = make_unit("community", place.community)
    found = queries.route(shed, place.grid, DAY)
    assert found.main == fallback
    assert len(found.why) == 3


def test_route_does_not_choose_between_equally_near_units(place, shed):
    make_rule(matter=shed, unit_kind="utility")
    make_rule(unit_kind="community")
    make_unit("community", place.community)
    water, power = make_unit("utility", place.district, "water"), make_unit("utility", place.district, "power")
    found = queries.route(shed, place.grid, DAY)
    assert found.main is None
    assert found.candidates == [water, power]


def test_route_asks_the_company_that_answers_for_the_compound(place, shed):
    make_rule(matter=shed, unit_kind="property_company")
    make_rule(unit_kind="community")
    community = make_unit("community", place.community)
    company = make_unit("property_company", place.district, handles=True)
    make_unit("property_company", place.district, "another company")
    Responsibility.objects.create(organisation=company, compound=place.compound, valid_from=LONG_AGO, valid_to=NEXT_DAY)
    assert queries.route(shed, place.grid, DAY, compound=place.compound).main == company
    without = queries.route(shed, place.grid, NEXT_DAY, compound=place.compound)
    assert (without.main, len(without.candidates)) == (None, 2)
    assert community not in without.candidates


def test_route_names_co_handlers_once_and_never_the_responsible_unit(place, shed):
    team, police = make_unit("enforcement", place.south), make_unit("police", place.south)
    make_rule(matter=shed, unit_kind="enforcement")
    for kind in ("police", "enforcement", "health"):
        make_rule(matter=shed, unit_kind=kind, duty=Duty.CO)
    make_rule(matter=shed, unit=police, duty=Duty.CO)
    found = queries.route(shed, place.grid, DAY)
    assert (found.main, found.co) == (team, [police])


def test_route_leaves_out_the_co_handlers_of_a_class_when_the_matter_has_its_own_rule(place, shed):
    make_unit("enforcement", place.south)
    police = make_unit("police", place.south)
    make_rule(matter_class=shed.matter_class, unit_kind="enforcement")
    make_rule(matter_class=shed.matter_class, unit_kind="police", duty=Duty.CO)
    assert queries.route(shed, place.grid, DAY).co == [police]
    make_rule(matter=shed, unit_kind="enforcement")
    assert queries.route(shed, place.grid, DAY).co == []


def test_route_follows_the_dates_of_rules(place, shed):
    old, new = make_unit("department", None, "old"), make_unit("department", None, "new")
    make_rule(matter=shed, unit=old, valid_to=DAY)
    make_rule(matter=shed, unit=new, valid_from=DAY)
    assert queries.route(shed, place.grid, DAY - dt.timedelta(days=1)).main == old
    assert queries.route(shed, place.grid, DAY).main == new


def test_route_says_why_in_the_language_of_the_reader(place, shed):
    team = make_unit("enforcement", place.south, "执法中队", name_en="Enforcement team")
    make_rule(matter=shed, unit_kind="enforcement")
    why = queries.route(shed, place.grid, DAY).why
    assert [(reason.unit, reason.rule.matter) for reason in why] == [(team, shed)]
    with translation.override("en"):
        assert [str(reason) for reason in why] == ["06001 Matter 06001, everywhere: responsible is Enforcement team."]


def test_route_takes_three_queries_however_many_rules(place, shed, django_assert_num_queries):
    make_unit("enforcement", place.south)
    make_rule(matter=shed, unit_kind="enforcement")
    with django_assert_num_queries(3):
        list(map(str, queries.route(shed, place.grid, DAY, compound=place.compound).why))
    for kind, area in itertools.product(("police", "market", "health", "justice"), (None, place.south, place.grid)):
        make_unit(kind, area)
        make_rule(matter=shed, unit_kind=kind, area=area, duty=Duty.CO)
        make_rule(matter_class=shed.matter_class, unit_kind=kind, area=area, duty=Duty.CO)
    with django_assert_num_queries(3):
        list(map(str, queries.route(shed, place.grid, DAY, compound=place.compound).why))


_SUBJECTS = st.sampled_from(["default", "module", "class", "matter", "other"])
_AREAS = st.sampled_from(["everywhere", "district", "south", "community", "grid", "north"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.sets(st.tuples(_SUBJECTS, _AREAS, st.booleans()), max_size=12))
def test_route_never_takes_a_less_specific_rule_than_another_that_applies(place, shed, drawn):
    with transaction.atomic():
        about = {
            "default": {},
            "module": {"module": shed.module},
            "class": {"matter_class": shed.matter_class},
            "matter": {"matter": shed},
            "other": {"module": Module.PARTY},
        }
        able = make_unit("department", None, "able")
        unable = make_unit("department", None, "unable", handles=False)
        made: dict[tuple[str, str], bool] = {}
        for subject, area, can in sorted(drawn):
            if (subject, area) in made:
                continue  # one responsible unit for one thing in one area: the database holds no second
            made[subject, area] = can
            make_rule(
                **about[subject],
                area=None if area == "everywhere" else getattr(place, area),
                unit=able if can else unable,
            )
        subject_rank = ["default", "module", "class", "matter"]
        area_rank = ["everywhere", "district", "south", "community", "grid"]
        ranks = [
            (subject_rank.index(subject), area_rank.index(area))
            for (subject, area), can in made.items()
            if can and subject != "other" and area != "north"
        ]
        found = queries.route(shed, place.grid, DAY)
        assert (found.rule.specificity if found.rule else None) == max(ranks, default=None)
        assert found.main == (able if ranks else None)
        transaction.set_rollback(True)
    assert RoutingRule.objects.count() == 0
