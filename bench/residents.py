"""A district of made-up residents, sealed and indexed by the product's own code, written with COPY.

10 M residents are 95 streets of 105,000, as one street of the real ones has; 200 k are two. Every street has 84 grids, each
with a compound of six buildings. Names are drawn with the real frequencies of surnames from a stock of 40,000, so that each
is borne more often than in life; numbers
use the reserved prefixes. The same seed gives the same people; their keys are new each time.
"""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
import os
import random
import re
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from bench import ground
from wangge.config.groundwork import ROOT, digest
from wangge.config.progress import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PER_STREET = 105_300
COMMUNITIES, GRIDS = 7, 12
BUILDINGS, ENTRANCES, FLOORS, DOORS = 6, 4, 6, 3
PASSWORD = "ten-million-neighbours-1"
_STOCK = 40_000
_AT_ONCE = 4000  # households sealed and written together
_SPAN = 250_000  # primary keys set aside for the persons of a street
_TODAY = dt.date(2026, 11, 20)
_SURNAMES = (
    "王72李71张67刘54陈45杨31赵23黄22周21吴20徐17孙15胡13朱13高12林12何12郭11马11罗10梁8宋8郑8谢7韩7唐7冯6于6董6萧6程6曹6袁5邓5许5傅5"
    "沈5曾5彭5吕4苏4卢4蒋4蔡4贾4丁4魏4薛4叶4阎4余3潘3杜3戴3夏3钟3汪3田3任3姜3范3方3石3姚3谭3廖3邹3熊3金2陆2郝2孔2白2崔2康2毛2邱2秦2江2史2"
    "顾2侯2邵2孟2龙2万2段2雷2钱2汤2尹2黎2易1常1武1乔1贺1赖1龚1文1单1解1仇1查1盖1区1欧阳1司马1上官1"
)
_GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文建国华红玉春梅志海燕云峰辉龙斌波鹏飞宇浩欣雪琴晓东林子轩梓涵佳怡雨婷思远嘉俊博"
    "凯琳慧玲萍金凤莲荣贵福兴祥瑞宝珍珠美凌云天一鸣晨曦阳月星辰光耀德仁义礼智信忠孝廉诚谦和顺康宁安乐喜庆良善真正清洁白松柏竹菊荷青山川"
    "江河湖泉石玉成功立业传宗学习书画诗词琪瑶璐莹珊蕾薇蓉茜菲倩颖悦恬妍姝娇媛嫣然若初心语彤童冬夏秋生根宏伟业长久永恒力行健壮虎豹骏马"
)
_COLUMNS = {
    "places_area": "id kind grid_kind code short_code name_zh name_en parent_id path households phone valid_from",
    "places_compound": "id community_id name_zh name_en aliases kind management address lon lat",
    "places_building": "id community_id compound_id name address floors lon lat",
    "places_buildinggrid": "building_id grid_id valid_from",
    "places_entrance": "id building_id name",
    "places_room": "id entrance_id floor name use",
    "people_household": "id public_id kind room_id area_path tokens active declines_visits source source_ref created_at",
    "people_stay": "household_id room_id basis valid_from source source_ref",
    "people_person": "id public_id state area_path id_kind registration tokens stated_on source source_ref created_at "
    "changed_at name sex born id_number phone",
    "people_membership": "person_id household_id role presence valid_from source source_ref",
}
_BIG = ("people_household", "people_stay", "people_person", "people_membership")


def key_store(size: int) -> Path:
    """Where the keys of a size lie."""
    return ground.PLACE / f"people_{size}.sqlite"


def fingerprint(size: int) -> str:
    """What the residents of a size are made from; later migrations are applied to what is there."""
    people = ROOT / "wangge/domains/people"
    made_by = [people / name for name in ("names.py", "name_tables.py", "tokens.py", "sealing.py")]
    made_by.append(Path(__file__))
    return f"{digest(made_by)} {size}"


def bring_up_to_date(database: ground.Database) -> None:
    """Apply migrations that came after the build: an hour's work is not thrown away for a new column."""
    from django.core.management import call_command

    ground.prepare_django(database.url("owner"))
    call_command("migrate", verbosity=0)


