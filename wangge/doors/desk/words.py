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
    "assist_done": Look(pgettext_lazy("timeline", "Co-handler's part done"), "users-group", "blue"),
    "verify_assist": Look(pgettext_lazy("timeline", "Co-handler's part checked"), "eye-check"),
    "waive_assist": Look(pgettext_lazy("timeline", "Co-handler's part waived"), "user-minus"),
    "ask_extension": Look(pgettext_lazy("timeline", "More time asked for"), "calendar-plus", "amber"),
    "grant_extension": Look(pgettext_lazy("timeline", "More time granted"), "calendar-check", "blue"),
    "refuse_extension": Look(pgettext_lazy("timeline", "More time refused"), "calendar-x"),
    "ask_hang": Look(pgettext_lazy("timeline", "Asked to hang the case"), "hourglass", "amber"),
    "hang": Look(pgettext_lazy("timeline", "Hung"), "hourglass", "amber"),
    "refuse_hang": Look(pgettext_lazy("timeline", "Not hung"), "hourglass-off"),
    "resume": Look(pgettext_lazy("timeline", "Taken up again"), "player-play", "blue"),
    "resume_by_date": Look(pgettext_lazy("timeline", "Review date reached, taken up again"), "player-play", "blue"),
    "call_ruling": Look(pgettext_lazy("timeline", "Units called to a joint ruling"), "users-group", "amber"),
    "rule": Look(pgettext_lazy("timeline", "Ruled on the spot"), "scale", "blue"),
    "escalate": Look(pgettext_lazy("timeline", "Passed up a level"), "arrow-up", "amber"),
    "hand_down": Look(pgettext_lazy("timeline", "Handed down a level"), "arrow-down"),
    "handle": Look(pgettext_lazy("timeline", "Result reported"), "hammer", "blue"),
    "verify": Look(pgettext_lazy("timeline", "Verified"), "eye-check", "green"),
    "rework": Look(pgettext_lazy("timeline", "Verification not passed, to be done again"), "refresh", "amber"),
    "pass_second_check": Look(pgettext_lazy("timeline", "Second check passed"), "eye-check", "green"),
    "fail_second_check": Look(pgettext_lazy("timeline", "Second check not passed, opened again"), "eye-search", "red"),
    "evaluate": Look(pgettext_lazy("timeline", "Judged by the reporter"), "thumb-up", "green"),
    "call_back": Look(pgettext_lazy("timeline", "Called back"), "phone", "green"),
    "close": Look(pgettext_lazy("timeline", "Closed"), "circle-check", "green"),
    "close_by_rule": Look(pgettext_lazy("timeline", "Closed by rule"), "circle-check", "green"),
    "object": Look(pgettext_lazy("timeline", "Objection"), "hand-stop", "red"),
    "reopen": Look(pgettext_lazy("timeline", "Objection upheld, opened again"), "refresh", "amber"),
    "dismiss": Look(pgettext_lazy("timeline", "Objection dismissed"), "gavel"),
    "archive": Look(pgettext_lazy("timeline", "Archived"), "archive"),
    "redraw_grids": Look(pgettext_lazy("timeline", "The grid was redrawn; handed over"), "map-pin"),
    "recalculate": Look(pgettext_lazy("timeline", "Time limit computed by the new calendar"), "calendar"),
    "supervise": Look(pgettext_lazy("timeline", "Supervision slip issued"), "clock-exclamation", "red"),
    "answer_supervision": Look(pgettext_lazy("timeline", "Supervision slip answered"), "message"),
    "whistle_blow": Look(pgettext_lazy("timeline", "Whistle blown"), "speakerphone", "amber"),
    "whistle_call": Look(pgettext_lazy("timeline", "Units called to the spot"), "users-group", "blue"),
    "whistle_call_more": Look(pgettext_lazy("timeline", "Further units called to the spot"), "users-group", "blue"),
    "whistle_decline": Look(pgettext_lazy("timeline", "Whistle not confirmed or called off"), "ban"),
    "whistle_arrive": Look(pgettext_lazy("timeline", "Checked in on the spot"), "map-pin", "green"),
    "whistle_vouch": Look(pgettext_lazy("timeline", "Arrival on the spot confirmed"), "check", "green"),
    "whistle_excuse": Look(pgettext_lazy("timeline", "Unit excused from coming"), "user-check"),
    "whistle_contribute": Look(pgettext_lazy("timeline", "What a called unit did"), "hammer"),
    "whistle_conclude": Look(pgettext_lazy("timeline", "Whistle concluded on the spot"), "clipboard-check", "blue"),
    "whistle_rate": Look(pgettext_lazy("timeline", "Called units rated"), "star", "green"),
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
    "assist_done": Look(pgettext_lazy("step", "Our part is done"), "users-group", "primary"),
    "verify_assist": Look(pgettext_lazy("step", "Check a co-handler's part"), "eye-check", "primary"),
    "waive_assist": Look(pgettext_lazy("step", "Do not wait for a co-handler"), "user-minus"),
    "ask_extension": Look(pgettext_lazy("step", "Ask for more time"), "calendar-plus"),
    "grant_extension": Look(pgettext_lazy("step", "Grant more time"), "calendar-check", "primary"),
    "refuse_extension": Look(pgettext_lazy("step", "Refuse more time"), "calendar-x"),
    "ask_hang": Look(pgettext_lazy("step", "Ask to hang the case"), "hourglass"),
    "hang": Look(pgettext_lazy("step", "Hang the case"), "hourglass", "primary"),
    "refuse_hang": Look(pgettext_lazy("step", "Do not hang it"), "hourglass-off"),
    "resume": Look(pgettext_lazy("step", "Take it up again"), "player-play", "primary"),
    "call_ruling": Look(pgettext_lazy("step", "Call units to a joint ruling"), "users-group"),
    "rule": Look(pgettext_lazy("step", "Write down the ruling"), "scale", "primary"),
    "escalate": Look(pgettext_lazy("step", "Pass it up a level"), "arrow-up"),
    "hand_down": Look(pgettext_lazy("step", "Hand it down a level"), "arrow-down"),
    "handle": Look(pgettext_lazy("step", "Report the result"), "hammer", "primary"),
    "verify": Look(pgettext_lazy("step", "Verification passed"), "eye-check", "primary"),
    "rework": Look(pgettext_lazy("step", "Not passed: to be done again"), "refresh"),
    "pass_second_check": Look(pgettext_lazy("step", "Second check passed"), "eye-check", "primary"),
    "fail_second_check": Look(pgettext_lazy("step", "Second check not passed: open again"), "eye-search"),
    "call_back": Look(pgettext_lazy("step", "Record a call-back"), "phone", "primary"),
    "close": Look(pgettext_lazy("step", "Close the case"), "circle-check"),
    "reopen": Look(pgettext_lazy("step", "Objection upheld: open again"), "refresh", "primary"),
    "dismiss": Look(pgettext_lazy("step", "Dismiss the objection"), "gavel"),
    "supervise": Look(pgettext_lazy("step", "Issue a supervision slip"), "clock-exclamation"),
    "answer_supervision": Look(pgettext_lazy("step", "Answer the supervision slip"), "message", "primary"),
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
    "assist_done": _("%(number)s: your part is done and will be checked."),
    "verify_assist": _("%(number)s: the co-handler's part was checked."),
    "waive_assist": _("%(number)s: the co-handler is not waited for any more."),
    "ask_extension": _("%(number)s: more time was asked for."),
    "grant_extension": _("%(number)s: more time was granted; the reporter reads the new date."),
    "refuse_extension": _("%(number)s: more time was refused; the unit is told why."),
    "ask_hang": _("%(number)s: it was asked to hang the case; the leader decides."),
    "hang": _("%(number)s was hung until its review date."),
    "refuse_hang": _("%(number)s was not hung; the unit is told why."),
    "resume": _("%(number)s is being handled again."),
    "call_ruling": _("%(number)s: the units were called and are told when and where."),
    "rule": _("%(number)s: the ruling was written down and the case sent to the unit."),
    "escalate": _("%(number)s was passed up a level and waits for dispatch."),
    "hand_down": _("%(number)s was handed down a level."),
    "handle": _("%(number)s: the result was reported and waits for verification."),
    "verify": _("%(number)s: verification passed."),
    "rework": _("%(number)s went back to the unit."),
    "pass_second_check": _("%(number)s: the second check is recorded as passed."),
    "fail_second_check": _("%(number)s: not passed; the case is opened again and the unit is told."),
    "call_back": _("%(number)s: the call-back was recorded."),
    "close": _("%(number)s is closed."),
    "reopen": _("%(number)s was opened again."),
    "dismiss": _("%(number)s: the objection was dismissed with reasons."),
    "supervise": _("%(number)s: the supervision slip was issued, the unit is told."),
    "answer_supervision": _("%(number)s: the supervision slip was answered."),
}

