"""Every permission there is, alphabetically. A page, a step or an API operation names one of these or is refused.

Most are held *at a place* (the area of the post and all below it). Those in `HELD_BY_UNIT` are held *for a unit*:
the organisation of the post and those below it.
"""

from enum import StrEnum


class P(StrEnum):
    """`<resource>:<action>`"""

    AREA_VIEW = "area:view"

    AUDIT_VERIFY = "audit:verify"

    CALENDAR_EDIT = "calendar:edit"

    CASE_ARCHIVE = "case:archive"
    CASE_ASSIST = "case:assist"
    CASE_CALL_BACK = "case:call_back"
    CASE_CHECK_SPOT = "case:check_spot"
    CASE_CLOSE = "case:close"
    CASE_CONFIDENTIAL = "case:confidential"
    CASE_DECLINE = "case:decline"
    CASE_DISPATCH = "case:dispatch"
    CASE_EXTEND = "case:extend"  # grant or refuse the first extension
    CASE_EXTEND_AGAIN = "case:extend_again"  # grant or refuse a further one
    CASE_FILE = "case:file"
    CASE_FLAG = "case:flag"
    CASE_HANDLE = "case:handle"
    CASE_HANG = "case:hang"
    CASE_INSPECT = "case:inspect"  # 纪检: draw samples of process data
    CASE_INTAKE = "case:intake"
    CASE_JUDGE = "case:judge"
    CASE_MERGE = "case:merge"
    CASE_SECOND_CHECK = "case:second_check"
    CASE_SUPERVISE = "case:supervise"
    CASE_VERIFY = "case:verify"
    CASE_VIEW = "case:view"
    CASE_VOID = "case:void"

    CATALOGUE_EDIT = "catalogue:edit"
    CATALOGUE_VIEW = "catalogue:view"

    EXPORT_APPROVE = "export:approve"  # the second person for a list of more than 100

    FIRM_EDIT = "firm:edit"
    FIRM_VIEW = "firm:view"

    GRID_REDRAW = "grid:redraw"

    LOOKUP_REVIEW = "lookup:review"  # 隐私专员: who looked at whom, and why

    PERSON_EDIT = "person:edit"
    PERSON_EXPORT = "person:export"
    PERSON_FIND = "person:find"
    PERSON_IMPORT = "person:import"
    PERSON_MERGE = "person:merge"
    PERSON_NEED = "person:need"  # what people need and draw: sensitive, apart from the rest
    PERSON_RESCUE = "person:rescue"  # 走失寻人, beyond the own place and without a second factor
    PERSON_REVEAL = "person:reveal"  # one field whole, for a purpose
    PERSON_VIEW = "person:view"

    POLICY_EDIT = "policy:edit"

    POST_EDIT = "post:edit"
    POST_VIEW = "post:view"

    REPORT_CONTACT = "report:contact"
    REPORT_MAKE = "report:make"

    ROUTING_EDIT = "routing:edit"

    STATS_VIEW = "stats:view"

    USER_EDIT = "user:edit"

    WHISTLE_BLOW = "whistle:blow"
    WHISTLE_CALL = "whistle:call"  # confirm and call units; conclude
    WHISTLE_RATE = "whistle:rate"


HELD_BY_UNIT = frozenset({P.CASE_ASSIST, P.CASE_HANDLE})
