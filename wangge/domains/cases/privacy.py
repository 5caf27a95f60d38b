"""Personal fields of cases. Free text may hold what people write of themselves: it counts as personal."""

from wangge.foundation.core import sealed
from wangge.foundation.core.privacy import declare

_CASE = "whoever may see the case (place or unit); confidential cases only with that permission"
_KEPT = "until the retention of its matter ends"
_BLANKED = "replaced by a mark that it was erased; the row, its state and its times stay"

declare(
    "cases.report.contact_name",
    meaning="name of the reporter, sealed",
    seen_by="by `reveal_contact`, with a purpose and an audit row",
    kept=_KEPT,
    erased="set to null",
)
declare(
    "cases.report.contact_phone",
    meaning="phone of the reporter, sealed; blind index beside it",
    seen_by="by `reveal_contact`, with a purpose and an audit row",
    kept=_KEPT,
    erased="set to null together with the blind index",
)
declare(
    "cases.report.contact_mask",
    meaning="surname and first digit, all that lists show",
    seen_by=_CASE,
    kept=_KEPT,
    erased="emptied",
)
declare(
    "cases.textmodel.weights",
    meaning="sequences of up to three characters that occur in at least two reports, without digits, and what they mean",
    seen_by="nobody; three matters and words of the reader's own text come out",
    kept="the ten newest trainings",
    erased="the next training no longer has the erased text",
)
for _column, _meaning in {
    "cases.case.text": "what the matter is",
    "cases.case.address": "where it is",
    "cases.case.reply": "the public answer",
    "cases.report.text": "what one person said",
    "cases.report.address": "where, in that person's words",
    "cases.timelineentry.note": "a sentence about a step",
    "cases.handling.text": "what was done",
    "cases.verification.note": "what the verifier saw",
    "cases.secondcheck.note": "what the second checker saw",
    "cases.evaluation.comment": "the reporter's own words",
    "cases.objection.reason": "the reporter's own words",
    "cases.assignment.return_reason": "why a unit sent a case back",
    "cases.assignment.return_basis": "on which basis",
    "cases.assignment.done_text": "what a co-handler did",
    "cases.assignment.waive_reason": "why a co-handler is not waited for",
    "cases.clockevent.reason": "why a clock was stopped, taken up again or extended",
    "cases.extension.reason": "why more time is needed",
    "cases.extension.decision": "what was said about it",
    "cases.hang.plan": "what is planned; published while the case is hung",
    "cases.hang.decision": "what was said about it",
    "cases.hang.ended_why": "why it was taken up again",
    "cases.ruling.place": "where a joint meeting was held",
    "cases.ruling.minutes": "what was found and said on the spot",
    "cases.ruling.basis": "on which basis it was ruled",
    "cases.levelmove.reason": "why a case went up or down",
    "cases.supervision.text": "what a unit is asked to answer",
    "cases.supervision.reply": "what the unit answered",
    "cases.inspectedcase.note": "what the inspector found in one case",
    "cases.inspectedcase.put_right_what": "what must be put right",
    "cases.inspectedcase.put_right": "what the unit answered to the inspector",
    "cases.inspection.conclusion": "what an inspection concluded",
    "cases.whistle.reason": "why units were needed on the spot",
    "cases.whistle.decline_reason": "why a whistle was not confirmed",
    "cases.whistle.place": "where the called units meet",
    "cases.whistle.conclusion": "what was agreed and done on the spot",
    "cases.whistlecall.task": "what a called unit is to do or bring",
    "cases.whistlecall.excused": "why a unit was let stay away",
    "cases.whistlecall.done": "what a unit did on the spot",
    "cases.whistlecall.remark": "what the callers say of a unit",
}.items():
    declare(_column, meaning=_meaning, seen_by=_CASE, kept=_KEPT, erased=_BLANKED)
sealed.declare("cases.report", "contact_name", bound_to=lambda report: str(report.public_id))
sealed.declare("cases.report", "contact_phone", bound_to=lambda report: str(report.public_id), blind="phone_blind")
