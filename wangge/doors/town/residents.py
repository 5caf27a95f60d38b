"""Stage 5: who lives where, who owns what, who is related to whom. Everybody is invented."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import uuid
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from wangge.domains.people.actions import bulk, bulk_needs, bulk_ties
from wangge.domains.people.actions.bulk_ties import Let, Owned, Related
from wangge.domains.people.models import Household, Membership, Person, Relation, Stay, Tenancy
from wangge.domains.people.names import split
from wangge.doors.town.families import Families, Member
from wangge.doors.town.firms import Firms
from wangge.doors.town.lots import Share
from wangge.doors.town.numbers import Numbers
from wangge.doors.town.recipe import read
from wangge.doors.town.troubles import Troubles
from wangge.foundation.core import clock
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wangge.doors.town.plan import Plan
    from wangge.doors.town.recipe import Recipe
    from wangge.foundation.places.queries import Placed

SOURCE_REF = "演示数据"  # the office's own word, as a batch or a letter would be named
_EMPTY, _BUSINESS = "empty", "business"
_RENTED = frozenset({"let", "shared"})
_LIVES, _REGISTERED = Membership.Presence.LIVES.value, Membership.Presence.REGISTERED.value
_SPOUSE, _PARENT, _CONTACT = Relation.Kind.SPOUSE.value, Relation.Kind.PARENT.value, Relation.Kind.CONTACT.value
_SAID_EVERY = 10_000  # persons


@dataclasses.dataclass(frozen=True, slots=True)
class Home:
    """A household as it was drawn: the room, who is in it, and what was written about each."""

    room: Placed
    draft: bulk.HouseholdDraft
    members: list[Member]

    @property
    def head(self) -> uuid.UUID:
        """The public id of the head."""
        return self.draft.members[0].public_id


class Residents:
    """Settles the rooms of one recipe."""

    def __init__(self, recipe: Recipe, plan: Plan, say: Callable[[str], None]) -> None:
        self._recipe = recipe
        self._plan = plan
        self._say = say
        self._file = read("residents")
        self._rng = random.Random(f"residents {recipe.seed}")
        self._families = Families(self._rng, self._file)
        self._numbers = Numbers()
        self._today = clock.today()
        self._drawn: dt.date = self._file["drawn_for"]
        self._homes: list[Home] = []
        self._empty: list[Placed] = []
        self.lost: str = ""

    def build(self) -> str:
        """Everybody; returns what was made, in words."""
        rooms = places.rooms_by_grid(self._today)
        self._settle(rooms)
        persons = bulk.load(
            (home.draft for home in self._homes),
            by=None,
            stated_on=self._drawn,
            source_ref=SOURCE_REF,
            progress=self._progress(),
        )
        firms = Firms(self._recipe, self._plan, self._numbers, self._families)
        owned, let = firms.build(rooms, [home.head for home in self._homes])
        owned += self._owned(firms.dormitory)
        counts = bulk_ties.load_ties(
            by=None,
            owned=owned,
            let=[*let, *self._let(owned)],
            related=[*self._within(), *self._across()],
            source_ref=SOURCE_REF,
        )
        needs, benefits = Troubles(self._recipe, self._today).draw((home.draft, home.members) for home in self._homes)
        bulk_needs.load_needs(by=None, needs=needs, benefits=benefits, source_ref=SOURCE_REF)
        return (
            f"{len(self._homes)} households, {persons} residents, {counts['titles']} titles, "
            f"{counts['tenancies']} tenancies, {counts['relations']} relations; {firms.words}; "
            f"{len(needs)} needs, {len(benefits)} benefits"
        )

    def _progress(self) -> Callable[[int], None]:
        said = 0

        def tell(written: int) -> None:
            nonlocal said
            if written - said >= _SAID_EVERY:
                said = written
                self._say(f"  {written:,} residents")

        return tell

    # -- who moves in where

    def _settle(self, rooms: list[Placed]) -> None:
        special = self._file["dormitory"]["compound"]
        lost = self._file["lost"]
        houses: dict[int, list[Placed]] = defaultdict(list)
        for room in rooms:
            if room.use != _BUSINESS:
                houses[room.building.pk].append(room)
        chosen = self._chosen(houses)
        lived = sum(room.use != _EMPTY for house in chosen for room in house)
        share = Share(min(1.0, self._recipe.numbers["households"] / lived))
        dormitory = next((house for house in houses.values() if _compound(house[0]) == special), None)
        sought = next(house for house in houses.values() if _compound(house[0]) == lost["compound"])
        where = [room for room in sought if room.floor > 1][-1]
        for house in [*chosen, *(one for one in (dormitory, sought) if one is not None and one not in chosen)]:
            fresh = self._rng.choice((0.95, 0.85, 0.75, 0.55, 0.3))
            for room in house:
                if room is where:
                    self._lose(room, lost)
                elif house is dormitory:
                    self._move_in(room, self._families.dormitory(), fresh)
                elif house not in chosen:
                    continue
                elif room.use == _EMPTY or not share.ask():
                    self._empty.append(room)
                else:
                    made = self._families.flat() if room.use == "shared" else self._families.family()
                    self._move_in(room, made, fresh)

    def _chosen(self, houses: dict[int, list[Placed]]) -> list[list[Placed]]:
        """The houses whose people are known: all of the home community, and of the others as many as the size asks for."""
        home = self._plan.communities[0].code
        first = [house for house in houses.values() if house[0].building.community.code == home]
        rest = [house for house in houses.values() if house[0].building.community.code != home]
        known = sum(room.use != _EMPTY for house in first for room in house)
        others = sum(room.use != _EMPTY for house in rest for room in house)
        share = Share(min(1.0, 1.04 * max(0, self._recipe.numbers["households"] - known) / others))
        return [*first, *(house for house in rest if share.ask())]

    def _move_in(self, room: Placed, members: list[Member], fresh: float) -> None:
        kind = members[0].role
        basis, household = Stay.Basis.OWN, Household.Kind.FAMILY
        if kind == "other":
            basis, household = Stay.Basis.DORMITORY, Household.Kind.COLLECTIVE
        elif room.use == "shared":
            basis, household = Stay.Basis.RENT, Household.Kind.SHARED
        elif room.use == "let":
            basis = Stay.Basis.RENT
        rented = basis != Stay.Basis.OWN
        years = (2022, 2025) if rented else (2001, 2024)
        since = dt.date(self._rng.randint(*years), self._rng.randint(1, 12), self._rng.randint(1, 28))
        since = max(since, *(member.born for member in members))
        odds = (15, 25, 60, 0.3, 2) if rented else (84, 10, 4, 0.05, 2)
        registration = self._rng.choices(("here", "apart", "migrant", "abroad", "unknown"), odds)[0]
        drafts = tuple(self._person(member, registration, stays=rented or not n) for n, member in enumerate(members))
        self._home(room, members, drafts, kind=household.value, basis=basis.value, since=since, fresh=fresh)

    def _home(
        self,
        room: Placed,
        members: list[Member],
        drafts: tuple[bulk.PersonDraft, ...],
        *,
        kind: str,
        basis: str,
        since: dt.date,
        fresh: float,
    ) -> None:
        self._homes.append(
            Home(
                room,
                bulk.HouseholdDraft(
                    room_id=room.room,
                    area_path=room.grid.path,
                    since=since,
                    members=drafts,
                    kind=kind,
                    basis=basis,
                    verified_on=self._verified(fresh, since),
                    public_id=self._id(),
                ),
                members,
            )
        )

    def _verified(self, fresh: float, since: dt.date) -> dt.date | None:
        """Within the last year for a share of `fresh`, else up to three years ago, or never."""
        if self._rng.random() < fresh:
            days = self._rng.randrange(2, 360)
        elif self._rng.random() < 0.2:
            return None
        else:
            days = self._rng.randrange(366, 1090)
        return max(self._today - dt.timedelta(days=days), min(since, self._today))

    def _id(self) -> uuid.UUID:
        return uuid.UUID(int=self._rng.getrandbits(128), version=4)

    def _person(self, member: Member, registration: str, *, stays: bool) -> bulk.PersonDraft:
        age = member.age(self._drawn)
        phone = self._numbers.phone() if age >= 14 and self._rng.random() < (0.96 if age < 75 else 0.6) else ""
        away = not stays and member.role == "child" and age >= 18 and self._rng.random() < 0.3
        infant = self._drawn - member.born < dt.timedelta(days=60)
        address = ""
        if registration == "apart":
            address = f"{self._rng.choice(self._file['streets'])}{self._rng.randint(1, 180)}号"
        elif registration == "migrant":
            address = f"{self._rng.choice(self._file['regions'])}{self._rng.randint(1, 180)}号"
        work = ""
        if 6 <= age < 19:
            work = self._rng.choice(self._file["schools"])
        elif 19 <= age < 62 and self._rng.random() < 0.6:
            work = self._rng.choice(self._file["work"])
        return bulk.PersonDraft(
            name=member.name,
            role=member.role,
            presence=_REGISTERED if away else _LIVES,
            sex="m" if member.male else "f",
            born=member.born.isoformat(),
            id_kind=Person.IdKind.NONE.value if infant else Person.IdKind.RESIDENT_ID.value,
            id_number="" if infant else self._numbers.identity(member.born, male=member.male),
            phone=phone,
            registered_address=address,
            work_or_school=work,
            registration=registration,
            public_id=self._id(),
        )

    def _lose(self, room: Placed, lost: dict[str, Any]) -> None:
        """The household of the girl who lost her way."""
        told = lost["members"]
        members = [Member(one["name"], one["sex"] == "m", one["born"], one["role"]) for one in told]
        members[0].spouse, members[1].spouse, members[2].parents = 1, 0, (0, 1)
        drafts = tuple(
            bulk.PersonDraft(
                name=one["name"],
                role=one["role"],
                sex=one["sex"],
                born=one["born"].isoformat(),
                id_number=self._numbers.identity(one["born"], male=one["sex"] == "m"),
                phone=one.get("phone", ""),
                work_or_school=one["work"],
                registration="here",
                public_id=self._id(),
            )
            for one in told
        )
        self._home(room, members, drafts, kind="family", basis="own", since=max(one["born"] for one in told), fresh=1.0)
        self.lost = f"{_compound(room)}{room.building.name}{room.entrance}{room.name}"

    # -- who owns and lets

    def _owned(self, dormitory: uuid.UUID) -> list[Owned]:
        owned = []
        owners = [home.head for home in self._homes if home.draft.basis == Stay.Basis.OWN]
        for home in self._homes:
            room, since = home.room.room, home.draft.since
            if home.draft.basis == Stay.Basis.DORMITORY:
                owned.append(Owned(room, since, firm=dormitory))
            elif home.draft.basis == Stay.Basis.RENT or self._rng.random() < 0.02:
                # Where the old people live in a flat of somebody else's, too.
                owned.append(Owned(room, since, person=self._other(owners, home.head)))
            elif home.members[0].spouse is not None and self._rng.random() < 0.35:
                owned += [Owned(room, since, person=home.draft.members[n].public_id, share=0.5) for n in (0, 1)]
            else:
                owned.append(Owned(room, since, person=home.head))
        first = dt.date(2015, 1, 1)
        owned += [Owned(room.room, first, person=self._rng.choice(owners)) for room in self._empty]
        return owned

    def _other(self, owners: list[uuid.UUID], than: uuid.UUID) -> uuid.UUID:
        found = self._rng.choice(owners)
        return found if found != than else owners[owners.index(found) - 1]

    def _let(self, owned: list[Owned]) -> Iterator[Let]:
        landlords = {one.room_id: one.person for one in owned}
        for home in self._homes:
            if home.draft.basis == Stay.Basis.RENT:
                yield Let(
                    home.room.room,
                    home.draft.since,
                    household=home.draft.public_id,
                    landlord=landlords[home.room.room],
                )
            elif home.draft.basis == Stay.Basis.DORMITORY:
                yield Let(
                    home.room.room,
                    home.draft.since,
                    household=home.draft.public_id,
                    purpose=Tenancy.Purpose.DORMITORY.value,
                )

    # -- who is related to whom

    def _within(self) -> Iterator[Related]:
        for home in self._homes:
            ids = [draft.public_id for draft in home.draft.members]
            for n, member in enumerate(home.members):
                if member.spouse is not None and member.spouse > n:
                    yield Related(ids[n], ids[member.spouse], _SPOUSE, home.draft.since)
                for parent in member.parents:
                    yield Related(ids[parent], ids[n], _PARENT, member.born)

    def _across(self) -> Iterator[Related]:
        """Old people whose grown-up child lives elsewhere in town, and who is called when something happens."""
        grown: dict[str, list[tuple[uuid.UUID, Member]]] = defaultdict(list)
        for home in self._homes:
            head = home.members[0]
            if 32 <= head.age(self._drawn) <= 60 and not head.parents and len(home.members) > 1:
                grown[split(head.name)[0]].append((home.head, head))
        for home in self._homes:
            head = home.members[0]
            if head.age(self._drawn) < 60 or len(home.members) > 2 or self._rng.random() > 0.4:
                continue
            child = self._child_of(head, grown)
            if child is None:
                continue
            public_id, member = child
            yield Related(home.head, public_id, _PARENT, member.born)
            if head.spouse is not None:
                yield Related(home.draft.members[head.spouse].public_id, public_id, _PARENT, member.born)
            yield Related(public_id, home.head, _CONTACT, dt.date(2022, 3, 1))

    def _child_of(
        self, parent: Member, grown: dict[str, list[tuple[uuid.UUID, Member]]]
    ) -> tuple[uuid.UUID, Member] | None:
        known = grown[split(parent.name)[0]]
        for n, (_public_id, member) in enumerate(known[-40:]):
            if 22 <= parent.age(self._drawn) - member.age(self._drawn) <= 36:
                return known.pop(max(0, len(known) - 40) + n)
        return None


def _compound(room: Placed) -> str:
    return room.building.compound.name_zh if room.building.compound else ""
