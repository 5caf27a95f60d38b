"""What somebody typed into the search: a number, an address, a reading in letters, one name or several. Plain Python."""

from __future__ import annotations

import dataclasses
import re
import unicodedata

from wangge.domains.people import addresses, names, tokens
from wangge.domains.people.addresses import Address

LONGEST = 100  # characters; what comes after is not read
_BETWEEN = re.compile(r"[\s、,，;；/+&|。]+")
_NUMBERS = re.compile(r"\d{3}[\dX]|1\d{10}|\d{15}|\d{17}[\dX]")
_PAPER = re.compile(r"(?=.*\d{4})[A-Z0-9]{6,20}")  # passports, permits, telephones of other lengths
_YEAR = re.compile(r"((?:19|20)\d\d)年?(?:生|出生)?")
_LAST_FOUR = re.compile(r"\d{3}[\dX]")
_AND = re.compile(r"(?<=..)[和与跟](?=..)")
_MARKS = re.compile(r"[()（）《》\"“”:：!！?？*%_\\]")


@dataclasses.dataclass(frozen=True, slots=True)
class Typed:
    """One reading of a text. `kinds()` names the facts without saying them: that is what the audit keeps."""

    names: tuple[str, ...] = ()  # plain, in Chinese characters or as they are written
    letters: tuple[str, ...] = ()  # readings: "zhangwei"
    number: str = ""
    year: str = ""  # of birth, a second fact
    ending: str = ""  # the last four of a number, a second fact
    address: Address = dataclasses.field(default_factory=Address)

    def kinds(self) -> list[str]:
        """As "name", "pinyin", "number", "last_four", "year", "address", in this order."""
        number = ["last_four" if len(self.number) == 4 else "number"] if self.number else []
        return [
            *["name"] * len(self.names),
            *["pinyin"] * len(self.letters),
            *number,
            *(["year"] if self.year else []),
            *(["last_four"] if self.ending and not self.year else []),
            *(["address"] if self.address != Address() else []),
        ]


def two_names(text: str) -> tuple[str, str] | None:
    """The two names in "程志刚 单玉芳" or "程志刚和单玉芳"; None where there are not exactly two."""
    words = [part for word in _BETWEEN.split(text.strip()) for part in _AND.split(word) if part]
    return (words[0], words[1]) if len(words) == 2 else None


def read(text: str) -> Typed:
    """What a text most probably asks for. Nothing readable: an empty `Typed`."""
    plain = _MARKS.sub(" ", unicodedata.normalize("NFKC", text[:LONGEST])).strip()
    if not any(char.isalnum() for char in plain):
        return Typed()
    number = tokens.number(plain)
    if not re.search(r"[^\d\sxX+\-]", plain) and _NUMBERS.fullmatch(number):
        return Typed(number=number)
    address = addresses.parse(plain)
    if address.inside() and re.search(r"\d|[东西南北中]户", addresses.folded(plain)):
        only_number = _PAPER.fullmatch(number) and number == re.sub(r"[\s-]", "", plain.upper())
        if not (only_number or _is_a_name_with_a_number(plain)):
            return Typed(address=address)
    words = [word for word in _BETWEEN.split(plain) if word]
    if len(words) == 1 and _PAPER.fullmatch(number) and number == re.sub(r"[\s-]", "", plain.upper()):
        return Typed(number=number)
    return _facts(words)


def _is_a_name_with_a_number(plain: str) -> bool:
    """As "程志刚 1985", "zhangwei 5678": a number of four set apart from a name."""
    words = [word for word in _BETWEEN.split(plain) if word]
    ends = [word for word in words if _YEAR.fullmatch(word) or _LAST_FOUR.fullmatch(word.upper())]
    return (
        bool(ends) and len(words) > len(ends) and not any(char.isdigit() for w in words if w not in ends for char in w)
    )


def _facts(words: list[str]) -> Typed:
    found: list[str] = []
    letters: list[str] = []
    year = ending = ""
    for word in words:
        born = _YEAR.fullmatch(word)
        if _LAST_FOUR.fullmatch(word.upper()):
            ending = word.upper()
        if born:
            year = born[1]
        elif typed := names.as_typed(word):
            letters.append(typed)
        elif not ending or word.upper() != ending:
            found.extend(filter(None, map(names.plain, _AND.split(word) if len(word) > 4 else [word])))
    return Typed(names=tuple(dict.fromkeys(found)), letters=tuple(letters), year=year, ending=ending)
