"""早碰头: the list, what is on it and what is not, the decisions that become tasks; and tasks by themselves."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from wangge.domains.fieldwork import field_tasks, stand_ups
from wangge.domains.fieldwork.actions import round_plans, standups, tasks
from wangge.domains.fieldwork.actions.checkpoints import OffTheListError
from wangge.domains.fieldwork.actions.standups import AlreadyHeldError, Decision
from wangge.domains.fieldwork.models import BlockedTask, FieldTask, StandUp, WeatherNotice
from wangge.domains.fieldwork.tests.walking import DAY, FIRE_LANE, WHY, at
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.duties.models import Duty
from wangge.foundation.duties.queries import to_do

ONE = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _on_a_tuesday(time_machine):
    time_machine.move_to(at(8), tick=False)


def kinds_of(area, when=None) -> list[str]:
    return [item["kind"] for item in stand_ups.items_of(area, at=when or at(8))]


def decision(town, **more) -> Decision:
    values = {"title": "清理楼道杂物", "matter": FIRE_LANE, "grid": town.grid1, "due_on": DAY} | more
    return Decision(**values)


def hold(town, *decisions, by=None, area=None, **more):
    return standups.hold(by=by or town.lin, area=area or town.grid1, decisions=decisions, **({"at": at(8, 15)} | more))


def rows() -> tuple[int, int, int, int]:
    held = StandUp.objects.unscoped(WHY).filter(held_at__isnull=False).count()
    acts = AuditEntry.objects.filter(kind__in=["stand_up.hold", "field_task.give"]).count()
    return held, FieldTask.objects.unscoped(WHY).count(), Duty.objects.filter(kind="field_task.do").count(), acts


def test_the_list_is_made_of_what_is_new_late_and_due(town):
    new = town.reported(at=at(16, day=DAY - ONE))
    late = town.reported(at=at(9, day=DAY - 8 * ONE))
    WeatherNotice.objects.create(
        area=town.south,
        trigger="rain",
        level="orange",
        words="暴雨橙色预警",
        starts_at=at(6),
        ends_at=at(20),
    )
    round_plans.make_rounds(at=at(7, day=DAY - ONE))
    round_plans.close_windows(at=at(7))
    items = stand_ups.items_of(town.grid1, at=at(8))
    by_kind = {kind: [item["label"] for item in items if item["kind"] == kind] for kind in stand_ups.SECTIONS}
    assert by_kind["weather"] == ["暴雨橙色预警"]
    assert by_kind["case_overdue"] == [late.number]
    assert by_kind["case_new"] == [new.number]
    assert by_kind["round_missed"] == ["第一网格", "第一网格"]
    assert [item["subject"] for item in items if item["kind"] == "round_missed"] == ["afternoon", "morning"]
    assert kinds_of(town.grid3) == ["weather", "round_missed", "round_missed"]
    assert "case_new" in kinds_of(town.community)


def test_nothing_of_a_person_and_nothing_confidential_is_on_the_list(town):
    case = town.reported(contact=town.wu(), by=None, at=at(16, day=DAY - ONE))
    secret = town.reported(matter=town.secret, at=at(16, day=DAY - ONE), confidential=True)
    text = json.dumps(stand_ups.items_of(town.grid1, at=at(8)), ensure_ascii=False)
    assert case.number in text
    assert secret.number not in text
    assert "吴" not in text
    assert "10012345678" not in text
    assert case.text not in text


def test_since_the_last_stand_up_counts_as_new(town):
    town.reported(at=at(16, day=DAY - ONE))
    hold(town)
    assert "case_new" in kinds_of(town.grid1)  # of today's list it is new all day
    tomorrow = at(8, day=DAY + ONE)
    assert "case_new" not in kinds_of(town.grid1, tomorrow)


def test_the_list_is_frozen_when_it_is_held_and_its_decisions_become_tasks(town):
    held = hold(town, decision(town, assigned=town.lin), decision(town, title="查看井盖"), present=[town.lin.pk])
    assert (held.held_by, held.held_at, held.present, held.day) == (town.lin, at(8, 15), [town.lin.pk], DAY)
    made = stand_ups.decisions_of(held)
    assert [(row.title, row.grid, row.assigned, row.state, row.due_at) for row in made] == [
        ("清理楼道杂物", town.grid1, town.lin, "open", at(18)),
        ("查看井盖", town.grid1, None, "open", at(18)),
    ]
    labels = {duty.label for duty in to_do(town.lin) if duty.subject_type == "field_task"}
    assert labels == {"清理楼道杂物", "查看井盖"}
    assert not [duty for duty in to_do(town.gao) if duty.subject_type == "field_task"]
    items = held.items
    town.reported()
    assert stand_ups.stand_up_of(town.lin, town.grid1, DAY).items == items


def test_a_stand_up_is_held_once_a_day(town):
    hold(town)
    before = rows()
    with pytest.raises(AlreadyHeldError):
        hold(town, decision(town), by=town.fang)
    assert rows() == before
    assert hold(town, by=town.fang, area=town.community).area == town.community


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": " "}, "decisions.0.title"),
        ({"title": "长" * 61}, "decisions.0.title"),
        ({"due_on": DAY + 400 * ONE}, "decisions.0.due_on"),
        ({"due_on": DAY - 9 * ONE}, "decisions.0.due_on"),
        ({"matter": "99999"}, "decisions.0.matter"),
    ],
)
def test_a_decision_that_cannot_be_refuses_the_whole(town, more, field):
    with pytest.raises(InvalidError) as refusal:
        hold(town, decision(town, **more))
    assert refusal.value.field == field
    assert rows() == (0, 0, 0, 0)


def test_a_decision_is_about_a_grid_of_the_place_and_its_people(town):
    for more in ({"grid": town.grid2}, {"assigned": town.gao}, {"assigned": town.he}):
        with pytest.raises(InvalidError):
            hold(town, decision(town, **more))
    assert rows() == (0, 0, 0, 0)
    hold(town, decision(town, grid=town.grid2, assigned=town.gao), by=town.fang, area=town.community)
    assert rows()[1] == 1


def test_who_holds_a_stand_up_and_when(town):
    for user in (town.gao, town.chen, town.zhao, town.he, town.root):
        with pytest.raises(NotAllowedError):
            hold(town, by=user)
    with pytest.raises(NotAllowedError):
        hold(town, area=town.community)
    with pytest.raises(InvalidError):
        hold(town, area=town.south, by=town.luo)
    for day in (DAY + ONE, DAY - 4 * ONE):
        with pytest.raises(InvalidError):
            hold(town, day=day)
    with pytest.raises(InvalidError):
        hold(town, present=[town.he.pk])
    assert rows() == (0, 0, 0, 0)
    assert hold(town, day=DAY - ONE).day == DAY - ONE  # a phone without a signal sends it a day later


def test_lists_are_made_in_the_morning_of_working_days_until_they_are_held(town):
    assert standups.make_lists(at=at(4)) == 0
    assert standups.make_lists(at=at(7, day=dt.date(2026, 11, 21))) == 0
    assert standups.make_lists(at=at(7)) == 4 + 3  # grids and communities
    case = town.reported(at=at(7, 10))
    assert standups.make_lists(at=at(7, 30)) == 7
    row = stand_ups.stand_up_of(town.lin, town.grid1, DAY)
    assert [item["subject"] for item in row.items if item["kind"] == "case_new"] == [case.number]
    assert row.held_at is None
    hold(town)
    assert standups.make_lists(at=at(9)) == 6


def test_the_stand_ups_of_other_places_do_not_exist(town):
    hold(town)
    assert stand_ups.stand_up_of(town.gao, town.grid1, DAY) is None
    assert stand_ups.stand_up_of(town.fang, town.grid1, DAY) is not None
    assert [row.area for row in stand_ups.held_before(town.fang)] == [town.grid1]
    assert stand_ups.held_before(town.gao) == []
    with pytest.raises(NotFoundError):
        stand_ups.area_for(town.lin, town.grid2.pk)
    assert stand_ups.area_for(town.lin, town.grid1.pk) == town.grid1
    assert [area.code for area in stand_ups.areas_for(town.fang)] == [
        town.community.code,
        town.grid1.code,
        town.grid2.code,
    ]


# -- tasks by themselves


def give(town, *, by=None, **more):
    values = {"grid": town.grid1, "matter": FIRE_LANE, "title": "查看井盖", "due_at": at(18)} | more
    return tasks.give_task(by=by or town.fang, **values)


def test_a_task_is_given_done_and_told_apart(town):
    task = give(town, text="东门两处井盖松动。")
    assert field_tasks.text_of(task) == "东门两处井盖松动。"
    assert "井盖松动".encode() not in bytes(task.text)
    done = tasks.do_task(by=town.lin, task=task, note="已加固。", occurred_at=at(8), at=at(9))
    assert (done.state, done.done_by, done.done_at, done.occurred_at) == ("done", town.lin, at(9), at(8))
    assert field_tasks.note_of(done) == "已加固。"
    assert not Duty.objects.filter(subject_type="field_task", done_at__isnull=True).exists()
    assert tasks.do_task(by=town.lin, task=task, note="又一次", at=at(10)).done_at == at(9)
    with pytest.raises(ConflictError):
        tasks.do_task(by=town.fang, task=task)
    with pytest.raises(ConflictError):
        tasks.withdraw_task(by=town.fang, task=task)


def test_who_gives_does_and_takes_back(town):
    for user in (town.lin, town.zhao, town.chen, town.he):
        with pytest.raises(NotAllowedError):
            give(town, by=user)
    assert rows() == (0, 0, 0, 0)
    task = give(town, assigned=town.lin)
    for user in (town.gao, town.zhao, town.chen):
        with pytest.raises(NotAllowedError):
            tasks.do_task(by=user, task=task)
        with pytest.raises(NotAllowedError):
            tasks.withdraw_task(by=user, task=task)
    assert FieldTask.objects.unscoped(WHY).get().state == "open"
    assert tasks.withdraw_task(by=town.luo, task=task).state == "withdrawn"
    assert to_do(town.lin) == []
    with pytest.raises(NotFoundError):
        field_tasks.get_task(town.gao, task.public_id)
    assert field_tasks.get_task(town.lin, task.public_id) == task


def test_work_outside_the_list_is_refused_and_counted_without_a_name(town):
    with pytest.raises(OffTheListError):
        give(town, matter="99999")
    assert rows() == (0, 0, 0, 0)
    tasks.note_blocked(by=town.fang, area=town.grid1, at=at(8))
    assert BlockedTask.objects.unscoped(WHY).count() == 1
    assert field_tasks.blocked(area_path=town.community.path, since=at(0)) == 1
    assert field_tasks.blocked(area_path=town.north.path, since=at(0)) == 0


def test_a_withdrawn_matter_is_off_the_list(town):
    from wangge.foundation.catalogue.models import Matter

    Matter.objects.filter(code=FIRE_LANE).update(valid_to=DAY)
    with pytest.raises(OffTheListError):
        give(town)
    assert rows() == (0, 0, 0, 0)


def test_tasks_of_a_place_by_state_and_page(town):
    first, second = give(town), give(town, grid=town.grid2)
    assert [row.pk for row in field_tasks.tasks(town.fang)] == [first.pk, second.pk]
    assert [row.pk for row in field_tasks.tasks(town.fang, after=first.pk)] == [second.pk]
    assert [row.pk for row in field_tasks.tasks(town.gao)] == [second.pk]
    assert field_tasks.tasks(town.zhao) == []
    assert field_tasks.tasks(town.fang, state="done") == []
    assert [user.username for user in field_tasks.workers_of(town.grid1)] == ["fang", "lin"]


def test_a_report_made_meanwhile_does_not_hide_behind_another_place(town):
    town.reported(area=town.grid2, at=at(16, day=DAY - ONE))
    assert "case_new" not in kinds_of(town.grid1)
