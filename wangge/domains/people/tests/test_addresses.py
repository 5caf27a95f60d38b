"""Addresses in the writings that are met, and the property that what is composed is read as the same."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.domains.people import addresses
from wangge.domains.people.addresses import Address, compose, numeral, parse


@pytest.mark.parametrize(
    "text", ["3号楼", "三号楼", "3#", "3幢", "3栋", "03号楼", "３号楼", "3 号 楼", "三號樓", "3#楼", "3座"]
)
def test_one_building_in_every_writing(text):
    assert parse(text) == Address(building="3")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3-2-501", Address(building="3", entrance="2", room="501")),
        ("3－2－501", Address(building="3", entrance="2", room="501")),
        ("3#2-501", Address(building="3", entrance="2", room="501")),
        ("3号楼2单元501", Address(building="3", entrance="2", room="501")),
        ("3号楼2单元501室", Address(building="3", entrance="2", room="501")),
        ("三号楼二单元五楼东户", Address(building="3", entrance="2", floor=5, room="东户")),
        ("3栋2门5层502号", Address(building="3", entrance="2", floor=5, room="502")),
        ("3楼2单元", Address(building="3", entrance="2")),
        ("十二号楼两单元", Address(building="12", entrance="2")),
        ("廿三号楼", Address(building="23")),
        ("A座1203", Address(building="A", room="1203")),
        ("东2号楼西单元", Address(building="东2", entrance="西")),
        ("3-501", Address(building="3", room="501")),
        ("物业所家属院3号楼2单元301", Address(compound="物业所家属院", building="3", entrance="2", room="301")),
        ("物业所家属院", Address(compound="物业所家属院")),
        ("五一小区三号楼", Address(compound="五一小区", building="3")),
        ("槐荫路18号院 3号楼", Address(compound="槐荫路18号院", building="3")),
        ("阳光花园3-2-0501", Address(compound="阳光花园", building="3", entrance="2", room="501")),
        ("家属院3号楼后面平房", Address(compound="家属院", building="3", rest="后面平房")),
        ("", Address()),
    ],
)
def test_what_an_address_says(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("三", 3),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("廿三", 23),
        ("卅", 30),
        ("一百零二", 102),
        ("五零一", 501),
        ("两", 2),
        ("", None),
        ("甲", None),
    ],
)
def test_numerals(text, value):
    assert numeral(text) == value


@given(st.integers(1, 999))
def test_numerals_are_read_as_they_are_written(value):
    assert numeral(addresses.in_numerals(value)) == value


_numbers = st.integers(1, 99).map(str)
_places = st.builds(
    Address,
    compound=st.sampled_from(["", "物业所家属院", "阳光花园", "粮食局宿舍", "丽景城", "五一小区"]),
    building=_numbers | st.sampled_from(["A", "B2", "东3"]),
    entrance=st.just("") | _numbers | st.sampled_from(["东", "西"]),
    floor=st.none() | st.integers(1, 33),
    room=st.just("") | st.integers(101, 3304).map(str) | st.just("东户"),
)


@given(_places)
def test_what_is_composed_is_read_as_the_same(address):
    assert parse(compose(address)) == address


@given(st.text(alphabet="三3号楼单元#-东户室层栋幢 院园路A" + string.digits, max_size=20))
def test_nothing_breaks_it(text):
    found = parse(text)
    assert isinstance(found, Address)


@given(_numbers)
def test_the_names_of_a_building_lead_back_to_its_key(key):
    names = addresses.building_names(key)
    assert {addresses.building_key(name) for name in names} == {key}
    assert f"{key}号楼" in names
    assert f"{addresses.in_numerals(int(key))}号楼" in names


def test_keys_of_entrances_and_rooms():
    assert [addresses.entrance_key(name) for name in ("二单元", "02单元", "2门", "东单元", "2")] == [
        "2",
        "2",
        "2",
        "东",
        "2",
    ]
    assert [addresses.room_key(name) for name in ("0501室", "501", "501号", "东户")] == ["501", "501", "501", "东户"]
