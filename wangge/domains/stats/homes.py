"""The measures of the registry (人房底数, numbers 14), each defined once: a state as each month ended, not a count of deeds.

They are of places only. What a person has (an illness, a pension) is in none of them; rows behind them are households,
opened where somebody may see homes.
"""

from __future__ import annotations

from wangge.domains.stats.definitions import HomeMeasure, Omission, Text, Topic

_MONTH_END = Text("统计期末的在册情况（每晚统计）", "as registered at the end of the period (counted every night)")
_NOTHING_LEFT_OUT = Text("已迁出、已注销的户不计", "households that have gone")

_HOMES = (
    HomeMeasure(
        "fresh_homes",
        "14",
        Text("人房鲜活度", "Freshness of the registry"),
        Text("12 个月内核实过的户 ÷ 在册的户", "households verified within 12 months ÷ households"),
        Topic.HOMES,
        _MONTH_END,
        "verified",
        "households",
        rows=Text("户", "households"),
        excluded=_NOTHING_LEFT_OUT,
        note=Text(
            "从未核实的户留在分母里；不愿被走访的户也在分母里，不算谁的过失。",
            "Never verified stays in the denominator; so does who wishes no visits, which is nobody's failure.",
        ),
    ),
    HomeMeasure(
        "empty_rooms",
        "14",
        Text("空地址率", "Addresses without anybody"),
        Text("没有登记住户和单位的房屋 ÷ 房屋", "rooms without a household and without a firm ÷ rooms"),
        Topic.HOMES,
        _MONTH_END,
        "empty",
        "rooms",
        rows=Text("房屋", "rooms"),
        excluded=Text("无", "nothing"),
        note=Text(
            "空地址可能是空置，也可能是没有走到：请到单元楼层图上逐户看。",
            "An empty address is vacant, or was never visited: look at the face of the building.",
        ),
    ),
    HomeMeasure(
        "double_entries",
        "14",
        Text("重复人员率", "People entered twice"),
        Text(
            "查出并已合并的重复登记 ÷（常住人口 + 已合并的重复登记）",
            "entries merged as duplicates ÷ (residents + merged entries)",
        ),
        Topic.HOMES,
        _MONTH_END,
        "merged",
        "entries",
        rows=Text("登记", "entries"),
        excluded=Text("撤销了合并的不计", "merges that were undone"),
        note=Text(
            "只计已查出的；没有查出的重复，系统也不知道。",
            "Those that were found; a duplicate that nobody found is not known here either.",
        ),
    ),
)

HOMES: dict[str, HomeMeasure] = {one.key: one for one in _HOMES}

OMITTED = (
    Omission(
        "14",
        Text("一人多处常住数", "People who live in several places"),
        Text(
            "登记时一人同时只能常住一处，系统不允许重复，恒为零，不另列。",
            "The registry lets nobody live in two places at once (a constraint of the database): always zero.",
        ),
    ),
)
