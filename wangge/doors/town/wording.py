"""What people write: texts of reports, results, answers and judgements, filled from the recipe's skeletons."""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wangge.domains.cases.actions import Contact, Outcome
from wangge.doors.town.recipe import read

if TYPE_CHECKING:
    import random

    from wangge.foundation.catalogue.models import Matter
    from wangge.foundation.places.models import Building

_WORKER = re.compile(
    r"^(巡查|检查|走访|夜里巡|汛前|雨后|雨前|接银行|除夕巡|工友反映|高空巡|\{who\}反映|\{b\}\{e\}(两户|因养狗)|\{b\}前后两家)"
)
_WHEN = ("昨天晚上", "今天一早", "前天下午", "这两天", "昨天", "上午", "刚才", "周末")
_SINCE = ("三天", "一个多星期", "半个月", "好几天", "一个月", "两三天", "快十天")
_WHO = ("邻居们", "好几户居民", "楼上楼下", "院里的老人", "大家", "几位业主")
_SIDES = ("东侧", "西侧", "南侧", "北侧")
_THANKS = (
    "处理得很快，谢谢。",
    "问题解决了，点赞！",
    "网格员很负责，来了两趟。",
    "希望能长期保持。",
    "比想象的快。",
    "态度很好，解释得清楚。",
    "谢谢社区，老人放心了。",
    "可以，满意。",
    "终于解决了。",
    "好，继续努力。",
)
_FAIR = (
    "总体还行，就是慢了点。",
    "这次解决了，希望别反弹。",
    "基本满意。",
    "先观察一段时间。",
    "处理了，希望再彻底一点。",
)
_SULK = ("只解决了一半。", "来看了看就走了，不满意。", "等的时间太长了。", "治标不治本。", "答复太官方了。")
_NOT_SOLVED = (
    "没过两天又和原来一样了，根本没解决。",
    "说处理了，现场还是老样子。",
    "只清了门口，里面没动。",
    "修了又坏，请重新处理。",
    "还在漏，请再来看看。",
)
_CONTACT = (
    "已与反映人电话联系，约定上门时间。",
    "电话联系反映人，核实了具体位置和情况。",
    "到现场与反映人见面，说明处理安排。",
    "电话告知反映人处理时限和联系人。",
)
_ASSIST = (
    "已到场配合，做好居民解释工作。",
    "协助腾空场地，安排人员值守。",
    "提供相关资料，参与现场会商。",
    "配合主办单位到场核实，责任已明确。",
)
_RESULTS = {
    "explained": (
        "经核实并到现场查看，依据现行规定向反映人作了解释说明。",
        "您反映的事项已核实，按现行政策暂不能办理，我们已向您说明原因和替代办法，感谢理解。",
    ),
    "unfounded": (
        "到现场核查三次，未发现所反映的情况，周边住户亦不知情。",
        "经多次核查，现场未发现您反映的情况；如再次出现，请随时联系网格员。",
    ),
    "beyond": (
        "经核实，该事项不属于街道职权范围，已书面移交区有关部门并跟进。",
        "该事项超出街道权限，已转交区有关部门，并将进展告诉您。",
    ),
    "partly": (
        "已完成可以立即解决的部分，其余部分已列入计划。",
        "能马上办的已经办好，剩余部分需要审批和资金，我们会把进展告诉您。",
    ),
    "long_term": (
        "涉及资金和多方意见，已制定分步方案，列为长期事项，每月通报。",
        "这件事一时难以办成，已列为长期事项，每月向您通报进展。",
    ),
}
_RETURNS = (
    ("经核实不属于本单位职责，建议派至属地管理单位。", "街道权责清单（2024年版）"),
    ("该路段管护权属已移交，请转派现管护单位。", "市政设施移交清单"),
    ("涉及专项审批，主管单位为对口科室。", "机构职能规定"),
)
_DECLINES = (
    ("该事项正在诉讼程序中，依法不予受理。", "请通过人民法院诉讼服务热线12368咨询。"),
    ("该事项已按信访程序作出终结意见，不再重复受理。", "如有新的事实，请向区信访局提出。"),
    ("所反映事项不属于本街道管辖范围。", "请拨打12345热线，由属地街道受理。"),
    ("属于警情，应由公安机关处置。", "请拨打110报警。"),
)
_VOIDS = ("误报：反映人来电说明看错地点。", "重复提交的测试内容。", "反映人已撤回，现场无异常。")
_QUESTIONS = ("请补充具体楼号和单元号。", "请补充一张现场照片。", "请说明发生的大概时间。", "请留下方便联系的时间段。")
_ANSWERS = (
    "在小区东门进来第二排靠路边。",
    "就是每天晚上八点到十点。",
    "单元门进去左手边那户。",
    "刚又看了一下，还在。",
)
_REWORK = (
    "复核时现场仍有残留，请继续处理。",
    "与反馈照片不一致，未整改到位。",
    "只处理了一处，另一处未动。",
    "反映人表示问题仍存在，退回继续处置。",
)
_CHECKED = ("现场核查属实，已处理到位。", "电话核实并查看照片，情况属实。", "到场查看，问题已解决。", "核查通过。")
_UPHELD = ("经研判，反映的问题确未彻底解决，退回原单位继续处置。", "新情况属实，重新办理。")
_DISMISSED = ("经现场复核，已按规定处置到位，所提新诉求请另行反映。", "属政策范围内最大限度解决，已当面说明。")


