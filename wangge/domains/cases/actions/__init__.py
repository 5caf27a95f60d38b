"""Every write about cases, one function per verb."""

from wangge.domains.cases.actions import clustering, inspecting, learning, supervising, whistling
from wangge.domains.cases.actions.assisting import assist_done, verify_assist, waive_assist
from wangge.domains.cases.actions.checking import fail_second_check, pass_second_check
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
from wangge.domains.cases.actions.extending import ask_extension, grant_extension, refuse_extension
from wangge.domains.cases.actions.handling import Outcome, assist, contact, dispatch, handle, send_back, sign_for
from wangge.domains.cases.actions.hanging import ask_hang, hang, refuse_hang, remind_of_review, resume, resume_by_date
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
from wangge.domains.cases.actions.levels import escalate, hand_down
from wangge.domains.cases.actions.merging import merge, unmerge
from wangge.domains.cases.actions.photos import attach_arrived, attach_stragglers, keep_originals
from wangge.domains.cases.actions.population import report_change, settle_change
from wangge.domains.cases.actions.procedure_telling import (
    tell_called_units,
    tell_guides,
    tell_unit_of_extension,
    tell_unit_of_hang,
    tell_unit_of_resuming,
)
from wangge.domains.cases.actions.recalculating import keep_time, note_breaches, recalculate
from wangge.domains.cases.actions.reconciling import reconcile
from wangge.domains.cases.actions.rules import apply_rules
from wangge.domains.cases.actions.ruling import call_ruling, rule
from wangge.domains.cases.actions.telling import (
    tell_desk,
    tell_judges,
    tell_staff_reporters,
    tell_unit,
    tell_unit_of_reopening,
    tell_unit_of_rework,
)
from wangge.domains.cases.actions.telling_checks import tell_of_failed_second_check
from wangge.domains.cases.actions.voice_notes import (
    attach_sound,
    attach_sound_stragglers,
    erase_voice_notes,
    promise_voice_note,
)
from wangge.domains.cases.actions.whistle_telling import (
    tell_arrived,
    tell_called,
    tell_callers,
    tell_declined,
    tell_rated,
    tell_raters,
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
    "ask_extension",
    "ask_for_more",
    "ask_hang",
    "assist",
    "assist_done",
    "attach_arrived",
    "attach_sound",
    "attach_sound_stragglers",
    "attach_stragglers",
    "call_ruling",
    "close",
    "close_unanswered",
    "clustering",
    "contact",
    "decline",
    "dismiss",
    "dispatch",
    "erase_voice_notes",
    "escalate",
    "evaluate",
    "fail_second_check",
    "file",
    "flag",
    "grant_extension",
    "hand_down",
    "handle",
    "hang",
    "import_history",
    "inspecting",
    "join",
    "keep_originals",
    "keep_time",
    "lapse",
    "learning",
    "merge",
    "note_breaches",
    "object_to",
    "pass_second_check",
    "pass_spot_check",
    "promise_voice_note",
    "recalculate",
    "reconcile",
    "refuse_extension",
    "refuse_hang",
    "refuse_spot_check",
    "remind_of_review",
    "reopen",
    "report",
    "report_change",
    "resume",
    "resume_by_date",
    "reveal_contact",
    "rework",
    "rule",
    "send_back",
    "settle_change",
    "sign_for",
    "supervising",
    "supplement",
    "tell_arrived",
    "tell_called",
    "tell_called_units",
    "tell_callers",
    "tell_declined",
    "tell_desk",
    "tell_guides",
    "tell_judges",
    "tell_of_failed_second_check",
    "tell_rated",
    "tell_raters",
    "tell_staff_reporters",
    "tell_unit",
    "tell_unit_of_extension",
    "tell_unit_of_hang",
    "tell_unit_of_reopening",
    "tell_unit_of_resuming",
    "tell_unit_of_rework",
    "unmerge",
    "verify",
    "verify_assist",
    "void",
    "waive_assist",
    "whistling",
]
