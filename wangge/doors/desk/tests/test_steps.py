"""Every step from the desk: it works, the wrong person gets nowhere, a refusal keeps what was typed and changes nothing."""

from __future__ import annotations

import io
import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from wangge.domains.cases import actions
from wangge.domains.cases.models import Case, CasePhoto, Evaluation, Report, TimelineEntry


def verbs(case: Case) -> list[str]:
    return list(case.timeline.order_by("id").values_list("verb", flat=True))


def jpeg(colour: str = "red") -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(held, "JPEG")
    return held.getvalue()


def test_the_main_line_from_the_desk(town, take):
    """Report, file, dispatch, sign for, handle, verify, call back: one case through all forms."""
    case = town.reported(contact=town.wu())
    at_page = f"/desk/cases/{case.number}/"

    answer = take("bai", case, "file", matter="06001", text=case.text, area=case.area_id)
    assert (answer.status_code, answer["Location"]) == (302, at_page)
    assert town.read(case).state == "filed"

    answer = take("chen", case, "dispatch", unit=town.enforcement.pk, co_units=[town.office.pk], note="请尽快到场")
    assert (answer.status_code, answer["Location"]) == (302, at_page)
    case = town.read(case)
    assert (case.state, case.unit) == ("dispatched", town.enforcement)
    assigned = {(a.unit_id, a.duty): a.why for a in case.assignments.all()}
    assert set(assigned) == {(town.enforcement.pk, "main"), (town.office.pk, "co")}
    assert assigned[town.enforcement.pk, "main"][0].startswith("rule:")

    assert take("he", case, "sign_for").status_code == 302
    assert town.read(case).handler == town.he

    answer = take(
        "he",
        case,
        "handle",
        result="solved",
        text="已拆除并清运。",
        reply="您反映的违建已拆除。",
        quantity_amount=["1", "8.5", ""],
        quantity_unit=["处", "m3", "件"],
        legal_basis="《城乡规划法》第六十四条",
        area_m2="18.5",
        before_sha256=["b" * 64],
        after_sha256=["a" * 64],
    )
    assert answer.status_code == 302
    case = town.read(case)
    assert (case.state, case.result, case.reply) == ("handled", "solved", "您反映的违建已拆除。")
    handling = case.handlings.get()
    assert (handling.legal_basis, handling.area_m2) == ("《城乡规划法》第六十四条", Decimal("18.50"))
    assert list(handling.quantities.values_list("amount", "unit")) == [(Decimal("1.00"), "处"), (Decimal("8.50"), "m3")]
    assert set(case.photos.values_list("kind", "sha256")) == {("before", "b" * 64), ("after", "a" * 64)}

    # The community that helps has a part of its own; before it is done and checked, the whole is not verified.
    part = case.assignments.get(unit=town.office)
    refusal = take("su", case, "verify", note="现场已清空")
    assert refusal.status_code == 422
    assert "槐荫社区居委会" in refusal.content.decode()
    assert town.read(case).state == "handled"
    assert take("fang", case, "assist_done", assignment=part.pk, text="已做通当事人工作").status_code == 302
    assert take("su", case, "verify_assist", assignment=part.pk, passed="yes", note="").status_code == 302
    assert take("su", case, "verify", note="现场已清空").status_code == 302
    assert town.read(case).state == "evaluating"

    voice = town.voice(case)
    said = {"report": voice.public_id, "solved": "yes", "satisfied": "fairly", "contacted": "no"}
    answer = take("ma", case, "call_back", comment="挺快的", **said)
    assert answer.status_code == 302
    assert town.read(case).state == "closed"
    evaluation = Evaluation.objects.get(report=voice)
    assert (evaluation.solved, evaluation.satisfied, evaluation.comment, evaluation.by) == (
        "yes",
        "fairly",
        "挺快的",
        town.ma,
    )
    assert evaluation.contacted is False
    assert verbs(case) == [
        "report", "file", "dispatch", "sign_for", "handle", "assist_done", "verify_assist", "verify", "call_back",
        "close_by_rule",
    ]  # fmt: skip


