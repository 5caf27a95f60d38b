"""What is planned, what a visit answers, what a refusal means, and what nobody sees without the right to it."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from wangge.domains.cases.models import Case
from wangge.domains.fieldwork import grounds, visits
from wangge.domains.fieldwork.actions import visit_planning, visit_rules
from wangge.domains.fieldwork.actions.visits import allow_visits, make_visit
from wangge.domains.fieldwork.models import Link, Visit, VisitDue, VisitRule
from wangge.domains.people.actions import changing, needs
from wangge.domains.people.models import Household, PopulationChange
from wangge.domains.people.tests.homes import read
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError

TODAY = dt.date(2026, 11, 21)
NOW = dt.datetime(2026, 11, 21, 10, 0, tzinfo=clock.OFFICE)
VERIFIED = dt.date(2026, 9, 1)
WEEKLY = "每周联系一次"


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def homes(homes):
    """Since long in the registry: nobody's first visit is spread."""
    Household.objects.unscoped("the test's own").update(created_at=NOW - dt.timedelta(days=400))
    return homes


@pytest.fixture
def rules(town):
    """The shipped ones, as the cast's database holds them."""
    assert VisitRule.objects.filter(by=None, valid_to=None).count() == 11


def in_days(days: int) -> dt.date:
    return TODAY + dt.timedelta(days=days)


def open_due(household) -> VisitDue | None:
    rows = VisitDue.objects.unscoped("the test looks at the row")
    return rows.filter(household=household, state="open").first()


def every() -> list[VisitDue]:
    return list(VisitDue.objects.unscoped("the test looks at the rows").order_by("pk"))


def visit(town, household, **more):
    values = {"by": town.lin, "public_id": uuid.uuid4(), "household": household, "result": "met"}
    return make_visit(**(values | more)).visit


def linked(town, household, login: str = "dang"):
    """Somebody who is a party member and nothing else, linked to a household since a week."""
    user = accounts.add_user(by=None, username=login, name="党一心", password=None)
    accounts.give_post(by=None, user=user, role="linked_member", valid_from=dt.date(2024, 1, 1), area=town.grid1)
    Link.objects.create(user=user, household=household, area_path=household.area_path, valid_from=in_days(-7))
    return user


# Rules


def test_the_shipped_rules_load_once_and_rest_on_admitted_matters(rules):
    assert visit_rules.load_visit_rules() == 0
    assert {rule.matter.code for rule in VisitRule.objects.all()} == {
        "24004", "24001", "24010", "24002", "24003", "32006", "32007",
    }  # fmt: skip
    days = dict(VisitRule.objects.values_list("code", "every_days"))
    assert (days["lives-alone"], days["unable"], days["low-income"], days["new-tenant"]) == (7, 31, 92, 7)


def test_a_rule_is_edited_by_a_new_version_at_a_place(town, rules):
    made = visit_rules.set_rule(
        by=town.luo, code="yearly", name_zh="年度核实", object="ordinary", every_days=180,
        matter=VisitRule.objects.get(code="yearly").matter, area=town.south,
    )  # fmt: skip
    assert (made.valid_from, made.area, made.by) == (TODAY, town.south, town.luo)
    assert VisitRule.objects.get(code="yearly", area=None).valid_to is None
    again = visit_rules.set_rule(
        by=town.luo,
        code="yearly",
        name_zh="年度核实",
        object="ordinary",
        every_days=200,
        matter=made.matter,
        area=town.south,
    )
    assert [(one.every_days, one.valid_to) for one in VisitRule.objects.filter(area=town.south)] == [(200, None)]
    VisitRule.objects.filter(pk=again.pk).update(valid_from=in_days(-30))
    visit_rules.set_rule(
        by=town.luo,
        code="yearly",
        name_zh="年度核实",
        object="ordinary",
        every_days=90,
        matter=made.matter,
        area=town.south,
    )
    held = VisitRule.objects.filter(area=town.south).order_by("valid_from")
    assert [(one.every_days, one.valid_to) for one in held] == [(200, TODAY), (90, None)]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"by": "lin"}, NotAllowedError),
        ({"by": "zhao"}, NotAllowedError),
        ({"area": None}, NotAllowedError),
        ({"object": "soul"}, InvalidError),
        ({"object": "need"}, InvalidError),
        ({"object": "need", "need": "rich"}, InvalidError),
        ({"firm_kind": "shop"}, InvalidError),
        ({"every_days": 0}, InvalidError),
        ({"code": "Über"}, InvalidError),
        ({"name_zh": " "}, InvalidError),
    ],
)
def test_rules_that_are_refused(town, rules, wrong, error):
    values = {
        "by": "luo", "code": "mine", "name_zh": "自定", "object": "ordinary", "every_days": 30,
        "matter": town.shed, "area": town.south,
    } | wrong  # fmt: skip
    values["by"] = getattr(town, values["by"])
    with pytest.raises(error):
        visit_rules.set_rule(**values)
    assert VisitRule.objects.count() == 11


