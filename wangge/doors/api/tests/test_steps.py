"""Every step of staff through the API: it works, the wrong person is refused, and then nothing happened."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.cases.models import TimelineEntry
from wangge.domains.cases.workflow import STEPS
from wangge.doors.api.gates import STAFF_VERBS
from wangge.foundation.core import clock

OUTCOME = {
    "result": "solved",
    "text": "已现场拆除泡沫板房并清运。",
    "reply": "您反映的违建已拆除，感谢您的监督。",
    "quantities": [{"amount": "1.50", "unit": "处"}],
    "legal_basis": "《中华人民共和国城乡规划法》第六十四条",
    "area_m2": "18.5",
    "before_photos": ["b" * 64],
    "after_photos": ["a" * 64],
}
REASON = {"reason": "经现场查看，理由充分。"}


def merged(town):
    from wangge.domains.cases import actions

    return actions.merge(case=town.reported(), into=town.reported(), by=town.bai)


def assisted(town):
    from wangge.domains.cases import actions

    case = actions.dispatch(case=town.filed(), by=town.chen, unit=town.enforcement, co_units=[town.sanitation])
    return actions.sign_for(case=case, by=town.he)


def evaluated_without_handler(town):
    return town.evaluating()


def more_time_asked(town):
    from wangge.domains.cases import actions

    return actions.ask_extension(case=town.handling(), by=town.he, days=5, reason="等备件")


def hanging_asked(town):
    from wangge.domains.cases import actions
    from wangge.domains.cases.tests.leaders import leader

    town.wei = leader(town)
    day = clock.today() + dt.timedelta(days=30)
    return actions.ask_hang(case=town.handling(), by=town.he, why="season", plan="开春施工", review_on=day)


def hung(town):
    from wangge.domains.cases import actions, procedures

    case = hanging_asked(town)
    return actions.hang(hang=procedures.open_hang(case), by=town.wei)


def meeting_called(town):
    from wangge.domains.cases import actions

    meet_at = clock.now() + dt.timedelta(days=1)
    return actions.call_ruling(
        case=town.dispatched(), by=town.luo, meet_at=meet_at, place="现场", units=[town.enforcement]
    )


def part_done(town):
    from wangge.domains.cases import actions

    return actions.assist_done(case=assisted(town), by=town.hua, text="已清运")


def slip_issued(town):
    from wangge.domains.cases.actions import supervising

    return supervising.supervise(case=town.handling(), by=town.luo, text="请书面答复。").case


def bodies(town, case) -> dict:
    """What is said where it names something that the case before has made."""
    from wangge.domains.cases import procedures

    extension, hang, parts = procedures.open_extension(case), procedures.open_hang(case), procedures.parts(case)
    day, soon = clock.today() + dt.timedelta(days=30), clock.now() + dt.timedelta(days=1)
    return {
        "grant_extension": {"extension": extension.pk if extension else 0, "note": "同意"},
        "refuse_extension": {"extension": extension.pk if extension else 0, **REASON},
        "ask_hang": {"why": "funds", "plan": "列入明年预算", "review_on": day.isoformat()},
        "hang": {"hang": hang.pk if hang else 0},
        "refuse_hang": {"hang": hang.pk if hang else 0, **REASON},
        "call_ruling": {"meet_at": soon.isoformat(), "place": "现场", "units": [town.enforcement.pk]},
        "rule": {"unit": town.enforcement.pk, "minutes": "三方到场", "basis": "三定方案"},
        "verify_assist": {"assignment": parts[0].pk if parts else 0, "note": "已看"},
        "waive_assist": {"assignment": parts[0].pk if parts else 0, **REASON},
        "answer_supervision": {"supervision": "NC督〔2026〕1号", "text": "明日完成。"},
    }


def drawn(town):
    from django.test import override_settings

    from wangge.domains.cases import actions
    from wangge.domains.cases.tests.shots import shot

    shot(town, "e" * 64, by=town.lin)
    with override_settings(SECOND_CHECK_PERCENT=100):
        return actions.verify(case=town.handled(), by=town.su)


# verb → the case before, who takes the step, what he says, the state afterwards
WALK = {
    "ask_for_more": ("reported", "bai", {"question": "几号楼？"}, "needs_info"),
    "file": ("reported", "bai", {"matter": "06001", "level": 3, "text": "泡沫板房"}, "filed"),
    "decline": ("reported", "bai", {"reason": "属民事纠纷", "channel": "人民法院"}, "declined"),
    "merge": ("reported", "bai", None, "merged"),
    "unmerge": (merged, "bai", REASON, "reported"),
    "void": ("reported", "luo", REASON, "void"),
    "flag": ("reported", "bai", {"emerging": True, "legacy": False}, "reported"),
    "pass_spot_check": ("settled", "su", {"note": "属实"}, "closed"),
    "refuse_spot_check": ("settled", "su", REASON, "filed"),
    "dispatch": ("filed", "chen", None, "dispatched"),
    "sign_for": ("dispatched", "he", {}, "handling"),
    "send_back": ("dispatched", "he", {"reason": "不属本队", "basis": "权责清单"}, "filed"),
    "contact": ("handling", "he", {"text": "已与反映人联系。"}, "handling"),
    "assist": (assisted, "hua", {"text": "已派车清运。", "photos": ["d" * 64]}, "handling"),
    "ask_extension": ("handling", "he", {"days": 5, "reason": "等备件"}, "handling"),
    "grant_extension": (more_time_asked, "luo", None, "handling"),
    "refuse_extension": (more_time_asked, "luo", None, "handling"),
    "ask_hang": ("handling", "he", None, "handling"),
    "hang": (hanging_asked, "wei", None, "hung"),
    "refuse_hang": (hanging_asked, "wei", None, "handling"),
    "resume": (hung, "wei", REASON, "handling"),
    "call_ruling": ("dispatched", "luo", None, "dispatched"),
    "rule": (meeting_called, "luo", None, "dispatched"),
    "escalate": ("handling", "he", REASON, "filed"),
    "hand_down": ("filed", "chen", {"level": 1, **REASON}, "filed"),
    "assist_done": (assisted, "hua", {"text": "已清运", "photos": ["d" * 64]}, "handling"),
    "verify_assist": (part_done, "su", None, "handling"),
    "waive_assist": (assisted, "chen", None, "handling"),
    "supervise": ("handling", "luo", {"text": "请立即处置并书面答复。", "reply_days": 2}, "handling"),
    "answer_supervision": (slip_issued, "he", None, "handling"),
    "handle": ("handling", "he", OUTCOME, "handled"),
    "verify": ("handled", "su", {"note": "已复核"}, "closed"),
    "rework": ("handled", "su", REASON, "handling"),
    "pass_second_check": (drawn, "lin", {"photos": ["e" * 64], "note": "属实"}, "closed"),
    "fail_second_check": (drawn, "lin", {"photos": ["e" * 64], **REASON}, "handling"),
    "call_back": ("evaluating", "ma", None, "closed"),
    "close": ("evaluating", "luo", {}, "closed"),
    "reopen": ("objected", "luo", REASON, "handling"),
    "dismiss": ("objected", "luo", REASON, "closed"),
}


def prepared(town, verb):
    before, who, said, after = WALK[verb]
    case = town.read(before(town) if callable(before) else getattr(town, before)())
    if verb == "merge":
        said = {"into": str(town.reported().public_id)}
    elif verb == "dispatch":
        said = {"unit": town.enforcement.pk, "co_units": [town.sanitation.pk], "why": ["matter"], "note": "请尽快"}
    elif said is None and verb != "call_back":
        said = bodies(town, case)[verb]
    elif verb == "call_back":
        said = {"report": str(town.voice(case).public_id), "solved": "yes", "satisfied": "fairly"}
    return case, getattr(town, who), said, after


def test_every_verb_of_staff_is_walked():
    assert set(WALK) == set(STAFF_VERBS)


@pytest.mark.parametrize("verb", WALK)
def test_the_step_is_taken_once(town, calls, verb):
    case, who, said, after = prepared(town, verb)
    rows = TimelineEntry.objects.filter(case=case).count()
    caller = calls(who)
    answer = caller.step(case, verb, said, key="k1")
    assert answer.status_code == 200, answer.content.decode()
    told = answer.json()
    assert (told["verb"], told["id"], told["number"], told["state"]) == (verb, str(case.public_id), case.number, after)
    assert town.read(case).state == after
    written = TimelineEntry.objects.filter(case=case).count()
    assert written > rows
    again = caller.step(case, verb, said, key="k1")
    assert (again.status_code, again.content) == (200, answer.content)
    assert TimelineEntry.objects.filter(case=case).count() == written


@pytest.mark.parametrize("verb", WALK)
def test_the_wrong_person_does_nothing(town, calls, verb):
    case, _who, said, _after = prepared(town, verb)
    rows = TimelineEntry.objects.filter(case=case).count()
    # no right at all; sees it but may not; another street's dispatcher; nobody
    assert calls(town.tan).step(case, verb, said).status_code == 403
    assert calls(town.qian).step(case, verb, said).status_code == 403
    holds = STEPS[verb].by in {"case:file", "case:merge", "case:flag", "case:dispatch"}
    assert calls(town.zhao).step(case, verb, said).status_code == (404 if holds else 403)
    assert calls(None).step(case, verb, said).status_code == 401
    assert town.read(case).state == case.state
    assert TimelineEntry.objects.filter(case=case).count() == rows


@pytest.mark.parametrize("verb", WALK)
def test_a_body_that_does_not_fit(town, calls, verb):
    case, who, _said, _after = prepared(town, verb)
    answer = calls(who).step(case, verb, {"surprise": 1})
    assert answer.status_code == 422
    assert "surprise" in [error["field"] for error in answer.json()["errors"]]
    assert calls(who).step(case, verb, []).status_code == 422
    assert town.read(case).state == case.state


def test_a_step_that_is_too_late(town, calls):
    case = town.dispatched()
    answer = calls(town.bai).step(case, "file", {"matter": "06001"})
    assert (answer.status_code, answer.json()["type"]) == (409, "step-not-possible")
    assert town.read(case).state == "dispatched"


def test_nobody_verifies_his_own_work(town, calls):
    case = town.settled()
    answer = calls(town.fang).step(case, "pass_spot_check", {})
    assert (answer.status_code, answer.json()["type"]) == (403, "own-work")
    assert town.read(case).state == "settled"


def test_ids_in_the_body_are_scoped_too(town, calls):
    foreign = town.reported(by=town.zhao, area=town.north_grid)
    own = town.reported()
    assert calls(town.bai).step(own, "merge", {"into": str(foreign.public_id)}).status_code == 404
    assert town.read(own).state == "reported"
    filed = town.filed()
    north = calls(town.chen).step(filed, "dispatch", {"unit": town.north_enforcement.pk})
    assert (north.status_code, north.json()["field"]) == (422, "unit")
    unknown = calls(town.chen).step(filed, "dispatch", {"unit": 10**12})
    assert (unknown.status_code, unknown.json()["field"]) == (422, "unit")
    assert town.read(filed).state == "filed"


def test_what_the_matter_asks_for(town, calls):
    case = town.handling()
    answer = calls(town.he).step(case, "handle", OUTCOME | {"legal_basis": ""})
    assert (answer.status_code, answer.json()["field"]) == (422, "legal_basis")
    assert town.read(case).state == "handling"


def test_a_voice_of_another_case_is_not_called_back(town, calls):
    case, other = town.evaluating(), town.evaluating()
    said = {"report": str(town.voice(other).public_id), "solved": "yes", "satisfied": "yes"}
    assert calls(town.ma).step(case, "call_back", said).status_code == 404


@pytest.mark.parametrize("verb", ["evaluate", "archive", "lapse", "supplement", "close_by_rule", "fly"])
def test_no_other_verbs(town, calls, verb):
    assert calls(town.luo).step(town.reported(), verb, {}).status_code == 404
