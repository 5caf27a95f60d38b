"""Stage 8: what the field did and does: checkpoints, rounds, visits, stand-ups, campaigns, leave, phones."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from wangge.domains.fieldwork import links, rounds
from wangge.domains.fieldwork.actions import (
    absences,
    bulk,
    campaigns,
    office_hours,
    phones,
    round_plans,
    standups,
    tasks,
    visit_rules,
)
from wangge.domains.fieldwork.actions import links as linking
from wangge.domains.fieldwork.stand_ups import decisions_of
from wangge.doors.town.lots import Share, at_hour
from wangge.doors.town.recipe import read
from wangge.foundation.catalogue.queries import get_matter
from wangge.foundation.core import clock
from wangge.foundation.core.worktime import is_working_day

if TYPE_CHECKING:
    from wangge.domains.fieldwork.models import Checkpoint
    from wangge.doors.town.scene import Scene
    from wangge.foundation.accounts.models import User
    from wangge.foundation.places.models import Area, Building

_ONE = dt.timedelta(days=1)
_NIGHT = rounds.Window(rounds.NIGHT, rounds.DAILY, dt.time(20), dt.time(22))
_POINTS = 3  # of a round of the past
_VISITED_WITHIN = 90  # days
_TASKS = (("info", "convenience"), ("info", "hazard"), ("info", "publicity"), ("convenience",))
_HOME_GRIDS = 2  # that hold stand-ups of their own, beside the community


class Fieldwork:
    """Builds the field of one scene."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._file = read("fieldwork")
        self._rng = random.Random(f"fieldwork {scene.recipe.seed}")
        self._today = clock.day_of(scene.at)
        self._workdays = self._days_back(self._file["rounds"])
        self._head = scene.users["fang"]
        standing = sorted((area for area in scene.areas.values() if area.valid_to is None), key=lambda area: area.code)
        self._home_grids = [area for area in standing if area.parent_id == scene.home.pk]
        self._communities = [area for area in standing if area.parent_id == scene.south.pk]
        self._standing = standing

    def build(self) -> str:
        """Everything; returns what was made, in words."""
        visit_rules.load_visit_rules()
        houses = self._houses()
        checkpoints = self._checkpoints(houses)
        grids = [self._scene.areas[key] for key in sorted(houses)]
        nights = self._home_grids[: self._file["night_grids"]]
        since = self._today - self._file["since"] * _ONE
        bulk.take_over_windows(by=None, windows=[(grid, _NIGHT) for grid in nights], since=since)
        walked = self._rounds(grids, nights, checkpoints)
        round_plans.renew(nights, at=self._scene.at)
        visits = self._visits()
        self._links()
        self._office_hours()
        self._campaigns()
        held = self._stand_ups()
        self._absence()
        self._phones()
        return f"{sum(map(len, checkpoints.values()))} checkpoints, {walked} rounds, {visits} visits, {held} stand-ups"

    def _days_back(self, count: int) -> list[dt.date]:
        """The last working days before today, oldest first."""
        days: list[dt.date] = []
        day = self._today
        while len(days) < count:
            day -= _ONE
            if is_working_day(day):
                days.append(day)
        return days[::-1]

    def _houses(self) -> dict[int, list[Building]]:
        houses: dict[int, list[Building]] = defaultdict(list)
        for spot in self._scene.spots:
            houses[spot.now.pk].append(spot.building)
        return houses

    def _worker(self, grid: Area) -> User | None:
        return next(iter(self._scene.workers(grid, self._scene.at)), None)

    # -- rounds

    def _checkpoints(self, houses: dict[int, list[Building]]) -> dict[int, list[Checkpoint]]:
        kinds, few = self._file["spots"], self._file["few"]
        spots = []
        for key, buildings in sorted(houses.items()):
            grid = self._scene.areas[key]
            for n, kind in enumerate(kinds[: self._rng.randint(few, len(kinds))]):
                building = buildings[n % len(buildings)]
                what = {name: kind[name] for name in ("kind", "matter", "risk", "look_for")}
                spots.append(bulk.Spot(grid, building, f"{building.name}{kind['name']}", **what))
        since = self._today - self._file["since"] * _ONE
        found: dict[int, list[Checkpoint]] = defaultdict(list)
        for row in bulk.take_over_checkpoints(by=None, spots=spots, since=since):
            found[row.grid_id].append(row)
        return found

    def _rounds(self, grids: list[Area], nights: list[Area], checkpoints: dict[int, list[Checkpoint]]) -> int:
        """Two a working day, and the night patrols, in turn over the points by their risk."""
        missed = Share(self._file["missed"])
        walked: list[bulk.Walked] = []
        for grid in grids:
            worker = self._worker(grid)
            points = sorted(checkpoints[grid.pk], key=lambda row: -row.risk)
            dark = [row for row in points if row.risk >= rounds.NIGHT_RISK]
            windows = [*rounds.DEFAULTS, *([_NIGHT] if grid in nights else [])]
            turn = self._rng.randrange(len(points))
            for day in self._workdays:
                for window in windows:
                    among = dark if window is _NIGHT else points
                    chosen = [among[(turn + n) % len(among)] for n in range(min(_POINTS, len(among)))]
                    turn += _POINTS
                    by = None if worker is None or missed.ask() else worker
                    looks = self._looks(chosen, rounds.span(window, day)[0])
                    walked.append(bulk.Walked(grid, day, window, looks, by, nothing_found=self._rng.random() < 0.9))
        bulk.take_over_rounds(by=None, walked=walked)
        return len(walked)

    def _looks(self, chosen: list[Checkpoint], opens: dt.datetime) -> list[bulk.Looked]:
        at = opens + dt.timedelta(minutes=self._rng.randint(5, 60))
        looks = []
        for row in chosen:
            at += dt.timedelta(minutes=self._rng.randint(2, 9), seconds=self._rng.randrange(60))
            drawn = self._rng.random()
            if drawn < 0.55:
                looks.append(bulk.Looked(row, at))
            elif drawn < 0.88:
                looks.append(bulk.Looked(row, at, "near", metres=10 * self._rng.randint(0, 6)))
            else:
                looks.append(bulk.Looked(row, at, "reason", "locked" if drawn > 0.97 else "indoors"))
        return looks

    # -- visits

    def _visits(self) -> int:
        """A share of all doors, on working days of the last months, by whoever works the grid today."""
        chosen = Share(self._file["visited"])
        grid_of = {area.path: area for area in self._standing}
        visits = []
        for household, path in bulk.doors_under(self._scene.south.path):
            worker = self._worker(grid_of[path]) if path in grid_of and chosen.ask() else None
            if worker is None:
                continue
            at = at_hour(self._today - self._rng.randint(2, _VISITED_WITHIN) * _ONE, self._rng.uniform(9, 17.5))
            drawn = self._rng.random()
            result = "met" if drawn < 0.82 else "nobody" if drawn < 0.97 else "declined"
            tasks_done = self._rng.choice(_TASKS) if result == "met" else ()
            visits.append(
                bulk.Visited(
                    household, path, worker, at, result, tasks=tasks_done, confirmed=result == "met" and drawn < 0.7
                )
            )
        return bulk.take_over_visits(by=None, visits=visits)

    def _links(self) -> None:
        """联户: some part-time workers of the home community, each with the next doors of a walk through it."""
        told = self._file["links"]
        found = dict.fromkeys(
            member
            for grid in self._home_grids
            for member in self._scene.workers(grid, self._scene.at, "part_time_worker")
        )
        buildings = iter(links.buildings(self._head, self._scene.home.path))
        doors: list[Any] = []
        for member in list(found)[: told["members"]]:
            while len(doors) < told["households"] and (building := next(buildings, None)) is not None:
                doors += links.unlinked_in(self._head, building.pk)
            taken, doors = doors[: told["households"]], doors[told["households"] :]
            linking.link(by=self._head, user=member, households=taken, at=self._scene.at)

    def _campaigns(self) -> None:
        for one in self._file["campaigns"]:
            campaigns.make_campaign(
                by=self._head,
                name_zh=one["zh"],
                name_en=one["en"],
                trigger=one["trigger"],
                area=self._scene.home,
                matter=get_matter(one["matter"]),
                choice=one["choice"],
                days=one["days"],
                ask=one["ask"],
                at=self._scene.at,
            )
        told = self._file["weather"]
        begins = self._scene.at - dt.timedelta(hours=told["hours_ago"])
        _notice, started = campaigns.announce_weather(
            by=self._head,
            area=self._scene.home,
            trigger=told["trigger"],
            level=told["level"],
            words=told["words"],
            starts_at=begins,
            ends_at=begins + dt.timedelta(hours=told["hours"]),
            at=begins,
        )
        for one in started:  # ready for the next cold wave
            campaigns.repeat_campaign(by=self._head, campaign=one, at=self._scene.at)

    # -- stand-ups, office hours, leave, phones

    def _stand_ups(self) -> int:
        """Of the home community and its first grids; each decision is a task, the older ones are done."""
        home = self._scene.home
        own = self._home_grids
        decisions = self._file["decisions"]
        held = 0
        for n, day in enumerate(self._days_back(self._file["stand_ups"])):
            for area in (home, *own[:_HOME_GRIDS]):
                grid = area if area.kind == "grid" else own[n % len(own)]
                at = at_hour(day, 8.6 + self._rng.random() / 4)
                taken = decisions[(n + held) % len(decisions)]
                decided = [standups.Decision(taken["title"], taken["matter"], grid, day + 2 * _ONE)] if n % 2 else []
                row = standups.hold(by=self._head, area=area, day=day, decisions=decided, at=at)
                held += 1
                worker = self._worker(grid)
                for task in decisions_of(row):
                    if worker is not None and day < self._today - 3 * _ONE:
                        tasks.do_task(
                            by=worker, task=task, note="已处理，现场拍照留存。", at=at + dt.timedelta(hours=6)
                        )
        return held

    def _office_hours(self) -> None:
        at_home = (spot for spot in self._scene.spots if spot.now.parent_id == self._scene.home.pk)
        compounds = list(dict.fromkeys(spot.building.compound for spot in at_home))
        for one, compound in zip(self._file["office_hours"], compounds, strict=False):
            office_hours.set_office_hour(
                by=self._head,
                area=self._scene.home,
                spot=one["spot"],
                weekday=one["weekday"],
                opens=dt.time.fromisoformat(one["opens"]),
                closes=dt.time.fromisoformat(one["closes"]),
                compound=compound,
                user=self._head,
                at=self._scene.at,
            )

    def _absence(self) -> None:
        told = self._file["absence"]
        community = self._communities[told["community"]]
        heads = self._scene.workers(community, self._scene.at, "station_head")
        own = [grid for grid in self._standing if grid.parent_id == community.pk]
        workers: list[Any] = list(dict.fromkeys(w for grid in own for w in self._scene.workers(grid, self._scene.at)))
        if heads and len(workers) > 1:
            first = self._today - told["days_ago"] * _ONE
            absences.note_absence(
                by=heads[0],
                user=workers[0],
                from_on=first,
                to_on=first + told["days"] * _ONE,
                substitute=workers[1],
                at=self._scene.at,
            )

    def _phones(self) -> None:
        """Phones of workers of the home community but the cast's, in which something waits."""
        known = {self._scene.users[name].pk for name in ("lin", "gao")}
        found = dict.fromkeys(
            user
            for role in ("grid_worker", "part_time_worker")
            for grid in self._home_grids
            for user in self._scene.workers(grid, self._scene.at, role)
            if user.pk not in known
        )
        for one, user in zip(self._file["phones"], found, strict=False):
            told = phones.Told(
                clock=self._scene.at,
                waiting=one["waiting"],
                oldest_age_s=one["hours"] * 3600,
                persistent=True,
                label=one["label"],
            )
            public_id = uuid.UUID(int=self._rng.getrandbits(128), version=4)
            phones.hear_from(by=user, phone=public_id, told=told, at=self._scene.at)
