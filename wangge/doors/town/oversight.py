"""What was done about what is late: the ladder's own alerts and slips, some answers, and two inspections."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from wangge.domains.cases import inspections, lateness
from wangge.domains.cases.actions import inspecting, supervising
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError

if TYPE_CHECKING:
    from wangge.domains.cases.models import Inspection
    from wangge.doors.town.scene import Scene

_DAYS = 4  # the ladder is walked back so many days: what fired earlier was answered long ago
_ANSWERS = (
    "施工队已联系好，材料今日到场，预计明日完工，完工后报请核查。",
    "现场涉及两家产权单位，正在协调，已先行设置围挡，三日内办结。",
    "因人员调配延误，已约谈责任人，今日下午安排专人到场处理。",
)
_FINDINGS = (
    ("fine", "", ""),
    ("late", "超期两日，系统预警和催办均有记录，未见书面说明。", "三个工作日内补充说明，并完善内部时限提醒。"),
    ("fine", "", ""),
    ("careless", "答复只说明已转办，未回应反映人提出的具体问题。", "重新答复反映人，并报指挥中心备案。"),
    ("fine", "", ""),
)


def oversee(scene: Scene) -> str:
    """Watch the deadlines of the last days, answer every other slip, inspect twice; how much came of it."""
    fired = sum(supervising.watch(at=scene.at - dt.timedelta(days=back)) for back in range(_DAYS, -1, -1))
    answered = _answer(scene)
    _inspect(scene)
    return f"{fired} alerts, {answered} slips answered"


def _answer(scene: Scene) -> int:
    chief = scene.users["luo"]
    waiting = lateness.slips(chief, open_only=True, limit=100)
    ladders = [slip for slip in waiting if slip.issued_by_id is None]  # that of a story is left waiting
    chosen = [slip for slip in ladders[::2] if scene.handlers(slip.unit) and slip.case.is_open]
    for n, slip in enumerate(chosen):
        by = slip.case.handler or scene.handlers(slip.unit)[0]
        by = by if by in scene.handlers(slip.unit) else scene.handlers(slip.unit)[0]
        at = min(scene.at, slip.issued_at + dt.timedelta(hours=20 + 3 * n))
        supervising.answer(supervision=slip, by=by, text=_ANSWERS[n % len(_ANSWERS)], at=at)
    return len(chosen)


def _inspect(scene: Scene) -> None:
    """One inspection of the month before, concluded; one of this month, under way."""
    last = clock.day_of(scene.at).replace(day=1) - dt.timedelta(days=1)
    before = _drawn(scene, last.replace(day=1), last, size=len(_FINDINGS), back=6)
    if before is not None:
        _look(scene, before, len(_FINDINGS), back=5)
        inspecting.conclude(
            by=scene.users["qian"],
            inspection=before,
            text="抽查案件过程记录完整，时限预警有效。发现的问题已交承办单位整改，整改情况另行复核。",
            at=scene.at - dt.timedelta(days=4),
        )
    now = _drawn(scene, clock.day_of(scene.at) - dt.timedelta(days=20), clock.day_of(scene.at), size=8, back=0)
    if now is not None:
        _look(scene, now, 2, back=0)


def _drawn(scene: Scene, first: dt.date, last: dt.date, *, size: int, back: int) -> Inspection | None:
    at = scene.at - dt.timedelta(days=back)
    try:
        return inspecting.draw(
            by=scene.users["qian"],
            area=scene.south,
            method="random",
            first_day=first,
            last_day=min(last, clock.day_of(at)),
            size=size,
            seed=f"{last:%Y-%m}",
            at=at,
        )
    except ConflictError:
        return None  # a small street may have no case in that time


def _look(scene: Scene, inspection: Inspection, count: int, *, back: int) -> None:
    at = scene.at - dt.timedelta(days=back)
    for row, (finding, note, what) in zip(inspections.sampled(inspection)[:count], _FINDINGS, strict=False):
        inspecting.read(by=scene.users["qian"], inspected=row, at=at)
        inspecting.find(by=scene.users["qian"], inspected=row, finding=finding, note=note, put_right_what=what, at=at)
        if what and back:
            later = at + dt.timedelta(days=1)
            inspecting.put_right(by=scene.users["qian"], inspected=row, text="已按要求整改并书面答复。", at=later)
