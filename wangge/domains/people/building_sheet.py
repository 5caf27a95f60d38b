"""民情入户图: the face of a building, unit × floor, printed for the worker of its grid.

Each room says how many live there, the masked name of the head of the household, what is to be done (signs with a
legend, never the need itself) and whether it is empty, let or a business. Only for whoever holds `person:need` at the
grid; every print is audited and carries his name and the time across the page.
"""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst
from django.conf import settings
from django.utils.translation import gettext as _

from wangge.domains.people import access, benefits
from wangge.domains.people.circumstances import KINDS
from wangge.domains.people.models import Household, Membership, Person
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.places.models import Building, Room
from wangge.foundation.places.queries import grid_of_building

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from wangge.foundation.places.models import Area

COLUMNS = {"a3": 14, "a4": 8}
"""Rooms side by side on one sheet; a longer building goes on below."""
_SOURCE = Path(__file__).with_suffix(".typ")
_ORDER = {"先": 0, "周": 1, "月": 2, "季": 3, "告": 4}
_FRESH_DAYS = 365


@dataclasses.dataclass(slots=True)
class Cell:
    """One room on the sheet."""

    name: str
    use: str  # "", "empty", "let", "business"
    head: str = ""
    living: int = 0
    households: int = 0
    signs: tuple[str, ...] = ()
    stale: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Sheet:
    """A building as it is printed: entrances, each with its floors from the top, each with its rooms."""

    building: Building
    grid: Area
    entrances: tuple[tuple[str, tuple[tuple[int, tuple[Cell, ...]], ...]], ...]
    living: int
    homes: int
    on: dt.date


def get_building(user: Any, pk: int) -> tuple[Building, Area]:
    """A building of a grid where the reader holds `person:need`, and the grid; else `NotFoundError`."""
    building = Building.objects.select_related("compound", "community").filter(pk=pk).first()
    grid = grid_of_building(building) if building is not None else None
    if building is None or grid is None or not authority_of(user).may(P.PERSON_NEED, area_path=grid.path):
        raise NotFoundError
    return building, grid


def of(user: Any, pk: int) -> Sheet:
    """What is printed of a building. Eight queries and one key read, whatever its height."""
    building, grid = get_building(user, pk)
    today = clock.today()
    rooms = list(Room.objects.filter(entrance__building=building).select_related("entrance"))
    cells = {room.pk: Cell(room.name, _use(room)) for room in rooms}
    homes = Household.objects.visible_to(user, P.PERSON_NEED).filter(room__in=list(cells), active=True)
    room_of = {}
    for household_id, room_id, verified_on in homes.order_by().values_list("pk", "room_id", "verified_on"):
        room_of[household_id] = room_id
        cells[room_id].households += 1
        cells[room_id].stale |= verified_on is None or (today - verified_on).days >= _FRESH_DAYS
    _people(cells, room_of, today)
    by_entrance: dict[str, dict[int, list[Cell]]] = defaultdict(lambda: defaultdict(list))
    for room in sorted(rooms, key=lambda one: (one.entrance_id, -one.floor, len(one.name), one.name)):
        by_entrance[room.entrance.name][room.floor].append(cells[room.pk])
    entrances = tuple(
        (name, tuple((floor, tuple(row)) for floor, row in floors.items())) for name, floors in by_entrance.items()
    )
    living = sum(cell.living for cell in cells.values())
    return Sheet(building, grid, entrances, living, len(room_of), today)


def _use(room: Room) -> str:
    if room.use == Room.Use.EMPTY:
        return "empty"
    if room.use in {Room.Use.LET, Room.Use.SHARED}:
        return "let"
    return "business" if room.use in {Room.Use.BUSINESS, Room.Use.MIXED} else ""


