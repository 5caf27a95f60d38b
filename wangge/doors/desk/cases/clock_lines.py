"""Why a deadline is what it is, and who had the case in which minute: in words, for the case page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from wangge.domains.cases import clock_account
from wangge.domains.cases.models import State
from wangge.domains.cases.workflow import STAGE_OF, S, Stage
from wangge.doors.desk.clocks import STAGE_NAMES, limit_in_words, span_in_words
from wangge.doors.desk.supervision.lines import DESK
from wangge.foundation.core import clock
from wangge.foundation.core.templatetags.wangge_ui import hour, when

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from wangge.domains.cases.clock_account import Days, Reading, Span
    from wangge.domains.cases.clocks import Moved
    from wangge.domains.cases.models import Assignment, Case, TimelineEntry

_MINUTE = 60

_RULES = {
    "working_days": gettext_lazy(
        "The day on which it began is not counted; it ends at the close of the last working day. Public holidays and "
        "make-up working days are taken into account."
    ),
    "working_hours": gettext_lazy("Counted in office hours of working days only."),
    "urgent_hours": gettext_lazy("Counted round the clock, also at night and on holidays."),
}
_DAYS = {
    "off": pgettext_lazy("calendar", "%(days)s %(name)s, off"),
    "work": pgettext_lazy("calendar", "%(days)s worked %(name)s"),
    "morning": pgettext_lazy("calendar", "%(days)s %(name)s, morning only"),
    "afternoon": pgettext_lazy("calendar", "%(days)s %(name)s, afternoon only"),
}
_DAY_ICONS = {"off": "calendar-x", "work": "calendar-check", "morning": "calendar-due", "afternoon": "calendar-due"}


def described_clock(case: Case, timeline: Sequence[TimelineEntry], sent: Sequence[Assignment]) -> dict[str, Any]:
    """The context of `parts/clock.html`."""
    events = clock_account.events_of(case)
    found = clock_account.account(case, events=events, timeline=timeline, assignments=sent)
    reading = clock_account.reading_now(case, events)
    return {
        "clock_facts": _facts(case, reading),
        "clock_why": _why(reading) if reading is not None else [],
        "clock_spans": [_span(span) for span in found.spans],
        "clock_sum": {
            "wall": span_in_words(found.wall),
            "counted": span_in_words(found.counted),
            "paused": span_in_words(found.paused) if found.paused else "",
            "office": span_in_words(found.office, office=True),
        },
    }


def _facts(case: Case, reading: Reading | None) -> list[dict[str, str]]:
    """Which limit, begun when, by which calendar, and whether that is final."""
    rows = []
    stage = STAGE_OF.get(S(case.state))
    if reading is not None:
        due = reading.due
        rows.append({"label": str(STAGE_NAMES[Stage(reading.clock)]), "value": limit_in_words(due.kind, due.amount)})
        rows.append({"label": _("Began"), "value": when(due.begun)})
        if due.paused_since is not None:
            rows.append({"label": _("Paused since"), "value": when(due.paused_since), "icon": "player-pause"})
        else:
            rows.append({"label": _("Ends"), "value": when(due.at)})
        rows.append({"label": _("Rule"), "value": str(_RULES[due.kind])})
        version = {
            "label": _("Calendar"),
            "value": _("Version %(n)d") % {"n": due.version},
            "url": reverse("desk:calendar"),
        }
        rows.append(version)
        if due.provisional:
            text = _("Provisional: the holidays of that year have not been announced yet; the date may move.")
            rows.append({"label": _("Note"), "value": text, "tone": "amber"})
    if case.handle_due_at is not None and stage is not None and (stage is not Stage.HANDLE or case.state == S.HUNG):
        rows.append({"label": _("Promised end of the handling"), "value": when(case.handle_due_at)})
    return rows


def _why(reading: Reading) -> list[dict[str, str]]:
    """Everything that made the deadline other than plain counting would."""
    lines = [
        {"icon": "clock", "text": pgettext("calendar", "Hours of the season: %(name)s") % {"name": name}}
        for name in reading.seasons
    ]
    lines += [{"icon": _DAY_ICONS[days.kind], "text": _days(days)} for days in reading.days]
    lines += [_moved(move) for move in reading.due.moves]
    return lines


def _days(days: Days) -> str:
    first, last = _short(days.first), _short(days.last)
    span = first if days.first == days.last else f"{first}–{last}"
    name = days.name
    if days.source == "statutory":
        name = pgettext("calendar", "%(name)s (by law)") % {"name": name}
    return " ".join((str(_DAYS[days.kind]) % {"days": span, "name": name}).split())


def _short(day: dt.date) -> str:
    return formats.date_format(day, pgettext("date", "j M"))


def _moved(move: Moved) -> dict[str, str]:
    if move.kind == "pause":
        words = pgettext("clock", "Paused %(begun)s to %(ended)s: %(worth)s later")
        begun = when(move.begun)
        worth = span_in_words(round(move.counted.total_seconds() / _MINUTE), office=True)
        return {"icon": "player-pause", "text": words % {"begun": begun, "ended": when(move.at), "worth": worth}}
    ends = {"before": when(move.before), "after": when(move.after)}
    if move.kind == "extend":
        words = ngettext(
            "Extended by %(n)d working day: %(before)s → %(after)s",
            "Extended by %(n)d working days: %(before)s → %(after)s",
            move.days,
        )
        return {"icon": "calendar-plus", "text": words % (ends | {"n": move.days})}
    words = _("Computed anew by version %(n)d of the calendar: %(before)s → %(after)s")
    return {"icon": "refresh", "text": words % (ends | {"n": move.version})}


def _from_to(begun: dt.datetime, ended: dt.datetime) -> str:
    """Say 9 Feb 09:00-09:20, with the second day only where it is another one."""
    first, last = clock.day_of(begun), clock.day_of(ended)
    if first == last:
        return f"{_short(first)} {hour(begun)}–{hour(ended)}"
    return f"{_short(first)} {hour(begun)} – {_short(last)} {hour(ended)}"


def _span(span: Span) -> dict[str, Any]:
    if span.holder == "unit":
        who = span.unit.name if span.unit is not None else _("Unit")
    elif span.holder == "reporter":
        who = pgettext("holder", "Reporter")
    elif span.holder == "nobody":
        who = pgettext("holder", "Nobody: the case had ended")
    else:
        who = str(DESK[span.holder].label)
    return {
        "who": who,
        "state": span.state.value,
        "state_name": State(span.state).label,
        "from_to": _from_to(span.begun, span.ended),
        "counted": span_in_words(span.counted) if span.counted or not span.paused else "",
        "paused": span_in_words(span.paused) if span.paused else "",
        "office": span_in_words(span.office, office=True) if span.office != span.counted else "",
        "stands": not span.counted and bool(span.paused),
    }
