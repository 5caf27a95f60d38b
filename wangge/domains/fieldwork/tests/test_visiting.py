"""When a door is next due: pure rules, and the property that one visit answers them all."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from wangge.domains.fieldwork import visiting
from wangge.domains.fieldwork.visiting import Door, Due, Rule
from wangge.domains.people.circumstances import KINDS

TODAY = dt.date(2026, 11, 21)
SINCE = dt.date(2024, 1, 1)
WEEKLY = Rule("aged", "aged", 7, SINCE)
MONTHLY = Rule("unable", "need", 31, SINCE, need="unable_self_care")
YEARLY = Rule("yearly", "ordinary", 365, SINCE)
NEW = Rule("new-tenant", "new_tenant", 7, SINCE)
ALL = (WEEKLY, MONTHLY, YEARLY, NEW)


def door(**more) -> Door:
    return Door(**({"area_path": "/1/2/3/4/", "building": 5, "known_since": SINCE} | more))


def ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


def test_the_nearest_rule_of_a_door_decides_and_what_is_near_is_done_on_the_same_visit():
    held = door(oldest=83, needs=frozenset({"unable_self_care"}), seen_on=ago(2))
    assert visiting.due(ALL, held, TODAY) == Due(TODAY + dt.timedelta(days=5), (), care=True)
    assert visiting.due(ALL, door(seen_on=ago(2)), TODAY) == Due(TODAY + dt.timedelta(days=363), ("yearly",))
    late = door(oldest=83, seen_on=ago(361))
    assert visiting.due(ALL, late, TODAY) == Due(ago(354), (), care=True)


def test_a_new_tenant_is_visited_within_a_week_and_once():
    held = door(moved_in=ago(3), known_since=ago(3))
    assert visiting.due(ALL, held, TODAY) == Due(TODAY + dt.timedelta(days=4), ("new-tenant",))
    met = door(moved_in=ago(3), known_since=ago(3), seen_on=ago(1))
    assert visiting.due(ALL, met, TODAY) == Due(TODAY + dt.timedelta(days=364), ("yearly",))
    assert not visiting.fits(door(moved_in=ago(61)), "new_tenant", today=TODAY)


def test_nobody_at_home_is_due_again_in_three_days_and_not_sooner():
    held = door(oldest=83, seen_on=ago(7), nobody_on=TODAY)
    assert visiting.due(ALL, held, TODAY).due_on == TODAY + dt.timedelta(days=3)
    early = door(oldest=83, seen_on=ago(1), nobody_on=TODAY)
    assert visiting.due(ALL, early, TODAY).due_on == TODAY + dt.timedelta(days=6)
    met_since = door(oldest=83, seen_on=ago(0), nobody_on=ago(4))
    assert visiting.due(ALL, met_since, TODAY).due_on == TODAY + dt.timedelta(days=7)


def test_who_declines_or_is_leaving_is_left_alone():
    assert visiting.due(ALL, door(oldest=90, declines=True), TODAY) is None
    assert visiting.due(ALL, door(oldest=90, leaving=True), TODAY) is None


def test_who_was_found_gone_and_is_not_is_looked_for():
    assert visiting.due(ALL, door(seen_on=ago(9), gone_on=ago(1)), TODAY) == Due(ago(1), ("gone",))
    assert visiting.due(ALL, door(seen_on=ago(0), gone_on=ago(1)), TODAY).codes == ("yearly",)


def test_what_was_never_visited_is_spread_over_its_interval_by_building():
    fresh = [visiting.due([YEARLY], door(building=n, known_since=TODAY), TODAY).due_on for n in range(365)]
    assert len(set(fresh)) == 365
    assert min(fresh) == TODAY + dt.timedelta(days=1)
    assert max(fresh) == TODAY + dt.timedelta(days=365)
    aged = [visiting.due([WEEKLY], door(building=n, oldest=81, known_since=TODAY), TODAY).due_on for n in range(70)]
    assert Counter(aged) == {TODAY + dt.timedelta(days=n): 10 for n in range(1, 8)}


def test_what_was_too_long_ago_when_the_registry_or_the_rule_began_is_spread_too():
    def days(rule: Rule, **more) -> set[dt.date]:
        return {visiting.due([rule], door(building=n, **more), TODAY).due_on for n in range(365)}

    old, new = {"seen_on": ago(400), "known_since": TODAY}, dataclasses.replace(YEARLY, since=TODAY)
    assert min(days(YEARLY, **old)) == min(days(new, seen_on=ago(400))) == TODAY + dt.timedelta(days=1)
    assert (len(days(YEARLY, **old)), len(days(new, seen_on=ago(400)))) == (365, 365)
    # What was seen in time goes on as it went, and what has become late since is late.
    assert days(YEARLY, seen_on=ago(300), known_since=TODAY) == {TODAY + dt.timedelta(days=65)}
    assert days(YEARLY, seen_on=ago(400), known_since=ago(500)) == {ago(35)}


def test_firms_and_homes_are_not_mixed():
    shop = door(firm=True, kinds=frozenset({"shop"}), sites=frozenset({"market"}))
    firms = Rule("firms", "firm", 30, SINCE, kind="shop")
    assert visiting.due([*ALL, firms], shop, TODAY).codes == ("firms",)
    assert visiting.due([*ALL], shop, TODAY) is None
    assert visiting.fits(shop, "site", kind="market", today=TODAY)
    assert not visiting.fits(shop, "site", kind="school", today=TODAY)
    assert visiting.due([firms], door(), TODAY) is None


def test_the_rule_of_the_nearest_place_counts():
    here = Rule("aged", "aged", 3, SINCE, area_path="/1/2/3/")
    elsewhere = Rule("aged", "aged", 1, SINCE, area_path="/1/2/9/")
    assert visiting.rules_at([WEEKLY, here, elsewhere, YEARLY], "/1/2/3/4/") == [here, YEARLY]
    assert visiting.rules_at([WEEKLY, here], "/1/2/8/") == [WEEKLY]


def test_a_day_that_stands_is_not_moved_on_night_after_night():
    first = visiting.kept(None, ago(40), TODAY)
    assert first == TODAY
    tomorrow = TODAY + dt.timedelta(days=1)
    assert visiting.kept(first, ago(40), tomorrow) == TODAY
    assert visiting.kept(TODAY + dt.timedelta(days=300), tomorrow, TODAY) == tomorrow
    assert visiting.kept(ago(5), TODAY + dt.timedelta(days=9), TODAY) == TODAY + dt.timedelta(days=9)


rules = st.lists(
    st.builds(
        lambda n, what, days, need: Rule(f"r{n}", what, days, SINCE, need=need if what == "need" else ""),
        st.integers(0, 9),
        st.sampled_from(["need", "aged", "ordinary", "new_tenant"]),
        st.integers(1, 732),
        st.sampled_from(sorted(KINDS)),
    ),
    unique_by=lambda rule: rule.code,
)
days = st.integers(0, 800).map(ago)
doors = st.builds(
    door,
    needs=st.frozensets(st.sampled_from(sorted(KINDS))),
    oldest=st.none() | st.integers(0, 110),
    moved_in=st.none() | days,
    known_since=days,
    nobody_on=st.none() | days,
)


@given(rules, doors)
def test_one_visit_answers_every_rule_until_its_own_interval_is_over(held, before):
    import dataclasses

    met = dataclasses.replace(before, seen_on=TODAY)
    asked = [(visiting.day_of(rule, met, TODAY), rule) for rule in held]
    assert [
        rule.code for day, rule in asked if day is not None and day < TODAY + dt.timedelta(days=rule.every_days)
    ] == []
    after = visiting.due(held, met, TODAY)
    applying = [rule.every_days for day, rule in asked if day is not None]
    if applying:
        assert after is not None
        assert after.due_on == TODAY + dt.timedelta(days=min(applying))
    else:
        assert after is None


@given(rules, doors)
def test_a_refusal_is_respected_whatever_the_rules(held, before):
    import dataclasses

    assert visiting.due(held, dataclasses.replace(before, declines=True), TODAY) is None
