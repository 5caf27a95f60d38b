"""A few residents of the test town, all synthetic: who every test about people and homes knows.

*Mrs Wu* (吴淑芬, 79) lives alone in 3号楼 2单元 301, in Lin's grid 1; opposite, in 302, the *Wang* family, who own 401 too
and let it to two *tenants*. 程小雨, the girl who lost her way, lives with 单玉芳 and 程志刚 in 5号楼, in Gao's grid 2. The
*Suns* live in the sibling street. A noodle *shop* stands in grid 1.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from decimal import Decimal

from wangge.domains.people import identity
from wangge.domains.people.actions.bulk import HouseholdDraft, PersonDraft, load
from wangge.domains.people.models import Firm, Household, Person, Tenancy, Title
from wangge.domains.people.sealing import Keyring
from wangge.foundation.places.models import Building, BuildingGrid, Entrance, Room
from wangge.foundation.places.queries import grid_of_building

SINCE = dt.date(2020, 5, 1)
VERIFIED = dt.date(2026, 9, 1)
STATED = dt.date(2026, 9, 1)


def id_number(born: str, serial: int, *, sex: str) -> str:
    """A synthetic identity number: reserved prefix 999999, right checksum. `serial` 0–49 keeps them apart."""
    first = f"999999{born.replace('-', '')}{serial * 2 + (1 if sex == 'm' else 0):03d}"
    return first + identity.check_digit(first)


def draft(name: str, born: str, sex: str, phone: str = "", *, serial: int = 1, **more) -> PersonDraft:
    """A person as a worker would write him down."""
    return PersonDraft(name=name, born=born, sex=sex, phone=phone, id_number=id_number(born, serial, sex=sex), **more)


WU = draft("吴淑芬", "1947-03-05", "f", "10012340001", role="head", registration="here")
WANG = draft("王建国", "1968-11-20", "m", "10012340002", role="head", registration="here")
LI = draft("李秀英", "1970-02-14", "f", "10012340003", role="spouse", registration="here")
WANG_LEI = draft("王磊", "1996-07-01", "m", "10012340004", role="child", registration="here")
HAN = draft("韩雪", "1999-01-30", "f", "10012340005", role="head", registration="migrant")
ZHOU = draft("周凯", "1998-08-08", "m", "10012340006", role="flatmate", registration="migrant")
CHENG = draft("程志刚", "1985-04-12", "m", "10012340007", role="head", registration="here")
SHAN = draft("单玉芳", "1987-09-23", "f", "10012340008", role="spouse", registration="here")
GIRL = draft("程小雨", "2016-06-18", "f", "", role="child", registration="here", work_or_school="槐荫小学三年级")
SUN = draft("孙大伟", "1979-12-02", "m", "10012340009", role="head", registration="here")
SUN_YU = draft("孙小雨", "2012-10-10", "f", "", role="child", registration="here")
EVERYBODY = (WU, WANG, LI, WANG_LEI, HAN, ZHOU, CHENG, SHAN, GIRL, SUN, SUN_YU)

_CREDIT = "92999999MA00BHCP1"  # without its check character


@dataclasses.dataclass(frozen=True)
class Homes:
    """The rows; rooms by what they are called."""

    building: Building  # 3号楼, grid 1
    building2: Building  # 5号楼, grid 2
    north_building: Building
    rooms: dict[str, Room]  # of 3号楼: "301", "302", "401", "402" (empty) of 2单元
    room2: Room  # the Chengs'
    north_room: Room
    wu_home: Household
    wang_home: Household
    tenant_home: Household
    cheng_home: Household
    sun_home: Household
    wu: Person
    wang: Person
    li: Person
    wang_lei: Person
    han: Person
    zhou: Person
    cheng: Person
    shan: Person
    girl: Person
    sun: Person
    sun_yu: Person
    shop: Firm


def build(town) -> Homes:
    """Write the residents into the town of a test."""
    building = Building.objects.get(name="3号楼")
    rooms = {}
    for unit in ("1单元", "2单元"):
        entrance = Entrance.objects.create(building=building, name=unit)
        for floor in (3, 4):
            for place in (1, 2):
                name = f"{floor}0{place}"
                room = Room.objects.create(entrance=entrance, floor=floor, name=name, use="own")
                if unit == "2单元":
                    rooms[name] = room
    Room.objects.filter(pk=rooms["401"].pk).update(use="let")
    Room.objects.filter(pk=rooms["402"].pk).update(use="empty")
    building2, room2 = _house(town.grid2, town.community, "5号楼", "201")
    north_building, north_room = _house(town.north_grid, town.north_community, "1号楼", "101")

    # New ids for every test: a person whom one test erased gets no key in the next.
    fresh = {one.name: dataclasses.replace(one, public_id=uuid.uuid4()) for one in EVERYBODY}
    drafts = {
        "wu_home": _home(rooms["301"], fresh, WU),
        "wang_home": _home(rooms["302"], fresh, WANG, LI, WANG_LEI),
        "tenant_home": _home(rooms["401"], fresh, HAN, ZHOU, kind="shared", basis="rent", verified_on=None),
        "cheng_home": _home(room2, fresh, CHENG, SHAN, GIRL),
        "sun_home": _home(north_room, fresh, SUN, SUN_YU),
    }
    load(drafts.values(), by=None, stated_on=STATED, source="visit")
    homes = {
        key: Household.objects.unscoped("the fixture hands out its rows").get(public_id=one.public_id)
        for key, one in drafts.items()
    }
    persons = {
        name: Person.objects.unscoped("the fixture hands out its rows").get(public_id=one.public_id)
        for name, one in fresh.items()
    }
    wang = persons["王建国"]
    for room in ("302", "401"):
        Title.objects.create(room=rooms[room], person=wang, share=Decimal(1), valid_from=SINCE)
    Title.objects.create(room=rooms["301"], person=persons["吴淑芬"], share=Decimal(1), valid_from=SINCE)
    Tenancy.objects.create(room=rooms["401"], household=homes["tenant_home"], landlord=wang, valid_from=SINCE)
    return Homes(
        building=building,
        building2=building2,
        north_building=north_building,
        rooms=rooms,
        room2=room2,
        north_room=north_room,
        wu=persons[WU.name],
        wang=wang,
        li=persons[LI.name],
        wang_lei=persons[WANG_LEI.name],
        han=persons[HAN.name],
        zhou=persons[ZHOU.name],
        cheng=persons[CHENG.name],
        shan=persons[SHAN.name],
        girl=persons[GIRL.name],
        sun=persons[SUN.name],
        sun_yu=persons[SUN_YU.name],
        shop=_shop(town),
        **homes,
    )


def read(row):
    """The person or household as it is now."""
    return type(row).objects.unscoped("the test looks at the row").get(pk=row.pk)


def opened(person: Person, field: str) -> str | None:
    """A sealed field of a person as it is now, readable."""
    row = read(person)
    return Keyring.of([row.public_id]).open(row.public_id, f"people.person.{field}", getattr(row, field))


def _house(grid, community, name: str, room: str) -> tuple[Building, Room]:
    building = Building.objects.create(community=community, name=name, floors=6, lon=grid.lon, lat=grid.lat)
    BuildingGrid.objects.create(building=building, grid=grid, valid_from=dt.date(2024, 1, 1))
    entrance = Entrance.objects.create(building=building, name="1单元")
    return building, Room.objects.create(entrance=entrance, floor=int(room[0]), name=room, use="own")


def _home(room: Room, fresh: dict[str, PersonDraft], *members: PersonDraft, **more) -> HouseholdDraft:
    grid = grid_of_building(room.entrance.building)
    values = {"verified_on": VERIFIED} | more
    return HouseholdDraft(
        room_id=room.pk,
        area_path=grid.path,
        since=SINCE,
        members=tuple(fresh[one.name] for one in members),
        **values,
    )


def _shop(town) -> Firm:
    shop = Firm(
        name="老张面馆",
        kind="shop",
        credit_code=_CREDIT + identity.credit_check(_CREDIT),
        trade="餐饮",
        address="槐荫路18号",
        area_path=town.grid1.path,
        lon=town.grid1.lon,
        lat=town.grid1.lat,
        valid_from=SINCE,
        verified_on=VERIFIED,
    )
    ring = Keyring.new([shop.public_id])
    shop.contact_name = ring.seal(shop.public_id, "people.firm.contact_name", "张福来")
    shop.contact_phone = ring.seal(shop.public_id, "people.firm.contact_phone", "10012340010")
    shop.save()
    return shop
