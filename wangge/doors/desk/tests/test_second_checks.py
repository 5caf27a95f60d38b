"""复核 on the desk: the list, the blind page, the answer, doubtful photos, hints about an answer."""

from __future__ import annotations

import re
from html import unescape

import pytest

from wangge.domains.cases import actions
from wangge.domains.cases.models import SecondCheck
from wangge.domains.cases.tests.shots import shot
from wangge.domains.cases.tests.traces import verbs
from wangge.foundation.accounts import actions as accounts
from wangge.foundation.media.models import MediaFile

NEW, FIRST = "e" * 64, "5" * 64
FIRST_NOTE = "泡沫板已全部清走"


@pytest.fixture
def drawn(town, settings):
    settings.SECOND_CHECK_PERCENT = 100
    town.sent(FIRST, by=town.su)
    return town.read(actions.verify(case=town.handled(), by=town.su, note=FIRST_NOTE, photos=[FIRST]))


@pytest.fixture
def second(town):
    """Ma has a second post: she verifies too."""
    accounts.give_post(
        by=None, user=town.ma, role="verifier", valid_from=town.ma.posts.get().valid_from, area=town.south
    )
    return "ma"


def page(client, case) -> str:
    answer = client.get(f"/desk/cases/{case.number}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_waits_on_the_list_and_on_the_to_do_list(drawn, second, at_desk):
    for who, waits in (("ma", True), ("su", False)):
        client = at_desk(who)
        listed = client.get("/desk/second-checks/").content.decode()
        assert (drawn.number in listed, "暂无待复核案件" in listed) == (waits, not waits)
        home = client.get("/desk/").content.decode()
        assert ("复核</span>" in home and drawn.text in home) is waits
    assert at_desk("luo").get("/desk/second-checks/").status_code == 200
    assert at_desk("chen").get("/desk/second-checks/").status_code == 403


def test_the_page_is_blind_until_the_answer(drawn, second, at_desk, town):
    blind = page(at_desk(second), drawn)
    assert FIRST_NOTE not in blind
    assert FIRST not in blind
    assert "复核结果提交前，不显示首次核查情况。" in blind
    pane = at_desk(second).get(f"/desk/cases/{drawn.number}/panel/").content.decode()
    assert (FIRST_NOTE in pane, FIRST in pane) == (False, False)
    for size in ("thumb", "web"):
        assert at_desk(second).get(f"/api/v1/media/{FIRST}?size={size}").status_code == 404
    assert at_desk(second).get(f"/api/v1/media/{FIRST}/facts").status_code == 404
    for other in ("su", "luo", "he"):
        assert FIRST_NOTE in page(at_desk(other), drawn)
    assert "待复核" not in page(at_desk("he"), drawn)  # the unit does not learn what was drawn
    actions.pass_second_check(case=drawn, by=town.lin, photos=[shot(town, NEW, by=town.lin)], note="确已清走")
    after = page(at_desk(second), drawn)
    assert FIRST_NOTE in after
    assert "确已清走" in after


def test_it_passes(drawn, second, take, town):
    shot(town, NEW, by=town.ma)
    answer = take(second, drawn, "pass_second_check", note="属实", photos_sha256=[NEW])
    assert answer.status_code == 302
    check = SecondCheck.objects.get()
    assert (check.passed, check.by, check.note) == (True, town.ma, "属实")
    assert (town.read(drawn).state, verbs(drawn)[-1]) == ("closed", "pass_second_check")
    again = take(second, drawn, "pass_second_check", note="属实", photos_sha256=[NEW])
    assert again.status_code == 302  # a second click is told so, and nothing is done twice
    assert drawn.timeline.filter(verb="pass_second_check").count() == 1


def test_it_fails_and_the_case_begins_anew(drawn, second, take, town):
    shot(town, NEW, by=town.ma)
    answer = take(second, drawn, "fail_second_check", htmx=True, reason="板房仍在", photos_sha256=[NEW])
    assert answer.status_code == 200
    assert "复核不通过" in answer.content.decode()
    assert (town.read(drawn).state, town.read(drawn).round) == ("handling", 2)


@pytest.mark.parametrize(
    ("verb", "fields", "said"),
    [
        ("pass_second_check", {}, "请至少拍一张现场照片。"),
        ("pass_second_check", {"photos_sha256": ["9" * 64]}, "照片尚未传到"),
        ("fail_second_check", {"photos_sha256": [NEW]}, "必填"),
        ("pass_second_check", {"photos_sha256": ["b" * 64]}, "照片已使用过"),
    ],
)
def test_a_refused_answer_keeps_what_was_typed(drawn, second, take, town, verb, fields, said):
    shot(town, NEW, by=town.ma)
    answer = take(second, drawn, verb, note="写了很久的话", **fields)
    assert answer.status_code == 422
    body = answer.content.decode()
    assert said in body
    assert "写了很久的话" in body or verb == "fail_second_check"
    assert SecondCheck.objects.get().passed is None
    assert drawn.photos.filter(kind="second").count() == 0


def test_answered_by_a_colleague_meanwhile(drawn, second, take, town):
    actions.pass_second_check(case=drawn, by=town.lin, photos=[shot(town, NEW, by=town.lin)])
    shot(town, "f" * 64, by=town.ma)
    assert take(second, drawn, "fail_second_check", reason="不对", photos_sha256=["f" * 64]).status_code == 409
    assert town.read(drawn).state == "closed"


def test_the_wrong_person_gets_nowhere(drawn, take, town):
    assert take("zhao", drawn, "pass_second_check", photos_sha256=[NEW]).status_code == 404
    assert take("qian", drawn, "pass_second_check", photos_sha256=[NEW]).status_code == 403
    assert SecondCheck.objects.get().passed is None


def test_how_it_ended_and_what_that_says_about_the_unit(drawn, town, at_desk):
    actions.fail_second_check(case=drawn, by=town.lin, photos=[shot(town, NEW, by=town.lin)], reason="板房仍在")
    body = at_desk("su").get("/desk/second-checks/").content.decode()
    assert "首次核查 苏文，复核 林晓" in body
    assert "综合执法队" in body
    assert "20.7%–100.0%" in body  # one of one: the range, not the share
    assert "南城街道 · 近90天" in body
    (more,) = re.findall(r'href="([^"]*/checks_disagreed/[^"]*)"', body)
    same = at_desk("su").get(unescape(more)).content.decode()
    assert "20.7%–100.0%" in same
    assert "各单位复核不通过情况" not in at_desk("lin").get("/desk/second-checks/").content.decode()


def test_a_doubtful_photo_is_said_to_the_verifier(town, at_desk):
    case = town.handling(photos=["1" * 64])
    shot(town, "1" * 64, by=town.lin)
    actions.attach_stragglers()
    actions.handle(case=case, by=town.he, outcome=town.outcome(after_photos=["2" * 64]))
    assert "照片存疑" not in page(at_desk("su"), case)
    shot(town, "2" * 64, by=town.he, like="1" * 64, copy=True)
    actions.attach_arrived(media=MediaFile.objects.get(sha256="2" * 64), by=town.he)
    for who in ("su", "he"):
        body = page(at_desk(who), case)
        assert "照片存疑" in body
        assert "处置后照片与本案已有的照片（上报）相同。" in body


HANDLED = {
    "result": "solved", "text": "已处理", "reply": "已处理", "legal_basis": "《城乡规划法》", "area_m2": "18.5",
    "quantity_amount": ["1"], "quantity_unit": ["处"], "before_sha256": ["b" * 64],
}  # fmt: skip


def test_a_poor_answer_is_warned_of_and_goes_through(town, take, client, at_desk):
    case = town.handling()
    answer = take("he", case, "handle", **HANDLED, after_sha256=["a" * 64])
    assert answer.status_code == 302
    told = client.get(answer["Location"]).content.decode()
    assert "公开答复过短" in told
    assert "一字不差" in told
    assert town.read(case).state == "handled"
    assert "公开答复过短" in page(at_desk("su"), case)


def test_a_used_photo_is_refused_and_the_form_kept(town, take):
    first = town.handled()
    case = town.handling()
    answer = take("he", case, "handle", **(HANDLED | {"text": "写了很久的办理情况"}), after_sha256=["a" * 64])
    assert answer.status_code == 422
    body = answer.content.decode()
    assert f"处置后照片已用于案件 {first.number}（处置后）。 请到现场重新拍照。" in body
    assert "写了很久的办理情况" in body
    assert (town.read(case).state, case.handlings.count()) == ("handling", 0)
