"""Blind tokens: under which a person is found though nothing about him is readable.

A token is a keyed fingerprint of (street, kind, value), cut to 63 bits. Whole names, numbers and phones use one key for
the district, so that a lost child's family is found wherever it lives; parts of names, readings and last four digits,
which many share, have a key per street, so that a dump of one street says nothing of another. A single character is
never a token by itself; only a household carries the surnames of its members, for "his name and her surname".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wangge.domains.people import names
from wangge.foundation.core import crypto

if TYPE_CHECKING:
    from collections.abc import Iterable

DISTRICT = ""  # in place of a street: a token of the whole district


def token(kind: str, value: str, *, street: str = DISTRICT) -> int:
    """The fingerprint of one value. `street` is the path of the street's area."""
    return crypto.blind(f"{street}|{value}", purpose=f"people.{kind}")


def street_of(area_path: str) -> str:
    """The street part of a path: "/1/4/17/80/" → "/1/4/". A path above a street has none ("")."""
    parts = area_path.split("/")
    return "/".join(parts[:3]) + "/" if len(parts) > 3 else ""


def of_name(name: str, *, street: str) -> set[int]:
    """Under which a name is found: whole, in part, with one wrong character, by sound, by initials."""
    plain = names.plain(name)
    if not plain:
        return set()
    found = {token("name", plain)}
    found.update(token("part", part, street=street) for part in names.parts(plain))
    found.update(token("near", near, street=street) for near in names.near(plain))
    found.update(token("sound", sound, street=street) for sound in names.sounds(plain))
    found.update(token("initials", initials, street=street) for initials in names.initials(plain))
    return found


def of_person(*, name: str, former_name: str = "", id_number: str = "", phone: str = "", street: str) -> list[int]:
    """All tokens of a person, sorted. Only in a street is he found by less than a whole name or number."""
    found = of_name(name, street=street) | of_name(former_name, street=street)
    for kind, value in (("id", id_number.upper()), ("phone", phone)):
        if value:
            found.add(token(kind, value))
            found.add(token(f"{kind}4", value[-4:], street=street))
    return sorted(found)


def of_household(member_names: Iterable[str], *, street: str) -> list[int]:
    """The tokens of a household: whole names, given names, surnames and sounds of all its members, sorted."""
    found: set[int] = set()
    for name in member_names:
        plain = names.plain(name)
        if not plain:
            continue
        surname, given = names.split(plain)
        found.add(token("name", plain))
        found.add(token("surname", surname, street=street))
        if given:
            found.add(token("given", given, street=street))
        found.update(token("sound", sound, street=street) for sound in names.sounds(plain))
    return sorted(found)
