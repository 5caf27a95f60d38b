"""The street as it stands in the database, looked up once: who works where, what stands where, which unit answers."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import TYPE_CHECKING

from wangge.doors.town.recipe import read
from wangge.foundation.accounts.models import Organisation
from wangge.foundation.accounts.queries import organisations, posts_ever, responsibilities
from wangge.foundation.catalogue.queries import matters, route, rules
from wangge.foundation.core import clock
from wangge.foundation.places.queries import areas, buildings_by_grid

if TYPE_CHECKING:
    import datetime as dt

    from wangge.doors.town.recipe import Recipe
    from wangge.foundation.accounts.models import Post, User
    from wangge.foundation.catalogue.models import Matter
    from wangge.foundation.places.models import Area, Building, Compound


@dataclasses.dataclass(frozen=True, slots=True)
class Spot:
    """A building with the grids to which it belonged before and belongs since the redrawing."""

    building: Building
    now: Area
    before: Area
    is_north: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Desk:
    """The people of a command centre."""

    intake: User
    dispatcher: User
    verifier: User
    caller: User
    chief: User


class Scene:
    """Everything that histories and stories need to know of the street."""

    def __init__(self, recipe: Recipe, at: dt.datetime) -> None:
        self.recipe = recipe
        self.at = at
        held = {area.pk: area for area in [*areas(on=recipe.since), *areas()]}
        for area in held.values():  # the parents of this set, so that walking up asks nothing of the database
            if area.parent_id in held:
                area.parent = held[area.parent_id]
        self.areas = held
        streets = recipe.town["streets"]
        by_code = {area.code: area for area in held.values() if area.valid_to is None}
        self.south, self.north = by_code[streets["south"]["code"]], by_code[streets["north"]["code"]]
        self.home = by_code[streets["south"]["code"] + "001"]
        before = {building.pk: grid for building, grid in buildings_by_grid(recipe.since)}
        self.spots = [
            Spot(building, held[grid], held[before[building.pk]], held[grid].path.startswith(self.north.path))
            for building, grid in buildings_by_grid(clock.day_of(at))
        ]
        self.matters = {matter.code: matter for matter in matters()}
        self._people()
        self._routes: dict[
            tuple[str, int, int | None], tuple[Organisation | None, tuple[Organisation, ...], tuple[str, ...]]
        ] = {}
        self._by_company: dict[str, bool] = {}
        self._companies = {
            given.compound_id: given.organisation_id
            for given in responsibilities(Organisation.Kind.PROPERTY_COMPANY)
            if given.compound_id is not None
        }

    def _people(self) -> None:
        offices = read("offices")
        units = {unit.name_zh: unit for unit in organisations()}
        self.units = {
            row[0]: units[row[2]]
            for group in ("street_offices", "district_units", "north_offices")
            for row in offices[group]
        }
        self.units["mediation"] = units["南城街道人民调解委员会"]
        self.committees = {u.area_id: u for u in units.values() if u.kind == Organisation.Kind.COMMUNITY}
        self.units["community"] = self.committees[self.home.pk]
        self.slow = {units[name].pk: times for name, times in offices["slow"].items()}
        self.users: dict[str, User] = {}
        self._workers: dict[tuple[str, int], list[Post]] = defaultdict(list)
        self._handlers: dict[int, list[User]] = defaultdict(list)
        for post in posts_ever():
            self.users.setdefault(post.user.username, post.user)
            user = self.users[post.user.username]
            post.user = user
            if post.area_id is not None:
                self._workers[post.role, post.area_id].append(post)
            handles = {"unit_handler", "unit_head", "station_head", "community_worker"}
            if post.organisation_id is not None and post.role in handles:
                self._handlers[post.organisation_id].append(user)
        one = self.users
        self.desk = Desk(one["bai"], one["chen"], one["su"], one["ma"], one["luo"])
        self.north_desk = Desk(one["bc-intake"], one["zhao"], one["bc-verify"], one["bc-chief"], one["bc-chief"])

    def desk_at(self, area: Area) -> Desk:
        """The command centre that answers for an area."""
        return self.north_desk if area.path.startswith(self.north.path) else self.desk

    def grid_of(self, spot: Spot, at: dt.datetime) -> Area:
        """The grid of a building at an instant."""
        return spot.now if clock.day_of(at) >= self.recipe.redrawn else spot.before

    def workers(self, area: Area, at: dt.datetime, role: str = "grid_worker") -> list[User]:
        """Who held a role exactly at an area on that day, in the order of the appointments."""
        day = clock.day_of(at)
        return [
            post.user
            for post in self._workers[role, area.pk]
            if post.valid_from <= day and (post.valid_to is None or day < post.valid_to)
        ]

    def handlers(self, unit: Organisation) -> list[User]:
        """Who handles for a unit."""
        return self._handlers[unit.pk]

    def route(
        self, matter: Matter, area: Area, compound: Compound | None
    ) -> tuple[Organisation, tuple[Organisation, ...], tuple[str, ...]]:
        """Main unit, co-handlers and the rules that chose them, as the catalogue says; the community where it says nothing."""
        street = self.north if area.path.startswith(self.north.path) else self.south
        company = self._companies.get(compound.pk) if compound is not None and self._asks_company(matter) else None
        key = (matter.code, street.pk, company)
        if key not in self._routes:
            found = route(matter, area, compound=compound)
            self._routes[key] = (
                found.main,
                tuple(found.co),
                (f"rule:{found.rule.pk}",) if found.rule else ("by_hand",),
            )
        main, co, rules = self._routes[key]
        community = area.parent_id if area.kind == "grid" else area.pk
        own = self.committees[community if community is not None else 0]
        main = own if main is None else self._here(main, own)
        co = tuple(unit for unit in dict.fromkeys(self._here(unit, own) for unit in co) if unit.pk != main.pk)
        return main, co, rules

    @staticmethod
    def _here(unit: Organisation, own: Organisation) -> Organisation:
        """The street's answer is asked once; "the residents' committee" is each community's own."""
        return own if unit.kind == Organisation.Kind.COMMUNITY else unit

    def _asks_company(self, matter: Matter) -> bool:
        if matter.code not in self._by_company:
            self._by_company[matter.code] = any(
                rule.unit_kind == Organisation.Kind.PROPERTY_COMPANY for rule in rules(matter=matter)
            )
        return self._by_company[matter.code]
