"""What the pages say about whistles: rows of a list, called units, ratings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from wangge.domains.cases import whistle_queries
from wangge.domains.cases.whistling import W
from wangge.doors.desk.cases.rows import place_line
from wangge.doors.desk.clocks import Chip, in_words, running
from wangge.doors.desk.whistles.words import CALLED_OFF, MARK_TONES, MARKS, SIDES, STATES
from wangge.foundation.core import clock
from wangge.foundation.core.templatetags.wangge_ui import hour, when

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from wangge.domains.cases.models import Case, Whistle, WhistleCall
    from wangge.domains.cases.whistle_queries import Sight
    from wangge.doors.desk.words import Look

_BY_THE_WALL = "urgent_hours"  # nobody who is called waits for office hours


def look_of(whistle: Whistle) -> Look:
    """The word of its state; one that was confirmed and then given up was called off."""
    off = whistle.state == W.DECLINED and whistle.meet_at is not None
    return CALLED_OFF if off else STATES[whistle.state]


def countdown(whistle: Whistle, calls: Iterable[WhistleCall]) -> Chip | None:
    """The clock that runs: until the street answers, then until the next unit must be there."""
    if whistle.state == W.BLOWN:
        return running(whistle.blown_at, whistle_queries.answer_due(whistle), kind=_BY_THE_WALL)
    if whistle.state != W.CALLED:
        return None
    awaited = [call for call in calls if call.arrived_at is None and not call.excused]
    first = min(awaited, key=lambda call: call.due_at, default=None)
    if first is None:
        return Chip("met", _("All units have come"))
    return running(first.called_at, first.due_at, kind=_BY_THE_WALL)


def rows(whistles: Iterable[Whistle]) -> list[dict[str, Any]]:
    """Lines of a list."""
    found = []
    for whistle in whistles:
        calls = whistle_queries.calls(whistle)
        awaited = [call for call in calls if not call.excused]
        case = whistle.case
        found.append(
            {
                "whistle": whistle,
                "url": reverse("desk:whistle", args=[whistle.number]),
                "look": look_of(whistle),
                "clock": countdown(whistle, calls),
                "matter": case.matter.name if case.matter is not None else _("Matter not yet known"),
                "place": place_line(case),
                "there": sum(call.on_the_spot for call in awaited),
                "awaited": len(awaited),
                "units": "、".join(call.unit.name for call in awaited),
            }
        )
    return found


def on_case(case: Case, user: Any) -> dict[str, Any]:
    """What the page of a case says about its whistles, and whether one can be blown now."""
    whistles = whistle_queries.of_case(case)
    under_way = any(whistle.is_running for whistle in whistles)
    return {
        "whistles": rows(whistles),
        "may_blow": whistle_queries.may_blow(case, user, running=under_way),
    }


def unit_lines(whistle: Whistle, seen: Sight) -> list[dict[str, Any]]:
    """The called units as the board shows them."""
    now = clock.now()
    return [
        {
            "call": call,
            "lead": call.unit_id == whistle.lead_id,
            "own": call.pk in seen.own,
            "status": _status(call, whistle, now),
            "to_vouch": call.pk in seen.to_vouch,
            "marks": _marks(call),
        }
        for call in seen.calls
    ]


def _status(call: WhistleCall, whistle: Whistle, now: dt.datetime) -> dict[str, Any]:
    """What is to be said of a unit's coming: a word with its tone, or the clock that still runs."""
    if call.excused:
        return {"label": _("Excused"), "tone": "quiet", "icon": "user-check", "note": call.excused}
    if call.arrived_at is None:
        if whistle.state == W.CALLED:
            return {"clock": running(call.called_at, call.due_at, kind=_BY_THE_WALL, now=now)}
        return {"label": _("Did not come"), "tone": "quiet", "icon": "minus", "note": ""}
    at = {"at": hour(call.arrived_at)}
    note = [when(call.arrived_at)]
    if call.distance_m is not None:
        note.append(_("%(metres)d m from the place") % {"metres": round(call.distance_m)})
    if call.confirmed_by is not None:
        note.append(_("confirmed by %(who)s") % {"who": call.confirmed_by.name})
    if not call.on_the_spot:
        label, tone, icon = _("Checked in %(at)s, to be confirmed") % at, "amber", "help"
    elif call.in_time:
        label, tone, icon = _("On the spot %(at)s") % at, "green", "circle-check"
    else:
        label, tone, icon = _("Came late, %(at)s") % at, "red", "clock-exclamation"
        note.append(in_words(call.arrived_at - call.due_at, over=True))
    return {"label": label, "tone": tone, "icon": icon, "note": " · ".join(note)}


def _marks(call: WhistleCall) -> list[dict[str, Any]]:
    if call.rated_at is None:
        return []
    given = {side: getattr(call, side) for side in SIDES}
    return [{"label": SIDES[side], "value": MARKS[mark], "tone": MARK_TONES[mark]} for side, mark in given.items()]
