"""Two years of two streets, written with COPY: cases, voices, timelines, assignments, results, checks and duties.

85 grids in 16 communities of two streets, 60 units; 5 % of the cases are open at every size, the newest ones, most of
them in handling. The same seed gives the same history; only the instants follow the day of the build.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from django.apps import apps
from django.db import connection
from psycopg import sql

from bench import ground
from wangge.config.groundwork import digest
from wangge.config.progress import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DAYS = 730
OPEN_SHARE = 0.05
RARE, FREQUENT = "天坑", "垃圾"
_RARE_EVERY = 20_000
_FLUSH_ROWS = 4_000

_ROADS = (
    *("槐荫路", "人民路", "东风路", "桃源街", "北关大街", "解放路", "建设路", "文化路", "府前街", "青年路"),
    *("工业路", "团结巷", "幸福里", "朝阳路", "中兴街", "文昌路", "顺河路", "站前街", "公园路", "学院路"),
)
_COMPOUNDS = ("物业所家属院", "粮食局宿舍", "阳光花园", "锦绣家园", "纺织厂家属院", "东方苑", "和平小区", "丽景城")
_SPOTS = ("门口", "西侧", "路口", "地下车库", "3号楼旁", "楼道里", "围墙外", "北门", "绿化带里", "配电箱边", "单元门前")
_FACTS = (
    *("有人堆放建筑垃圾", "生活垃圾没人清运", "污水井盖破损", "雨水箅子堵塞积水", "路灯不亮", "电动车飞线充电"),
    *("私搭板房", "占道经营堵住人行道", "流动摊贩噪音扰民", "树枝折断压着电线", "邻居漏水起争执", "广场舞声音太大"),
    *("消防通道被车辆堵住", "小广告贴满楼道", "自来水压力不足", "暖气不热", "下水道反味", "围挡倒了一段"),
    *("楼顶住户养鸽子", "共享单车乱停放", "化粪池外溢", "施工夜间不停工", "墙皮脱落", "电梯时常停运"),
    *("老人独居需要探访", "工资拖欠想求助", "租户不登记", "犬只不拴绳", "焚烧树叶冒烟", "路面塌陷一个小坑"),
)
_WISHES = (
    *(
        "请尽快处理。",
        "已经好几天了。",
        "老人小孩走路不方便。",
        "希望有人来看看。",
        "打过电话没人管。",
        "下雨天更危险。",
    ),
    *("影响居民休息。", "请给个答复。", "上次处理过又反弹。", "怕出安全事故。", "巡查时发现，已拍照。", ""),
)
_RESULTS = (
    "已现场清理完毕。",
    "已联系责任单位修复。",
    "已劝离并教育当事人。",
    "已更换损坏部件。",
    "已调解，双方同意。",
)

_STEPS = ("report", "file", "dispatch", "sign_for", "contact", "handle", "verify", "evaluate", "close", "archive")
_STATE_AFTER = {
    "report": "reported",
    "file": "filed",
    "dispatch": "dispatched",
    "sign_for": "handling",
    "contact": "handling",
    "handle": "handled",
    "verify": "evaluating",
    "evaluate": "evaluating",
    "close": "closed",
    "archive": "archived",
    "object": "objected",
    "ask_for_more": "needs_info",
    "settle": "settled",
    "decline": "declined",
    "void": "void",
    "merge": "merged",
}
_PUBLIC = frozenset(_STEPS) - {"contact", "archive"}
_WAYS: dict[str, tuple[str, ...]] = {
    "reported": _STEPS[:1],
    "needs_info": ("report", "ask_for_more"),
    "settled": ("settle",),
    "filed": _STEPS[:2],
    "dispatched": _STEPS[:3],
    "handling": _STEPS[:5],
    "handled": _STEPS[:6],
    "evaluating": _STEPS[:7],
    "objected": (*_STEPS[:8], "object"),
    "closed": _STEPS[:9],
    "archived": _STEPS,
    "declined": ("report", "decline"),
    "void": ("report", "void"),
    "merged": ("report", "merge"),
}
_OPEN = ("reported", "needs_info", "settled", "filed", "dispatched", "handling", "handled", "evaluating", "objected")
_OPEN_WEIGHTS = (10, 2, 4, 6, 14, 38, 12, 12, 2)
_ENDED = ("ended", "declined", "merged", "void")
_ENDED_WEIGHTS = (92, 4, 3, 1)
_HOURS_TO_DO = {
    "reported": 4,
    "needs_info": 72,
    "settled": 24,
    "filed": 2,
    "dispatched": 6,
    "handling": 120,
    "handled": 24,
    "evaluating": 120,
    "objected": 48,
}

_COLUMNS: dict[str, str] = {
    "cases_case": "id public_id number state source level text address lon lat area_path confidential emerging legacy"
    " urgent state_before_merge round reworks returns reported_at filed_at dispatched_at signed_at contacted_at"
    " handled_at verified_at closed_at since due_at handle_due_at due_provisional result reply area_id handler_id"
    " matter_id merged_into_id unit_id",
    "cases_report": "id public_id case_id source by_id text address lon lat crs contact_mask asks recorded_at",
    "cases_timelineentry": "id case_id at verb state by_id unit_id note data public",
    "cases_assignment": "id case_id unit_id duty round why dispatched_at dispatched_by_id signed_at signed_by_id"
    " return_reason return_basis",
    "cases_handling": "id case_id unit_id by_id at result text reply legal_basis",
    "cases_verification": "id case_id handling_id by_id at passed note",
    "duties_duty": "id kind permission area_path unit_path not_unit_paths confidential subject_type subject_id label"
    " opened_at due_at done_at",
}


@dataclasses.dataclass(frozen=True, slots=True)
class _Grid:
    pk: int
    path: str
    series: str
    lon: float
    lat: float
    worker: int
    committee: tuple[int, str]
    units: tuple[tuple[int, str], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class _Ground:
    grids: tuple[_Grid, ...]
    weights: tuple[int, ...]
    matters: tuple[int, ...]
    secret: int
    staff: dict[str, int]
    waits_for: dict[str, tuple[str, bool]]


def fingerprint(size: int) -> str:
    """What a database of this size is made from."""
    return f"{ground.schema()} {digest([Path(__file__)])} {size}"


def build(database: ground.Database, size: int) -> float:
    """Make the database anew with `size` cases; returns the seconds it took."""
    began = time.monotonic()
    database.forget()
    database.create()
    ground.prepare_django(database.url("owner"))
    places = _widen()
    with psycopg.connect(database.url("super"), autocommit=True) as admin:
        admin.execute("SET maintenance_work_mem = '512MB'")
        dropped = _drop_indexes(admin)
        _default_what_is_not_listed(admin)
        _copy(database, places, size)
        say(f"      {size:,} cases copied after {time.monotonic() - began:.0f} s; indexes …")
        for statement in dropped:
            admin.execute(statement)
        for name in _COLUMNS:
            admin.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) + 1 FROM {name}))")
        admin.execute("VACUUM (ANALYZE)")
        admin.execute("CHECKPOINT")
    database.keep(fingerprint(size))
    return time.monotonic() - began


# -- the ground


def _widen() -> _Ground:
    """From the cast's four grids to two streets: 16 communities, 85 grids, 60 units, a worker in every grid."""
    from django.contrib.auth.hashers import make_password

    from tests import town as cast
    from wangge.domains.cases.actions.steps import _WAITS_FOR
    from wangge.foundation.accounts import actions as accounts
    from wangge.foundation.accounts.models import Organisation, Post, User
    from wangge.foundation.accounts.permissions import HELD_BY_UNIT
    from wangge.foundation.catalogue.models import Matter
    from wangge.foundation.places import actions as areas
    from wangge.foundation.places.models import Area

    town = cast.Town()
    south, north = town.south, town.north
    for street, first, communities, grids in ((south, 0, 8, 47), (north, 10, 5, 34)):
        office = town.street_office if street == south else town.north_office
        made = 0
        for number in range(communities):
            community = areas.add_area(
                by=None, kind="community", code=f"{street.code}{number + 101}", name_zh=f"第{number + 3}社区",
                name_en=f"Community {number + 3}", parent=street, valid_from=cast.SINCE,
                boundary=cast.square(first, number + 1, 6, 1), **_at(first + 3, number + 1),
            )  # fmt: skip
            accounts.add_organisation(
                by=None, tree="admin", kind="community", name_zh=f"第{number + 3}社区居委会", name_en="Committee",
                valid_from=cast.SINCE, parent=office, area=community, handles=True,
            )  # fmt: skip
            upto = round(grids * (number + 1) / communities)
            for column in range(upto - made):
                areas.add_area(
                    by=None, kind="grid", grid_kind="basic", code=f"{community.code}{column + 1:03d}",
                    name_zh=f"第{made + column + 11}网格", name_en=f"Grid {made + column + 11}", parent=community,
                    valid_from=cast.SINCE, boundary=cast.square(first + column, number + 1),
                    **_at(first + column, number + 1),
                )  # fmt: skip
            made = upto
    kinds = ("municipal", "property_office", "emergency", "social_affairs", "police", "justice", "market", "health")
    while (units := Organisation.objects.count()) < 59:
        street, office = ((south, town.street_office), (north, town.north_office))[units % 2]
        accounts.add_organisation(
            by=None, tree="admin", kind=kinds[units // 2 % 8], name_zh=f"第{units}单位", name_en=f"Unit {units}",
            valid_from=cast.SINCE, parent=office, area=street, handles=True,
        )  # fmt: skip
    _employ(accounts)
    accounts.add_organisation(
        by=None, tree="admin", kind="community", name_zh="北关社区居委会", name_en="Beiguan Residents' Committee",
        valid_from=cast.SINCE, parent=town.north_office, area=town.north_community, handles=True,
    )  # fmt: skip
    User.objects.update(password=make_password(PASSWORD))

    committees = {o.area_id: (o.pk, o.path) for o in Organisation.objects.filter(kind="community")}
    workers = {p.area_id: p.user_id for p in Post.objects.filter(role="grid_worker")}
    by_street = {}
    for street, office in ((south, town.street_office), (north, town.north_office)):
        found = Organisation.objects.filter(path__startswith=office.path, handles=True).exclude(kind="community")
        listed = [(o.pk, o.path) for o in found.exclude(pk=office.pk).order_by("pk")]
        by_street[street.pk] = (*listed[:2] * 6, *listed)  # law enforcement and sanitation have most to do
    grids = tuple(
        _Grid(g.pk, g.path, g.parent.parent.short_code, g.lon, g.lat, workers[g.pk], committees[g.parent_id],
              by_street[g.parent.parent_id])
        for g in Area.objects.filter(kind="grid").select_related("parent__parent").order_by("pk")
    )  # fmt: skip
    the_casts = {town.grid1.pk: 3, town.grid2.pk: 3}
    people = ("bai", "chen", "su", "ma", "luo", "he")
    return _Ground(
        grids=grids,
        weights=tuple(the_casts.get(grid.pk, 1) for grid in grids),
        matters=tuple(Matter.objects.filter(confidential=False).order_by("code").values_list("pk", flat=True)),
        secret=town.secret.pk,
        staff={name: getattr(town, name).pk for name in people},
        waits_for={state.value: (p.value, p in HELD_BY_UNIT) for state, p in _WAITS_FOR.items()},
    )


PASSWORD = "two-streets-two-years-1"


def _at(column: int, row: int) -> dict[str, float]:
    from tests import town as cast

    return dict(zip(("lon", "lat"), cast.centre(column, row), strict=True))


def _employ(accounts) -> None:
    """A worker for every grid that has none, and two people of the district: the widest scope there is."""
    from tests import town as cast
    from wangge.foundation.accounts.models import Post
    from wangge.foundation.places.models import Area

    held = set(Post.objects.filter(role="grid_worker").values_list("area_id", flat=True))
    for grid in Area.objects.filter(kind="grid").exclude(pk__in=held):
        user = accounts.add_user(by=None, username=f"worker{grid.pk}", name="网格员", password=None)
        accounts.give_post(by=None, user=user, role="grid_worker", valid_from=cast.SINCE, area=grid)
    district = Area.objects.get(kind="district")
    for username, name, role in (("leader", "区领导", "party_secretary"), ("chief", "区值班长", "duty_chief")):
        user = accounts.add_user(by=None, username=username, name=name, password=None)
        accounts.give_post(by=None, user=user, role=role, valid_from=cast.SINCE, area=district)


# -- the rows


def _drop_indexes(admin: psycopg.Connection) -> list[str]:
    """Drop what no constraint needs; returns the statements that make it again."""
    found = admin.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x')"
        " WHERE i.indrelid = ANY(%s::regclass[]) AND c.oid IS NULL",
        [list(_COLUMNS)],
    ).fetchall()
    for name, _statement in found:
        admin.execute(f"DROP INDEX {name}")
    return [statement for _name, statement in found]


