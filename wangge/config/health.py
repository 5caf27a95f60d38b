"""Two questions for machines: does the process live (`/healthz`), and may it be sent requests (`/readyz`)?

Both answer JSON without personal data or secrets, to anybody, without a session.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from wangge.foundation.core import clock, jobs
from wangge.foundation.core.upkeep import kept

if TYPE_CHECKING:
    from collections.abc import Callable

QUEUE_LIMIT_SECONDS = 300
"""A job that could run and has waited this long means that no worker works."""
FREE_BYTES_LIMIT = 500_000_000

Part = dict[str, Any]
_migrated: set[str] = set()
"""Databases seen complete by this process. Migrations are not undone under a running release, so once true is true."""


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers; asks nothing of anybody else."""
    return JsonResponse({"ok": True})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 when database, migrations, queue and disk are well, else 503; each part is told by name, upkeep beside them."""
    checks = {"database": database(), "disk": disk()}
    if checks["database"]["ok"]:
        checks["migrations"] = _guarded(migrations)
        known = bool(checks["migrations"]["ok"])
        checks["queue"] = _guarded(queue) if known else {"ok": False, "error": "unknown"}
        checks["upkeep"] = _guarded(upkeep) if known else {"ok": False, "error": "unknown"}
    else:
        checks["migrations"] = checks["queue"] = checks["upkeep"] = {"ok": False, "error": "unknown"}
    well = all(part["ok"] for part in checks.values())
    return JsonResponse({"ok": well, "checks": checks}, status=200 if well else 503)


def _guarded(check: Callable[[], Part]) -> Part:
    """A check's answer; a database that fails meanwhile is one too, without its message (it may hold addresses)."""
    try:
        return dict(check())
    except DatabaseError as error:
        return {"ok": False, "error": type(error).__name__}


def database() -> Part:
    """Whether a query is answered, and in how many milliseconds."""
    began = time.perf_counter()

    def ask() -> Part:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
        return {"ok": True, "milliseconds": round((time.perf_counter() - began) * 1000, 1)}

    return _guarded(ask)


def migrations() -> Part:
    """How many migrations of this release the database lacks."""
    name = str(connection.settings_dict["NAME"])
    if name in _migrated:
        return {"ok": True, "pending": 0}
    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if pending == 0:
        _migrated.add(name)
    return {"ok": pending == 0, "pending": pending}


def queue() -> Part:
    """How long the oldest job that may run has waited, in seconds.

    Read with SQL along the primary key: procrastinate's own counters go through the whole table. A retried job waits
    since its new time, any other since it was deferred.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT extract(epoch FROM now() - coalesce(job.scheduled_at, told.at))
            FROM (
                SELECT id, scheduled_at FROM procrastinate_jobs
                WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
                ORDER BY id LIMIT 1
            ) AS job
            LEFT JOIN LATERAL (
                SELECT min(event.at) AS at FROM procrastinate_events AS event
                WHERE event.job_id = job.id AND event.type = 'deferred'
            ) AS told ON true
            """
        )
        row = cursor.fetchone()
    waited = max(0, round(float(row[0]))) if row and row[0] is not None else 0
    return {"ok": waited < QUEUE_LIMIT_SECONDS, "oldest_waiting_seconds": waited}


def upkeep() -> Part:
    """What the reconciler found and what it could not heal. Never a reason to send nobody here: requests are answered.

    `given_up` counts reactions that failed for good (a person must look; the system administrators have a message),
    `healed_last_run` and `healed_ever` what was put right; `seconds_since` is None before the first run.
    """
    last = kept("cases.reconcile")
    return {
        "ok": True,
        "given_up": len(jobs.given_up()),
        "healed_last_run": sum(last.last.values()) if last else 0,
        "healed_ever": last.total if last else 0,
        "seconds_since": max(0, round((clock.now() - last.at).total_seconds())) if last else None,
    }


def disk() -> Part:
    """Free space where photos are kept, in whole megabytes."""
    wanted = Path(settings.MEDIA_DIR)
    place = next(path for path in (wanted, *wanted.parents) if path.exists())
    free = shutil.disk_usage(place).free
    return {"ok": free >= FREE_BYTES_LIMIT, "free_megabytes": free // 1_000_000}
