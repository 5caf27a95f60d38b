"""Finding people: by what is found, where, and by whom not."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.people import lookup
from wangge.domains.people.actions import searching
from wangge.domains.people.actions.bulk import HouseholdDraft, load
from wangge.domains.people.addresses import Address
from wangge.domains.people.models import AccessGrant, PersonSeen, PrivacyAlert
from wangge.domains.people.tests.homes import draft
from wangge.domains.people.typed import Typed, read
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import InvalidError, NotAllowedError


def households(found: lookup.Found) -> list[int]:
    return [home.household.pk for home in found.homes if home.household]


def fitting(found: lookup.Found) -> list[int]:
    return [one.person.pk for home in found.homes for one in home.members if one.fits]


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("程志刚", Typed(names=("程志刚",))),
        ("程志刚 单玉芳", Typed(names=("程志刚", "单玉芳"))),
        ("程志刚、单玉芳", Typed(names=("程志刚", "单玉芳"))),
        ("程志刚和单玉芳", Typed(names=("程志刚", "单玉芳"))),
        ("李和平", Typed(names=("李和平",))),
        ("zhang wei", Typed(letters=("zhang", "wei"))),
        ("0007", Typed(number="0007")),
        ("001x", Typed(number="001X")),
        ("100 1234 0007", Typed(number="10012340007")),
        ("99999919850412003x", Typed(number="99999919850412003X")),
        ("程志刚 1985", Typed(names=("程志刚",), year="1985", ending="1985")),
        ("程志刚 1985年", Typed(names=("程志刚",), year="1985")),
        ("程志刚 0007", Typed(names=("程志刚",), ending="0007")),
        ("3号楼2单元301", Typed(address=Address(building="3", entrance="2", room="301"))),
        ("3-2-301", Typed(address=Address(building="3", entrance="2", room="301"))),
        ("家属院3#", Typed(address=Address(compound="家属院", building="3"))),
        ("%%%", Typed()),
        ("", Typed()),
    ],
)  # fmt: skip
def test_what_was_typed(text, typed):
    assert read(text) == typed


@pytest.mark.parametrize(
    "text",
    [
        "程志刚",
        "志刚",
        "程志",
        "chengzhigang",
        "cheng zhigang",
        "chengzg",
        "czg",
        "zhigang",
        "0007",
        "10012340007",
        "程志剛",
    ],
)
def test_one_person_by_everything_known_of_him(town, homes, text):
    found = lookup.find(town.gao, text)
    assert fitting(found) == [homes.cheng.pk]
    assert households(found) == [homes.cheng_home.pk]
    assert not found.similar
    assert [one.masked.name for one in found.homes[0].members] == ["程*刚", "单*芳", "程*雨"]
    assert found.homes[0].where.room.pk == homes.room2.pk
    assert found.homes[0].where.grid.pk == town.grid2.pk


def test_the_id_number_too(town, homes):
    from wangge.domains.people.tests.homes import CHENG

    assert fitting(lookup.find(town.gao, CHENG.id_number)) == [homes.cheng.pk]
    assert fitting(lookup.find(town.gao, CHENG.id_number[-4:].lower())) == [homes.cheng.pk]


@pytest.mark.parametrize("text", ["陈志刚", "程治刚", "程志强", "成志钢"])
def test_a_wrong_character_is_said_to_be_near(town, homes, text):
    found = lookup.find(town.gao, text)
    assert fitting(found) == [homes.cheng.pk]
    assert found.similar


@pytest.mark.parametrize(
    "text",
    [
        "程志刚 单玉芳",
        "志刚 单玉芳",
        "志刚 单",
        "程 玉芳",
        "chengzhigang shanyufang",
        "程志刚 danyufang",
        "程志刚 单玉芳 程小雨",
    ],
)
def test_names_of_one_household(town, homes, text):
    found = lookup.find(town.gao, text)
    assert households(found) == [homes.cheng_home.pk]
    assert not found.similar
    assert {homes.cheng.pk, homes.shan.pk} & set(fitting(found))


def test_one_wrong_character_beside_a_right_name(town, homes):
    found = lookup.find(town.gao, "程志强 单玉芳")
    assert households(found) == [homes.cheng_home.pk]
    assert found.similar


def test_two_names_of_two_households_are_nobody(town, homes):
    assert lookup.find(town.fang, "程志刚 吴淑芬").homes == ()


@pytest.mark.parametrize(
    ("text", "hits"),
    [("程志刚 1985年", 1), ("程志刚 1986年", 0), ("程志刚 0007", 1), ("程志刚 0008", 0), ("志刚 0007", 1)],
)
def test_a_second_fact(town, homes, text, hits):
    assert len(lookup.find(town.gao, text).homes) == hits


@pytest.mark.parametrize("who", ["lin", "zhao", "root", "tan", "he"])
@pytest.mark.parametrize("text", ["程志刚", "志刚", "czg", "0007", "程志刚 单玉芳", "5号楼", "程志强"])
def test_nobody_else_finds_them(town, homes, who, text):
    found = lookup.find(getattr(town, who), text)
    assert (found.homes, found.buildings) == ((), ())


@pytest.mark.parametrize(
    "text", ["3号楼2单元301", "三号楼二单元301室", "3#2-301", "3幢02单元301", "物业所家属院3-2-301", "家属院3栋2门301"]
)
def test_an_address_in_every_writing(town, homes, text):
    found = lookup.find(town.lin, text)
    assert households(found) == [homes.wu_home.pk]
    assert [building.pk for building in found.buildings] == [homes.building.pk]
    assert found.unmatched == ()


def test_what_of_an_address_is_not_known_is_said(town, homes):
    assert lookup.find(town.lin, "3号楼9单元301").unmatched == ("9单元",)
    assert lookup.find(town.lin, "9号楼").unmatched == ("9号楼",)
    assert lookup.find(town.lin, "月亮湾3号楼").unmatched == ("月亮湾",)
    assert lookup.find(town.lin, "3号楼2单元999").unmatched == ("999",)


def test_a_compound_by_its_other_name(town, homes):
    assert [building.pk for building in lookup.find(town.lin, "家属院").buildings] == [homes.building.pk]


def test_a_single_character_is_too_little(town, homes):
    assert lookup.find(town.gao, "程").too_little
    assert lookup.find(town.gao, "c").too_little


def test_more_than_twenty_ask_for_another_fact(town, homes):
    many = [
        HouseholdDraft(
            room_id=None, area_path=town.grid2.path, since=dt.date(2024, 1, 1),
            members=(draft("赵大川", "1980-01-01", "m", f"100555500{serial:02d}", serial=serial, role="head"),),
        )
        for serial in range(23)
    ]  # fmt: skip
    load(many, by=None, stated_on=dt.date(2026, 1, 1))
    found = lookup.find(town.gao, "赵大川")
    assert len(found.homes) == 20
    assert found.more
    assert not lookup.find(town.gao, "赵大川 0007").more
    assert len(lookup.find(town.gao, "赵大川 0007").homes) == 1


def test_a_search_is_audited_without_its_words(town, homes):
    searching.find(by=town.gao, text="程志刚 0007")
    entry = AuditEntry.objects.filter(kind="person.find").get()
    assert entry.actor_id == town.gao.pk
    assert entry.data == {"kinds": ["name", "last_four"], "hits": 1, "more": False}
    assert PersonSeen.objects.count() == 0


def test_without_the_right_nothing_is_searched(town, homes):
    with pytest.raises(NotAllowedError):
        searching.find(by=town.root, text="程志刚")
    assert AuditEntry.objects.filter(kind="person.find").count() == 0


class TestTheLostChild:
    def test_lin_finds_the_family_beyond_her_grid(self, town, homes):
        found = searching.find_lost(by=town.lin, names=["程志刚", "单玉芳"])
        assert households(found) == [homes.cheng_home.pk]
        assert found.homes[0].members[0].masked.phone == "100****0007"
        grant = AccessGrant.objects.get()
        assert (grant.user_id, grant.household_id, grant.purpose) == (town.lin.pk, homes.cheng_home.pk, "rescue")
        alert = PrivacyAlert.objects.get(kind="rescue")
        assert alert.households == [homes.cheng_home.pk]
        entry = AuditEntry.objects.get(kind="person.lost")
        assert entry.data == {"kinds": ["name", "name"], "place": False, "hits": 1, "more": False}

    def test_in_another_street_by_whole_and_by_less_than_whole_names(self, town, homes):
        for names in (
            ["孙大伟", "孙小雨"],
            ["大伟", "孙小雨"],
            ["大伟", "小雨"],
            ["sundawei", "sunxiaoyu"],
            ["孙大维", "孙小雨"],
        ):
            found = lookup.lost(town.lin, names)
            assert households(found) == [homes.sun_home.pk], names

    def test_one_name_is_not_enough(self, town, homes):
        with pytest.raises(InvalidError):
            searching.find_lost(by=town.lin, names=["程志刚", " "])
        assert AccessGrant.objects.count() == AuditEntry.objects.filter(kind="person.lost").count() == 0

    def test_nobody_without_the_right(self, town, homes):
        with pytest.raises(NotAllowedError):
            searching.find_lost(by=town.root, names=["程志刚", "单玉芳"])
        assert lookup.lost(town.root, ["程志刚", "单玉芳"]).homes == ()

    def test_more_than_three_are_not_shown(self, town, homes):
        many = [
            HouseholdDraft(
                room_id=homes.room2.pk if place == 0 else None, area_path=town.grid3.path, since=dt.date(2024, 1, 1),
                members=(
                    draft("赵大川", "1980-01-01", "m", serial=place * 2, role="head"),
                    draft("钱小满", "1982-01-01", "f", serial=place * 2 + 1, role="spouse"),
                ),
            )
            for place in range(4)
        ]  # fmt: skip
        load(many, by=None, stated_on=dt.date(2026, 1, 1))
        found = searching.find_lost(by=town.lin, names=["赵大川", "钱小满"])
        assert found.homes == ()
        assert found.more
        assert AccessGrant.objects.count() == 0
        narrower = searching.find_lost(by=town.lin, names=["赵大川", "钱小满"], place="5号楼")
        assert len(narrower.homes) == 1

    def test_nobody_of_that_name(self, town, homes):
        found = searching.find_lost(by=town.lin, names=["程志刚", "钱小满"])
        assert found.homes == ()
        assert AccessGrant.objects.count() == 0
        assert AuditEntry.objects.filter(kind="person.lost").count() == 1