# verb → who takes it, from which state, with what; where it leads
STEPS = {
    "ask_for_more": ("bai", "reported", {"question": "请问是几单元？"}, "needs_info"),
    "decline": ("bai", "reported", {"reason": "powers", "channel": "12345"}, "declined"),
    "void": ("luo", "filed", {"reason": "误报"}, "void"),
    "flag": ("chen", "filed", {"emerging": "on"}, "filed"),
    "pass_spot_check": ("su", "settled", {"note": "已看"}, "closed"),
    "refuse_spot_check": ("su", "settled", {"reason": "没有清完"}, "filed"),
    "send_back": ("he", "dispatched", {"reason": "不属于我队", "basis": "权责清单第3条"}, "filed"),
    "contact": ("he", "handling", {"text": "已与反映人约好明天上门"}, "handling"),
    "rework": ("su", "handled", {"reason": "还有一半没拆"}, "handling"),
    "close": ("luo", "evaluating", {"note": ""}, "closed"),
    "reopen": ("luo", "objected", {"reason": "确未解决"}, "handling"),
    "dismiss": ("luo", "objected", {"reason": "现场已恢复，照片为证"}, "closed"),
}


@pytest.mark.parametrize("verb", STEPS)
def test_each_step_works(town, take, verb):
    who, state, fields, after = STEPS[verb]
    case = getattr(town, state)(**({"contact": town.wu()} if state in {"handled", "handling"} else {}))
    count = case.timeline.count()
    answer = take(who, case, verb, **fields)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    assert town.read(case).state == after
    assert verbs(case)[count] == verb


@pytest.mark.parametrize("verb", STEPS)
def test_the_wrong_person_gets_nowhere(town, take, verb):
    """Zhao of the other street: 404. Qian, who sees everything and changes nothing: 403. Nothing happened."""
    _who, state, fields, _after = STEPS[verb]
    case = getattr(town, state)()
    before = (town.read(case).state, case.timeline.count())
    assert take("zhao", case, verb, **fields).status_code == 404
    assert take("qian", case, verb, **fields).status_code == 403
    assert (town.read(case).state, case.timeline.count()) == before


def test_a_sentence_from_the_list_reaches_the_reporter(town, take):
    case = town.reported()
    take("bai", case, "decline", reason="powers", reason_text="属区供热公司。", channel="12345")
    reply = town.read(case).reply
    assert reply == "不属于本街道及所属单位的职责范围。 属区供热公司。\n请拨打政务服务便民热线 12345。"


def test_decline_with_nothing_written_is_refused(town, take):
    case = town.reported()
    answer = take("bai", case, "decline", reason="other", reason_text="", channel="12345")
    assert answer.status_code == 422
    assert "请填写，反映人会看到。" in answer.content.decode()
    assert town.read(case).state == "reported"


def test_assist_by_the_co_handler_only(town, take):
    case = town.filed()
    actions.dispatch(case=case, by=town.chen, unit=town.enforcement, co_units=[town.office])
    case = actions.sign_for(case=case, by=town.he)
    assert take("hua", case, "assist", text="来帮忙").status_code == 404
    assert take("fang", case, "assist", text="社区已疏散围观群众").status_code == 302
    assert verbs(case)[-1] == "assist"
    assert case.timeline.last().by == town.fang


def test_merge_and_its_undo(town, take, client):
    first, second = town.reported(), town.reported(contact=town.wu())
    answer = take("bai", second, "merge", into=first.number)
    assert answer.status_code == 302
    assert town.read(second).merged_into_id == first.pk
    page = client.get(answer["Location"]).content.decode()
    assert f"/desk/cases/{second.number}/undo-merge/" in page
    assert client.post(f"/desk/cases/{second.number}/undo-merge/").status_code == 302
    assert (town.read(second).state, town.read(second).merged_into_id) == ("reported", None)


@pytest.mark.parametrize("htmx", [False, True])
def test_the_offered_undo_carries_its_csrf_token(town, htmx):
    """The button in the toast works as it stands on the page."""
    browser = Client(enforce_csrf_checks=True)
    first, second = town.reported(), town.reported()
    town.log_in(browser, town.bai)
    token = re.search(r'"X-CSRFToken": "(\w+)"', browser.get(f"/desk/cases/{second.number}/").content.decode())[1]
    headers = {"X-CSRFToken": token} | ({"HX-Request": "true"} if htmx else {})
    answer = browser.post(f"/desk/cases/{second.number}/step/merge/", {"into": first.number}, headers=headers)
    page = (answer if htmx else browser.get(answer["Location"])).content.decode()
    form = page[page.index(f'action="/desk/cases/{second.number}/undo-merge/"') :]
    sent = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
    undone = browser.post(f"/desk/cases/{second.number}/undo-merge/", {"csrfmiddlewaretoken": sent})
    assert undone.status_code == 302
    assert town.read(second).state == "reported"