def build(database: ground.Database, size: int) -> float:
    """Make the database anew with `size` residents; returns the seconds it took."""
    began = time.monotonic()
    database.forget()
    for leftover in ground.PLACE.glob(f"{key_store(size).stem}.*"):
        leftover.unlink()
    database.create()
    ground.prepare_django(database.url("owner"))
    streets = _streets(max(2, round(size / PER_STREET)))
    with psycopg.connect(database.url("super"), autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET max_wal_size = '8GB'")
        admin.execute("SELECT pg_reload_conf()")
        try:
            _fill(database, admin, streets, size, began)
        finally:
            admin.execute("ALTER SYSTEM RESET max_wal_size")
            admin.execute("SELECT pg_reload_conf()")
    database.keep(fingerprint(size))
    return time.monotonic() - began


def _fill(
    database: ground.Database, admin: psycopg.Connection, streets: list[tuple[int, str]], size: int, began: float
) -> None:
    dropped = _drop_indexes(admin)
    todo = [
        (database.url("super"), str(key_store(size)), number, pk, path, size // len(streets))
        for number, (pk, path) in enumerate(streets)
    ]
    written = 0
    with multiprocessing.get_context("spawn").Pool(min(2, os.cpu_count() or 1)) as pool:
        for count in pool.imap_unordered(_street, todo):
            written += count
            say(f"      {written:,} of {size:,} residents after {time.monotonic() - began:.0f} s")
    admin.execute("SET maintenance_work_mem = '1500MB'")
    for statement in dropped:
        say(f"      {time.monotonic() - began:.0f} s: {statement.split(' ON ')[0]}")
        admin.execute(statement)
    for name, columns in _COLUMNS.items():
        if columns.startswith("id "):
            admin.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) + 1 FROM {name}))")
    say(f"      {time.monotonic() - began:.0f} s: vacuum")
    admin.execute("VACUUM (ANALYZE)")
    admin.execute("CHECKPOINT")


def _streets(count: int) -> list[tuple[int, str]]:
    """The cast's two streets and as many more as are needed; and somebody who works for the whole district."""
    from django.contrib.auth.hashers import make_password

    from tests import town as cast
    from wangge.foundation.accounts import actions as accounts
    from wangge.foundation.accounts.models import User
    from wangge.foundation.places import actions as places

    town = cast.Town()
    found = [town.south, town.north]
    found += [
        places.add_area(
            by=None,
            kind="street",
            code=f"999999{number + 1:03d}",
            name_zh=f"第{number + 1}街道",
            name_en=f"Street {number + 1}",
            short_code=f"S{number}",
            parent=town.district,
            valid_from=cast.SINCE,
        )
        for number in range(2, count)
    ]
    chief = accounts.add_user(by=None, username="chief", name="区值班长", password=None)
    accounts.give_post(by=None, user=chief, role="duty_chief", valid_from=cast.SINCE, area=town.district)
    User.objects.update(password=make_password(PASSWORD))
    return [(street.pk, street.path) for street in found]


def _drop_indexes(admin: psycopg.Connection) -> list[str]:
    found = admin.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x')"
        " WHERE i.indrelid = ANY(%s::regclass[]) AND c.oid IS NULL",
        [list(_BIG)],
    ).fetchall()
    for name, _statement in found:
        admin.execute(f"DROP INDEX {name}")
    return [statement for _name, statement in found]


# -- one street, in a process of its own


def _street(given: tuple[str, str, int, int, str, int]) -> int:
    url, store, number, pk, path, residents = given
    ground.prepare_django(url)
    from django.conf import settings

    settings.WANGGE_KEY_STORE = Path(store)
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        rooms = _ground(connection, number, pk, path)
        for part in _parts(number, path, rooms, residents):
            for table, lines in part.items():
                _copy(connection, table, lines)
    return residents


def _copy(connection: psycopg.Connection, table: str, lines: Sequence[str]) -> None:
    listed = ", ".join(_COLUMNS[table].split())
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({listed}) FROM STDIN") as copy:
        copy.write("".join(lines))