QUEUES: dict[str, Look] = {
    "file": Look(pgettext_lazy("queue", "Acceptance"), "inbox"),
    "spot_check": Look(pgettext_lazy("queue", "Spot checks"), "bolt"),
    "dispatch": Look(pgettext_lazy("queue", "Dispatch"), "send"),
    "sign": Look(pgettext_lazy("queue", "Signing"), "clipboard-check"),
    "handle": Look(pgettext_lazy("queue", "Handling"), "hammer"),
    "approve": Look(pgettext_lazy("queue", "Approvals"), "calendar-check"),
    "ruling": Look(pgettext_lazy("queue", "Joint rulings"), "scale"),
    "hung": Look(pgettext_lazy("queue", "Hung cases"), "hourglass"),
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
    "approve": _("Requests for more time or to hang a case, about which you decide, appear here."),
    "ruling": _("Cases sent back twice, and those for which a joint meeting was called, appear here."),
    "hung": _("Cases that cannot be done now wait here until their review date."),
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
    "case.second_check": Look(pgettext_lazy("duty", "Second check"), "eye-search"),
    "case.hung": Look(pgettext_lazy("duty", "Review the hung case"), "hourglass"),
    "case.ruling": Look(pgettext_lazy("duty", "Settle whose duty it is"), "scale"),
    "case.extension": Look(pgettext_lazy("duty", "Decide about more time"), "calendar-check"),
    "case.hang_asked": Look(pgettext_lazy("duty", "Decide about hanging"), "hourglass"),
    "case.hang_review": Look(pgettext_lazy("duty", "Prepare the review"), "hourglass"),
    "case.part": Look(pgettext_lazy("duty", "Do your part"), "users-group"),
    "case.part_done": Look(pgettext_lazy("duty", "Check a co-handler's part"), "eye-check"),
    "case.escalated": Look(pgettext_lazy("duty", "Look after what went up"), "arrow-up"),
    "ruling.meeting": Look(pgettext_lazy("duty", "Come to the joint ruling"), "map-pin"),
    "supervision.slip": Look(pgettext_lazy("duty", "Answer the slip"), "clock-exclamation"),
    "whistle.blown": Look(pgettext_lazy("duty", "Confirm a whistle"), "speakerphone"),
    "whistle.called": Look(pgettext_lazy("duty", "Go to the spot and check in"), "map-pin"),
    "whistle.conclude": Look(pgettext_lazy("duty", "Conclude on the spot"), "clipboard-check"),
    "whistle.rate": Look(pgettext_lazy("duty", "Rate the called units"), "star"),
    "benefit.renew": Look(pgettext_lazy("duty", "Help to renew a benefit"), "calendar-due"),
    "phone.unsent": Look(pgettext_lazy("duty", "Ask about an unsent phone"), "device-mobile"),
    "refused": Look(pgettext_lazy("duty", "Look at a refused record"), "arrow-back-up"),
    "refused.handed": Look(pgettext_lazy("duty", "Enter a refused record"), "arrow-back-up"),
    "need.review": Look(pgettext_lazy("duty", "Confirm what is needed"), "heart-handshake"),
    "export.decide": Look(pgettext_lazy("duty", "Decide about a list that is to leave"), "download"),
    "checkpoint.gone": Look(pgettext_lazy("duty", "Decide about a checkpoint that is gone"), "map-pin"),
    "field_task.do": Look(pgettext_lazy("duty", "Do a task in the grid"), "list-check"),
    "referral.take": Look(pgettext_lazy("duty", "Take on a wish for counselling"), "heart-handshake"),
    "referral.call": Look(pgettext_lazy("duty", "Call about counselling"), "heart-handshake"),
}
OTHER_DUTY = Look(pgettext_lazy("duty", "To be looked at"), "info-circle")

