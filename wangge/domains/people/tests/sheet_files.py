"""Files for tests of import and export: a small ground with rooms, synthetic residents, and sheets of them."""

from __future__ import annotations

import datetime as dt
import io
import random

import xlsxwriter

from wangge.domains.people import identity
from wangge.foundation.places.models import Building, BuildingGrid, Compound, Entrance, Room

AS_OF = dt.date(2026, 3, 1)
HEADINGS = (
    "序号", "户号", "姓名", "与户主关系", "性别", "出生日期", "身份证号码", "联系电话", "小区", "楼栋", "单元", "房号", "民族",
)  # fmt: skip
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛范彭郎鲁韦马苗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀英霞平刚桂兰玉萍红梅建国志文华海波斌晓燕春雪峰亮辉云飞鹏宇浩然子涵"
_ROLES = ("户主", "妻", "长子", "次女", "母亲")


def ground(area, *, buildings: int, units: int = 2, floors: int = 6, per_floor: int = 2, compound: str = "幸福家园"):
    """Buildings "1号楼" … of a new compound in a grid, with their rooms; the compound."""
    made = Compound.objects.create(
        community=area.parent, name_zh=compound, aliases=[compound[:2]], kind="commercial", management="company",
        lon=area.lon, lat=area.lat,
    )  # fmt: skip
    houses = Building.objects.bulk_create(
        Building(community=area.parent, compound=made, name=f"{n}号楼", floors=floors, lon=area.lon, lat=area.lat)
        for n in range(1, buildings + 1)
    )
    BuildingGrid.objects.bulk_create(
        BuildingGrid(building=one, grid=area, valid_from=dt.date(2024, 1, 1)) for one in houses
    )
    entrances = Entrance.objects.bulk_create(
        Entrance(building=one, name=f"{unit}单元") for one in houses for unit in range(1, units + 1)
    )
    Room.objects.bulk_create(
        Room(entrance=entrance, floor=floor, name=f"{floor}0{place}")
        for entrance in entrances
        for floor in range(1, floors + 1)
        for place in range(1, per_floor + 1)
    )
    return made


def id_number(born: dt.date, serial: int) -> str:
    """A synthetic identity number; an odd serial is a man's."""
    first = f"999999{born:%Y%m%d}{serial % 1000:03d}"
    return first + identity.check_digit(first)


def residents(
    count: int, *, compound: str = "幸福家园", units: int = 2, floors: int = 6, per_floor: int = 2
) -> list[list]:
    """So many rows under `HEADINGS`, three or so to a household, all of them right and each another person."""
    rng = random.Random(20261121)
    rows, used, home = [], set(), 0
    per_building = units * floors * per_floor
    while len(rows) < count:
        building, rest = divmod(home, per_building)
        unit, place = divmod(rest, floors * per_floor)
        floor, door = divmod(place, per_floor)
        home += 1
        surname = rng.choice(_SURNAMES)
        for member in range(min(rng.choice((1, 2, 3, 3, 4, 5)), count - len(rows))):
            young = member in (2, 3)
            while True:
                born = dt.date(
                    rng.randint(2001, 2022) if young else rng.randint(1935, 1995),
                    rng.randint(1, 12),
                    rng.randint(1, 28),
                )
                man = {1: False, 2: True, 3: False, 4: False}.get(member, rng.random() < 0.5)
                number = id_number(born, rng.randint(0, 499) * 2 + man)
                if number not in used:
                    used.add(number)
                    break
            family = surname if member != 1 else rng.choice(_SURNAMES)
            name = family + "".join(rng.choice(_GIVEN) for _n in range(rng.choice((1, 2, 2))))
            rows.append(
                [
                    len(rows) + 1,
                    f"H{home}",
                    name,
                    _ROLES[member],
                    "男" if man else "女",
                    born.isoformat(),
                    number,
                    f"100{rng.randint(10_000_000, 99_999_999)}" if not young else "",
                    compound,
                    f"{building + 1}号楼",
                    f"{unit + 1}单元",
                    f"{floor + 1}0{door + 1}",
                    "汉",
                ]
            )
    return rows


def xlsx(rows: list[list], *, headings=HEADINGS, titles: tuple[str, ...] = ("居民信息登记表",)) -> bytes:
    """A sheet with title rows above its headings, as offices write it."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("居民")
    for number, title in enumerate(titles):
        sheet.write_string(number, 0, title)
    for column, heading in enumerate(headings):
        sheet.write_string(len(titles), column, heading)
    for number, row in enumerate(rows, start=len(titles) + 1):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(number, column, cell)
            elif cell is not None:
                sheet.write(number, column, cell)
    book.close()
    return out.getvalue()
