"""三级治理: up with a reason as far as the district, down again; the guides (包保) are told."""

import pytest

from wangge.domains.cases import actions, queries
from wangge.domains.cases.actions.steps import StepNotPossibleError
from wangge.domains.cases.models import LevelMove, TimelineEntry
from wangge.domains.cases.tests.leaders import guide
from wangge.domains.cases.tests.traces import jobs, open_duties, refused, verbs
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.core.tasks import react
from wangge.foundation.duties.queries import to_do
from wangge.foundation.notifications.models import Notice


def up(town, case, *, by=None, reason="超出我队权限"):
    return actions.escalate(case=case, by=by or town.he, reason=reason)


def test_up_one_level_and_back_to_the_dispatcher(town):
    case = town.handling(contact=town.wu())
    promised, level = case.handle_due_at, case.level
    case = up(town, case)
    assert (case.state, case.level, case.unit, case.handler) == ("filed", level + 1, None, None)
    assert case.handle_due_at == promised
    move = LevelMove.objects.get(case=case)
    assert (move.from_level, move.to_level, move.reason, move.by) == (level, level + 1, "超出我队权限", town.he)
    gone = case.assignments.get()
    assert (gone.left_by, gone.returned_by, case.returns) == ("escalate", town.he, 0)
    assert open_duties(case) == [("case.filed", "case:dispatch", town.grid1.path, "", None)]
    assert (verbs(case)[-1], jobs()[-1]) == ("escalate", "cases.CaseEscalated")
    entry = TimelineEntry.objects.filter(case=case).latest("id")
    assert (entry.data["from_level"], entry.data["to_level"], entry.public) == (level, level + 1, False)
    assert actions.dispatch(case=case, by=town.chen, unit=town.enforcement).handle_due_at == promised


def test_the_guides_of_the_grid_are_told_and_find_it(town):
    jing = guide(town)
    other = town.grid2
    case = up(town, town.handling())
    assert [(duty.kind, duty.subject_id) for duty in to_do(jing)] == [("case.escalated", case.pk)]
    move = LevelMove.objects.get(case=case)
    for _time in range(2):
        react(event="cases.CaseEscalated", data={"case_id": case.pk, "move_id": move.pk})
    assert list(Notice.objects.filter(kind="case.escalated").values_list("user__username", flat=True)) == ["jing"]
    assert queries.get_case(jing, case.number).pk == case.pk
    actions.dispatch(case=case, by=town.chen, unit=town.enforcement)
    assert to_do(jing) == []
    Notice.objects.all().delete()
    elsewhere = town.filed(area=other)
    elsewhere = actions.dispatch(case=elsewhere, by=town.chen, unit=town.enforcement)
    elsewhere = up(town, elsewhere)
    react(
        event="cases.CaseEscalated",
        data={"case_id": elsewhere.pk, "move_id": LevelMove.objects.get(case=elsewhere).pk},
    )
    assert Notice.objects.filter(kind="case.escalated").count() == 0
    assert to_do(jing) == []


def test_a_confidential_case_stays_confidential(town):
    jing = guide(town)
    case = town.reported(contact=town.wu(), confidential=True)
    case = actions.file(case=case, by=town.luo, matter=case.matter)
    case = up(town, actions.dispatch(case=case, by=town.luo, unit=town.enforcement))
    assert case.confidential
    assert to_do(jing) == []
    react(event="cases.CaseEscalated", data={"case_id": case.pk, "move_id": LevelMove.objects.get(case=case).pk})
    assert Notice.objects.filter(kind="case.escalated").count() == 0


def test_no_higher_than_the_district(town):
    case = town.handling()
    while case.level < 4:
        case = actions.sign_for(
            case=actions.dispatch(case=up(town, case), by=town.chen, unit=town.enforcement), by=town.he
        )
    assert "escalate" not in {step.verb for step in queries.next_steps(case, town.he)}
    with refused(ConflictError):
        up(town, case)


def test_only_the_unit_passes_up_with_a_reason_from_its_own_work(town):
    case = town.dispatched()
    for other in (town.hua, town.chen, town.luo, town.lin, town.zhao):
        with refused(NotAllowedError):
            up(town, case, by=other)
    with refused(InvalidError, field="reason"):
        up(town, case, reason="  ")
    for elsewhere in (town.filed(), town.handled()):
        with refused(StepNotPossibleError if elsewhere.unit else NotAllowedError):
            up(town, elsewhere)


def test_down_to_where_it_belongs(town):
    case = up(town, town.handling())
    level = case.level
    case = actions.hand_down(case=case, by=town.chen, level=level - 1, reason="社区可办")
    assert (case.state, case.level, verbs(case)[-1]) == ("filed", level - 1, "hand_down")
    moves = LevelMove.objects.filter(case=case).order_by("id").values_list("from_level", "to_level")
    assert list(moves) == [(level - 1, level), (level, level - 1)]
    assert open_duties(case)[0][0] == "case.filed"


@pytest.mark.parametrize("level", [0, 5, -1])
def test_down_means_lower(town, level):
    case = town.filed()
    with refused(InvalidError, field="level"):
        actions.hand_down(case=case, by=town.chen, level=level, reason="因")
    with refused(InvalidError, field="level"):
        actions.hand_down(case=case, by=town.chen, level=case.level, reason="因")
    for other in (town.he, town.lin, town.bai, town.zhao):
        with refused(NotAllowedError):
            actions.hand_down(case=case, by=other, level=1, reason="因")
    with refused(InvalidError, field="reason"):
        actions.hand_down(case=case, by=town.chen, level=1, reason=" ")
