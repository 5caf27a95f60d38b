"""Firms, shops and units with their premises, and the places that need particular care. All invented."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import TYPE_CHECKING, Any

from wangge.domains.people.actions import bulk_ties
from wangge.domains.people.actions.bulk_ties import FirmDraft, Let, Owned, SiteDraft
from wangge.domains.people.models import Site, Tenancy
from wangge.doors.town import paper
from wangge.doors.town.recipe import read
from wangge.foundation.core import clock
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from wangge.doors.town.families import Families
    from wangge.doors.town.numbers import Numbers
    from wangge.doors.town.plan import Plan
    from wangge.doors.town.recipe import Recipe
    from wangge.foundation.places.queries import Placed

_SITES = (
    (("小学", "中学", "幼儿园", "学院"), Site.Kind.SCHOOL),
    (("卫生", "医院"), Site.Kind.HOSPITAL),
    (("养老", "老年食堂"), Site.Kind.ELDERLY),
    (("党群服务中心",), Site.Kind.STATION),
)


class Firms:
    """Opens the shops and offices of one recipe."""

    def __init__(self, recipe: Recipe, plan: Plan, numbers: Numbers, families: Families) -> None:
        self._recipe = recipe
        self._plan = plan
        self._numbers = numbers
        self._families = families
        self._file = read("residents")
        self._rng = random.Random(f"firms {recipe.seed}")
        self._today = clock.today()
        self._taken: set[str] = set()
        self.dormitory = self._id()
        self.words = ""

    def build(self, rooms: list[Placed], people: list[uuid.UUID]) -> tuple[list[Owned], list[Let]]:
        """Write firms and sites; who owns their premises and who rents them, for the ties. `people`: possible owners."""
        premises = [room for room in rooms if room.use == "business"]
        mixed = [room for room in rooms if room.use == "mixed"]
        wanted = self._recipe.numbers["firms"]
        used = self._rng.sample(mixed, min(len(mixed), wanted // 12))
        used += self._rng.sample(premises, min(len(premises), wanted - len(used)))
        trades = self._file["trades"]
        chosen = self._rng.choices(trades, [trade[3] for trade in trades], k=len(used))
        firms = [self._firm(room, trade) for room, trade in zip(used, chosen, strict=True)]
        units = self._units(premises)
        bulk_ties.load_firms(by=None, firms=[*firms, *units, self._landlord(units[0])], source_ref="演示数据")
        sites = self._sites(units)
        bulk_ties.load_sites(by=None, sites=sites)
        self.words = f"{len(firms)} firms and shops, {len(units)} units, {len(sites)} sites"
        owned, let = [], []
        for room, firm in zip(used, firms, strict=True):
            owner = self._rng.choice(people)
            if room.use == "business":  # a dwelling's owner is drawn with its people
                owned.append(Owned(room.room, dt.date(2015, 1, 1), person=owner))
            if room.use == "business" and self._rng.random() < 0.7:
                let.append(
                    Let(
                        room.room,
                        firm.since,
                        firm=firm.public_id,
                        landlord=owner,
                        purpose=Tenancy.Purpose.BUSINESS.value,
                    )
                )
        return owned, let

    def _id(self) -> uuid.UUID:
        return uuid.UUID(int=self._rng.getrandbits(128), version=4)

    def _verified(self) -> dt.date | None:
        days = self._rng.randrange(5, 900)
        return None if days > 850 else self._today - dt.timedelta(days=days)

    def _firm(self, room: Placed, trade: list[Any]) -> FirmDraft:
        what, sector, kind, _weight = trade
        while True:
            name = "".join(self._rng.sample(self._file["brands"], 2)) + what
            if name not in self._taken:
                break
            name = f"{room.building.community.name_zh.removesuffix('社区')}{name}"
            if name not in self._taken:
                break
        self._taken.add(name)
        building = room.building
        contact = self._families.person(self._rng.randint(24, 60), "head", male=self._rng.random() < 0.6)
        return FirmDraft(
            name=name,
            kind=kind,
            area_path=room.grid.path,
            since=dt.date(self._rng.randint(2008, 2025), self._rng.randint(1, 12), 1),
            credit_code=self._numbers.credit_code(kind),
            trade=sector,
            address=f"{building.address}{room.name}" if room.use == "business" else _address(room),
            room_id=room.room,
            building_id=building.pk,
            lon=building.lon,
            lat=building.lat,
            staff=self._rng.randint(1, 6) if kind == "shop" else self._rng.randint(3, 80),
            contact_name=contact.name,
            contact_phone=self._numbers.phone(),
            verified_on=self._verified(),
            public_id=self._id(),
        )

    def _units(self, premises: list[Placed]) -> list[FirmDraft]:
        by_community: dict[str, list[Placed]] = {}
        for room in premises:
            by_community.setdefault(room.building.community.code, []).append(room)
        south = [plot for plot in self._plan.communities if plot.parent == "south"]
        units = [
            self._unit(f"{plot.key}{what}", sector, kind, self._rng.choice(by_community[plot.code]))
            for plot in south
            for what, sector, kind in self._file["units_everywhere"]
        ]
        codes = {plot.code for plot in south}
        public = [room for room in premises if room.building.community.code in codes]
        for name in self._file["units_once"]:
            own = [room for room in public if room.building.name.startswith(name)]
            units.append(self._unit(name, "机关事业", "public", self._rng.choice(own or public)))
        return units

    def _unit(self, name: str, sector: str, kind: str, room: Placed) -> FirmDraft:
        contact = self._families.person(self._rng.randint(28, 58), "head", male=self._rng.random() < 0.5)
        return FirmDraft(
            name=name,
            kind=kind,
            area_path=room.grid.path,
            since=dt.date(self._rng.randint(1995, 2022), 1, 1),
            credit_code=self._numbers.credit_code(kind),
            trade=sector,
            address=room.building.address,
            building_id=room.building.pk,
            lon=room.building.lon,
            lat=room.building.lat,
            staff=self._rng.randint(3, 120),
            contact_name=contact.name,
            contact_phone=self._numbers.phone(),
            verified_on=self._verified(),
            public_id=self._id(),
        )

    def _landlord(self, like: FirmDraft) -> FirmDraft:
        """The firm to which the dormitory belongs."""
        return FirmDraft(
            name=self._file["dormitory"]["name"],
            kind="company",
            area_path=like.area_path,
            since=dt.date(2012, 1, 1),
            credit_code=self._numbers.credit_code("company"),
            trade="劳务",
            address=like.address,
            staff=24,
            verified_on=self._today - dt.timedelta(days=40),
            public_id=self.dormitory,
        )

    def _sites(self, units: list[FirmDraft]) -> list[SiteDraft]:
        found = []
        for unit in units:
            kind = next((kind for words, kind in _SITES if any(word in unit.name for word in words)), None)
            if kind is not None:
                found.append(
                    SiteDraft(
                        name=unit.name,
                        kind=kind.value,
                        area_path=unit.area_path,
                        since=unit.since,
                        address=unit.address,
                        building_id=unit.building_id,
                        firm=unit.public_id,
                        lon=unit.lon,
                        lat=unit.lat,
                        public_id=self._id(),
                    )
                )
        plots = {plot.key: plot for plot in self._plan.communities}
        for name, kind_, community, across, up in self._file["sites"]:
            west, south, east, north = plots[community].shape.bounds
            lon, lat = paper.place(west + (east - west) * across, south + (north - south) * up)
            grid = places.grid_at(lon, lat)
            if grid is not None:
                found.append(
                    SiteDraft(
                        name=name,
                        kind=kind_,
                        area_path=grid.path,
                        since=self._recipe.since,
                        address=f"{community}社区",
                        lon=lon,
                        lat=lat,
                        public_id=self._id(),
                    )
                )
        return found


def _address(room: Placed) -> str:
    return f"{room.building.address}{room.building.name}{room.entrance}{room.name}"
