"""How many reports per second are accepted over HTTP, beside how many single-row inserts the same PostgreSQL commits.

    python -m bench.intake [--seconds 5]

Everything is real: fsync on, the application's role, tokens, Chinese texts, one `Idempotency-Key` each; one report
writes report, case, timeline, audit, duty, job and key in one transaction. The clients run on the same two cores. At the
end the rows in the database must be exactly the reports that were answered with 201.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import socket
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from bench import ground
from wangge.config.progress import say

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

CLIENTS = (1, 8, 32)
WARM_SECONDS = 1.0
MOST_PROCESSES = 2
_REPORTERS = ("lin", "gao", "fang", "bai", "chen", "su", "ma", "luo")
_MATTERS = ("06001", "06010", "21002")
_OPENINGS = ("家属院", "人民路东段", "槐荫路12号", "桃源街菜市场门口", "物业所宿舍3号楼", "小学西门")
_FACTS = (
    "有人用泡沫板搭了板房，还私拉电线，老人小孩路过很危险。",
    "垃圾桶满了好几天没有清运，夏天味道很大，希望尽快处理。",
    "楼上漏水到楼下，两家为此争执多次，想请社区帮忙调解。",
    "污水井盖破损，昨晚有骑车的人摔倒，已用树枝临时围挡。",
    "路灯连续三盏不亮，接孩子放学的路很黑，请安排检修。",
)
_COUNTED = {
    "report": "SELECT count(*) FROM cases_report",
    "case": "SELECT count(*) FROM cases_case",
    "timeline": "SELECT count(*) FROM cases_timelineentry",
    "audit": "SELECT count(*) FROM audit_auditentry WHERE kind = 'case.report'",
    "duty": "SELECT count(*) FROM duties_duty",
    "job": "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'core.react'",
    "key": "SELECT count(*) FROM core_idempotencykey",
}


def main() -> None:
    """Measure, check, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.intake", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each measurement lasts")
    given = parser.parse_args()
    database = ground.database("bench_intake")
    say("making the database: migrations, catalogue, cast …")
    database.create()
    tokens = _tokens(database)
    figures: dict[str, float] = {}
    rows: list[list[Any]] = []
    accepted = 0
    commits = {clients: _commits(database, clients, given.seconds) for clients in CLIENTS}
    with ground.web(database) as web:
        _run(web.port, tokens, 4, WARM_SECONDS)  # every worker has connected and compiled
        accepted = _count(database)["report"]
        groups = _groups(database, web.port)
        for clients in CLIENTS:
            before = {name: _cpu_seconds(pids) for name, pids in groups.items()}
            done, refused, took, seconds = _run(web.port, tokens, clients, given.seconds)
            spent = {name: _cpu_seconds(pids) - before[name] for name, pids in groups.items()}
            if refused:
                raise SystemExit(f"{len(refused)} requests were not accepted, the first: {refused[0]}")
            accepted += len(done)
            rate = len(took) / seconds
            p50, p95 = ground.percentile(took, 0.50), ground.percentile(took, 0.95)
            cost = {name: cpu * 1000 / max(1, len(done)) for name, cpu in spent.items()}
            rows.append([f"{clients} clients", commits[clients], rate, p50, p95, cost["web"], cost["postgres"]])
            figures |= {
                f"insert_commits_per_s_{clients}": commits[clients],
                f"reports_per_s_{clients}": rate,
                f"p50_ms_{clients}": p50,
                f"p95_ms_{clients}": p95,
                f"web_cpu_ms_{clients}": cost["web"],
                f"postgres_cpu_ms_{clients}": cost["postgres"],
            }
    ground.table(["", "insert commits/s", "reports/s", "p50 ms", "p95 ms", "web CPU ms", "PG CPU ms"], rows)
    say("CPU is per report accepted; two cores give 2,000 ms a second, of which the clients take their part too.")
    _verify(database, accepted)
    figures["accepted"] = accepted
    ground.finish("intake", figures)


def _tokens(database: ground.Database) -> list[str]:
    """A token for everybody of the cast who reports."""
    ground.prepare_django(database.url("owner"))
    from django.db import connection

    from wangge.foundation.accounts.actions import issue_token
    from wangge.foundation.accounts.models import User

    users = User.objects.filter(username__in=_REPORTERS)
    tokens = [issue_token(by=user, name="bench")[1] for user in users]
    connection.close()
    return tokens


# -- the measure: single-row inserts


