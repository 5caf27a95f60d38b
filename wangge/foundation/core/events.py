"""Events: facts told upward, written as a job in the action's own transaction.

An event is a frozen dataclass of ids. `publish()` inserts one procrastinate job through Django's connection, so the
job exists exactly if the fact does. `config/reactions.py` says who reacts.
"""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from collections.abc import Callable


_WAKE = '{"type": "job_inserted", "job_id": 0}'
_WAKE_SECONDS = 0.1
_woken_at = 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """Base of all events: ids and enum values only, never personal data."""

    name: ClassVar[str]


def publish(event: Event) -> None:
    """Write the job that will run the event's reactions; part of the caller's transaction.

    An event to which nobody reacts writes no job: nothing would read it.
    """
    from wangge.foundation.core.tasks import react

    if reactions_to(event.name):
        react.defer(event=event.name, data=dataclasses.asdict(event))
        transaction.on_commit(_wake_the_worker, robust=True)


def _wake_the_worker() -> None:
    """Tell the worker that there is work: after the commit, and at most ten times a second from one process.

    What is not told is found by the worker's own look, once a second. Never inside the writing transaction: those that
    notify commit one after the other.
    """
    global _woken_at  # noqa: PLW0603 — one clock per process
    now = time.monotonic()
    if now - _woken_at < _WAKE_SECONDS:
        return
    _woken_at = now
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('procrastinate_any_queue_v1', %s)", [_WAKE])


def reactions_to(name: str) -> list[Callable[..., Any]]:
    """The functions wired to the event called `name`; each takes the event's ids by keyword."""
    table: dict[type[Event], list[Callable[..., Any]]] = import_string(settings.WANGGE_REACTIONS)
    for event, reactions in table.items():
        if event.name == name:
            return reactions
    return []
