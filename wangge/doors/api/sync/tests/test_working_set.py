"""What a phone holds: exactly the grids on duty, nothing of the register of residents, and it leaves with the post."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import uuid

import pytest

from wangge.domains.cases import actions
from wangge.domains.fieldwork.actions import phones as telling
from wangge.domains.fieldwork.models import (
    Campaign,
    Checkpoint,
    FieldTask,
    Link,
    Phone,
    Round,
    RoundPoint,
    StandUp,
    VisitDue,
    WeatherNotice,
)
from wangge.domains.fieldwork.working_set import COLLECTIONS, short_text, tag_fingerprint
from wangge.doors.api.sync.held import HELD
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.accounts.models import Post
from wangge.foundation.core import clock
from wangge.foundation.duties.queries import to_do

WALK_NAME = "5号楼消防通道"


@pytest.fixture
def courier(town):
    """A courier who tips off, and a party member linked to a household: limited reporters of grid 1."""
    user = accounts.add_user(by=None, username="courier", name="送快递的小郑", password=None)
    accounts.give_post(by=None, user=user, role="courier", valid_from=dt.date(2024, 1, 1), area=town.grid1)
    return user


@pytest.fixture
def member(town):
    user = accounts.add_user(by=None, username="member", name="党员老范", password=None)
    accounts.give_post(by=None, user=user, role="linked_member", valid_from=dt.date(2024, 1, 1), area=town.grid1)
    return user


def checkpoint(town, grid, **more) -> Checkpoint:
    values = {
        "grid": grid, "area_path": grid.path, "kind": "fire_lane", "name": WALK_NAME, "every_days": 2,
        "matter": town.litter, "lon": grid.lon, "lat": grid.lat, "tag": f"TAG{grid.pk}", "valid_from": dt.date(2024, 1, 1),
    } | more  # fmt: skip
    return Checkpoint.objects.create(**values)


def due(home=None, firm=None, **more) -> VisitDue:
    path = (home or firm).area_path
    values = {"household": home, "firm": firm, "area_path": path, "due_on": clock.today(), "grounds": b"x"} | more
    return VisitDue.objects.create(**values)


@pytest.fixture
def full(town, homes):
    """Something of every kind in grid 1, in grid 2 and in the other street."""
    today = clock.today()
    opens = dt.datetime.combine(today, dt.time(8, 30), tzinfo=clock.OFFICE)
    for grid, home in ((town.grid1, homes.wu_home), (town.grid2, homes.cheng_home), (town.north_grid, homes.sun_home)):
        point = checkpoint(town, grid)
        walk = Round.objects.create(
            grid=grid, area_path=grid.path, day=today, kind="morning", opens_at=opens,
            closes_at=opens + dt.timedelta(hours=3),
        )  # fmt: skip
        RoundPoint.objects.create(round=walk, checkpoint=point)
        due(home)
        FieldTask.objects.create(
            grid=grid, area_path=grid.path, matter=town.litter, title=f"清理{grid.name_zh}", text=b"x",
            due_at=clock.now(), made_at=clock.now(),
        )  # fmt: skip
        StandUp.objects.create(area=grid, area_path=grid.path, day=today, items=[{"kind": "new", "label": "3"}])
        by = town.zhao if grid == town.north_grid else town.lin
        town.reported(by=by, area=grid, text=f"{grid.name_zh}的事，电话 100 1234 5678 或 999999194703050028")
    due(firm=homes.shop)
    WeatherNotice.objects.create(
        area=town.south, trigger="cold", level="blue", words="寒潮蓝色预警", starts_at=clock.now(),
        ends_at=clock.now() + dt.timedelta(days=1),
    )  # fmt: skip
    return homes


def names(phone, collection) -> list:
    return sorted(str(item.get("name") or item.get("title") or item["id"]) for item in phone.held[collection].values())


def test_lins_phone_holds_grid_1(town, phones, full):
    lin = phones(town.lin)
    said = lin.sync()
    assert set(said["collections"]) == set(COLLECTIONS)
    assert all(change["full"] for name, change in said["collections"].items() if change["count"])
    assert (said["on_duty"], said["ends_on"]) == (True, None)
    assert [(a["id"], a["name"], a["community_name"]) for a in lin.held["areas"].values()] == [
        (town.grid1.pk, "第一网格", "槐荫社区")
    ]
    assert lin.held["areas"][town.grid1.pk]["boundary"]["type"] == "Polygon"
    assert names(lin, "buildings") == ["3号楼"]
    assert names(lin, "compounds") == ["物业所家属院"]
    assert [(p["grid"], p["tag"]) for p in lin.held["checkpoints"].values()] == [
        (town.grid1.pk, tag_fingerprint(f"TAG{town.grid1.pk}"))
    ]
    (walk,) = lin.held["rounds"].values()
    assert (walk["grid"], walk["state"], [p["state"] for p in walk["points"]]) == (town.grid1.pk, "due", ["due"])
    (case,) = lin.held["cases"].values()
    assert (case["area"], case["state"]) == (town.grid1.pk, "reported")
    doors = sorted((v["object"], v["door"], v["building"]) for v in lin.held["visits"].values())
    assert doors[0] == ("firm", full.shop.address, None)
    assert doors[1] == ("home", "2单元301", full.building.pk)
    assert names(lin, "tasks") == ["清理第一网格"]
    assert sorted(n["kind"] for n in lin.held["notices"].values()) == ["standup", "weather"]
    assert len(lin.held["matters"]) > 50
    assert lin.held["me"]["me"]["grids"] == [town.grid1.pk]


@pytest.mark.parametrize(
    ("who", "areas", "filled"),
    [
        ("gao", {"grid2"}, {"cases", "checkpoints", "rounds", "tasks", "visits"}),
        ("fang", {"grid1", "grid2"}, {"cases", "checkpoints", "rounds", "tasks", "visits"}),
        ("zhao", {"north_grid"}, {"cases"}),
        ("courier", {"grid1"}, set()),
        ("member", {"grid1"}, set()),
        ("tan", set(), set()),
        ("root", set(), set()),
    ],
)
def test_everybodys_phone_holds_his_grids_and_what_his_posts_let_him_do(
    town, phones, full, courier, member, who, areas, filled
):
    user = {"courier": courier, "member": member}.get(who) or getattr(town, who)
    phone = phones(user)
    phone.sync()
    assert set(phone.held["areas"]) == {getattr(town, area).pk for area in areas}
    assert {name for name in ("cases", "checkpoints", "rounds", "tasks", "visits") if phone.held[name]} == filled
    for name, key in (("checkpoints", "grid"), ("rounds", "grid"), ("tasks", "grid"), ("cases", "area")):
        assert {item[key] for item in phone.held[name].values()} <= {getattr(town, area).pk for area in areas}
    assert bool(phone.held["matters"]) == bool(areas)


def test_a_linked_member_holds_his_own_doors(town, phones, homes, member):
    Link.objects.create(user=member, household=homes.wu_home, area_path=town.grid1.path, valid_from=dt.date(2026, 1, 1))
    mine = due(homes.wu_home, linked=member)
    due(homes.wang_home)
    phone = phones(member)
    phone.sync()
    assert list(phone.held["visits"]) == [str(mine.public_id)]


def test_nothing_of_the_register_is_in_it(town, phones, full):
    """No name, phone, number, need or ground: neither of residents nor of who reported."""
    town.reported(contact=town.wu(), text="吴桂英反映，电话10012345678，身份证999999194703050028")
    campaign = Campaign.objects.create(
        name_zh="寒潮走访",
        trigger="cold",
        area=town.grid1,
        area_path=town.grid1.path,
        matter=town.litter,
        ask="看看暖气",
    )
    VisitDue.objects.unscoped("test").filter(household=full.wu_home).update(campaign=campaign)
    for user in (town.lin, town.fang, town.luo):
        phone = phones(user)
        text = json.dumps(phone.sync(), ensure_ascii=False)
        for person in (full.wu, full.wang, full.li, full.girl, full.sun):
            assert str(person.public_id) not in text
        for home in (full.wu_home, full.wang_home):
            assert str(home.public_id) not in text
        assert str(full.shop.public_id) not in text
        canaries = ("吴淑芬", "王建国", "程小雨", "10012345678", "100 1234 5678", "1001234", "999999194703050028")
        assert [canary for canary in (*canaries, full.shop.name, '"grounds"', "contact_mask") if canary in text] == []
    assert phones(town.lin).sync()["collections"]["visits"]["items"][0]["ask"] in {"", "看看暖气"}


def test_every_item_is_as_the_document_says(town, phones, full):
    lin, he = phones(town.lin), phones(town.he)
    lin.one("case.sign_for", case="NC-2026-999999")
    town.dispatched()
    lin.sync()
    he.sync()
    assert HELD.keys() == COLLECTIONS.keys()
    assert {name for name in HELD if not lin.held[name]} <= {"todo"}
    for phone in (lin, he):
        for name, held in phone.held.items():
            for item in held.values():
                HELD[name].model_validate(item)


def test_texts_are_short_and_numbers_masked():
    assert short_text("电话10012345678。") == "电话***********。"
    assert short_text("100-1234-5678 转 12") == "************* 转 12"
    assert short_text("3号楼2单元301，110") == "3号楼2单元301，110"
    assert short_text("字" * 121) == "字" * 119 + "…"
    assert short_text("字" * 120) == "字" * 120


def test_a_confidential_case_is_on_no_phone(town, phones):
    town.reported(confidential=True)
    for user in (town.lin, town.luo):
        phone = phones(user)
        phone.sync()
        assert phone.held["cases"] == {}


def test_a_unit_finds_what_it_has_to_do(town, phones):
    case = town.dispatched()
    he = phones(town.he)
    said = he.sync()
    assert (said["on_duty"], list(he.held["cases"]), he.held["areas"]) == (True, [case.number], {})
    assert {name for name, held in he.held.items() if held} == {"me", "cases", "todo", "matters"}
    assert [post["area_name"] for post in he.held["me"]["me"]["posts"]] == [town.enforcement.name]
    assert he.caller.raw("GET", "/sync/hello").json()["on_duty"] is True
    (duty,) = he.held["todo"].values()
    assert (duty["kind"], duty["case"], duty["verbs"]) == ("case.dispatched", case.number, ["sign_for", "send_back"])


def test_it_travels_packed_to_who_can_unpack_it(town, phones, full):
    lin = phones(town.lin)
    body = json.dumps({"phone": lin.id}).encode()
    plain = lin.caller.raw("POST", "/sync/working-set", body)
    packed = lin.caller.raw("POST", "/sync/working-set", body, **{"Accept-Encoding": "gzip, br"})
    assert ("Content-Encoding" in plain, packed["Content-Encoding"]) == (False, "gzip")
    assert len(packed.content) * 3 < len(plain.content)
    assert json.loads(gzip.decompress(packed.content))["collections"] == plain.json()["collections"]
    assert "Accept-Encoding" in packed["Vary"]
    assert packed["Cache-Control"] == "no-store"


def test_only_what_changed_travels(town, phones):
    lin = phones(town.lin)
    case = town.reported()
    lin.sync()
    token = lin.token
    said = lin.sync()
    assert said["token"] == token
    assert {name for name, change in said["collections"].items() if change["items"] or change["gone"]} == set()
    actions.file(case=case, by=town.bai, matter=case.matter)
    said = lin.sync()
    assert said["token"] != token
    assert [item["id"] for item in said["collections"]["cases"]["items"]] == [case.number]
    assert not said["collections"]["cases"]["full"]
    assert said["collections"]["matters"] == {
        "full": False, "items": [], "gone": [], "count": len(lin.held["matters"]),
        "digest": said["collections"]["matters"]["digest"],
    }  # fmt: skip
    actions.void(case=case, by=town.luo, reason="误报")
    said = lin.sync()
    assert said["collections"]["cases"]["gone"] == [case.number]
    assert lin.held["cases"] == {}


def test_a_phone_that_lost_something_is_given_that_collection_whole(town, phones):
    lin = phones(town.lin)
    town.reported()
    lin.sync()
    assert Phone.objects.get().drifted_at is None
    del lin.held["matters"]["06001"]
    said = lin.sync()
    assert [name for name, change in said["collections"].items() if change["full"]] == ["matters"]
    assert Phone.objects.get().drifted_at is not None


def test_a_token_of_another_phone_is_worth_nothing(town, phones):
    lin, gao = phones(town.lin), phones(town.gao)
    lin.sync()
    gao.token = lin.token
    gao.sync()
    assert set(gao.held["areas"]) == {town.grid2.pk}


def test_at_the_end_of_the_post_everything_goes(town, phones):
    Post.objects.filter(user=town.lin).update(valid_to=clock.today() + dt.timedelta(days=1))
    lin = phones(town.lin)
    said = lin.sync()
    assert said["ends_on"] == clock.today().isoformat()
    assert lin.held["me"]["me"]["ends_on"] == clock.today().isoformat()
    Post.objects.filter(user=town.lin).update(valid_to=clock.today())
    said = lin.sync()
    assert said["on_duty"] is False
    assert {name: items for name, items in lin.held.items() if items} == {}
    assert Phone.objects.get().ended_at is not None
    Post.objects.filter(user=town.lin).update(valid_to=None)
    assert lin.sync()["on_duty"] is True
    assert Phone.objects.get().ended_at is None


def test_who_stands_in_holds_both_grids_for_as_long(town, phones):
    accounts.give_post(
        by=None, user=town.lin, role="grid_worker", valid_from=clock.today(), area=town.grid2, basis="standing_in",
        valid_to=clock.today() + dt.timedelta(days=2),
    )  # fmt: skip
    lin = phones(town.lin)
    said = lin.sync()
    assert set(lin.held["areas"]) == {town.grid1.pk, town.grid2.pk}
    assert said["ends_on"] is None
    assert [(p["standing_in"], p["last_day"]) for p in lin.held["me"]["me"]["posts"]] == [
        (False, None), (True, (clock.today() + dt.timedelta(days=1)).isoformat()),
    ]  # fmt: skip


def test_twice_the_cases_ask_no_more_queries(town, phones):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    lin = phones(town.lin)
    counts = []
    for _round in range(2):
        for _case in range(3):
            town.reported()
        lin.token, lin.held = "", {}
        lin.sync()
        with CaptureQueriesContext(connection) as seen:
            lin.sync()
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] < 45


def test_the_station_is_told_of_what_waits_for_a_day(town, phones):
    lin = phones(town.lin)
    lin.send(waiting=2, oldest_age_s=23 * 3600)
    assert telling.worry_about_phones() == 0
    tomorrow = clock.now() + dt.timedelta(hours=2)
    assert telling.worry_about_phones(at=tomorrow) == 1
    assert telling.worry_about_phones(at=tomorrow) == 0
    assert [(d.kind, d.label) for d in to_do(town.fang) if d.subject_type == "phone"] == [("phone.unsent", "林晓")]
    assert not [d for d in to_do(town.gao) if d.subject_type == "phone"]
    row = Phone.objects.get()
    Phone.objects.filter(pk=row.pk).update(oldest_since=row.oldest_since - dt.timedelta(hours=2))
    lin.send(waiting=0)
    assert not [d for d in to_do(town.fang) if d.subject_type == "phone"]


@pytest.mark.parametrize(
    "more", [{"token": "x" * 41}, {"held": {"cases": {"count": 1, "digest": "x"}}}, {"phone": 1}, {"held": {"x y": {}}}]
)
def test_a_malformed_request_is_refused(town, phones, more):
    from wangge.doors.api.sync.tests.conftest import dumps

    body = {"phone": str(uuid.uuid4())} | more
    assert phones(town.lin).caller.raw("POST", "/sync/working-set", dumps(body)).status_code == 422
    assert not Phone.objects.exists()
