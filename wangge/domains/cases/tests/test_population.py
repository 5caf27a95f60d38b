"""A change of population runs as a matter: applied when it is settled, refused when it was not so, never before."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

import pytest
from django.utils import translation

from wangge.domains.cases import actions
from wangge.domains.cases.models import Case
from wangge.domains.people import homes as reads
from wangge.domains.people import registry
from wangge.domains.people.actions import changing, moving
from wangge.domains.people.actions.changing import Facts
from wangge.domains.people.models import Household, Membership, Person, PopulationChange, Relation, Stay, Tenancy
from wangge.domains.people.tests.homes import draft, opened, read
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

DAY = dt.date(2026, 11, 10)
TIAN = draft("田春花", "1990-02-03", "f", "10012340088", role="head", serial=11)
BOY = draft("田小虎", "2018-02-03", "m", "", role="child", serial=12)


def fresh(*drafts):
    return [dataclasses.replace(one, public_id=uuid.uuid4()) for one in drafts]


def tell(town, homes, kind="move_in", room="402", **more):
    values = {"by": town.lin, "kind": kind, "room": homes.rooms[room], "happened_on": DAY}
    if kind == "move_in":
        values["facts"] = Facts(members=fresh(TIAN, BOY))
    return town.read(actions.report_change(**(values | more)).case)


def change() -> PopulationChange:
    return PopulationChange.objects.unscoped("the test looks").get()


def finish(town, case, result="solved"):
    """By the ordinary way: filed, dispatched to the community's office, handled, verified, closed by rule."""
    case = actions.file(case=case, by=town.bai, matter=case.matter)
    case = actions.dispatch(case=case, by=town.chen, unit=town.office)
    case = actions.sign_for(case=case, by=town.fang)
    outcome = actions.Outcome(result=result, text="已上门核实。", reply="已核实。")
    case = actions.handle(case=case, by=town.fang, outcome=outcome)
    case = actions.verify(case=case, by=town.su)
    assert case.state == "closed"
    actions.settle_change(case_id=case.pk)
    return case


def counts():
    return (
        Person.objects.unscoped("the test counts").count(),
        Household.objects.unscoped("the test counts").count(),
        Membership.objects.count(),
        Stay.objects.count(),
    )


def test_nothing_happens_before_it_is_verified(town, homes):
    before = counts()
    case = tell(town, homes)
    assert counts() == before
    told = change()
    assert (told.state, told.case_number, told.area_path, told.told_by) == (
        "told",
        case.number,
        town.grid1.path,
        town.lin,
    )
    assert (case.matter.code, case.area_id, case.state) == ("32001", town.grid1.pk, "reported")
    assert case.address == "物业所家属院 3号楼 2单元 402"
    assert "田" not in case.text
    assert "田".encode() not in bytes(told.facts)


def test_the_record_is_in_the_offices_language_whoever_tells(town, homes):
    with translation.override("en"):
        case = tell(town, homes)
    assert case.address == "物业所家属院 3号楼 2单元 402"
    assert case.text == "迁入登记：物业所家属院 3号楼 2单元 402"


def test_moving_in_is_applied_with_the_case_as_its_source(town, homes):
    case = finish(town, tell(town, homes))
    assert change().state == "applied"
    residents = reads.residents_of(homes.rooms["402"], DAY)
    assert [opened(one.person, "name") for one in residents] == ["田春花", "田小虎"]
    assert [(one.role, one.valid_from, one.source, one.source_ref) for one in residents] == [
        ("head", DAY, "case", case.number),
        ("child", DAY, "case", case.number),
    ]
    stay = Stay.objects.get(room=homes.rooms["402"])
    assert (stay.source, stay.source_ref) == ("case", case.number)
    assert reads.residents_of(homes.rooms["402"], DAY - dt.timedelta(days=1)) == []
    assert AuditEntry.objects.get(kind="change.apply").data == {"change": "move_in", "ref": case.number}


def test_the_reaction_may_come_twice(town, homes):
    case = finish(town, tell(town, homes))
    before = counts()
    actions.settle_change(case_id=case.pk)
    assert counts() == before


def test_not_so_leaves_everything_as_it_was(town, homes):
    before = counts()
    finish(town, tell(town, homes), result="unfounded")
    assert (change().state, counts()) == ("refused", before)


def test_not_accepted_leaves_everything_as_it_was(town, homes):
    before = counts()
    case = actions.decline(case=tell(town, homes), by=town.bai, reason="查无此户", channel="社区服务站")
    actions.settle_change(case_id=case.pk)
    assert (change().state, counts()) == ("refused", before)


def test_seen_on_the_spot_it_is_settled_at_once(town, homes, monkeypatch):
    monkeypatch.setattr("wangge.domains.cases.actions.intake.secrets.randbelow", lambda _n: 1)
    case = tell(town, homes, seen=True)
    assert case.state == "closed"
    actions.settle_change(case_id=case.pk)
    assert change().state == "applied"


def test_a_resident_of_another_grid_comes_with_his_entry(town, homes):
    number = opened(homes.cheng, "id_number")
    member = draft("程志刚", "1985-04-12", "m", role="head")
    case = tell(town, homes, facts=Facts(members=[dataclasses.replace(member, id_number=number)]))
    before = counts()[0]
    finish(town, case)
    assert counts()[0] == before
    assert read(homes.cheng).area_path == town.grid1.path
    assert [one.person for one in reads.residents_of(homes.rooms["402"], DAY)] == [homes.cheng]
    assert homes.cheng not in [one.person for one in reads.residents_of(homes.room2, DAY)]