def test_merge_by_a_number_typed_by_hand(town, take):
    first, second = town.reported(), town.reported()
    take("bai", second, "merge", into="", into_number=first.number.lower())
    assert town.read(second).merged_into_id == first.pk


def test_merge_into_a_foreign_case_is_refused_like_one_that_does_not_exist(town, take):
    case = town.reported()
    foreign = town.reported(area=town.north_grid, by=town.zhao)
    shown = set()
    for number in (foreign.number, "BC-2020-000999"):
        answer = take("bai", case, "merge", into=number)
        assert answer.status_code == 422
        body = answer.content.decode()
        shown.add(body[body.index("wg-notice--red") :][:700].replace(number, "…"))
    assert len(shown) == 1
    assert town.read(case).state == "reported"


def test_unmerge_needs_a_reason(town, take):
    first, second = town.reported(), town.reported()
    actions.merge(case=second, into=first, by=town.bai)
    assert take("bai", second, "unmerge", reason=" ").status_code == 422
    assert town.read(second).state == "merged"
    assert take("bai", second, "unmerge", reason="不是同一处").status_code == 302
    assert town.read(second).state == "reported"


def test_a_double_click_is_told_that_it_is_done(town, take, client):
    """The same form twice: one timeline row, and the case page with a word instead of an error."""
    case = town.reported()
    fields = {"matter": "06001", "text": case.text}
    since = case.since.isoformat()
    take("bai", case, "file", **fields)
    answer = take("bai", case, "file", **fields | {"since": since})
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/cases/{case.number}/")
    assert "已办理，没有重复提交" in client.get(answer["Location"]).content.decode()
    assert verbs(case) == ["report", "file"]


def test_a_double_click_on_a_step_that_stays(town, take):
    case = town.handling()
    take("he", case, "contact", text="已联系")
    take("he", case, "contact", text="已联系")
    assert verbs(case).count("contact") == 1
    take("he", case, "contact", text="又联系一次")
    assert verbs(case).count("contact") == 2


def test_a_double_click_on_a_call_back(town, take):
    case = town.evaluating()
    fields = {"report": town.voice(case).public_id, "solved": "yes", "satisfied": "yes"}
    take("ma", case, "call_back", **fields)
    assert take("ma", case, "call_back", **fields).status_code == 302
    assert Evaluation.objects.count() == 1
    assert verbs(case).count("call_back") == 1


def test_a_double_click_on_sending_back(town, take, client):
    """After the first the unit no longer sees the case: no 404 for its own second click, but for everybody else."""
    case = town.dispatched()
    fields = {"reason": "不属于我队", "basis": "权责清单"}
    assert take("he", case, "send_back", **fields)["Location"] == "/desk/"
    answer = client.post(f"/desk/cases/{case.number}/step/send_back/", fields)
    assert (answer.status_code, answer["Location"]) == (302, "/desk/")
    assert verbs(case).count("send_back") == 1
    assert take("hua", case, "send_back", **fields).status_code == 404


def test_somebody_was_faster(town, take):
    """Another took the step: the case as it is now, with the three sentences of the refusal."""
    case = town.reported()
    actions.file(case=case, by=town.luo, matter=town.litter)
    answer = take("bai", case, "file", matter="06001", text=case.text)
    assert answer.status_code == 409
    assert "案件已进入其他环节" in answer.content.decode()
    assert town.read(case).matter == town.litter


def test_the_case_changed_since_the_form_was_opened(town, take):
    case = town.handled()
    old = case.since.isoformat()
    actions.rework(case=case, by=town.luo, reason="没拆完")
    case = actions.handle(case=town.read(case), by=town.he, outcome=town.outcome())
    answer = take("su", case, "verify", note="", since=old)
    assert answer.status_code == 409
    assert "已有新的办理情况" in answer.content.decode()
    assert town.read(case).state == "handled"
    assert town.read(case).since.isoformat() in answer.content.decode()


