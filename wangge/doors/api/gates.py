"""Who may call what: one line per operation. An operation without a line cannot be made, and fails the build.

"public": everybody; "own": everybody signed in, about himself only; else the permissions of which any must be held
somewhere, by a post in force today. Which rows are then seen is decided by `visible_to` (what is foreign is 404), and
whether a step is allowed *at this place* by the action.
"""

from typing import Literal

from wangge.domains.cases.workflow import REPORTER, STEPS, SYSTEM
from wangge.foundation.accounts.permissions import P

Gate = frozenset[P] | Literal["own", "public"]

# Verbs that staff take through the API, in the table's order; the reporter's and the rules' own are not among them.
STAFF_VERBS: tuple[str, ...] = tuple(verb for verb, step in STEPS.items() if step.by not in {REPORTER, SYSTEM})

_SEE_CASES: Gate = frozenset({P.CASE_VIEW, P.CASE_HANDLE, P.CASE_ASSIST})
_SEE_PLACES: Gate = frozenset({P.AREA_VIEW, P.REPORT_MAKE})
_SEE_CATALOGUE: Gate = frozenset({P.CATALOGUE_VIEW, P.REPORT_MAKE})
_REPORT: Gate = frozenset({P.REPORT_MAKE})
_INSPECT: Gate = frozenset({P.CASE_INSPECT})
_SEND_PHOTOS: Gate = frozenset(
    {P.REPORT_MAKE, P.CASE_HANDLE, P.CASE_ASSIST, P.CASE_VERIFY, P.CASE_CHECK_SPOT, P.CASE_SECOND_CHECK}
)
_SEE_WHISTLES: Gate = frozenset({P.CASE_VIEW, P.CASE_HANDLE})
_SEE_PHOTOS: Gate = frozenset({P.CASE_VIEW, P.CASE_HANDLE, P.CASE_ASSIST, P.REPORT_MAKE})

GATES: dict[str, Gate] = {
    "area": _SEE_PLACES,
    "areas": _SEE_PLACES,
    "case": _SEE_CASES,
    "case_alike": _SEE_CASES,
    "case_clocks": _SEE_CASES,
    "case_join": _REPORT,
    "case_photos": _SEE_CASES,
    "case_procedures": _SEE_CASES,
    "case_reports": _SEE_CASES,
    "case_second_checks": _SEE_CASES,
    "case_supervision": _SEE_CASES,
    "case_timeline": _SEE_CASES,
    "cases": _SEE_CASES,
    "cases_near": _SEE_CASES,
    "cluster_merge": frozenset({P.CASE_MERGE}),
    "cluster_refuse": frozenset({P.CASE_MERGE}),
    "clusters": frozenset({P.CASE_MERGE}),
    "contradiction_settle": "own",
    "contradictions": "own",
    "duties": "own",
    "inspected": _INSPECT,
    "inspected_find": _INSPECT,
    "inspected_put_right": _INSPECT,
    "inspection": _INSPECT,
    "inspection_conclude": _INSPECT,
    "inspection_draw": _INSPECT,
    "inspections": _INSPECT,
    "limits": "public",
    "matter": _SEE_CATALOGUE,
    "matter_classes": _SEE_CATALOGUE,
    "matter_guess": _SEE_CATALOGUE,
    "matter_route": _SEE_CATALOGUE,
    "matters": _SEE_CATALOGUE,
    "me": "own",
    "media": _SEE_PHOTOS,
    "media_facts": _SEE_PHOTOS,
    "media_part": _SEND_PHOTOS,
    "media_part_send": _SEND_PHOTOS,
    "media_send": _SEND_PHOTOS,
    "media_sound": _SEE_PHOTOS,
    "notice_read": "own",
    "notices": "own",
    "notices_read": "own",
    "people_find": frozenset({P.PERSON_FIND}),
    "place_search": _SEE_PLACES,
    "place_where": _SEE_PLACES,
    "precedents": _SEE_CASES,
    "queue": "own",
    "queues": "own",
    "report": "own",
    "report_make": _REPORT,
    "report_supplement": "own",
    "reports": "own",
    "rule_proposal": frozenset({P.ROUTING_EDIT}),
    "rule_proposal_accept": frozenset({P.ROUTING_EDIT}),
    "rule_proposal_refuse": frozenset({P.ROUTING_EDIT}),
    "rule_proposals": frozenset({P.ROUTING_EDIT}),
    "second_checks": frozenset({P.CASE_SECOND_CHECK}),
    "stats": frozenset({P.STATS_VIEW}),
    "stats_definitions": frozenset({P.STATS_VIEW}),
    "stats_rows": frozenset({P.STATS_VIEW}),
    "supervision_late": frozenset({P.STATS_VIEW}),
    "supervision_slip": _SEE_CASES,
    "supervision_slips": _SEE_CASES,
    "sync_commands": "own",
    "sync_hello": "own",
    "sync_refused": "own",
    "sync_working_set": "own",
    **{f"step_{verb}": frozenset({P(STEPS[verb].by)}) for verb in STAFF_VERBS},
    "whistle": _SEE_WHISTLES,
    "whistle_arrive": frozenset({P.CASE_HANDLE}),
    "whistle_blow": frozenset({P.WHISTLE_BLOW, P.WHISTLE_CALL}),
    "whistle_call": frozenset({P.WHISTLE_CALL}),
    "whistle_call_more": frozenset({P.WHISTLE_CALL}),
    "whistle_conclude": frozenset({P.CASE_HANDLE, P.WHISTLE_CALL}),
    "whistle_contribute": frozenset({P.CASE_HANDLE}),
    "whistle_decline": frozenset({P.WHISTLE_CALL}),
    "whistle_excuse": frozenset({P.WHISTLE_CALL}),
    "whistle_figures": frozenset({P.STATS_VIEW, P.CASE_HANDLE}),
    "whistle_kind_save": frozenset({P.CATALOGUE_EDIT}),
    "whistle_kinds": _SEE_WHISTLES,
    "whistle_rate": frozenset({P.WHISTLE_BLOW, P.WHISTLE_RATE}),
    "whistle_vouch": frozenset({P.WHISTLE_BLOW, P.WHISTLE_CALL}),
    "whistles": _SEE_WHISTLES,
}
