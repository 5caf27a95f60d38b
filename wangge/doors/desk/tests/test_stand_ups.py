"""Stand-ups and tasks at the desk: the list, what is decided, tasks given, done and taken back."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from wangge.domains.fieldwork import field_tasks
from wangge.domains.fieldwork.actions import tasks as actions
from wangge.domains.fieldwork.actions.rounds import _ask_about_gone
from wangge.domains.fieldwork.models import BlockedTask, FieldTask, StandUp
from wangge.domains.fieldwork.tests.walking import DAY, FIRE_LANE, WHY, at, set_up
from wangge.foundation.core import clock

TODAY = DAY.isoformat()


@pytest.fixture(autouse=True)
def _a_tuesday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: at(8))


def main(answer) -> str:
    return answer.content.decode().split("<main")[1]


def rows() -> tuple[int, int, int]:
    held = StandUp.objects.unscoped(WHY).filter(held_at__isnull=False).count()
    return held, FieldTask.objects.unscoped(WHY).count(), BlockedTask.objects.unscoped(WHY).count()


def sent(*decisions: dict[str, object], total: int = 3, **more) -> dict[str, object]:
    values: dict[str, object] = {"d-TOTAL_FORMS": total, "d-INITIAL_FORMS": 0}
    for number, one in enumerate(decisions):
        values |= {f"d-{number}-{name}": value for name, value in one.items()}
    return values | more


def decision(town, **more) -> dict[str, object]:
    values = {"title": "清理楼道杂物", "matter": FIRE_LANE, "grid": town.grid1.pk, "due_on": TODAY, "assigned": ""}
    return values | more


def task(town, **more) -> FieldTask:
    values = {"title": "查看井盖", "matter": FIRE_LANE, "grid": town.grid1, "due_at": at(18)} | more
    return actions.give_task(by=town.fresh(town.fang), at=at(7), **values)


# -- stand-ups


def test_the_list_is_shown_and_recorded_with_its_decisions(town, at_desk):
    case = town.reported(at=at(16, day=DAY - dt.timedelta(days=1)), contact=town.wu(), by=None)
    desk = at_desk("lin")
    assert f"/desk/stand-ups/{town.grid1.pk}/{TODAY}/" in main(desk.get("/desk/stand-ups/"))
    address = f"/desk/stand-ups/{town.grid1.pk}/{TODAY}/"
    page = main(desk.get(address))
    assert f"/desk/cases/{case.number}/" in page
    assert "吴" not in page
    values = sent(decision(town), decision(town, title="查看井盖", assigned=town.lin.pk), present=[town.lin.pk])
    done = desk.post(address, values)
    assert (done.status_code, done["Location"]) == (302, address)
    assert rows() == (1, 2, 0)
    row = StandUp.objects.unscoped(WHY).get()
    assert (row.held_by, row.present, row.area) == (town.lin, [town.lin.pk], town.grid1)
    made = list(FieldTask.objects.unscoped(WHY).order_by("pk").values_list("title", "assigned_id", "due_at"))
    assert made == [("清理楼道杂物", None, at(18)), ("查看井盖", town.lin.pk, at(18))]
    after = main(desk.get(address))
    assert ("清理楼道杂物" in after, "林晓" in after, "<form" in after) == (True, True, False)
    assert address in main(desk.get("/desk/stand-ups/"))


def test_what_no_matter_carries_is_refused_readably_and_counted(town, at_desk):
    address = f"/desk/stand-ups/{town.grid1.pk}/{TODAY}/"
    answer = at_desk("lin").post(address, sent(decision(town), decision(town, title="迎检站台", matter="off-the-list")))
    assert answer.status_code == 422
    text = main(answer)
    assert "不在准入清单" in text
    assert "迎检站台" in text
    assert rows() == (0, 0, 1)


@pytest.mark.parametrize(
    "wrong", [{"title": ""}, {"matter": "nothing"}, {"due_on": "2020-01-01"}, {"due_on": "yesterday"}, {"grid": "x"}]
)
def test_a_wrong_decision_stands_beside_its_field(town, at_desk, wrong):
    address = f"/desk/stand-ups/{town.grid1.pk}/{TODAY}/"
    answer = at_desk("lin").post(address, sent(decision(town, title="先记这一条"), decision(town) | wrong))
    assert answer.status_code == 422
    assert "先记这一条" in main(answer)
    assert rows() == (0, 0, 0)


def test_more_rows_without_losing_what_was_typed(town, at_desk):
    address = f"/desk/stand-ups/{town.grid1.pk}/{TODAY}/"
    answer = at_desk("lin").post(address, sent(decision(town), more="1"))
    assert answer.status_code == 200
    assert ("清理楼道杂物" in main(answer), 'name="d-5-title"' in main(answer)) == (True, True)
    assert rows() == (0, 0, 0)


def test_once_a_day_and_not_of_long_ago(town, at_desk):
    desk = at_desk("lin")
    address = f"/desk/stand-ups/{town.grid1.pk}/{TODAY}/"
    assert desk.post(address, sent()).status_code == 302
    assert desk.post(address, sent(decision(town))).status_code == 422
    assert rows() == (1, 0, 0)
    for day in ("2026-11-01", "2026-11-18", "nonsense"):
        assert desk.get(f"/desk/stand-ups/{town.grid1.pk}/{day}/").status_code == 404


@pytest.mark.parametrize(("who", "code"), [("gao", 404), ("zhao", 403), ("qian", 403), ("fang", 200)])
def test_a_stand_up_is_of_its_place(town, at_desk, who, code):
    address = f"/desk/stand-ups/{town.grid1.pk}/{TODAY}/"
    assert at_desk(who).get(address).status_code == code
    if code != 200:
        assert at_desk(who).post(address, sent(decision(town))).status_code == code
        assert rows() == (0, 0, 0)


def test_a_broken_form_is_refused(town, at_desk):
    address = f"/desk/stand-ups/{town.grid1.pk}/{TODAY}/"
    for values in ({}, {"d-TOTAL_FORMS": "x"}, {"more": "1"}, {"more": "1", "d-TOTAL_FORMS": "999999999999"}):
        assert at_desk("lin").post(address, values).status_code in {200, 422}
    assert rows() == (0, 0, 0)


# -- tasks


def test_a_task_is_given_seen_and_done(town, at_desk):
    desk = at_desk("fang")
    values = decision(town, title="查看井盖", text="三号楼东侧那一个", assigned=town.lin.pk)
    done = desk.post("/desk/tasks/give/", values)
    row = FieldTask.objects.unscoped(WHY).get()
    assert (done.status_code, done["Location"]) == (302, f"/desk/tasks/{row.public_id}/")
    assert (row.title, row.assigned, row.due_at, row.made_by) == ("查看井盖", town.lin, at(18), town.fang)
    mine = at_desk("lin")
    assert "查看井盖" in main(mine.get("/desk/tasks/"))
    assert f"/desk/tasks/{row.pk}/" in main(mine.get("/desk/"))
    led = mine.get(f"/desk/tasks/{row.pk}/")
    assert (led.status_code, led["Location"]) == (302, f"/desk/tasks/{row.public_id}/")
    assert "三号楼东侧那一个" in main(mine.get(led["Location"]))
    assert mine.post(f"/desk/tasks/{row.public_id}/done/", {"note": "盖板已复位"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.done_by, field_tasks.note_of(row)) == ("done", town.lin, "盖板已复位")
    page = main(at_desk("fang").get(f"/desk/tasks/{row.public_id}/"))
    assert ("盖板已复位" in page, "<form" in page) == (True, False)
    assert "查看井盖" in main(at_desk("fang").get("/desk/tasks/?state=done"))
    assert "查看井盖" not in main(at_desk("fang").get("/desk/tasks/"))


def test_off_the_list_no_task_is_given(town, at_desk):
    answer = at_desk("fang").post("/desk/tasks/give/", decision(town, matter="off-the-list"))
    assert answer.status_code == 422
    assert rows() == (0, 0, 1)


def test_who_may_not_give_gives_nothing(town, at_desk):
    assert at_desk("lin").get("/desk/tasks/give/").status_code == 403
    assert at_desk("lin").post("/desk/tasks/give/", decision(town)).status_code == 403
    assert at_desk("fang").post("/desk/tasks/give/", decision(town, grid=town.north_grid.pk)).status_code == 422
    assert rows() == (0, 0, 0)


def test_a_task_is_taken_back_by_who_may(town, at_desk):
    row = task(town)
    assert at_desk("lin").post(f"/desk/tasks/{row.public_id}/withdraw/").status_code == 403
    row.refresh_from_db()
    assert row.state == "open"
    assert at_desk("fang").post(f"/desk/tasks/{row.public_id}/withdraw/").status_code == 302
    row.refresh_from_db()
    assert row.state == "withdrawn"
    assert at_desk("lin").post(f"/desk/tasks/{row.public_id}/done/", {}).status_code == 409


@pytest.mark.parametrize(("who", "code"), [("gao", 404), ("zhao", 403), ("lin", 200), ("fang", 200)])
def test_a_task_is_of_its_place(town, at_desk, who, code):
    row = task(town)
    assert at_desk(who).get(f"/desk/tasks/{row.public_id}/").status_code == code
    if code != 200:
        assert at_desk(who).get(f"/desk/tasks/{row.pk}/").status_code == code
        assert at_desk(who).post(f"/desk/tasks/{row.public_id}/done/", {}).status_code == code
    row.refresh_from_db()
    assert row.state == "open"
    assert at_desk("fang").get(f"/desk/tasks/{uuid.uuid4()}/").status_code == 404


def test_pages_of_tasks(town, at_desk, monkeypatch):
    from wangge.doors.desk import paging

    found = [task(town, title=f"任务{n}") for n in range(3)]
    monkeypatch.setattr(paging, "PAGE", 2)
    text = main(at_desk("lin").get("/desk/tasks/"))
    assert [row.title in text for row in found] == [True, True, False]
    assert "任务2" in main(at_desk("lin").get(f"/desk/tasks/?after={found[1].pk}"))


def test_a_duty_about_a_spot_that_is_gone_leads_there(town, at_desk):
    spot = set_up(town)
    _ask_about_gone(spot, at=at(8))
    desk = at_desk("fang")
    assert f"/desk/rounds/checkpoints/{spot.pk}/" in main(desk.get("/desk/"))
    led = desk.get(f"/desk/rounds/checkpoints/{spot.pk}/")
    assert (led.status_code, led["Location"]) == (302, f"/desk/rounds/checkpoints/{spot.public_id}/")
    assert at_desk("gao").get(f"/desk/rounds/checkpoints/{spot.pk}/").status_code == 404
