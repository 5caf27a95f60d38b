"""One matter, many reporters: merging keeps every voice, un-merging gives everything back."""

import pytest

from wangge.domains.cases import actions, queries
from wangge.domains.cases.actions.steps import StepNotPossibleError
from wangge.domains.cases.models import Evaluation, Report
from wangge.domains.cases.tests.traces import at, audited, open_duties, refused, row, verbs
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError


def voices(case):
    return [report.pk for report in Report.objects.of_case(case)]


def finish(town, case):
    """From filed to verified."""
    case = actions.dispatch(case=case, by=town.chen, unit=town.enforcement)
    case = actions.sign_for(case=case, by=town.he)
    case = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    return actions.verify(case=case, by=town.su)


def test_merging_moves_no_report_and_keeps_every_voice(town):
    target, other = town.filed(contact=town.wu()), town.filed(contact=town.wu())
    mine, theirs = town.voice(target), town.voice(other)
    merged = actions.merge(case=other, into=target, by=town.chen, at=at())

    assert (merged.state, merged.merged_into, merged.state_before_merge) == ("merged", target, "filed")
    assert theirs.case_id == other.pk
    assert voices(target) == [mine.pk, theirs.pk]
    assert (verbs(other)[-1], verbs(target)[-1]) == ("merge", "merge")
    assert (audited(other)[-1], audited(target)[-1]) == ("case.merge", "case.merge")
    assert open_duties(other) == []
    assert open_duties(target) == [("case.filed", "case:dispatch", town.grid1.path, "", None)]
    assert town.read(target).state == "filed"


def test_what_was_merged_before_goes_along(town):
    a, b, c = town.filed(contact=town.wu()), town.filed(contact=town.wu()), town.filed(contact=town.wu())
    own = [town.voice(case).pk for case in (a, b, c)]
    actions.merge(case=a, into=b, by=town.chen)
    actions.merge(case=b, into=c, by=town.chen)
    assert [row(case)["merged_into_id"] for case in (a, b, c)] == [c.pk, c.pk, None]
    assert voices(c) == own
    assert verbs(a) == ["report", "file", "merge", "merge"]


def test_urgency_and_secrecy_go_along(town):
    target, other = town.filed(), town.reported(urgent=True, confidential=True)
    actions.merge(case=other, into=target, by=town.luo)
    after = town.read(target)
    assert (after.urgent, after.confidential) == (True, True)


def test_a_case_that_becomes_confidential_leaves_the_common_to_do_list(town):
    from wangge.foundation.duties.queries import to_do

    target, other = town.filed(), town.filed(confidential=True)
    assert [d.label for d in to_do(town.chen, kind="case.filed")] == [target.number]
    actions.merge(case=other, into=target, by=town.luo)
    assert to_do(town.chen, kind="case.filed") == []
    assert [d.label for d in to_do(town.luo, kind="case.filed")] == [target.number]


@pytest.mark.parametrize("ended", ["closed", "declined", "void", "merged"])
def test_nothing_is_merged_into_what_has_ended(town, ended):
    case, target = town.filed(), town.filed()
    if ended == "closed":
        target = town.closed()
    elif ended == "declined":
        target = actions.decline(case=town.reported(), by=town.bai, reason="诉讼", channel="法院")
    elif ended == "void":
        actions.void(case=target, by=town.luo, reason="误报")
    else:
        actions.merge(case=target, into=town.filed(), by=town.chen)
    with refused(ConflictError, field="into"):
        actions.merge(case=case, into=target, by=town.chen)


def test_merging_refusals(town):
    case, target, handling = town.filed(), town.filed(), town.handling()
    north = town.reported(by=town.zhao, source="phone", area=town.north_grid)
    with refused(InvalidError, field="into"):
        actions.merge(case=case, into=case, by=town.chen)
    with refused(StepNotPossibleError):  # work has begun: others may join it, it joins nobody
        actions.merge(case=handling, into=target, by=town.chen)
    for one, two in ((case, north), (north, case)):
        with refused(NotAllowedError):
            actions.merge(case=one, into=two, by=town.chen)
    with refused(NotAllowedError):
        actions.merge(case=case, into=target, by=town.su)


@pytest.mark.parametrize("state", ["reported", "filed", "dispatched"])
def test_unmerging_goes_on_where_the_merge_stopped_it(town, state):
    target = town.filed(contact=town.wu())
    other = getattr(town, state)(contact=town.wu())
    unit = row(other)["unit_id"]
    actions.merge(case=other, into=target, by=town.chen)
    case = actions.unmerge(case=other, by=town.chen, reason="不是一件事", at=at())
    assert (case.state, case.merged_into, case.state_before_merge, case.since) == (state, None, "", at())
    assert case.unit_id == unit
    assert len(open_duties(case)) == 1
    assert (verbs(case)[-2:], verbs(target)[-2:]) == (["merge", "unmerge"], ["merge", "unmerge"])
    assert (voices(target), voices(case)) == ([town.voice(target).pk], [town.voice(case).pk])
    with refused(StepNotPossibleError):
        actions.unmerge(case=case, by=town.chen, reason="再来")


