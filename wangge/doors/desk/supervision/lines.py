"""What is late and what was done about it, in words: one line for each deadline, and the facts behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from wangge.domains.cases import ladder
from wangge.domains.cases.inspections import OF_REPORTERS
from wangge.domains.cases.workflow import S
from wangge.doors.desk.cases.rows import flags, place_line
from wangge.doors.desk.words import HAPPENED, Look
from wangge.foundation.core import clock
from wangge.foundation.core.templatetags.wangge_ui import when

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wangge.domains.cases.lateness import Done, LateRow
    from wangge.domains.cases.models import Alert, Extension, Hang, Supervision, TimelineEntry

# Who holds what waits at no unit: the desk's own stations.
DESK: dict[str, Look] = {
    S.REPORTED.value: Look(pgettext_lazy("holder", "Command centre: acceptance"), "inbox"),
    S.SETTLED.value: Look(pgettext_lazy("holder", "Command centre: spot check"), "bolt"),
    S.FILED.value: Look(pgettext_lazy("holder", "Command centre: dispatch"), "send"),
    S.HANDLED.value: Look(pgettext_lazy("holder", "Command centre: verification"), "eye-check"),
    S.OBJECTED.value: Look(pgettext_lazy("holder", "Command centre: objections"), "gavel"),
}
_OTHER = Look(pgettext_lazy("timeline", "Something happened"), "info-circle")
RUNGS = {
    ladder.AMBER: gettext_lazy("Warned who has it"),
    ladder.HEAD: gettext_lazy("Told the head in charge"),
    ladder.LEADER: gettext_lazy("Told the leader in charge"),
    ladder.SECRETARY: gettext_lazy("Told the party secretary"),
}


def line(row: LateRow) -> dict[str, Any]:
    """One deadline as the page draws it."""
    case = row.case
    handler = row.assignment.signed_by if row.assignment is not None else case.handler
    in_hand = row.assignment is not None or case.state == S.HANDLING
    return {
        "case": case,
        "url": reverse("desk:case", args=[case.number]),
        "matter": case.matter.name if case.matter is not None else _("Matter not yet known"),
        "place": place_line(case),
        "flags": flags(case),
        "holder": row.unit.name if row.unit is not None else str(DESK[case.state].label),
        "handler": handler.name if handler is not None and in_hand else "",
        "co": row.assignment is not None,
        "since": row.since,
        "due": row.due_at,
        "over": over_in_words(row),
        "is_late": row.due_at <= clock.now(),
        "summary": summary(row.done),
        "deeds": deeds(row.done),
    }


def over_in_words(row: LateRow) -> str:
    """How long over: whole working days, else hours and minutes of office time (round the clock for urgent clocks)."""
    if row.working_days:
        return ngettext("%(n)s working day over", "%(n)s working days over", row.working_days) % {"n": row.working_days}
    hours, minutes = divmod(row.minutes, 60)
    if row.round_the_clock and hours >= 24:
        return _("%(d)s d %(h)s h over") % {"d": hours // 24, "h": hours % 24}
    if not row.minutes:
        return _("Time is up; days off are not counted")
    if hours:
        return _("%(h)s h %(m)s min over") % {"h": hours, "m": minutes}
    return _("%(m)s min over") % {"m": minutes}


def summary(done: Done) -> list[dict[str, str]]:
    """Counts of what was done, as badges; a late case about which nothing was done says so."""
    red = sum(alert.rung > ladder.AMBER for alert in done.alerts)
    amber = len(done.alerts) - red
    open_ = any(slip.is_open for slip in done.slips)
    shown = [
        (_("Warned") if amber else "", "amber", "clock-exclamation"),
        (_("Pressed %(n)s×") % {"n": red} if red else "", "red", "bell"),
        (_("Slips %(n)s") % {"n": len(done.slips)} if done.slips else "", "red" if open_ else "green", "file-text"),
        (_("Extensions %(n)s") % {"n": len(done.extensions)} if done.extensions else "", "quiet", "calendar-due"),
        (_("Hung %(n)s×") % {"n": len(done.hangs)} if done.hangs else "", "quiet", "player-pause"),
        (_("Whistles %(n)s") % {"n": len(done.whistles)} if done.whistles else "", "blue", "speakerphone"),
    ]
    found = [{"label": label, "tone": tone, "icon": icon} for label, tone, icon in shown if label]
    return found or [{"label": _("Nothing yet"), "tone": "quiet", "icon": "minus"}]


def deeds(done: Done) -> list[dict[str, Any]]:
    """Everything that was done, in the order in which it happened."""
    found = [*map(alert_line, done.alerts), *_papers(done), *_requests(done), *_last(done)]
    return sorted(found, key=lambda deed: deed["at"])


def _deed(at: Any, what: str, note: str, icon: str, tone: str = "quiet", url: str = "") -> dict[str, Any]:
    return {"at": at, "what": what, "note": note, "icon": icon, "tone": tone, "url": url}


def _papers(done: Done) -> list[dict[str, Any]]:
    found = []
    for slip in done.slips:
        what = _("Supervision slip %(number)s") % {"number": slip.number}
        url = reverse("desk:slip", args=[slip.number])
        found.append(_deed(slip.issued_at, what, slip.unit.name, "file-text", "red", url))
        if slip.replied_at is not None:
            what = _("Answer to %(number)s") % {"number": slip.number}
            tone = "amber" if slip.is_late else "green"
            late = _("Answered late") if slip.is_late else _("Answered")
            found.append(_deed(slip.replied_at, what, f"{late}：{slip.reply}", "message", tone))
    return found


def _requests(done: Done) -> list[dict[str, Any]]:
    found = []
    for asked in done.extensions:
        values = {"n": asked.days, "decided": _decided(asked)}
        what = _("Extension by %(n)s working days: %(decided)s") % values
        found.append(_deed(asked.asked_at, what, asked.reason, "calendar-due"))
    for hang in done.hangs:
        what = _("Hanging: %(decided)s") % {"decided": _decided(hang)}
        found.append(_deed(hang.asked_at, what, hang.get_why_display(), "player-pause"))
    for whistle in done.whistles:
        what = _("Whistle %(number)s: %(kind)s") % {"number": whistle.number, "kind": whistle.kind.name}
        found.append(_deed(whistle.blown_at, what, whistle.get_state_display(), "speakerphone", "blue"))
    return found


def _last(done: Done) -> list[dict[str, Any]]:
    """The last step of the case, unless it is one of those that are shown anyway."""
    entry = done.last
    look = HAPPENED.get(entry.verb) if entry is not None else None
    if entry is None or look is None or entry.verb in {"supervise", "answer_supervision"}:
        return []
    who = [entry.unit.name if entry.unit is not None else "", entry.by.name if entry.by is not None else ""]
    what = _("Last step: %(step)s") % {"step": look.label}
    return [_deed(entry.at, what, " · ".join(part for part in who if part), look.icon)]


def alert_line(alert: Alert) -> dict[str, Any]:
    """One alert: whom it told, how many, and when it was answered."""
    people = ngettext("%(n)s person told", "%(n)s people told", alert.told) % {"n": alert.told}
    answered = _("settled %(at)s") % {"at": when(alert.answered_at)} if alert.answered_at else ""
    amber = alert.rung == ladder.AMBER
    note = " · ".join(part for part in (people, answered) if part)
    icon, tone = ("clock-exclamation", "amber") if amber else ("bell", "red")
    return _deed(alert.at, str(RUNGS[alert.rung]), note, icon, tone)


def _decided(asked: Extension | Hang) -> str:
    if asked.granted is None:
        over = asked.ended_at is not None
        return pgettext("request", "ended undecided") if over else pgettext("request", "not yet decided")
    return pgettext("request", "granted") if asked.granted else pgettext("request", "refused")


def slip_lines(slips: Iterable[Supervision]) -> list[dict[str, Any]]:
    """Slips as the list draws them."""
    return [slip_line(slip) for slip in slips]


def slip_line(slip: Supervision) -> dict[str, Any]:
    """One slip with how it stands: open, overdue, answered in time or late, lapsed."""
    if slip.replied_at is not None:
        state = ("amber", _("Answered late")) if slip.is_late else ("green", _("Answered"))
    elif slip.lapsed_at is not None:
        state = ("quiet", _("The case ended before an answer"))
    else:
        state = (
            ("red", _("Answer overdue")) if slip.reply_due_at <= clock.now() else ("amber", _("Waiting for the answer"))
        )
    return {"slip": slip, "url": reverse("desk:slip", args=[slip.number]), "tone": state[0], "state": state[1]}


def happened(entries: Iterable[TimelineEntry]) -> list[dict[str, Any]]:
    """The steps of a case as process data: who took which when; nothing that a reporter wrote or by which he is known."""
    shown = []
    for entry in entries:
        look = HAPPENED.get(entry.verb, _OTHER)
        theirs = entry.verb in OF_REPORTERS
        shown.append(
            {
                "at": entry.at,
                "verb": look.label,
                "icon": look.icon,
                "tone": look.tone,
                "who": "" if theirs or entry.by is None else entry.by.name,
                "role": "" if theirs or entry.unit is None else entry.unit.name,
                "text": "" if theirs else entry.note,
                "facts": [],
            }
        )
    return shown