def test_handling_asks_for_what_the_matter_asks_for_and_keeps_what_was_typed(town, take):
    case = town.handling()
    answer = take("he", case, "handle", result="solved", text="已拆除一间板房", reply="已拆除", after_sha256=["a" * 64])
    assert answer.status_code == 422
    body = answer.content.decode()
    assert "已拆除一间板房" in body
    assert f'value="{"a" * 64}"' in body
    assert town.read(case).state == "handling"
    assert case.handlings.count() == 0


def test_a_quantity_that_is_no_number(town, take):
    case = town.handling()
    answer = take("he", case, "handle", result="explained", text="已解释", reply="已说明", quantity_amount=["许多"])
    assert answer.status_code == 422
    assert "“许多”不是数量" in answer.content.decode()
    assert town.read(case).state == "handling"


def test_nobody_verifies_his_own_units_work(town, take):
    """Fang heads the residents' committee: what it handled she may not pass, though she may check spots."""
    case = town.settled()
    assert take("fang", case, "pass_spot_check").status_code == 403
    assert town.read(case).state == "settled"


def test_plain_files_without_script(town, take):
    case = town.handling()
    answer = take(
        "he",
        case,
        "handle",
        result="solved",
        text="已拆除",
        reply="已拆除",
        legal_basis="《城乡规划法》",
        area_m2="3",
        before=SimpleUploadedFile("b.jpg", jpeg("blue"), "image/jpeg"),
        after=[SimpleUploadedFile("a.jpg", jpeg(), "image/jpeg")],
    )
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    assert CasePhoto.objects.filter(case=case, media__isnull=False).count() == 2


def test_a_hostile_file_is_refused_and_nothing_is_kept(town, take):
    case = town.handling()
    answer = take(
        "he", case, "handle", result="solved", text="已拆除", reply="好", after=SimpleUploadedFile("a.jpg", b"<svg/>")
    )
    assert answer.status_code == 422
    assert "已拆除" in answer.content.decode()
    assert case.photos.count() == 0


def test_a_step_that_does_not_exist(town, take):
    case = town.reported()
    for verb in ("supplement", "archive", "close_by_rule", "report", "nothing"):
        assert take("luo", case, verb).status_code == 404
    assert verbs(case) == ["report"]


def test_steps_by_get_are_refused(town, at_desk):
    case = town.reported()
    assert at_desk("bai").get(f"/desk/cases/{case.number}/step/file/").status_code == 405


class TestInThePane:
    """Steps taken beside a list by htmx."""

    def test_the_next_case_follows(self, town, take):
        first, second = town.reported(), town.reported()
        answer = take("bai", first, "file", htmx=True, matter="06001", text=first.text, queue="file")
        body = answer.content.decode()
        assert answer.status_code == 200
        assert f'id="pane-{second.number}"' in body
        assert f'<li id="case-{first.number}" hx-swap-oob="delete">' in body
        assert f"{first.number} 已受理立案。" in body

    def test_the_last_one_leaves_a_friendly_word(self, town, take):
        case = town.reported()
        body = take("bai", case, "file", htmx=True, matter="06001", text=case.text, queue="file").content.decode()
        assert "本队列已办完" in body

    def test_a_case_that_stays_in_its_queue_stays_open(self, town, take):
        case, _other = town.reported(), town.reported()
        body = take("bai", case, "ask_for_more", htmx=True, question="几单元？", queue="file").content.decode()
        assert f'id="pane-{case.number}"' in body
        assert 'hx-swap-oob="delete"' not in body

    def test_a_refused_form_comes_back_in_the_pane(self, town, take):
        case = town.reported()
        answer = take("bai", case, "file", htmx=True, matter="", text="改过的文字", queue="file")
        assert answer.status_code == 422
        assert "请选择事项。" in answer.content.decode()
        assert "改过的文字" in answer.content.decode()

    def test_a_merge_offers_its_undo(self, town, take):
        first, second = town.reported(), town.reported()
        body = take("bai", second, "merge", htmx=True, into=first.number, queue="file").content.decode()
        assert f"/desk/cases/{second.number}/undo-merge/" in body

    def test_a_unit_that_loses_the_case_is_led_on(self, town, take):
        case = town.dispatched()
        answer = take("he", case, "send_back", htmx=True, reason="不属于", basis="清单", queue="sign")
        assert answer.status_code == 200
        assert "本队列已办完" in answer.content.decode()


