"""Is anything lost, doubled, forgotten or stuck when parts of the site are killed while reports come in?

    python -m bench.kill [--seed 1] [--count 10000] [--clients 64] [--kills 72]
    make bench NAME=kill SEED=2 COUNT=300 CLIENTS=8 KILLS=6

The site runs as the demo does: embedded PostgreSQL with fsync on, granian with two workers, the job worker, all kept
by the project's own supervisor. Clients send reports, 15 % of them twice at the same moment, and hang up on 5 % before
the answer; one in ten forgets its key and is known by the report's own id; one in ten reports is filed and dispatched
over the API as well. Meanwhile `kill -9` falls, evenly over the work, on a web worker, the web server, a database
backend or the job worker. In the end the rows are counted:

* `lost`: acknowledged, and no such report, or under another number than was said; or never acknowledged at all;
* `duplicate`: more than one report, case, main assignment, timeline row or notice of one thing;
* `undispatched`: a case without the duty of its state, without its finished job, or of which somebody was not told;
* `stuck`: jobs under way without a worker, failed or waiting; transactions left open; clocks that never started;
  whatever the reconciler would still have to heal.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg

from bench import ground, senders, site
from wangge.config.progress import say

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

QUIET_SECONDS = 180.0
PACE = 0.05
_REPORTERS = ("lin", "gao", "fang", "bai", "chen", "su", "ma", "luo")
_MUST_BE_ZERO = ("lost", "duplicate", "undispatched", "stuck")


@dataclass
class Killer:
    """Strikes when the next share of the work is done."""

    site: site.Site
    rng: random.Random
    wanted: int
    count: int
    done: Synchronized[int]
    struck: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    _next: float = 0.0

    def __post_init__(self) -> None:
        rounds = -(-self.wanted // len(site.KINDS))
        order = [kind for _round in range(rounds) for kind in self.rng.sample(site.KINDS, len(site.KINDS))]
        self.order = order[: self.wanted]

    def watch(self) -> None:
        """Strike, if it is time."""
        if len(self.order) == 0:
            return
        share = self.count * (self.wanted - len(self.order) + self.rng.random()) / (self.wanted + 1)
        if self.done.value < share or time.monotonic() < self._next:
            return
        kind = self.order.pop()
        if self.site.kill(kind, self.rng) is None:
            self.missed += 1
        else:
            self.struck[kind] += 1
        self._next = time.monotonic() + 0.2 + self.rng.random() * 0.3


def main(arguments: list[str] | None = None) -> int:
    """Run, count, print. Exit code 1 unless all four figures are 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.kill", description=__doc__.splitlines()[0])
    for name, value in (("seed", "1"), ("count", "10000"), ("clients", "64"), ("kills", "72")):
        parser.add_argument(f"--{name}", type=int, default=int(os.environ.get(name.upper(), value)))
    given = parser.parse_args(arguments)
    say("making the database: migrations, catalogue, cast …")
    database = site.prepare()
    people = _people(database)
    rng = random.Random(f"kill/{given.seed}")
    done: Synchronized[int] = multiprocessing.Value("i", 0)
    with site.running(database) as running:
        say(f"{given.count} submissions by {given.clients} clients, {given.kills} kills, seed {given.seed} …")
        killer = Killer(running, rng, given.kills, given.count, done)
        began = time.monotonic()
        fates = senders.send_all(
            running.port,
            people,
            seed=given.seed,
            count=given.count,
            clients=given.clients,
            done=done,
            pace=PACE,
            watch=killer.watch,
        )
        sent = time.monotonic() - began
        quiet = _await_quiet(database)
        figures = count(database, fates)
    struck = sum(killer.struck.values())
    figures |= {
        "kills": struck,
        **{f"killed_{kind.replace(' ', '_')}": killer.struck[kind] for kind in site.KINDS},
        "submissions": len(fates),
        "sent": sum(fate.sent for fate in fates),
        "doubled": sum(fate.doubled for fate in fates),
        "cut": sum(fate.cut for fate in fates),
        "dispatched": sum(fate.walked == ["file", "dispatch"] for fate in fates),
        "seconds": round(sent, 1),
        "quiet_after_seconds": round(quiet, 1),
        "seed": given.seed,
    }
    ground.table(["", "figure"], [[name, value] for name, value in figures.items()])
    ground.finish("kill", figures)
    whole = all(figures[name] == 0 for name in _MUST_BE_ZERO) and struck >= given.kills and figures["faults"] == 0
    return 0 if whole else 1