def test_a_matter_that_left_the_admission_list_asks_for_no_visit(town, homes, rules):
    matter = VisitRule.objects.get(code="yearly").matter
    type(matter).objects.filter(pk=matter.pk).update(valid_to=TODAY)
    visit_planning.plan_all()
    assert every() == []
    with pytest.raises(InvalidError):
        visit_rules.set_rule(
            by=town.luo, code="mine", name_zh="自定", object="ordinary", every_days=30, matter=matter, area=town.south
        )


# Planning


def test_every_household_has_one_due_visit_and_planning_again_changes_nothing(town, homes, rules):
    assert visit_planning.plan_all() == 6
    rows = {row.household_id: row for row in every()}
    assert set(rows) == {
        one.pk for one in (homes.wu_home, homes.wang_home, homes.tenant_home, homes.cheng_home, homes.sun_home)
    }
    assert rows[homes.wang_home.pk].due_on == VERIFIED + dt.timedelta(days=365)
    assert rows[homes.wang_home.pk].area_path == town.grid1.path
    assert grounds.opened(rows[homes.wang_home.pk]) == grounds.Grounds(("yearly",), care=False)
    before = [(row.pk, row.due_on, bytes(row.grounds), row.changed_at) for row in every()]
    visit_planning.plan_all(at=NOW + dt.timedelta(days=1))
    assert [(row.pk, row.due_on, bytes(row.grounds), row.changed_at) for row in every()] == before


def test_a_need_brings_the_visit_forward_and_is_written_nowhere(town, homes, rules):
    visit_planning.plan_all()
    far = open_due(homes.wu_home).due_on
    needs.record(by=town.lin, person=homes.wu, kind="lives_alone", basis="本人同意", since=TODAY)
    visit_planning.plan_all()
    row = open_due(homes.wu_home)
    assert (row.due_on, far) == (TODAY, VERIFIED + dt.timedelta(days=365))
    opened = grounds.opened(row)
    assert opened == grounds.Grounds((), care=True)
    assert b"lives" not in bytes(row.grounds)
    # It stands as it is, and is not moved on by tomorrow's planning.
    visit_planning.plan_all(at=NOW + dt.timedelta(days=4))
    assert open_due(homes.wu_home).due_on == TODAY


def test_eighty_is_an_age_at_which_somebody_asks_every_week(town, homes, rules, monkeypatch):
    later = dt.datetime(2027, 3, 6, 10, 0, tzinfo=clock.OFFICE)  # Mrs Wu is eighty since yesterday
    monkeypatch.setattr(clock, "now", lambda: later)
    visit_planning.plan_all()
    assert open_due(homes.wu_home).due_on == dt.date(2027, 3, 6)
    assert grounds.opened(open_due(homes.wu_home)).care
    assert open_due(homes.wang_home).due_on == VERIFIED + dt.timedelta(days=365)


