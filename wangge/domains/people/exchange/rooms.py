"""The dwellings of a place, found by what people write: 三号楼=3号楼=3#=3幢, in columns of their own or in one address."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import F

from wangge.domains.people import addresses
from wangge.domains.people.exchange.issues import CellError
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.scoping import under
from wangge.foundation.places.models import Building, Room

if TYPE_CHECKING:
    import datetime as dt

_EDGE = "-,，、的()（）"
# What may be built on the word of a sheet: a floor and a number in a staircase, nothing that needs to be seen.
_ROOM = re.compile(r"(?P<floor>\d{1,2})\d{2}[A-Z]?")
_ENTRANCE = re.compile(r"\d{1,2}|[A-Z]|[东西南北中甲乙丙丁]")


@dataclasses.dataclass(frozen=True, slots=True)
class Dwelling:
    """A room that was found, and the path of the grid in which it lies; below zero: a room that is to be built."""

    room_id: int
    area_path: str
    building_id: int


@dataclasses.dataclass(frozen=True, slots=True)
class Missing:
    """A room that a sheet names in a known building, and that is not there."""

    building_id: int
    entrance: str  # its name, as the other entrances of the building are called
    floor: int
    name: str


@dataclasses.dataclass(slots=True)
class _House:
    pk: int
    area_path: str
    compound: int
    floors: int
    rooms: dict[tuple[str, str], int] = dataclasses.field(default_factory=dict)
    by_name: dict[str, list[int]] = dataclasses.field(default_factory=lambda: defaultdict(list))
    units: dict[str, str] = dataclasses.field(default_factory=dict)  # key → name


class Rooms:
    """All rooms of the buildings that stand under a path on a day; read once for a batch.

    With `build`, a room that is missing in a known building gets a key below zero; `missing` says what it would be.
    """

    def __init__(self, area_path: str, *, on: dt.date, build: bool = False) -> None:
        self.missing: dict[int, Missing] = {}
        self._build = build
        self._houses: dict[int, _House] = {}
        self._compounds: dict[str, set[int]] = defaultdict(set)
        self._named: dict[tuple[int, str], list[_House]] = defaultdict(list)
        self._by_name: dict[str, list[_House]] = defaultdict(list)
        self._held: dict[tuple[str, ...], Dwelling | CellError] = {}
        self._read(area_path, on)
        self._aliases = sorted(self._compounds, key=len, reverse=True)
        self._words = sorted((name for name in self._by_name if not any(map(str.isdigit, name))), key=len, reverse=True)

    def _read(self, area_path: str, on: dt.date) -> None:
        standing = (
            Building.objects.filter(in_force(on, "grids__"), under("grids__grid__path", [area_path]))
            .annotate(path=F("grids__grid__path"))
            .values_list(
                "pk",
                "name",
                "floors",
                "compound_id",
                "compound__name_zh",
                "compound__name_en",
                "compound__aliases",
                "path",
            )
        )
        for pk, name, floors, compound, name_zh, name_en, aliases, path in standing:
            house = self._houses[pk] = _House(pk, path, compound or 0, floors or 0)
            self._named[house.compound, _building(name)].append(house)
            self._by_name[_building(name)].append(house)
            for alias in (name_zh, name_en, *(aliases or [])):
                if alias:
                    self._compounds[addresses.folded(alias)].add(house.compound)
        rooms = Room.objects.filter(
            in_force(on, "entrance__building__grids__"), under("entrance__building__grids__grid__path", [area_path])
        ).values_list("pk", "name", "entrance__name", "entrance__building_id")
        for pk, name, entrance, building in rooms.order_by().iterator(chunk_size=5000):
            house = self._houses[building]
            unit, room = _unit(entrance), _room(name)
            house.rooms[unit, room] = pk
            house.by_name[room].append(pk)
            house.units[unit] = entrance

    def find(
        self, *, compound: str = "", building: str = "", unit: str = "", room: str = "", address: str = ""
    ) -> Dwelling:
        """The one dwelling that is meant; CellError names the field that says nothing, or too little."""
        key = (compound, building, unit, room, address)
        held = self._held.get(key)
        if held is None:
            try:
                held = self._find(*key)
            except CellError as error:
                held = error
            self._held[key] = held
        if isinstance(held, CellError):
            raise CellError(held.code, held.field)
        return held

    def _find(self, compound: str, building: str, unit: str, room: str, address: str) -> Dwelling:
        compound = addresses.folded(compound)
        building, unit = _building(building) if building else "", _unit(unit) if unit else ""
        if room:
            return self._by_parts(compound, building, unit, addresses.folded(room), None)
        if not address:
            raise CellError("place_missing", "room")
        try:
            return self._by_address(addresses.folded(address), compound, building, unit)
        except CellError as error:
            raise CellError(error.code, "address") from None

    def _by_address(self, text: str, compound: str, building: str, unit: str) -> Dwelling:
        """The compound's longest name that occurs, then what stands behind it."""
        alias = next((one for one in self._aliases if one in text), "")
        if alias:
            text = text[text.index(alias) + len(alias) :]
        text = text.strip(_EDGE)
        said = addresses.parse(text)
        house, entrance, before, room = said.building, said.entrance, said.compound, said.room
        if house and building and not entrance and re.fullmatch(r"\w+-\w+", text):
            house, entrance = building, house  # "2-301" beside a column of buildings
        if not said.inside():
            before, room = "", text
        if not house:
            house = next((word for word in self._words if before.endswith(word)), "")
            before = before.removesuffix(house)
        if alias and before:
            raise CellError("building_unknown")
        if room and said.rest:
            raise CellError("room_unknown")
        room = room or said.rest
        if not room:
            raise CellError("room_unknown")
        return self._by_parts(alias or compound, house or building, entrance or unit, room, said.floor)

    def _by_parts(self, compound: str, building: str, unit: str, room: str, floor: int | None) -> Dwelling:
        houses = self._candidates(compound, building)
        parts = room.split("-")
        if not unit and len(parts) == 2:
            unit, room = _unit(parts[0]), parts[1]
        room = _room(room)
        others = (f"{floor}{room}", f"{floor}层{room}", f"{floor}0{room}") if floor is not None else ()
        named = [house for house in houses if unit in house.units] if unit else houses
        found = {
            pk: house
            for house in named
            for one in (room, *others)
            for pk in (
                [house.rooms[unit, one]] if (unit, one) in house.rooms else [] if unit else house.by_name.get(one, [])
            )
        }
        if len(found) > 1:
            raise CellError("place_ambiguous", "room")
        if found:
            pk, house = found.popitem()
            return Dwelling(pk, house.area_path, house.pk)
        if self._build and building and len(houses) == 1:
            rising = [one for one in (room, *others) if _ROOM.fullmatch(one)]
            new = self._new(houses[0], unit, rising[0] if rising else "")
            if new is not None:
                return new
        raise CellError("room_unknown", "room") if named else CellError("unit_unknown", "unit")

    def _new(self, house: _House, unit: str, room: str) -> Dwelling | None:
        """A room that is to be built; None where the sheet says too little, or more than the building has floors."""
        plausible = _ROOM.fullmatch(room)
        floor = int(plausible["floor"]) if plausible else 0
        if not floor or (house.floors and floor > house.floors):
            return None
        if not unit and len(house.units) < 2:
            unit = next(iter(house.units), "1")
        if unit not in house.units and not _ENTRANCE.fullmatch(unit):
            return None
        key = -len(self.missing) - 1
        name = house.units.setdefault(unit, f"{unit}单元")
        self.missing[key] = Missing(house.pk, name, floor, room)
        house.rooms[unit, room] = key
        house.by_name[room].append(key)
        return Dwelling(key, house.area_path, house.pk)

    def _candidates(self, compound: str, building: str) -> list[_House]:
        if not compound:
            houses = self._by_name.get(building, []) if building else list(self._houses.values())
        else:
            known = self._compounds.get(compound)
            if known is None:
                raise CellError("compound_unknown", "compound")
            houses = [
                house
                for one in known
                for house in (
                    self._named.get((one, building), [])
                    if building
                    else [house for house in self._houses.values() if house.compound == one]
                )
            ]
        if not houses:
            raise CellError("building_unknown", "building")
        return houses


def _counted(key: str) -> str:
    """A key that is a numeral alone, as a number: a column of units says 二."""
    number = addresses.numeral(key)
    return key if number is None else str(number)


def _building(name: str) -> str:
    return _counted(addresses.building_key(name))


def _unit(name: str) -> str:
    return _counted(addresses.entrance_key(name))


def _room(name: str) -> str:
    key = addresses.room_key(name)
    return _counted(re.sub(r"(?<=\d)户$", "", key))
