"""When grids are redrawn: open cases, their whistles, slips and duties go over to the grid where they now lie.

What has ended stays in the grid in which it happened: figures of a past month are not told anew.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from wangge.domains.cases import whistling
from wangge.domains.cases.actions import steps
from wangge.domains.cases.models import Case, Cluster, Supervision, Whistle
from wangge.domains.cases.workflow import OPEN, S
from wangge.foundation.audit import kinds
from wangge.foundation.duties.actions import move_duties

if TYPE_CHECKING:
    from wangge.foundation.places.models import Area
    from wangge.foundation.places.redrawing import Redrawn

kinds.declare("case.redraw_grids")

_WHY = "a redrawn grid is everybody's"
# A closed case may still be objected to and opened again: it goes along. What is archived stays.
_GOES_ALONG = sorted(state.value for state in OPEN | {S.CLOSED})
_RUNNING = [whistling.W.BLOWN.value, whistling.W.CALLED.value, whistling.W.CONCLUDED.value]


def hand_over(redrawn: Redrawn) -> None:
    """Hand over what is open in the closed grids: by the case's building, else its position, else where most of it went."""
    for old in redrawn.closed:
        waiting = Case.objects.unscoped(_WHY).filter(area=old, state__in=_GOES_ALONG)
        going: dict[Area, list[Case]] = defaultdict(list)
        for case in waiting.select_for_update().order_by("pk"):
            going[redrawn.now(old, building=case.building_id, lon=case.lon, lat=case.lat)].append(case)
        for new, cases in going.items():
            _hand_over(cases, old, new, redrawn)
        move_duties(from_path=old.path, to_path=redrawn.successor(old).path)
        Cluster.objects.filter(area_path=old.path, state=Cluster.State.PROPOSED).update(
            area_path=redrawn.successor(old).path
        )


def _hand_over(cases: list[Case], old: Area, new: Area, redrawn: Redrawn) -> None:
    keys = [case.pk for case in cases]
    Case.objects.unscoped(_WHY).filter(pk__in=keys).update(area=new, area_path=new.path)
    Whistle.objects.unscoped(_WHY).filter(case__in=keys, state__in=_RUNNING).update(area_path=new.path)
    slips = Supervision.objects.unscoped(_WHY).filter(case__in=keys, replied_at__isnull=True, lapsed_at__isnull=True)
    slips.update(area_path=new.path)
    move_duties(from_path=old.path, to_path=new.path, subject_type="case", subject_ids=keys)
    for case in cases:
        if case.is_open:
            steps.tell(case, "redraw_grids", by=None, at=redrawn.at, old=old.pk, new=new.pk, plan=redrawn.plan)
