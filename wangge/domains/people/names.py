"""Names: how they are written, cut, read and typed. Plain Python.

Surnames are read as surnames (单 shan, 曾 zeng, 解 xie …), which a dictionary of words does not know; every reading
that is in use counts. What is compared is the *plain* form: full width folded, traditional characters simplified, no
spaces, no middle dot, small letters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import product
from typing import Any

from pypinyin import Style, pinyin

from wangge.domains.people.name_tables import GIVEN_READINGS, SIMPLER, SURNAME_READINGS, TWO_CHARACTER_SURNAMES

_MANY = 6  # readings of one name; more would be noise
_LEFT_OUT = frozenset("·•.・‧∙⋅-‐–—'’`,，、")
_LATIN = re.compile(r"[a-z]+")
_VOWELS = frozenset("aeiouv")
# ü is typed v, in a surname yu (as in passports), in lüe and nüe u.
_UMLAUT = ((re.compile("u:"), "v"), (re.compile("^([ln])yu"), r"\1v"), (re.compile("([ln])ue"), r"\1ve"))


def plain(name: str) -> str:
    """A name as it is compared. Idempotent; rare characters (GB 18030, four bytes) stay what they are."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).translate(SIMPLER)
    found = "".join(char for char in folded if not char.isspace() and char not in _LEFT_OUT)
    return found if found == name else plain(found)


def split(name: str) -> tuple[str, str]:
    """(surname, given name) of a plain name. A name in letters has no surname of its own: it is all surname."""
    if _LATIN.match(name):
        return name, ""
    length = 2 if name[:2] in TWO_CHARACTER_SURNAMES and len(name) > 2 else 1
    return name[:length], name[length:]


def words(name: str) -> list[str]:
    """The words of a name as it was written, each plain: "Anna-Maria Huber" → ["anna", "maria", "huber"]."""
    spaced = "".join(" " if char in _LEFT_OUT else char for char in unicodedata.normalize("NFKC", name))
    return [word for word in map(plain, spaced.split()) if word]


def parts(name: str) -> set[str]:
    """What a part of a name is found by: every two neighbouring characters, or the words of a name in letters."""
    text = plain(name)
    if _LATIN.match(text):
        return {word for word in words(name) if len(word) > 1} - {text}
    return {text[i : i + 2] for i in range(len(text) - 1)} - {text}


def skips(name: str) -> set[str]:
    """First and last of three characters, "程?刚": with the parts, all that is left when one of them is wrong."""
    text = plain(name)
    return {f"{text[0]}?{text[2]}"} if len(text) == 3 and not _LATIN.match(text) else set()


def differs_by_one(name: str, other: str) -> bool:
    """Whether exactly one character of two plain names is another, too many or too few."""
    if abs(len(name) - len(other)) > 1 or name == other:
        return False
    longer, shorter = (name, other) if len(name) >= len(other) else (other, name)
    first = next((i for i in range(len(shorter)) if longer[i] != shorter[i]), len(shorter))
    return longer[first + 1 :] == (shorter[first + 1 :] if len(longer) == len(shorter) else shorter[first:])


# -- readings


@lru_cache(maxsize=65536)
def readings(name: str) -> tuple[tuple[str, ...], ...]:
    """The ways in which a plain name may be read: for each a tuple of syllables without tones, ü as v."""
    surname, given = split(name)
    known = SURNAME_READINGS.get(surname, ())
    heads = list(dict.fromkeys([*(tuple(one.split()) for one in known), _dictionary(surname)]))
    tails = list(dict.fromkeys([_dictionary(given), *product(*(_each(char) for char in given))]))
    # The most usual of either side first, so that the limit cuts what is least likely.
    pairs = sorted(product(range(len(heads)), range(len(tails))), key=sum)[:_MANY]
    return tuple(heads[head] + tails[tail] for head, tail in pairs)


# The stubs of pypinyin know only half of what it takes. What has no reading stands for itself, character by character.
_APART: Any = list


def _dictionary(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    if _LATIN.match(text):
        return (text,)
    return tuple(syllable[0] for syllable in pinyin(text, style=Style.NORMAL, errors=_APART))


def _each(char: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*_dictionary(char), *GIVEN_READINGS.get(char, ())]))


def sounds(name: str) -> set[str]:
    """Whole readings of a plain name, without spaces: "zhangwei"."""
    return {"".join(reading) for reading in readings(name)}


def given_sounds(name: str) -> set[str]:
    """Readings of a given name of two or more characters: "zhigang"; one syllable alone would be anybody."""
    surname, given = split(name)
    if len(given) < 2:
        return set()
    return {"".join(reading[len(surname) :]) for reading in readings(name)}


def initials(name: str) -> set[str]:
    """First letters of the readings: "zw". Empty for a single syllable and for a name in letters."""
    return {"".join(syllable[0] for syllable in reading) for reading in readings(name) if len(reading) > 1}


def begun(name: str) -> set[str]:
    """The surname's reading and the first letters of what follows, one and all: "zhang|w", "zhang|wj"."""
    surname, _given = split(name)
    found = set()
    for reading in readings(name):
        head, tail = "".join(reading[: len(surname)]), reading[len(surname) :]
        if tail:
            found |= {f"{head}|{tail[0][0]}", f"{head}|{''.join(one[0] for one in tail)}"}
    return found


# -- what somebody typed


def as_typed(text: str) -> str:
    """Letters typed for a reading: no spaces, no apostrophes, ü as v. "" when there is anything but letters."""
    letters = unicodedata.normalize("NFD", plain(text)).replace("u\u0308", "v")
    letters = "".join(char for char in letters if not unicodedata.combining(char))
    for pattern, usual in _UMLAUT:
        letters = pattern.sub(usual, letters)
    return letters if letters.isascii() and letters.isalpha() else ""


def beginnings(letters: str) -> set[str]:
    """As which `begun` token letters may be meant: "zhangwj" → {"zhang|wj", "zhan|g", …}; only where a vowel comes first."""
    found = set()
    for cut in range(1, min(6, len(letters) - 1) + 1):
        head, rest = letters[:cut], letters[cut:]
        if _VOWELS & set(head):
            found.add(f"{head}|{rest if len(rest) <= 3 and not _VOWELS & set(rest) else rest[0]}")
    return found


def reads_as(name: str, letters: str) -> bool:
    """Whether letters are a way of typing a plain name: each syllable whole or begun, from the surname or the given name."""
    surname, given = split(name)
    for reading in readings(name):
        starts = (reading, reading[len(surname) :]) if len(given) > 1 else (reading,)
        if any(_begins(letters, syllables) for syllables in starts):
            return True
    return False


def _begins(letters: str, syllables: tuple[str, ...]) -> bool:
    if not letters:
        return True
    if not syllables:
        return False
    first, rest = syllables[0], syllables[1:]
    return any(letters.startswith(first[:size]) and _begins(letters[size:], rest) for size in range(len(first), 0, -1))
