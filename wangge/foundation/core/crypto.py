"""Keys and ciphers: sealing a value, blind indexes, unguessable links.

Each use derives its own key from the office's data key (`datakeys`) by HKDF, so that no ciphertext of one field opens in
another; persons' fields are sealed under the person's own key (`keystore`). What is sealed begins with one byte: suite
(`ciphers`) in the upper, version of the data key in the lower four bits. The byte is covered by the seal. What was
sealed before there was such a byte (AES under version 0) still opens: a nonce is random, so both readings are tried, and
only the right one fits its tag.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from wangge.foundation.core import datakeys
from wangge.foundation.core.ciphers import AES, BY_NUMBER, SUITES, Suite

if TYPE_CHECKING:
    from collections.abc import Callable

_LINK_BYTES = 16


class UnreadableError(ValueError):
    """The value was sealed for another use, with another key, or was tampered with."""


class Blind(int):
    """A fingerprint made while the index is being re-keyed: `earlier` is the one under which old rows still stand."""

    earlier: int


@lru_cache(maxsize=2048)
def _derived(master: bytes, suite: str, use: str) -> bytes:
    return SUITES[suite].derive(master, use.encode())


def suite() -> Suite:
    """The suite for new values (WANGGE_CIPHER)."""
    return SUITES[settings.WANGGE_CIPHER]


def header() -> int:
    """The first byte of what is sealed now under the office's data key."""
    return suite().number << 4 | datakeys.data_keys().current % datakeys.VERSIONS


def is_current(sealed: bytes | memoryview) -> bool:
    """Whether a value sealed under the office's data key carries the current header. Says nothing of its content.

    One in 256 old values without a header looks current: a rotation therefore opens what it skips.
    """
    return bytes(sealed[:1]) == bytes([header()])


def seal(text: str, *, purpose: str, bound_to: str) -> bytes:
    """Encrypt `text` for `purpose` ("table.column"), bound to one row by `bound_to` (its public id)."""
    return _seal_by_data_key("seal:" + purpose, text.encode(), bound_to)


def unseal(sealed: bytes | memoryview, *, purpose: str, bound_to: str) -> str:
    """The text that `seal` was given; `UnreadableError` for anything else."""
    return _text(_open_by_data_key("seal:" + purpose, bytes(sealed), bound_to), purpose)


def reseal(sealed: bytes | memoryview, *, purpose: str, bound_to: str) -> bytes | None:
    """The same text under the current key and suite; None when it is so already. `UnreadableError` as `unseal`."""
    sealed = bytes(sealed)
    plain, current = _read("seal:" + purpose, sealed, bound_to)
    return None if current else _seal_by_data_key("seal:" + purpose, plain, bound_to)


def wrap(key: bytes, *, bound_to: str) -> bytes:
    """A person's key, readable only with the office's data key; bound to the person's public id."""
    return _seal_by_data_key("seal:wrap", key, bound_to)


def unwrap(wrapped: bytes, *, bound_to: str) -> bytes:
    """The key that `wrap` was given; `UnreadableError` for anything else."""
    return _open_by_data_key("seal:wrap", wrapped, bound_to)


def rewrap(wrapped: bytes, *, bound_to: str) -> bytes | None:
    """The same key under the current data key and suite; None when it is so already."""
    plain, current = _read("seal:wrap", wrapped, bound_to)
    return None if current else _seal_by_data_key("seal:wrap", plain, bound_to)


def seal_under(key: bytes, text: str, *, purpose: str, bound_to: str) -> bytes:
    """Encrypt a field under a person's own key. `purpose` is "table.column", `bound_to` the person's public id."""
    chosen = suite()
    first = bytes([chosen.number << 4])
    return first + chosen.encrypt(key, text.encode(), first + f"{purpose}:{bound_to}".encode())


def unseal_under(key: bytes, sealed: bytes | memoryview, *, purpose: str, bound_to: str) -> str:
    """The text that `seal_under` was given; `UnreadableError` for anything else."""
    sealed, place = bytes(sealed), f"{purpose}:{bound_to}".encode()
    known = BY_NUMBER.get(sealed[0] >> 4) if sealed and not sealed[0] & 15 else None
    plain = _try(known, key, sealed[1:], sealed[:1] + place) if known is not None else None
    if plain is None:
        plain = _try(AES, key, sealed, place)
    if plain is None:
        raise UnreadableError(purpose)
    return _text(plain, purpose)


