"""吹哨报到 as one table of steps, and the plain rule around it: when a unit must be there.

A whistle moves beside its case and changes no state of it. Sources: three kinds of whistle only, the caller rates, and
no whistle is answered by a text (Beijing, "街乡吹哨、部门报到"); on the spot within 30 minutes (Pinggu, emergencies).
Plain Python, no database.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from enum import StrEnum


class W(StrEnum):
    """States of a whistle."""

    BLOWN = "blown"  # 已吹哨，待街道确认
    CALLED = "called"  # 已召集
    CONCLUDED = "concluded"  # 已办结，待评价
    RATED = "rated"  # 已评价
    DECLINED = "declined"  # 未予确认，或已撤哨


RUNNING = frozenset({W.BLOWN, W.CALLED})

# Who takes a step: a permission at the place (the string values of accounts.permissions.P), or one of these.
UNIT = "unit"  # whoever handles for the called unit
LEAD = "lead"  # whoever handles for the unit in the lead
BLOWER = "blower"  # whoever blew it


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One verb: allowed in `before` (empty: there is no whistle yet), leads to `after` (None: stays), by any of `by`."""

    verb: str
    before: frozenset[W]
    after: W | None
    by: tuple[str, ...]


_STEPS = (
    Step("blow", frozenset(), W.BLOWN, ("whistle:blow", "whistle:call")),
    Step("call", frozenset({W.BLOWN}), W.CALLED, ("whistle:call",)),
    Step("call_more", frozenset({W.CALLED}), None, ("whistle:call",)),
    Step("decline", frozenset({W.BLOWN, W.CALLED}), W.DECLINED, ("whistle:call",)),
    Step("arrive", frozenset({W.CALLED}), None, (UNIT,)),
    Step("vouch", frozenset({W.CALLED}), None, ("whistle:blow", "whistle:call")),
    Step("excuse", frozenset({W.CALLED}), None, ("whistle:call",)),
    Step("contribute", frozenset({W.CALLED}), None, (UNIT,)),
    Step("conclude", frozenset({W.CALLED}), W.CONCLUDED, (LEAD, "whistle:call")),
    Step("rate", frozenset({W.CONCLUDED}), W.RATED, (BLOWER, "whistle:rate")),
)
STEPS: dict[str, Step] = {step.verb: step for step in _STEPS}

NEAR_METRES = 300.0  # a tap this near proves the arrival: the length of a compound, and a phone between high houses
LOWEST_MARK, HIGHEST_MARK = 1, 3
_ANSWER_EMERGENCY = dt.timedelta(minutes=5)
_ANSWER_ORDINARY = dt.timedelta(days=1)
_FURTHER_UNIT = dt.timedelta(minutes=30)  # for a unit that is called when the others are already there


def answer_due(blown_at: dt.datetime, *, emergency: bool) -> dt.datetime:
    """Until when the street should confirm a whistle or decline it: the office's own limit, a reminder only."""
    return blown_at + (_ANSWER_EMERGENCY if emergency else _ANSWER_ORDINARY)


def due_of_call(called_at: dt.datetime, meet_at: dt.datetime, arrive_minutes: int | None) -> dt.datetime:
    """When a called unit must be on the spot: by the meeting, for kinds with a limit within it from the call.

    A unit that is called after the meeting began gets the limit of its kind, else half an hour.
    """
    limit = dt.timedelta(minutes=arrive_minutes) if arrive_minutes is not None else None
    if meet_at <= called_at:
        return called_at + (limit or _FURTHER_UNIT)
    return meet_at if limit is None else min(meet_at, called_at + limit)
