"""Numbers that carry their own proof."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.domains.people import identity
from wangge.domains.people.tests.homes import id_number

TODAY = dt.date(2026, 11, 21)


def test_a_number_that_ends_in_x():
    # The check character follows GB 11643-1999; the prefix 999999 is nobody's.
    read = identity.read_id("99999919491231048x", on=TODAY)
    assert read == identity.Identity("99999919491231048X", dt.date(1949, 12, 31), "f")


def test_fifteen_become_eighteen():
    assert identity.read_id("999999491231048", on=TODAY).number == "99999919491231048X"


def test_the_serials_of_centenarians():
    assert identity.read_id("999999981231998", on=dt.date(2000, 1, 1)).born == dt.date(1898, 12, 31)


def test_as_people_type_it():
    assert identity.read_id(" ９９９９９９ 19491231-048Ｘ", on=TODAY).number == "99999919491231048X"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "length"),
        ("4.1E+17", "length"),
        ("9999991949123104", "length"),
        ("99999919491231048Y", "characters"),
        ("९९९९९९१९४९१२३१००२X", "characters"),
        ("999999194913310027", "date"),
        ("999999203012310021", "future"),
        ("999999189012310023", "too_old"),
        ("999999194912310040", "checksum"),
    ],
)
def test_what_is_no_number(text, reason):
    with pytest.raises(identity.WrongNumberError) as refusal:
        identity.read_id(text, on=TODAY)
    assert refusal.value.reason == reason


@given(st.dates(dt.date(1910, 1, 1), TODAY), st.integers(0, 49), st.sampled_from("mf"), st.integers(0, 16))
def test_one_wrong_digit_never_passes(born, serial, sex, position):
    number = id_number(born.isoformat(), serial, sex=sex)
    read = identity.read_id(number, on=TODAY)
    assert (read.number, read.born, read.sex) == (number, born, sex)
    wrong = number[:position] + str((int(number[position]) + 1) % 10) + number[position + 1 :]
    with pytest.raises(identity.WrongNumberError):
        identity.read_id(wrong, on=TODAY)


def test_a_credit_code():
    # The published code of the office that issues them (全国组织机构统一社会信用代码数据服务中心).
    code = "91350100M000100Y4" + identity.credit_check("91350100M000100Y4")
    assert identity.read_credit_code(code.lower()) == code
    assert code == "91350100M000100Y43"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("91350100M000100Y4", "length"),
        ("91350100M000100Y4I", "characters"),
        ("9135A100M000100Y43", "characters"),
        ("91350100M000100Y44", "checksum"),
    ],
)
def test_what_is_no_credit_code(text, reason):
    with pytest.raises(identity.WrongNumberError) as refusal:
        identity.read_credit_code(text)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("born", "years"),
    [
        ("1947-11-21", 79),
        ("1947-11-22", 78),
        ("1947-11", 79),
        ("1947", 79),
        ("", None),
        ("unknown", None),
        ("2030", None),
    ],
)
def test_age(born, years):
    assert identity.age(born, on=TODAY) == years


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("1950", True),
        ("1950-03", True),
        ("1950-03-31", True),
        ("1950-02-30", False),
        ("1950-3", False),
        ("19500331", False),
        ("2027", False),
        ("1890", False),
        ("", False),
    ],
)
def test_what_may_stand_as_a_birth(text, fits):
    assert identity.is_birth(text, on=TODAY) is fits