def _commits(database: ground.Database, clients: int, seconds: float) -> float:
    """Commits per second of one-row inserts by as many connections."""
    url = database.url("owner")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("CREATE TABLE IF NOT EXISTS bench_commit (id bigserial PRIMARY KEY, body text)")
    # Threads suffice: the driver gives up Python's lock while it waits for the disk.
    counts = [0] * clients
    barrier = threading.Barrier(clients)

    def insert(number: int) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            barrier.wait()
            end = time.perf_counter() + seconds / 2
            while time.perf_counter() < end:
                connection.execute("INSERT INTO bench_commit (body) VALUES (%s)", ["群众反映" * 10])
                counts[number] += 1

    threads = [threading.Thread(target=insert, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (seconds / 2)


# -- the clients


def _run(port: int, tokens: list[str], clients: int, seconds: float) -> tuple[list[str], list[str], list[float], float]:
    """Post reports for `seconds` by as many clients: keys accepted, what else was said, milliseconds, seconds taken."""
    processes = min(clients, MOST_PROCESSES)
    shares = [clients // processes + (number < clients % processes) for number in range(processes)]
    context = multiprocessing.get_context("fork")
    results: Queue[Any] = context.Queue()
    begin = time.time() + 0.3
    children = [
        context.Process(target=_process, args=(port, tokens, share, begin, seconds, results)) for share in shares
    ]
    for child in children:
        child.start()
    gathered = [results.get() for _child in children]
    for child in children:
        child.join()
    done = [key for part in gathered for key in part[0]]
    refused = [said for part in gathered for said in part[1]]
    took = [ms for part in gathered for ms in part[2]]
    return done, refused, took, max(part[3] for part in gathered)


def _process(port: int, tokens: list[str], clients: int, begin: float, seconds: float, results: Queue[Any]) -> None:
    done: list[str] = []
    refused: list[str] = []
    took: list[float] = []
    time.sleep(max(0.0, begin - time.time()))
    began = time.perf_counter()
    end = began + seconds
    threads = [
        threading.Thread(target=_client, args=(port, tokens[number % len(tokens)], end, done, refused, took))
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put((done, refused, took, time.perf_counter() - began))


def _client(port: int, token: str, end: float, done: list[str], refused: list[str], took: list[float]) -> None:
    """One keep-alive connection over a raw socket: the client must not eat what it measures."""
    rng = random.Random(uuid.uuid4().int)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.perf_counter() < end:
            key = str(uuid.uuid4())
            request = _request(token, key, rng)
            began = time.perf_counter()
            connection.sendall(request)
            status, body = _answer(connection)
            took.append((time.perf_counter() - began) * 1000)
            if status == 201:
                done.append(key)
            else:
                refused.append(f"{status} {body[:400].decode(errors='replace')}")
                return


def _request(token: str, key: str, rng: random.Random) -> bytes:
    body = json.dumps(
        {
            "source": "patrol",
            "text": f"{rng.choice(_OPENINGS)}{rng.choice(_FACTS)}（{rng.randrange(10**6)}）",
            "place": {
                "position": {
                    "lon": round(116.0 + rng.random() * 0.0199, 6),
                    "lat": round(35.0 + rng.random() * 0.0099, 6),
                    "accuracy_m": 12.5,
                },
                "address": f"{rng.choice(_OPENINGS)}{rng.randrange(1, 200)}号",
            },
            "matter": rng.choice(_MATTERS),
        },
        ensure_ascii=False,
    ).encode()
    head = (
        "POST /api/v1/reports HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nAccept-Language: zh-CN\r\n"
        f"Authorization: Bearer {token}\r\nIdempotency-Key: {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _answer(connection: socket.socket) -> tuple[int, bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65_536)
        if not piece:
            return 0, received
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    lowered = head.lower()
    at = lowered.index(b"content-length:") + 15
    length = int(lowered[at:].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += connection.recv(65_536)
    return int(head[9:12]), body


# -- what bounds it: the processor time of each side


def _groups(database: ground.Database, port: int) -> dict[str, list[int]]:
    """Process ids of the web server and of PostgreSQL; empty where the kernel does not tell."""
    if not Path("/proc/self/stat").exists():
        return {"web": [], "postgres": []}
    stats = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                stats[int(entry.name)] = (entry / "stat").read_text().rpartition(")")[2].split()
    main = _pid_of(port)
    session = stats[main][3] if main in stats else None
    postmaster = database.cluster.server.pid() if database.cluster.server else None
    return {
        "web": [pid for pid, stat in stats.items() if stat[3] == session],
        "postgres": [pid for pid, stat in stats.items() if int(stat[1]) == postmaster],
    }


def _pid_of(port: int) -> int | None:
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if f"--port\0{port}\0" in (entry / "cmdline").read_text():
                return int(entry.name)
    return None


def _cpu_seconds(pids: list[int]) -> float:
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(stat[11]) + int(stat[12])
    return ticks / os.sysconf("SC_CLK_TCK")


# -- the proof


def _count(database: ground.Database) -> dict[str, int]:
    with psycopg.connect(database.url("owner")) as connection:
        counted = {name: connection.execute(sql).fetchone() for name, sql in _COUNTED.items()}
    return {name: row[0] if row else 0 for name, row in counted.items()}


def _verify(database: ground.Database, accepted: int) -> None:
    """Nothing accepted is missing anywhere, nothing is there twice."""
    counted = _count(database)
    wrong = {name: number for name, number in counted.items() if number != accepted}
    if wrong:
        raise SystemExit(f"{accepted} reports were accepted, but the tables hold {wrong}.")
    say(f"{accepted} reports accepted; as many rows in each of: {', '.join(counted)}.")


if __name__ == "__main__":
    sys.exit(main())
