"""Which matters a text names: the words of the catalogue, found in what people say."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENGLISH_WORD = re.compile(r"[a-z][a-z-]{3,}")


class Spoken(NamedTuple):
    """How strongly a text names a matter, and by which words. The score orders, and means nothing more."""

    score: float
    words: tuple[str, ...]


class KnownWords:
    """The names and keywords of some matters, read once, for one text or for thousands."""

    def __init__(self, rows: Iterable[tuple[int, str, str, list[str]]]) -> None:
        """`rows` are (key, Chinese name, English name, keywords)."""
        self._rows = [
            (pk, [(word, word.casefold()) for word in dict.fromkeys((name_zh, *keywords))], _english(name_en))
            for pk, name_zh, name_en, keywords in rows
        ]

    def spoken_in(self, text: str) -> dict[int, Spoken]:
        """The matters whose words occur in a text.

        Every word found counts the square of its length, shared among the matters that carry it; a word inside a longer
        word found for the same matter does not count again.
        """
        lowered = text.casefold()
        english = _english(text)
        carried: dict[int, frozenset[str]] = {}
        for pk, words, named in self._rows:
            found = {word for word, folded in words if folded in lowered} | (english & named)
            if found:
                carried[pk] = frozenset(found)
        carriers = Counter(word for hits in carried.values() for word in hits)
        spoken = {}
        for pk, hits in carried.items():
            longest = sorted(
                (word for word in hits if not any(word != other and word in other for other in hits)),
                key=lambda word: (-len(word), word),
            )
            spoken[pk] = Spoken(sum(len(word) ** 2 / carriers[word] for word in longest), tuple(longest))
        return spoken


def _english(text: str) -> set[str]:
    return set(_ENGLISH_WORD.findall(text.casefold()))