def _people(database: ground.Database) -> senders.People:
    ground.prepare_django(database.url("owner"))
    from django.db import connection

    from wangge.foundation.accounts.actions import issue_token
    from wangge.foundation.accounts.models import Organisation, User

    tokens = {name: issue_token(by=User.objects.get(username=name), name="bench")[1] for name in _REPORTERS}
    unit = Organisation.objects.get(name_zh="综合执法队").pk
    connection.close()
    return senders.People(list(tokens.values()), filer=tokens["bai"], dispatcher=tokens["chen"], unit=unit)


def _await_quiet(database: ground.Database) -> float:
    """Wait until no reaction is left to run: seconds that it took."""
    began = time.monotonic()
    while time.monotonic() - began < QUIET_SECONDS:
        try:
            with psycopg.connect(database.url("owner"), connect_timeout=5) as connection:
                left = _number(
                    connection,
                    "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' OR (status = 'todo' AND "
                    "(task_name = 'core.react' OR scheduled_at IS NULL))",
                )
            if left == 0:
                break
        except psycopg.OperationalError:
            pass
        time.sleep(0.5)
    return time.monotonic() - began


# -- the count


def count(database: ground.Database, fates: list[senders.Fate]) -> dict[str, Any]:
    """Compare what was said to the clients with every table that a report writes to."""
    with psycopg.connect(database.url("owner")) as connection:
        held = _held(connection)
        told = _told(connection)
        open_duties = Counter(
            case
            for (case,) in connection.execute(
                "SELECT d.subject_id FROM duties_duty d JOIN cases_case c ON c.id = d.subject_id "
                "WHERE d.subject_type = 'case' AND d.done_at IS NULL AND d.kind = 'case.' || c.state"
            )
        )
        jobs = Counter(
            (event, case)
            for event, case in connection.execute(
                "SELECT args->>'event', (args->'data'->>'case_id')::bigint FROM procrastinate_jobs "
                "WHERE task_name = 'core.react' AND status = 'succeeded'"
            )
        )
        steps = Counter(
            (verb, case) for verb, case in connection.execute("SELECT verb, case_id FROM cases_timelineentry")
        )
        mains = Counter(
            case for (case,) in connection.execute("SELECT case_id FROM cases_assignment WHERE duty = 'main'")
        )
        stuck = _stuck(connection)
    desk, unit = _listeners(database)
    stuck |= _orphans()
    lost = duplicate = undispatched = 0
    faults = [fault for fate in fates for fault in fate.faults]
    for fate in fates:
        rows = held.get(fate.mark, [])
        walked = set(fate.walked)
        if not fate.acknowledged or not rows or any(not _agrees(said, rows) for said in fate.said):
            lost += 1
            say(f"{fate.mark}: said {fate.said}, held {rows}")
            continue
        case = rows[0][0]
        twice = len(rows) > 1 or mains[case] > 1 or jobs["cases.CaseReported", case] > 1 or open_duties[case] > 1
        twice |= any(steps[verb, case] > 1 for verb in ("report", "file", "dispatch"))
        twice |= any(number > 1 for number in told.get(case, {}).values())
        duplicate += twice
        wanted = {("case.urgent", user) for user in desk} if fate.urgent else set()
        wanted |= {("case.dispatched", user) for user in unit} if "dispatch" in walked else set()
        missing = open_duties[case] < 1 or jobs["cases.CaseReported", case] < 1
        missing |= "dispatch" in walked and (mains[case] < 1 or jobs["cases.CaseDispatched", case] < 1)
        missing |= set(told.get(case, {})) != wanted
        missing |= fate.dispatched and walked != {"file", "dispatch"}
        undispatched += missing
        if twice or missing:
            say(
                f"{fate.mark}: case {case}, open duties {open_duties[case]}, walked {fate.walked}, told {told.get(case)}"
            )
    # Nobody asked for anything else.
    duplicate += sum(len(rows) for mark, rows in held.items() if mark not in {fate.mark for fate in fates})
    for fault in faults[:3]:
        say(f"fault: {fault}")
    for name, number in stuck.items():
        if number:
            say(f"stuck: {number} {name}")
    return {
        "lost": lost,
        "duplicate": duplicate,
        "undispatched": undispatched,
        "stuck": sum(stuck.values()),
        "faults": len(faults),
    }