@dataclasses.dataclass(frozen=True, slots=True)
class Topic:
    """One matter as the recipe describes it."""

    code: str
    weight: float
    season: str
    in_compound: bool
    old: float
    spot: float
    hard: bool
    residents: tuple[str, ...]
    workers: tuple[str, ...]
    raw: dict[str, Any]


def topics() -> list[Topic]:
    """Every matter that comes up on the street, in code order."""
    found = []
    for name in ("texts-1", "texts-2", "texts-3"):
        for code, raw in read(name).items():
            texts = raw["texts"]
            found.append(
                Topic(
                    code=code,
                    weight=raw["weight"],
                    season=raw["season"],
                    in_compound=raw["where"] == "compound",
                    old=raw["old"],
                    spot=raw.get("spot", 0.0),
                    hard=raw.get("hard", False),
                    residents=tuple(text for text in texts if not _WORKER.match(text)),
                    workers=tuple(text for text in texts if _WORKER.match(text)),
                    raw=raw,
                )
            )
    return sorted(found, key=lambda topic: topic.code)


class Pen:
    """Fills skeletons by lot."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        cast = read("cast")
        self._shops, self._food = cast["shops"], cast["food"]
        self._surnames, self._given = cast["surnames"], cast["given"]

    def report(self, topic: Topic, building: Building, entrances: int, *, worker: bool) -> str:
        """What somebody writes about a topic at a building."""
        if worker and topic.workers:
            text = self._rng.choice(topic.workers)
        else:
            text = self._rng.choice(topic.residents)
            if worker:
                text = "入户时居民反映：" + text
        return self.fill(text, building, entrances)

    def fill(self, text: str, building: Building, entrances: int = 3) -> str:
        """One skeleton with this building's names in its slots."""
        rng = self._rng
        road, _sep, number = re.sub(r"(\d+号).*", r"|\1", building.address).partition("|")
        return text.format(
            c=building.compound.name_zh if building.compound else "小区",
            b=building.name,
            e=f"{rng.randint(1, max(1, entrances))}单元",
            f=rng.randint(1, max(1, building.floors)),
            r=road,
            h=number or "1号",
            s=rng.choice(_SIDES),
            t=rng.choice(_WHEN),
            d=rng.choice(_SINCE),
            n=rng.randint(2, 6),
            m=rng.randrange(8, 60),
            cold=rng.randint(12, 16),
            shop=rng.choice(self._shops),
            food=rng.choice(self._food),
            who=rng.choice(_WHO),
        )

    def contact(self) -> Contact:
        """A resident: an invented name, a phone of a prefix that is not allotted."""
        rng = self._rng
        name = rng.choice(self._surnames) + "".join(rng.sample(self._given, rng.choice((1, 2, 2))))
        return Contact(name=name, phone=f"100{rng.randrange(10**8):08d}")

    def outcome(self, topic: Topic, matter: Matter) -> Outcome:
        """A handling's result, with quantities, area and legal basis where the matter asks for them."""
        rng = self._rng
        result = self._result(topic)
        if result == "solved":
            at = rng.randrange(min(len(topic.raw["done"]), len(topic.raw["reply"])))
            text, reply = topic.raw["done"][at], topic.raw["reply"][at]
        else:
            text, reply = _RESULTS[result]
        done = result in {"solved", "partly"}
        unit, least, most = topic.raw["q"]
        amount = (
            Decimal(str(round(rng.uniform(least, most), 1)))
            if isinstance(least, float)
            else Decimal(rng.randint(least, most))
        )
        area = None
        if done and matter.area_required:
            low, high = topic.raw.get("area", (4, 40))
            area = Decimal(str(round(rng.uniform(low, high), 1)))
        return Outcome(
            result=result,
            text=text,
            reply=reply,
            quantities=((amount, unit),) if done else (),
            legal_basis=topic.raw.get("basis", "") if done and matter.legal_basis_required else "",
            area_m2=area,
        )

    def _result(self, topic: Topic) -> str:
        kinds = ("solved", "partly", "explained", "unfounded", "beyond", "long_term")
        weights = (38, 22, 6, 0, 2, 32) if topic.hard else (83, 6, 6.5, 3, 1, 0.5)
        return self._rng.choices(kinds, weights)[0]

    def judgement(self, mood: str) -> tuple[str, str, str]:
        """(solved, satisfied, comment) for "well", "fair", "sulk" or "no"; half of the contented say nothing."""
        rng = self._rng
        if mood == "no":
            return "no", "no", rng.choice(_NOT_SOLVED)
        if mood == "sulk":
            return rng.choice(("yes", "partly")), "no", rng.choice(_SULK)
        if mood == "fair":
            return rng.choice(("yes", "partly")), "fairly", rng.choice((*_FAIR, ""))
        return "yes", "yes", rng.choice((*_THANKS, "", "", "", ""))

    def pick(self, what: str) -> str:
        """A sentence for a step."""
        return self._rng.choice(_SENTENCES[what])

    def plain(self, what: str) -> str:
        """Always the same sentence for a step: nothing is drawn, so that the rest of the street stays as it is."""
        return _SENTENCES[what][0]

    def returned(self) -> tuple[str, str]:
        """(reason, basis) of sending back."""
        return self._rng.choice(_RETURNS)

    def declined(self) -> tuple[str, str]:
        """(reason, channel) of not accepting."""
        return self._rng.choice(_DECLINES)


_SENTENCES = {
    "contact": _CONTACT,
    "assist": _ASSIST,
    "void": _VOIDS,
    "question": _QUESTIONS,
    "answer": _ANSWERS,
    "rework": _REWORK,
    "checked": _CHECKED,
    "upheld": _UPHELD,
    "dismissed": _DISMISSED,
}
