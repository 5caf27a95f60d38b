"""What is shipped: every row valid, complete in both languages, and routed to somebody."""

from __future__ import annotations

import re

import pytest

from wangge.foundation.catalogue import queries
from wangge.foundation.catalogue.actions import load_catalogue
from wangge.foundation.catalogue.actions.sheets import Sheets, read_sheets
from wangge.foundation.catalogue.kinds import Duty, Module, Stage, Task
from wangge.foundation.catalogue.management.commands.load_catalogue import SHIPPED
from wangge.foundation.catalogue.models import Matter
from wangge.foundation.catalogue.tests.factories import DAY

EVENTS = {"06": 51, "07": 7, "08": 16, "09": 21, "10": 2}
GAPS = {"06031", "07005", "09007"}
COMPONENTS = {"01": 76, "02": 44, "03": 16, "04": 14, "05": 3}
HAN = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture(scope="module")
def sheets() -> Sheets:
    return read_sheets(SHIPPED, progress=lambda _line: None)


def per_class(sheets: Sheets, wanted: dict[str, int]) -> dict[str, int]:
    return {code: sum(matter.startswith(code) for matter in sheets.matters) for code in wanted}


def test_the_97_events_of_the_standard_are_there_with_its_gaps(sheets):
    assert per_class(sheets, EVENTS) == EVENTS
    assert sum(EVENTS.values()) == 97
    assert not GAPS & set(sheets.matters)


def test_the_153_components_are_there(sheets):
    assert per_class(sheets, COMPONENTS) == COMPONENTS
    assert sum(COMPONENTS.values()) == 153
    assert all(sheets.matters[code].name_zh.endswith("异常") for code in sheets.matters if code < "06")


def test_every_module_and_every_own_class_has_matters(sheets):
    assert {matter.module for matter in sheets.matters.values()} == set(Module.values)
    own = [code for code in sheets.classes if code >= "21"]
    assert own == [str(code) for code in range(21, 34)]
    assert all(any(matter.startswith(code) for matter in sheets.matters) for code in own)


def test_every_task_has_matters(sheets):
    assert {task for matter in sheets.matters.values() for task in matter.tasks} == set(Task.values)


def test_names_are_unique_in_both_languages(sheets):
    for language in ("name_zh", "name_en"):
        names = [getattr(matter, language) for matter in sheets.matters.values()]
        assert sorted(names) == sorted(set(names))


def test_chinese_is_chinese_and_english_is_english(sheets):
    for matter in sheets.matters.values():
        for field in ("name", "filing", "closing", "basis", "owner"):
            assert HAN.search(getattr(matter, f"{field}_zh")), (matter.code, field)
            assert not HAN.search(getattr(matter, f"{field}_en")), (matter.code, field)


def test_an_event_has_at_least_three_words_that_residents_use(sheets):
    short = [m.code for m in sheets.matters.values() if m.code >= "06" and len(m.keywords) < 3]
    assert short == []


def test_tips_and_domestic_violence_are_confidential_and_nothing_confidential_is_public(sheets):
    confidential = {code for code, matter in sheets.matters.items() if matter.confidential}
    assert {code for code in sheets.matters if code.startswith("29")} < confidential
    assert confidential - {code for code in sheets.matters if code.startswith("29")} == {"22010", "22013"}
    assert not any(sheets.matters[code].public for code in confidential)


def test_the_shed_asks_for_area_and_legal_basis(sheets):
    shed = sheets.matters["06001"]
    assert (shed.area_required, shed.legal_basis_required, shed.before_photo, shed.after_photo) == (True,) * 4
    assert "m2" in shed.units
    assert (shed.handling_amount, shed.handling_kind) == (15, "working_days")


def test_a_missing_manhole_cover_is_made_safe_within_two_hours(sheets):
    covers = [m for m in sheets.matters.values() if m.code.startswith("01") and "井盖" in m.name_zh]
    assert len(covers) == 20
    assert {(m.handling_amount, m.handling_kind, m.urgency) for m in covers} == {(2, "urgent_hours", "urgent")}


def test_every_stage_but_handling_has_a_default_for_all(sheets):
    assert {row.stage for row in sheets.clocks if not row.urgency} == set(Stage.values) - {Stage.HANDLE.value}


def test_every_matter_is_routed_to_a_kind_of_unit(sheets):
    mains = {row[:3]: row.unit_kind for row in sheets.rules if row.duty == Duty.MAIN}
    assert mains["", "", ""] == "community"
    for code, matter in sheets.matters.items():
        kind = mains.get((code, "", "")) or mains.get(("", code[:2], "")) or mains.get(("", "", matter.module))
        assert kind, code
    assert mains["06001", "", ""] == "enforcement"
    assert mains["", "29", ""] == "discipline"


SENTENCES = {
    "后面家属院搭了个泡沫板房，里面还拉了电线，大家都有意见": "06001",
    "小区门口井盖丢了，昨天有人摔倒": "01023",
    "垃圾桶满了三天没人清，臭死了": "06042",
    "3号楼楼道灯不亮，晚上黑得很": "26012",
    "楼下烧烤摊冒烟，吵得睡不着": "06028",
    "楼上漏水把我家天花板泡了": "21002",
    "电动车在楼道里充电，太危险": "23003",
    "消防通道被车堵死了": "09012",
    "小区没地方停车，天天抢车位": "26001",
    "下水道堵了粪水往外冒": "26004",
    "顶楼漏雨，一下雨屋里就滴水": "26005",
    "有个小女孩迷路了，说不清家在哪": "22005",
    "物业不作为，保洁都不来": "26007",
    "公司欠薪三个月不发工资": "21010",
    "老人想问问高龄补贴怎么办": "24004",
    "暖气不热，家里才十四度": "26014",
    "电梯困人了快来": "23010",
    "有人往楼下扔东西，差点砸到人": "23016",
    "墙上贴满了小广告": "07001",
    "门口的店把货摆到外面占人行道": "09005",
    "我老公打我": "22013",
    "工地半夜干活打桩": "08001",
    "闻到很大的煤气味": "23006",
    "暴雨把车库淹了需要抽水": "33002",
    "接到电话说我中奖要转账，是不是诈骗": "22003",
    "营业执照怎么办": "27001",
}


@pytest.mark.usefixtures("empty")
def test_what_residents_say_leads_to_the_matter(sheets):
    load_catalogue(SHIPPED)
    assert Matter.objects.count() == len(sheets.matters) == 389
    first = {text: next((g.matter.code for g in queries.guess(text, on=DAY)), None) for text in SENTENCES}
    assert first == SENTENCES
