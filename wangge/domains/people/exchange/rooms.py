"""The dwellings of a place, found by what people write: 三号楼=3号楼=3#=3幢, in columns of their own or in one address."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import F

from wangge.domains.people.exchange.issues import CellError
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.scoping import under
from wangge.foundation.places.models import Building, Room

if TYPE_CHECKING:
    import datetime as dt

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "廿": 20, "卅": 30}
_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十百廿卅]+(?=号|楼|栋|幢|座|#|单元|门|层|室|户|排|院|区|期|$|-)")
_BUILDING_END = re.compile(r"(号楼|楼|栋|幢|#|座|号)$")
_UNIT_END = re.compile(r"(单元门?|门洞?|单)$")
_ROOM_END = re.compile(r"(室|号|户|房)$")
_PARTS = re.compile(
    r"^(?:(?P<building>[^-]*?)(?:号楼|楼|栋|幢|#楼?|座|号院|-))?"
    r"(?:(?P<unit>[a-z\d东西南北中甲乙丙丁]{1,4})(?:单元|门洞|门|-))?"
    r"(?:(?P<floor>\d{1,2})(?:层|楼))?(?P<room>[^-]+?)(?:室|号|户|房)?$"
)


def plain(text: str) -> str:
    """A name of a place as it is compared: folded, without spaces, Chinese numerals as digits, no leading noughts."""
    folded = "".join(unicodedata.normalize("NFKC", text).split()).lower()
    folded = folded.replace("—", "-").replace("–", "-").replace("~", "-").replace("#楼", "#")
    folded = _NUMERAL.sub(lambda found: str(value(found.group())), folded)
    return re.sub(r"(?<!\d)0+(?=\d)", "", folded)


def value(numeral: str) -> int:
    """A Chinese numeral below a thousand: 十二 is 12, 二十 is 20, 三〇一 is 301."""
    if not any(char in "十百廿卅" for char in numeral):
        return int("".join(str(_DIGITS[char]) for char in numeral))
    total = digit = 0
    for char in numeral:
        if char in "十百":
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        elif char in "廿卅":
            total += _DIGITS[char]
        else:
            digit = _DIGITS[char]
    return total + digit


@dataclasses.dataclass(frozen=True, slots=True)
class Dwelling:
    """A room that was found, and the path of the grid in which it lies."""

    room_id: int
    area_path: str
    building_id: int


@dataclasses.dataclass(slots=True)
class _House:
    pk: int
    area_path: str
    compound: int
    rooms: dict[tuple[str, str], int] = dataclasses.field(default_factory=dict)
    by_name: dict[str, list[int]] = dataclasses.field(default_factory=lambda: defaultdict(list))
    units: set[str] = dataclasses.field(default_factory=set)


class Rooms:
    """All rooms of the buildings that stand under a path on a day; read once for a batch."""

    def __init__(self, area_path: str, *, on: dt.date) -> None:
        self._houses: dict[int, _House] = {}
        self._compounds: dict[str, set[int]] = defaultdict(set)
        self._named: dict[tuple[int, str], list[_House]] = defaultdict(list)
        self._by_name: dict[str, list[_House]] = defaultdict(list)
        self._held: dict[tuple[str, ...], Dwelling | CellError] = {}
        self._read(area_path, on)
        self._aliases = sorted(self._compounds, key=len, reverse=True)

    def _read(self, area_path: str, on: dt.date) -> None:
        standing = (
            Building.objects.filter(in_force(on, "grids__"), under("grids__grid__path", [area_path]))
            .annotate(path=F("grids__grid__path"))
            .values_list(
                "pk", "name", "compound_id", "compound__name_zh", "compound__name_en", "compound__aliases", "path"
            )
        )
        for pk, name, compound, name_zh, name_en, aliases, path in standing:
            house = self._houses[pk] = _House(pk, path, compound or 0)
            self._named[house.compound, _bare(name, _BUILDING_END)].append(house)
            self._by_name[_bare(name, _BUILDING_END)].append(house)
            for alias in (name_zh, name_en, *(aliases or [])):
                if alias:
                    self._compounds[plain(alias)].add(house.compound)
        rooms = Room.objects.filter(
            in_force(on, "entrance__building__grids__"), under("entrance__building__grids__grid__path", [area_path])
        ).values_list("pk", "name", "entrance__name", "entrance__building_id")
        for pk, name, entrance, building in rooms.order_by().iterator(chunk_size=5000):
            house = self._houses[building]
            unit, room = _bare(entrance, _UNIT_END), _bare(name, _ROOM_END)
            house.rooms[unit, room] = pk
            house.by_name[room].append(pk)
            house.units.add(unit)

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
        if room:
            return self._by_parts(plain(compound), plain(building), plain(unit), plain(room), ())
        if not address:
            raise CellError("place_missing", "room")
        try:
            return self._by_address(plain(address), plain(compound), plain(building), plain(unit))
        except CellError as error:
            raise CellError(error.code, "address") from None

    def _by_address(self, text: str, compound: str, building: str, unit: str) -> Dwelling:
        """The compound's longest name that occurs, then what stands behind it."""
        alias = compound
        for one in self._aliases:
            if one in text:
                alias, text = one, text[text.index(one) + len(one) :]
                break
        text = text.lstrip("-,，、的(（").rstrip(")）")
        if alias == compound and not compound:
            # No compound is named: what stands before the first number is street and community.
            found = re.search(r"\d+(?:号楼|楼|栋|幢|#|座|-)", text)
            text = text[found.start() :] if found else text
        found = _PARTS.match(text)
        if found is None:
            raise CellError("room_unknown")
        house, entrance, room = found["building"] or "", found["unit"] or "", found["room"]
        if house and not entrance and not found["floor"] and "-" not in text and text.endswith(("层", "楼")):
            raise CellError("room_unknown")
        floor = found["floor"]
        rooms = (f"{floor}{room}", f"{floor}层{room}", f"{floor}0{room}") if floor else ()
        return self._by_parts(alias, house or building, entrance or unit, room, rooms)

    def _by_parts(self, compound: str, building: str, unit: str, room: str, others: tuple[str, ...]) -> Dwelling:
        houses = self._candidates(compound, building)
        unit, room = _stripped(unit, _UNIT_END), _stripped(room, _ROOM_END)
        parts = room.split("-")
        if not unit and len(parts) == 2:
            unit, room = parts
        if unit:
            houses = [house for house in houses if unit in house.units]
            if not houses:
                raise CellError("unit_unknown", "unit")
        found = {
            pk: house
            for house in houses
            for one in (room, *others)
            for pk in (
                [house.rooms[unit, one]] if (unit, one) in house.rooms else [] if unit else house.by_name.get(one, [])
            )
        }
        if not found:
            raise CellError("room_unknown", "room")
        if len(found) > 1:
            raise CellError("place_ambiguous", "room")
        pk, house = found.popitem()
        return Dwelling(pk, house.area_path, house.pk)

    def _candidates(self, compound: str, building: str) -> list[_House]:
        building = _stripped(building, _BUILDING_END)
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


def _bare(name: str, ending: re.Pattern[str]) -> str:
    return _stripped(plain(name), ending)


def _stripped(text: str, ending: re.Pattern[str]) -> str:
    """Without the word that says what it is; what consists of that word alone stays."""
    return ending.sub("", text) or text
