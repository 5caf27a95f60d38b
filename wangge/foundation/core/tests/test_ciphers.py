"""Two suites side by side, values from before there was a header, several data keys."""

from __future__ import annotations

import base64
import os

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wangge.foundation.core import ciphers, crypto, datakeys

KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def keys(tmp_path, settings):
    """A key folder of this test's own."""
    settings.WANGGE_KEYS_DIR = tmp_path
    datakeys.forget()
    yield tmp_path
    datakeys.forget()


def add_key(folder, version, key=None):
    (folder / f"data_key.{version}").write_text(base64.b64encode(key or os.urandom(32)).decode())
    datakeys.forget()


def legacy(settings, text, purpose, bound_to):
    """As it was sealed before there was a header."""
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=b"wangge", info=f"seal:{purpose}".encode())
    nonce = os.urandom(12)
    key = derived.derive(settings.WANGGE_DATA_KEY)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), bound_to.encode())


def legacy_under(key, text, purpose, bound_to):
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), f"{purpose}:{bound_to}".encode())


@pytest.mark.parametrize("name", ["aes", "sm4"])
def test_each_suite_seals_and_opens(settings, name):
    settings.WANGGE_CIPHER = name
    sealed = crypto.seal("吴淑芬", purpose="p", bound_to="b")
    under = crypto.seal_under(KEY, "吴淑芬", purpose="p", bound_to="b")
    wrapped = crypto.wrap(KEY, bound_to="b")
    assert {sealed[0] >> 4, under[0] >> 4, wrapped[0] >> 4} == {ciphers.SUITES[name].number}
    settings.WANGGE_CIPHER = {"aes": "sm4", "sm4": "aes"}[name]  # the other one is set now: both still open
    assert crypto.unseal(sealed, purpose="p", bound_to="b") == "吴淑芬"
    assert crypto.unseal_under(KEY, under, purpose="p", bound_to="b") == "吴淑芬"
    assert crypto.unwrap(wrapped, bound_to="b") == KEY


@pytest.mark.parametrize("name", ["aes", "sm4"])
def test_every_bit_of_every_suite_is_guarded(settings, name):
    settings.WANGGE_CIPHER = name
    for sealed, opens in (
        (crypto.seal("吴", purpose="p", bound_to="b"), lambda x: crypto.unseal(x, purpose="p", bound_to="b")),
        (crypto.seal_under(KEY, "吴", purpose="p", bound_to="b"), lambda x: crypto.unseal_under(KEY, x, purpose="p", bound_to="b")),
        (crypto.wrap(KEY, bound_to="b"), lambda x: crypto.unwrap(x, bound_to="b")),
    ):  # fmt: skip
        for position in range(len(sealed) * 8):
            tampered = bytearray(sealed)
            tampered[position // 8] ^= 1 << position % 8
            with pytest.raises(crypto.UnreadableError):
                opens(bytes(tampered))
        for wrong in (sealed[1:], sealed[:-1], sealed + b"\0", b"", sealed[:1]):
            with pytest.raises(crypto.UnreadableError):
                opens(wrong)


@pytest.mark.parametrize("name", ["aes", "sm4"])
def test_what_was_sealed_before_there_was_a_header_still_opens(settings, name):
    settings.WANGGE_CIPHER = name
    for _n in range(600):  # every first byte comes up, also those that look like a header
        old = legacy(settings, "10012345678", "p", "b")
        assert crypto.unseal(old, purpose="p", bound_to="b") == "10012345678"
        assert crypto.unseal_under(KEY, legacy_under(KEY, "x", "p", "b"), purpose="p", bound_to="b") == "x"


def test_a_known_answer_of_sm4_and_sm3():
    """GB/T 32905 A.1 (SM3 of "abc") and RFC 8998 A.1 (SM4-GCM): the primitives are the standard ones."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    digest = hashes.Hash(hashes.SM3())
    digest.update(b"abc")
    assert digest.finalize().hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    cipher = Cipher(
        algorithms.SM4(bytes.fromhex("0123456789abcdeffedcba9876543210")),
        modes.GCM(bytes.fromhex("00001234567800000000abcd")),
    ).encryptor()
    cipher.authenticate_additional_data(bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"))
    plain = bytes.fromhex(
        "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
        "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
    )
    sealed = cipher.update(plain) + cipher.finalize()
    assert sealed.hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    )
    assert cipher.tag.hex() == "83de3541e4c2b58177e065a9bf7b62ec"


def test_two_data_keys_open_side_by_side_and_the_newer_seals(keys, settings):
    old = crypto.seal("x", purpose="p", bound_to="b")
    before = legacy(settings, "y", "p", "b")
    link = crypto.link_code("id", purpose="report")
    add_key(keys, 1)
    new = crypto.seal("z", purpose="p", bound_to="b")
    assert [sealed[0] & 15 for sealed in (old, new)] == [0, 1]
    assert [crypto.unseal(one, purpose="p", bound_to="b") for one in (old, before, new)] == ["x", "y", "z"]
    for stale, text in ((old, "x"), (before, "y")):
        again = crypto.reseal(stale, purpose="p", bound_to="b")
        assert again[0] & 15 == 1
        assert crypto.unseal(again, purpose="p", bound_to="b") == text
    assert crypto.reseal(new, purpose="p", bound_to="b") is None
    assert crypto.link_code("id", purpose="report") == link


def test_a_running_process_learns_of_a_new_key_when_it_meets_it(keys):
    crypto.seal("x", purpose="p", bound_to="b")
    held = datakeys._Held.keys
    key = os.urandom(32)
    (keys / "data_key.1").write_text(base64.b64encode(key).decode())
    datakeys._Held.keys, datakeys._Held.looked = None, 0.0
    sealed = crypto.seal("new", purpose="p", bound_to="b")
    datakeys._Held.keys, datakeys._Held.looked, datakeys._Held.mark = held, __import__("time").monotonic(), ()
    assert crypto.unseal(sealed, purpose="p", bound_to="b") == "new"


def test_fingerprints_carry_the_earlier_one_until_all_rows_are_done(keys, settings):
    first = crypto.blind("吴", purpose="p")
    assert type(first) is int
    add_key(keys, 1)
    both = crypto.blind("吴", purpose="p")
    assert isinstance(both, crypto.Blind)
    assert both != first
    assert both.earlier == first
    assert crypto.under_any_key(both, 5) == [int(both), 5, first]
    (keys / "blind_index").write_text("aes.1\n")
    datakeys.forget()
    done = crypto.blind("吴", purpose="p")
    assert (type(done), done) == (int, int(both))
    settings.WANGGE_CIPHER = "sm4"
    assert crypto.blind("吴", purpose="p").earlier == done


@pytest.mark.parametrize("rubbish", ["", "not base64!", base64.b64encode(b"short").decode()])
def test_a_broken_key_file_is_said_and_not_used(keys, rubbish):
    (keys / "data_key.1").write_text(rubbish)
    datakeys.forget()
    with pytest.raises(datakeys.KeyFolderError):
        crypto.seal("x", purpose="p", bound_to="b")
