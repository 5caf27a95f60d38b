"""Dispatch, signing, sending back, contact, co-handling, the result."""

import datetime as dt
from decimal import Decimal

import pytest

from wangge.domains.cases import actions
from wangge.domains.cases.actions.steps import StepNotPossibleError
from wangge.domains.cases.models import Assignment, Handling, Quantity
from wangge.domains.cases.tests.traces import at, audited, jobs, open_duties, refused, verbs
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError


def test_dispatch_sends_to_one_main_unit_and_co_handlers(town):
    case = actions.dispatch(
        case=town.filed(), by=town.chen, unit=town.enforcement, co_units=[town.sanitation, town.enforcement],
        why=["06001"], at=at(),
    )  # fmt: skip
    assert (case.state, case.unit, case.handler, case.dispatched_at) == ("dispatched", town.enforcement, None, at())
    assert case.due_at == at(2, 15, 30)  # four office hours to sign
    rows = Assignment.objects.filter(case=case).values_list("unit__name_zh", "duty", "why", "dispatched_by__username")
    assert list(rows) == [("综合执法队", "main", ["06001"], "chen"), ("环卫所", "co", ["06001"], "chen")]
    assert open_duties(case) == [
        ("case.dispatched", "case:handle", "", town.enforcement.path, None),
        ("case.part", "case:assist", "", town.sanitation.path, None),
    ]
    assert jobs()[-1] == "cases.CaseDispatched"
    assert audited(case) == ["case.report", "case.file", "case.dispatch"]


def test_dispatch_refuses_units_that_cannot_take_it(town):
    case = town.filed()
    day = at().date()
    ended = accounts.add_organisation(
        by=None, tree="admin", kind="enforcement", name_zh="旧队", valid_from=dt.date(2024, 1, 1), valid_to=day,
        area=town.south, handles=True,
    )  # fmt: skip
    coming = accounts.add_organisation(
        by=None, tree="admin", kind="enforcement", name_zh="新队", valid_from=day + dt.timedelta(days=1),
        area=town.south, handles=True,
    )  # fmt: skip
    for unit in (town.centre, town.north_enforcement, town.office2, ended, coming):
        with refused(InvalidError, field="unit"):
            actions.dispatch(case=case, by=town.chen, unit=unit, at=at())
    with refused(InvalidError, field="unit"):
        actions.dispatch(case=case, by=town.chen, unit=town.enforcement, co_units=[town.north_enforcement], at=at())
    with refused(InvalidError, field="unit"):
        actions.dispatch(case=case, by=town.chen, unit=None, at=at())


def test_a_case_is_dispatched_once(town):
    case = town.dispatched()
    with refused(StepNotPossibleError):
        actions.dispatch(case=case, by=town.chen, unit=town.sanitation)


def test_signing_makes_a_handler(town):
    case = actions.sign_for(case=town.dispatched(), by=town.he, at=at())
    assert (case.state, case.handler, case.signed_at) == ("handling", town.he, at())
    assert list(Assignment.objects.filter(case=case).values_list("signed_by__username", "signed_at")) == [("he", at())]
    assert case.due_at == case.handle_due_at
    with refused(StepNotPossibleError):
        actions.sign_for(case=case, by=town.he)


def test_another_unit_neither_signs_nor_handles(town):
    dispatched, handling = town.dispatched(), town.handling()
    with refused(NotAllowedError):
        actions.sign_for(case=dispatched, by=town.hua)
    with refused(NotAllowedError):
        actions.handle(case=handling, by=town.hua, outcome=town.outcome())


def test_sending_back_with_reason_and_basis(town):
    case = actions.dispatch(
        case=town.filed(), by=town.chen, unit=town.enforcement, co_units=[town.sanitation], at=at(2)
    )
    promised = case.handle_due_at
    case = actions.send_back(case=case, by=town.he, reason="不属我队", basis="三定方案", at=at(4, 17))
    assert (case.state, case.unit, case.handler, case.returns) == ("filed", None, None, 1)
    assert case.handle_due_at == promised
    rows = Assignment.objects.filter(case=case).values_list("returned_by__username", "return_reason", "return_basis")
    assert list(rows) == [("he", "不属我队", "三定方案")] * 2
    assert open_duties(case) == [("case.filed", "case:dispatch", town.grid1.path, "", None)]
    case = actions.dispatch(case=case, by=town.chen, unit=town.enforcement, at=at(5))
    assert (case.state, case.assignments.count()) == ("dispatched", 3)


@pytest.mark.parametrize(("reason", "basis", "field"), [("", "依据", "reason"), ("原因", "  ", "basis")])
def test_sending_back_needs_both_reason_and_basis(town, reason, basis, field):
    case = town.dispatched()
    with refused(InvalidError, field=field):
        actions.send_back(case=case, by=town.he, reason=reason, basis=basis)


def test_sending_back_ends_after_two_working_days(town):
    case = actions.dispatch(case=town.filed(), by=town.chen, unit=town.enforcement, at=at(5, 17))  # a Thursday
    with refused(ConflictError):
        actions.send_back(case=case, by=town.he, reason="不属", basis="据", at=at(10, 0, 1))
    actions.send_back(case=case, by=town.he, reason="不属", basis="据", at=at(9, 23, 59))


