"""Rounds, stand-ups and tasks by the phone's door."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from wangge.domains.fieldwork import field_tasks
from wangge.domains.fieldwork import phones as phone_store
from wangge.domains.fieldwork.actions import round_plans, tasks
from wangge.domains.fieldwork.models import FieldTask, Refused, RoundPoint, StandUp
from wangge.domains.fieldwork.tests.walking import DAY, FIRE_LANE, WHY, at, set_up, walk_of
from wangge.doors.api.sync.tests.conftest import report
from wangge.foundation.core.models import ContradictingReplay, IdempotencyKey

OCCURRED = "2026-11-17T08:45:00+08:00"


@pytest.fixture(autouse=True)
def _on_a_tuesday(time_machine):
    time_machine.move_to(at(9), tick=False)


@pytest.fixture
def point(town):
    row = set_up(town, every_days=1)
    round_plans.make_rounds(at=at(7))
    return row


def of_round(town, **more) -> dict:
    return {"grid": town.grid1.pk, "day": DAY.isoformat(), "kind": "morning"} | more


def command(phone, kind, data) -> dict:
    return phone.command(kind, occurred_at=OCCURRED) | {"data": data}


def one(phone, kind, data) -> dict:
    (result,) = phone.send(command(phone, kind, data))
    return result


def seen(point) -> list[tuple[str, str]]:
    return list(RoundPoint.objects.exclude(state="due").values_list("state", "proof"))


def test_a_scan_is_sent_later_and_twice(town, phones, point):
    lin = phones(town.lin)
    tag = f"https://grid.example/t/{point.tag}/"
    sent = command(lin, "patrol.point", of_round(town, checkpoint=str(point.public_id), proof="scan", tag=tag))
    first, again = lin.send(sent, sent)
    assert (first["status"], first["answer"]["state"], again["replayed"]) == ("done", "seen", True)
    row = RoundPoint.objects.get(checkpoint=point, round=walk_of(town.grid1))
    assert (row.proof, row.occurred_at, row.recorded_at) == ("scan", dt.datetime.fromisoformat(OCCURRED), at(9))


def test_a_tap_on_the_spot_leaves_only_metres(town, phones, point):
    lin = phones(town.lin)
    near = {"proof": "near", "lon": 116.005431, "lat": 35.005377, "accuracy": 9.0}
    done = one(lin, "patrol.point", of_round(town, checkpoint=str(point.public_id), **near))
    assert done["status"] == "done"
    assert "116.005431" not in str(done)
    assert RoundPoint.objects.get(checkpoint=point, round=walk_of(town.grid1)).metres == 60
    key = IdempotencyKey.objects.get()
    assert b"116.005431" not in bytes(key.answer)


def test_no_position_stays_behind_in_what_was_refused_or_contradicted(town, phones, point):
    lin = phones(town.lin)
    far = of_round(town, checkpoint=str(point.public_id), proof="near", lon=116.005431, lat=35.009, accuracy=9.0)
    sent = command(lin, "patrol.point", far)
    (refused,) = lin.send(sent)
    assert (refused["status"], refused["problem"]["field"]) == ("refused", "lon")
    assert phone_store.command(Refused.objects.get())["data"] == of_round(
        town, checkpoint=str(point.public_id), proof="near"
    )
    # Nearer by some steps: the same command once more, which is now carried out.
    (again,) = lin.send(sent | {"data": far | {"lon": 116.0054, "lat": 35.0054}})
    assert again["status"] == "done"
    assert not ContradictingReplay.objects.exists()
    assert Refused.objects.get().state == "sent_anew"


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"proof": "scan", "tag": "WRONG"}, "invalid", "tag"),
        ({"proof": "near", "lon": 116.005, "lat": 35.009}, "invalid", "lon"),
        ({"proof": "near", "lon": "116", "lat": 35.0}, "invalid", "lon"),
        ({"proof": "reason"}, "invalid", "why"),
        ({"proof": "reason", "why": "tired"}, "invalid", "why"),
        ({"proof": "reason", "why": "indoors", "kind": "night"}, "not-found", None),
        ({"proof": "reason", "why": "indoors", "grid": 2**61}, "not-found", None),
        ({"proof": "reason", "why": "indoors", "checkpoint": str(uuid.uuid4())}, "not-found", None),
        ({"proof": "reason", "why": "indoors", "speed": 3}, "invalid", "speed"),
    ],
)
def test_a_refused_point_is_kept_and_changes_nothing(town, phones, point, more, code, field):
    lin = phones(town.lin)
    refused = one(lin, "patrol.point", of_round(town, **({"checkpoint": str(point.public_id)} | more)))
    assert refused["status"] == "refused"
    assert (refused["problem"]["code"], refused["problem"]["field"]) == (code, field)
    assert seen(point) == []
    row = Refused.objects.get()
    assert b"35.009" not in bytes(row.body)  # sealed


def test_the_round_of_another_grid_does_not_exist(town, phones, point):
    gao = phones(town.gao)
    refused = one(gao, "patrol.point", of_round(town, checkpoint=str(point.public_id), proof="reason", why="indoors"))
    assert refused["problem"]["code"] == "not-found"
    assert one(gao, "patrol.finish", of_round(town, nothing_found=True))["problem"]["code"] == "not-found"
    assert seen(point) == []
    assert walk_of(town.grid1).state == "due"


def test_finishing_asks_once_for_what_was_not_seen(town, phones, point):
    lin = phones(town.lin)
    refused = one(lin, "patrol.finish", of_round(town, nothing_found=True))
    assert (refused["status"], refused["problem"]["field"]) == ("refused", "why")
    done = one(lin, "patrol.finish", of_round(town, nothing_found=True, why="indoors"))
    assert done["answer"] == {
        "round": str(walk_of(town.grid1).public_id),
        "state": "done",
        "nothing_found": True,
    }


def test_what_was_found_on_a_round_is_noted_there(town, phones, point):
    lin = phones(town.lin)
    ref = {"grid": town.grid1.pk, "day": DAY.isoformat(), "kind": "morning", "checkpoint": str(point.public_id)}
    made = lin.one("report.make", **report(round=ref))
    row = RoundPoint.objects.get(checkpoint=point, round=walk_of(town.grid1))
    assert row.case_number == made["answer"]["number"]


def test_a_report_stands_though_its_round_is_unknown(town, phones, point):
    lin = phones(town.lin)
    ref = {"grid": town.grid2.pk, "day": DAY.isoformat(), "kind": "morning"}
    assert lin.one("report.make", **report(round=ref))["status"] == "done"
    assert not RoundPoint.objects.exclude(case_number="").exists()


def test_a_task_is_done_from_the_phone(town, phones):
    task = tasks.give_task(by=town.fang, grid=town.grid1, matter=FIRE_LANE, title="查看井盖", due_at=at(18))
    gao = phones(town.gao)
    assert gao.one("task.done", task=str(task.public_id))["problem"]["code"] == "not-found"
    lin = phones(town.lin)
    done = lin.one("task.done", task=str(task.public_id), note="已加固。")
    assert done["answer"] == {"task": str(task.public_id), "state": "done"}
    assert field_tasks.note_of(FieldTask.objects.unscoped(WHY).get()) == "已加固。"


def hold(town, **more) -> dict:
    decision = {"title": "清理楼道", "matter": FIRE_LANE, "grid": town.grid1.pk, "due_on": DAY.isoformat()}
    return {"area": town.grid1.pk, "day": DAY.isoformat(), "decisions": [decision]} | more


def test_a_stand_up_is_held_from_the_phone(town, phones):
    lin = phones(town.lin)
    done = lin.one("standup.hold", **hold(town, present=[town.lin.pk]))
    task = FieldTask.objects.unscoped(WHY).get()
    assert done["answer"] == {"area": town.grid1.pk, "day": "2026-11-17", "tasks": [str(task.public_id)]}
    again = phones(town.fang).one("standup.hold", **hold(town))
    assert again["problem"]["code"] == "stand-up-held"
    assert FieldTask.objects.unscoped(WHY).count() == 1


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"matter": "99999"}, "not-on-the-list", "decisions.0.matter"),
        ({"grid": 2**61}, "invalid", "decisions.0.grid"),
        ({"assigned": 2**61}, "invalid", "decisions.0.assigned"),
        ({"title": ""}, "invalid", "decisions.0.title"),
    ],
)
def test_a_decision_that_cannot_be_refuses_the_stand_up(town, phones, change, code, field):
    said = hold(town)
    said["decisions"][0] |= change
    refused = phones(town.lin).one("standup.hold", **said)
    assert (refused["status"], refused["problem"]["code"], refused["problem"]["field"]) == ("refused", code, field)
    assert not StandUp.objects.unscoped(WHY).filter(held_at__isnull=False).exists()
    assert FieldTask.objects.unscoped(WHY).count() == 0
    expected = 1 if code == "not-on-the-list" else 0
    assert field_tasks.blocked(area_path=town.grid1.path, since=at(0)) == expected
