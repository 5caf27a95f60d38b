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
from django.db.models import Q, Value
from django.db.models.functions import Cast, Left

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
_LOOKED_THROUGH = 120  # candidates that are opened where the tokens alone cannot tell; beyond, `more` is said
_WITH_A_YEAR = 1000  # a year of birth has no token: whoever bears the name is opened


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
        persons=_within(Person.objects.filter(state=Person.State.PRESENT), user, places),
        households=_within(Household.objects.filter(active=True), user, places),
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
        return _ask(scope, [_ending(scope, number)], MOST + 1)
    return _ask(scope, [[tokens.token("id", number), tokens.token("phone", number)]], MOST + 1)


def _ending(scope: _Scope, digits: str) -> list[int]:
    return scope.spread("id4", digits) + scope.spread("phone4", digits)


def _by_one(scope: _Scope, typed: Typed, day: dt.date) -> Found:
    if typed.letters:
        rows = _by_letters(scope, typed.letters[0], typed)
        return _told(typed, rows, day=day, too_little=len(typed.letters[0]) < 2)
    name = typed.names[0]
    if len(name) < 2:
        return Found(typed=typed, too_little=True)
    rows = _by_name(scope, name, typed)
    if rows.persons:
        return _told(typed, rows, day=day)
    rows = _near(scope, name, typed)
    return _told(typed, rows, day=day, similar=bool(rows.persons))


def _by_name(scope: _Scope, name: str, typed: Typed) -> _Rows:
    """The whole name, then names of which it is a part."""
    rows = _beside(scope, [[tokens.token("name", name)]], typed, MOST + 1)
    if len(rows.persons) > MOST:
        return rows
    pieces = sorted(names.parts(name)) or [name]
    groups = [scope.spread("part", piece) for piece in pieces]
    if len(pieces) == 1:  # two characters, or a word: the token says it all
        return rows.plus(_beside(scope, groups, typed, MOST + 1))
    return rows.plus(_beside(scope, groups, typed, _LOOKED_THROUGH, lambda one: name in one and name != one))


def _near(scope: _Scope, name: str, typed: Typed) -> _Rows:
    """Names that sound alike, or differ in one character."""
    wanted = names.sounds(name)
    group = scope.spread("sound", *wanted)
    if len(name) > 2:
        group += scope.spread("part", *names.parts(name)) + scope.spread("skip", *names.skips(name))
    if len(name) == 3:  # one character too many
        group += [tokens.token("name", one) for one in (name[0] + name[2], name[:2], name[1:])]
    return _beside(
        scope,
        [group],
        typed,
        _LOOKED_THROUGH,
        lambda one: (len(name) > 2 and names.differs_by_one(one, name)) or bool(names.sounds(one) & wanted),
    )


