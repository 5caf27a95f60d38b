"""Versions of the rules, rules kept in them, proposals, and rule sets that are only tried."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.catalogue import actions, proposals, queries
from wangge.foundation.catalogue.models import RoutingRule, RuleProposal, RulesVersion
from wangge.foundation.catalogue.routes import RuleSet
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError

pytestmark = pytest.mark.django_db


def counts() -> tuple[int, int, int, int]:
    return (
        RulesVersion.objects.count(),
        RoutingRule.objects.count(),
        RuleProposal.objects.count(),
        AuditEntry.objects.count(),
    )


@pytest.fixture
def proposal(town):
    rule = RoutingRule(matter=town.shed, area=town.community, unit=town.sanitation, duty="main")
    return actions.propose_rule(rule=rule, reason="现场研判：由环卫所清理", by=town.luo)


def test_the_shipped_rules_are_the_first_version(town):
    first = RulesVersion.objects.get()
    assert first.note == "catalogue.load"
    assert len(first.rules) == RoutingRule.objects.count()
    assert proposals.latest_version() == first.pk


def test_every_change_makes_one_version(town):
    rule = actions.save_rule(by=town.luo, matter=town.shed, area=town.south, unit=town.sanitation)
    assert RulesVersion.objects.count() == 2
    added = proposals.change_of(RulesVersion.objects.latest("pk"))
    assert ([r.pk for r in added.added], added.removed) == ([rule.pk], [])
    other = actions.save_rule(by=town.luo, matter=town.shed, area=town.south, unit=town.enforcement, replaces=rule)
    assert RulesVersion.objects.count() == 3  # one, though a rule ended and another began
    changed = proposals.change_of(RulesVersion.objects.latest("pk"))
    assert ([r.pk for r in changed.added], [r.pk for r in changed.removed]) == ([other.pk], [rule.pk])
    actions.end_rule(by=town.luo, rule=other)
    assert RulesVersion.objects.count() == 4
    assert RulesVersion.objects.latest("pk").by == town.luo


def test_a_refused_change_makes_no_version(town):
    before = counts()
    with pytest.raises(NotAllowedError):
        actions.save_rule(by=town.lin, matter=town.shed, area=town.south, unit=town.sanitation)
    with pytest.raises(InvalidError):
        actions.save_rule(by=town.luo, matter=town.shed, area=town.south)
    assert counts() == before


def test_an_old_rule_is_read_from_its_version_after_it_was_removed(town):
    rule = actions.save_rule(by=town.luo, matter=town.shed, area=town.south, unit=town.sanitation)
    version, pk, said = proposals.latest_version(), rule.pk, str(rule)
    actions.end_rule(by=town.luo, rule=rule)  # of today: it is removed, and never decided anything
    assert not RoutingRule.objects.filter(pk=pk).exists()
    assert str(proposals.rule_in_version(version, pk)) == said
    assert proposals.rule_in_version(version + 1, pk) is None
    with pytest.raises(NotFoundError):
        proposals.get_version(10**9)


def test_a_rule_set_in_memory_routes_like_the_database(town):
    rules = queries.rules()
    held = RuleSet(rules, day=clock.today())
    for matter in queries.matters()[::7]:
        for area in (town.grid1, town.grid3, town.north_grid, town.south):
            one, other = queries.route(matter, area), held.route(matter, area.path, None)
            assert (one.main, one.co, one.candidates) == (other.main, other.co, other.candidates)
            assert [str(reason) for reason in one.why] == [str(reason) for reason in other.why]


def test_a_proposal_decides_nothing_until_it_is_accepted(town, proposal):
    assert queries.route(town.shed, town.grid1).main == town.enforcement
    made = actions.accept_proposal(proposal=proposal, by=town.luo, decision="同意")
    assert queries.route(town.shed, town.grid1).main == town.sanitation
    assert queries.route(town.shed, town.grid3).main == town.enforcement
    proposal.refresh_from_db()
    assert (proposal.state, proposal.accepted_rule, proposal.decided_by, proposal.decision) == (
        "accepted", made, town.luo, "同意",
    )  # fmt: skip
    assert AuditEntry.objects.filter(kind="rule.accept").count() == 1
    with pytest.raises(ConflictError):
        actions.accept_proposal(proposal=proposal, by=town.luo)


def test_an_accepted_proposal_replaces_the_rule_about_the_same_thing(town, proposal):
    old = actions.save_rule(
        by=town.luo, matter=town.shed, area=town.community, unit=town.enforcement,
        valid_from=clock.today() - dt.timedelta(days=9),
    )  # fmt: skip
    actions.accept_proposal(proposal=proposal, by=town.luo)
    old.refresh_from_db()
    assert old.valid_to == clock.today()
    assert queries.route(town.shed, town.grid1).main == town.sanitation


def test_a_refusal_needs_a_reason_and_changes_no_rule(town, proposal):
    before = counts()
    with pytest.raises(InvalidError):
        actions.refuse_proposal(proposal=proposal, by=town.luo, decision=" ")
    assert counts() == before
    actions.refuse_proposal(proposal=proposal, by=town.luo, decision="个案，不成规则")
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decision) == ("refused", "个案，不成规则")
    assert (counts()[0], counts()[1]) == before[:2]
    with pytest.raises(ConflictError):
        actions.refuse_proposal(proposal=proposal, by=town.luo, decision="再拒一次")


def test_who_may_not_route_there_neither_sees_nor_decides(town, proposal):
    before = counts()
    for stranger in (town.lin, town.chen, town.zhao, town.qian):
        assert proposals.proposals(stranger) == []
        with pytest.raises(NotFoundError):
            proposals.get_proposal(stranger, proposal.pk)
        with pytest.raises(NotAllowedError):
            actions.accept_proposal(proposal=proposal, by=stranger)
        with pytest.raises(NotAllowedError):
            actions.refuse_proposal(proposal=proposal, by=stranger, decision="不")
        with pytest.raises(NotAllowedError):
            actions.propose_rule(rule=RoutingRule(matter=town.shed, unit=town.sanitation), reason="试", by=stranger)
    assert counts() == before
    assert [row.pk for row, _rule in proposals.proposals(town.luo)] == [proposal.pk]
    with pytest.raises(InvalidError):
        actions.propose_rule(
            rule=RoutingRule(matter=town.shed, area=town.south, unit=town.sanitation), reason="", by=town.luo
        )