def _ground(connection: psycopg.Connection, number: int, pk: int, path: str) -> list[tuple[int, str]]:
    """Communities, grids, compounds, buildings, rooms; every room with the path of its grid."""
    lines: dict[str, list[str]] = {name: [] for name in _COLUMNS if name.startswith("places_")}
    rooms: list[tuple[int, str]] = []
    area, building, entrance = 10_000 + number * 1000, 1000 + number * 1000, 1000 + number * 4000
    room = 1000 + number * 50_000
    lon = 116.0 + number * 0.01
    for community in range(COMMUNITIES):
        area += 1
        home, home_path = area, f"{path}{area}/"
        lines["places_area"].append(
            f"{home}\tcommunity\t\t8{home:011d}\t\t第{community + 11}社区\t\t{pk}\t{home_path}\t0\t\t2024-01-01\n"
        )
        for grid in range(GRIDS):
            area += 1
            area_path = f"{home_path}{area}/"
            lines["places_area"].append(
                f"{area}\tgrid\tbasic\t8{area:011d}\t\t第{grid + 11}网格\t\t{home}\t{area_path}\t400\t\t2024-01-01\n"
            )
            lines["places_compound"].append(
                f'{area}\t{home}\t第{number + 1}街{community * GRIDS + grid + 1}小区\t\t["{grid + 1}院"]\told\tnone\t\t{lon}\t35.0\n'
            )
            for block in range(BUILDINGS):
                building += 1
                lines["places_building"].append(
                    f"{building}\t{home}\t{area}\t{block + 1}号楼\t\t{FLOORS}\t{lon}\t35.0\n"
                )
                lines["places_buildinggrid"].append(f"{building}\t{area}\t2024-01-01\n")
                for stair in range(ENTRANCES):
                    entrance += 1
                    lines["places_entrance"].append(f"{entrance}\t{building}\t{stair + 1}单元\n")
                    for floor in range(1, FLOORS + 1):
                        for door in range(1, DOORS + 1):
                            room += 1
                            lines["places_room"].append(f"{room}\t{entrance}\t{floor}\t{floor}{door:02d}\town\n")
                            rooms.append((room, area_path))
    for name, written in lines.items():
        _copy(connection, name, written)
    return rooms


def _parts(number: int, path: str, rooms: list[tuple[int, str]], residents: int) -> Iterator[dict[str, list[str]]]:
    from wangge.domains.people import tokens
    from wangge.domains.people.sealing import Keyring

    rng = random.Random(f"street {number}")
    by_surname = stock()
    everybody = [name for given in by_surname.values() for name in given]
    known: dict[str, tuple[set[int], set[int]]] = {}

    def of(name: str) -> tuple[set[int], set[int]]:
        if name not in known:
            known[name] = (tokens.of_name(name, street=path), tokens.of_member(name, street=path))
        return known[name]

    households = _households(rng, residents)
    rng.shuffle(rooms)
    rooms.sort(key=lambda room: room[1])  # a grid is filled from below, in any order within
    step = len(rooms) / len(households)
    person, home = 1 + number * _SPAN, 1 + number * _SPAN // 2
    now = dt.datetime.now(dt.UTC).isoformat()  # noqa: TID251 — when these rows were made
    origin = "import\t"
    stated = json.dumps(dict.fromkeys(("name", "sex", "born", "id_number", "phone"), _TODAY.isoformat()))
    for start in range(0, len(households), _AT_ONCE):
        lines: dict[str, list[str]] = {name: [] for name in _BIG}
        sizes = households[start : start + _AT_ONCE]
        ids = [_public_id(rng, number, person + i) for i in range(sum(sizes))]
        ring = Keyring.new(ids)
        for offset, count in enumerate(sizes):
            room, area_path = rooms[int((start + offset) * step)]
            held: set[int] = set()
            for place, name in enumerate(_family(rng, everybody, by_surname, count)):
                of_name, of_member = of(name)
                held |= of_member
                sex, born, id_number, phone = _particulars(rng, place)
                found = sorted(of_name | tokens.of_numbers(id_number=id_number, phone=phone, street=path))
                subject = ids.pop()
                sealed = "\t".join(
                    "\\\\x" + (ring.seal(subject, f"people.person.{column}", value) or b"").hex() if value else "\\N"
                    for column, value in (
                        ("name", name),
                        ("sex", sex),
                        ("born", born),
                        ("id_number", id_number),
                        ("phone", phone),
                    )
                )
                lines["people_person"].append(
                    f"{person}\t{subject}\tpresent\t{area_path}\tresident_id\there\t{{{','.join(map(str, found))}}}\t"
                    f"{stated}\t{origin}\t{now}\t{now}\t{sealed}\n"
                )
                role = ("head", "spouse", "child", "child", "parent")[min(place, 4)]
                lines["people_membership"].append(f"{person}\t{home}\t{role}\tlives\t2024-01-01\t{origin}\n")
                person += 1
            lines["people_household"].append(
                f"{home}\t{_public_id(rng, number, home)}\tfamily\t{room}\t{area_path}\t"
                f"{{{','.join(map(str, sorted(held)))}}}\tt\tf\t{origin}\t{now}\n"
            )
            lines["people_stay"].append(f"{home}\t{room}\town\t2024-01-01\t{origin}\n")
            home += 1
        yield lines


