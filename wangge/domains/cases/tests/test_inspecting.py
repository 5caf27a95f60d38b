"""纪检抽查: the same sample again, findings with words, nothing changed in a case, every reading audited."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.domains.cases import actions, inspections
from wangge.domains.cases.actions import inspecting
from wangge.domains.cases.models import Alert, Case, ClockEvent, Hang, InspectedCase, Inspection
from wangge.domains.cases.sampling import sample
from wangge.domains.cases.tests.traces import at, refused, row
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError

FIRST, LAST = dt.date(2026, 3, 1), dt.date(2026, 3, 8)
NOW = at(9)


# -- the lot


def test_a_sample_worked_out_by_hand():
    """`printf a:1 | sha256sum` begins with 2b2c40a6, a:2 d860d141, a:3 579d74b9, a:4 a816396c, a:5 d9beb438."""
    assert sample([5, 4, 3, 2, 1], 3, "a") == [1, 3, 4]
    assert sample([5, 4, 3, 2, 1], 9, "a") == [1, 3, 4, 2, 5]
    assert sample([], 3, "a") == sample([1, 2], 0, "a") == []


@given(
    ids=st.lists(st.integers(1, 10**9), max_size=60),
    size=st.integers(0, 80),
    seed=st.text(max_size=10),
    mix=st.randoms(),
)
def test_a_sample_depends_on_nothing_but_ids_size_and_seed(ids, size, seed, mix):
    drawn = sample(ids, size, seed)
    mixed = list(ids)
    mix.shuffle(mixed)
    assert sample(mixed, size, seed) == drawn
    assert len(drawn) == len(set(drawn)) == min(size, len(set(ids)))
    assert set(drawn) <= set(ids)
    assert sample(ids, size + 1, seed)[:size] == drawn  # a larger one only adds


def test_another_seed_is_another_sample():
    assert sample(range(1, 1001), 10, "甲") != sample(range(1, 1001), 10, "乙")


def test_every_id_is_as_likely_as_any_other():
    counts = dict.fromkeys(range(20), 0)
    for seed in range(2000):
        for pk in sample(range(20), 5, str(seed)):
            counts[pk] += 1
    assert min(counts.values()) > 430  # 500 expected, standard deviation 19
    assert max(counts.values()) < 570


# -- drawing


@pytest.fixture
def cases(town):
    """Eight of the south, reported in the first week of March; one of the other street; one of February."""
    found = [town.reported(at=at(day)) for day in range(1, 9)]
    town.reported(at=at(3), area=town.north_grid, by=town.zhao)
    town.reported(at=at(20, month=2))
    return found


def draw(town, **more):
    values = {
        "by": town.qian, "area": town.south, "method": "random", "first_day": FIRST, "last_day": LAST, "size": 3,
        "seed": "二〇二六三月", "at": NOW,
    }  # fmt: skip
    return inspecting.draw(**values | more)


def numbers(inspection):
    return [row.case.number for row in inspections.sampled(inspection)]


def test_the_same_sample_again(town, cases):
    first, again = draw(town), draw(town)
    assert (first.number, again.number) == ("NC检〔2026〕1号", "NC检〔2026〕2号")
    assert (first.population, first.size, len(numbers(first))) == (8, 3, 3)
    assert numbers(first) == numbers(again)
    assert set(numbers(first)) <= {case.number for case in cases}
    assert numbers(draw(town, size=5))[:3] == numbers(first)
    assert set(numbers(draw(town, size=100))) == {case.number for case in cases}
    entry = AuditEntry.objects.filter(kind="inspection.draw").order_by("id").first()
    assert (entry.actor_id, entry.data) == (town.qian.pk, {"method": "random", "size": 3, "population": 8})


def test_without_a_seed_one_is_made(town, cases):
    seeds = {draw(town, seed=" ").seed for _n in range(3)}
    assert len(seeds) == 3
    assert all(seeds)


def test_the_methods_draw_out_of_what_they_name(town, cases):
    late, breached, hung, quiet = cases[:4]
    Alert.objects.create(case=late, clock="accept", rung=1, due_at=at(3), at=at(3), told=1)
    Alert.objects.create(case=quiet, clock="accept", rung=0, due_at=at(3), at=at(3), told=1)  # amber is not late
    ClockEvent.objects.create(case=breached, clock="accept", kind="breach", at=at(4))
    Hang.objects.create(
        case=hung, why="season", plan="开春补种", review_on=dt.date(2026, 4, 1), asked_by=town.he, asked_at=at(3),
        granted=True, decided_by=town.luo, decided_at=at(4),
    )  # fmt: skip
    objected = town.objected(at=at(2))
    objection = objected.objections.get()
    actions.reopen(case=objected, by=town.luo, reason="属实", at=at(5))
    quick = town.settled(at=at(6))
    assert set(numbers(draw(town, method="late"))) >= {late.number, breached.number}
    assert quiet.number not in numbers(draw(town, method="late", size=100))
    assert numbers(draw(town, method="hung")) == [hung.number]
    assert numbers(draw(town, method="reopened", last_day=dt.date(2026, 3, 9))) == [objected.number]
    assert numbers(draw(town, method="quick")) == [quick.number]
    objection.report.evaluations.update(at=at(4))
    assert numbers(draw(town, method="unsatisfied")) == [objected.number]


def test_an_empty_period_draws_nothing(town, cases):
    with refused(ConflictError):
        draw(town, method="hung")
    assert Inspection.objects.unscoped("the test counts").count() == 0
    assert draw(town).number == "NC检〔2026〕1号"  # the refusal has used up no number


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"method": "by_hand"}, "method"),
        ({"last_day": dt.date(2026, 2, 1)}, "last_day"),
        ({"last_day": dt.date(2026, 3, 10)}, "last_day"),
        ({"first_day": dt.date(2025, 1, 1)}, "first_day"),
        ({"size": 0}, "size"),
        ({"size": 101}, "size"),
        ({"seed": "长" * 41}, "seed"),
    ],
)
def test_what_cannot_be_drawn(town, cases, more, field):
    with refused(InvalidError, field=field):
        draw(town, **more)
    assert Inspection.objects.unscoped("the test counts").count() == 0


def test_who_may_not_draw(town, cases):
    for nobody in (town.luo, town.chen, town.lin, town.he, town.zhao, town.root, town.tan):
        with refused(NotAllowedError):
            draw(town, by=nobody)
    with refused(NotAllowedError):
        draw(town, area=town.north)  # another street
    assert Inspection.objects.unscoped("the test counts").count() == 0


# -- findings


@pytest.fixture
def inspection(town, cases):
    return draw(town)


def test_a_finding_changes_nothing_in_the_case(town, inspection):
    first = inspections.sampled(inspection)[0]
    before, steps = row(first.case), first.case.timeline.count()
    inspecting.read(by=town.qian, inspected=first)
    inspecting.find(
        by=town.qian, inspected=first, finding="false", note="现场仍在", put_right_what="三日内拆除", at=at(9, 10)
    )
    inspecting.put_right(by=town.qian, inspected=first, text="3月10日已拆除", at=at(11))
    assert (row(first.case), first.case.timeline.count()) == (before, steps)
    first.refresh_from_db()
    assert (first.finding, first.note, first.found_at, first.put_right, first.put_right_at) == (
        "false", "现场仍在", at(9, 10), "3月10日已拆除", at(11),
    )  # fmt: skip
    kinds = AuditEntry.objects.filter(kind__startswith="inspection.").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["inspection.draw", "inspection.read", "inspection.find", "inspection.put_right"]
    read = AuditEntry.objects.get(kind="inspection.read")
    assert (read.actor_id, read.subject_id, read.data) == (town.qian.pk, inspection.pk, {"case": first.case_id})


def test_a_corrected_finding_takes_its_order_back(town, inspection):
    first = inspections.sampled(inspection)[0]
    inspecting.find(by=town.qian, inspected=first, finding="late", note="超期无说明", put_right_what="书面说明")
    inspecting.put_right(by=town.qian, inspected=first, text="已说明")
    found = inspecting.find(by=town.qian, inspected=first, finding="fine")
    assert (found.finding, found.put_right_what, found.put_right, found.put_right_at) == ("fine", "", "", None)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"finding": "bad"}, "finding"),
        ({"finding": "late"}, "note"),
        ({"finding": "fine", "put_right_what": "补办"}, "put_right_what"),
        ({"finding": "late", "note": "长" * 4001}, "note"),
        ({"finding": "late", "note": "超期", "put_right_what": "长" * 4001}, "put_right_what"),
    ],
)
def test_what_is_no_finding(town, inspection, more, field):
    first = inspections.sampled(inspection)[0]
    with refused(InvalidError, field=field):
        inspecting.find(by=town.qian, inspected=first, **more)
    assert InspectedCase.objects.exclude(finding="").count() == 0


def test_the_conclusion_is_the_end(town, inspection):
    rows = inspections.sampled(inspection)
    with refused(ConflictError):
        inspecting.conclude(by=town.qian, inspection=inspection, text="总体良好")
    for one in rows:
        inspecting.find(by=town.qian, inspected=one, finding="late", note="超期", put_right_what="说明")
    with refused(InvalidError, field="conclusion"):
        inspecting.conclude(by=town.qian, inspection=inspection, text=" ")
    done = inspecting.conclude(by=town.qian, inspection=inspection, text="三件均超期，已责成说明。", at=at(12))
    assert (done.conclusion, done.concluded_at) == ("三件均超期，已责成说明。", at(12))
    with refused(ConflictError):
        inspecting.conclude(by=town.qian, inspection=inspection, text="再来一次")
    with refused(ConflictError):
        inspecting.find(by=town.qian, inspected=rows[0], finding="fine")
    inspecting.put_right(by=town.qian, inspected=rows[0], text="已说明")  # answers come in later
    with refused(InvalidError, field="put_right"):
        inspecting.put_right(by=town.qian, inspected=rows[1], text="")


def test_nothing_to_put_right(town, inspection):
    first = inspections.sampled(inspection)[0]
    inspecting.find(by=town.qian, inspected=first, finding="fine")
    with refused(ConflictError):
        inspecting.put_right(by=town.qian, inspected=first, text="已改")


def test_who_may_not_write_or_read(town, inspection):
    first = inspections.sampled(inspection)[0]
    for nobody in (town.luo, town.zhao, town.he, town.root):
        with refused(NotAllowedError):
            inspecting.find(by=nobody, inspected=first, finding="fine")
        with refused(NotAllowedError):
            inspecting.put_right(by=nobody, inspected=first, text="x")
        with refused(NotAllowedError):
            inspecting.conclude(by=nobody, inspection=inspection, text="x")
        with refused(NotAllowedError):
            inspecting.read(by=nobody, inspected=first)
        with refused(NotAllowedError):
            inspecting.export(by=nobody, inspection=inspection)
        with pytest.raises(NotFoundError):
            inspections.get_inspection(nobody, inspection.pk)
        assert inspections.inspections(nobody) == []
    assert inspections.get_inspection(town.qian, inspection.pk) == inspection


def test_confidential_cases_are_drawn_only_by_who_may_know(town, cases, monkeypatch):
    Case.objects.unscoped("the test").filter(pk=cases[0].pk).update(confidential=True)
    assert draw(town).population == 8
    from wangge.foundation.accounts import roles
    from wangge.foundation.accounts.permissions import P

    inspector = roles.ROLES["discipline_inspector"]
    narrow = type(inspector)(inspector.key, inspector.name, inspector.permissions - {P.CASE_CONFIDENTIAL})
    monkeypatch.setitem(roles.ROLES, "discipline_inspector", narrow)
    assert draw(town, by=town.fresh(town.qian)).population == 7
