"""The sub-procedures from the desk: forms, queues, what the case page tells, the list of precedents."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.cases import actions, procedures
from wangge.domains.cases.models import Extension, Hang, LevelMove, Ruling
from wangge.domains.cases.tests.leaders import also, leader
from wangge.foundation.core import clock

DAY = dt.timedelta(days=1)
PLAN = "开春解冻后由养护单位施工。"


def verbs(case) -> list[str]:
    return list(case.timeline.order_by("id").values_list("verb", flat=True))


def shared(town):
    case = actions.dispatch(case=town.filed(), by=town.chen, unit=town.enforcement, co_units=[town.sanitation])
    return actions.sign_for(case=case, by=town.he)


def disputed(town):
    case = town.dispatched()
    case = actions.send_back(case=case, by=town.he, reason="不属我队", basis="三定方案")
    case = actions.dispatch(case=case, by=town.chen, unit=town.sanitation)
    return actions.send_back(case=case, by=town.hua, reason="也不属我所", basis="环卫条例")


@pytest.fixture
def wei(town):
    town.wei = leader(town)
    return town.wei


def test_more_time_is_asked_for_and_granted(town, take, at_desk):
    case = town.handling(contact=town.wu())
    assert take("he", case, "ask_extension", days="5", reason="等备件").status_code == 302
    asked = procedures.open_extension(case)
    page = at_desk("luo").get(f"/desk/cases/{case.number}/").content.decode()
    assert "等备件" in page
    assert f'name="extension" value="{asked.pk}"' in page
    before = town.read(case).due_at
    assert take("luo", case, "grant_extension", extension=asked.pk, note="同意").status_code == 302
    assert town.read(case).due_at > before
    page = at_desk("he").get(f"/desk/cases/{case.number}/").content.decode()
    assert "dk-moved" in page


@pytest.mark.parametrize(("days", "reason"), [("0", "因"), ("11", "因"), ("x", "因"), ("", "因"), ("5", "")])
def test_a_bad_request_keeps_what_was_typed(town, take, days, reason):
    case = town.handling()
    answer = take("he", case, "ask_extension", days=days, reason=reason)
    assert answer.status_code == 422
    assert Extension.objects.count() == 0
    if reason:
        assert reason in answer.content.decode()


def test_too_late_is_said_on_the_form(town, take):
    case = town.handling()
    case.due_at = clock.now() - DAY
    case.save(update_fields=["due_at"])
    answer = take("he", case, "ask_extension", days="3", reason="因")
    assert answer.status_code == 409
    assert Extension.objects.count() == 0


def test_a_second_click_says_that_it_is_done(town, take):
    case = actions.ask_extension(case=town.handling(), by=town.he, days=5, reason="等备件")
    asked = procedures.open_extension(case)
    take("luo", case, "grant_extension", extension=asked.pk)
    due = town.read(case).due_at
    assert take("luo", case, "grant_extension", extension=asked.pk).status_code == 302
    assert town.read(case).due_at == due
    assert verbs(case).count("grant_extension") == 1
    other = also(town.chen, "duty_chief", area=town.south)
    assert other
    answer = take("chen", case, "grant_extension", extension=asked.pk)
    assert answer.status_code == 409  # somebody else has decided: no word about rights


def test_the_units_own_people_are_not_offered_the_decision(town, take, at_desk):
    case = actions.ask_extension(case=town.handling(), by=town.he, days=5, reason="等备件")
    asked = procedures.open_extension(case)
    also(town.he, "duty_chief", area=town.south)
    page = at_desk("he").get(f"/desk/cases/{case.number}/").content.decode()
    assert 'id="step-grant_extension"' not in page
    answer = take("he", case, "grant_extension", extension=asked.pk)
    assert answer.status_code in {403, 409}
    asked.refresh_from_db()
    assert asked.granted is None


def test_hanging_from_request_to_return(town, take, at_desk, wei):
    case = town.handling(contact=town.wu())
    day = (clock.today() + 30 * DAY).isoformat()
    assert take("he", case, "ask_hang", why="season", plan=PLAN, review_on=day).status_code == 302
    asked = procedures.open_hang(case)
    page = at_desk("wei").get("/desk/cases/queue/approve/").content.decode()
    assert case.number in page
    assert take("wei", case, "hang", hang=asked.pk, note="").status_code == 302
    assert town.read(case).state == "hung"
    assert case.number in at_desk("wei").get("/desk/cases/queue/hung/").content.decode()
    page = at_desk("he").get(f"/desk/cases/{case.number}/").content.decode()
    assert PLAN in page
    assert take("wei", case, "resume", reason="可以施工").status_code == 302
    assert town.read(case).state == "handling"


@pytest.mark.parametrize(
    "values",
    [{"why": "mood"}, {"plan": ""}, {"review_on": ""}, {"review_on": "2020-01-01"}, {"review_on": "2099-01-01"}],
)
def test_a_bad_request_to_hang(town, take, values):
    case = town.handling()
    day = (clock.today() + 30 * DAY).isoformat()
    answer = take("he", case, "ask_hang", **({"why": "season", "plan": PLAN, "review_on": day} | values))
    assert answer.status_code == 422
    assert Hang.objects.count() == 0


def test_a_ruling_from_the_desk(town, take, at_desk):
    case = disputed(town)
    page = at_desk("luo").get("/desk/cases/queue/ruling/").content.decode()
    assert case.number in page
    assert "dispatch" not in [v for v in ("dispatch",) if f'id="step-{v}"' in
                              at_desk("chen").get(f"/desk/cases/{case.number}/").content.decode()]  # fmt: skip
    soon = (clock.now() + DAY).astimezone(clock.OFFICE).strftime("%Y-%m-%dT%H:%M")
    units = [town.enforcement.pk, town.sanitation.pk]
    assert take("luo", case, "call_ruling", meet_at=soon, place="3号楼西侧", units=units).status_code == 302
    # the called unit, which does not have the case, reads when and where
    assert at_desk("hua").get(f"/desk/cases/{case.number}/").status_code == 404
    page = at_desk("hua").get(f"/desk/precedents/{case.number}/").content.decode()
    assert "3号楼西侧" in page
    assert "3号楼西侧" in at_desk("hua").get("/desk/precedents/").content.decode()
    assert at_desk("zhao").get(f"/desk/precedents/{case.number}/").status_code == 404
    ruled = {"unit": town.enforcement.pk, "minutes": "三方到场，属违建。", "basis": "《城乡规划法》第六十四条"}
    assert take("luo", case, "rule", **ruled).status_code == 302
    assert (town.read(case).state, town.read(case).unit) == ("dispatched", town.enforcement)
    page = at_desk("chen").get("/desk/precedents/?q=违建").content.decode()
    assert "综合执法队" in page
    assert "环卫所" in page
    assert "综合执法队" not in at_desk("zhao").get("/desk/precedents/").content.decode()


@pytest.mark.parametrize(
    "values", [{"meet_at": "soon"}, {"meet_at": "2020-01-01T09:00"}, {"place": ""}, {"units": []}, {"units": ["99999"]}]
)
def test_a_bad_call(town, take, values):
    case = disputed(town)
    soon = (clock.now() + DAY).astimezone(clock.OFFICE).strftime("%Y-%m-%dT%H:%M")
    given = {"meet_at": soon, "place": "现场", "units": [town.enforcement.pk]} | values
    assert take("luo", case, "call_ruling", **given).status_code == 422
    assert Ruling.objects.count() == 0


def test_a_ruling_without_a_meeting_is_refused(town, take):
    case = disputed(town)
    answer = take("luo", case, "rule", unit=town.enforcement.pk, minutes="纪要", basis="依据")
    assert answer.status_code == 409
    assert town.read(case).state == "filed"


def test_up_and_down_from_the_desk(town, take, at_desk):
    case = town.handling()
    level = case.level
    assert take("he", case, "escalate", reason="").status_code == 422
    assert take("he", case, "escalate", reason="超出权限").status_code == 302
    case = town.read(case)
    assert (case.state, case.level) == ("filed", level + 1)
    page = at_desk("chen").get(f"/desk/cases/{case.number}/").content.decode()
    assert "<optgroup" in page  # units of the level first
    assert take("chen", case, "hand_down", level=str(level), reason="社区可办").status_code == 302
    assert town.read(case).level == level
    assert LevelMove.objects.filter(case=case).count() == 2
    assert take("chen", case, "hand_down", level="4", reason="不是下").status_code == 422


def test_parts_from_the_desk(town, take, at_desk):
    case = shared(town)
    part = procedures.parts(case)[0]
    page = at_desk("hua").get(f"/desk/cases/{case.number}/").content.decode()
    assert 'id="step-assist_done"' in page
    assert case.number in at_desk("hua").get("/desk/").content.decode()
    done = take("hua", case, "assist_done", assignment=part.pk, text="已清运", photos_sha256=["d" * 64])
    assert done.status_code == 302
    handled = {"result": "explained", "text": "已说明", "reply": "已说明"}
    assert take("he", case, "handle", **handled).status_code == 302
    page = at_desk("su").get(f"/desk/cases/{case.number}/").content.decode()
    assert "环卫所" in page
    answer = take("su", case, "verify", note="")
    assert answer.status_code == 422
    assert "环卫所" in answer.content.decode()
    assert town.read(case).state == "handled"
    assert take("su", case, "verify_assist", assignment=part.pk, passed="", note="").status_code == 422
    assert take("su", case, "verify_assist", assignment=part.pk, passed="no", note="").status_code == 422
    assert take("su", case, "verify_assist", assignment=part.pk, passed="yes", note="").status_code == 302
    assert take("su", case, "verify", note="").status_code == 302
    assert town.read(case).state == "closed"


def test_two_parts_checked_one_after_the_other_are_two_steps(town, take):
    case = actions.dispatch(
        case=town.filed(), by=town.chen, unit=town.enforcement, co_units=[town.sanitation, town.office]
    )
    case = actions.sign_for(case=case, by=town.he)
    for part, who in zip(procedures.parts(case), ("hua", "fang"), strict=True):
        actions.assist_done(case=case, by=getattr(town, who), text="已做", assignment=part)
    for part in procedures.parts(case):
        assert take("su", case, "verify_assist", assignment=part.pk, passed="yes", note="").status_code == 302
    assert procedures.open_parts(case) == []
    assert verbs(case).count("verify_assist") == 2


def test_a_waiver_from_the_desk(town, take):
    case = shared(town)
    part = procedures.parts(case)[0]
    assert take("chen", case, "waive_assist", assignment=part.pk, reason="").status_code == 422
    assert take("chen", case, "waive_assist", assignment="99999", reason="因").status_code == 422
    assert take("chen", case, "waive_assist", assignment=part.pk, reason="主办已完成").status_code == 302
    assert procedures.open_parts(case) == []


def test_the_triage_goes_on_to_the_next_request(town, take, at_desk):
    first = actions.ask_extension(case=town.handling(), by=town.he, days=5, reason="一")
    second = actions.ask_extension(case=town.handling(), by=town.he, days=5, reason="二")
    listed = at_desk("luo").get("/desk/cases/queue/approve/").content.decode()
    assert listed.index(first.number) < listed.index(second.number)
    panel = at_desk("luo").get(f"/desk/cases/{first.number}/panel/?queue=approve&open=grant_extension").content.decode()
    assert "autofocus" in panel
    answer = take(
        "luo", first, "grant_extension", htmx=True, queue="approve", extension=procedures.open_extension(first).pk
    )
    assert answer.status_code == 200
    assert f'id="pane-{second.number}"' in answer.content.decode()


@pytest.mark.parametrize("key", ["approve", "ruling", "hung"])
def test_queues_are_for_those_who_decide(town, at_desk, key, wei):
    assert at_desk("wei").get(f"/desk/cases/queue/{key}/").status_code == 200
    assert at_desk("chen").get(f"/desk/cases/queue/{key}/").status_code == 403
    assert at_desk("he").get(f"/desk/cases/queue/{key}/").status_code == 403


def test_odd_queries_of_the_precedents(town, at_desk):
    client = at_desk("luo")
    for query in ("?q=%25%27&before=abc", "?before=999999999999999999999", "?q=" + "长" * 500):
        assert client.get(f"/desk/precedents/{query}").status_code == 200


def test_the_page_of_a_disputed_case_opens_with_the_meeting(town, at_desk):
    case = disputed(town)
    page = at_desk("luo").get(f"/desk/cases/{case.number}/").content.decode()
    opened = page.split('id="step-call_ruling"')[1].split(">")[0]
    assert " open" in opened


def test_a_part_shows_its_own_time_on_the_list(town, at_desk):
    case = shared(town)
    part = procedures.parts(case)[0]
    part.due_at = clock.now() - dt.timedelta(hours=3, minutes=5)
    part.save(update_fields=["due_at"])
    from wangge.domains.cases.actions.steps import renew_case_duties

    renew_case_duties(town.read(case), at=clock.now())
    page = at_desk("hua").get("/desk/").content.decode()
    assert "已超期 3 小时" in page


def test_a_dispatcher_reads_why_he_cannot_dispatch(town, at_desk):
    case = disputed(town)
    page = at_desk("chen").get(f"/desk/cases/{case.number}/").content.decode()
    assert "现场联合研判" in page
    assert 'id="step-dispatch"' not in page


def test_a_called_unit_reads_no_word_of_a_confidential_case(town, at_desk):
    case = town.reported(contact=town.wu(), confidential=True, text="保密的暗号")
    case = actions.file(case=case, by=town.luo, matter=case.matter)
    case = actions.dispatch(case=case, by=town.luo, unit=town.enforcement)
    units = [town.enforcement, town.sanitation]
    actions.call_ruling(case=case, by=town.luo, meet_at=clock.now() + DAY, place="街道会议室", units=units)
    page = at_desk("hua").get(f"/desk/precedents/{case.number}/").content.decode()
    assert "街道会议室" in page
    assert "保密的暗号" not in page
    assert "槐荫路12号" not in page
    assert at_desk("chen").get(f"/desk/precedents/{case.number}/").status_code == 404
    assert "保密的暗号" in at_desk("luo").get(f"/desk/precedents/{case.number}/").content.decode()


HOSTILE = ("", "\x00", "-1", "9" * 400, "NaN", "1e400", "2026-13-45", "<script>alert(1)</script>", "😀" * 50)
OPEN = {
    "ask_extension": ("handling", "he"),
    "ask_hang": ("handling", "he"),
    "escalate": ("handling", "he"),
    "assist_done": ("shared", "hua"),
    "verify_assist": ("done", "su"),
    "waive_assist": ("shared", "chen"),
    "grant_extension": ("asked", "luo"),
    "refuse_extension": ("asked", "luo"),
    "call_ruling": ("disputed", "luo"),
    "rule": ("called", "luo"),
    "hand_down": ("filed", "chen"),
}


@pytest.mark.parametrize("verb", OPEN)
def test_hostile_values_are_refused_and_change_nothing(town, take, verb):
    state, who = OPEN[verb]
    case = {
        "handling": town.handling,
        "filed": town.filed,
        "shared": lambda: shared(town),
        "done": lambda: actions.assist_done(case=shared(town), by=town.hua, text="已做"),
        "asked": lambda: actions.ask_extension(case=town.handling(), by=town.he, days=3, reason="因"),
        "disputed": lambda: disputed(town),
        "called": lambda: actions.call_ruling(
            case=disputed(town), by=town.luo, meet_at=clock.now() + DAY, place="现场", units=[town.enforcement]
        ),
    }[state]()
    rows = verbs(case)
    # Words alone may be anything; everything that names or counts something is hostile here.
    names = ("days", "extension", "why", "review_on", "meet_at", "units", "unit", "assignment", "passed", "level")
    for value in HOSTILE:
        said = dict.fromkeys(names, value) | {
            "reason": "",
            "text": "",
            "plan": "",
            "minutes": "",
            "basis": "",
            "note": "",
        }
        answer = take(who, case, verb, **said)
        assert answer.status_code in {400, 409, 422}, (value, answer.status_code)
    assert verbs(case) == rows
