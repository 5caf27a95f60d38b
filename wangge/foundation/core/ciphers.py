"""The cipher suites: AES-256-GCM with HMAC-SHA256 (default), SM4-GCM with HMAC-SM3 (GB/T 32907, GB/T 32905; by setting).

A suite seals under a 256-bit key and makes keyed fingerprints. Which one a value was sealed with is written in front of
it (`crypto`), so that values of both stand side by side.
"""

from __future__ import annotations

import hmac
import os
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
TAG_BYTES = 16
_SALT = b"wangge"


class Suite(Protocol):
    """An authenticated cipher, a keyed hash and the derivation of keys that go with it."""

    name: str
    number: int  # 1–7, in the header of what it sealed

    def derive(self, master: bytes, info: bytes) -> bytes:
        """A 256-bit key for one use."""

    def encrypt(self, key: bytes, text: bytes, bound_to: bytes) -> bytes:
        """Nonce ‖ ciphertext ‖ tag."""

    def decrypt(self, key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
        """The text; `InvalidTag` or `ValueError` for anything else."""

    def fingerprint(self, key: bytes, text: bytes) -> bytes:
        """32 bytes that only a holder of the key can compute."""


class Aes:
    """AES-256-GCM, HMAC-SHA256, HKDF-SHA256."""

    name, number = "aes", 1

    def derive(self, master: bytes, info: bytes) -> bytes:
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=_SALT, info=info).derive(master)

    def encrypt(self, key: bytes, text: bytes, bound_to: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, text, bound_to)

    def decrypt(self, key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)

    def fingerprint(self, key: bytes, text: bytes) -> bytes:
        return hmac.digest(key, text, "sha256")


class Sm4:
    """SM4-GCM, HMAC-SM3, HKDF-SM3. SM4 has 128-bit keys: it takes half of one derived from the 256 bits."""

    name, number = "sm4", 2

    def derive(self, master: bytes, info: bytes) -> bytes:
        return HKDF(algorithm=hashes.SM3(), length=32, salt=_SALT, info=info).derive(master)

    def _short(self, key: bytes) -> bytes:
        return self.fingerprint(key, b"sm4")[:16]

    def encrypt(self, key: bytes, text: bytes, bound_to: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        cipher = Cipher(algorithms.SM4(self._short(key)), modes.GCM(nonce)).encryptor()
        cipher.authenticate_additional_data(bound_to)
        return nonce + cipher.update(text) + cipher.finalize() + cipher.tag

    def decrypt(self, key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise InvalidTag
        nonce, text, tag = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:-TAG_BYTES], sealed[-TAG_BYTES:]
        cipher = Cipher(algorithms.SM4(self._short(key)), modes.GCM(nonce, tag)).decryptor()
        cipher.authenticate_additional_data(bound_to)
        return cipher.update(text) + cipher.finalize()

    def fingerprint(self, key: bytes, text: bytes) -> bytes:
        keyed = HMAC(key, hashes.SM3())
        keyed.update(text)
        return keyed.finalize()


AES, SM4 = Aes(), Sm4()
SUITES: dict[str, Suite] = {AES.name: AES, SM4.name: SM4}
BY_NUMBER: dict[int, Suite] = {suite.number: suite for suite in SUITES.values()}
