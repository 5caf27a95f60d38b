"""The conditions of policies: three values, ages that are not quite known, sentences, and what cannot be read."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from wangge.domains.people import policies
from wangge.domains.people.circumstances import KINDS, UnknownKindError, checked, months_after
from wangge.domains.people.policies import Facts, Need, Outcome, RuleError, Truth, ages, check, holds, judge, sentence

DAY = dt.date(2026, 11, 21)
SHIPPED = Path(__file__).resolve().parents[4] / "deploy" / "policies"

bounds = st.one_of(
    st.builds(lambda n: {"at_least": n}, st.integers(1, 120)),
    st.builds(lambda n: {"below": n}, st.integers(1, 120)),
    st.builds(lambda a, b: {"at_least": a, "below": a + b}, st.integers(1, 80), st.integers(1, 40)),
)


@st.composite
def needing(draw, key):
    kind = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    rule = {key: kind.code}
    for one in kind.details:
        if draw(st.booleans()):
            values = draw(st.lists(st.sampled_from(sorted(one.values)), min_size=1, max_size=2, unique=True))
            rule["where"] = {one.key: values}
    return rule


simple = st.one_of(
    st.builds(lambda b: {"age": b}, bounds),
    st.builds(lambda b: {"household_size": b}, bounds),
    st.sampled_from([{"sex": "m"}, {"sex": "f"}]),
    st.builds(
        lambda found: {"registration": found},
        st.lists(st.sampled_from(["here", "apart", "migrant", "abroad"]), min_size=1, unique=True),
    ),
    needing("need"),
    needing("household_need"),
    st.sampled_from([{"draws": "minimum-allowance"}, {"household_draws": "senior-allowance"}]),
)
rules = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.builds(lambda c: {"not": c}, inner),
        st.builds(lambda cs: {"any": cs}, st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda cs: {"all": cs}, st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=5,
)
readable = rules.filter(lambda rule: _depth(rule) <= policies.DEEPEST)
born = st.one_of(
    st.just(""),
    st.dates(dt.date(1920, 1, 1), DAY).map(dt.date.isoformat),
    st.dates(dt.date(1920, 1, 1), DAY).map(lambda d: d.isoformat()[:7]),
    st.integers(1920, 2026).map(str),
)


def _depth(rule) -> int:
    inner = [rule["not"]] if "not" in rule else rule.get("any", rule.get("all", []))
    return 1 + max((_depth(one) for one in inner), default=0)


@st.composite
def needs(draw):
    kind = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    return Need(kind.code, {one.key: draw(st.sampled_from(sorted(one.values))) for one in kind.details})


facts = st.builds(
    Facts,
    born=born,
    sex=st.sampled_from(["", "m", "f"]),
    registration=st.sampled_from(["here", "apart", "migrant", "abroad", "unknown"]),
    needs=st.lists(needs(), max_size=3).map(tuple),
    draws=st.sampled_from([frozenset(), frozenset({"minimum-allowance"})]),
    household_size=st.one_of(st.none(), st.integers(1, 8)),
    household_needs=st.lists(needs(), max_size=3).map(tuple),
    household_draws=st.sampled_from([frozenset(), frozenset({"senior-allowance"})]),
)


@given(rules, facts)
def test_twice_not_is_the_same(rule, person):
    assert holds({"not": {"not": rule}}, person, DAY) is holds(rule, person, DAY)


@given(rules, rules, facts)
def test_none_of_them_is_not_any_of_them(one, other, person):
    neither = {"all": [{"not": one}, {"not": other}]}
    assert holds(neither, person, DAY) is holds({"not": {"any": [one, other]}}, person, DAY)


@given(rules, facts, st.dates(dt.date(1920, 1, 1), DAY), st.sampled_from("mf"), st.integers(1, 8))
def test_knowing_more_never_turns_yes_into_no(rule, person, birthday, sex, size):
    """What was certain stays certain when an unknown fact becomes known."""
    import dataclasses

    more = dataclasses.replace(
        person,
        born=person.born or birthday.isoformat(),
        sex=person.sex or sex,
        registration="here" if person.registration == "unknown" else person.registration,
        household_size=person.household_size or size,
    )
    before = holds(rule, person, DAY)
    if before is not Truth.UNKNOWN:
        assert holds(rule, more, DAY) is before
    assert holds(rule, more, DAY) is not Truth.UNKNOWN or len(more.born) < 10


@given(st.dates(dt.date(1920, 1, 1), DAY), st.dates(DAY, dt.date(2040, 1, 1)))
def test_a_rough_date_of_birth_holds_the_exact_age(birthday, on):
    exact = ages(birthday.isoformat(), on)
    assert exact is not None
    assert exact[0] == exact[1]
    for rough in (birthday.isoformat()[:7], birthday.isoformat()[:4]):
        low, high = ages(rough, on)
        assert low <= exact[0] <= high <= low + 1


@given(st.lists(readable, min_size=1, max_size=3), facts)
def test_a_judgement_explains_itself(conditions, person):
    said = judge(conditions, person, DAY)
    assert len(said.because) + len(said.missing) + len(said.unknown) == len(conditions)
    assert (said.outcome is Outcome.ELIGIBLE) == (len(said.because) == len(conditions))
    assert (said.outcome is Outcome.NOT) == bool(said.missing)
    assert policies.outcome(conditions, person, DAY) is said.outcome


@given(readable)
def test_every_rule_can_be_kept_and_read_aloud(rule):
    assert check(json.loads(json.dumps([rule]))) == [rule]
    with translation.override("en"):
        assert sentence(rule).strip()


@pytest.mark.parametrize(
    ("birthday", "on", "expected"),
    [
        ("1946-11-21", DAY, (80, 80)),
        ("1946-11-22", DAY, (79, 79)),
        ("1946-11", DAY, (79, 80)),
        ("1946", DAY, (79, 80)),
        ("1946-10", DAY, (80, 80)),
        ("1948-02-29", dt.date(2027, 2, 28), (78, 78)),
        ("1948-02-29", dt.date(2027, 3, 1), (79, 79)),
        ("", DAY, None),
        ("1946-13", DAY, None),
        ("1946-02-30", DAY, None),
        ("46", DAY, None),
        ("１９４６", DAY, None),
    ],
)
def test_full_years(birthday, on, expected):
    assert ages(birthday, on) == expected


def test_eighty_is_reached_on_the_birthday_and_said_so():
    rule = [{"age": {"at_least": 80}}, {"registration": ["here", "apart"]}]
    with translation.override("zh-hans"):
        day_before = judge(rule, Facts(born="1946-11-22", registration="here"), DAY)
        on_the_day = judge(rule, Facts(born="1946-11-21", registration="here"), DAY)
        nobody_knows = judge(rule, Facts(born="1946", registration="here"), DAY)
    assert day_before.outcome is Outcome.NOT
    assert [(line.text, line.fact) for line in day_before.missing] == [("年满80周岁", "79周岁")]
    assert on_the_day.outcome is Outcome.ELIGIBLE
    assert nobody_knows.outcome is Outcome.UNSURE
    assert [line.fact for line in nobody_knows.unknown] == ["79–80周岁"]
    with translation.override("en"):
        assert judge(rule, Facts(), DAY).unknown[0].text == "80 years or older"


@pytest.mark.parametrize(
    ("person", "outcome"),
    [
        (Facts(registration="here", needs=(Need("disabled", {"grade": "2"}),)), Outcome.ELIGIBLE),
        (Facts(registration="here", needs=(Need("disabled", {"grade": "3"}),)), Outcome.NOT),
        (Facts(registration="unknown", needs=(Need("disabled", {"grade": "1"}),)), Outcome.UNSURE),
        (
            Facts(registration="here", needs=(Need("disabled", {"grade": "1"}),), draws=frozenset({"senior"})),
            Outcome.NOT,
        ),
    ],
)
def test_a_need_with_particulars_and_another_benefit(person, outcome):
    rule = [
        {"need": "disabled", "where": {"grade": ["1", "2"]}},
        {"registration": ["here"]},
        {"not": {"draws": "senior"}},
    ]
    assert judge(rule, person, DAY).outcome is outcome


@pytest.mark.parametrize(
    "broken",
    [
        [],
        {},
        "age",
        [{}],
        [{"age": {}}],
        [{"age": {"at_least": 0}}],
        [{"age": {"at_least": "80"}}],
        [{"age": {"at_least": True}}],
        [{"age": {"at_least": 80, "below": 80}}],
        [{"age": {"at_least": 80, "over": 1}}],
        [{"sex": "x"}],
        [{"sex": "m", "age": {"at_least": 1}}],
        [{"registration": []}],
        [{"registration": ["unknown"]}],
        [{"registration": "here"}],
        [{"need": "rich"}],
        [{"need": "disabled", "where": {"colour": ["1"]}}],
        [{"need": "disabled", "where": {"grade": ["5"]}}],
        [{"need": "disabled", "where": {"grade": []}}],
        [{"age": {"at_least": 1}, "where": {}}],
        [{"any": [{"sex": "m"}]}],
        [{"not": []}],
        [{"not": {"not": {"not": {"not": {"sex": "m"}}}}}],
        [{"draws": ""}],
        [{"score": 5}],
        [{"sex": "m"}] * (policies.MOST + 1),
    ],
)
def test_what_cannot_be_read_is_refused(broken):
    with pytest.raises(RuleError):
        check(broken)


def test_a_mistake_says_where_it_stands():
    with pytest.raises(RuleError) as mistake:
        check([{"sex": "f"}, {"any": [{"sex": "f"}, {"need": "rich"}]}])
    assert mistake.value.where == "1.any.1"


def test_needs_are_a_closed_list():
    assert checked("disabled", {"grade": "2"}) == {"grade": "2"}
    assert checked("lives_alone", {}) == {}
    for kind, detail in (("rich", {}), ("disabled", {}), ("disabled", {"grade": "9"}), ("lives_alone", {"a": "b"})):
        with pytest.raises(UnknownKindError):
            checked(kind, detail)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (dt.date(2026, 1, 31), 1, dt.date(2026, 2, 28)),
        (dt.date(2028, 1, 31), 1, dt.date(2028, 2, 29)),
        (dt.date(2026, 12, 15), 12, dt.date(2027, 12, 15)),
        (dt.date(2026, 10, 31), 4, dt.date(2027, 2, 28)),
        (dt.date(2026, 5, 1), 0, dt.date(2026, 5, 1)),
    ],
)
def test_months_later(day, months, expected):
    assert months_after(day, months) == expected


def test_the_shipped_policies_can_be_read_and_name_no_amount():
    from wangge.domains.people.actions.policy_versions import _read

    shipped = _read(SHIPPED)
    assert len(shipped) == 13
    for one in shipped:
        assert "（示例）" in one.text.benefit
        assert "元" not in one.text.benefit
