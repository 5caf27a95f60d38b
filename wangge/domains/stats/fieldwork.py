"""The measures of walking and visiting the grids (numbers 13), each defined once. Of grids and the places above, never of
a person: a round belongs to its grid whoever walks it, and nothing counts metres, minutes or taps.
"""

from __future__ import annotations

import dataclasses

from wangge.domains.stats.definitions import Measure, Text, Topic

ROUNDS, POINTS, VISITS = "rounds_walked", "points_overdue", "visits_in_time"


@dataclasses.dataclass(frozen=True, slots=True)
class FieldMeasure(Measure):
    """A share counted from rounds, checkpoints or due visits of a place. `present`: known of the present day only."""

    present: bool = False


_FIELD = (
    FieldMeasure(
        ROUNDS,
        "13",
        Text("巡查完成率", "Rounds walked"),
        Text("已巡班次 ÷ 应巡班次", "rounds walked ÷ rounds due"),
        Topic.FIELD,
        Text("按班次日期（时段已结束）", "by the day of the round, once its window is over"),
        rows=Text("班次", "rounds"),
        excluded=Text("经批准豁免的班次不计", "rounds that were let off"),
        note=Text(
            "应巡班次按各网格确定的时段生成，一般为工作日每日双巡。无信号时补传的按已巡计。",
            "Due are the rounds of each grid's own windows, as a rule two a working day. What a phone sends later counts.",
        ),
    ),
    FieldMeasure(
        POINTS,
        "13",
        Text("点位超期率", "Checkpoints overdue"),
        Text("超过巡查周期未查看的点位 ÷ 在用点位", "checkpoints not looked at within their days ÷ checkpoints in use"),
        Topic.FIELD,
        Text("今日现状", "as it is today"),
        rows=Text("点位", "checkpoints"),
        excluded=Text("不巡查的法定节假日不计天数", "days of a public holiday without rounds"),
        note=Text("越低越好。只有现状，没有往期。", "The lower the better. Known of today only, not of the past."),
        present=True,
    ),
    FieldMeasure(
        VISITS,
        "13",
        Text("走访到期完成率", "Visits made in time"),
        Text("到期日前完成的走访 ÷ 到期走访", "due visits made by their day ÷ visits due"),
        Topic.FIELD,
        Text("按到期日（已过到期日）", "by the day they were due, once it is over"),
        rows=Text("走访", "visits"),
        excluded=Text("不愿被走访的、不必再访的不计", "visits that were not wished, or no longer due"),
        note=Text(
            "敲门无人的改期再访，按新的到期日计。",
            "Where nobody was there the visit is due again, and counts by its new day.",
        ),
    ),
)

FIELD: dict[str, FieldMeasure] = {one.key: one for one in _FIELD}
