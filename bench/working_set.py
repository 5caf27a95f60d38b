"""How long a phone's first working set takes: a grid of 440 households (goal 5 s), and twelve of 5,000 in all (60 s).

    python -m bench.working_set       (make bench NAME=working_set)

Three ways: `wire`, over HTTP on this machine until the answer is parsed and its digests are counted anew; `next`, the same
phone again after one case has changed; `phone`, the real field page in headless Chromium, from its address to the line
"updated at", with sealing and IndexedDB, on a line of 1.6 Mbit/s and 400 ms and a processor four times slower than here.
Every door has a due visit and every grid eighty open cases, which is more than any grid has.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import ground
from wangge.config.groundwork import ROOT, digest
from wangge.config.progress import say

if TYPE_CHECKING:
    from wangge.foundation.places.models import Area

GOALS = {440: 5.0, 5000: 60.0}
PEOPLE = {440: "lin", 5000: "many"}
GRIDS = 12
TIMES = 10
CASES = 80  # open ones of a grid
POINTS = 60
DOORS = (5, 2, 11)  # of a building: entrances, doors of a floor, floors
LINE = {"offline": False, "latency": 400, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
SLOWER = 4
_PASSWORD = "a-grid-in-a-pocket-1"
_KEPT = ("working_set.py", "ground.py")


def main() -> None:
    """Build the ground, let phones ask, print the table and the figures; exit code 1 when a goal is missed."""
    database = ground.database("working_set")
    made_from = digest([*(Path(__file__).parent / name for name in _KEPT), ROOT / "tests/town.py"], ground.schema())
    if not database.kept(made_from):
        say("building the grids …")
        database.forget()
        database.create()
        ground.prepare_django(database.url("app"))
        _build()
        database.keep(made_from)
    ground.prepare_django(database.url("app"))
    rows: list[list[Any]] = []
    figures: dict[str, float | str] = {}
    missed = []
    _collect_static()
    with ground.web(database) as web:
        for size, who in PEOPLE.items():
            found = _over_http(web, who) | {"phone": _in_a_browser(web, who)}
            first, after = found["first"], found["next"]
            rows.append([f"{size:,} households, wire, first", min(first), ground.percentile(first, 0.5), max(first)])
            rows.append([f"{size:,} households, wire, next", min(after), ground.percentile(after, 0.5), max(after)])
            rows.append([f"{size:,} households, phone, first", None, found["phone"], None])
            figures |= {
                f"wire_first_s_{size}": ground.percentile(first, 0.95),
                f"wire_next_s_{size}": ground.percentile(after, 0.95),
                f"phone_first_s_{size}": found["phone"],
                f"kilobytes_{size}": found["bytes"] / 1000,
                f"kilobytes_next_{size}": found["bytes_next"] / 1000,
                f"items_{size}": found["items"],
            }
            if max(found["phone"], *first) > GOALS[size]:
                missed.append(size)
    ground.table(["what", "least s", "p50 s", "most s"], rows)
    say("goal: " + ", ".join(f"{size:,} households in {goal:.0f} s" for size, goal in GOALS.items()))
    ground.finish("working_set", figures)
    raise SystemExit(1 if missed else 0)


# -- the ground


def _build() -> None:
    from django.db import connection, transaction

    from tests.town import SINCE, Town
    from wangge.domains.cases import actions
    from wangge.foundation.accounts.actions import add_user, give_post
    from wangge.foundation.places.actions import add_area

    town = Town()
    many = add_user(by=None, username="many", name="一人多格", password=None)
    grids = [town.grid1]
    for number in range(GRIDS):
        grids.append(
            add_area(
                by=None, kind="grid", grid_kind="general", code=f"99999900199{number:03d}", name_zh=f"第{number + 1}网格",
                name_en=f"Grid {number + 1}", short_code=f"Z{number:02d}", parent=town.community, valid_from=SINCE,
            )
        )  # fmt: skip
        give_post(by=None, user=many, role="grid_worker", valid_from=SINCE, area=grids[-1])
    ground.give_passwords(_PASSWORD)
    for number, grid in enumerate(grids):
        grid.lon, grid.lat = grid.lon or 116.02 + number * 0.01, grid.lat or 35.02
        homes = 440 if number == 0 else -(-5000 // GRIDS)
        with transaction.atomic():
            _doors(grid, homes)
            _spots(grid, town.litter)
            for case in range(CASES):
                place = actions.Place(grid, grid.lon, grid.lat, 20.0, f"槐荫路{case + 1}号")
                actions.report(
                    by=town.lin, source="patrol", place=place, matter=town.shed,
                    text=f"第{case + 1}件：楼道里堆着纸箱和旧家具，电动车也停在里面，走路要侧着身子，晚上没有灯。" * 2,
                )  # fmt: skip
        say(f"      {grid.name_zh}: {homes} households")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    connection.close()


def _doors(grid: Area, homes: int) -> None:
    from wangge.domains.fieldwork.models import VisitDue
    from wangge.domains.people.models import Household
    from wangge.foundation.core import clock
    from wangge.foundation.places.models import Building, BuildingGrid, Compound, Entrance, Room

    assert grid.parent is not None
    compound = Compound.objects.create(
        community=grid.parent, name_zh=f"{grid.name_zh}小区", kind="commercial", management="company", lon=grid.lon,
        lat=grid.lat,
    )  # fmt: skip
    entrances, doors, floors = DOORS
    per_house = entrances * doors * floors
    houses = Building.objects.bulk_create(
        Building(
            community=grid.parent, compound=compound, name=f"{n + 1}号楼", floors=floors, lon=grid.lon, lat=grid.lat
        )
        for n in range(-(-homes // per_house))
    )
    BuildingGrid.objects.bulk_create(
        BuildingGrid(building=one, grid=grid, valid_from=dt.date(2024, 1, 1)) for one in houses
    )
    stairs = Entrance.objects.bulk_create(
        Entrance(building=one, name=f"{n + 1}单元") for one in houses for n in range(entrances)
    )
    rooms = Room.objects.bulk_create(
        Room(entrance=stair, floor=floor + 1, name=f"{floor + 1}0{door + 1}")
        for stair in stairs
        for floor in range(floors)
        for door in range(doors)
    )
    made = Household.objects.bulk_create(Household(room=room, area_path=grid.path) for room in rooms[:homes])
    VisitDue.objects.bulk_create(
        VisitDue(household=home, area_path=grid.path, due_on=clock.today() + dt.timedelta(days=n % 60))
        for n, home in enumerate(made)
    )


def _spots(grid: Area, matter: Any) -> None:
    from wangge.domains.fieldwork.models import Checkpoint, Round, RoundPoint
    from wangge.foundation.core import clock

    spots = Checkpoint.objects.bulk_create(
        Checkpoint(
            grid=grid, area_path=grid.path, kind="fire_lane", name=f"{n + 1}号点位消防通道", every_days=1 + n % 7,
            look_for="通道是否畅通，有无飞线充电，灯是否亮", matter=matter, lon=grid.lon, lat=grid.lat,
            tag=f"{grid.pk:08d}{n:04d}", valid_from=dt.date(2024, 1, 1),
        )
        for n in range(POINTS)
    )  # fmt: skip
    for kind, hour in (("morning", 8), ("afternoon", 15)):
        opens = dt.datetime.combine(clock.today(), dt.time(hour, 30), tzinfo=clock.OFFICE)
        walk = Round.objects.create(
            grid=grid, area_path=grid.path, day=clock.today(), kind=kind, opens_at=opens,
            closes_at=opens + dt.timedelta(hours=3),
        )  # fmt: skip
        RoundPoint.objects.bulk_create(RoundPoint(round=walk, checkpoint=one) for one in spots[:15])


# -- asking


def _over_http(web: ground.Web, who: str) -> dict[str, Any]:
    from wangge.domains.fieldwork import deltas
    from wangge.foundation.accounts.actions import issue_token
    from wangge.foundation.accounts.models import User

    user = User.objects.get(username=who)
    client = ground.Client(web.port, token=issue_token(by=user, name="bench")[1])
    found: dict[str, Any] = {"first": [], "next": [], "items": 0, "bytes": 0, "bytes_next": 0}

    def ask(phone: str, token: str, held: dict[str, Any]) -> tuple[float, dict[str, Any], int]:
        body = json.dumps({"phone": phone, "token": token, "held": held}).encode()
        began = time.perf_counter()
        sent = client.send("POST", "/api/v1/sync/working-set", body=body, headers={"Content-Type": "application/json"})
        if sent.status != 200:
            raise SystemExit(f"The working set answers {sent.status}: {sent.body[:300]!r}")
        said: dict[str, Any] = json.loads(sent.body)
        for change in said["collections"].values():
            if change["full"] and deltas.digest(deltas.marks_of(change["items"])) != change["digest"]:
                raise SystemExit("A collection is not what its digest says.")
        return time.perf_counter() - began, said, len(sent.body)

    for _time in range(TIMES):
        phone = str(uuid.uuid4())
        took, said, size = ask(phone, "", {})
        found["first"].append(took)
        found["bytes"], found["items"] = size, sum(one["count"] for one in said["collections"].values())
        held = {name: {"count": one["count"], "digest": one["digest"]} for name, one in said["collections"].items()}
        _something_happens(user)
        took, said, size = ask(phone, said["token"], held)
        if sum(len(one["items"]) for one in said["collections"].values()) != 1:
            raise SystemExit("One case has changed; something else came.")
        found["next"].append(took)
        found["bytes_next"] = size
    client.close()
    return found


def _something_happens(user: Any) -> None:
    """One open case of the grids is told of anew."""
    from wangge.domains.cases.models import Case
    from wangge.foundation.accounts.queries import posts_of

    path = max(post.area.path for post in posts_of(user) if post.area is not None)
    case = Case.objects.unscoped("the benchmark changes one").filter(area_path=path).order_by("pk").first()
    assert case is not None
    Case.objects.unscoped("the benchmark changes one").filter(pk=case.pk).update(
        address=f"槐荫路{time.time_ns() % 10**6}号"
    )


def _collect_static() -> None:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("DATABASE_", "WANGGE_"))}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
    subprocess.run(command, cwd=ROOT, env=env | {"WANGGE_BUILD": "1"}, check=True)


def _in_a_browser(web: ground.Web, who: str) -> float:
    """Seconds from the address of the field page to its working set, in a browser that was never here."""
    from playwright.sync_api import sync_playwright

    url = f"http://127.0.0.1:{web.port}"
    with sync_playwright() as playwright:
        own = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=own, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True
        )
        page = context.new_page()
        page.goto(f"{url}/account/login/")
        page.fill("input[name=login]", who)
        page.fill("input[name=password]", _PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url(lambda where: "/account/login" not in where)
        page.goto("about:blank")
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", LINE)
        line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        began = time.perf_counter()
        page.goto(f"{url}/field/")
        page.get_by_text("网格数据更新于").wait_for(timeout=180_000)
        took = time.perf_counter() - began
        browser.close()
    return took


if __name__ == "__main__":
    main()