def test_a_case_is_sent_back_at_most_twice(town):
    case = town.dispatched()
    case = actions.send_back(case=case, by=town.he, reason="不属", basis="据")
    case = actions.dispatch(case=case, by=town.chen, unit=town.enforcement)
    case = actions.send_back(case=case, by=town.he, reason="不属", basis="据")
    assert (case.state, case.returns) == ("filed", 2)
    with refused(ConflictError):  # from now on a joint ruling decides (test_ruling.py)
        actions.dispatch(case=case, by=town.chen, unit=town.enforcement)


def test_the_first_contact_is_kept(town):
    case = town.handling()
    actions.contact(case=case, by=town.he, text="已约上门", at=at(2))
    case = actions.contact(case=case, by=town.he, text="改约", at=at(3))
    assert (case.state, case.contacted_at) == ("handling", at(2))
    assert verbs(case)[-2:] == ["contact", "contact"]
    with refused(InvalidError, field="text"):
        actions.contact(case=case, by=town.he, text=" ")


def test_co_handlers_assist_and_nobody_else(town):
    case = actions.dispatch(case=town.filed(), by=town.chen, unit=town.enforcement, co_units=[town.sanitation])
    case = actions.sign_for(case=case, by=town.he)
    actions.assist(case=case, by=town.hua, text="已清运", photos=["f" * 64])
    assert verbs(case)[-1] == "assist"
    assert list(case.photos.values_list("kind", flat=True)) == ["other"]
    for other in (town.he, town.fang):
        with refused(NotAllowedError):
            actions.assist(case=case, by=other, text="也来")
    with refused(InvalidError, field="photos"):
        actions.assist(case=case, by=town.hua, text="图", photos=["短"])


def test_the_result_keeps_quantities_photos_basis_and_area(town):
    case = actions.handle(
        case=town.handling(),
        by=town.he,
        outcome=town.outcome(before_photos=["b" * 64], quantities=[(Decimal(8), "m3"), (Decimal(40), "处")]),
        at=at(),
    )
    assert (case.state, case.result, case.handler, case.handled_at) == ("handled", "solved", town.he, at())
    assert case.reply == "您反映的违建已拆除，感谢您的监督。"
    handling = Handling.objects.get(case=case)
    assert (handling.unit, handling.by, handling.area_m2) == (town.enforcement, town.he, Decimal("18.5"))
    assert handling.legal_basis == "《中华人民共和国城乡规划法》第六十四条"
    assert list(Quantity.objects.filter(handling=handling).values_list("amount", "unit")) == [(8, "m3"), (40, "处")]
    assert list(case.photos.values_list("kind", "sha256")) == [("before", "b" * 64), ("after", "a" * 64)]
    assert open_duties(case) == [("case.handled", "case:verify", town.grid1.path, "", None)]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"result": "magic"}, "result"),
        ({"result": ""}, "result"),
        ({"text": " "}, "text"),
        ({"reply": ""}, "reply"),
        ({"legal_basis": " "}, "legal_basis"),
        ({"legal_basis": "法" * 201}, "legal_basis"),
        ({"area_m2": None}, "area_m2"),
        ({"area_m2": Decimal(-1)}, "area_m2"),
        ({"area_m2": Decimal(10**12)}, "area_m2"),
        ({"after_photos": []}, "after_photos"),
        ({"after_photos": ["x"]}, "photos"),
        ({"before_photos": []}, "before_photos"),
        ({"quantities": [(Decimal(0), "处")]}, "quantities"),
        ({"quantities": [(Decimal(10**11), "处")]}, "quantities"),
        ({"quantities": [(Decimal(1), "")]}, "quantities"),
        ({"quantities": [(Decimal(1), "很长很长很长很长很长很长的单位")]}, "quantities"),
    ],
)
def test_an_incomplete_result_is_refused_whole(town, values, field):
    case = town.handling()
    with refused(InvalidError, field=field):
        actions.handle(case=case, by=town.he, outcome=town.outcome(**({"before_photos": ["b" * 64]} | values)))


@pytest.mark.parametrize("result", ["explained", "unfounded", "beyond", "long_term"])
def test_what_was_not_done_needs_no_evidence(town, result):
    outcome = actions.Outcome(result=result, text="已现场说明", reply="经核实……")
    assert actions.handle(case=town.handling(), by=town.he, outcome=outcome).result == result


def test_the_reporters_photo_serves_as_the_one_beforehand(town):
    case = town.handling(photos=["9" * 64])
    assert actions.handle(case=case, by=town.he, outcome=town.outcome()).state == "handled"


def test_a_colleague_of_the_unit_may_finish_what_another_signed_for(town):
    colleague = accounts.add_user(by=None, username="liu", name="刘同", password=None)
    accounts.give_post(
        by=None, user=colleague, role="unit_handler", valid_from=dt.date(2024, 1, 1), organisation=town.enforcement
    )
    case = actions.handle(case=town.handling(photos=["9" * 64]), by=colleague, outcome=town.outcome())
    assert (case.state, case.handler) == ("handled", colleague)
