"""Personal fields of fieldwork."""

from wangge.foundation.core import sealed
from wangge.foundation.core.privacy import declare

_GRID = "whoever works in that grid, on the page of the visit"
_TASK = "whoever works in that grid or gives tasks there, on the page of the task"
_KEPT = "3 years"

declare(
    "fieldwork.visitdue.grounds",
    meaning="why a visit is due: rules, and whether there is a need (which one stands with the person only)",
    seen_by="holders of person:need at that place, as a duty; never in a list or a filter",
    kept="until the visit is made, then 1 year",
    erased="emptied for every household to which the person belonged",
)
declare(
    "fieldwork.visit.note",
    meaning="what was said at the door",
    seen_by=_GRID,
    kept=_KEPT,
    erased="set to null for every household to which the person belonged",
)
declare(
    "fieldwork.visitdue.campaign",
    meaning="the campaign for which a door is visited: whom it means may say something about who lives there",
    seen_by="whoever visits there; counts only for others, rounded where they may not know needs",
    kept="always",
    erased="dropped where nobody else lives there",
)
declare(
    "fieldwork.referral.household",
    meaning="that a household wished to be called by a counsellor; why is not asked",
    seen_by="whoever of the unit has taken it on",
    kept="1 year after its end",
    erased="deleted where nobody else lives there",
)
declare(
    "fieldwork.fieldtask.text", meaning="what is to be done", seen_by=_TASK, kept=_KEPT, erased="set to null on request"
)
declare(
    "fieldwork.fieldtask.done_note", meaning="how it went", seen_by=_TASK, kept=_KEPT, erased="set to null on request"
)
declare(
    "fieldwork.refused.body",
    meaning="a command of a phone as it came",
    seen_by="its sender; the head of his station when he hands it over",
    kept="until settled, then 1 year",
    erased="deleted where it holds his phone or his number",
)
declare(
    "fieldwork.round.exempt_reason",
    meaning="why a round was not walked; a closed list",
    seen_by="holders of patrol:view",
    kept="always",
    erased="not personal",
)
sealed.declare("fieldwork.refused", "body", bound_to=lambda row: f"{row.user_id}/{row.command_id}")
sealed.declare("fieldwork.fieldtask", "text", bound_to=lambda row: str(row.public_id))
sealed.declare("fieldwork.fieldtask", "done_note", bound_to=lambda row: str(row.public_id))
sealed.declare("fieldwork.visitdue", "grounds", bound_to=lambda row: str(row.public_id))
sealed.declare("fieldwork.visit", "note", bound_to=lambda row: str(row.public_id))
