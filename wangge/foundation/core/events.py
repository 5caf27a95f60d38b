"""Events: facts told upward, written as a job in the action's own transaction.

An event is a frozen dataclass of ids. `publish()` inserts one procrastinate job through Django's connection, so the
job exists exactly if the fact does. `config/reactions.py` says who reacts.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from collections.abc import Callable


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


def reactions_to(name: str) -> list[Callable[..., Any]]:
    """The functions wired to the event called `name`; each takes the event's ids by keyword."""
    table: dict[type[Event], list[Callable[..., Any]]] = import_string(settings.WANGGE_REACTIONS)
    for event, reactions in table.items():
        if event.name == name:
            return reactions
    return []
