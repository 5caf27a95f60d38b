"""What the kinds of commands and the parts of their data are called, where people read what was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

NAMES: dict[str, _StrOrPromise] = {
    "case.assist": _("What a co-handler contributed"),
    "case.assist_done": _("A co-handler's part"),
    "case.contact": _("A call to the reporter"),
    "case.handle": _("The result of a handling"),
    "case.second_check": _("A second check"),
    "case.send_back": _("A case sent back"),
    "case.sign_for": _("A case signed for"),
    "case.verify": _("A verification"),
    "patrol.finish": _("The end of a round"),
    "patrol.point": _("A checkpoint"),
    "report.join": _("Another voice in a case"),
    "report.make": pgettext_lazy("command", "A report"),
    "report.supplement": _("An answer to the desk"),
    "standup.hold": _("A stand-up"),
    "task.done": _("A task done"),
    "visit.make": _("A visit"),
    "visit.refer": _("A referral to the counsellors"),
}
OTHER = _("A record from the phone")

_PARTS: tuple[tuple[str, _StrOrPromise], ...] = (
    ("case", _("Case")),
    ("text", pgettext_lazy("command", "Text")),
    ("note", pgettext_lazy("command", "Note")),
    ("reason", pgettext_lazy("command", "Reason")),
    ("basis", pgettext_lazy("command", "On which basis")),
    ("matter", pgettext_lazy("command", "Matter")),
    ("result", pgettext_lazy("command", "Result")),
    ("reply", pgettext_lazy("command", "Answer to the resident")),
    ("day", pgettext_lazy("command", "Day")),
    ("why", pgettext_lazy("command", "Why")),
)
_FILES = ("photos", "before", "after")


def name_of(kind: str) -> _StrOrPromise:
    """What a kind of command is called."""
    return NAMES.get(kind, OTHER)


def told_parts(data: dict[str, Any]) -> list[tuple[_StrOrPromise, str]]:
    """The parts of a command's data that a person can use, in order: (name, text). Whatever came, nothing breaks."""
    found = [(name, str(data[key])[:4000]) for key, name in _PARTS if isinstance(data.get(key), str | int | float)]
    place = data.get("place")
    if isinstance(place, dict):
        if place.get("address"):
            found.append((pgettext_lazy("command", "Place"), str(place["address"])[:200]))
        if place.get("lon") is not None and place.get("lat") is not None:
            found.append((pgettext_lazy("command", "Position"), f"{place['lon']}, {place['lat']}"[:80]))
    contact = data.get("contact")
    if isinstance(contact, dict):
        who = " ".join(str(contact.get(key, "")) for key in ("name", "phone")).strip()
        if who:
            found.append((pgettext_lazy("command", "On whose behalf"), who[:100]))
    settled = data.get("settled")
    if isinstance(settled, dict) and settled.get("text"):
        found.append((pgettext_lazy("command", "What was done"), str(settled["text"])[:4000]))
    files = sum(len(data[key]) for key in _FILES if isinstance(data.get(key), list))
    if files:
        found.append((pgettext_lazy("command", "Photos"), str(files)))
    return found
