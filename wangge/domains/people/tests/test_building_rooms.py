"""Rooms that a sheet names and that are not there: built with the batch where somebody chose so, undone with it."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.people.actions import building_rooms, importing
from wangge.domains.people.exchange.issues import CellError
from wangge.domains.people.exchange.rooms import Missing, Rooms
from wangge.domains.people.models import Household, ImportRow, Person
from wangge.domains.people.tests import sheet_files as files
from wangge.domains.people.tests.test_importing import applied, brought, checked, undone
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import NotAllowedError
from wangge.foundation.places.actions import WantedRoom, build_rooms
from wangge.foundation.places.models import Building, Entrance, Room

WHY = "the test looks at the rows"
BUILDING, UNIT, ROOM = (files.HEADINGS.index(name) for name in ("楼栋", "单元", "房号"))


@pytest.fixture
def street(town):
    files.ground(town.grid1, buildings=2)
    return town


def sheet(*places: tuple[str, str, str]) -> bytes:
    rows = files.residents(len(places))
    for n, (row, place) in enumerate(zip(rows, places, strict=True)):
        row[1], row[3] = f"H{n}", "户主"
        row[BUILDING], row[UNIT], row[ROOM] = place
    return files.xlsx(rows)


PLACES = (
    ("1号楼", "1单元", "301"),  # there
    ("1号楼", "2单元", "303"),  # a third door
    ("一号楼", "二单元", "303室"),  # the same
    ("2号楼", "3单元", "101"),  # a third entrance
    ("2号楼", "3单元", "902"),  # a floor that the building has not
    ("9号楼", "1单元", "101"),  # no such building
    ("2号楼", "1单元", "地下室"),  # no number
)


def built(town, data: bytes):
    batch = brought(town, data, by=town.fang)
    columns = {int(key): value for key, value in batch.mapping["columns"].items()}
    importing.choose_columns(by=batch.by, batch=batch, sheet=batch.mapping["sheet"], columns=columns, build=True)
    return importing.check(batch=batch)


def ground() -> tuple[int, int, int]:
    return Building.objects.count(), Entrance.objects.count(), Room.objects.count()


def faults(batch) -> list[tuple[int, str]]:
    rows = ImportRow.objects.filter(batch=batch, state="wrong").order_by("number")
    return [(row.number, row.issues[0]["code"]) for row in rows]


def test_without_the_choice_every_missing_room_is_an_error(street):
    before = ground()
    batch = checked(street, sheet(*PLACES))
    assert faults(batch) == [
        (4, "room_unknown"),
        (5, "room_unknown"),
        (6, "unit_unknown"),
        (7, "unit_unknown"),
        (8, "building_unknown"),
        (9, "room_unknown"),
    ]
    assert building_rooms.listed(batch) == []
    assert ground() == before


def test_the_dry_run_lists_what_would_be_built_and_builds_nothing(street):
    before = ground()
    batch = built(street, sheet(*PLACES))
    assert batch.counts["good"] == 4
    assert faults(batch) == [(7, "room_unknown"), (8, "building_unknown"), (9, "room_unknown")]
    assert building_rooms.listed(batch) == ["幸福家园1号楼2单元303", "幸福家园2号楼3单元101"]
    assert ground() == before


def test_they_are_built_with_the_batch_and_undone_with_it(street):
    before = ground()
    batch = built(street, sheet(*PLACES))
    importing.ask_apply(by=batch.by, batch=batch)
    batch = importing.apply(batch=batch)
    assert batch.counts["added"] == 4
    assert ground() == (before[0], before[1] + 1, before[2] + 2)
    new = Room.objects.get(name="303")
    assert (new.floor, new.entrance.name) == (3, "2单元")
    assert Household.objects.unscoped(WHY).filter(room=new).count() == 2
    assert Room.objects.get(entrance__name="3单元").name == "101"
    row = AuditEntry.objects.get(kind="ground.build")
    assert (row.actor_id, row.data) == (street.fang.pk, {"rooms": 2, "entrances": 1, "reason": f"batch {batch.pk}"})
    undone(street, batch)
    assert ground() == before
    assert AuditEntry.objects.get(kind="ground.unbuild").data == {"rooms": 2, "reason": f"batch {batch.pk} undone"}


def test_what_somebody_uses_by_now_stays_on_the_ground(street):
    batch = built(street, sheet(*PLACES))
    importing.ask_apply(by=batch.by, batch=batch)
    batch = importing.apply(batch=batch)
    person = ImportRow.objects.get(batch=batch, number=4).person
    Person.objects.unscoped(WHY).filter(pk=person.pk).update(verified_by=street.lin, verified_on=dt.date(2026, 3, 2))
    undone(street, batch)
    assert Room.objects.filter(name="303").count() == 1
    assert Entrance.objects.filter(name="3单元").count() == 0


def test_a_room_of_a_wrong_row_is_not_built(street):
    rows = files.residents(2)
    for n, row in enumerate(rows):
        row[1], row[3] = f"H{n}", "户主"
        row[BUILDING], row[UNIT], row[ROOM] = "1号楼", "1单元", f"30{n + 5}"
    rows[0][7] = "12345"  # no phone number
    assert building_rooms.listed(built(street, files.xlsx(rows))) == ["幸福家园1号楼1单元306"]


def test_an_interrupted_batch_builds_once(street, monkeypatch):
    batch = built(street, sheet(*PLACES))
    importing.ask_apply(by=batch.by, batch=batch)
    with monkeypatch.context() as patched:
        patched.setitem(importing._TAKERS, "persons", lambda _batch, _rows: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            importing.apply(batch=batch)
    after = ground()
    importing.ask_apply(by=batch.by, batch=batch)
    batch = importing.apply(batch=batch)
    assert (ground(), batch.counts["added"]) == (after, 4)
    assert AuditEntry.objects.filter(kind="ground.build").count() == 1


def test_who_may_not_edit_the_ground_may_not_choose_it(street):
    accounts.give_post(
        by=None,
        user=street.gao,
        role="community_worker",
        valid_from=files.AS_OF,
        organisation=street.office,
        area=street.community,
    )
    clerk = street.fresh(street.gao)
    batch = brought(street, sheet(*PLACES), by=clerk)
    assert not building_rooms.may(clerk, batch.area_path)
    columns = {int(key): value for key, value in batch.mapping["columns"].items()}
    with pytest.raises(NotAllowedError):
        importing.choose_columns(by=clerk, batch=batch, sheet=batch.mapping["sheet"], columns=columns, build=True)
    batch.refresh_from_db()
    assert (batch.state, "build" in batch.mapping) == ("read", False)


def test_a_batch_that_builds_nothing_leaves_no_trace(street):
    batch = applied(street, sheet(PLACES[0]), by=street.fang)
    assert AuditEntry.objects.filter(kind="ground.build").count() == 0
    assert batch.mapping["rooms"] == {}


@pytest.mark.parametrize(
    ("writing", "entrance", "floor", "name"),
    [
        ({"building": "2", "unit": "1", "room": "607"}, "1单元", 6, "607"),
        ({"address": "幸福家园二号楼东单元0503室"}, "东单元", 5, "503"),
        ({"address": "幸福2#1单元4层07"}, "1单元", 4, "407"),
    ],
)
def test_what_is_built(street, writing, entrance, floor, name):
    known = Rooms(street.community.path, on=dt.date(2026, 3, 1), build=True)
    house = Building.objects.get(compound__name_zh="幸福家园", name="2号楼")
    found = known.find(**writing)
    assert (found.room_id, found.building_id) == (-1, house.pk)
    assert known.missing == {-1: Missing(house.pk, entrance, floor, name)}


@pytest.mark.parametrize(
    "writing",
    [
        {"building": "2", "room": "607"},  # which of two entrances
        {"building": "2", "unit": "1", "room": "7"},
        {"building": "2", "unit": "1", "room": "007"},
        {"building": "2", "unit": "1", "room": "701"},  # six floors
        {"building": "2", "unit": "后门口", "room": "607"},
        {"compound": "幸福家园", "room": "607"},  # which building
    ],
)
def test_what_is_not_built(street, writing):
    known = Rooms(street.community.path, on=dt.date(2026, 3, 1), build=True)
    with pytest.raises(CellError):
        known.find(**writing)
    assert known.missing == {}


def test_what_is_there_by_now_is_taken_as_it_is(street):
    house = Building.objects.get(compound__name_zh="幸福家园", name="2号楼")
    before = ground()
    there = Room.objects.get(entrance__building=house, entrance__name="1单元", name="301")
    done = build_rooms(by=None, wanted=[WantedRoom(house.pk, "1单元", 3, "301")], reason="test")
    assert (done.rooms, done.new_rooms, done.new_entrances) == ([there.pk], [], [])
    assert ground() == before