def _public_id(rng: random.Random, number: int, pk: int) -> uuid.UUID:
    """A version-4 id that ascends, so that ten million keys are appended to the store instead of scattered in it."""
    return uuid.UUID(int=((number << 36 | pk) << 80) | rng.getrandbits(80), version=4)


def _households(rng: random.Random, residents: int) -> list[int]:
    sizes: list[int] = []
    left = residents
    while left:
        size = min(left, rng.choices((1, 2, 3, 4, 5), (12, 24, 30, 20, 14))[0])
        sizes.append(size)
        left -= size
    return sizes


def stock() -> dict[str, list[str]]:
    """The stock of names, by surname."""
    rng = random.Random("names")
    surnames, weights = [], []
    for surname, weight in re.findall(r"(\D+)(\d+)", _SURNAMES):
        surnames.append(surname)
        weights.append(int(weight))
    characters = list(dict.fromkeys(_GIVEN))
    usual = [1 / (rank + 12) for rank in range(len(characters))]
    found: dict[str, list[str]] = {}
    for surname in rng.choices(surnames, weights, k=_STOCK):
        length = 1 if rng.random() < 0.14 else 2
        found.setdefault(surname, []).append(surname + "".join(rng.choices(characters, usual, k=length)))
    return found


def _family(
    rng: random.Random, everybody: Sequence[str], by_surname: dict[str, list[str]], count: int
) -> Iterator[str]:
    head = rng.choice(everybody)
    yield head
    surname = head[:2] if head[:2] in by_surname else head[:1]
    for place in range(1, count):
        yield rng.choice(by_surname[surname] if place in (2, 3) else everybody)


def _particulars(rng: random.Random, place: int) -> tuple[str, str, str, str]:
    year = rng.randint(1995, 2024) if place in (2, 3) else rng.randint(1940, 1994)
    born = dt.date(year, rng.randint(1, 12), rng.randint(1, 28))
    body = f"999999{born:%Y%m%d}{rng.randint(0, 999):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]
    phone = "" if place in (2, 3) and year > 2012 else f"100{rng.randint(0, 99_999_999):08d}"
    return rng.choice("mf"), born.isoformat(), body + check, phone


def sample(size: int, street: int, count: int) -> list[Any]:
    """(household, names) of some households of a street, by opening what is stored: what the benchmark asks for."""
    from wangge.domains.people.models import Household, Membership
    from wangge.domains.people.sealing import Keyring

    first = 1 + street * _SPAN // 2
    rng = random.Random(f"{size} {street}")
    chosen = [first + rng.randrange(0, 30_000) for _ in range(count)]
    homes = {one.pk: one for one in Household.objects.unscoped("a benchmark").filter(pk__in=chosen)}
    rows = Membership.objects.filter(household__in=homes).select_related("person").order_by("id")
    ring = Keyring.of(row.person.public_id for row in rows)
    found: dict[int, list[dict[str, str]]] = {}
    for row in rows:
        opened = {
            column: ring.open(row.person.public_id, f"people.person.{column}", getattr(row.person, column)) or ""
            for column in ("name", "id_number", "phone")
        }
        found.setdefault(row.household_id, []).append(opened)
    return [(homes[pk], members) for pk, members in found.items()]