def test_moving_out(town, homes):
    case = finish(town, tell(town, homes, "move_out", "301", household=homes.wu_home))
    assert read(homes.wu).state == "away"
    assert homes.wu_home.stays.get().valid_to == DAY
    assert change().case_number == case.number


def test_one_of_them_moves_out(town, homes):
    finish(town, tell(town, homes, "move_out", "302", person=homes.wang_lei))
    assert [one.person for one in reads.residents_of(homes.rooms["302"], DAY)] == [homes.wang, homes.li]


def test_new_tenants(town, homes):
    finish(town, tell(town, homes, "let", "401", facts=Facts(members=fresh(TIAN))))
    old, new = Tenancy.objects.order_by("pk")
    assert (old.household, old.valid_to) == (homes.tenant_home, DAY)
    assert (new.landlord, new.valid_from, new.source) == (homes.wang, DAY, "case")
    assert [opened(one.person, "name") for one in reads.residents_of(homes.rooms["401"], DAY)] == ["田春花"]
    assert read(homes.han).state == "away"


def test_let_no_longer(town, homes):
    finish(town, tell(town, homes, "let", "401", facts=Facts()))
    assert reads.residents_of(homes.rooms["401"], DAY) == []
    assert Tenancy.objects.get().valid_to == DAY


def test_a_birth(town, homes):
    child = draft("王小宝", DAY.isoformat(), "f", role="grandchild")
    child = dataclasses.replace(child, id_number="", id_kind="none")
    facts = Facts(members=[child], parents=[homes.wang_lei.public_id, homes.girl.public_id])
    finish(town, tell(town, homes, "birth", "302", household=homes.wang_home, facts=facts))
    newborn = reads.residents_of(homes.rooms["302"], DAY)[-1]
    assert (opened(newborn.person, "name"), newborn.role, newborn.person.id_kind) == ("王小宝", "grandchild", "none")
    row = Relation.objects.get()  # whoever is not of the household is not its parent by a form
    assert (row.person, row.other, row.kind) == (homes.wang_lei, newborn.person, "parent")


def test_a_death(town, homes):
    finish(town, tell(town, homes, "death", "302", person=homes.wang))
    assert read(homes.wang).state == "dead"
    assert [one.person for one in reads.residents_of(homes.rooms["302"], DAY)] == [homes.li, homes.wang_lei]


def test_what_stands_in_the_way_is_left_to_a_person(town, homes):
    case = tell(town, homes, "move_out", "301", household=homes.wu_home)
    moving.move(by=town.lin, household=homes.wu_home, room=homes.rooms["402"], since=dt.date(2026, 11, 15))
    finish(town, case)
    assert change().state == "told"
    assert read(homes.wu_home).room_id == homes.rooms["402"].pk
    with pytest.raises(InvalidError):
        changing.apply(change=change(), by=town.lin)
    with pytest.raises(NotAllowedError):
        changing.refuse(change=change(), by=town.gao)
    assert changing.refuse(change=change(), by=town.lin) is True
    assert changing.apply(change=change(), by=town.lin) is False


def test_told_twice(town, homes):
    tell(town, homes, "move_out", "301", household=homes.wu_home)
    cases = Case.objects.unscoped("the test counts").count()
    with pytest.raises(ConflictError):
        tell(town, homes, "move_out", "301", household=homes.wu_home)
    assert (Case.objects.unscoped("the test counts").count(), change().state) == (cases, "told")


def test_the_form_sent_twice(town, homes):
    key = uuid.uuid4()
    tell(town, homes, change_id=key)
    cases = Case.objects.unscoped("the test counts").count()
    with pytest.raises(ConflictError):
        tell(town, homes, change_id=key)
    assert Case.objects.unscoped("the test counts").count() == cases
    assert change().public_id == key


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "marriage"}, "kind"),
        ({"happened_on": dt.date(2999, 1, 1)}, "happened_on"),
        ({"facts": Facts()}, "name"),
        ({"facts": Facts(members=[draft("", "1990-02-03", "f")])}, "name"),
        ({"facts": Facts(members=fresh(TIAN), basis="stolen")}, "basis"),
        ({"kind": "move_out", "facts": None}, "person"),
        ({"kind": "death", "facts": None}, "person"),
        ({"kind": "birth", "facts": None}, "household"),
    ],
)
def test_what_is_missing_is_named(town, homes, more, field):
    with pytest.raises(InvalidError) as refusal:
        tell(town, homes, **more)
    assert refusal.value.field == field
    assert PopulationChange.objects.unscoped("the test counts").count() == 0
    assert Case.objects.unscoped("the test counts").count() == 0


def test_only_where_one_records(town, homes):
    with pytest.raises(NotAllowedError):
        tell(town, homes, by=town.gao)
    assert Case.objects.unscoped("the test counts").count() == 0


def test_the_number_finds_whoever_came(town, homes):
    finish(town, tell(town, homes))
    assert registry.holder_of(TIAN.id_number) is not None
