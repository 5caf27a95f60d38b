"""What time does by itself, through the job that runs every five minutes."""

import datetime as dt

from wangge.domains.cases import actions, tasks
from wangge.domains.cases.tests.traces import at, everything, row, verbs


def test_every_rule_takes_what_is_due_and_nothing_else(town):
    unanswered = actions.ask_for_more(case=town.reported(), by=town.bai, question="？", at=at(2))
    asked = actions.verify(case=town.handled(contact=town.wu()), by=town.su, at=at(2))
    closed = actions.close(case=town.evaluating(), by=town.luo, at=at(2))
    others = [town.reported(at=at(2)), town.filed(), town.handling(), town.objected(), town.settled(at=at(2))]
    before = [row(case) for case in others]

    assert actions.apply_rules(at=at(5, 17, 59)) == 0
    assert actions.apply_rules(at=at(5, 18)) == 1  # three working days to answer
    assert row(unanswered)["state"] == "declined"
    assert actions.apply_rules(at=at(9, 18)) == 1  # five working days to judge
    assert row(asked)["state"] == "closed"
    assert actions.apply_rules(at=at(17)) == 1  # fifteen calendar days to object
    assert row(closed)["state"] == "archived"
    assert [verbs(case)[-1] for case in (unanswered, asked, closed)] == ["lapse", "close_by_rule", "archive"]
    assert [row(case) for case in others] == before


def test_the_rules_run_twice_change_nothing_more(town):
    actions.ask_for_more(case=town.reported(), by=town.bai, question="？", at=at(2))
    assert actions.apply_rules(at=at(6)) == 1
    after = everything()
    assert actions.apply_rules(at=at(6)) == 0
    assert everything() == after


def test_the_job_applies_the_rules_now(town, time_machine):
    case = actions.ask_for_more(case=town.reported(), by=town.bai, question="？", at=at(2))
    time_machine.move_to(at(5, 17, 58), tick=False)
    tasks.apply_rules(timestamp=0)
    assert row(case)["state"] == "needs_info"
    time_machine.move_to(at(5, 18) + dt.timedelta(seconds=1), tick=False)
    tasks.apply_rules(timestamp=0)
    assert row(case)["state"] == "declined"


def test_a_case_that_somebody_moved_meanwhile_is_left_alone(town, monkeypatch):
    from wangge.domains.cases.actions import rules

    report = town.report()
    case = actions.ask_for_more(case=report.case, by=town.bai, question="？", at=at(2))
    lapse = rules.lapse

    def answered_first(*, case, at):
        actions.supplement(report=report, by=town.lin, text="3号楼")
        return lapse(case=case, at=at)

    monkeypatch.setattr(rules, "lapse", answered_first)
    assert actions.apply_rules(at=at(6)) == 0
    assert row(case)["state"] == "reported"
