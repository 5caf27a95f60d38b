"""Words of whistles: states, acts, marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wangge.domains.cases.whistling import W
from wangge.domains.stats.definitions import Band
from wangge.doors.desk.words import Look

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

STATES: dict[str, Look] = {
    W.BLOWN: Look(pgettext_lazy("whistle", "To be confirmed by the street"), "speakerphone", "amber"),
    W.CALLED: Look(pgettext_lazy("whistle", "Units called"), "users-group", "blue"),
    W.CONCLUDED: Look(pgettext_lazy("whistle", "Concluded, to be rated"), "clipboard-check", "blue"),
    W.RATED: Look(pgettext_lazy("whistle", "Rated"), "star", "green"),
    W.DECLINED: Look(pgettext_lazy("whistle", "Not confirmed"), "ban", "quiet"),
}
CALLED_OFF = Look(pgettext_lazy("whistle", "Called off"), "ban", "quiet")

MARKS: dict[int, _StrPromise] = {
    3: pgettext_lazy("mark", "Good"),
    2: pgettext_lazy("mark", "Fair"),
    1: pgettext_lazy("mark", "Poor"),
}
MARK_TONES = {3: "green", 2: "blue", 1: "red"}
SIDES: dict[str, _StrPromise] = {
    "presence": pgettext_lazy("mark", "On the spot"),
    "duty": pgettext_lazy("mark", "Responsibility"),
    "result": pgettext_lazy("mark", "Result"),
}

# The heading of each form, and what is said after the act.
DO: dict[str, Look] = {
    "arrive": Look(_("Check in on the spot"), "map-pin", "primary"),
    "call": Look(_("Confirm and call units"), "users-group", "primary"),
    "conclude": Look(_("Conclude on the spot"), "clipboard-check", "primary"),
    "rate": Look(_("Rate the units"), "star", "primary"),
    "contribute": Look(_("What my unit did"), "hammer"),
    "excuse": Look(_("Excuse a unit"), "user-check"),
    "call_more": Look(_("Call further units"), "plus"),
    "decline": Look(_("Do not confirm"), "ban"),
}
CALL_OFF = Look(_("Call off"), "ban")
DONE: dict[str, _StrPromise] = {
    "blow": _("%(number)s: the whistle is blown; the street has been told."),
    "call": _("%(number)s: the units are called; they have been told."),
    "call_more": _("%(number)s: further units are called."),
    "decline": _("%(number)s was not confirmed; whoever blew it reads why."),
    "call_off": _("%(number)s was called off; the units have been told."),
    "arrive": _("%(number)s: your unit has checked in."),
    "arrive_unproved": _("%(number)s: your unit has checked in; one of the callers still has to vouch for it."),
    "vouch": _("%(number)s: the arrival of %(unit)s is confirmed."),
    "excuse": _("%(number)s: %(unit)s need not come."),
    "contribute": _("%(number)s: what your unit did was noted."),
    "conclude": _("%(number)s is concluded and waits to be rated."),
    "rate": _("%(number)s: the rating was recorded; the units can read it."),
}

BANDS: dict[str, tuple[_StrPromise, str]] = {
    Band.UNKNOWN: (_("Too few cases to say anything."), "quiet"),
    Band.LOW: (_("Rarely whistled: ask whether the grids know how, and dare to."), "amber"),
    Band.WITHIN: (_("Within the band that is watched."), "green"),
    Band.HIGH: (_("Often whistled: ask whether ordinary dispatch works."), "amber"),
}
