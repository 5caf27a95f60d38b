"""Sample data of the components page: invented cases of the demo street, in both languages. Reads nothing."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

from django import forms, template
from django.utils import timezone
from django.utils.translation import get_language

register = template.Library()


def _w(zh: str, en: str) -> str:
    return en if (get_language() or "").startswith("en") else zh


def _picture(ground: str, wall: str, door: str) -> str:
    """A drawn stand-in for a photo, as a data address, so that the page needs no file."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 180"><rect width="240" height="180" fill="{ground}"/>'
        f'<rect y="128" width="240" height="52" fill="#8d8676"/><path d="M60 128V70l60-34 60 34v58z" fill="{wall}"/>'
        f'<rect x="104" y="90" width="32" height="38" fill="{door}"/><circle cx="206" cy="112" r="20" fill="#5f7d5a"/></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _photos() -> list[dict[str, str]]:
    before, after = _picture("#c9d3dc", "#e8e3d6", "#b4493c"), _picture("#d4e0ea", "#d9cfb8", "#6d7f8e")
    return [
        {
            "thumb_url": before,
            "full_url": before,
            "alt": _w("楼后搭建的泡沫板棚", "Foam-board shed behind the building"),
            "kind": _w("处置前", "Before"),
        },
        {
            "thumb_url": after,
            "full_url": after,
            "alt": _w("拆除后的空地", "The cleared ground"),
            "kind": _w("处置后", "After"),
        },
    ]


class SampleForm(forms.Form):
    """A form with one field of each kind."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"] = forms.CharField(
            label=_w("情况描述", "What is the matter"),
            help_text=_w(
                "写清楚什么事、在哪里；看得见的就拍照。", "Say what and where; take a photo of what can be seen."
            ),
            widget=forms.Textarea(attrs={"rows": 3}),
        )
        self.fields["matter"] = forms.ChoiceField(
            label=_w("事项", "Matter"),
            choices=[
                ("", _w("请选择", "Please choose")),
                ("06011", _w("私搭乱建", "Unlicensed building")),
                ("23003", _w("飞线充电", "Charging by a cable from the window")),
            ],
        )
        self.fields["phone"] = forms.CharField(
            label=_w("联系电话", "Telephone"),
            required=False,
            widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
        )
        self.fields["way"] = forms.ChoiceField(
            label=_w("处理方式", "Way"),
            choices=[("spot", _w("即办", "Settled on the spot")), ("hand", _w("交办", "Handed on"))],
            widget=forms.RadioSelect,
            initial="hand",
        )
        self.fields["urgent"] = forms.BooleanField(label=_w("情况紧急", "Urgent"), required=False)


class SampleFilter(forms.Form):
    """The filter bar's form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = ("", _w("全部", "All"))
        self.fields["state"] = forms.ChoiceField(
            label=_w("状态", "State"),
            required=False,
            choices=[every, ("reported", _w("待受理", "To be accepted")), ("handling", _w("处置中", "Being handled"))],
        )
        self.fields["area"] = forms.ChoiceField(
            label=_w("社区", "Community"),
            required=False,
            choices=[every, ("1", _w("槐荫社区", "Huaiyin")), ("2", _w("河西社区", "Hexi"))],
        )
        self.fields["clock"] = forms.ChoiceField(
            label=_w("期限", "Deadline"),
            required=False,
            choices=[every, ("amber", _w("即将到期", "Due soon")), ("red", _w("已超期", "Overdue"))],
        )


