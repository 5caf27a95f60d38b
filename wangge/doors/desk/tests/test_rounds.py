"""Rounds at the desk: the day, one round, where one has long not been, checkpoints, labels, windows."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from wangge.domains.fieldwork.actions import round_plans, rounds
from wangge.domains.fieldwork.actions.rounds import Proven
from wangge.domains.fieldwork.models import Checkpoint, Round, RoundPoint, RoundWindow
from wangge.domains.fieldwork.tests.walking import DAY, WHY, at, facts, grid_head, set_up, walk_of
from wangge.foundation.core import clock


@pytest.fixture(autouse=True)
def _a_tuesday(monkeypatch):
    """Nine in the morning of a working day."""
    monkeypatch.setattr(clock, "now", lambda: at(9))


def main(answer) -> str:
    return answer.content.decode().split("<main")[1]


def checkpoints() -> list[Checkpoint]:
    return list(Checkpoint.objects.unscoped(WHY).order_by("pk"))


# -- the day


def test_the_day_shows_grids_and_nobody(town, at_desk):
    spot = set_up(town)
    round_plans.make_rounds(at=at(7))
    walk = walk_of(town.grid1)
    rounds.see_point(
        by=town.fresh(town.lin), walk=walk, checkpoint=spot, proven=Proven("scan", tag=spot.tag), at=at(8, 45)
    )
    rounds.finish_round(by=town.fresh(town.lin), walk=walk, nothing_found=True, at=at(8, 50))
    page = at_desk("fang").get("/desk/rounds/")
    text = main(page)
    assert page.status_code == 200
    assert f"/desk/rounds/{walk.public_id}/" in text
    assert ("已巡" in text, "1/1 个点位" in text) == (True, True)
    assert "林晓" not in text
    one = main(at_desk("fang").get(f"/desk/rounds/{walk.public_id}/"))
    assert spot.name in one
    assert "林晓" not in one


def test_a_day_and_a_place_may_be_chosen(town, at_desk):
    set_up(town)
    round_plans.make_rounds(at=at(7))
    desk = at_desk("fang")
    assert str(walk_of(town.grid2).public_id) in main(desk.get("/desk/rounds/"))
    narrowed = main(desk.get(f"/desk/rounds/?area={town.grid1.pk}&day=2026-11-17"))
    assert str(walk_of(town.grid1).public_id) in narrowed
    assert str(walk_of(town.grid2).public_id) not in narrowed
    assert "/desk/rounds/0" not in main(desk.get("/desk/rounds/?day=2026-11-10"))


def test_rounds_are_let_off_with_a_reason(town, at_desk):
    round_plans.make_rounds(at=at(7))
    desk = at_desk("fang")
    values = {"area": town.grid1.pk, "day": "2026-11-17", "reason": ""}
    refused = desk.post("/desk/rounds/exempt/", values)
    assert refused.status_code == 422
    assert set(Round.objects.unscoped(WHY).values_list("state", flat=True)) == {"due"}
    done = desk.post("/desk/rounds/exempt/", values | {"reason": "weather", "kinds": ["morning"]})
    assert (done.status_code, done["Location"]) == (302, "/desk/rounds/?day=2026-11-17")
    assert (walk_of(town.grid1).state, walk_of(town.grid1, "afternoon").state) == ("exempt", "due")
    again = desk.post("/desk/rounds/exempt/", values | {"reason": "weather", "kinds": ["morning"]})
    assert again.status_code == 422
    assert walk_of(town.grid2).state == "due"


def test_who_walks_does_not_let_off(town, at_desk):
    round_plans.make_rounds(at=at(7))
    values = {"area": town.grid1.pk, "day": "2026-11-17", "reason": "weather"}
    assert at_desk("lin").post("/desk/rounds/exempt/", values).status_code == 403
    assert "/desk/rounds/exempt/" not in main(at_desk("lin").get("/desk/rounds/"))
    assert set(Round.objects.unscoped(WHY).values_list("state", flat=True)) == {"due"}


def test_a_place_that_is_not_planned_here_is_no_choice(town, at_desk):
    round_plans.make_rounds(at=at(7))
    values = {"area": town.north_grid.pk, "day": "2026-11-17", "reason": "weather"}
    assert at_desk("fang").post("/desk/rounds/exempt/", values).status_code == 422
    assert walk_of(town.north_grid).state == "due"


@pytest.mark.parametrize(("who", "code"), [("lin", 200), ("gao", 404), ("fang", 200), ("zhao", 403), ("qian", 403)])
def test_a_round_is_of_its_place(town, at_desk, who, code):
    set_up(town)
    round_plans.make_rounds(at=at(7))
    assert at_desk(who).get(f"/desk/rounds/{walk_of(town.grid1).public_id}/").status_code == code
    assert at_desk("fang").get(f"/desk/rounds/{uuid.uuid4()}/").status_code == 404


# -- checkpoints


def form(town, **more) -> dict[str, object]:
    given = facts(town.grid1)
    values = {
        "name": given.name,
        "kind": given.kind,
        "matter": given.matter,
        "risk": "3",
        "lon": given.lon,
        "lat": given.lat,
    }
    return values | more


def test_a_checkpoint_is_set_up_on_the_map(town, at_desk):
    desk = at_desk("fang")
    assert 'name="lon"' in desk.get("/desk/rounds/checkpoints/add/").content.decode()
    done = desk.post("/desk/rounds/checkpoints/add/", form(town))
    row = checkpoints()[0]
    assert (done.status_code, done["Location"]) == (302, f"/desk/rounds/checkpoints/{row.public_id}/")
    assert (row.grid, row.name, row.risk, row.every_days) == (town.grid1, "3号楼消防通道", 3, 3)
    page = main(desk.get(done["Location"]))
    assert "3号楼消防通道" in page
    assert row.tag not in page
    assert row.name in main(desk.get("/desk/rounds/checkpoints/"))


def test_a_building_is_named_as_people_say_it(town, at_desk):
    desk = at_desk("fang")
    done = desk.post("/desk/rounds/checkpoints/add/", form(town, lon="", lat="", building="物业所家属院3号楼"))
    assert done.status_code == 302
    assert checkpoints()[0].building.name == "3号楼"
    wrong = desk.post("/desk/rounds/checkpoints/add/", form(town, lon="", lat="", building="没有这栋楼99号"))
    assert wrong.status_code == 422
    assert "没有这栋楼99号" in wrong.content.decode()
    assert len(checkpoints()) == 1


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"kind": "castle"}, {"matter": "nothing"}, {"lon": "", "lat": ""}, {"every_days": "0"}]
)
def test_what_is_wrong_is_said_and_kept(town, at_desk, wrong):
    answer = at_desk("fang").post("/desk/rounds/checkpoints/add/", form(town, look_for="看车占道") | wrong)
    assert answer.status_code == 422
    assert "看车占道" in answer.content.decode()
    assert checkpoints() == []


def test_only_who_plans_there_changes_it(town, at_desk):
    row = set_up(town, when=at(7))
    address = f"/desk/rounds/checkpoints/{row.public_id}/"
    page = at_desk("lin").get(address)
    assert page.status_code == 200
    assert "<form" not in main(page)
    for path in ("", "end/", "tag/"):
        assert at_desk("lin").post(address + path, form(town, name="改名")).status_code == 403
    assert at_desk("gao").get(address).status_code == 404
    held = checkpoints()[0]
    assert (held.name, held.tag, held.valid_to) == (row.name, row.tag, None)


def test_it_is_changed_given_a_new_code_and_ended(town, at_desk):
    row = set_up(town, when=at(7))
    desk, address = at_desk("fang"), f"/desk/rounds/checkpoints/{row.public_id}/"
    assert desk.post(address, form(town, name="消防通道北口", every_days="5")).status_code == 302
    assert desk.post(address + "tag/").status_code == 302
    held = checkpoints()[0]
    assert (held.name, held.every_days, held.tag != row.tag) == ("消防通道北口", 5, True)
    assert desk.post(address + "end/").status_code == 302
    assert checkpoints()[0].valid_to == DAY + dt.timedelta(days=1)


def test_many_from_a_sheet_all_or_none(town, at_desk):
    desk = at_desk("fang")
    lon, lat = facts(town.grid1).lon, facts(town.grid1).lat
    head = "点位名称,类型,事项,风险,经度,纬度\n"
    good = f"配电房,电力设施,09012,高,{lon},{lat}\n"
    page = desk.get("/desk/rounds/checkpoints/many/")
    assert "点位名称" in main(page)
    kind = str(Checkpoint.Kind.POWER.label)
    good = good.replace("电力设施", kind if kind.isascii() else "power")
    bad = desk.post(
        "/desk/rounds/checkpoints/many/", {"text": head + good + "无类型,城堡,09012,高,1,1\n", "crs": "WGS84"}
    )
    assert bad.status_code == 422
    assert "第 3 行" in bad.content.decode()
    assert checkpoints() == []
    done = desk.post("/desk/rounds/checkpoints/many/", {"text": head + good, "crs": "WGS84"})
    assert (done.status_code, [row.name for row in checkpoints()]) == (302, ["配电房"])


def test_labels_are_a_pdf_for_who_plans(town, at_desk):
    row = set_up(town, when=at(7))
    desk = at_desk("fang")
    for query in ("", f"?area={town.grid1.pk}", f"?checkpoint={row.public_id}"):
        answer = desk.get(f"/desk/rounds/checkpoints/labels.pdf{query}")
        assert (answer.status_code, answer["Content-Type"], answer.content[:5]) == (200, "application/pdf", b"%PDF-")
        assert answer["Cache-Control"] == "no-store"
    assert desk.get(f"/desk/rounds/checkpoints/labels.pdf?area={town.grid2.pk}").status_code == 404
    assert desk.get("/desk/rounds/checkpoints/labels.pdf?checkpoint=nonsense").status_code == 404
    assert at_desk("lin").get("/desk/rounds/checkpoints/labels.pdf").status_code == 403


def test_pages_of_checkpoints(town, at_desk, monkeypatch):
    from wangge.doors.desk import paging

    rows = [set_up(town, name=f"点位{n}", when=at(7)) for n in range(3)]
    monkeypatch.setattr(paging, "PAGE", 2)
    text = main(at_desk("fang").get("/desk/rounds/checkpoints/"))
    assert [row.name in text for row in rows] == [True, True, False]
    assert f"after={rows[1].pk}" in text
    rest = main(at_desk("fang").get(f"/desk/rounds/checkpoints/?after={rows[1].pk}"))
    assert [row.name in rest for row in rows] == [False, False, True]


# -- coverage


def test_where_one_has_long_not_been(town, at_desk):
    set_up(town, name="久未巡查", risk=3, when=at(7, day=dt.date(2026, 11, 2)))
    set_up(town, area=town.grid2, name="刚刚设立", risk=3, when=at(7))
    page = at_desk("fang").get("/desk/rounds/coverage/")
    assert [len(page.context["grids"]), page.context["late"], page.context["count"]] == [2, 1, 2]
    tones = {
        one["properties"]["title"].split(" ")[0]: one["properties"]["tone"]
        for one in page.context["points"]["features"]
    }
    assert tones == {"久未巡查": "red", "刚刚设立": "green"}
    assert "久未巡查" in main(page)
    mine = at_desk("gao").get("/desk/rounds/coverage/")
    assert "久未巡查" not in main(mine)
    assert mine.context["count"] == 1


# -- windows


def test_a_window_is_planned_and_dropped(town, at_desk):
    desk = at_desk("fang")
    page = main(desk.get(f"/desk/rounds/windows/?area={town.grid1.pk}"))
    assert ("08:30–11:30" in page, "14:30–18:00" in page) == (True, True)
    values = {"area": town.grid1.pk, "kind": "night", "days": "daily", "opens": "21:00", "closes": "01:00"}
    done = desk.post("/desk/rounds/windows/", values)
    assert (done.status_code, done["Location"]) == (302, f"/desk/rounds/windows/?area={town.grid1.pk}")
    row = RoundWindow.objects.get()
    assert (row.area, row.kind, row.valid_from) == (town.grid1, "night", DAY + dt.timedelta(days=1))
    assert "21:00–01:00" in main(desk.get(done["Location"]))
    assert desk.post(f"/desk/rounds/windows/{row.pk}/drop/").status_code == 302
    assert not RoundWindow.objects.filter(valid_to__isnull=True).exists()
    assert desk.post(f"/desk/rounds/windows/{row.pk}/drop/").status_code == 404


def test_a_wrong_window_and_a_foreign_place_are_refused(town, at_desk):
    values = {"area": town.grid1.pk, "kind": "morning", "days": "workdays", "opens": "11:00", "closes": "08:00"}
    assert at_desk("fang").post("/desk/rounds/windows/", values).status_code == 422
    assert at_desk("fang").post("/desk/rounds/windows/", values | {"area": town.north_grid.pk}).status_code == 422
    assert at_desk("lin").post("/desk/rounds/windows/", values).status_code == 403
    assert RoundWindow.objects.count() == 0


def test_the_head_of_a_grid_plans_his_own(town, client):
    kong = grid_head(town, town.grid1)
    town.log_in(client, kong)
    values = {"area": town.grid1.pk, "kind": "morning", "days": "daily", "opens": "08:00", "closes": "11:00"}
    assert client.post("/desk/rounds/windows/", values).status_code == 302
    assert client.post("/desk/rounds/windows/", values | {"area": town.grid2.pk}).status_code == 422
    assert RoundWindow.objects.count() == 1
    assert RoundPoint.objects.count() == 0