def blind(text: str, *, purpose: str) -> int:
    """A keyed, truncated fingerprint (63 bit) under which an exact value can be found without being readable.

    While the index is being re-keyed it is a `Blind`: the fingerprint by the new key, with the earlier one beside it.
    """
    held = datakeys.data_keys()
    use = (settings.WANGGE_CIPHER, purpose)
    makers = held.memo.get(use)
    if makers is None:
        makers = held.memo[use] = _makers(held, purpose)
    now, earlier = makers
    digest = now(text.encode())
    found = int.from_bytes(digest[:8], "big") >> 1
    if earlier is None:
        return found
    both = Blind(found)
    both.earlier = int.from_bytes(earlier(text.encode())[:8], "big") >> 1
    return both


def under_any_key(*fingerprints: int) -> list[int]:
    """Fingerprints as rows may carry them: each once, and while the index is being re-keyed the earlier one as well."""
    earlier = (one.earlier for one in fingerprints if isinstance(one, Blind))
    return [*(int(one) for one in fingerprints), *earlier]


def _makers(held: datakeys.DataKeys, purpose: str) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes] | None]:
    """What makes fingerprints now, and what made those of rows that are not re-keyed yet."""
    now = blind_scheme()
    known = held.blind_done != now and _known(held, held.blind_done)
    return _maker(held, now, purpose), _maker(held, held.blind_done, purpose) if known else None


def _maker(held: datakeys.DataKeys, scheme: str, purpose: str) -> Callable[[bytes], bytes]:
    name, _dot, version = scheme.partition(".")
    return partial(SUITES[name].fingerprint, _derived(held.keys[int(version)], name, "blind:" + purpose))


def blind_scheme() -> str:
    """Suite and version with which blind indexes are made now: "aes.0"."""
    return f"{suite().name}.{datakeys.data_keys().current}"


def _known(held: datakeys.DataKeys, scheme: str) -> bool:
    name, _dot, version = scheme.partition(".")
    return name in SUITES and version.isdigit() and int(version) in held.keys


def link_code(public_id: str, *, purpose: str) -> str:
    """The unguessable part of a link to `public_id`: 128 bits, derived, so that no table holds it. Outlives rotations."""
    digest = hmac.digest(_link_key(datakeys.data_keys().link_key, purpose), public_id.encode(), hashlib.sha256)
    return base64.b32encode(digest[:_LINK_BYTES]).decode().rstrip("=").lower()


def link_code_fits(code: str, public_id: str, *, purpose: str) -> bool:
    """Whether `code` opens `public_id`; compared in constant time."""
    return hmac.compare_digest(code.encode(), link_code(public_id, purpose=purpose).encode())


@lru_cache(maxsize=64)
def _link_key(master: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=b"wangge", info=f"link:{purpose}".encode()).derive(master)


def _seal_by_data_key(use: str, plain: bytes, bound_to: str) -> bytes:
    held, chosen = datakeys.data_keys(), suite()
    first = bytes([chosen.number << 4 | held.current % datakeys.VERSIONS])
    key = _derived(held.keys[held.current], chosen.name, use)
    return first + chosen.encrypt(key, plain, first + bound_to.encode())


def _open_by_data_key(use: str, sealed: bytes, bound_to: str) -> bytes:
    return _read(use, sealed, bound_to)[0]


def _read(use: str, sealed: bytes, bound_to: str) -> tuple[bytes, bool]:
    """(plain, whether under the current header)."""
    known = BY_NUMBER.get(sealed[0] >> 4) if sealed else None
    for fresh in (False, True):  # another process may have brought a key a moment ago
        held = datakeys.data_keys(fresh=fresh)
        if known is not None:
            version = held.by_header(sealed[0] & 15)
            if version is not None:
                key = _derived(held.keys[version], known.name, use)
                plain = _try(known, key, sealed[1:], sealed[:1] + bound_to.encode())
                if plain is not None:
                    return plain, sealed[0] == header()
        if 0 in held.keys:
            plain = _try(AES, _derived(held.keys[0], AES.name, use), sealed, bound_to.encode())
            if plain is not None:
                return plain, False
    raise UnreadableError(use)


def _try(chosen: Suite, key: bytes, sealed: bytes, bound_to: bytes) -> bytes | None:
    try:
        return chosen.decrypt(key, sealed, bound_to)
    except (InvalidTag, ValueError):
        return None


def _text(plain: bytes, purpose: str) -> str:
    try:
        return plain.decode()
    except UnicodeDecodeError as error:
        raise UnreadableError(purpose) from error
