"""Stage 4: the people who log in, and their posts."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.hashers import make_password

from wangge.doors.town.recipe import read
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.accounts.models import Organisation, Post, User
from wangge.foundation.accounts.queries import organisations
from wangge.foundation.places.queries import areas

if TYPE_CHECKING:
    import datetime as dt

    from wangge.doors.town.recipe import Recipe
    from wangge.foundation.places.models import Area

Basis = Post.Basis
_NORTH_WORKERS_PER_COMMUNITY = 1


class People:
    """Appoints everybody of one recipe."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._file = read("cast")
        self._rng = random.Random(f"people {recipe.seed}")
        self._now = areas()
        self._before = areas(on=recipe.since)
        self._codes = {area.code: area for area in self._now}
        self._units = {unit.name_zh: unit for unit in organisations()}
        offices = read("offices")
        self._by_key = {
            row[0]: self._units[row[2]]
            for group in ("street_offices", "district_units", "north_offices")
            for row in offices[group]
        }
        self._committees = {
            unit.area_id: unit for unit in self._units.values() if unit.kind == Organisation.Kind.COMMUNITY
        }
        streets = recipe.town["streets"]
        self._south = self._codes[streets["south"]["code"]]
        self._north = self._codes[streets["north"]["code"]]
        self._taken = {person["name"] for person in [*self._file["cast"], *self._file["others"]]}
        # One hash for the whole cast: Argon2 is slow on purpose, and everybody in the demo has the same password.
        self._encoded = make_password(self._file["password"]) if settings.DEMO else ""
        self._serial = 0
        self.users = self.posts = 0

    def build(self) -> str:
        """Everybody; returns what was made, in words."""
        self._cast()
        self._grid_workers()
        self._communities()
        self._part_timers()
        self._units_people()
        self._sibling()
        return f"{self.users} people, {self.posts} posts"

    # -- small steps

    def _name(self) -> str:
        while True:
            given = self._rng.sample(self._file["given"], self._rng.choice((1, 2, 2)))
            name: str = self._rng.choice(self._file["surnames"]) + "".join(given)
            if name not in self._taken:
                self._taken.add(name)
                return name

    def _person(self, login: str, name: str = "", *, knows_password: bool = False) -> User:
        self.users += 1
        self._serial += 1
        return accounts.add_user(
            by=None,
            username=login,
            name=name or self._name(),
            password=None,
            phone=f"1001{self._serial:07d}",
            encoded_password=self._encoded if knows_password else "",
        )

    def _post(
        self,
        user: User,
        role: str,
        unit: Organisation | None,
        area: Area | None,
        *,
        basis: str = Basis.FULL_TIME,
        first: dt.date | None = None,
        last: dt.date | None = None,
    ) -> None:
        self.posts += 1
        accounts.give_post(
            by=None,
            user=user,
            role=role,
            organisation=unit,
            area=area,
            basis=basis,
            valid_from=first or self._recipe.since,
            valid_to=last,
        )

    def _of_south(self, kind: str, *, before: bool = False) -> list[Area]:
        return [
            a for a in (self._before if before else self._now) if a.kind == kind and a.path.startswith(self._south.path)
        ]

    # -- who

    def _cast(self) -> None:
        home = self._of_south("community")[0]
        for person in [*self._file["cast"], *self._file["others"]]:
            if person["role"] == "grid_worker":
                continue  # appointed with the others of their community
            unit = self._committees[home.pk] if person["unit"] == "community" else self._by_key[person["unit"]]
            places = {"south": self._south, "north": self._north, "community": home, "": None}
            place = (
                self._codes[self._recipe.town["district"]["code"]]
                if person["place"] == "district"
                else places[person["place"]]
            )
            user = self._person(person["login"], person["name"], knows_password=person in self._file["cast"])
            self._post(user, person["role"], unit, place)

    def _grid_workers(self) -> None:
        """36 full-time workers: two or three of them in a community, each with two or three of its grids."""
        communities = self._of_south("community")
        total = self._recipe.town["full_time_workers"]
        special = [p for p in self._file["cast"] if p["role"] == "grid_worker"]
        grids = {c.pk: [g for g in self._of_south("grid") if g.parent_id == c.pk] for c in communities}
        many = sorted(communities[1:], key=lambda c: -len(grids[c.pk]))
        more = {communities[0].pk, *(c.pk for c in many[: total - 2 * len(communities) - 1])}
        serial = 0
        for community in communities:
            own = grids[community.pk]
            earlier = [g for g in self._of_south("grid", before=True) if g.parent_id == community.pk]
            how_many = 3 if community.pk in more else 2
            for n in range(how_many):
                serial += 1
                cast = special.pop(0) if community is communities[0] and special else None
                user = self._person(
                    cast["login"] if cast else f"nc-grid-{serial:02d}",
                    cast["name"] if cast else "",
                    knows_password=cast is not None,
                )
                unit = self._committees[community.pk]
                for grid in own[len(own) * n // how_many : len(own) * (n + 1) // how_many]:
                    self._post(user, "grid_worker", unit, grid, first=self._recipe.redrawn)
                for grid in [g for i, g in enumerate(earlier) if i % how_many == n] or earlier[:1]:
                    self._post(user, "grid_worker", unit, grid, last=self._recipe.redrawn)

    def _communities(self) -> None:
        for n, community in enumerate(self._of_south("community"), start=1):
            unit = self._committees[community.pk]
            if n > 1:
                self._post(self._person(f"nc-station-{n:02d}"), "station_head", unit, community)
            for m in (1, 2):
                self._post(self._person(f"nc-community-{n:02d}-{m}"), "community_worker", unit, community)
            self._post(self._person(f"nc-gridhead-{n:02d}"), "grid_head", unit, community, basis=Basis.CONCURRENT)
            self._post(
                self._person(f"nc-guide-{n:02d}"),
                "grid_guide",
                self._by_key["office"],
                community,
                basis=Basis.GUARANTOR,
            )

    def _part_timers(self) -> None:
        """110 part-time workers, and the Party members who headed buildings until the redrawing."""
        now, before = self._of_south("grid"), self._of_south("grid", before=True)
        for n in range(self._recipe.town["part_time_workers"]):
            user = self._person(f"nc-part-{n + 1:03d}")
            grid = now[n % len(now)]
            unit = self._committees[grid.parent_id]
            earlier = [g for g in before if g.parent_id == grid.parent_id]
            self._post(user, "part_time_worker", unit, grid, basis=Basis.PART_TIME, first=self._recipe.redrawn)
            self._post(
                user,
                "part_time_worker",
                unit,
                earlier[n % len(earlier)],
                basis=Basis.PART_TIME,
                last=self._recipe.redrawn,
            )
        groups = [
            unit
            for unit in organisations(tree="party", on=self._recipe.since)
            if unit.kind == Organisation.Kind.PARTY_GROUP
        ]
        for n in range(self._recipe.town["party"]["building_heads"]):
            group = groups[n % len(groups)]
            self._post(
                self._person(f"nc-building-{n + 1:03d}"),
                "building_head",
                group,
                group.area,
                basis=Basis.PART_TIME,
                last=self._recipe.redrawn,
            )

    def _units_people(self) -> None:
        """A clerk, handlers and a head for every unit that handles and is not a community's own committee."""
        plain: list[tuple[str, Organisation]] = [
            (key, unit) for key, unit in self._by_key.items() if unit.handles and not key.startswith("north_")
        ]
        companies = [u for u in self._units.values() if u.handles and u.tree == Organisation.Tree.SELF]
        plain += [(f"self-{n}", unit) for n, unit in enumerate(sorted(companies, key=lambda u: u.pk), start=1)]
        for key, unit in plain:
            roles: list[str] = ["unit_clerk", "unit_handler", "unit_head"]
            if unit.kind in {Organisation.Kind.ENFORCEMENT, Organisation.Kind.SANITATION, Organisation.Kind.MUNICIPAL}:
                roles.insert(1, "unit_handler")
            for n, role in enumerate(roles, start=1):
                self._post(self._person(f"nc-{key.replace('_', '-')}-{n}"), role, unit, None)

    def _sibling(self) -> None:
        """The northern street: as many as its own cases need."""
        for key, unit in self._by_key.items():
            if key.startswith("north_") and unit.handles:
                self._post(self._person(f"bc-{key.removeprefix('north_')}-1"), "unit_handler", unit, None)
        communities = [a for a in self._now if a.kind == "community" and a.path.startswith(self._north.path)]
        for n, community in enumerate(communities, start=1):
            unit = self._committees[community.pk]
            self._post(self._person(f"bc-station-{n}"), "station_head", unit, community)
            worker = self._person(f"bc-grid-{n}")
            for grids, first, last in (
                (self._now, self._recipe.redrawn, None),
                (self._before, None, self._recipe.redrawn),
            ):
                for grid in (g for g in grids if g.parent_id == community.pk and g.kind == "grid"):
                    self._post(worker, "grid_worker", unit, grid, first=first, last=last)