def test_who_is_gone_is_due_no_more(town, homes, rules):
    visit_planning.plan_all()
    type(homes.wu_home).objects.unscoped("as after a move").filter(pk=homes.wu_home.pk).update(active=False)
    Link.objects.create(user=town.lin, household=homes.wu_home, area_path=town.grid1.path, valid_from=in_days(-9))
    visit_planning.plan_all()
    assert open_due(homes.wu_home) is None
    assert [row.state for row in every() if row.household_id == homes.wu_home.pk] == ["dropped"]
    assert Link.objects.unscoped("test").get().valid_to == TODAY


# A visit


def test_a_visit_answers_what_is_due_and_the_next_is_due_after_its_interval(town, homes, rules):
    needs.record(by=town.lin, person=homes.wu, kind="lives_alone", basis="本人同意", since=TODAY)
    visit_planning.plan_all()
    due = open_due(homes.wu_home)
    made = visit(town, homes.wu_home, tasks=["information", "security"], confirmed=True, note="水表读数已抄。")
    assert (made.due_id, made.result, made.way, made.tasks) == (due.pk, "met", "door", ["information", "security"])
    assert grounds.note_of(made) == "水表读数已抄。"
    assert "水表".encode() not in bytes(made.note)
    due.refresh_from_db()
    assert due.state == "made"
    assert open_due(homes.wu_home).due_on == in_days(7)
    assert read(homes.wu_home).verified_on == TODAY
    assert read(homes.wu).verified_on == TODAY
    entry = AuditEntry.objects.get(kind="visit.make")
    assert (entry.actor_id, entry.data) == (
        town.lin.pk, {"household": homes.wu_home.pk, "firm": None, "result": "met"},
    )  # fmt: skip


def test_met_without_confirming_verifies_nothing(town, homes, rules):
    visit(town, homes.wu_home)
    assert read(homes.wu_home).verified_on == VERIFIED
    assert open_due(homes.wu_home).due_on == in_days(365)


def test_the_same_visit_sent_twice_is_one(town, homes, rules):
    key = uuid.uuid4()
    first = visit(town, homes.wu_home, public_id=key)
    assert visit(town, homes.wu_home, public_id=key, result="nobody").pk == first.pk
    assert Visit.objects.unscoped("test").count() == 1
    with pytest.raises(NotFoundError):
        visit(town, homes.wu_home, public_id=key, by=town.fang)


def test_a_second_visit_that_arrives_late_is_kept_beside_the_first(town, homes, rules):
    visit_planning.plan_all()
    due = open_due(homes.wang_home)
    visit(town, homes.wang_home, due=due)
    late = visit(town, homes.wang_home, due=due, by=town.fang, occurred_at=NOW - dt.timedelta(days=2))
    assert late.due_id == open_due(homes.wang_home).pk or late.due_id is not None
    assert Visit.objects.unscoped("test").filter(household=homes.wang_home).count() == 2
    assert sum(row.state == "open" for row in every() if row.household_id == homes.wang_home.pk) == 1


def test_nobody_at_home_is_due_again_in_three_days(town, homes, rules):
    needs.record(by=town.lin, person=homes.wu, kind="lives_alone", basis="本人同意", since=TODAY)
    visit_planning.plan_all()
    due = open_due(homes.wu_home)
    visit(town, homes.wu_home, result="nobody")
    assert open_due(homes.wu_home).pk == due.pk
    assert open_due(homes.wu_home).due_on == in_days(3)
    visit_planning.plan_all(at=NOW + dt.timedelta(days=1))
    assert open_due(homes.wu_home).due_on == in_days(3)


