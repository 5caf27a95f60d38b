"""Sealing and opening the fields of persons and firms: always under the subject's own key, never under a shared one.

A subject is named by its public id. `Keyring` fetches the keys of many subjects at once; what belongs to an erased
subject opens as None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wangge.foundation.core import crypto, keystore

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable


class Keyring:
    """The keys of the subjects at hand, for one request or one batch; never kept longer."""

    def __init__(self, keys: dict[uuid.UUID, bytes]) -> None:
        self._keys = keys

    @classmethod
    def of(cls, subjects: Iterable[uuid.UUID]) -> Keyring:
        """The keys of these subjects, as far as they were not destroyed."""
        return cls(keystore.keys().get_many(subjects))

    @classmethod
    def new(cls, subjects: Iterable[uuid.UUID]) -> Keyring:
        """Keys for new subjects, on the disk before this returns."""
        return cls(keystore.keys().create_many(subjects))

    def seal(self, subject: uuid.UUID, column: str, text: str) -> bytes | None:
        """The sealed value of `column` ("people.person.name"); None for an empty text. KeyError for an erased subject."""
        return crypto.seal_under(self._keys[subject], text, purpose=column, bound_to=str(subject)) if text else None

    def open(self, subject: uuid.UUID, column: str, sealed: bytes | memoryview | None) -> str | None:
        """The text, "" for an empty column, None when the subject was erased. `UnreadableError` if tampered with."""
        if subject not in self._keys:
            return None
        if sealed is None:
            return ""
        return crypto.unseal_under(self._keys[subject], sealed, purpose=column, bound_to=str(subject))
