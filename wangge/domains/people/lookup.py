"""Finding people by what is known of them: a name or a part of it, a reading, two names of one household, the end of a
number, an address. Only where the asker is posted; a lost child's family in the whole district (`lost`).

What is found is households, masked, with the persons who fit marked. Never more than twenty: whoever has more needs
another fact, not another page. Nothing is counted or audited here: `actions.searching` does both.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast

from wangge.domains.people import access, names, tokens, whereabouts
from wangge.domains.people.models import Household, Membership, Person
from wangge.domains.people.sealing import Keyring
from wangge.domains.people.typed import Typed, read
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.memo import for_seconds
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence

    from wangge.domains.people.access import Masked
    from wangge.domains.people.whereabouts import Where
    from wangge.foundation.places.models import Building

MOST = 20  # households shown
MOST_LOST = 3  # households shown to whoever searches for a lost person's family
_LOOKED_THROUGH = 300  # candidates whose names are opened where the index alone cannot tell


@dataclasses.dataclass(frozen=True, slots=True)
class Resident:
    """A member of a household: masked, and whether he is the one who was looked for."""

    person: Person
    masked: Masked
    fits: bool
    role: str = ""  # in words


@dataclasses.dataclass(frozen=True, slots=True)
class Home:
    """A household with its members; `household` is None for a person without one here, `where` without a room."""

    household: Household | None
    where: Where | None
    members: tuple[Resident, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """What a search came to. `similar`: nothing fits exactly, these are near. `too_little`: nobody can be found by that."""

    typed: Typed = dataclasses.field(default_factory=Typed)
    homes: tuple[Home, ...] = ()
    buildings: tuple[Building, ...] = ()
    unmatched: tuple[str, ...] = ()  # parts of an address that are not known, as they were typed
    more: bool = False
    similar: bool = False
    too_little: bool = False

    def persons(self) -> list[Person]:
        """Everybody who is shown."""
        return [resident.person for home in self.homes for resident in home.members]


@dataclasses.dataclass(frozen=True, slots=True)
class _Scope:
    """Whose search: the rows he may find, and the streets whose keys are needed for what is less than whole."""

    persons: Any
    households: Any
    streets: tuple[str, ...]

    def spread(self, kind: str, *values: str) -> list[int]:
        """The token of each value in every street of the scope."""
        return [tokens.token(kind, value, street=street) for value in values for street in self.streets]


def find(user: Any, text: str, *, on: dt.date | None = None) -> Found:
    """People and homes in the asker's places (`person:find`) that fit a text; nothing for somebody without such a place."""
    places = authority_of(user).places(P.PERSON_FIND)
    typed = read(text)
    if not places or typed == Typed():
        return Found(typed=typed, too_little=bool(places))
    scope = _Scope(
        persons=Person.objects.visible_to(user, P.PERSON_FIND).filter(state=Person.State.PRESENT),
        households=Household.objects.visible_to(user, P.PERSON_FIND).filter(active=True),
        streets=tuple(streets_under(places)),
    )
    day = on or clock.today()
    if typed.address.inside():
        return _at_address(scope, places, typed, day)
    if typed.number:
        return _told(typed, _by_number(scope, typed.number), day=day)
    facts = (*typed.names, *typed.letters)
    if len(facts) == 1:
        found = _by_one(scope, typed, day)
        if not found.homes and typed.names:
            found = _at_compound(places, typed) or found
        return found
    if len(facts) > 1:
        return _by_several(scope, typed, day)
    return Found(typed=typed, too_little=True)


def streets_under(paths: Iterable[str]) -> list[str]:
    """Paths of the streets in which these places lie, or which lie in them; sorted."""
    found: set[str] = set()
    for path in paths:
        street = tokens.street_of(path)
        found.update([street] if street else _streets_of_district(path))
    return sorted(found)


@for_seconds(30)
def _streets_of_district(path: str) -> list[str]:
    rows = Area.objects.filter(kind=Area.Kind.STREET, path__startswith=path, valid_to__isnull=True)
    return list(rows.values_list("path", flat=True))


# -- one person


def _by_number(scope: _Scope, number: str) -> _Rows:
    if len(number) == 4:
        return _Rows.of(
            _carrying(scope.persons, [scope.spread("id4", number) + scope.spread("phone4", number)], MOST + 1)
        )
    return _Rows.of(_carrying(scope.persons, [[tokens.token("id", number), tokens.token("phone", number)]], MOST + 1))