def _queue() -> list[dict[str, Any]]:
    rows = [
        (
            "NC-2026-004182",
            _w("楼后私搭泡沫板棚，棚内拉电线", "Foam-board shed with a live cable behind the building"),
            _w("槐荫社区 · 第12网格 · 家属院3号楼后", "Huaiyin · grid 12 · behind block 3"),
            "red",
            _w("已超期 1 天", "Overdue 1 day"),
            "reported",
            _w("待受理", "To be accepted"),
            _w("网格巡查 · 林晓", "Grid patrol · Lin Xiao"),
        ),
        (
            "NC-2026-004190",
            _w("污水井盖缺失，靠近小学门口", "Manhole cover missing near the school gate"),
            _w("河西社区 · 第3网格 · 学前路", "Hexi · grid 3 · Xueqian Road"),
            "amber",
            _w("还剩 42 分", "42 min left"),
            "reported",
            _w("待受理", "To be accepted"),
            _w("居民扫码", "Resident, scanned code"),
        ),
        (
            "NC-2026-004191",
            _w("暖气不热，三天没人来看", "Heating cold for three days, nobody came"),
            _w("铁道社区 · 第41网格 · 铁路新村7号楼", "Tiedao · grid 41 · Railway Village block 7"),
            "quiet",
            _w("还剩 3 小时 20 分", "3 h 20 min left"),
            "reported",
            _w("待受理", "To be accepted"),
            _w("12345 热线", "12345 hotline"),
        ),
        (
            "NC-2026-004176",
            _w("高空抛物，请调取监控", "Things thrown from above; please look at the camera"),
            _w("东湖社区 · 第27网格 · 湖畔花园", "Donghu · grid 27 · Lakeside Garden"),
            "paused",
            _w("计时暂停", "Paused"),
            "needs_info",
            _w("待补充", "Waiting for details"),
            _w("居民网页", "Resident, public page"),
        ),
        (
            "NC-2026-004193",
            _w("楼道堆放杂物，消防通道被占", "Stairwell blocked with things"),
            _w("槐荫社区 · 第11网格 · 机床厂宿舍", "Huaiyin · grid 11 · machine-works hostel"),
            "quiet",
            _w("还剩 3 小时 55 分", "3 h 55 min left"),
            "reported",
            _w("待受理", "To be accepted"),
            _w("网格巡查 · 高建", "Grid patrol · Gao Jian"),
        ),
    ]
    return [
        {
            "number": number,
            "title": title,
            "place": place,
            "tone": tone,
            "clock": {"state": tone, "text": text, "title": text},
            "state": state,
            "label": label,
            "source": source,
        }
        for number, title, place, tone, text, state, label, source in rows
    ]


def _timeline() -> list[dict[str, Any]]:
    start = timezone.localtime().replace(hour=9, minute=12, second=0, microsecond=0) - dt.timedelta(days=2)
    return [
        {
            "at": start,
            "verb": _w("上报", "Reported"),
            "who": _w("林晓", "Lin Xiao"),
            "role": _w("第12网格 专职网格员", "grid worker, grid 12"),
            "text": _w(
                "家属院3号楼后有人用泡沫板搭棚住人，棚内私拉电线。",
                "Somebody lives in a foam-board shed, with a cable laid inside.",
            ),
            "photos": _photos()[:1],
            "tone": "blue",
            "icon": "flag",
        },
        {
            "at": start + dt.timedelta(minutes=26),
            "verb": _w("受理", "Accepted"),
            "who": _w("陈静", "Chen Jing"),
            "role": _w("指挥中心 派遣员", "dispatcher"),
            "text": "",
            "tone": "blue",
            "icon": "inbox",
            "facts": [{"label": _w("事项", "Matter"), "value": _w("私搭乱建", "Unlicensed building")}],
        },
        {
            "at": start + dt.timedelta(minutes=31),
            "verb": _w("派遣", "Dispatched"),
            "who": _w("陈静", "Chen Jing"),
            "role": "",
            "text": _w(
                "主办：综合行政执法队；协办：槐荫社区、供电所",
                "Main: law-enforcement team; with: Huaiyin, power station",
            ),
            "tone": "blue",
            "icon": "send",
        },
        {
            "at": start + dt.timedelta(days=1, hours=5),
            "verb": _w("处置完成", "Handled"),
            "who": _w("何强", "He Qiang"),
            "role": _w("综合行政执法队", "law-enforcement team"),
            "text": _w(
                "当事人自行拆除，断电，清运建筑垃圾 2 立方米。",
                "Pulled down by its owner; power cut; 2 m³ of rubble removed.",
            ),
            "photos": _photos(),
            "tone": "green",
            "icon": "hammer",
            "facts": [
                {"label": _w("拆除面积", "Area"), "value": "18.5 m²"},
                {
                    "label": _w("法律依据", "Legal basis"),
                    "value": _w("《城乡规划法》第六十四条", "Urban and Rural Planning Law, art. 64"),
                },
            ],
        },
        {
            "at": start + dt.timedelta(days=1, hours=7),
            "verb": _w("核查未通过，返工", "Sent back at verification"),
            "who": _w("苏敏", "Su Min"),
            "role": _w("核查员", "verifier"),
            "text": _w("电线尚未拆净，请补拍整改照片。", "The cable is still there; please send a new photo."),
            "tone": "red",
            "icon": "arrow-back-up",
        },
    ]


