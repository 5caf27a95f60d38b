"""When grids are redrawn: checkpoints, rounds to come and everything still open come under the new grids.

What is over stays where it happened: rounds that were walked or missed, visits made, stand-ups held.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import connection

from wangge.domains.fieldwork.actions import round_plans
from wangge.domains.fieldwork.actions.tasks import SUBJECT as TASK
from wangge.domains.fieldwork.models import (
    Campaign,
    Checkpoint,
    FieldTask,
    OfficeHour,
    Refused,
    Round,
    RoundPoint,
    RoundWindow,
    StandUp,
    VisitRule,
    WeatherNotice,
)
from wangge.foundation.core.dated import in_force
from wangge.foundation.duties.actions import move_duties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wangge.foundation.places.models import Area
    from wangge.foundation.places.redrawing import Redrawn

_WHY = "a redrawn grid is everybody's"
_MOVED = "(SELECT * FROM unnest(%s::bigint[], %s::text[]) AS m (building, path)) AS m"
_ROOMS = f"{_MOVED} JOIN places_entrance e ON e.building_id = m.building JOIN places_room r ON r.entrance_id = e.id"
# Open rows whose room lies in the moved buildings and that do not say so yet. Safe to run again.
_FOLLOW = (
    f"""UPDATE fieldwork_visitdue d SET area_path = m.path, changed_at = now()
        FROM {_ROOMS} JOIN people_household h ON h.room_id = r.id
        WHERE d.household_id = h.id AND d.state = 'open' AND d.area_path <> m.path""",  # noqa: S608 — constants of this file
    f"""UPDATE fieldwork_visitdue d SET area_path = m.path, changed_at = now()
        FROM {_ROOMS} JOIN people_firm f ON f.room_id = r.id
        WHERE d.firm_id = f.id AND d.state = 'open' AND d.area_path <> m.path""",  # noqa: S608
    f"""UPDATE fieldwork_visitdue d SET area_path = m.path, changed_at = now()
        FROM {_MOVED} JOIN people_firm f ON f.building_id = m.building AND f.room_id IS NULL
        WHERE d.firm_id = f.id AND d.state = 'open' AND d.area_path <> m.path""",  # noqa: S608
    f"""UPDATE fieldwork_link l SET area_path = m.path
        FROM {_ROOMS} JOIN people_household h ON h.room_id = r.id
        WHERE l.household_id = h.id AND l.valid_to IS NULL AND l.area_path <> m.path""",  # noqa: S608
    f"""UPDATE fieldwork_referral l SET area_path = m.path
        FROM {_ROOMS} JOIN people_household h ON h.room_id = r.id
        WHERE l.household_id = h.id AND l.ended_at IS NULL AND l.area_path <> m.path""",  # noqa: S608
)


def follow_buildings(moved: Mapping[int, tuple[str, str]]) -> None:
    """Bring what is open at these buildings' doors under their new grid's path: building → (path before, path now)."""
    given: tuple[Any, ...] = (list(moved), [new for _old, new in moved.values()])
    with connection.cursor() as cursor:
        for statement in _FOLLOW:
            cursor.execute(statement, given)


def follow_places(redrawn: Redrawn) -> None:
    """Checkpoints go by their building or position, tasks and plans where most of their grid went; rounds are made anew."""
    for old in redrawn.closed:
        heir = redrawn.successor(old)
        _move_checkpoints(redrawn, old)
        _drop_rounds(redrawn, old)
        _move_tasks(old, heir)
        _move_plans(redrawn, old, heir)
    round_plans.renew(redrawn.opened, at=redrawn.at)


def _move_checkpoints(redrawn: Redrawn, old: Area) -> None:
    rows = Checkpoint.objects.unscoped(_WHY).filter(in_force(redrawn.day), grid=old)
    for row in rows.select_for_update().order_by("pk"):
        new = redrawn.now(old, building=row.building_id, lon=row.lon, lat=row.lat)
        row.grid, row.area_path = new, new.path
        row.save(update_fields=["grid", "area_path", "changed_at"])
        move_duties(from_path=old.path, to_path=new.path, subject_type="checkpoint", subject_ids=[row.pk])


def _drop_rounds(redrawn: Redrawn, old: Area) -> None:
    """Rounds that were ready for the grid that is no more; one in which somebody has looked at a point stays."""
    ready = Round.objects.unscoped(_WHY).filter(grid=old, day__gte=redrawn.day, state=Round.State.DUE)
    begun = RoundPoint.objects.filter(round__in=ready).exclude(state=RoundPoint.State.DUE, case_number="")
    gone = list(ready.exclude(pk__in=begun.values("round_id")).values_list("pk", flat=True))
    RoundPoint.objects.filter(round__in=gone).delete()
    Round.objects.unscoped(_WHY).filter(pk__in=gone).delete()


def _move_tasks(old: Area, heir: Area) -> None:
    open_ = FieldTask.objects.unscoped(_WHY).filter(grid=old, state=FieldTask.State.OPEN)
    keys = list(open_.values_list("pk", flat=True))
    open_.update(grid=heir, area_path=heir.path)
    move_duties(from_path=old.path, to_path=heir.path, subject_type=TASK, subject_ids=keys)


def _move_plans(redrawn: Redrawn, old: Area, heir: Area) -> None:
    StandUp.objects.unscoped(_WHY).filter(area=old, day__gte=redrawn.day, held_at__isnull=True).delete()
    running = [Campaign.State.READY, Campaign.State.RUNNING]
    Campaign.objects.unscoped(_WHY).filter(area=old, state__in=running).update(area=heir, area_path=heir.path)
    WeatherNotice.objects.filter(area=old, ends_at__gt=redrawn.at).update(area=heir)
    hours = OfficeHour.objects.unscoped(_WHY).filter(in_force(redrawn.day), area=old)
    hours.update(area=heir, area_path=heir.path)
    VisitRule.objects.filter(in_force(redrawn.day), area=old).update(area=heir)
    Refused.objects.filter(area_path=old.path, settled_at__isnull=True).update(area_path=heir.path)
    tomorrow = redrawn.day + dt.timedelta(days=1)
    for row in RoundWindow.objects.filter(area=old, valid_to__isnull=True):
        if not RoundWindow.objects.filter(area=heir, kind=row.kind, valid_to__isnull=True).exists():
            RoundWindow.objects.create(
                area=heir, kind=row.kind, days=row.days, opens=row.opens, closes=row.closes, valid_from=redrawn.day
            )
        row.valid_to = (
            max(redrawn.day, row.valid_from + dt.timedelta(days=1)) if row.valid_from < redrawn.day else tomorrow
        )
        row.save(update_fields=["valid_to"])
