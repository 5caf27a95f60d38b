"""The face of a building: numbers for those who may know them, names for nobody."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.people.building_face import Face, RoomFace, face
from wangge.domains.people.models import Circumstance, Firm, Household, Membership, Person, PopulationChange
from wangge.foundation.core import clock
from wangge.foundation.places.models import Building, Entrance, Room

TODAY = dt.date(2026, 11, 21)


def seen(user, building, grid) -> Face:
    return face(user, building, grid.path, on=TODAY)


def keep(person) -> None:
    Circumstance.objects.create(person=person, kind=b"sealed", valid_from=dt.date(2025, 1, 1))


def test_how_many_live_where(town, homes):
    found = seen(town.lin, homes.building, town.grid1)
    assert found.counted
    rooms = {name: found.rooms.get(room.pk, RoomFace()) for name, room in homes.rooms.items()}
    assert {name: (one.living, one.households) for name, one in rooms.items()} == {
        "301": (1, 1),
        "302": (3, 1),
        "401": (2, 1),
        "402": (0, 0),
    }
    assert found.living == 6
    assert {name for name, one in rooms.items() if one.stale} == {"401"}  # never verified
    assert found.stale == 1


def test_stale_after_twelve_months(town, homes):
    Household.objects.unscoped("set up").filter(pk=homes.wu_home.pk).update(verified_on=TODAY - dt.timedelta(days=365))
    assert not seen(town.lin, homes.building, town.grid1).rooms[homes.rooms["301"].pk].stale
    Household.objects.unscoped("set up").filter(pk=homes.wu_home.pk).update(verified_on=TODAY - dt.timedelta(days=366))
    assert seen(town.lin, homes.building, town.grid1).rooms[homes.rooms["301"].pk].stale


@pytest.mark.parametrize(("who", "knows"), [("lin", 1), ("fang", 1)])
def test_a_duty_is_a_number(town, homes, who, knows):
    keep(homes.wu)
    keep(homes.wu)  # two needs of one person are one door to knock at
    found = seen(getattr(town, who), homes.building, town.grid1)
    assert found.rooms[homes.rooms["301"].pk].duties == knows
    assert found.rooms[homes.rooms["302"].pk].duties == 0


@pytest.mark.parametrize("who", ["gao", "zhao", "he", "root", "security"])
def test_numbers_are_not_for_everybody(town, homes, who):
    keep(homes.wu)
    assert seen(getattr(town, who), homes.building, town.grid1) == Face({}, counted=False)


def test_who_moved_away_died_or_is_only_registered_does_not_live_there(town, homes):
    Membership.objects.filter(person=homes.wang).update(valid_to=dt.date(2026, 1, 1))
    Membership.objects.filter(person=homes.li).update(presence="registered")
    Person.objects.unscoped("set up").filter(pk=homes.wang_lei.pk).update(state="dead")
    room = seen(town.lin, homes.building, town.grid1).rooms[homes.rooms["302"].pk]
    assert (room.living, room.households) == (0, 1)


def test_a_told_change_is_a_mark_until_it_is_settled(town, homes):
    room = homes.rooms["402"]
    told = PopulationChange.objects.create(
        kind="move_in", area_path=town.grid1.path, room=room, happened_on=TODAY, told_at=clock.now()
    )
    assert seen(town.lin, homes.building, town.grid1).rooms[room.pk].changes == 1
    PopulationChange.objects.unscoped("set up").filter(pk=told.pk).update(state="applied")
    assert room.pk not in seen(town.lin, homes.building, town.grid1).rooms


def test_the_name_on_a_shop_door(town, homes):
    Firm.objects.unscoped("set up").filter(pk=homes.shop.pk).update(room=homes.rooms["402"])
    assert seen(town.lin, homes.building, town.grid1).rooms[homes.rooms["402"].pk].firm == "老张面馆"
    Firm.objects.unscoped("set up").filter(pk=homes.shop.pk).update(valid_to=dt.date(2026, 1, 1))
    assert homes.rooms["402"].pk not in seen(town.lin, homes.building, town.grid1).rooms


def test_a_tower_costs_no_more_queries(town, homes, django_assert_max_num_queries):
    keep(homes.wu)
    tower = Building.objects.get(pk=homes.building.pk)
    for number in range(4):
        entrance = Entrance.objects.create(building=tower, name=f"{number + 5}单元")
        Room.objects.bulk_create(
            Room(entrance=entrance, floor=floor, name=f"{floor}{door:02d}") for floor in range(1, 34) for door in (1, 2)
        )
    lin, grid = town.lin, town.grid1
    with django_assert_max_num_queries(6):  # posts, homes, members, duties, changes, firms
        seen(lin, tower, grid)