def test_unmerging_needs_a_reason_and_the_right(town):
    target, other = town.filed(), town.filed()
    actions.merge(case=other, into=target, by=town.chen)
    with refused(InvalidError, field="reason"):
        actions.unmerge(case=other, by=town.chen, reason=" ")
    with refused(NotAllowedError):
        actions.unmerge(case=other, by=town.lin, reason="不是")


def test_everybody_is_asked_and_rates_the_case_into_which_his_was_merged(town):
    target, other = town.filed(contact=town.wu()), town.filed(contact=town.wu())
    actions.merge(case=other, into=target, by=town.chen)
    assert finish(town, target).state == "evaluating"
    theirs = queries.report_by_link(town.voice(other).public_id, queries.link_code(town.voice(other)))
    actions.evaluate(report=theirs, solved="yes", satisfied="yes")
    assert town.read(target).state == "evaluating"  # Mrs Wu's own report is still open
    assert verbs(target)[-1] == "evaluate"
    actions.evaluate(report=town.voice(target), solved="yes", satisfied="fairly")
    assert town.read(target).state == "closed"
    assert town.read(other).state == "merged"


def test_who_rated_before_the_unmerging_is_asked_again_after_it(town):
    target, other = town.filed(contact=town.wu()), town.filed(contact=town.wu())
    actions.merge(case=other, into=target, by=town.chen)
    finish(town, target)
    actions.evaluate(report=town.voice(other), solved="yes", satisfied="yes")
    actions.unmerge(case=other, by=town.chen, reason="另一处违建")

    assert finish(town, town.read(other)).state == "evaluating"
    said = actions.evaluate(report=town.voice(other), solved="partly", satisfied="no")
    assert said.solved == "partly"
    assert town.read(other).state == "closed"
    assert list(Evaluation.objects.filter(report=town.voice(other)).values_list("round", "solved")) == [
        (1, "yes"),
        (2, "partly"),
    ]
    actions.evaluate(report=town.voice(target), solved="yes", satisfied="yes")
    assert town.read(target).state == "closed"


def test_who_rated_an_earlier_round_rates_after_being_merged(town):
    other = actions.pass_spot_check(case=town.settled(), by=town.su)
    actions.evaluate(report=town.voice(other), solved="no", satisfied="no")
    other = actions.reopen(case=other, by=town.luo, reason="又脏了")
    target = town.filed(contact=town.wu())
    actions.merge(case=other, into=target, by=town.chen)
    finish(town, town.read(target))
    assert actions.evaluate(report=town.voice(other), solved="yes", satisfied="yes").round == 2
    assert town.read(target).state == "evaluating"


def test_an_objection_of_a_merged_reporter_opens_the_common_case(town):
    target, other = town.filed(contact=town.wu()), town.filed(contact=town.wu())
    actions.merge(case=other, into=target, by=town.chen)
    finish(town, target)
    case = actions.object_to(report=town.voice(other), reason="我这边没拆")
    assert (case.pk, case.state) == (target.pk, "objected")
    assert row(other)["state"] == "merged"


def test_every_reporter_is_told_how_it_ended_merged_and_unmerged(town):
    from wangge.foundation.notifications.queries import inbox

    target, other = town.filed(), town.filed(by=town.gao, area=town.grid2)
    actions.merge(case=other, into=target, by=town.chen)
    case = finish(town, target)  # nobody to ask: closed
    actions.tell_staff_reporters(case_id=case.pk)
    assert [[n.label for n in inbox(user)] for user in (town.lin, town.gao)] == [[target.number]] * 2
    actions.unmerge(case=other, by=town.chen, reason="另一处")
    actions.tell_staff_reporters(case_id=finish(town, town.read(other)).pk)
    assert [n.label for n in inbox(town.gao)] == [other.number, target.number]
    assert [n.label for n in inbox(town.lin)] == [target.number]


def test_the_public_record_of_a_merge_names_the_number_and_nobody(town):
    target, other = town.filed(), town.filed()
    actions.merge(case=other, into=target, by=town.chen)
    entry = queries.public_timeline(other)[-1]
    assert (entry.verb, entry.data) == ("merge", {"into": target.pk, "number": target.number})


def test_a_person_of_two_streets_merges_within_both_only(town):
    chen = town.chen
    accounts.give_post(by=None, user=chen, role="dispatcher", valid_from=at().date(), area=town.north)
    chen = town.fresh(chen)
    north = town.reported(by=town.zhao, source="phone", area=town.north_grid)
    target = town.filed()
    assert actions.merge(case=north, into=target, by=chen).state == "merged"
    with refused(NotAllowedError):
        actions.unmerge(case=north, by=town.bai, reason="不是")
