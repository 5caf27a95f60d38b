"""The desk's words for steps, queues, duties and messages: never a bare code on a page."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """A word with its icon and tone."""

    label: _StrPromise
    icon: str
    tone: str = "quiet"


# What happened: one row of the timeline.
HAPPENED: dict[str, Look] = {
    "report": Look(pgettext_lazy("timeline", "Reported"), "flag", "blue"),
    "settle": Look(pgettext_lazy("timeline", "Reported and settled on the spot"), "bolt", "blue"),
    "join": Look(pgettext_lazy("timeline", "Another voice joined"), "users"),
    "ask_for_more": Look(pgettext_lazy("timeline", "Asked for more details"), "help", "amber"),
    "supplement": Look(pgettext_lazy("timeline", "Details added"), "message"),
    "file": Look(pgettext_lazy("timeline", "Accepted and filed"), "file-check", "blue"),
    "decline": Look(pgettext_lazy("timeline", "Not accepted"), "ban"),
    "lapse": Look(pgettext_lazy("timeline", "No details came in time; not accepted by rule"), "ban"),
    "merge": Look(pgettext_lazy("timeline", "Merged"), "git-merge"),
    "unmerge": Look(pgettext_lazy("timeline", "Merge taken back"), "arrow-back-up"),
    "void": Look(pgettext_lazy("timeline", "Made void"), "circle-x"),
    "flag": Look(pgettext_lazy("timeline", "Flags set"), "flag"),
    "pass_spot_check": Look(pgettext_lazy("timeline", "Spot check passed"), "eye-check", "green"),
    "refuse_spot_check": Look(pgettext_lazy("timeline", "Spot check not passed"), "eye-search", "amber"),
    "close_unsampled": Look(pgettext_lazy("timeline", "Settled on the spot, closed by rule"), "circle-check", "green"),
    "dispatch": Look(pgettext_lazy("timeline", "Dispatched"), "send", "blue"),
    "sign_for": Look(pgettext_lazy("timeline", "Signed for"), "clipboard-check", "blue"),
    "send_back": Look(pgettext_lazy("timeline", "Sent back"), "arrow-back-up", "amber"),
    "contact": Look(pgettext_lazy("timeline", "Reporter contacted"), "phone"),
    "assist": Look(pgettext_lazy("timeline", "Co-handling"), "users-group"),
    "handle": Look(pgettext_lazy("timeline", "Result reported"), "hammer", "blue"),
    "verify": Look(pgettext_lazy("timeline", "Verified"), "eye-check", "green"),
    "rework": Look(pgettext_lazy("timeline", "Verification not passed, to be done again"), "refresh", "amber"),
    "evaluate": Look(pgettext_lazy("timeline", "Judged by the reporter"), "thumb-up", "green"),
    "call_back": Look(pgettext_lazy("timeline", "Called back"), "phone", "green"),
    "close": Look(pgettext_lazy("timeline", "Closed"), "circle-check", "green"),
    "close_by_rule": Look(pgettext_lazy("timeline", "Closed by rule"), "circle-check", "green"),
    "object": Look(pgettext_lazy("timeline", "Objection"), "hand-stop", "red"),
    "reopen": Look(pgettext_lazy("timeline", "Objection upheld, opened again"), "refresh", "amber"),
    "dismiss": Look(pgettext_lazy("timeline", "Objection dismissed"), "gavel"),
    "archive": Look(pgettext_lazy("timeline", "Archived"), "archive"),
}

# What somebody may do: the heading of a step's form.
DO: dict[str, Look] = {
    "ask_for_more": Look(pgettext_lazy("step", "Ask for more details"), "help"),
    "file": Look(pgettext_lazy("step", "Accept and file"), "file-check", "primary"),
    "decline": Look(pgettext_lazy("step", "Do not accept"), "ban"),
    "merge": Look(pgettext_lazy("step", "Merge with another case"), "git-merge"),
    "unmerge": Look(pgettext_lazy("step", "Take the merge back"), "arrow-back-up"),
    "void": Look(pgettext_lazy("step", "Make void"), "circle-x", "danger"),
    "flag": Look(pgettext_lazy("step", "Set flags"), "flag"),
    "pass_spot_check": Look(pgettext_lazy("step", "Spot check passed"), "eye-check", "primary"),
    "refuse_spot_check": Look(pgettext_lazy("step", "Spot check not passed"), "eye-search"),
    "dispatch": Look(pgettext_lazy("step", "Dispatch"), "send", "primary"),
    "sign_for": Look(pgettext_lazy("step", "Sign for it"), "clipboard-check", "primary"),
    "send_back": Look(pgettext_lazy("step", "Send back"), "arrow-back-up"),
    "contact": Look(pgettext_lazy("step", "Note a contact with the reporter"), "phone"),
    "assist": Look(pgettext_lazy("step", "Report what was contributed"), "users-group"),
    "handle": Look(pgettext_lazy("step", "Report the result"), "hammer", "primary"),
    "verify": Look(pgettext_lazy("step", "Verification passed"), "eye-check", "primary"),
    "rework": Look(pgettext_lazy("step", "Not passed: to be done again"), "refresh"),
    "call_back": Look(pgettext_lazy("step", "Record a call-back"), "phone", "primary"),
    "close": Look(pgettext_lazy("step", "Close the case"), "circle-check"),
    "reopen": Look(pgettext_lazy("step", "Objection upheld: open again"), "refresh", "primary"),
    "dismiss": Look(pgettext_lazy("step", "Dismiss the objection"), "gavel"),
}

# Said in a toast after the step.
DONE: dict[str, _StrPromise] = {
    "ask_for_more": _("%(number)s: the reporter was asked for more details."),
    "file": _("%(number)s was accepted and filed."),
    "decline": _("%(number)s was not accepted; the reporter is told why."),
    "merge": _("%(number)s was merged; its reporter stays informed."),
    "unmerge": _("%(number)s goes its own way again."),
    "void": _("%(number)s was made void."),
    "flag": _("%(number)s: the flags were set."),
    "pass_spot_check": _("%(number)s passed the spot check and is closed."),
    "refuse_spot_check": _("%(number)s did not pass the spot check and waits for dispatch."),
    "dispatch": _("%(number)s was dispatched."),
    "sign_for": _("%(number)s was signed for; you handle it now."),
    "send_back": _("%(number)s was sent back to the command centre."),
    "contact": _("%(number)s: the contact was noted."),
    "assist": _("%(number)s: your contribution was noted."),
    "handle": _("%(number)s: the result was reported and waits for verification."),
    "verify": _("%(number)s: verification passed."),
    "rework": _("%(number)s went back to the unit."),
    "call_back": _("%(number)s: the call-back was recorded."),
    "close": _("%(number)s is closed."),
    "reopen": _("%(number)s was opened again."),
    "dismiss": _("%(number)s: the objection was dismissed with reasons."),
}

QUEUES: dict[str, Look] = {
    "file": Look(pgettext_lazy("queue", "Acceptance"), "inbox"),
    "spot_check": Look(pgettext_lazy("queue", "Spot checks"), "bolt"),
    "dispatch": Look(pgettext_lazy("queue", "Dispatch"), "send"),
    "sign": Look(pgettext_lazy("queue", "Signing"), "clipboard-check"),
    "handle": Look(pgettext_lazy("queue", "Handling"), "hammer"),
    "verify": Look(pgettext_lazy("queue", "Verification"), "eye-check"),
    "call_back": Look(pgettext_lazy("queue", "Call-backs"), "phone"),
    "judge": Look(pgettext_lazy("queue", "Objections"), "gavel"),
}
EMPTY_QUEUES: dict[str, _StrPromise] = {
    "file": _("New reports from grid workers, residents and the hotline appear here."),
    "spot_check": _("Matters settled on the spot that are to be checked appear here."),
    "dispatch": _("Filed cases that wait for a responsible unit appear here."),
    "sign": _("Cases sent to your unit appear here; sign for them in time."),
    "handle": _("Cases that your unit has signed for appear here."),
    "verify": _("Cases whose unit reported a result appear here, unless you or your unit handled them."),
    "call_back": _("Verified cases whose reporters have not yet been asked appear here."),
    "judge": _("Objections of reporters that wait for a decision appear here."),
}

# What a duty asks for: kind → (word, icon).
DUTIES: dict[str, Look] = {
    "case.reported": Look(pgettext_lazy("duty", "Accept"), "inbox"),
    "case.needs_info": Look(pgettext_lazy("duty", "Add details"), "help"),
    "case.settled": Look(pgettext_lazy("duty", "Spot check"), "bolt"),
    "case.filed": Look(pgettext_lazy("duty", "Dispatch"), "send"),
    "case.dispatched": Look(pgettext_lazy("duty", "Sign for"), "clipboard-check"),
    "case.handling": Look(pgettext_lazy("duty", "Handle"), "hammer"),
    "case.handled": Look(pgettext_lazy("duty", "Verify"), "eye-check"),
    "case.evaluating": Look(pgettext_lazy("duty", "Call back"), "phone"),
    "case.objected": Look(pgettext_lazy("duty", "Decide the objection"), "gavel"),
}
OTHER_DUTY = Look(pgettext_lazy("duty", "To be looked at"), "info-circle")

NOTICES: dict[str, Look] = {
    "case.urgent": Look(_("Urgent report %(label)s: please accept it at once."), "alert-triangle", "red"),
    "case.dispatched": Look(_("%(label)s was sent to your unit: please sign for it."), "clipboard-list", "blue"),
    "case.reopened": Look(_("The objection to %(label)s was upheld: please handle it again."), "refresh", "amber"),
    "case.rework": Look(_("%(label)s did not pass verification: please handle it again."), "refresh", "amber"),
    "case.objected": Look(_("The reporter of %(label)s objects: please decide."), "hand-stop", "red"),
    "case.closed": Look(_("%(label)s, which you reported, has ended."), "circle-check", "green"),
}
OTHER_NOTICE = Look(_("Something happened: %(label)s."), "bell")

FLAGS: tuple[tuple[str, _StrPromise, str, str], ...] = (
    ("urgent", pgettext_lazy("flag", "Urgent"), "red", "bolt"),
    ("confidential", pgettext_lazy("flag", "Confidential"), "party", "lock"),
    ("emerging", pgettext_lazy("flag", "Early sign"), "amber", "chart-line"),
    ("legacy", pgettext_lazy("flag", "Inherited"), "quiet", "history"),
)

# The stations of the bar on the case page: word, the states in which it is the present one, when it was passed.
STATIONS: tuple[tuple[_StrPromise, tuple[str, ...], str], ...] = (
    (pgettext_lazy("station", "Report"), (), "reported_at"),
    (pgettext_lazy("station", "Acceptance"), ("reported", "needs_info"), "filed_at"),
    (pgettext_lazy("station", "Dispatch"), ("filed",), "dispatched_at"),
    (pgettext_lazy("station", "Signing"), ("dispatched",), "signed_at"),
    (pgettext_lazy("station", "Handling"), ("handling",), "handled_at"),
    (pgettext_lazy("station", "Verification"), ("handled", "settled"), "verified_at"),
    (pgettext_lazy("station", "Judgement"), ("evaluating", "objected"), ""),
    (pgettext_lazy("station", "Closing"), (), "closed_at"),
)

MODULE_ICONS: dict[str, str] = {
    "openness": "speakerphone",
    "party": "star",
    "discipline": "scale",
    "order": "shield-check",
    "safety": "firetruck",
    "health": "heartbeat",
    "city": "building-community",
    "social": "heart-handshake",
    "economy": "building-store",
    "finance": "coin",
}
