"""A rule tried on last month's cases, and the version of the rules kept with each decision."""

from __future__ import annotations

import datetime as dt

from wangge.domains.cases import actions
from wangge.domains.cases.learning import backtest
from wangge.domains.cases.models import Assignment
from wangge.foundation.catalogue import proposals
from wangge.foundation.catalogue.models import RoutingRule, RulesVersion
from wangge.foundation.core import clock


def sanitation_for_sheds(town, area=None) -> RoutingRule:
    return RoutingRule(
        matter=town.shed, area=area or town.community, unit=town.sanitation, duty="main", valid_from=clock.today()
    )


def test_a_trial_counts_what_would_go_elsewhere_and_who_was_right(town):
    done = town.handled()  # a shed, by the law-enforcement team, which answers for sheds
    waiting = town.dispatched()
    town.handled(area=town.grid3)  # outside the rule's community
    town.dispatched(matter=town.litter, unit=town.sanitation)  # another matter
    trial = backtest.try_rule(sanitation_for_sheds(town))
    assert (trial.cases, trial.judged, trial.elsewhere, trial.right_before, trial.right_after) == (2, 1, 2, 1, 0)
    assert trial.changed == [
        (waiting.pk, town.enforcement.pk, town.sanitation.pk, None),
        (done.pk, town.enforcement.pk, town.sanitation.pk, town.enforcement.pk),
    ]
    assert backtest.Trial.of(trial.as_data()) == trial
    assert RoutingRule.objects.filter(unit=town.sanitation).count() == 0  # tried, not made


def test_a_trial_finds_the_rule_that_would_have_been_right(town):
    case = town.filed()
    actions.dispatch(case=case, by=town.chen, unit=town.sanitation)
    actions.sign_for(case=case, by=town.hua)
    actions.handle(case=case, by=town.hua, outcome=town.outcome(before_photos=["b" * 64]))
    trial = backtest.try_rule(sanitation_for_sheds(town))
    assert (trial.judged, trial.right_before, trial.right_after) == (1, 0, 1)
    row = backtest.changed_rows(town.luo, trial)[0]
    assert (row.case.pk, row.before, row.after, row.handled, row.right) == (
        case.pk, town.enforcement, town.sanitation, town.sanitation, True,
    )  # fmt: skip


def test_rows_are_shown_to_whoever_may_see_the_cases(town):
    town.handled()
    trial = backtest.try_rule(sanitation_for_sheds(town))
    assert len(backtest.changed_rows(town.luo, trial)) == 1
    assert backtest.changed_rows(town.zhao, trial) == []
    assert backtest.changed_rows(town.root, trial) == []


def test_older_cases_are_not_counted(town):
    town.handled()
    assert backtest.try_rule(sanitation_for_sheds(town), at=clock.now() + dt.timedelta(days=31)).cases == 0


def test_a_trial_of_a_class_and_of_everything(town):
    town.handled()
    by_class = RoutingRule(
        matter_class=town.shed.matter_class, unit=town.sanitation, duty="main", valid_from=clock.today()
    )
    trial = backtest.try_rule(by_class)
    assert (trial.cases, trial.elsewhere) == (1, 0)  # the matter's own rule is more specific
    everything = RoutingRule(unit=town.sanitation, duty="main", valid_from=clock.today())
    assert backtest.try_rule(everything).cases == 1


def test_each_decision_keeps_the_version_by_which_it_was_proposed(town):
    first = RulesVersion.objects.latest("pk")
    case = town.dispatched()
    assert Assignment.objects.get(case=case).rules_version == first.pk
    from wangge.foundation.catalogue.actions import save_rule

    save_rule(by=None, matter=town.shed, area=town.south, unit=town.sanitation)
    other = town.dispatched()
    assert Assignment.objects.get(case=other).rules_version == proposals.latest_version() != first.pk
