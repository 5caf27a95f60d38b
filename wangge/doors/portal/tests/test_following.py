"""Following by the link: what is shown and hidden, answering, judging, objecting, merged cases, wrong links."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import time_machine

from wangge.domains.cases import actions
from wangge.domains.cases.models import CasePhoto, Evaluation, Objection, Report
from wangge.doors.portal.tests.conftest import jpeg, link, sha
from wangge.foundation.core import clock
from wangge.foundation.media.actions import accept

STAFF = ("林晓", "白洁", "陈立", "何勇", "苏文", "罗刚", "马兰")


def page(client, report, **more) -> str:
    response = client.get(link(report), **more)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    "walk", ["reported", "filed", "dispatched", "handling", "handled", "evaluating", "closed", "objected", "settled"]
)
def test_every_state_is_told_without_numbers_and_names(client, town, walk):
    case = getattr(town, walk)(contact=town.wu())
    shown = page(client, town.voice(case))
    assert case.number not in shown
    assert not [name for name in STAFF if name in shown]
    assert "吴桂英" not in shown
    assert "10012345678" not in shown


def test_a_wrong_link_is_a_404_like_an_unknown_one(client, town):
    report = town.report(contact=town.wu())
    other = town.report(contact=town.wu())
    right = link(report)
    code = right.rstrip("/").split("/")[-1]
    wrong = [
        f"/p/r/{report.public_id}/{'a' * 26}/",
        f"/p/r/{other.public_id}/{code}/",
        f"/p/r/{uuid.uuid4()}/{code}/",
        f"/p/r/{report.public_id}/{code}x/",
        f"/p/r/{report.public_id}/{code[:-1]}/",
        f"/p/r/{report.public_id}/{code.upper()}/",
        f"/p/r/not-a-uuid/{code}/",
        f"/p/r/{report.case.pk}/{code}/",
    ]
    assert {client.get(address).status_code for address in wrong} == {404}
    for name in ("slip", "qr"):
        assert client.get(link(report, name).replace(code, "b" * 26)).status_code == 404
    for name in ("rate", "object", "answer"):
        address = link(report, name).replace(code, "b" * 26)
        assert (
            client.post(address, {"solved": "yes", "satisfied": "yes", "text": "x", "reason": "x"}).status_code == 404
        )
    assert (Evaluation.objects.count(), Objection.objects.count()) == (0, 0)


def test_judging_is_two_answers_and_closes(client, town):
    case = town.evaluating()
    report = town.voice(case)
    shown = page(client, report)
    assert 'name="solved"' in shown
    assert 'name="satisfied"' in shown
    response = client.post(link(report, "rate"), {"solved": "yes", "satisfied": "fairly", "comment": "来得很快"})
    assert (response.status_code, response.url) == (302, link(report))
    evaluation = Evaluation.objects.get()
    assert (evaluation.solved, evaluation.satisfied, evaluation.comment, evaluation.by) == (
        "yes",
        "fairly",
        "来得很快",
        None,
    )
    assert town.read(case).state == "closed"
    assert 'name="solved"' not in page(client, report)


@pytest.mark.parametrize(
    "half",
    [
        {},
        {"solved": "yes"},
        {"satisfied": "yes"},
        {"solved": "maybe", "satisfied": "yes"},
        {"solved": "yes", "satisfied": "\x00"},
        {"solved": "yes", "satisfied": "yes", "comment": "长" * 1001},
    ],
)
def test_half_an_answer_is_none_and_silence_is_not_satisfied(client, town, half):
    case = town.evaluating()
    response = client.post(link(town.voice(case), "rate"), half)
    assert response.status_code == 422
    assert Evaluation.objects.count() == 0
    assert town.read(case).state == "evaluating"


def test_a_second_judgement_of_one_round_is_refused_and_the_first_stands(client, town):
    case = town.closed()
    report = town.voice(case)
    response = client.post(link(report, "rate"), {"solved": "no", "satisfied": "no"})
    assert response.status_code == 409
    assert (Evaluation.objects.get().solved, town.read(case).state) == ("yes", "closed")


def test_not_solved_is_an_objection(client, town):
    case = town.evaluating()
    client.post(link(town.voice(case), "rate"), {"solved": "no", "satisfied": "no", "comment": "还剩半截"})
    assert town.read(case).state == "objected"
    assert Objection.objects.get().reason == "还剩半截"


def test_before_the_end_nobody_can_judge(client, town):
    case = town.handling(contact=town.wu())
    report = town.voice(case)
    assert 'name="solved"' not in page(client, report)
    assert client.post(link(report, "rate"), {"solved": "yes", "satisfied": "yes"}).status_code == 409
    assert client.post(link(report, "object"), {"reason": "太慢"}).status_code == 409
    assert (Evaluation.objects.count(), Objection.objects.count()) == (0, 0)


def test_a_patrol_report_is_not_judged_by_anybody(client, town):
    case = town.closed()  # Mrs Wu's; a second voice comes from a colleague
    second = Report.objects.unscoped("test").get(pk=town.voice(case).pk)
    Report.objects.unscoped("test").filter(pk=second.pk).update(asks=False)
    assert client.post(link(second, "rate"), {"solved": "yes", "satisfied": "yes"}).status_code == 404
    assert Evaluation.objects.count() == 1


def test_objecting_within_fifteen_days_and_the_reasons_of_the_decision(client, town):
    case = town.closed()
    report = town.voice(case)
    assert 'name="reason"' in page(client, report)
    assert client.post(link(report, "object"), {"reason": "  "}).status_code == 422
    response = client.post(link(report, "object"), {"reason": "晚上又搭起来了"})
    assert response.status_code == 302
    assert town.read(case).state == "objected"
    actions.dismiss(case=case, by=town.luo, reason="现场复核，板房未重新搭建。")
    shown = page(client, report)
    assert "现场复核，板房未重新搭建。" in shown
    assert 'name="reason"' not in shown
    assert client.post(link(report, "object"), {"reason": "再来一次"}).status_code == 409
    assert Objection.objects.count() == 1


def test_after_fifteen_days_it_is_over(client, town):
    case = town.closed()
    report = town.voice(case)
    with time_machine.travel(clock.now() + dt.timedelta(days=15, minutes=1), tick=False):
        assert 'name="reason"' not in page(client, report)
        assert client.post(link(report, "object"), {"reason": "迟了"}).status_code == 409
    assert Objection.objects.count() == 0


def test_a_question_is_answered_with_words_and_a_photo(client, town):
    report = town.report(contact=town.wu())
    actions.ask_for_more(case=report.case, by=town.bai, question="在3号楼哪一侧？")
    assert "在3号楼哪一侧？" in page(client, report)
    content = jpeg()
    client.put(f"/p/media/{sha(content)}", content, content_type="image/jpeg")
    assert client.post(link(report, "answer"), {"text": ""}).status_code == 422
    response = client.post(link(report, "answer"), {"text": "西侧", "photo_sha256": sha(content)})
    assert response.status_code == 302
    assert town.read(report.case).state == "reported"
    assert CasePhoto.objects.get(sha256=sha(content)).media is not None
    assert client.post(link(report, "answer"), {"text": "再说一次"}).status_code == 409


def test_a_resident_for_whom_a_colleague_reported_answers_by_his_link(client, town):
    report = town.report(by=town.lin, source="on_behalf", contact=town.wu())
    actions.ask_for_more(case=report.case, by=town.bai, question="在哪一侧？")
    assert client.post(link(report, "answer"), {"text": "西侧"}).status_code == 302
    assert town.read(report.case).state == "reported"


def test_a_colleagues_own_patrol_report_is_not_answered_by_link(client, town):
    report = town.report()
    actions.ask_for_more(case=report.case, by=town.bai, question="在哪一侧？")
    assert 'name="text"' not in page(client, report)
    assert client.post(link(report, "answer"), {"text": "我来答"}).status_code == 403
    assert town.read(report.case).state == "needs_info"


def test_what_is_said_to_the_office_is_not_shown_as_public(client, town):
    report = town.report(contact=town.wu())
    actions.ask_for_more(case=report.case, by=town.bai, question="在哪一侧？")
    client.post(link(report, "answer"), {"text": "西侧，门牌是秘密"})
    assert "门牌是秘密" not in page(client, report)


def test_the_answer_of_the_unit_is_shown_only_after_it_was_checked(client, town):
    case = town.handled(contact=town.wu())
    report = town.voice(case)
    assert "您反映的违建已拆除" not in page(client, report)
    actions.verify(case=case, by=town.su)
    assert "您反映的违建已拆除" in page(client, report)


def test_a_declined_report_says_why_and_where_to_turn(client, town):
    report = town.report(contact=town.wu())
    actions.decline(case=report.case, by=town.bai, reason="属于民事合同纠纷。", channel="可向人民法院起诉。")
    shown = page(client, report)
    assert "属于民事合同纠纷。" in shown
    assert "可向人民法院起诉。" in shown


def test_a_merged_report_is_told_and_still_rated(client, town):
    first, second = town.handling(contact=town.wu()), town.reported(contact=town.wu(), text="另一个人说的板房。")
    actions.merge(case=second, into=first, by=town.chen)
    report = town.voice(second)
    shown = page(client, report)
    assert "并案办理" in shown
    assert first.number not in shown
    actions.handle(case=first, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
    actions.verify(case=first, by=town.su)
    assert client.post(link(report, "rate"), {"solved": "yes", "satisfied": "yes"}).status_code == 302
    assert Evaluation.objects.get().report == report
    assert town.read(first).state == "evaluating"  # the other reporter has not answered yet


def test_what_was_asked_of_others_stays_theirs_after_a_merge(client, town):
    first = town.reported(contact=town.wu())
    actions.ask_for_more(case=first, by=town.bai, question="您家门牌号是多少？")
    actions.supplement(report=town.voice(first), by=None, text="301")
    second = town.reported(contact=town.wu())
    actions.merge(case=second, into=first, by=town.chen)
    assert "您家门牌号是多少" not in page(client, town.voice(second))


def test_photos_of_the_link_and_no_others(client, town):
    mine, after, others = jpeg("red"), jpeg("green"), jpeg("blue")
    for content, by in ((mine, None), (after, town.he), (others, town.lin)):
        accept(by=by, content=content, sha256=sha(content))
    case = town.handling(contact=town.wu(), photos=[sha(mine)])
    report = town.voice(case)
    actions.join(case=case, by=town.lin, source="patrol", text="同一件事", place=town.place(), photos=[sha(others)])
    assert client.get(link(report, "photo", sha(after))).status_code == 404
    actions.handle(case=case, by=town.he, outcome=town.outcome(after_photos=[sha(after)]))
    for name in (sha(mine), sha(after)):
        for size in ("thumb", "web", "nonsense"):
            response = client.get(link(report, "photo", name), {"size": size})
            assert (response.status_code, response.headers["Content-Type"]) == (200, "image/jpeg")
            assert response.headers["Cache-Control"].startswith("private")
    assert client.get(link(report, "photo", sha(others))).status_code == 404
    assert client.get(link(report, "photo", "f" * 64)).status_code == 404


def test_a_confidential_case_hides_its_unit_from_the_page(client, town):
    case = actions.dispatch(case=town.filed(contact=town.wu(), confidential=True), by=town.luo, unit=town.enforcement)
    assert town.enforcement.name_zh not in page(client, town.voice(case)).split('id="course-title"')[0]


def test_pages_are_kept_by_nobody(client, town):
    report = town.report(contact=town.wu())
    response = client.get(link(report))
    assert response.headers["Cache-Control"] == "no-store"
    assert "wangge_session" not in response.cookies


def test_a_pasted_link_opens_the_report(client, town):
    report = town.report(contact=town.wu())
    address = link(report)
    assert client.post("/p/follow/", {"link": f" 链接 http://wangge.example{address}slip/ "}).url == address
    for wrong in ("", "NC-2026-000001", "/p/r/", f"/p/r/{report.public_id}/{'a' * 26}/", "x" * 401, "\x00"):
        response = client.post("/p/follow/", {"link": wrong})
        assert response.status_code == 422


def test_english_is_complete(client, town):
    client.cookies["wangge_language"] = "en"
    shown = page(client, town.voice(town.evaluating()))
    assert "Done and checked: what do you say?" in shown
    assert "解决" not in shown.replace("您反映的违建已拆除，感谢您的监督。", "")
