"""What happens when: every reaction to every event, in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wangge.domains.cases import actions, events

if TYPE_CHECKING:
    from collections.abc import Callable

    from wangge.foundation.core.events import Event

REACTIONS: dict[type[Event], list[Callable[..., Any]]] = {
    events.CaseDispatched: [actions.tell_unit],
    events.CaseReported: [actions.tell_desk],
    events.CaseClosed: [actions.tell_staff_reporters],
    events.CaseReopened: [actions.tell_unit_of_reopening],
    events.CaseReworked: [actions.tell_unit_of_rework],
    events.CaseObjected: [actions.tell_judges],
}
