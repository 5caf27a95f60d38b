"""Personal fields of cases. Free text may hold what people write of themselves: it counts as personal."""

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
for _column, _meaning in {
    "cases.case.text": "what the matter is",
    "cases.case.address": "where it is",
    "cases.case.reply": "the public answer",
    "cases.report.text": "what one person said",
    "cases.report.address": "where, in that person's words",
    "cases.timelineentry.note": "a sentence about a step",
    "cases.handling.text": "what was done",
    "cases.verification.note": "what the verifier saw",
    "cases.evaluation.comment": "the reporter's own words",
    "cases.objection.reason": "the reporter's own words",
    "cases.assignment.return_reason": "why a unit sent a case back",
}.items():
    declare(_column, meaning=_meaning, seen_by=_CASE, kept=_KEPT, erased=_BLANKED)
