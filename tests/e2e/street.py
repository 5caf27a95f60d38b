"""Cases in every state, written into the running site by the real steps, so that no page is empty."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib

from tests.town import Town
from wangge.domains.cases import actions, queries, whistle_queries
from wangge.domains.cases.models import Case, Report
from wangge.foundation.core import clock
from wangge.foundation.media.actions import accept


@dataclasses.dataclass
class Street:
    """Where to look: case numbers by state, the residents' links by state, ids of places."""

    cases: dict[str, str] = dataclasses.field(default_factory=dict)
    links: dict[str, str] = dataclasses.field(default_factory=dict)
    whistles: dict[str, str] = dataclasses.field(default_factory=dict)  # addresses of their pages by state
    own: str = ""  # a report of Lin's own
    grid: int = 0


_STORIES = (
    ("reported", "槐荫路12号门前的污水井盖松动，电动车经过时会翘起来。"),
    ("needs_info", "楼上半夜一直有响声，影响孩子写作业。"),
    ("filed", "3号楼二单元楼道堆满旧家具，消防通道走不过去。"),
    ("dispatched", "家属院东门外有人占道卖菜，早上公交车都进不来。"),
    ("handling", "3号楼旁有人用泡沫板搭了板房，还从楼道私拉电线，大家都担心着火。"),
    ("handled", "菜市场南口的垃圾箱满了三天，味道很大。"),
    ("evaluating", "健身器材断了一根横杆，孩子们还在上面玩。"),
    ("objected", "小广场的路灯修了又坏，晚上跳舞的老人看不清台阶。"),
    ("closed", "槐荫路与解放街口的信号灯被树枝挡住。"),
)


def stock(town: Town, picture: bytes) -> Street:
    """Write the street. `picture` is the JPEG that every report carries."""
    street = Street(grid=town.grid1.pk)
    sha256 = hashlib.sha256(picture).hexdigest()
    media = accept(by=town.lin, content=picture, sha256=sha256)
    for n, (state, text) in enumerate(_STORIES):
        place = actions.Place(
            area=town.grid1, lon=116.0012 + 0.0009 * n, lat=35.0021 + 0.0006 * n, address=f"槐荫路{n + 1}号"
        )
        made = {
            "contact": town.wu(),
            "by": None,
            "text": text,
            "place": place,
            "photos": [sha256],
            "at": clock.now() - dt.timedelta(days=2, hours=n),
        }
        case = _walked(town, state, made)
        street.cases[state] = case.number
        street.links[state] = link(town.voice(case))
    own = town.report(by=town.lin, photos=[sha256], text="家属院西墙根有一段电线垂到地上。", urgent=True)
    street.own = str(own.public_id)
    street.cases["own"] = own.case.number
    secret = town.report(by=None, contact=town.wu(), matter=town.secret, text="反映某项补贴没有公示。")
    street.cases["confidential"] = secret.case.number
    street.links["confidential"] = link(secret)
    declined = town.reported(by=None, contact=town.wu(), text="希望把家门口的河改道。")
    actions.decline(
        case=declined, by=town.bai, reason="这件事由水利部门规划，街道没有权限。", channel="请拨打12345转水利局。"
    )
    street.cases["declined"], street.links["declined"] = declined.number, link(town.voice(declined))
    into = town.read(Case.objects.unscoped("the test looks").get(number=street.cases["dispatched"]))
    twin = town.reported(by=None, contact=town.wu(), text="东门口卖菜的把路堵了。")
    actions.merge(case=twin, into=into, by=town.bai)
    street.cases["merged"] = twin.number
    street.links["merged"] = link(Report.objects.unscoped("the test looks").get(text="东门口卖菜的把路堵了。"))
    actions.attach_arrived(media=media, by=None, for_everybody=True)
    _blow(town, street, sha256)
    return street


def _blow(town: Town, street: Street, photo: str) -> None:
    """A whistle in every state that a page looks different in."""
    acts = actions.whistling
    emergency = whistle_queries.get_kind("emergency")
    cases = {state: Case.objects.unscoped("the test looks").get(number=n) for state, n in street.cases.items()}
    blown = acts.blow(case=cases["filed"], by=town.lin, kind=emergency, reason="楼道起烟，需要多家一起到场。")
    units = [acts.Summons(unit) for unit in (town.enforcement, town.sanitation, town.office)]
    at = clock.now() - dt.timedelta(minutes=40)
    reason = "私拉电线成片，要停电、拆除、清运一起办。"
    called = acts.blow(case=cases["handling"], by=town.lin, kind=emergency, reason=reason, at=at)
    called = acts.call(whistle=called, by=town.luo, units=units, lead=town.enforcement, at=at)
    acts.arrive(call=called.calls.get(unit=town.sanitation), by=town.hua, at=at + dt.timedelta(minutes=35))
    rated = acts.blow(case=cases["handled"], by=town.lin, kind=emergency, reason="垃圾起火，冒黑烟。", at=at)
    rated = acts.call(whistle=rated, by=town.luo, units=units[:2], lead=town.enforcement, at=at)
    for unit, who in ((town.enforcement, town.he), (town.sanitation, town.hua)):
        here = (cases["handled"].lon, cases["handled"].lat)
        acts.arrive(call=rated.calls.get(unit=unit), by=who, position=here, at=at + dt.timedelta(minutes=9))
    acts.contribute(call=rated.calls.get(unit=town.sanitation), by=town.hua, text="已浇灭并清运。", photos=[photo])
    acts.conclude(whistle=rated, by=town.he, conclusion="明火已灭，专人看守至夜里十点。")
    first = rated.calls.get(unit=town.enforcement)
    acts.rate(whistle=rated, by=town.luo, marks={first.pk: acts.Marks(3, 2, 1, "看守的人提前走了。")})
    street.whistles = {
        state: f"/desk/whistles/{one.number}/"
        for state, one in (("blown", blown), ("called", called), ("concluded", rated))
    }


def link(report: Report) -> str:
    return f"/p/r/{report.public_id}/{queries.link_code(report)}/"


def _walked(town: Town, state: str, made: dict) -> Case:
    if state == "needs_info":
        case = town.reported(**made)
        return actions.ask_for_more(case=case, by=town.bai, question="请问是几点到几点、哪一户？")
    return getattr(town, state)(**made)
