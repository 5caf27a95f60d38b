"""The table of steps by itself, without a database."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wangge.domains.cases import queries, workflow
from wangge.domains.cases.actions import steps
from wangge.domains.cases.models import State
from wangge.domains.cases.workflow import ENDED, OPEN, REPORTER, STAGE_OF, STEPS, SYSTEM, S, Stage, StepRefused
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.roles import ROLES

FIXED = settings(derandomize=True, database=None, deadline=None, max_examples=200)
FILLED = {name: "x" for step in STEPS.values() for name in step.requires}

# The lifecycle as a clerk would tell it: what is possible in each state. A change of the table is a change of this list.
SUPERVISION = ["supervise", "recalculate", "answer_supervision"]
PARTS = ["assist_done", "verify_assist", "waive_assist"]
POSSIBLE = {
    "reported": ["ask_for_more", "file", "decline", "merge", "void", "flag", *SUPERVISION],
    "needs_info": ["supplement", "decline", "lapse", "void", "flag", *SUPERVISION],
    "settled": ["flag", "pass_spot_check", "refuse_spot_check", "close_unsampled", *SUPERVISION],
    "filed": ["merge", "void", "flag", "dispatch", "call_ruling", "rule", "hand_down", *SUPERVISION],
    "dispatched": [
        *("merge", "void", "flag", "sign_for", "send_back", "assist", "call_ruling", "rule", "escalate"),
        *PARTS,
        *SUPERVISION,
    ],
    "handling": [
        *("flag", "contact", "assist", "handle", "ask_extension", "grant_extension", "refuse_extension"),
        *("ask_hang", "hang", "refuse_hang", "call_ruling", "rule", "escalate"),
        *PARTS,
        *SUPERVISION,
    ],
    "hung": ["flag", "assist", "resume", "resume_by_date", *PARTS, *SUPERVISION],
    "handled": ["flag", "assist", *PARTS, *SUPERVISION, "verify", "rework", "close_by_rule"],
    "evaluating": [
        *("flag", *SUPERVISION, "pass_second_check", "fail_second_check"),
        *("evaluate", "call_back", "close", "close_by_rule", "object"),
    ],
    "objected": ["flag", *SUPERVISION, "reopen", "dismiss"],
    "closed": ["pass_second_check", "fail_second_check", "evaluate", "call_back", "object", "archive"],
    "archived": [],
    "declined": [],
    "void": [],
    "merged": ["unmerge"],
}


def test_what_is_possible_in_each_state():
    assert {state.value: [step.verb for step in workflow.verbs_from(state)] for state in S} == POSSIBLE


def test_every_step_names_a_real_mover():
    permissions = {permission.value for permission in P}
    for step in STEPS.values():
        assert step.by in permissions | {REPORTER, SYSTEM}, step.verb
        assert step.before, step.verb


def test_every_permission_of_a_step_is_held_by_a_role():
    held = {permission.value for role in ROLES.values() for permission in role.permissions}
    assert {step.by for step in STEPS.values()} - {REPORTER, SYSTEM} - held == set()


def test_every_state_is_reached_from_a_report():
    reached, new = set(), {S.REPORTED, S.SETTLED}
    while new:
        reached |= new
        new = {step.after for state in new for step in workflow.verbs_from(state) if step.after} - reached
    assert reached == set(S)


def test_every_open_state_leaves_by_a_person_or_a_rule():
    for state in OPEN:
        assert {step.after for step in workflow.verbs_from(state)} - {None, state}, state


def test_open_and_ended_share_no_state():
    assert sorted(state.value for state in ENDED) == ["archived", "closed", "declined", "merged", "void"]
    assert set(S) == OPEN | ENDED
    assert not OPEN & ENDED


def test_every_open_state_has_its_clock_and_its_worker():
    assert set(STAGE_OF) == set(OPEN)
    assert set(STAGE_OF.values()) == set(Stage)
    assert set(steps._WAITS_FOR) == set(OPEN) - {S.NEEDS_INFO}  # there the reporter is waited for
    for state, permission in steps._WAITS_FOR.items():
        assert permission.value in {step.by for step in workflow.verbs_from(state)}, state
    # While it is hung the clock of the handling stands still; everywhere else a stage has a clock of its own.
    assert STAGE_OF[S.HUNG] is STAGE_OF[S.HANDLING] is Stage.HANDLE
    assert len({STAGE_OF[state] for state in OPEN - {S.HUNG}}) == len(OPEN) - 1


def test_the_queues_show_every_open_state_once():
    shown = [state for queue in queries.QUEUES.values() for state in queue.states]
    assert sorted(shown) == sorted(OPEN)
    for queue in queries.QUEUES.values():
        states = queue.states or tuple(OPEN)  # a queue of requests goes by what was asked, not by one state
        assert queue.permission.value in {step.by for state in states for step in workflow.verbs_from(state)}


def test_the_states_of_the_table_and_of_the_database_are_the_same():
    assert State.values == [state.value for state in S]


def test_an_unknown_verb_is_refused():
    with pytest.raises(StepRefused) as caught:
        workflow.take("reported", "explode", FILLED)
    assert (caught.value.reason, caught.value.missing) == ("unknown", ())


def test_a_step_from_elsewhere_is_refused():
    with pytest.raises(StepRefused) as caught:
        workflow.take("closed", "dispatch", FILLED)
    assert (caught.value.reason, caught.value.missing) == ("state", ())


@pytest.mark.parametrize("empty", [None, "", [], ()])
def test_a_step_names_what_it_misses(empty):
    with pytest.raises(StepRefused) as caught:
        workflow.take("dispatched", "send_back", {"reason": "x", "basis": empty})
    assert (caught.value.reason, caught.value.missing) == ("missing", ("basis",))


@FIXED
@given(st.sampled_from(S), st.lists(st.sampled_from([*STEPS, "explode", ""]), max_size=40))
def test_random_verbs_never_leave_the_table(start, verbs):
    state = start
    for verb in verbs:
        try:
            step = workflow.take(state, verb, FILLED)
        except StepRefused as refusal:
            assert refusal.reason == ("state" if verb in STEPS else "unknown")
            assert verb not in POSSIBLE[state.value]
            continue
        assert verb in POSSIBLE[state.value]
        state = step.after or state
    assert state in set(S)


@FIXED
@given(st.sampled_from(sorted(STEPS)), st.data())
def test_nothing_that_a_step_needs_may_be_left_out(verb, data):
    step = STEPS[verb]
    given_ = {name: "x" for name in step.requires if data.draw(st.booleans())}
    lacking = tuple(name for name in step.requires if name not in given_)
    if lacking:
        with pytest.raises(StepRefused) as caught:
            workflow.take(step.before[0], verb, given_)
        assert caught.value.missing == lacking
    else:
        assert workflow.take(step.before[0], verb, given_) is step