class TestContact:
    """Who stands behind a report."""

    def test_shown_once_for_a_purpose_and_audited(self, town, at_desk):
        from wangge.foundation.audit.models import AuditEntry

        case = town.evaluating()
        voice = town.voice(case)
        page = at_desk("ma").get(f"/desk/cases/{case.number}/").content.decode()
        assert "10012345678" not in page
        assert "吴桂英" not in page
        assert "吴**" in page
        url = f"/desk/cases/{case.number}/voices/{voice.public_id}/contact/"
        answer = at_desk("ma").post(url, {"purpose": "call_back"}, headers={"HX-Request": "true"})
        assert "10012345678" in answer.content.decode()
        assert answer["Cache-Control"] == "no-store"
        seen = AuditEntry.objects.get(kind="report.contact")
        assert (seen.actor_id, seen.subject_id, seen.data) == (
            town.ma.pk,
            voice.pk,
            {"case": case.pk, "purpose": "call_back"},
        )

    def test_without_a_purpose_or_a_right_nothing_is_shown(self, town, at_desk):
        from wangge.foundation.audit.models import AuditEntry

        case = town.evaluating()
        url = f"/desk/cases/{case.number}/voices/{town.voice(case).public_id}/contact/"
        for who, purpose, status in (("ma", "", 422), ("qian", "handle", 403), ("zhao", "handle", 404)):
            answer = at_desk(who).post(url, {"purpose": purpose})
            assert answer.status_code == status, who
            assert "10012345678" not in answer.content.decode()
        assert not AuditEntry.objects.filter(kind="report.contact").exists()


class TestConfidential:
    """A confidential case before the unit that handles it."""

    def test_the_handler_reads_the_case_and_no_reporter(self, town, at_desk):
        case = town.reported(matter=town.secret, contact=town.wu())
        case = actions.file(case=case, by=town.bai, matter=town.secret)
        case = actions.dispatch(case=case, by=town.luo, unit=town.enforcement)
        page = at_desk("he").get(f"/desk/cases/{case.number}/").content.decode()
        assert "对承办单位隐去反映人" in page
        assert "吴**" not in page
        assert "林晓" not in page

    def test_a_dispatcher_without_the_right_finds_nothing(self, town, at_desk):
        case = town.reported(matter=town.secret, contact=town.wu(), text="保密的暗号")
        client = at_desk("chen")
        assert client.get(f"/desk/cases/{case.number}/").status_code == 404
        for url in (f"/desk/search/?q={case.number}", "/desk/cases/?q=保密的暗号", "/desk/", "/desk/map/cases.json"):
            assert case.number not in client.get(url).content.decode().replace(f"q={case.number}", "").replace(
                f'value="{case.number}"', ""
            ).replace(f"搜索：{case.number}", ""), url


def test_a_form_is_offered_only_to_whom_it_is_allowed(town, at_desk):
    """The page of one state for four people: exactly their steps."""
    case = town.handled(contact=town.wu())
    expected = {
        "su": {"verify", "rework"},
        "chen": {"flag"},
        "qian": set(),
        "luo": {"verify", "rework", "flag", "supervise"},
    }
    for who, steps in expected.items():
        page = at_desk(who).get(f"/desk/cases/{case.number}/").content.decode()
        shown = {part.split("/")[0] for part in page.split(f"/desk/cases/{case.number}/step/")[1:]}
        assert shown == steps, who


def test_the_timeline_and_the_reports_are_untouched_by_reading(town, at_desk):
    case = town.closed()
    before = (TimelineEntry.objects.count(), Report.objects.unscoped("count").count())
    for who in ("luo", "qian", "he"):
        assert at_desk(who).get(f"/desk/cases/{case.number}/").status_code == 200
    assert (TimelineEntry.objects.count(), Report.objects.unscoped("count").count()) == before