def _by_letters(scope: _Scope, letters: str, typed: Typed) -> _Rows:
    """A reading, or a name in letters: whole or that of the given name; else half typed, or first letters."""
    whole = [tokens.token("name", letters), *scope.spread("sound", letters), *scope.spread("given", letters)]
    rows = _beside(scope, [whole + scope.spread("part", letters)], typed, MOST + 1)
    if rows.persons or len(letters) < 2:
        return rows
    begun = scope.spread("begun", *names.beginnings(letters))
    if len(letters) <= 4:
        begun += scope.spread("initials", letters)
    return _beside(scope, [begun], typed, _LOOKED_THROUGH // 2, lambda one: names.reads_as(one, letters))


def _beside(
    scope: _Scope, groups: list[list[int]], typed: Typed, limit: int, fits: Callable[[str], bool] | None = None
) -> _Rows:
    """Persons by their tokens, by what the tokens cannot tell, and by the second fact that was typed beside the name."""
    if typed.ending and not typed.year:
        return _ask(scope, [*groups, _ending(scope, typed.ending)], limit).where(fits)
    rows = _ask(scope, groups, _WITH_A_YEAR if typed.year else limit).where(fits)
    return rows.born_in(typed.year, typed.ending) if typed.year else rows


def _ask(scope: _Scope, groups: list[list[int]], limit: int) -> _Rows:
    found = tuple(_carrying(scope.persons, groups, limit))
    return _Rows(found, cut=len(found) == limit)


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
        candidates = _carrying(rows, groups, _LOOKED_THROUGH)
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


if TYPE_CHECKING:
    _Fits = Callable[[str], bool]


def _carrying(rows: Any, groups: Sequence[Sequence[int]], limit: int) -> list[Any]:
    """Rows that carry one token of every group, in no order."""
    for group in groups:
        # While the index is being re-keyed a token brings its earlier self along.
        wanted = dict.fromkeys(
            one for token in group for one in (token, getattr(token, "earlier", None)) if one is not None
        )
        literal = Cast(Value("{" + ",".join(map(str, wanted)) + "}"), ArrayField(models.BigIntegerField()))
        rows = rows.filter(tokens__contains=literal) if len(wanted) == 1 else rows.filter(tokens__overlap=literal)
    found: list[Any] = rows.by_token_index(limit)
    return found


def _within(rows: Any, user: Any, places: Sequence[str]) -> Any:
    """Rows at or under the asker's places; written so that no index on the place competes with that of the tokens."""
    here = Q(pk__in=[])
    for number, path in enumerate(places):
        rows = rows.annotate(**{f"under_{number}": Left("area_path", len(path))})
        here |= Q(**{f"under_{number}": path})
    return rows.filter(here).scoped_to(f"user {user.pk}, {P.PERSON_FIND}")


def _by_names(facts: Sequence[str]) -> _Fits:
    def fits(name: str) -> bool:
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
    """Candidates, best first; `cut`: there may be others who were not looked at."""

    persons: tuple[Person, ...] = ()
    cut: bool = False

    def where(self, fits: _Fits | None) -> _Rows:
        """Those whose plain name fits; all of them without a condition."""
        if fits is None or not self.persons:
            return self
        ring = Keyring.of(person.public_id for person in self.persons)
        return _Rows(tuple(one for one in self.persons if fits(names.plain(_open(ring, one, "name")))), self.cut)

    def born_in(self, year: str, ending: str) -> _Rows:
        """Those born in a year; "1985" alone may also be the end of a number."""
        ring = Keyring.of(person.public_id for person in self.persons)

        def fits(one: Person) -> bool:
            ends = (tokens.number(_open(ring, one, column))[-4:] for column in ("id_number", "phone"))
            return _open(ring, one, "born")[:4] == year or (bool(ending) and ending in ends)

        return _Rows(tuple(one for one in self.persons if fits(one)), self.cut)

    def plus(self, others: _Rows) -> _Rows:
        """These, then those of the others who are not among them."""
        known = {person.pk for person in self.persons}
        new = tuple(person for person in others.persons if person.pk not in known)
        return _Rows(self.persons + new, self.cut or others.cut)


def _open(ring: Keyring, person: Person, column: str) -> str:
    return ring.open(person.public_id, f"people.person.{column}", getattr(person, column)) or ""


# -- telling


def _told(typed: Typed, rows: _Rows, *, day: dt.date, similar: bool = False, too_little: bool = False) -> Found:
    shown = rows.persons[:MOST]
    order = {person.pk: place for place, person in enumerate(shown)}
    memberships = Membership.objects.as_of(day).filter(person__in=shown).select_related("household")
    # Where he lives comes last and stays: where he is only registered may lie in a place that is not the asker's.
    home_of = {row.person_id: row.household for row in memberships.order_by("-presence", "pk")}
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
    return Found(
        typed=typed, homes=homes, more=rows.cut or len(rows.persons) > MOST, similar=similar, too_little=too_little
    )


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
    return fits is not None and ring is not None and fits(names.plain(_open(ring, person, "name")))


def _members(households: list[Household], day: dt.date) -> list[Membership]:
    found = Membership.objects.as_of(day).filter(household__in=households).select_related("person")
    rank = {role: place for place, role in enumerate(Membership.Role.values)}
    living = [row for row in found if row.presence == Membership.Presence.LIVES]
    return sorted(living, key=lambda row: (rank[row.role], row.pk))