def _people(cells: dict[int, Cell], room_of: dict[int, int], today: dt.date) -> None:
    living = (
        Membership.objects.as_of(today)
        .filter(household__in=list(room_of), presence=Membership.Presence.LIVES, person__state=Person.State.PRESENT)
        .select_related("person")
        .order_by("household_id", "id")
    )
    members = list(living)
    persons = [one.person for one in members]
    ring = Keyring.of(person.public_id for person in persons)
    needs = benefits.needs_of(persons, ring, today)
    for one in members:
        cell = cells[room_of[one.household_id]]
        cell.living += 1
        if one.role == Membership.Role.HEAD or not cell.head:
            cell.head = access.mask(one.person, ring).name
        kinds = [KINDS[need.kind].sign for need in needs.get(one.person_id, ()) if need.kind in KINDS]
        cell.signs = tuple(sorted({*cell.signs, *kinds}, key=lambda sign: _ORDER.get(sign, 9)))


def pdf(sheet: Sheet, *, paper: str, printed_by: str, at: dt.datetime) -> bytes:
    """The sheet as a PDF on "a3" or "a4", landscape; `printed_by` and the time go across the page."""
    local = at.astimezone(clock.OFFICE)
    compound = sheet.building.compound.name if sheet.building.compound is not None else sheet.building.address
    data = {
        "title": _("Building sheet"),
        "place": " ".join(part for part in (compound, sheet.building.name) if part),
        "grid": f"{sheet.grid.parent.name if sheet.grid.parent is not None else ''}{sheet.grid.name}",
        "counts": _("%(homes)s households, %(persons)s persons") % {"homes": sheet.homes, "persons": sheet.living},
        "mark": f"{printed_by} {local:%Y-%m-%d %H:%M}",
        "printed": _("Printed %(at)s by %(name)s. Personal data: do not copy, do not photograph, shred after use.")
        % {"at": f"{local:%Y-%m-%d %H:%M}", "name": printed_by},
        "paper": paper,
        "floor": _("Floor"),
        "uses": {"empty": _("empty"), "let": _("let"), "business": _("business")},
        "stale": _("to be verified"),
        "persons": _("persons"),
        "legend": [
            {"sign": "先", "text": _("in an emergency knock here first")},
            {"sign": "周", "text": _("contact every week")},
            {"sign": "月", "text": _("visit every month")},
            {"sign": "季", "text": _("visit every quarter")},
            {"sign": "告", "text": _("tell of changes in benefits")},
        ],
        "bands": [_band(part) for part in _parts(sheet.entrances, COLUMNS[paper])],
    }
    fonts = [str(folder) for folder in (Path(settings.FONTS_DIR),) if folder.is_dir()]
    compiled: Any = typst.compile  # its stubs know no way to call it with bytes and one format alone
    found: bytes = compiled(
        _SOURCE.read_bytes(), font_paths=fonts, sys_inputs={"data": json.dumps(data, ensure_ascii=False)}
    )
    return found


def _parts(entrances: Iterable[Any], most: int) -> list[list[Any]]:
    """Entrances side by side as long as they fit; one that is wider than the sheet stands alone."""
    parts: list[list[Any]] = [[]]
    used = 0
    for entrance in entrances:
        width = max((len(row) for _floor, row in entrance[1]), default=1)
        if used and used + width > most:
            parts.append([])
            used = 0
        parts[-1].append(entrance)
        used += width
    return [part for part in parts if part]


def _band(part: list[Any]) -> dict[str, Any]:
    """Some entrances side by side: floors from the top, and for each the rooms of every entrance."""
    widths = [max((len(row) for _floor, row in floors), default=1) for _name, floors in part]
    levels = sorted({floor for _name, floors in part for floor, _row in floors}, reverse=True)
    rows = []
    for level in levels:
        cells: list[dict[str, Any] | None] = []
        for (_name, floors), width in zip(part, widths, strict=True):
            row = [dataclasses.asdict(cell) for cell in dict(floors).get(level, ())]
            cells += [*row, *([None] * (width - len(row)))]
        rows.append({"floor": level, "cells": cells})
    return {
        "entrances": [{"name": name, "width": width} for (name, _floors), width in zip(part, widths, strict=True)],
        "rows": rows,
    }
