"""A small place with units, and rows of the catalogue, for tests."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from wangge.foundation.accounts import actions as accounts
from wangge.foundation.accounts.models import Organisation, User
from wangge.foundation.catalogue.kinds import ClockKind, Duty, Level, Module, Task, Urgency
from wangge.foundation.catalogue.models import Matter, MatterClass, RoutingRule, StageClock
from wangge.foundation.places import actions as places
from wangge.foundation.places.models import Area, Compound

LONG_AGO = dt.date(2020, 1, 1)
DAY = dt.date(2026, 11, 20)
NEXT_DAY = dt.date(2026, 11, 21)


def make_area(kind: str, code: str, parent: Area | None = None) -> Area:
    return places.add_area(by=None, kind=kind, code=code, name_zh=f"区域{code}", parent=parent, valid_from=LONG_AGO)


def make_unit(kind: str, area: Area | None, name: str = "", **fields: Any) -> Organisation:
    values = {"tree": "admin", "valid_from": LONG_AGO, "handles": True} | fields
    return accounts.add_organisation(by=None, kind=kind, name_zh=name or f"{kind}单位", area=area, **values)


def make_user(username: str, role: str, area: Area) -> User:
    user = accounts.add_user(by=None, username=username, name=username, password=None)
    accounts.give_post(by=None, user=user, role=role, area=area, valid_from=LONG_AGO)
    return user


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A district with two streets; the southern one has two communities and a grid in each."""

    district: Area
    south: Area
    north: Area
    community: Area
    grid: Area
    other_community: Area
    other_grid: Area
    compound: Compound


def make_place() -> Place:
    district = make_area("district", "999901")
    south = make_area("street", "999901001", district)
    north = make_area("street", "999901002", district)
    community = make_area("community", "999901001001", south)
    other_community = make_area("community", "999901001002", south)
    return Place(
        district=district,
        south=south,
        north=north,
        community=community,
        grid=make_area("grid", "999901001001001", community),
        other_community=other_community,
        other_grid=make_area("grid", "999901001002001", other_community),
        compound=Compound.objects.create(
            community=community, name_zh="家属院", kind="family", management="company", lon=116.0, lat=35.0
        ),
    )


def make_class(code: str = "06", module: str = Module.CITY) -> MatterClass:
    return MatterClass.objects.get_or_create(
        code=code, defaults={"name_zh": f"大类{code}", "name_en": f"Class {code}", "module": module}
    )[0]


def make_matter(code: str = "06001", **fields: Any) -> Matter:
    values: dict[str, Any] = {
        "matter_class": fields.pop("matter_class", None) or make_class(code[:2]),
        "name_zh": f"事项{code}",
        "name_en": f"Matter {code}",
        "module": Module.CITY,
        "tasks": [Task.HAZARD.value],
        "level": Level.STREET,
        "urgency": Urgency.ORDINARY,
        "handling_kind": ClockKind.WORKING_DAYS,
        "handling_amount": 5,
        "filing_zh": "发现即立案",
        "filing_en": "Filed when found",
        "closing_zh": "处置完毕",
        "closing_en": "Dealt with",
        "basis_zh": "职责清单",
        "basis_en": "List of duties",
        "owner_zh": "主管部门",
        "owner_en": "Authority",
        "valid_from": LONG_AGO,
    }
    return Matter.objects.create(code=code, **values | fields)


def make_rule(**fields: Any) -> RoutingRule:
    return RoutingRule.objects.create(**{"duty": Duty.MAIN, "valid_from": LONG_AGO} | fields)


def make_clock(**fields: Any) -> StageClock:
    return StageClock.objects.create(**{"kind": ClockKind.WORKING_HOURS, "amount": 4} | fields)
