"""Applying deltas equals the whole, whatever happens in between; a phone that lost something is found out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.domains.fieldwork.deltas import Held, delta, digest, marks_of, version, versioned

VALUES = st.one_of(st.none(), st.integers(-5, 5), st.text(max_size=3), st.lists(st.floats(0, 1), max_size=2))
ID_KINDS = st.sampled_from([st.integers(1, 12), st.sampled_from(["a", "b", "NC-1", "10", "9"])])
STATES = ID_KINDS.flatmap(lambda ids: st.lists(st.dictionaries(ids, VALUES, max_size=8), min_size=1, max_size=6))


def items(state):
    return versioned({"id": pk, "says": value} for pk, value in state.items())


def held(phone) -> Held:
    marks = marks_of(phone.values())
    return Held(len(marks), digest(marks))


def numeric(state) -> bool:
    return all(isinstance(pk, int) for one in state for pk in one)


def apply(phone: dict, change) -> dict:
    after = {} if change.full else dict(phone)
    for pk in change.gone:
        del after[pk]
    return after | {item["id"]: item for item in change.items}


def whole(state) -> dict:
    return {item["id"]: item for item in items(state)}


@given(STATES)
def test_deltas_applied_one_after_the_other_equal_the_whole(states):
    phone, given_ = {}, None
    for nth, state in enumerate(states):
        change = delta(items(state), given=given_, held=held(phone), numeric=numeric(states))
        phone = apply(phone, change)
        assert phone == whole(state)
        assert (change.count, change.digest) == (len(state), held(phone).digest)
        assert not change.drifted
        assert nth == 0 or not change.full
        given_ = marks_of(items(state))


@given(STATES)
def test_only_what_changed_travels(states):
    before, now = states[0], states[-1]
    change = delta(items(now), given=marks_of(items(before)), held=held(whole(before)), numeric=numeric(states))
    same = {item["id"]: item["v"] for item in items(before)}
    assert {item["id"] for item in change.items} == {i["id"] for i in items(now) if same.get(i["id"]) != i["v"]}
    assert {str(pk) for pk in change.gone} == {str(pk) for pk in before} - {str(pk) for pk in now}


@given(STATES, st.data())
def test_a_phone_that_lost_or_changed_something_is_given_it_whole(states, data):
    before, now = states[0], states[-1]
    if not before:
        return
    phone = whole(before)
    pk = data.draw(st.sampled_from(sorted(phone, key=str)))
    if data.draw(st.booleans()):
        del phone[pk]
    else:
        phone[pk] = phone[pk] | {"v": "0000000000"}
    change = delta(items(now), given=marks_of(items(before)), held=held(phone), numeric=numeric(states))
    if held(phone) == held(whole(now)):
        assert change.items == [] == change.gone
    else:
        assert (change.full, change.drifted) == (True, True)
    assert apply(phone, change) == whole(now)


@given(STATES)
def test_an_answer_that_was_lost_costs_bytes_and_nothing_else(states):
    """The server has moved on, the phone still stands where it was: its token is not known any more."""
    phone = whole(states[0])
    change = delta(items(states[-1]), given=None, held=held(phone))
    assert apply(phone, change) == whole(states[-1])
    assert not change.drifted


def test_the_digest_is_what_a_browser_computes():
    """sha256 of "10 bb\\n2 aa\\na cc\\n": the ids as text, in code point order."""
    assert digest({"2": "aa", "a": "cc", "10": "bb"}) == "3263f6ce657ce782"
    assert digest({}) == "e3b0c44298fc1c14"


def test_the_same_content_has_the_same_version_whatever_the_order_of_its_keys():
    assert version({"id": 1, "a": 2, "v": "x"}) == version({"a": 2, "id": 1})
    assert version({"id": 1, "a": 2}) != version({"id": 1, "a": "2"})


@pytest.mark.parametrize("state", [{}, {1: "a"}])
def test_nothing_travels_to_who_has_it_all(state):
    change = delta(items(state), given=None, held=held(whole(state)))
    assert (change.full, change.items, change.gone) == (False, [], [])