def _default_what_is_not_listed(admin: psycopg.Connection) -> None:
    """Let the columns that the history leaves out have what the models put in; only this database knows of it."""
    for model in apps.get_models():
        table = model._meta.db_table
        listed = _COLUMNS.get(table, "").split()
        for field in model._meta.concrete_fields if listed else ():
            if field.null or field.column in listed:
                continue
            value = field.get_db_prep_save(field.get_default(), connection)
            change = sql.SQL("ALTER TABLE {} ALTER {} SET DEFAULT {}")
            admin.execute(change.format(sql.Identifier(table), sql.Identifier(field.column), sql.Literal(value)))


def _copy(database: ground.Database, places: _Ground, size: int) -> None:
    """One COPY per table, all open at once: PostgreSQL's backends work while the rows are being made."""
    with ExitStack() as stack:
        streams = {}
        for name, columns in _COLUMNS.items():
            line = stack.enter_context(psycopg.connect(database.url("super")))
            # The rows are right by construction; checking ten million foreign keys would double the time.
            line.execute("SET session_replication_role = replica")
            cursor = stack.enter_context(line.cursor())
            listed = ", ".join(columns.split())
            streams[name] = stack.enter_context(cursor.copy(f"COPY {name} ({listed}) FROM STDIN"))
        waiting: dict[str, list[str]] = {name: [] for name in _COLUMNS}
        for name, row in _rows(places, size):
            lines = waiting[name]
            lines.append(row)
            if len(lines) >= _FLUSH_ROWS:
                streams[name].write("".join(lines))
                lines.clear()
        for name, lines in waiting.items():
            streams[name].write("".join(lines))


