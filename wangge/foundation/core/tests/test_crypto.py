"""Sealing, blind indexes, link codes."""

import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wangge.foundation.core import crypto, datakeys

FIXED = settings(derandomize=True, database=None, deadline=None, max_examples=100)


def seal(text="10012345678", purpose="report.phone", bound_to="row-1"):
    return crypto.seal(text, purpose=purpose, bound_to=bound_to)


def unseal(sealed, purpose="report.phone", bound_to="row-1"):
    return crypto.unseal(sealed, purpose=purpose, bound_to=bound_to)


@FIXED
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_what_is_sealed_opens_again(text):
    assert unseal(seal(text)) == text


def test_the_same_text_is_sealed_differently_each_time():
    assert len({seal() for _n in range(20)}) == 20


def test_it_opens_only_for_its_row_and_its_purpose():
    with pytest.raises(crypto.UnreadableError):
        unseal(seal(), bound_to="row-2")
    with pytest.raises(crypto.UnreadableError):
        unseal(seal(), purpose="report.name")


def test_every_single_bit_is_guarded():
    sealed = seal("吴")
    for position in range(len(sealed)):
        tampered = bytearray(sealed)
        tampered[position] ^= 1
        with pytest.raises(crypto.UnreadableError):
            unseal(bytes(tampered))


@pytest.mark.parametrize("rubbish", [b"", b"x", b"\x00" * 11, b"\x00" * 12, b"\x00" * 28, b"plain text of a number"])
def test_rubbish_is_unreadable_and_nothing_worse(rubbish):
    with pytest.raises(crypto.UnreadableError):
        unseal(rubbish)


def test_a_cut_or_lengthened_value_is_unreadable():
    for wrong in (seal()[:-1], seal()[1:], seal() + b"\x00"):
        with pytest.raises(crypto.UnreadableError):
            unseal(wrong)


def test_it_reads_what_the_database_returns():
    assert unseal(memoryview(seal())) == "10012345678"


def test_another_key_opens_nothing(settings):
    sealed, blind = seal(), crypto.blind("吴", purpose="p")
    settings.WANGGE_DATA_KEY = b"\x01" * 32
    datakeys.forget()
    try:
        with pytest.raises(crypto.UnreadableError):
            unseal(sealed)
        assert crypto.blind("吴", purpose="p") != blind
    finally:
        datakeys.forget()


def test_blind_indexes_find_the_same_value_of_the_same_purpose():
    one = crypto.blind("10012345678", purpose="a")
    assert one == crypto.blind("10012345678", purpose="a")
    assert len({one, crypto.blind("10012345678", purpose="b"), crypto.blind("10012345679", purpose="a")}) == 3
    assert 0 <= one < 2**63


def test_link_codes_are_long_unguessable_and_each_its_own():
    ids = [str(uuid.uuid4()) for _n in range(200)]
    codes = {crypto.link_code(i, purpose="report") for i in ids}
    assert len(codes) == 200
    assert {len(code) for code in codes} == {26}  # 128 bits in base 32
    assert all(set(code) <= set("abcdefghijklmnopqrstuvwxyz234567") for code in codes)


def test_a_link_code_fits_its_own_link_only():
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    code = crypto.link_code(one, purpose="report")
    assert crypto.link_code_fits(code, one, purpose="report") is True
    assert crypto.link_code_fits(code, two, purpose="report") is False
    assert crypto.link_code_fits(code, one, purpose="download") is False
    for wrong in ("", code[:-1], code + "a", code.upper(), "密" * 26):
        assert crypto.link_code_fits(wrong, one, purpose="report") is False
