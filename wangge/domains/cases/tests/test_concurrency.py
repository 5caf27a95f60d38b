"""Several people at once, on several connections, really committing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tests.town import Town
from wangge.domains.cases import actions
from wangge.domains.cases.actions.steps import StepNotPossibleError
from wangge.domains.cases.models import Assignment, Case, Report
from wangge.domains.cases.tests.traces import at, audited, open_duties, verbs
from wangge.foundation.core.problems import ConflictError, Problem


def at_once(*works):
    """Run each on its own thread and connection, starting together; the results, problems among them."""
    start = threading.Barrier(len(works))

    def run(work):
        try:
            start.wait(timeout=20)
            return work()
        except Problem as problem:
            return problem
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.fixture
def office(own_database):
    return Town()


def test_of_two_dispatches_one_wins(office):
    chen, luo, one, two = office.chen, office.luo, office.enforcement, office.sanitation
    for _round in range(3):
        case = office.filed()
        results = at_once(
            lambda case=case: actions.dispatch(case=case, by=chen, unit=one),
            lambda case=case: actions.dispatch(case=case, by=luo, unit=two),
        )
        assert sorted(type(result) for result in results if isinstance(result, Problem)) == [StepNotPossibleError]
        (won,) = [result for result in results if isinstance(result, Case)]
        assert office.read(case).unit_id == won.unit_id
        assert list(Assignment.objects.filter(case=case).values_list("unit_id", flat=True)) == [won.unit_id]
        assert verbs(case) == ["report", "file", "dispatch"]
        assert audited(case) == ["case.report", "case.file", "case.dispatch"]
        assert len(open_duties(case)) == 1


def test_twenty_reports_at_once_get_twenty_numbers(office):
    lin, place, shed = office.lin, office.place(), office.shed

    def report():
        return actions.report(by=lin, source="patrol", text="板房", place=place, matter=shed, at=at())

    results = at_once(*[report] * 20)
    assert [type(result) for result in results] == [Report] * 20
    numbers = sorted(result.case.number for result in results)
    assert numbers == [f"NC-2026-{serial:06d}" for serial in range(1, 21)]


def test_merging_crosswise_at_once_merges_one_way(office):
    chen, luo = office.chen, office.luo
    for _round in range(3):
        a, b = office.filed(), office.filed()
        results = at_once(
            lambda a=a, b=b: actions.merge(case=a, into=b, by=chen),
            lambda a=a, b=b: actions.merge(case=b, into=a, by=luo),
        )
        assert [type(result) for result in results if isinstance(result, Problem)] == [ConflictError]
        states = sorted(office.read(case).state for case in (a, b))
        assert states == ["filed", "merged"]


def test_merging_on_and_unmerging_at_once_never_lock_each_other_out(office):
    """A stands in B; B is merged into C while A is taken out again: either order is a good end."""
    chen, luo = office.chen, office.luo
    for _round in range(3):
        a, b, c = office.filed(), office.filed(), office.filed()
        actions.merge(case=a, into=b, by=chen)
        results = at_once(
            lambda b=b, c=c: actions.merge(case=b, into=c, by=chen),
            lambda a=a: actions.unmerge(case=a, by=luo, reason="不是"),
        )
        assert [type(result) for result in results] == [Case, Case]
        states = [(office.read(case).state, office.read(case).merged_into_id) for case in (a, b, c)]
        assert states == [("filed", None), ("merged", c.pk), ("filed", None)]


def test_the_last_two_answers_at_once_close_it_once(office):
    case = office.handled(contact=office.wu())
    second = actions.join(case=case, by=None, source="scan", text="也是", place=office.place())
    actions.verify(case=case, by=office.su)
    first = office.voice(case)
    at_once(
        lambda: actions.evaluate(report=first, solved="yes", satisfied="yes"),
        lambda: actions.evaluate(report=second, solved="yes", satisfied="yes"),
    )
    assert office.read(case).state == "closed"
    assert verbs(case)[-3:] == ["evaluate", "evaluate", "close_by_rule"]


def test_one_person_answering_twice_at_once_is_counted_once(office):
    case = office.evaluating()
    first = office.voice(case)
    results = at_once(*[lambda: actions.evaluate(report=first, solved="yes", satisfied="yes")] * 4)
    assert [type(r) for r in results if isinstance(r, Problem)] == [ConflictError] * 3
    assert verbs(case)[-2:] == ["evaluate", "close_by_rule"]


def test_the_same_report_sent_in_four_tabs_is_one_case(office):
    import uuid

    lin, place, mine = office.lin, office.place(), uuid.uuid4()

    def send():
        return actions.report(by=lin, source="patrol", text="板房", place=place, report_id=mine)

    results = at_once(*[send] * 4)
    assert [type(r) for r in results if isinstance(r, Problem)] == [ConflictError] * 3
    assert Report.objects.unscoped("the test counts").count() == 1
    assert Case.objects.unscoped("the test counts").count() == 1