def _rows(places: _Ground, size: int) -> Iterator[tuple[str, str]]:
    """(table, line) of everything, oldest case first."""
    rng = random.Random(20261120)
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)  # noqa: TID251 — a history ends at the day of its build
    start = now - dt.timedelta(days=DAYS)
    gap = DAYS * 86400 / size
    serials: dict[tuple[str, int], int] = {}
    ids = dict.fromkeys(_COLUMNS, 0)
    previous = {"": 0}
    grids = rng.choices(places.grids, places.weights, k=size)
    for index in range(size):
        grid = grids[index]
        at = start + dt.timedelta(seconds=int(gap * index))
        key = (grid.series, at.year)
        serials[key] = serials.get(key, 0) + 1
        state = _state(rng, index / size, (now - at).days)
        if state == "merged" and grid.path not in previous:
            state = "declined"
        yield from _case(rng, places, grid, state, index + 1, f"{key[0]}-{key[1]}-{serials[key]:06d}", at, now, ids,
                         previous)  # fmt: skip


def _state(rng: random.Random, position: float, age_days: int) -> str:
    """Of the newest tenth every second case is open: 5 % in all."""
    if position >= 1 - 2 * OPEN_SHARE and rng.random() < 0.5:
        return rng.choices(_OPEN, _OPEN_WEIGHTS)[0]
    ended = rng.choices(_ENDED, _ENDED_WEIGHTS)[0]
    return ("archived" if age_days > 15 else "closed") if ended == "ended" else ended