def _by_one(scope: _Scope, typed: Typed, day: dt.date) -> Found:
    fits = _second_fact(typed)
    if typed.letters:
        rows = _by_letters(scope, typed.letters[0], fits)
        return _told(typed, rows, day=day, too_little=len(typed.letters[0]) < 2)
    name = typed.names[0]
    if len(name) < 2:
        return Found(typed=typed, too_little=True)
    rows = _by_name(scope, name, fits)
    similar = False
    if not rows.persons:
        rows, similar = _near(scope, name, fits), True
    return _told(typed, rows, day=day, similar=similar and bool(rows.persons))


def _by_name(scope: _Scope, name: str, fits: _Fits) -> _Rows:
    """The whole name, then names of which it is a part."""
    limit = MOST + 1 if fits is _anybody else _LOOKED_THROUGH
    rows = _Rows.of(_carrying(scope.persons, [[tokens.token("name", name)]], limit)).where(
        lambda _n, y, e: fits("", y, e), fits
    )
    if len(rows.persons) > MOST:
        return rows
    pieces = sorted(names.parts(name) | ({name} if len(name) == 2 else set()))
    if not pieces:
        pieces = [name]
    partly = _Rows.of(_carrying(scope.persons, [scope.spread("part", piece) for piece in pieces], _LOOKED_THROUGH))
    # Two characters are the token itself; of more, the order must be looked at.
    return rows.plus(partly.where(lambda n, y, e: name in n and n != name and fits(n, y, e)))


def _near(scope: _Scope, name: str, fits: _Fits) -> _Rows:
    """Names that sound alike, or differ in one character."""
    wanted = names.sounds(name)
    group = scope.spread("sound", *wanted)
    if len(name) > 2:
        group += scope.spread("part", *names.parts(name)) + scope.spread("skip", *names.skips(name))
        if len(name) == 3:
            group += [
                tokens.token("name", name[:1] + name[2:]),
                tokens.token("name", name[:2]),
                tokens.token("name", name[1:]),
            ]
    rows = _Rows.of(_carrying(scope.persons, [group], _LOOKED_THROUGH))
    return rows.where(
        lambda n, y, e: (
            ((len(name) > 2 and names.differs_by_one(n, name)) or bool(names.sounds(n) & wanted)) and fits(n, y, e)
        )
    )


def _by_letters(scope: _Scope, letters: str, fits: _Fits) -> _Rows:
    """A reading: whole, of the given name, half typed, or first letters; and names that are written in letters."""
    group = [tokens.token("name", letters), *scope.spread("sound", letters), *scope.spread("given", letters)]
    group += scope.spread("begun", *names.beginnings(letters)) + scope.spread("part", letters)
    if 2 <= len(letters) <= 4:
        group += scope.spread("initials", letters)
    rows = _Rows.of(_carrying(scope.persons, [group], _LOOKED_THROUGH))
    found = rows.where(lambda n, y, e: (names.reads_as(n, letters) or letters in n) and fits(n, y, e))
    return found.sorted(lambda n: (letters not in names.sounds(n), n != letters))


# -- two facts about one household


def _by_several(scope: _Scope, typed: Typed, day: dt.date) -> Found:
    """A household with members of these names; letters set apart by a space may also be one person's reading."""
    if (
        not typed.names
        and (found := _by_one(scope, dataclasses.replace(typed, letters=("".join(typed.letters),)), day)).homes
    ):
        return dataclasses.replace(found, typed=typed)
    facts = [*typed.names, *typed.letters]
    homes, similar = together(scope.households, facts, scope.streets, MOST + 1)
    fits = _by_names(facts)
    if not homes and len(facts) == 2:
        # "张 伟": one name with a space in it.
        joined = dataclasses.replace(typed, names=("".join(typed.names),), letters=())
        if typed.names and not typed.letters and (found := _by_one(scope, joined, day)).homes:
            return dataclasses.replace(found, typed=typed)
    told = _homes(homes[:MOST], fits=fits, day=day)
    return Found(typed=typed, homes=told, more=len(homes) > MOST, similar=similar)


