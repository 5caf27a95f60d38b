"""Every write about cases, one function per verb."""

from wangge.domains.cases.actions.closing import (
    archive,
    close,
    close_unanswered,
    dismiss,
    evaluate,
    object_to,
    pass_spot_check,
    refuse_spot_check,
    reopen,
    rework,
    verify,
)
from wangge.domains.cases.actions.contacts import reveal_contact
from wangge.domains.cases.actions.handling import Outcome, assist, contact, dispatch, handle, send_back, sign_for
from wangge.domains.cases.actions.history import Deed, InconsistentHistoryError, Past, Voice, import_history
from wangge.domains.cases.actions.intake import (
    Contact,
    Place,
    ask_for_more,
    decline,
    file,
    flag,
    join,
    lapse,
    report,
    supplement,
    void,
)
from wangge.domains.cases.actions.merging import merge, unmerge
from wangge.domains.cases.actions.photos import attach_arrived
from wangge.domains.cases.actions.rules import apply_rules
from wangge.domains.cases.actions.telling import (
    tell_desk,
    tell_judges,
    tell_staff_reporters,
    tell_unit,
    tell_unit_of_rework,
)

__all__ = [
    "Contact",
    "Deed",
    "InconsistentHistoryError",
    "Outcome",
    "Past",
    "Place",
    "Voice",
    "apply_rules",
    "archive",
    "ask_for_more",
    "assist",
    "attach_arrived",
    "close",
    "close_unanswered",
    "contact",
    "decline",
    "dismiss",
    "dispatch",
    "evaluate",
    "file",
    "flag",
    "handle",
    "import_history",
    "join",
    "lapse",
    "merge",
    "object_to",
    "pass_spot_check",
    "refuse_spot_check",
    "reopen",
    "report",
    "reveal_contact",
    "rework",
    "send_back",
    "sign_for",
    "supplement",
    "tell_desk",
    "tell_judges",
    "tell_staff_reporters",
    "tell_unit",
    "tell_unit_of_rework",
    "unmerge",
    "verify",
    "void",
]