def _text(rng: random.Random, number: int) -> str:
    fact = f"路面出现{RARE}" if number % _RARE_EVERY == 7 else rng.choice(_FACTS)
    return f"{rng.choice(_COMPOUNDS)}{rng.choice(_SPOTS)}{fact}，{rng.choice(_ROADS)}{rng.randrange(1, 400)}号附近，{rng.choice(_WISHES)}"


def _case(
    rng: random.Random,
    places: _Ground,
    grid: _Grid,
    state: str,
    pk: int,
    number: str,
    at: dt.datetime,
    now: dt.datetime,
    ids: dict[str, int],
    previous: dict[str, int],
) -> Iterator[tuple[str, str]]:
    way = _WAYS[state]
    # Steps lie one to thirty hours apart, squeezed where the case is younger than that.
    hours = min(rng.uniform(1, 30), (now - at).total_seconds() / 3600 / len(way))
    moments = [at + dt.timedelta(hours=hours * step) for step in range(len(way))]
    since = moments[-1]
    when = {verb: str(moment) for verb, moment in zip(way, moments, strict=True)}
    is_open = state in _HOURS_TO_DO
    due = str(since + dt.timedelta(hours=_HOURS_TO_DO[state], seconds=rng.randrange(7200))) if is_open else None
    began, last = when[way[0]], when[way[-1]]
    ended = "\\N" if is_open else last
    unit_id, unit_path = grid.committee if rng.random() < 0.35 else rng.choice(grid.units)
    sent = "dispatch" in when
    unit = unit_id if sent else "\\N"
    patrol = rng.random() < 0.6
    worker = grid.worker if patrol or state == "settled" else "\\N"
    source = "patrol" if patrol else rng.choice(("resident", "scan", "phone", "hotline"))
    secret = rng.random() < 0.005
    matter = places.secret if secret else rng.choice(places.matters)
    text = _text(rng, pk)
    address = f"{rng.choice(_ROADS)}{rng.randrange(1, 400)}号"
    lon, lat = grid.lon + rng.uniform(-0.005, 0.005), grid.lat + rng.uniform(-0.005, 0.005)
    merged = previous[grid.path] if state == "merged" else "\\N"
    if state not in {"merged", "void", "declined"}:
        previous[grid.path] = pk
    handler = places.staff["he"] if "handle" in when else (worker if state == "settled" else "\\N")
    result, reply = ("solved", rng.choice(_RESULTS)) if "handle" in when else ("", "")
    stamps = [when.get(verb, "\\N") for verb in ("file", "dispatch", "sign_for", "contact", "handle", "verify")]
    flag = rng.random()
    yield (
        "cases_case",
        (
            f"{pk}\t{rng.getrandbits(128):032x}\t{number}\t{state}\t{source}\t2\t{text}\t{address}\t{lon:.6f}\t{lat:.6f}"
            f"\t{grid.path}\t{secret}\t{flag < 0.02}\t{flag > 0.99}\t{0.5 < flag < 0.53}\t"
            f"{'reported' if state == 'merged' else ''}\t1\t0\t0\t{began}\t{stamps[0]}\t{stamps[1]}\t{stamps[2]}\t{stamps[3]}"
            f"\t{stamps[4]}\t{stamps[5]}\t{ended}\t{last}\t{due or chr(92) + 'N'}\t\\N\tf\t{result}\t{reply}\t{grid.pk}"
            f"\t{handler}\t{matter}\t{merged}\t{unit}\n"
        ),
    )
    for voice in range(2 if rng.random() < 0.08 else 1):
        ids["cases_report"] += 1
        by = worker if voice == 0 else "\\N"
        yield (
            "cases_report",
            (
                f"{ids['cases_report']}\t{rng.getrandbits(128):032x}\t{pk}\t{source}\t{by}\t{text}\t{address}"
                f"\t{lon:.6f}\t{lat:.6f}\tWGS84\t\t{by == chr(92) + 'N'}\t{began}\n"
            ),
        )
    for verb in way:
        ids["cases_timelineentry"] += 1
        actor = places.staff[_ACTORS[verb]] if verb in _ACTORS else (worker if verb in {"report", "settle"} else "\\N")
        yield (
            "cases_timelineentry",
            (
                f"{ids['cases_timelineentry']}\t{pk}\t{when[verb]}\t{verb}\t{_STATE_AFTER[verb]}\t{actor}\t{unit}\t{reply}"
                f"\t{{}}\t{verb in _PUBLIC}\n"
            ),
        )
    if sent:
        ids["cases_assignment"] += 1
        signed = when.get("sign_for", "\\N")
        signer = places.staff["he"] if "sign_for" in when else "\\N"
        yield (
            "cases_assignment",
            (
                f'{ids["cases_assignment"]}\t{pk}\t{unit_id}\tmain\t1\t["matter"]\t{when["dispatch"]}'
                f"\t{places.staff['chen']}\t{signed}\t{signer}\t\t\n"
            ),
        )
    if "handle" in when:
        ids["cases_handling"] += 1
        yield (
            "cases_handling",
            f"{ids['cases_handling']}\t{pk}\t{unit_id}\t{places.staff['he']}\t{when['handle']}\tsolved\t{reply}\t{reply}\t\n",
        )
    if "verify" in when:
        ids["cases_verification"] += 1
        yield (
            "cases_verification",
            f"{ids['cases_verification']}\t{pk}\t{ids['cases_handling']}\t{places.staff['su']}\t{when['verify']}\tt\t\n",
        )
    # One duty that is done for every case that has ended, the open one for every other: done ones leave the indexes.
    permission, by_unit = places.waits_for.get(state if is_open else "evaluating", ("", False))
    if permission:
        ids["duties_duty"] += 1
        area_path, of_unit = ("", unit_path) if by_unit else (grid.path, "")
        yield (
            "duties_duty",
            (
                f"{ids['duties_duty']}\tcase.{state if is_open else 'evaluating'}\t{permission}\t{area_path}\t{of_unit}"
                f"\t{'{' + unit_path * (state == 'handled') + '}'}\t{secret and not by_unit}\tcase\t{pk}\t{number}\t{last}"
                f"\t{due or last}\t{ended}\n"
            ),
        )


_ACTORS = {
    "file": "bai",
    "ask_for_more": "bai",
    "decline": "bai",
    "merge": "bai",
    "dispatch": "chen",
    "sign_for": "he",
    "contact": "he",
    "handle": "he",
    "verify": "su",
    "close": "luo",
    "void": "luo",
}


def sizes(wanted: str) -> Sequence[int]:
    """ "10k,100k,1m" as numbers of cases, smallest first."""
    units = {"k": 1_000, "m": 1_000_000}
    found = [part.strip().lower() for part in wanted.split(",") if part.strip()]
    try:
        return sorted(int(part[:-1]) * units[part[-1]] if part[-1] in units else int(part) for part in found)
    except ValueError:
        raise SystemExit(f"SIZES={wanted} is no list of sizes, for example SIZES=10k,100k") from None