def test_a_refusal_is_respected_until_it_is_taken_back(town, homes, rules):
    visit_planning.plan_all()
    due = open_due(homes.wang_home)
    visit(town, homes.wang_home, result="declined")
    due.refresh_from_db()
    assert due.state == "declined"
    assert read(homes.wang_home).declines_visits
    visit_planning.plan_all(at=NOW + dt.timedelta(days=700))
    assert open_due(homes.wang_home) is None
    assert not allow_visits(by=town.lin, household=homes.wu_home)
    assert allow_visits(by=town.lin, household=homes.wang_home)
    assert not read(homes.wang_home).declines_visits
    assert open_due(homes.wang_home).due_on == VERIFIED + dt.timedelta(days=365)
    with pytest.raises(NotFoundError):
        allow_visits(by=town.gao, household=homes.wang_home)


def test_gone_is_told_as_a_change_and_nobody_is_deleted(town, homes, rules):
    visit_planning.plan_all()
    made = make_visit(by=town.lin, public_id=uuid.uuid4(), household=homes.wang_home, result="gone")
    assert made.told
    change = PopulationChange.objects.unscoped("test").get()
    case = Case.objects.unscoped("test").get()
    assert (change.kind, change.state, change.household, change.case_number) == (
        "move_out", "told", homes.wang_home, case.number,
    )  # fmt: skip
    assert made.visit.case_number == case.number
    assert read(homes.wang_home).active
    assert read(homes.wang_home).room_id == homes.rooms["302"].pk
    visit_planning.plan_all(at=NOW + dt.timedelta(days=1))
    assert open_due(homes.wang_home) is None
    changing.refuse(change=change)  # they are still there
    visit_planning.plan_all(at=NOW + dt.timedelta(days=2))
    row = open_due(homes.wang_home)
    assert (row.due_on, grounds.opened(row).codes) == (in_days(2), ("gone",))


@pytest.mark.parametrize("who", ["gao", "su", "chen", "luo", "zhao", "tan", "root", "he", "qian"])
def test_nobody_else_visits_there(town, homes, rules, who):
    visit_planning.plan_all()
    with pytest.raises(NotFoundError):
        visit(town, homes.wu_home, by=getattr(town, who), result="declined")
    assert Visit.objects.unscoped("test").count() == 0
    assert not read(homes.wu_home).declines_visits


@pytest.mark.parametrize(
    "wrong",
    [
        {"result": "angry"},
        {"way": "by pigeon"},
        {"tasks": ["spying"]},
        {"result": "nobody", "tasks": ["information"]},
        {"result": "declined", "confirmed": True},
        {"note": "长" * 301},
        {"tasks": ["counselling"], "note": "他说……"},
    ],
)
def test_visits_that_are_refused(town, homes, rules, wrong):
    visit_planning.plan_all()
    before = open_due(homes.wu_home).due_on
    with pytest.raises(InvalidError):
        visit(town, homes.wu_home, **wrong)
    assert Visit.objects.unscoped("test").count() == 0
    assert open_due(homes.wu_home).due_on == before


def test_who_has_moved_away_meanwhile_is_a_conflict(town, homes, rules):
    type(homes.wu_home).objects.unscoped("as after a move").filter(pk=homes.wu_home.pk).update(active=False)
    with pytest.raises(ConflictError):
        visit(town, homes.wu_home)
    assert Visit.objects.unscoped("test").count() == 0


# Who is linked


def test_who_is_linked_sees_the_door_and_visits_and_nothing_else(town, homes, rules):
    dang = linked(town, homes.wu_home)
    needs.record(by=town.lin, person=homes.wu, kind="lives_alone", basis="本人同意", since=TODAY)
    visit_planning.plan_all()
    (line,) = visits.dues(dang)
    assert (line.door, line.due.due_on, line.due.linked) == ("2单元301", TODAY, dang)
    assert visits.why(dang, line.due) is None
    assert visits.get_due(dang, line.due.public_id).pk == line.due.pk
    with pytest.raises(NotFoundError):
        visits.get_due(dang, open_due(homes.wang_home).public_id)
    with pytest.raises(NotFoundError):
        visit(town, homes.wang_home, by=dang)
    made = visit(town, homes.wu_home, by=dang, due=line.due, confirmed=True)
    assert read(homes.wu_home).verified_on == VERIFIED  # he does not keep the registry
    assert open_due(homes.wu_home).due_on == in_days(7)
    assert visits.visits_of(dang, homes.wu_home) == [(made, "")]