def together(rows: Any, facts: Sequence[str], streets: Sequence[str], limit: int) -> tuple[list[Household], bool]:
    """Households of which every fact is a member's name; and whether that was only nearly so.

    First whole names and readings, then given names and surnames, then one name whole and one character of another wrong.
    """
    scope = _Scope(persons=None, households=rows, streets=tuple(streets))
    whole = [_whole(scope, fact) for fact in facts]
    found = _carrying(rows, whole, limit)
    if found:
        return found, False
    loose = [_whole(scope, fact) + _partly(scope, fact) for fact in facts]
    found = _carrying(rows, loose, limit)
    if found:
        return found, False
    near: dict[int, Household] = {}
    for number, fact in enumerate(facts):
        if len(fact) < 2 or fact.isascii():
            continue
        groups = [[*whole[at]] if at != number else _nearly(scope, fact) for at in range(len(facts))]
        candidates = _carrying(rows, groups, _LOOKED_THROUGH // 3)
        for household in _with_name_like(candidates, fact):
            near[household.pk] = household
    return list(near.values())[:limit], bool(near)


def _whole(scope: _Scope, fact: str) -> list[int]:
    plain = [tokens.token("name", fact)]
    return plain + scope.spread("sound", fact) if fact.isascii() else plain


def _partly(scope: _Scope, fact: str) -> list[int]:
    return scope.spread("surname", fact) + scope.spread("givenname", fact)


def _nearly(scope: _Scope, fact: str) -> list[int]:
    surname, given = names.split(fact)
    return (
        scope.spread("surname", surname) + scope.spread("givenname", given) + scope.spread("sound", *names.sounds(fact))
    )


def _with_name_like(households: list[Household], fact: str) -> list[Household]:
    rows = _members(households, clock.today())
    ring = Keyring.of(row.person.public_id for row in rows)
    wanted = names.sounds(fact)
    fitting = set()
    for row in rows:
        name = names.plain(_open(ring, row.person, "name"))
        if names.differs_by_one(name, fact) or names.sounds(name) & wanted:
            fitting.add(row.household_id)
    return [household for household in households if household.pk in fitting]


# -- an address


def _at_address(scope: _Scope, places: list[str], typed: Typed, day: dt.date) -> Found:
    spot = whereabouts.resolve(places, typed.address, on=day)
    if not spot.rooms:
        return Found(typed=typed, buildings=tuple(spot.buildings[:MOST]), unmatched=spot.unmatched, more=spot.more)
    wanted = [room.pk for room in spot.rooms[: MOST * 3]]
    homes = list(scope.households.filter(room__in=wanted).order_by("room__floor", "room_id", "pk")[: MOST + 1])
    return Found(
        typed=typed,
        homes=_homes(homes[:MOST], fits=None, day=day),
        buildings=tuple(spot.buildings[:MOST]),
        unmatched=spot.unmatched,
        more=spot.more or len(homes) > MOST,
    )


def _at_compound(places: list[str], typed: Typed) -> Found | None:
    """A single word may be the name of a compound."""
    spot = whereabouts.compound(places, typed.names[0])
    return Found(typed=typed, buildings=tuple(spot.buildings[:MOST]), more=spot.more) if spot.buildings else None


# -- a lost child


def lost(user: Any, facts: Sequence[str], *, place: str = "") -> Found:
    """The family of somebody who is lost: households in the whole district with members of these names, at most three.

    Two names are needed. Whole names are looked for everywhere at once; less than that in the asker's own streets first.
    `place` (a compound or address) narrows it down. `more`: too many, nothing is shown.
    """
    typed = [one for fact in map(read, facts) for one in (*fact.names, *fact.letters)]
    if len(typed) < 2 or not authority_of(user).holds(P.PERSON_RESCUE):
        return Found(too_little=True, typed=Typed(names=tuple(typed)))
    rows = Household.objects.unscoped("a lost child's family may live anywhere; capped, alarmed, reviewed").filter(
        active=True
    )
    if place.strip():
        rows = rows.filter(room__entrance__building__in=whereabouts.buildings_named(place))
    places = authority_of(user).places(P.PERSON_RESCUE)
    own = streets_under(places)
    districts = {"/" + path.strip("/").split("/")[0] + "/" for path in places}
    homes, similar = together(rows, typed, own, MOST_LOST + 1)
    if not homes:
        homes, similar = together(rows, typed, streets_under(districts), MOST_LOST + 1)
    asked = Typed(names=tuple(typed))
    if len(homes) > MOST_LOST:
        return Found(typed=asked, more=True)
    return Found(typed=asked, homes=_homes(homes, fits=_by_names(typed), day=clock.today()), similar=similar)


# -- rows


def _carrying(rows: Any, groups: Sequence[Sequence[int]], limit: int) -> list[Any]:
    """Rows that carry one token of every group, in no order."""
    for group in groups:
        # While the index is being re-keyed a token brings its earlier self along.
        wanted = dict.fromkeys(
            one for token in group for one in (token, getattr(token, "earlier", None)) if one is not None
        )
        literal = Cast(Value("{" + ",".join(map(str, wanted)) + "}"), ArrayField(models.BigIntegerField()))
        rows = rows.filter(tokens__contains=literal) if len(wanted) == 1 else rows.filter(tokens__overlap=literal)
    return list(rows.order_by()[:limit])


if TYPE_CHECKING:
    _Fits = Callable[[str, str, frozenset[str]], bool]


def _anybody(_name: str, _year: str, _endings: frozenset[str]) -> bool:
    return True


def _second_fact(typed: Typed) -> _Fits:
    """Whether the year of birth, or else the end of a number, is what was typed beside the name."""
    if not typed.year and not typed.ending:
        return _anybody
    return lambda _name, year, endings: (
        bool(typed.year and year == typed.year) or bool(typed.ending and typed.ending in endings)
    )


def _by_names(facts: Sequence[str]) -> _Fits:
    def fits(name: str, _year: str, _endings: frozenset[str]) -> bool:
        surname, given = names.split(name)
        return any(
            fact in (name, surname, given)
            or names.differs_by_one(fact, name)
            or bool(names.sounds(name) & _readings(fact))
            for fact in facts
        )

    return fits


def _readings(fact: str) -> set[str]:
    return {fact} if fact.isascii() else names.sounds(fact)


@dataclasses.dataclass(frozen=True, slots=True)
class _Rows:
    """Candidates, best first; what is opened of them is opened once."""

    persons: tuple[Person, ...] = ()

    @classmethod
    def of(cls, persons: Iterable[Person]) -> _Rows:
        return cls(tuple(persons))

    def where(self, fits: _Fits, unless: _Fits | None = None) -> _Rows:
        """Those whose name, year of birth and ends of numbers fit; all of them where anybody does."""
        if unless is _anybody or not self.persons:
            return self
        ring = Keyring.of(person.public_id for person in self.persons)
        return _Rows(tuple(person for person in self.persons if fits(*_opened(ring, person))))

    def sorted(self, key: Callable[[str], Any]) -> _Rows:
        ring = Keyring.of(person.public_id for person in self.persons)
        return _Rows(tuple(sorted(self.persons, key=lambda one: key(names.plain(_open(ring, one, "name"))))))

    def plus(self, others: _Rows) -> _Rows:
        known = {person.pk for person in self.persons}
        return _Rows((*self.persons, *(person for person in others.persons if person.pk not in known)))


def _open(ring: Keyring, person: Person, column: str) -> str:
    return ring.open(person.public_id, f"people.person.{column}", getattr(person, column)) or ""


def _opened(ring: Keyring, person: Person) -> tuple[str, str, frozenset[str]]:
    numbers = (tokens.number(_open(ring, person, column)) for column in ("id_number", "phone"))
    ends = frozenset(number[-4:] for number in numbers if number)
    return names.plain(_open(ring, person, "name")), _open(ring, person, "born")[:4], ends


# -- telling


def _told(typed: Typed, rows: _Rows, *, day: dt.date, similar: bool = False, too_little: bool = False) -> Found:
    shown = rows.persons[:MOST]
    order = {person.pk: place for place, person in enumerate(shown)}
    memberships = Membership.objects.as_of(day).filter(person__in=shown).select_related("household")
    home_of = {row.person_id: row.household for row in memberships.order_by("presence", "pk")}  # "registered" after …
    found: dict[int, Household] = {}
    alone = []
    for person in shown:
        household = home_of.get(person.pk)
        if household is None:
            alone.append(person)
        else:
            found.setdefault(household.pk, household)
    homes = _homes(list(found.values()), fits=order, day=day)
    if alone:
        masked = access.masked(alone)
        homes += tuple(Home(None, None, (Resident(one, masked[one.pk], fits=True),)) for one in alone)
    return Found(typed=typed, homes=homes, more=len(rows.persons) > MOST, similar=similar, too_little=too_little)


def _homes(households: list[Household], *, fits: _Fits | dict[int, int] | None, day: dt.date) -> tuple[Home, ...]:
    """Households with everybody who lives there; the keys of all are read at once."""
    if not households:
        return ()
    rows = _members(households, day)
    masked = access.masked({row.person.pk: row.person for row in rows}.values())
    ring = Keyring.of(row.person.public_id for row in rows) if callable(fits) else None
    where = whereabouts.of_rooms([household.room_id for household in households if household.room_id])
    members: dict[int, list[Resident]] = {}
    for row in rows:
        chosen = _chosen(row.person, fits, ring)
        members.setdefault(row.household_id, []).append(
            Resident(row.person, masked[row.person.pk], chosen, role=row.get_role_display())
        )
    return tuple(
        Home(household, where.get(household.room_id or 0), tuple(members.get(household.pk, ())))
        for household in households
    )


def _chosen(person: Person, fits: _Fits | dict[int, int] | None, ring: Keyring | None) -> bool:
    if isinstance(fits, dict):
        return person.pk in fits
    return fits is not None and ring is not None and fits(*_opened(ring, person))


def _members(households: list[Household], day: dt.date) -> list[Membership]:
    found = Membership.objects.as_of(day).filter(household__in=households).select_related("person")
    rank = {role: place for place, role in enumerate(Membership.Role.values)}
    living = [row for row in found if row.presence == Membership.Presence.LIVES]
    return sorted(living, key=lambda row: (rank[row.role], row.pk))
