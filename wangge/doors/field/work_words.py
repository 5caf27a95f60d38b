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
    "round-finish": pgettext_lazy("phone", "Finish the round"),
    "round-finish-nothing": pgettext_lazy("phone", "Nothing found, finish"),
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
    "near-asking": pgettext_lazy("phone", "Asking for the position …"),
    "near-far": pgettext_lazy("phone", "About {m} m away (the phone is unsure by {unsure} m). Go nearer, scan the code, or give a reason."),
    "near-denied": pgettext_lazy("phone", "The position may not be used. Scan the code, or give a reason."),
    "near-none": pgettext_lazy("phone", "No position found. Scan the code, or give a reason: indoors and on the stairs count as well."),
    "tag-unknown": pgettext_lazy("phone", "This code belongs to no spot of this grid."),
    "tag-seen": pgettext_lazy("phone", "{name}: looked at"),
}  # fmt: skip

_VISIT: dict[str, _StrPromise] = {
    "visit-elsewhere": pgettext_lazy("phone", "Other addresses"),
    "visit-group": pgettext_lazy("phone", "{name} · {n} doors"),
    "visit-firm": pgettext_lazy("phone", "Firm"),
    "visit-linked": pgettext_lazy("phone", "Linked household"),
    "visit-none": pgettext_lazy("phone", "This visit is no longer due."),
    "visit-say": pgettext_lazy("phone", "Please say how it went."),
    "visit-met": pgettext_lazy("phone", "Met somebody"),
    "visit-nobody": pgettext_lazy("phone", "Nobody there"),
    "visit-declined": pgettext_lazy("phone", "Visits not wished"),
    "visit-gone": pgettext_lazy("phone", "Moved away"),
    "visit-means-nobody": pgettext_lazy("phone", "The visit is due again in three days."),
    "visit-means-declined": pgettext_lazy("phone", "This is respected: no more visits until they wish so again, except in an emergency."),
    "visit-means-gone": pgettext_lazy("phone", "It is reported as a change to be verified; nobody is deleted."),
    "visit-title": pgettext_lazy("phone", "Visit {door}: {result}"),
    "visit-recorded": pgettext_lazy("phone", "The visit is recorded."),
    "refer-title": pgettext_lazy("phone", "Counselling, {door}"),
    "referred": pgettext_lazy("phone", "Passed on to the counsellors. They get in touch; nothing else is noted."),
    **{f"task-{task.value}": task.label for task in Task},
    "task-mine": pgettext_lazy("phone", "Given to me"),
    "task-none": pgettext_lazy("phone", "This task is no longer open."),
    "task-title": pgettext_lazy("phone", "Task done: {title}"),
    "task-done": pgettext_lazy("phone", "The task is done."),
}  # fmt: skip

WORK: dict[str, _StrPromise] = {
    **_ROUND,
    **_VISIT,
    **{f"duty-{kind}": label for kind, (label, _icon) in DUTIES.items()},
    "duty-other": OTHER_DUTY[0],
}
