"""A resident's words: what happens to a report, without the office's vocabulary."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.workflow import S
from wangge.foundation.core.templatetags.wangge_ui import when

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from wangge.domains.cases.models import Case, TimelineEntry


@dataclasses.dataclass(frozen=True, slots=True)
class Stand:
    """How things stand: one headline and one sentence of what comes next."""

    title: _StrPromise
    next: _StrPromise
    tone: str = "blue"
    icon: str = "clock"


STANDS: dict[str, Stand] = {
    S.REPORTED: Stand(_("We have received your report"), _("Somebody reads it and answers soon."), icon="inbox"),
    S.NEEDS_INFO: Stand(
        _("We need to ask you something"),
        _("Please answer the question below; then we can go on."),
        tone="amber",
        icon="message",
    ),
    S.SETTLED: Stand(
        _("It was settled on the spot"), _("A colleague now checks that it is really done."), icon="eye-check"
    ),
    S.FILED: Stand(_("Your report was accepted"), _("We are choosing who handles it."), icon="file-check"),
    S.DISPATCHED: Stand(_("It was passed to the unit in charge"), _("The unit begins shortly."), icon="send"),
    S.HANDLING: Stand(_("It is being handled"), _("You can read here as soon as there is news."), icon="hammer"),
    S.HUNG: Stand(
        _("It cannot be done just now"),
        _("What is planned, and when we look at it again, is said below. It does not get lost."),
        tone="amber",
        icon="hourglass",
    ),
    S.HANDLED: Stand(
        _("The unit says it is done"),
        _("Somebody who was not involved now checks whether it is really solved."),
        icon="eye-check",
    ),
    S.EVALUATING: Stand(
        _("Done and checked: what do you say?"), _("Your answer decides whether we may close it."), icon="thumb-up"
    ),
    S.OBJECTED: Stand(
        _("Your objection is being examined"),
        _("The duty chief decides within two working days and gives reasons."),
        tone="amber",
        icon="gavel",
    ),
    S.CLOSED: Stand(
        pgettext_lazy("resident timeline", "Closed"),
        _("If it is not solved after all, tell us below."),
        tone="green",
        icon="circle-check",
    ),
    S.ARCHIVED: Stand(
        pgettext_lazy("resident timeline", "Closed"),
        _("If the problem comes back, please report it anew."),
        tone="green",
        icon="circle-check",
    ),
    S.DECLINED: Stand(
        _("We could not accept this report"), _("The reason, and where to turn instead:"), tone="amber", icon="ban"
    ),
    S.VOID: Stand(_("This report was set aside"), _("It had been entered by mistake."), tone="quiet", icon="circle-x"),
}

# What happened, for the reporter's own timeline.
HAPPENED: dict[str, tuple[_StrPromise, str, str]] = {
    "report": (_("You reported it"), "flag", "blue"),
    "settle": (_("Reported and settled on the spot"), "bolt", "blue"),
    "ask_for_more": (_("We asked you for details"), "message", "amber"),
    "file": (pgettext_lazy("resident timeline", "Accepted"), "file-check", "blue"),
    "decline": (_("Could not be accepted"), "ban", "amber"),
    "lapse": (_("No answer came to our question, so it was not taken further"), "ban", "quiet"),
    "void": (_("Set aside: entered by mistake"), "circle-x", "quiet"),
    "merge": (_("Joined with another report about the same thing"), "git-merge", "blue"),
    "unmerge": (_("Goes its own way again"), "arrow-back-up", "blue"),
    "dispatch": (_("Passed to the unit in charge"), "send", "blue"),
    "sign_for": (_("The unit has taken it over"), "clipboard-check", "blue"),
    "recalculate": (
        pgettext_lazy("resident", "The time limit was computed by the newly announced holidays"),
        "calendar",
        "quiet",
    ),
    "grant_extension": (_("It takes longer than promised"), "calendar-plus", "amber"),
    "hang": (_("It cannot be done just now"), "hourglass", "amber"),
    "resume": (_("It is taken up again"), "player-play", "blue"),
    "resume_by_date": (_("It is taken up again"), "player-play", "blue"),
    "whistle_call": (_("We called several units to the spot"), "users-group", "blue"),
    "whistle_call_more": (_("We called further units to the spot"), "users-group", "blue"),
    "verify": (_("Checked: it was really done"), "eye-check", "green"),
    "rework": (_("Checked: not good enough, the unit goes again"), "refresh", "amber"),
    "pass_spot_check": (_("Checked: it was really done"), "eye-check", "green"),
    "close": (pgettext_lazy("resident timeline", "Closed"), "circle-check", "green"),
    "close_by_rule": (pgettext_lazy("resident timeline", "Closed"), "circle-check", "green"),
    "close_unsampled": (pgettext_lazy("resident timeline", "Closed"), "circle-check", "green"),
    "reopen": (_("Your objection was right: it is handled again"), "refresh", "amber"),
    "fail_second_check": (_("We looked again: it was not really done, so it is handled again"), "refresh", "amber"),
    "dismiss": (_("Your objection was examined; these are the reasons"), "gavel", "quiet"),
}

_STATIONS: tuple[tuple[_StrPromise, frozenset[str]], ...] = (
    (pgettext_lazy("resident", "Accepted"), frozenset({S.REPORTED, S.NEEDS_INFO})),
    (pgettext_lazy("resident", "Handled"), frozenset({S.FILED, S.DISPATCHED, S.HANDLING, S.HUNG})),
    (pgettext_lazy("resident", "Checked"), frozenset({S.HANDLED, S.SETTLED})),
    (pgettext_lazy("resident", "Rated"), frozenset({S.EVALUATING, S.OBJECTED})),
    (pgettext_lazy("resident", "Closed"), frozenset({S.CLOSED, S.ARCHIVED})),
)


def steps(case: Case) -> list[dict[str, Any]]:
    """The five stations with how far it is, for `components/steps.html`."""
    if case.state in {S.DECLINED, S.VOID}:
        return [{"label": label, "state": "next" if n else "stopped"} for n, (label, _s) in enumerate(_STATIONS)]
    here = next((n for n, (_label, states) in enumerate(_STATIONS) if case.state in states), 0)
    ended = case.state in {S.CLOSED, S.ARCHIVED}
    return [
        {"label": label, "state": "done" if n < here or ended else "now" if n == here else "next"}
        for n, (label, _states) in enumerate(_STATIONS)
    ]


def told(row: TimelineEntry) -> dict[str, Any]:
    """One row of the public timeline, for `components/timeline.html`: units are named, people never."""
    verb, icon, tone = HAPPENED.get(row.verb, (_("Something was done"), "circle", "quiet"))
    named = row.verb in {"sign_for", "verify", "pass_spot_check"} and row.unit is not None
    return {
        "at": row.at,
        "verb": verb,
        "icon": icon,
        "tone": tone,
        "who": row.unit.name if named and row.unit is not None else "",
        "text": _told_text(row),
    }


def _told_text(row: TimelineEntry) -> str:
    """What is said about a step: its note, and until when where a date moved."""
    if row.verb == "decline":
        return ""  # the reasons stand above, as our answer
    if row.verb == "grant_extension" and row.data.get("after"):
        until = when(dt.datetime.fromisoformat(row.data["after"]))
        return gettext("The new date is %(until)s. %(why)s") % {"until": until, "why": row.note}
    if row.verb == "hang" and row.data.get("review_on"):
        day = date_format(dt.date.fromisoformat(row.data["review_on"]), "SHORT_DATE_FORMAT")
        return gettext("%(plan)s We look at it again on %(day)s.") % {"plan": row.note, "day": day}
    return row.note