def test_gone_said_by_who_is_linked_sends_the_worker_of_the_grid(town, homes, rules):
    dang = linked(town, homes.wu_home)
    visit_planning.plan_all()
    made = make_visit(by=dang, public_id=uuid.uuid4(), household=homes.wu_home, result="gone")
    assert not made.told
    assert PopulationChange.objects.unscoped("test").count() == 0
    row = open_due(homes.wu_home)
    assert (row.due_on, row.linked, grounds.opened(row).codes) == (TODAY, None, ("gone",))


def test_a_link_without_a_post_opens_nothing(town, homes, rules):
    user = accounts.add_user(by=None, username="ex", name="已离任", password=None)
    Link.objects.create(user=user, household=homes.wu_home, area_path=town.grid1.path, valid_from=in_days(-9))
    visit_planning.plan_all()
    assert visits.dues(user, until=in_days(400)) == []
    with pytest.raises(NotFoundError):
        visit(town, homes.wu_home, by=user)


# What is shown


def test_the_list_shows_doors_and_days_in_the_order_of_a_walk(town, homes, rules):
    visit_planning.plan_all()
    lines = visits.dues(town.lin, until=in_days(400))
    assert [line.door for line in lines] == ["2单元301", "2单元302", "2单元401"]
    assert [line.building.name for line in lines] == ["3号楼"] * 3
    assert visits.dues(town.lin, until=in_days(400), after=2)[0].door == "2单元401"
    assert visits.dues(town.gao, until=in_days(400))[0].door == "1单元201"
    assert visits.dues(town.zhao, until=in_days(400)) == []


def test_why_is_for_those_who_may_know_it(town, homes, rules):
    needs.record(by=town.lin, person=homes.wu, kind="lives_alone", basis="本人同意", since=TODAY)
    visit_planning.plan_all()
    due = open_due(homes.wu_home)
    assert visits.why(town.lin, due) == [WEEKLY]
    assert visits.why(town.fang, due) == [WEEKLY]
    for who in (town.luo, town.su, town.gao, town.chen):
        assert visits.why(who, due) is None
    assert visits.at_home(town.luo, homes.wu_home).why is None
    assert visits.at_home(town.lin, homes.wu_home).why == (WEEKLY,)


def test_notes_are_for_those_who_see_the_people(town, homes, rules):
    made = visit(town, homes.wu_home, note="钥匙放在邻居处。")
    assert visits.visits_of(town.lin, homes.wu_home) == [(made, "钥匙放在邻居处。")]
    assert visits.visits_of(town.luo, homes.wu_home) == [(made, "")]


def test_a_firm_is_visited_too(town, homes, rules):
    rule = visit_rules.set_rule(
        by=town.luo, code="shops", name_zh="小店", object="firm", firm_kind="shop", every_days=30,
        matter=town.litter, area=town.south,
    )  # fmt: skip
    visit_planning.plan_all()
    due = VisitDue.objects.unscoped("test").get(firm=homes.shop)
    assert (due.household_id, TODAY < due.due_on <= in_days(30)) == (None, True)  # first ones are spread
    make_visit(by=town.lin, public_id=uuid.uuid4(), firm=homes.shop, result="declined")
    due.refresh_from_db()
    assert due.state == "declined"
    assert VisitDue.objects.unscoped("test").get(firm=homes.shop, state="open").due_on == in_days(30)
    visit_rules.end_rule(by=town.luo, rule=rule)
    visit_planning.plan_all()
    assert not VisitDue.objects.unscoped("test").filter(firm=homes.shop, state="open").exists()
