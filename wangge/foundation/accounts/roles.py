"""The roles of the field and what each may do. A post gives one role at a place or in a unit, for a time."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.permissions import P

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclasses.dataclass(frozen=True, slots=True)
class Role:
    """A role: its key, its name, the permissions it carries."""

    key: str
    name: _StrPromise
    permissions: frozenset[P]


_LOOK = frozenset({P.AREA_VIEW, P.CASE_VIEW, P.CATALOGUE_VIEW})
_FIELD = _LOOK | {P.REPORT_MAKE}
_DESK = _LOOK | {P.REPORT_MAKE, P.REPORT_CONTACT, P.STATS_VIEW, P.POST_VIEW}
_FIRMS = frozenset({P.FIRM_EDIT, P.FIRM_VIEW})
# Whoever works among the people of a place: looks up, records, helps.
_REGISTRY = _FIRMS | {
    P.PERSON_EDIT,
    P.PERSON_FIND,
    P.PERSON_NEED,
    P.PERSON_RESCUE,
    P.PERSON_REVEAL,
    P.PERSON_VIEW,
}

_ROLES = (
    # 居民 residents need no role: they report by the public page.
    Role("building_head", _("Building head"), frozenset({P.REPORT_MAKE, P.AREA_VIEW, P.CATALOGUE_VIEW})),  # 楼栋长
    Role("micro_grid_head", _("Micro-grid head"), frozenset({P.REPORT_MAKE, P.AREA_VIEW, P.CATALOGUE_VIEW})),
    Role("part_time_worker", _("Part-time grid worker"), _FIELD),  # 兼职网格员
    Role(
        "grid_worker",
        _("Grid worker"),
        _FIELD | _REGISTRY | {P.CASE_VERIFY, P.CASE_SECOND_CHECK, P.REPORT_CONTACT, P.WHISTLE_BLOW},
    ),  # 专职网格员
    Role(
        "grid_head",
        _("Grid head"),
        _FIELD
        | _REGISTRY
        | {P.CASE_VERIFY, P.CASE_SECOND_CHECK, P.REPORT_CONTACT, P.CASE_FLAG, P.WHISTLE_BLOW, P.WHISTLE_RATE},
    ),  # 网格长
    Role("grid_guide", _("Grid guide"), _LOOK | {P.CASE_SUPERVISE, P.STATS_VIEW}),  # 网格指导员 (包保)
    Role(
        "station_head",  # 社区书记 (驿站站长)
        _("Community secretary (station head)"),
        _DESK
        | _REGISTRY
        | {P.PERSON_EXPORT, P.PERSON_IMPORT, P.PERSON_MERGE}
        | {P.CASE_HANDLE, P.CASE_ASSIST, P.CASE_FLAG, P.CASE_INTAKE, P.CASE_CHECK_SPOT, P.WHISTLE_BLOW, P.WHISTLE_RATE},
    ),
    Role(
        "community_worker",  # 社区工作者
        _("Community worker"),
        _FIELD | _REGISTRY | {P.CASE_HANDLE, P.CASE_ASSIST, P.REPORT_CONTACT, P.PERSON_IMPORT, P.PERSON_MERGE},
    ),
    Role(
        "intake_officer",  # 受理员
        _("Intake officer"),
        _DESK
        | {P.PERSON_RESCUE, P.CASE_INTAKE, P.CASE_FILE, P.CASE_DECLINE, P.CASE_MERGE, P.CASE_FLAG, P.CASE_CONFIDENTIAL},
    ),
    Role(
        "dispatcher",
        _("Dispatcher"),
        _DESK | {P.PERSON_RESCUE, P.CASE_DISPATCH, P.CASE_FILE, P.CASE_MERGE, P.CASE_FLAG},
    ),  # 派遣员
    Role(
        "verifier",  # 核查员
        _("Verifier"),
        _DESK | {P.CASE_VERIFY, P.CASE_CHECK_SPOT, P.CASE_SECOND_CHECK},
    ),
    Role("call_back_officer", _("Call-back officer"), _DESK | {P.CASE_CALL_BACK}),  # 回访员
    Role(
        "duty_chief",  # 值班长
        _("Duty chief"),
        _DESK
        | {
            P.CASE_ARCHIVE,
            P.CASE_CALL_BACK,
            P.CASE_CHECK_SPOT,
            P.CASE_CLOSE,
            P.CASE_CONFIDENTIAL,
            P.CASE_DECLINE,
            P.CALENDAR_EDIT,
            P.CASE_DISPATCH,
            P.CASE_EXTEND,
            P.CASE_FILE,
            P.CASE_FLAG,
            P.CASE_INTAKE,
            P.CASE_JUDGE,
            P.CASE_MERGE,
            P.CASE_SUPERVISE,
            P.CASE_VERIFY,
            P.CASE_VOID,
            P.CATALOGUE_EDIT,
            P.EXPORT_APPROVE,
            P.FIRM_VIEW,
            P.GRID_REDRAW,
            P.PERSON_RESCUE,
            P.POLICY_EDIT,
            P.ROUTING_EDIT,
            P.WHISTLE_CALL,
            P.WHISTLE_RATE,
        },
    ),
    Role("unit_clerk", _("Unit sign-for clerk"), frozenset({P.CASE_HANDLE, P.CATALOGUE_VIEW})),  # 签收员
    Role("unit_handler", _("Unit handler"), frozenset({P.CASE_HANDLE, P.CASE_ASSIST, P.CATALOGUE_VIEW})),  # 经办人
    Role("unit_head", _("Head of the unit"), frozenset({P.CASE_HANDLE, P.CASE_ASSIST, P.CATALOGUE_VIEW})),
    Role(
        "street_leader",  # 分管领导
        _("Street leader in charge"),
        _DESK
        | {
            P.CASE_CONFIDENTIAL,
            P.CASE_EXTEND,
            P.CASE_EXTEND_AGAIN,
            P.CASE_FLAG,
            P.CASE_HANG,
            P.CASE_JUDGE,
            P.CASE_SUPERVISE,
            P.EXPORT_APPROVE,
            P.FIRM_VIEW,
            P.GRID_REDRAW,
            P.POLICY_EDIT,
            P.WHISTLE_CALL,
            P.WHISTLE_RATE,
        },
    ),
    Role(
        "party_secretary",
        _("Party secretary of the street"),
        _DESK | {P.CASE_JUDGE, P.CASE_CONFIDENTIAL, P.CASE_SUPERVISE},
    ),
    Role(
        "discipline_inspector",  # 纪检监督员: reads process data, changes nothing
        _("Discipline inspector"),
        _LOOK | {P.CASE_CONFIDENTIAL, P.CASE_INSPECT, P.STATS_VIEW, P.POST_VIEW},
    ),
    Role(
        "privacy_officer", _("Privacy officer"), frozenset({P.AUDIT_VERIFY, P.LOOKUP_REVIEW, P.EXPORT_APPROVE})
    ),  # 隐私专员
    Role("mediator", _("Mediator"), frozenset({P.CASE_ASSIST, P.CATALOGUE_VIEW})),  # 调解员
    Role("expert", _("Expert"), frozenset({P.CASE_ASSIST, P.CATALOGUE_VIEW})),  # 专家
    Role("deputy", _("Deputy to the people's congress"), frozenset({P.REPORT_MAKE, P.CATALOGUE_VIEW})),  # 人大代表
    Role("volunteer", _("Volunteer"), frozenset({P.REPORT_MAKE, P.CATALOGUE_VIEW})),
    # 三权: the three administrators see no case and no person.
    Role(
        "system_admin",
        _("System administrator"),
        frozenset({P.AREA_VIEW, P.CALENDAR_EDIT, P.CATALOGUE_EDIT, P.CATALOGUE_VIEW, P.ROUTING_EDIT}),
    ),
    Role(
        "security_admin", _("Security administrator"), frozenset({P.POST_EDIT, P.POST_VIEW, P.USER_EDIT, P.AREA_VIEW})
    ),
    Role("audit_admin", _("Audit administrator"), frozenset({P.AUDIT_VERIFY})),
)

ROLES: dict[str, Role] = {role.key: role for role in _ROLES}


def role_choices() -> list[tuple[str, _StrPromise]]:
    """(key, name) of every role, for forms and for the check constraint."""
    return [(role.key, role.name) for role in _ROLES]
