"""The field's words: what a to-do asks for, what happened, what may be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import pgettext_lazy

from wangge.domains.cases.workflow import S

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from wangge.domains.cases.models import Case, TimelineEntry

# duty kind → (word, icon)
DUTIES: dict[str, tuple[_StrPromise, str]] = {
    "case.reported": (pgettext_lazy("field", "Accept"), "inbox"),
    "case.needs_info": (pgettext_lazy("field", "Answer a question"), "message"),
    "case.settled": (pgettext_lazy("field", "Spot check"), "bolt"),
    "case.filed": (pgettext_lazy("field", "Dispatch"), "send"),
    "case.dispatched": (pgettext_lazy("field", "Sign for it"), "clipboard-check"),
    "case.handling": (pgettext_lazy("field", "Handle"), "hammer"),
    "case.handled": (pgettext_lazy("field", "Go and verify"), "eye-check"),
    "case.evaluating": (pgettext_lazy("field", "Call back"), "phone"),
    "case.objected": (pgettext_lazy("field", "Decide an objection"), "gavel"),
    "case.second_check": (pgettext_lazy("field", "Go and check a second time"), "eye-search"),
    "case.hung": (pgettext_lazy("field", "Review a hung case"), "hourglass"),
    "case.ruling": (pgettext_lazy("field", "Settle whose duty it is"), "scale"),
    "case.extension": (pgettext_lazy("field", "Decide about more time"), "calendar-check"),
    "case.hang_asked": (pgettext_lazy("field", "Decide about hanging"), "hourglass"),
    "case.hang_review": (pgettext_lazy("field", "Prepare the review"), "hourglass"),
    "case.part": (pgettext_lazy("field", "Do our part"), "users-group"),
    "case.part_done": (pgettext_lazy("field", "Check a co-handler's part"), "eye-check"),
    "case.escalated": (pgettext_lazy("field", "Look after what went up"), "arrow-up"),
    "ruling.meeting": (pgettext_lazy("field", "Come to the joint ruling"), "map-pin"),
    "supervision.slip": (pgettext_lazy("field", "Answer a supervision slip"), "clock-exclamation"),
    "whistle.blown": (pgettext_lazy("field", "Confirm a whistle"), "speakerphone"),
    "whistle.called": (pgettext_lazy("field", "Go to the spot and check in"), "map-pin"),
    "whistle.conclude": (pgettext_lazy("field", "Conclude on the spot"), "clipboard-check"),
    "whistle.rate": (pgettext_lazy("field", "Rate the called units"), "star"),
    "benefit.renew": (pgettext_lazy("field", "Help to renew a benefit"), "calendar-due"),
    "refused": (pgettext_lazy("field", "Look at a refused record"), "arrow-back-up"),
    "checkpoint.gone": (pgettext_lazy("field", "Decide about a checkpoint that is gone"), "map-pin"),
    "field_task.do": (pgettext_lazy("field", "Do a task in the grid"), "list-check"),
    "need.review": (pgettext_lazy("field", "Confirm what is needed"), "heart-handshake"),
    "referral.take": (pgettext_lazy("field", "Take on a wish for counselling"), "heart-handshake"),
    "referral.call": (pgettext_lazy("field", "Call about counselling"), "heart-handshake"),
    "export.decide": (pgettext_lazy("field", "Decide about a list that is to leave"), "download"),
}
OTHER_DUTY = (pgettext_lazy("field", "Look at it"), "info-circle")

# Where a duty leads whose label is not a case number: subject → name of the page.
PAGES: dict[str, str] = {
    "exportrequest": "files:export",
    "ruling": "desk:precedent",
    "supervision": "desk:slip",
    "whistle": "desk:whistle",
    "whistle_call": "desk:whistle",
}
# The same where the number of what it is about leads there.
NUMBERED: dict[str, str] = {"checkpoint": "desk:checkpoint-number", "field_task": "desk:task-number"}

# verb → (what happened, icon, tone)
HAPPENED: dict[str, tuple[_StrPromise, str, str]] = {
    "report": (pgettext_lazy("field", "Reported"), "flag", "blue"),
    "settle": (pgettext_lazy("field", "Reported and settled on the spot"), "bolt", "blue"),
    "join": (pgettext_lazy("field", "Another voice about the same thing"), "users", "quiet"),
    "ask_for_more": (pgettext_lazy("field", "The desk asks for details"), "help", "amber"),
    "supplement": (pgettext_lazy("field", "Details added"), "message", "quiet"),
    "file": (pgettext_lazy("field", "Accepted and filed"), "file-check", "blue"),
    "decline": (pgettext_lazy("field", "Not accepted"), "ban", "quiet"),
    "lapse": (pgettext_lazy("field", "No details came in time; not accepted"), "ban", "quiet"),
    "void": (pgettext_lazy("field", "Made void"), "circle-x", "quiet"),
    "merge": (pgettext_lazy("field", "Merged with another case"), "git-merge", "quiet"),
    "unmerge": (pgettext_lazy("field", "Merge taken back"), "arrow-back-up", "quiet"),
    "flag": (pgettext_lazy("field", "Flags set"), "flag", "quiet"),
    "pass_spot_check": (pgettext_lazy("field", "Spot check passed"), "eye-check", "green"),
    "refuse_spot_check": (pgettext_lazy("field", "Spot check not passed"), "eye-search", "amber"),
    "close_unsampled": (pgettext_lazy("field", "Settled on the spot and closed"), "circle-check", "green"),
    "redraw_grids": (pgettext_lazy("field", "The grid was redrawn; handed over"), "map-pin", "quiet"),
    "recalculate": (pgettext_lazy("field", "Time limit computed by the new calendar"), "calendar", "quiet"),
    "dispatch": (pgettext_lazy("field", "Dispatched"), "send", "blue"),
    "sign_for": (pgettext_lazy("field", "Signed for"), "clipboard-check", "blue"),
    "send_back": (pgettext_lazy("field", "Sent back"), "arrow-back-up", "amber"),
    "contact": (pgettext_lazy("field", "Reporter contacted"), "phone", "quiet"),
    "assist": (pgettext_lazy("field", "Co-handling"), "users-group", "quiet"),
    "assist_done": (pgettext_lazy("field", "Co-handler's part done"), "users-group", "blue"),
    "verify_assist": (pgettext_lazy("field", "Co-handler's part checked"), "eye-check", "quiet"),
    "waive_assist": (pgettext_lazy("field", "Co-handler's part waived"), "user-minus", "quiet"),
    "ask_extension": (pgettext_lazy("field", "More time asked for"), "calendar-plus", "amber"),
    "grant_extension": (pgettext_lazy("field", "More time granted"), "calendar-check", "blue"),
    "refuse_extension": (pgettext_lazy("field", "More time refused"), "calendar-x", "quiet"),
    "ask_hang": (pgettext_lazy("field", "Asked to hang the case"), "hourglass", "amber"),
    "hang": (pgettext_lazy("field", "Hung"), "hourglass", "amber"),
    "refuse_hang": (pgettext_lazy("field", "Not hung"), "hourglass-off", "quiet"),
    "resume": (pgettext_lazy("field", "Taken up again"), "player-play", "blue"),
    "resume_by_date": (pgettext_lazy("field", "Review date reached, taken up again"), "player-play", "blue"),
    "call_ruling": (pgettext_lazy("field", "Units called to a joint ruling"), "users-group", "amber"),
    "rule": (pgettext_lazy("field", "Ruled on the spot"), "scale", "blue"),
    "escalate": (pgettext_lazy("field", "Passed up a level"), "arrow-up", "amber"),
    "hand_down": (pgettext_lazy("field", "Handed down a level"), "arrow-down", "quiet"),
    "supervise": (pgettext_lazy("field", "Supervision slip issued"), "clock-exclamation", "red"),
    "answer_supervision": (pgettext_lazy("field", "Supervision slip answered"), "message", "quiet"),
    "handle": (pgettext_lazy("field", "Result reported"), "hammer", "blue"),
    "verify": (pgettext_lazy("field", "Verified: passed"), "eye-check", "green"),
    "rework": (pgettext_lazy("field", "Verified: to be done again"), "refresh", "amber"),
    "pass_second_check": (pgettext_lazy("field", "Second check passed"), "eye-check", "green"),
    "fail_second_check": (pgettext_lazy("field", "Second check not passed, opened again"), "eye-search", "red"),
    "evaluate": (pgettext_lazy("field", "Rated by the reporter"), "thumb-up", "green"),
    "call_back": (pgettext_lazy("field", "Called back"), "phone", "green"),
    "close": (pgettext_lazy("field", "Closed"), "circle-check", "green"),
    "close_by_rule": (pgettext_lazy("field", "Closed by rule"), "circle-check", "green"),
    "object": (pgettext_lazy("field", "The reporter objects"), "hand-stop", "red"),
    "reopen": (pgettext_lazy("field", "Objection upheld, opened again"), "refresh", "amber"),
    "dismiss": (pgettext_lazy("field", "Objection dismissed"), "gavel", "quiet"),
    "archive": (pgettext_lazy("field", "Archived"), "archive", "quiet"),
    "whistle_blow": (pgettext_lazy("field", "Whistle blown"), "speakerphone", "amber"),
    "whistle_call": (pgettext_lazy("field", "Units called to the spot"), "users-group", "blue"),
    "whistle_call_more": (pgettext_lazy("field", "Further units called to the spot"), "users-group", "blue"),
    "whistle_decline": (pgettext_lazy("field", "Whistle not confirmed or called off"), "ban", "quiet"),
    "whistle_arrive": (pgettext_lazy("field", "Checked in on the spot"), "map-pin", "green"),
    "whistle_vouch": (pgettext_lazy("field", "Arrival on the spot confirmed"), "check", "green"),
    "whistle_excuse": (pgettext_lazy("field", "Unit excused from coming"), "user-check", "quiet"),
    "whistle_contribute": (pgettext_lazy("field", "What a called unit did"), "hammer", "quiet"),
    "whistle_conclude": (pgettext_lazy("field", "Whistle concluded on the spot"), "clipboard-check", "blue"),
    "whistle_rate": (pgettext_lazy("field", "Called units rated"), "star", "green"),
}

# The steps that the phone offers, in the order of its buttons; everything else is work for the desk.
STEPS: dict[str, tuple[_StrPromise, str, _StrPromise]] = {
    "sign_for": (pgettext_lazy("field", "Sign for it"), "clipboard-check", pgettext_lazy("field", "Signed for; you handle it now.")),
    "handle": (pgettext_lazy("field", "Report the result"), "hammer", pgettext_lazy("field", "The result is reported and waits for verification.")),
    "verify": (pgettext_lazy("field", "Verified: passed"), "eye-check", pgettext_lazy("field", "Verification recorded: passed.")),
    "rework": (pgettext_lazy("field", "To be done again"), "refresh", pgettext_lazy("field", "Sent back to the unit to be done again.")),
    "pass_second_check": (pgettext_lazy("field", "Second check passed"), "eye-check", pgettext_lazy("field", "The second check is recorded: passed.")),
    "fail_second_check": (pgettext_lazy("field", "Second check not passed"), "eye-search", pgettext_lazy("field", "Not passed: the case is opened again.")),
    "verify_assist": (pgettext_lazy("field", "Check a co-handler's part"), "eye-check", pgettext_lazy("field", "The check of the part is recorded.")),
    "contact": (pgettext_lazy("field", "Note a contact"), "phone", pgettext_lazy("field", "The contact is noted.")),
    "assist": (pgettext_lazy("field", "Note our contribution"), "users-group", pgettext_lazy("field", "The contribution is noted.")),
    "assist_done": (pgettext_lazy("field", "Our part is done"), "circle-check", pgettext_lazy("field", "Your part is done and will be checked.")),
    "send_back": (pgettext_lazy("field", "Not our duty: send back"), "arrow-back-up", pgettext_lazy("field", "Sent back to the command centre.")),
}  # fmt: skip

_STATIONS: tuple[tuple[_StrPromise, frozenset[str]], ...] = (
    (pgettext_lazy("station of a case", "Accept"), frozenset({S.REPORTED, S.NEEDS_INFO})),
    (pgettext_lazy("station of a case", "Dispatch"), frozenset({S.FILED, S.DISPATCHED})),
    (pgettext_lazy("station of a case", "Handle"), frozenset({S.HANDLING, S.HUNG})),
    (pgettext_lazy("station of a case", "Verify"), frozenset({S.HANDLED, S.SETTLED})),
    (pgettext_lazy("station of a case", "Close"), frozenset({S.EVALUATING, S.OBJECTED, S.CLOSED, S.ARCHIVED})),
)


def steps(case: Case) -> list[dict[str, Any]]:
    """The stations with how far the case is, for `components/steps.html`."""
    if case.state in {S.DECLINED, S.VOID}:
        return [{"label": label, "state": "next" if n else "stopped"} for n, (label, _s) in enumerate(_STATIONS)]
    here = next((n for n, (_label, states) in enumerate(_STATIONS) if case.state in states), 0)
    ended = case.state in {S.CLOSED, S.ARCHIVED}
    return [
        {"label": label, "state": "done" if n < here or ended else "now" if n == here else "next"}
        for n, (label, _states) in enumerate(_STATIONS)
    ]


def told(row: TimelineEntry, *, names: bool = True) -> dict[str, Any]:
    """One row of the timeline, for `components/timeline.html`."""
    verb, icon, tone = HAPPENED.get(row.verb, (row.verb, "circle", "quiet"))
    who = row.by.name if names and row.by is not None else ""
    return {
        "at": row.at,
        "verb": verb,
        "icon": icon,
        "tone": tone,
        "who": who or (row.unit.name if row.unit is not None else ""),
        "role": row.unit.name if who and row.unit is not None else "",
        "text": row.note,
    }
