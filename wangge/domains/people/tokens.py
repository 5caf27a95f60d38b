"""Blind tokens: under which a person is found though nothing about him is readable.

A token is a keyed fingerprint of (street, kind, value), cut to 63 bits. Whole names, numbers and phones use one key for
the district, so that a lost child's family is found wherever it lives; parts of names, readings and last four digits,
which many share, have a key per street, so that a dump of one street says nothing of another. A single character is
never a token by itself; only a household carries the surnames and given names of its members, for "his name and her
surname". At ten million residents the index of these lists is most of what the registry weighs, so each kind earns its
place:

| kind | of 程志刚 | finds | per person |
|---|---|---|---|
| name | 程志刚 | the whole name, district-wide | 1 |
| part | 程志, 志刚 | a part; what is left of a name with a wrong character | 2 |
| skip | 程?刚 | a wrong character in the middle | 1 |
| sound | chengzhigang | pinyin; a character that sounds alike | 1 (one per reading) |
| given | zhigang | pinyin of the given name | 1 |
| begun | cheng z, cheng zg | pinyin half typed | 2 |
| initials | czg | first letters | 1 |
| id, phone | the number | the whole number, district-wide | 2 |
| id4, phone4 | its end | the last four | 2 |

A household carries, of each member, name, surname, given name and sound.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from wangge.domains.people import names
from wangge.foundation.core import crypto

if TYPE_CHECKING:
    from collections.abc import Iterable

DISTRICT = ""  # in place of a street: a token of the whole district
_NOT_OF_A_NUMBER = re.compile(r"[^0-9A-Z]")
_COUNTRY = re.compile(r"^(?:00)?86(?=1\d{10}$)")


def token(kind: str, value: str, *, street: str = DISTRICT) -> int:
    """The fingerprint of one value. `street` is the path of the street's area."""
    return crypto.blind(f"{street}|{value}", purpose=f"people.{kind}")


def street_of(area_path: str) -> str:
    """The street part of a path: "/1/4/17/80/" → "/1/4/". A path above a street has none ("")."""
    parts = area_path.split("/")
    return "/".join(parts[:3]) + "/" if len(parts) > 3 else ""


def number(text: str) -> str:
    """A number as it is compared: full width folded, no spaces and marks, capital X, no country code of a phone."""
    return _COUNTRY.sub("", _NOT_OF_A_NUMBER.sub("", unicodedata.normalize("NFKC", text).upper()))


def of_name(name: str, *, street: str) -> set[int]:
    """Under which a name is found: whole, in part, with one wrong character, by sound, half typed, by initials."""
    plain = names.plain(name)
    if not plain:
        return set()
    found = {token("name", plain)}
    for kind, values in (
        ("part", names.parts(name)),
        ("skip", names.skips(plain)),
        ("sound", names.sounds(plain)),
        ("given", names.given_sounds(plain)),
        ("begun", names.begun(plain)),
        ("initials", names.initials(plain)),
    ):
        found.update(token(kind, value, street=street) for value in values)
    return found


def of_numbers(*, id_number: str = "", phone: str = "", street: str) -> set[int]:
    """Under which a number is found: whole in the district, by its last four in the street."""
    found = set()
    for kind, value in (("id", number(id_number)), ("phone", number(phone))):
        if value:
            found.add(token(kind, value))
            found.add(token(f"{kind}4", value[-4:], street=street))
    return found


def of_person(*, name: str, former_name: str = "", id_number: str = "", phone: str = "", street: str) -> list[int]:
    """All tokens of a person, sorted. Only in a street is he found by less than a whole name or number."""
    return sorted(
        of_name(name, street=street)
        | of_name(former_name, street=street)
        | of_numbers(id_number=id_number, phone=phone, street=street)
    )


def of_member(name: str, *, street: str) -> set[int]:
    """What a member adds to the tokens of his household: name, surname, given name and sounds."""
    plain = names.plain(name)
    if not plain:
        return set()
    surname, given = names.split(plain)
    found = {token("name", plain), token("surname", surname, street=street)}
    if given:
        found.add(token("givenname", given, street=street))
    found.update(token("sound", sound, street=street) for sound in names.sounds(plain))
    return found


def of_household(member_names: Iterable[str], *, street: str) -> list[int]:
    """The tokens of a household: whole names, given names, surnames and sounds of all its members, sorted."""
    return sorted(set().union(*(of_member(name, street=street) for name in member_names)))
