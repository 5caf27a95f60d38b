"""Every step × every member of the cast: allowed or refused exactly as the roles say, and the buttons agree."""

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import override_settings

from tests.town import SINCE
from wangge.domains.cases import actions, procedures, queries
from wangge.domains.cases.actions import supervising
from wangge.domains.cases.second_checks import VERBS
from wangge.domains.cases.tests.leaders import leader
from wangge.domains.cases.tests.shots import shot
from wangge.domains.cases.tests.traces import everything
from wangge.domains.cases.workflow import REPORTER, STEPS, SYSTEM
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError

CAST = (
    "lin", "gao", "fang", "bai", "chen", "su", "ma", "luo", "he", "hua", "zhao", "qian", "tan", "root", "security", "wei",
)  # fmt: skip

# verb: (the state it starts from, who may; the same when the case is confidential)
MAY = {
    "ask_for_more": ("reported", "fang bai luo", "bai luo"),
    "file": ("reported", "bai chen luo", "bai luo"),
    "decline": ("reported", "bai luo", "bai luo"),
    "merge": ("filed", "bai chen luo", "bai luo"),
    "unmerge": ("merged", "bai chen luo", "bai luo"),
    "void": ("dispatched", "luo", "luo"),
    "flag": ("filed", "fang bai chen luo wei", "bai luo wei"),
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
    "pass_second_check": ("evaluating", "lin su", ""),
    "fail_second_check": ("evaluating", "lin su", ""),
    "call_back": ("evaluating", "ma luo", "luo"),
    "close": ("evaluating", "luo", "luo"),
    "reopen": ("objected", "luo wei", "luo wei"),
    "dismiss": ("objected", "luo wei", "luo wei"),
    "ask_extension": ("handling", "he", "he"),
    "grant_extension": ("handling", "luo wei", "luo wei"),
    "refuse_extension": ("handling", "luo wei", "luo wei"),
    "ask_hang": ("handling", "he", "he"),
    "hang": ("handling", "wei", "wei"),
    "refuse_hang": ("handling", "wei", "wei"),
    "resume": ("hung", "wei", "wei"),
    "call_ruling": ("dispatched", "luo wei", "luo wei"),
    "rule": ("dispatched", "luo wei", "luo wei"),
    "escalate": ("handling", "he", "he"),
    "hand_down": ("filed", "chen luo", "luo"),
    "assist_done": ("handling", "hua", "hua"),
    "verify_assist": ("handling", "lin su luo", "luo"),
    "waive_assist": ("handling", "chen luo", "luo"),
    "supervise": ("handling", "luo wei", "luo wei"),
    "answer_supervision": ("handling", "he", "he"),
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
        "dismiss": {"reason": "经现场复核，确已拆除。"},
        "ask_extension": {"days": 3, "reason": "等备件"},
        "refuse_extension": {"reason": "不必"},
        "refuse_hang": {"reason": "不必"},
        "resume": {"reason": "可办"},
        "escalate": {"reason": "超权限"},
        "hand_down": {"level": 1, "reason": "社区可办"},
        "assist_done": {"text": "已清运"},
        "waive_assist": {"reason": "不需"},
    }.get(verb, {})
    if verb in {"grant_extension", "refuse_extension", "hang", "refuse_hang"}:
        return getattr(actions, verb)(by=by, **given, **town.request)
    if verb == "supervise":
        return supervising.supervise(case=case, by=by, text="请书面答复。")
    if verb == "answer_supervision":
        return supervising.answer(supervision=town.slip, by=by, text="明日完成。")
    if verb in {"verify_assist", "waive_assist"}:
        given = given | {"assignment": town.part}
    elif verb == "ask_hang":
        given = {"why": "funds", "plan": "列入预算", "review_on": clock.today() + dt.timedelta(days=9)}
    elif verb == "call_ruling":
        given = {"meet_at": clock.now() + dt.timedelta(days=1), "place": "现场", "units": [town.enforcement_unit]}
    elif verb == "rule":
        given = {"unit": town.enforcement_unit, "minutes": "到场", "basis": "据"}
    if verb == "merge":
        given = {"into": town.target}
    elif verb == "dispatch":
        given = {"unit": town.enforcement_unit}
    elif verb == "handle":
        given = {"outcome": town.result}
    elif verb == "call_back":
        return actions.evaluate(report=town.first_voice, solved="yes", satisfied="yes", by=by)
    elif verb in VERBS:
        name = shot(town, "e" * 64, by=by if by is not None and by.pk else None)
        given = {"photos": [name]} | ({"reason": "未拆"} if verb == "fail_second_check" else {})
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
    if state in {"handling", "hung"}:
        return case
    case = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    for part in procedures.open_parts(case):
        case = actions.waive_assist(case=case, by=town.luo, assignment=part, reason="主办单位已自行完成")
    if state == "handled":
        return case
    with override_settings(SECOND_CHECK_PERCENT=100):
        case = actions.verify(case=case, by=another_chief(town))
    if state == "objected":
        actions.evaluate(report=town.voice(case), solved="no", satisfied="no")
        case = town.read(case)
    return case


def another_chief(town):
    """Who verified neither looks a second time nor decides the objection: it is nobody of the matrix."""
    chief = accounts.add_user(by=None, username="tian", name="田青", password=None)
    accounts.give_post(
        by=None, user=chief, role="duty_chief", valid_from=SINCE, organisation=town.centre, area=town.south
    )
    return chief


def asked(town, verb, case):
    """What must stand open in the case before a step about it: a request, a meeting, a part that was done."""
    if verb in {"grant_extension", "refuse_extension"}:
        case = actions.ask_extension(case=case, by=town.he, days=3, reason="等备件")
        town.request = {"extension": procedures.open_extension(case)}
    if verb in {"hang", "refuse_hang", "resume"}:
        day = clock.today() + dt.timedelta(days=9)
        case = actions.ask_hang(case=case, by=town.he, why="funds", plan="列入预算", review_on=day)
        town.request = {"hang": procedures.open_hang(case)}
    if verb == "resume":
        case = actions.hang(hang=town.request["hang"], by=town.wei)
    if verb == "rule":
        meet_at = clock.now() + dt.timedelta(days=1)
        case = actions.call_ruling(case=case, by=town.luo, meet_at=meet_at, place="现场", units=[town.enforcement])
    if verb in {"verify_assist", "waive_assist"}:
        town.part = procedures.parts(case)[0]
    if verb == "answer_supervision":
        town.slip = supervising.supervise(case=case, by=town.luo, text="请书面答复。")
    if verb == "verify_assist":
        case = actions.assist_done(case=case, by=town.hua, text="已清运")
    return case


def test_the_matrix_names_every_step_of_staff():
    assert set(MAY) == {verb for verb, step in STEPS.items() if step.by not in {REPORTER, SYSTEM}}


@pytest.mark.parametrize("confidential", [False, True])
@pytest.mark.parametrize("verb", MAY)
def test_exactly_these_may(town, verb, confidential):
    state, ordinary, secret = MAY[verb]
    town.wei = leader(town)
    people = {name: getattr(town, name) for name in CAST}
    town.target = town.filed(confidential=confidential) if verb in {"merge", "unmerge"} and not confidential else None
    if verb in {"merge", "unmerge"} and confidential:
        held = town.reported(confidential=True)
        town.target = actions.file(case=held, by=town.luo, matter=held.matter)
    case = asked(town, verb, prepared(town, state, confidential=confidential))
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
    town.wei = leader(town)
    town.target = town.filed() if verb in {"merge", "unmerge"} else None
    case = asked(town, verb, prepared(town, MAY[verb][0], confidential=False))
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
