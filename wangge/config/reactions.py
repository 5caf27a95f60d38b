"""What happens when: every reaction to every event, in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wangge.domains.cases import actions, events
from wangge.foundation.catalogue import events as catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from wangge.foundation.core.events import Event

REACTIONS: dict[type[Event], list[Callable[..., Any]]] = {
    catalogue.CalendarChanged: [actions.recalculate],
    events.CaseDispatched: [actions.tell_unit],
    events.CaseReported: [actions.tell_desk],
    events.CaseClosed: [actions.tell_staff_reporters, actions.settle_change],
    events.CaseReopened: [actions.tell_unit_of_reopening],
    events.CaseReworked: [actions.tell_unit_of_rework],
    events.CaseObjected: [actions.tell_judges],
    events.SecondCheckFailed: [actions.tell_of_failed_second_check],
    events.CaseEscalated: [actions.tell_guides],
    events.ExtensionDecided: [actions.tell_unit_of_extension],
    events.HangDecided: [actions.tell_unit_of_hang],
    events.HangEnded: [actions.tell_unit_of_resuming],
    events.RulingCalled: [actions.tell_called_units],
    events.WhistleBlown: [actions.tell_callers],
    events.WhistleCalled: [actions.tell_called],
    events.WhistleDeclined: [actions.tell_declined],
    events.WhistleArrived: [actions.tell_arrived],
    events.WhistleConcluded: [actions.tell_raters],
    events.WhistleRated: [actions.tell_rated],
}
