"""Words that the shell's scripts need: key → text, with `{name}` marks that the script fills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wangge.doors.field.report_words import BOXES, REPORT
from wangge.doors.field.work_words import WORK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import _StrOrPromise, _StrPromise

SHELL: dict[str, _StrPromise] = {
    "screen-failed": _("This page could not be shown. What you wrote is kept on this phone; please open it again."),
    "age-now": pgettext_lazy("age", "just now"),
    "age-minutes": pgettext_lazy("age", "{n} min"),
    "age-hours": pgettext_lazy("age", "{n} h"),
    "age-days": pgettext_lazy("age", "{n} days"),
    "online": _("Connected"),
    "offline": _("Offline"),
    "sending": _("Sending"),
    "strip-waiting": _("{n} waiting to be sent"),
    "strip-oldest": _("the oldest for {age}"),
    "strip-refused": _("{n} returned"),
    "login-again": _("Please log in again; {n} kept on this phone"),
    "login-again-none": _("Please log in again"),
    "other-user": _("Somebody else is logged in"),
    "others-left": _(
        "{n} unsent items of another person are still on this phone. They stay sealed, and are sent when that person logs in here."
    ),
    "room-warn": _("This phone’s room for the app is nearly full. Please connect and send soon."),
    "room-full": _(
        "This phone’s room for the app is full: no more photos until something is sent. What is here is kept."
    ),
    "hello": _("Hello, {name}"),
    "set-at": _("Grid data as of {when}"),
    "set-none": _("No grid data on this phone yet. Connect once to fetch it."),
    "set-over": _("The grid data on this phone was deleted: the post has ended, or it was too old."),
    "set-done": _("Grid data is up to date."),
    "no-network": _("This needs the network. Nothing was lost; please try again where there is a signal."),
    "photos-missing": _("{n} photos still to be sent"),
    "state-queued": pgettext_lazy("outbox", "Waiting"),
    "state-sending": pgettext_lazy("outbox", "Being sent"),
    "state-acknowledged": pgettext_lazy("outbox", "Received, photos follow"),
    "state-refused": pgettext_lazy("outbox", "Returned"),
    "waits-for": _("waiting for {age}"),
    "untitled": _("No text yet"),
    "deleted": _("Deleted"),
    "again": _("Will be sent again"),
    "delete-draft": _("Delete the draft “{title}”"),
    "export-done": _("{n} items are in the file “{name}”. Write down the code: without it nobody can open the file."),
    "import-done": _("{n} items taken over, {known} were here already."),
    "import-wrong": _("This code does not open this file. Check the code, letter by letter."),
    "import-other": _(
        "This file was made by somebody else. Only the person who wrote it can send it: log in as that person."
    ),
    "import-bad": _("This is not a file of unsent items."),
    "logout-unsent": _("{n} items on this phone are not sent yet. Send them first, or save them to a file."),
    "updated": _("A new version is ready"),
    "open-elsewhere": _("This draft is open in another window. Go on there, or close that window first."),
}

# Further parts of the phone bring their own words: a dict of the same shape, listed here.
WORDS: tuple[Mapping[str, _StrOrPromise], ...] = (SHELL, REPORT, BOXES, WORK)


def words() -> dict[str, str]:
    """Every word in the language of the moment."""
    return {key: str(text) for part in WORDS for key, text in part.items()}
