"""Keys and ciphers: sealing a value, blind indexes, unguessable links.

One 256-bit data key (file `data_key` in the key folder, never in the database); each use derives its own key by
HKDF-SHA256, so that no ciphertext of one field opens in another. AES-256-GCM, 96-bit random nonce in front.
"""

import base64
import hashlib
import hmac
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE_BYTES = 12
_LINK_BYTES = 16


class UnreadableError(ValueError):
    """The value was sealed for another use, with another key, or was tampered with."""


@cache
def _key(purpose: str) -> bytes:
    master: bytes = settings.WANGGE_DATA_KEY
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=b"wangge", info=purpose.encode()).derive(master)


@cache
def _cipher(purpose: str) -> AESGCM:
    return AESGCM(_key("seal:" + purpose))


def seal(text: str, *, purpose: str, bound_to: str) -> bytes:
    """Encrypt `text` for `purpose` ("table.column"), bound to one row by `bound_to` (its public id)."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(purpose).encrypt(nonce, text.encode(), bound_to.encode())


def unseal(sealed: bytes | memoryview, *, purpose: str, bound_to: str) -> str:
    """The text that `seal` was given; `UnreadableError` for anything else."""
    sealed = bytes(sealed)
    try:
        return _cipher(purpose).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise UnreadableError(purpose) from error


def wrap(key: bytes, *, bound_to: str) -> bytes:
    """A person's key, readable only with the office's data key; bound to the person's public id."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher("wrap").encrypt(nonce, key, bound_to.encode())


def unwrap(wrapped: bytes, *, bound_to: str) -> bytes:
    """The key that `wrap` was given; `UnreadableError` for anything else."""
    try:
        return _cipher("wrap").decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], bound_to.encode())
    except (InvalidTag, ValueError) as error:
        raise UnreadableError("wrap") from error


def seal_under(key: bytes, text: str, *, purpose: str, bound_to: str) -> bytes:
    """Encrypt a field under a person's own key. `purpose` is "table.column", `bound_to` the person's public id."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), f"{purpose}:{bound_to}".encode())


def unseal_under(key: bytes, sealed: bytes | memoryview, *, purpose: str, bound_to: str) -> str:
    """The text that `seal_under` was given; `UnreadableError` for anything else."""
    sealed = bytes(sealed)
    try:
        plain = AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], f"{purpose}:{bound_to}".encode())
    except (InvalidTag, ValueError) as error:
        raise UnreadableError(purpose) from error
    return plain.decode()


def blind(text: str, *, purpose: str) -> int:
    """A keyed, truncated fingerprint (63 bit) under which an exact value can be found without being readable."""
    digest = hmac.digest(_key("blind:" + purpose), text.encode(), hashlib.sha256)
    return int.from_bytes(digest[:8], "big") >> 1


def link_code(public_id: str, *, purpose: str) -> str:
    """The unguessable part of a link to `public_id`: 128 bits, derived, so that no table holds it."""
    digest = hmac.digest(_key("link:" + purpose), public_id.encode(), hashlib.sha256)
    return base64.b32encode(digest[:_LINK_BYTES]).decode().rstrip("=").lower()


def link_code_fits(code: str, public_id: str, *, purpose: str) -> bool:
    """Whether `code` opens `public_id`; compared in constant time."""
    return hmac.compare_digest(code.encode(), link_code(public_id, purpose=purpose).encode())
