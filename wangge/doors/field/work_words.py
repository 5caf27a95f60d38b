"""Words of the phone's work screens (home, to-do, case, round, visit, stand-up, tasks): see shell_words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import pgettext_lazy

from wangge.doors.field.words import DUTIES, OTHER_DUTY
from wangge.foundation.catalogue.kinds import Task

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_ROUND: dict[str, _StrPromise] = {
    "unsent": pgettext_lazy("phone", "To be sent"),
    "unsent-long": pgettext_lazy("phone", "It is sent by itself as soon as there is a connection."),
    "due-today": pgettext_lazy("phone", "Today"),
    "due-tomorrow": pgettext_lazy("phone", "Tomorrow"),
    "due-late": pgettext_lazy("phone", "{n} days late"),
    "due-left": pgettext_lazy("phone", "{age} left"),
    "due-over": pgettext_lazy("phone", "Overdue by {age}"),
    "round-points": pgettext_lazy("phone", "{done} of {n} spots"),
    "round-done": pgettext_lazy("phone", "Finished"),
    "round-done-nothing": pgettext_lazy("phone", "Finished, nothing found"),
    "round-exempt": pgettext_lazy("phone", "Exempted"),
    "round-missed": pgettext_lazy("phone", "Can still be made up for"),
    "round-now": pgettext_lazy("phone", "Now"),
    "round-later": pgettext_lazy("phone", "Later"),
    "round-rest": pgettext_lazy("phone", "{n} spots have not been looked at. One reason for all of them:"),
    "round-ended": pgettext_lazy("phone", "The round is finished."),
    "round-none": pgettext_lazy("phone", "No such round"),
    "round-none-text": pgettext_lazy("phone", "This round is not on this phone any more. Today’s rounds stand on the start page."),
    "point-due": pgettext_lazy("phone", "To be looked at"),
    "point-seen": pgettext_lazy("phone", "Looked at"),
    "point-not_possible": pgettext_lazy("phone", "Not possible"),
    "risk-high": pgettext_lazy("phone", "High risk"),
    "why-indoors": pgettext_lazy("phone", "Indoors or on the stairs"),
    "why-by_phone": pgettext_lazy("phone", "Asked by phone"),
    "why-locked": pgettext_lazy("phone", "Locked"),
    "why-unsafe": pgettext_lazy("phone", "Not safe"),
    "why-gone": pgettext_lazy("phone", "No longer there"),
    "why-other": pgettext_lazy("phone", "Other reason"),
    "near-far": pgettext_lazy("phone", "About {m} m away (the phone is unsure by {unsure} m). Go nearer, scan the code, or give a reason."),
    "near-denied": pgettext_lazy("phone", "The position may not be used. Scan the code, or give a reason."),
    "near-none": pgettext_lazy("phone", "No position found. Scan the code, or give a reason: indoors and on the stairs count as well."),
    "tag-unknown": pgettext_lazy("phone", "This code belongs to no spot of this grid."),
    "tag-seen": pgettext_lazy("phone", "{name}: looked at"),
}  # fmt: skip

WORK: dict[str, _StrPromise] = {
    **_ROUND,
    **{f"duty-{kind}": label for kind, (label, _icon) in DUTIES.items()},
    "duty-other": OTHER_DUTY[0],
}
__all__ = ["WORK", "Task"]