def _ring(x: float, y: float, w: float, h: float, skew: float = 0.0) -> list[list[list[float]]]:
    corners = [(x, y), (x + w, y + skew), (x + w, y + h + skew), (x, y + h), (x, y)]
    return [[[round(a, 6), round(b, 6)] for a, b in corners]]


def _feature(shape: str, coordinates: Any, /, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": shape, "coordinates": coordinates}, "properties": properties}


def _map() -> dict[str, str]:
    """Two communities of six grids with houses, roads and cases, on open ground at 116.0° E 35.0° N."""
    areas: list[dict[str, Any]] = []
    houses: list[dict[str, Any]] = []
    west, south, wide, high = 116.0, 35.0, 0.0042, 0.0032
    for row in range(3):
        for column in range(4):
            number = row * 4 + column + 1
            x, y = west + column * wide, south + row * high
            areas.append(
                _feature(
                    "Polygon",
                    _ring(x, y, wide, high),
                    id=number,
                    kind="special" if number == 8 else "grid",
                    name=_w(f"第{number}网格", f"Grid {number}"),
                )
            )
            for line in range(4):
                for slot in range(5 if (number + line) % 3 else 3):
                    ring = _ring(x + 0.0004 + slot * 0.00072, y + 0.0004 + line * 0.00066, 0.00052, 0.00022)
                    houses.append(
                        _feature("Polygon", ring, id=number * 100 + line * 10 + slot, floors=3 + (number + slot) % 9)
                    )
    for index, name in enumerate([_w("槐荫社区", "Huaiyin"), _w("河西社区", "Hexi")]):
        areas.append(
            _feature(
                "Polygon",
                _ring(west + index * 2 * wide, south, 2 * wide, 3 * high),
                id=100 + index,
                kind="community",
                name=name,
            )
        )
    roads = [
        _feature("LineString", [[west, south + r * high], [west + 4 * wide, south + r * high]], name=name)
        for r, name in ((1, _w("学前路", "Xueqian Road")), (2, _w("建设街", "Jianshe Street")))
    ]
    tones = ["blue", "red", "amber", "blue", "quiet", "green", "blue", "amber", "blue", "red", "blue", "blue"]
    points = [
        _feature(
            "Point",
            [round(west + 0.0009 + (i * 0.00371) % 0.0152, 6), round(south + 0.0007 + (i * 0.00233) % 0.0086, 6)],
            id=str(i + 1),
            title=f"NC-2026-{4180 + i:06d}",
            tone=tone,
            url="",
        )
        for i, tone in enumerate(tones)
    ]
    return {
        name: json.dumps({"type": "FeatureCollection", "features": features})
        for name, features in (("areas", areas), ("buildings", houses), ("roads", roads), ("points", points))
    }


def _facts() -> list[dict[str, Any]]:
    return [
        {"label": _w("编号", "Number"), "value": "NC-2026-004182", "copy_text": "NC-2026-004182"},
        {
            "label": _w("地点", "Place"),
            "value": _w("槐荫社区 家属院3号楼后", "Huaiyin, behind block 3"),
            "icon": "map-pin",
        },
        {"label": _w("主办单位", "Main unit"), "value": _w("综合行政执法队", "Law-enforcement team")},
        {"label": _w("期限", "Due"), "value": _w("11月20日 周五 15:30", "Fri 20 Nov, 15:30"), "tone": "red"},
    ]


def _steps() -> list[dict[str, str]]:
    return [
        {"label": _w("上报", "Reported"), "state": "done", "note": "11-18 09:12"},
        {"label": _w("受理", "Accepted"), "state": "done", "note": "09:38"},
        {"label": _w("派遣", "Dispatched"), "state": "done", "note": "09:43"},
        {"label": _w("签收", "Signed for"), "state": "done", "note": "10:20"},
        {"label": _w("处置", "Handling"), "state": "now", "note": _w("执法队", "Team")},
        {"label": _w("核查", "Verification"), "state": "next", "note": ""},
        {"label": _w("回访", "Judgement"), "state": "next", "note": ""},
        {"label": _w("结案", "Closed"), "state": "next", "note": ""},
    ]


@register.simple_tag
def gallery_samples() -> dict[str, Any]:
    """Everything that the components page shows, by the name of the component."""
    names = [
        ("reported", _w("待受理", "To be accepted")),
        ("needs_info", _w("待补充", "Waiting for details")),
        ("settled", _w("即办待抽核", "Settled on the spot")),
        ("filed", _w("待派遣", "To be dispatched")),
        ("dispatched", _w("待签收", "To be signed for")),
        ("handling", _w("处置中", "Being handled")),
        ("handled", _w("待核查", "To be verified")),
        ("evaluating", _w("待评价", "Waiting for judgement")),
        ("objected", _w("异议待研判", "Objection")),
        ("closed", _w("已结案", "Closed")),
        ("declined", _w("不予受理", "Not accepted")),
        ("merged", _w("已并案", "Merged")),
    ]
    clocks = [
        {"state": "quiet", "text": _w("还剩 3 小时 20 分", "3 h 20 min left")},
        {"state": "amber", "text": _w("还剩 42 分", "42 min left")},
        {"state": "red", "text": _w("已超期 1 天", "Overdue 1 day")},
        {"state": "paused", "text": _w("计时暂停", "Paused")},
        {"state": "met", "text": _w("按期完成", "Met")},
        {"state": "none", "text": _w("不限时", "No deadline")},
    ]
    queue = _queue()
    return {
        "states": [{"state": state, "label": label} for state, label in names],
        "clocks": clocks,
        "queue": queue,
        "timeline": _timeline(),
        "photos": _photos(),
        "map": _map(),
        "map_items": [
            {"text": f"{row['number']} {row['title']}", "url": "#queue", "tone": row["tone"]} for row in queue
        ],
        "facts": _facts(),
        "steps": _steps(),
        "form": SampleForm(),
        "refused": SampleForm({"phone": "100", "way": "hand"}, auto_id="refused_%s"),
        "filter": SampleFilter(auto_id="filter_%s"),
        "saved": [
            {"label": _w("我的社区", "My community"), "url": "#filter", "active": True},
            {"label": _w("消防通道", "Fire exits"), "url": "#filter", "active": False},
        ],
        "tabs": [
            {"label": _w("受理", "Intake"), "url": "#queue", "active": True, "count": 12, "tone": "red"},
            {"label": _w("派遣", "Dispatch"), "url": "#queue", "count": 4},
            {"label": _w("核查", "Verification"), "url": "#queue", "count": 7, "tone": "amber"},
            {"label": _w("回访", "Judgement"), "url": "#queue", "count": 0},
        ],
        "columns": [
            {"label": _w("编号", "Number")},
            {"label": _w("事由", "Matter")},
            {"label": _w("状态", "State")},
            {"label": _w("期限", "Deadline")},
        ],
        "rows": [
            {
                "url": "#queue",
                "cells": [
                    row["number"],
                    row["title"],
                    {"state": row["state"], "label": row["label"]},
                    {"clock": row["clock"]},
                ],
            }
            for row in queue
        ],
        "actions": [
            {"label": _w("导出", "Export"), "url": "#page-header", "icon": "download"},
            {"label": _w("上报事件", "Report"), "url": "#page-header", "icon": "plus", "kind": "primary"},
        ],
    }