def _agrees(said: str, rows: list[tuple[int, str]]) -> bool:
    return '"already"' in said or f'"number":"{rows[0][1]}"' in said


def _held(connection: psycopg.Connection[Any]) -> dict[str, list[tuple[int, str]]]:
    """Mark in the text → the case and its number, once per report."""
    held: dict[str, list[tuple[int, str]]] = {}
    for mark, case, number in connection.execute(
        "SELECT substring(r.text from '〔.*〕'), c.id, c.number FROM cases_report r JOIN cases_case c ON c.id = r.case_id"
    ):
        held.setdefault(mark, []).append((case, number))
    return held


def _told(connection: psycopg.Connection[Any]) -> dict[int, Counter[tuple[str, int]]]:
    """Case → who was told what, how often."""
    told: dict[int, Counter[tuple[str, int]]] = {}
    for case, kind, user in connection.execute(
        "SELECT subject_id, kind, user_id FROM notifications_notice WHERE subject_type = 'case' "
        "AND kind IN ('case.urgent', 'case.dispatched')"
    ):
        told.setdefault(case, Counter())[kind, user] += 1
    return told


def _listeners(database: ground.Database) -> tuple[set[int], set[int]]:
    """Who hears of an urgent report, and of a dispatch to the unit."""
    ground.prepare_django(database.url("owner"))
    from django.db import connection

    from wangge.foundation.accounts.models import Organisation
    from wangge.foundation.accounts.permissions import P
    from wangge.foundation.accounts.queries import members, users_with
    from wangge.foundation.places.models import Area

    grid = Area.objects.get(code="999999001001001")
    desk = {user.pk for user in users_with(P.CASE_FILE, area_path=grid.path)}
    unit = {user.pk for user in members([Organisation.objects.get(name_zh="综合执法队").pk])}
    connection.close()
    return desk, unit


def _orphans() -> dict[str, int]:
    """What the reconciler would still have to heal, by kind."""
    import datetime as dt

    from django.db import connection

    from wangge.domains.cases import actions
    from wangge.foundation.core import clock

    found = actions.reconcile(at=clock.now() + dt.timedelta(minutes=10))
    connection.close()
    return {f"to be reconciled: {kind}": number for kind, number in found.items()}


def _stuck(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """What hangs, by its name."""
    asked = {
        "jobs under way": "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'",
        # A periodic job that broke off with the database is run by its next tick.
        "jobs failed for good": "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed' "
        "AND queue_name <> 'periodic'",
        "periodic jobs that run no more": "SELECT count(*) FROM (VALUES ('audit.seal'), ('core.retry_stalled')) AS w(task) "
        "WHERE NOT EXISTS (SELECT 1 FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id "
        "WHERE j.task_name = w.task AND e.type = 'succeeded' AND e.at > now() - interval '30 seconds')",
        "reactions still waiting": "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' "
        "AND task_name = 'core.react'",
        "transactions left open": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND state LIKE 'idle in transaction%' AND now() - state_change > interval '2 seconds'",
        "cases without a report": "SELECT count(*) FROM cases_case c WHERE NOT EXISTS "
        "(SELECT 1 FROM cases_report r WHERE r.case_id = c.id)",
        "clocks that never started": "SELECT count(*) FROM cases_case c WHERE c.due_at IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM cases_clockevent e WHERE e.case_id = c.id AND e.kind = 'start')",
        "keys without a write": "SELECT (SELECT count(*) FROM core_idempotencykey) "
        "- (SELECT count(*) FROM cases_timelineentry WHERE verb IN ('report', 'file', 'dispatch')) "
        "WHERE (SELECT count(*) FROM core_idempotencykey) "
        "> (SELECT count(*) FROM cases_timelineentry WHERE verb IN ('report', 'file', 'dispatch'))",
    }
    return {name: _number(connection, sql) for name, sql in asked.items()}


def _number(connection: psycopg.Connection[Any], sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    sys.exit(main())