NOTICES: dict[str, Look] = {
    "jobs.given_up": Look(
        _("Background job %(label)s failed for good: please look into the log."), "alert-triangle", "red"
    ),
    "case.urgent": Look(_("Urgent report %(label)s: please accept it at once."), "alert-triangle", "red"),
    "case.dispatched": Look(_("%(label)s was sent to your unit: please sign for it."), "clipboard-list", "blue"),
    "case.reopened": Look(_("The objection to %(label)s was upheld: please handle it again."), "refresh", "amber"),
    "case.rework": Look(_("%(label)s did not pass verification: please handle it again."), "refresh", "amber"),
    "case.objected": Look(_("The reporter of %(label)s objects: please decide."), "hand-stop", "red"),
    "case.second_check_failed": Look(
        _("%(label)s did not pass the second check: please handle it again."), "eye-search", "red"
    ),
    "case.second_check_differs": Look(
        _("%(label)s passed verification, and the second check found otherwise."), "eye-search", "amber"
    ),
    "case.closed": Look(_("%(label)s, which you reported, has ended."), "circle-check", "green"),
    "case.extension_granted": Look(_("%(label)s: more time was granted."), "calendar-check", "green"),
    "case.extension_refused": Look(
        _("%(label)s: more time was refused; the old deadline stands."), "calendar-x", "amber"
    ),
    "case.hung": Look(_("%(label)s was hung; its clock stands still until the review date."), "hourglass", "blue"),
    "case.hang_refused": Look(_("%(label)s was not hung: please go on."), "hourglass-off", "amber"),
    "case.resumed": Look(_("%(label)s is taken up again: its clock goes on."), "player-play", "amber"),
    "case.escalated": Look(_("%(label)s of your grid was passed up a level."), "arrow-up", "amber"),
    "ruling.called": Look(
        _("Joint ruling on the spot on %(month)s/%(day)s at %(hour)02d:%(minute)02d, your unit is called: %(label)s."),
        "map-pin",
        "amber",
    ),
    "supervision.amber": Look(_("Urgent: the time of %(label)s is nearly over."), "clock-exclamation", "amber"),
    "supervision.red": Look(_("Urgent: %(label)s is overdue."), "alert-triangle", "red"),
    "supervision.slip": Look(_("Supervision slip %(label)s: please answer in writing."), "clock-exclamation", "red"),
    "supervision.answered": Look(_("The unit has answered the supervision slip %(label)s."), "message"),
    "supervision.digest": Look(_("Deadlines: %(red)s overdue, %(amber)s nearly over."), "clock-exclamation", "amber"),
    "whistle.blown": Look(_("Whistle %(label)s: please confirm it and call units."), "speakerphone", "red"),
    "whistle.called": Look(
        _("Your unit is called to the spot (%(label)s): please go and check in there."), "map-pin", "red"
    ),
    "whistle.confirmed": Look(_("Your whistle %(label)s is confirmed: the units are called."), "users-group", "blue"),
    "whistle.declined": Look(
        _("Your whistle %(label)s was not confirmed or was called off: please read why."), "ban", "amber"
    ),
    "whistle.called_off": Look(_("%(label)s was called off: your unit need not come."), "ban", "amber"),
    "whistle.arrived": Look(_("%(label)s: a unit has checked in; please confirm that it is there."), "help", "amber"),
    "whistle.concluded": Look(_("%(label)s is concluded on the spot: please rate the units."), "star", "blue"),
    "whistle.rated": Look(_("Your unit was rated for %(label)s."), "star", "blue"),
    "privacy.alert": Look(_("Privacy: please review alert %(label)s."), "eye-search", "red"),
    "privacy.explain": Look(
        _("The privacy officer asks why you looked at somebody: please explain it to him."), "help", "amber"
    ),
    "export.asked": Look(_("A list of people was asked for: a second person must agree."), "download", "amber"),
    "export.decided": Look(_("Your request for a list was decided."), "download", "blue"),
}
OTHER_NOTICE = Look(_("Something happened: %(label)s."), "bell")

# Where a duty or a message leads whose label is not a case number: subject → name of the page.
PAGES: dict[str, str] = {
    "exportrequest": "files:export",
    "privacyalert": "desk:privacy-alert",
    "ruling": "desk:precedent",
    "supervision": "desk:slip",
    "whistle": "desk:whistle",
    "whistle_call": "desk:whistle",
}
# The same where the number of what it is about leads there.
NUMBERED: dict[str, str] = {"checkpoint": "desk:checkpoint-number", "field_task": "desk:task-number"}

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
    (pgettext_lazy("station", "Handling"), ("handling", "hung"), "handled_at"),
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
