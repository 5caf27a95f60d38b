"""Names as they are written, cut, read and typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.domains.people import names, tokens
from wangge.domains.people.name_tables import GIVEN_READINGS, SIMPLER, SURNAME_READINGS

_SOME = "程志刚单玉芳张伟李王曾国藩欧阳娜小雨重乐长解晓㛃䶮𠮷·张伟"
_names = st.text(alphabet=_SOME, min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("張偉", "张伟"), ("单玉芳", "单玉芳"), (" 张　伟 ", "张伟"), ("阿卜杜拉·买买提", "阿卜杜拉买买提"), ("阿卜杜拉．买买提", "阿卜杜拉买买提"),
        ("Ｊｏｈｎ Smith", "johnsmith"), ("㛃䶮", "㛃䶮"), ("𠮷田", "𠮷田"), ("劉國華", "刘国华"), ("", ""), ("·", ""),
    ],
)  # fmt: skip
def test_what_is_compared(written, compared):
    assert names.plain(written) == compared


@given(st.text(max_size=60))
def test_comparing_twice_changes_nothing(text):
    assert names.plain(names.plain(text)) == names.plain(text)


def test_no_simplified_character_is_simplified_further():
    chained = {
        chr(key): value
        for key, value in SIMPLER.items()
        if value and ord(value) in SIMPLER and SIMPLER[ord(value)] != value
    }
    assert chained == {}


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("单玉芳", "shanyufang"), ("曾国藩", "zengguofan"), ("解晓东", "xiexiaodong"), ("仇英", "qiuying"), ("查良镛", "zhaliangyong"),
        ("盖叫天", "gejiaotian"), ("区志强", "ouzhiqiang"), ("朴树", "piaoshu"), ("任盈盈", "renyingying"), ("尉迟恭", "yuchigong"),
        ("万俟卨", "moqixie"), ("欧阳修", "ouyangxiu"), ("吕布", "lvbu"), ("㛃䶮", "jieyan"), ("单玉芳", "danyufang"),
    ],
)  # fmt: skip
def test_surnames_are_read_as_surnames(name, reading):
    assert reading in names.sounds(name)


@pytest.mark.parametrize(("surname", "readings"), SURNAME_READINGS.items())
def test_every_reading_in_the_table_is_found(surname, readings):
    found = names.sounds(surname + "伟") | names.sounds(surname)
    assert {reading.replace(" ", "") + "wei" for reading in readings} <= found


@pytest.mark.parametrize(("char", "readings"), GIVEN_READINGS.items())
def test_characters_read_in_two_ways_are_found_by_both(char, readings):
    assert {f"zhang{reading}" for reading in readings} <= names.sounds("张" + char)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("张伟", "zhangw"), ("张伟", "zw"), ("张伟", "zhang wei"), ("张伟杰", "zhangw"), ("张伟杰", "zhangwj"), ("张伟杰", "zhang weij"),
        ("张伟杰", "weijie"), ("张伟杰", "zwj"), ("张伟杰", "ZhangWeiJie"), ("欧阳娜娜", "ouyangnn"), ("吕布", "lyubu"), ("吕布", "lǚ bù"),
        ("曾国藩", "zengguof"), ("王重阳", "wangchongyang"), ("西安", "xi'an"),
    ],
)  # fmt: skip
def test_ways_of_typing_a_name_share_a_token_with_it_and_fit_it(name, typed):
    letters = names.as_typed(typed)
    asked = {("sound", letters), ("given", letters), ("initials", letters)} | {
        ("begun", one) for one in names.beginnings(letters)
    }
    held = {("sound", one) for one in names.sounds(name)} | {("given", one) for one in names.given_sounds(name)}
    held |= {("initials", one) for one in names.initials(name)} | {("begun", one) for one in names.begun(name)}
    assert asked & held
    assert names.reads_as(name, letters)


@pytest.mark.parametrize(
    ("name", "typed"), [("张伟", "zhangl"), ("张伟", "li"), ("李伟", "zhangwei"), ("张伟", "zhangweijie")]
)
def test_what_is_no_way_of_typing_a_name(name, typed):
    assert not names.reads_as(name, names.as_typed(typed))


@pytest.mark.parametrize("typed", ["张伟", "zhang1", "", "12", "张wei"])
def test_only_letters_are_a_reading(typed):
    assert names.as_typed(typed) == ""


@pytest.mark.parametrize(
    ("name", "other", "one"),
    [
        ("程志刚", "陈志刚", True), ("程志刚", "程治刚", True), ("程志刚", "程志强", True), ("程志刚", "程志", True), ("程志刚", "程小志刚", True),
        ("程志刚", "程志刚", False), ("程志刚", "陈治刚", False), ("张", "李", True), ("程志刚", "刚", False),
    ],
)  # fmt: skip
def test_one_wrong_character(name, other, one):
    assert names.differs_by_one(name, other) is one
    assert names.differs_by_one(other, name) is one


@given(
    st.text(alphabet="程志刚单玉芳张伟李王", min_size=3, max_size=5), st.integers(0, 4), st.sampled_from("程志刚孙钱")
)
def test_a_name_with_one_wrong_character_still_shares_a_token(name, place, char):
    place %= len(name)
    wrong = name[:place] + char + name[place + 1 :]
    kept = names.parts(name) | names.skips(name)
    asked = names.parts(wrong) | names.skips(wrong)
    assert kept & asked


@given(_names)
def test_every_name_is_read_and_every_reading_can_be_typed(name):
    plain = names.plain(name)
    if not plain:
        return
    for reading in names.readings(plain):
        letters = names.as_typed("".join(reading))
        assert not letters or names.reads_as(plain, letters)


@given(_names, _names)
def test_tokens_of_another_street_are_other_tokens(name, number):
    here, there = (tokens.of_name(name, street=street) for street in ("/1/2/", "/1/3/"))
    whole = {tokens.token("name", names.plain(name))} if names.plain(name) else set()
    assert here & there == whole


def test_a_usual_person_costs_thirteen_tokens():
    assert (
        len(tokens.of_person(name="程志刚", id_number="99999919850412003X", phone="10012340007", street="/1/2/")) == 13
    )


def test_numbers_are_compared_without_spaces_and_country():
    assert tokens.number("+86 100-1234 0007") == "10012340007"
    assert tokens.number("99999919850412003x") == "99999919850412003X"
    assert tokens.number("０１２３") == "0123"


@pytest.mark.parametrize(("path", "street"), [("/1/4/17/80/", "/1/4/"), ("/1/4/", "/1/4/"), ("/1/", ""), ("", "")])
def test_the_street_of_a_path(path, street):
    assert tokens.street_of(path) == street
