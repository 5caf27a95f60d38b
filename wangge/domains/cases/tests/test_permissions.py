"""Every step × every member of the cast: allowed or refused exactly as the roles say, and the buttons agree."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from wangge.domains.cases import actions, queries
from wangge.domains.cases.tests.traces import everything
from wangge.domains.cases.workflow import REPORTER, STEPS, SYSTEM
from wangge.foundation.core.problems import NotAllowedError

CAST = (
    "lin", "gao", "fang", "bai", "chen", "su", "ma", "luo", "he", "hua", "zhao", "qian", "tan", "root", "security",
)  # fmt: skip

# verb: (the state it starts from, who may; the same when the case is confidential)
MAY = {
    "ask_for_more": ("reported", "fang bai luo", "bai luo"),
    "file": ("reported", "bai chen luo", "bai luo"),
    "decline": ("reported", "bai luo", "bai luo"),
    "merge": ("filed", "bai chen luo", "bai luo"),
    "unmerge": ("merged", "bai chen luo", "bai luo"),
    "void": ("dispatched", "luo", "luo"),
    "flag": ("filed", "fang bai chen luo", "bai luo"),
    "pass_spot_check": ("settled", "su luo", "luo"),
    "refuse_spot_check": ("settled", "su luo", "luo"),
    "dispatch": ("filed", "chen luo", "luo"),
    "sign_for": ("dispatched", "he", "he"),
    "send_back": ("dispatched", "he", "he"),
    "contact": ("handling", "he", "he"),
    "assist": ("handling", "hua", "hua"),
    "handle": ("handling", "he", "he"),
    "verify": ("handled", "lin su luo", "luo"),
    "rework": ("handled", "lin su luo", "luo"),
    "call_back": ("evaluating", "ma luo", "luo"),
    "close": ("evaluating", "luo", "luo"),
    "reopen": ("objected", "luo", "luo"),
    "dismiss": ("objected", "luo", "luo"),
}


def attempt(town, verb, case, by):
    """Take a step with everything it needs; the values are never the reason of a refusal."""
    given = {
        "ask_for_more": {"question": "？"},
        "file": {"matter": case.matter},
        "decline": {"reason": "诉讼", "channel": "法院"},
        "unmerge": {"reason": "不是"},
        "void": {"reason": "误报"},
        "flag": {"emerging": True, "legacy": False},
        "refuse_spot_check": {"reason": "没清"},
        "send_back": {"reason": "不属", "basis": "据"},
        "contact": {"text": "约"},
        "assist": {"text": "助"},
        "rework": {"reason": "不行"},
        "reopen": {"reason": "确"},
        "dismiss": {"reason": "已拆"},
    }.get(verb, {})
    if verb == "merge":
        given = {"into": town.target}
    elif verb == "dispatch":
        given = {"unit": town.enforcement_unit}
    elif verb == "handle":
        given = {"outcome": town.result}
    elif verb == "call_back":
        return actions.evaluate(report=town.first_voice, solved="yes", satisfied="yes", by=by)
    return getattr(actions, verb)(case=case, by=by, **given)


def possible(town, verb, case, by):
    """Whether the step may be taken; it is taken back at once."""
    try:
        with transaction.atomic():
            attempt(town, verb, case, by)
            transaction.set_rollback(True)
    except NotAllowedError:
        return False
    return True


def prepared(town, state, *, confidential):
    """A case in grid 1 in a state, walked there by the duty chief and the units so that secrecy stops nothing."""
    if state == "settled":
        return town.settled(confidential=confidential)
    case = town.reported(contact=town.wu(), confidential=confidential)
    if state == "reported":
        return case
    case = actions.file(case=case, by=town.luo, matter=case.matter)
    if state == "merged":
        return actions.merge(case=case, into=town.target, by=town.luo)
    if state == "filed":
        return case
    case = actions.dispatch(case=case, by=town.luo, unit=town.enforcement, co_units=[town.sanitation])
    if state == "dispatched":
        return case
    case = actions.sign_for(case=case, by=town.he)
    if state == "handling":
        return case
    case = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    if state == "handled":
        return case
    case = actions.verify(case=case, by=town.luo)
    if state == "objected":
        actions.evaluate(report=town.voice(case), solved="no", satisfied="no")
        case = town.read(case)
    return case


def test_the_matrix_names_every_step_of_staff():
    assert set(MAY) == {verb for verb, step in STEPS.items() if step.by not in {REPORTER, SYSTEM}}


@pytest.mark.parametrize("confidential", [False, True])
@pytest.mark.parametrize("verb", MAY)
def test_exactly_these_may(town, verb, confidential):
    state, ordinary, secret = MAY[verb]
    people = {name: getattr(town, name) for name in CAST}
    town.target = town.filed(confidential=confidential) if verb in {"merge", "unmerge"} and not confidential else None
    if verb in {"merge", "unmerge"} and confidential:
        held = town.reported(confidential=True)
        town.target = actions.file(case=held, by=town.luo, matter=held.matter)
    case = prepared(town, state, confidential=confidential)
    assert case.state == state
    town.enforcement_unit, town.result = town.enforcement, town.outcome(before_photos=["b" * 64])
    town.first_voice = town.voice(case) if state == "evaluating" else None

    may, offered = [], []
    before = everything()
    for name, user in people.items():
        if possible(town, verb, case, user):
            may.append(name)
        if verb in [step.verb for step in queries.next_steps(case, user)]:
            offered.append(name)
    assert sorted(may) == sorted((secret if confidential else ordinary).split())
    assert sorted(offered) == sorted(may)
    assert everything() == before


@pytest.mark.parametrize("verb", MAY)
def test_nobody_without_a_log_in_takes_a_step_of_staff(town, verb):
    town.target = town.filed() if verb in {"merge", "unmerge"} else None
    case = prepared(town, MAY[verb][0], confidential=False)
    town.enforcement_unit, town.result = town.enforcement, town.outcome(before_photos=["b" * 64])
    town.first_voice = town.voice(case)
    before = everything()
    for nobody in (AnonymousUser(), None):
        if verb == "call_back" and nobody is None:
            continue  # that is the reporter himself: proved by his link
        with pytest.raises(NotAllowedError), transaction.atomic():
            attempt(town, verb, case, nobody)
        assert queries.next_steps(case, nobody) == []
    assert everything() == before
