"""A resident without a log-in: reports, follows, answers, objects, and is right in the end."""

from __future__ import annotations

import re
import uuid

import pytest

from tests.e2e.conftest import PHONE
from tests.e2e.test_shed import open_step, photo, submit
from wangge.domains.cases import actions
from wangge.domains.cases.models import Case

pytestmark = pytest.mark.browser


def test_not_solved_is_looked_at_again(visit, at_site):
    wu = visit(None, PHONE)
    page = wu.go("/p/")
    wu.shot("portal-home")
    page.locator("a.p-door--first").tap()
    text = f"3号楼旁的泡沫板房又搭起来了（{uuid.uuid4().int % 10**6:06d}）"
    page.fill("#report textarea[name=text]", text)
    page.locator("[data-action*='position#']").tap()
    page.get_by_text("第一网格").first.wait_for()
    page.set_input_files("#report .wg-shot__input", photo((140, 100, 70), "again"))
    page.locator(".wg-shot--sent").wait_for()
    wu.shot("portal-report")
    page.locator("button[form=report]").tap()
    page.wait_for_url(re.compile(r"/p/r/.+/slip/"))
    wu.shot("portal-slip")
    link = page.url.removesuffix("slip/")
    with at_site() as town:
        case = Case.objects.unscoped("the test looks").get(text=text)
        assert (case.source, case.area.name_zh) == ("resident", "第一网格")
        actions.ask_for_more(case=case, by=town.bai, question="请问是哪个单元门口？")

    # The desk's question stands first; the answer goes back.
    page.goto(link)
    assert "请问是哪个单元门口？" in page.inner_text("#answer")
    page.fill("#answer textarea[name=text]", "二单元门口，靠近配电箱。")
    wu.shot("portal-answer")
    page.locator("#answer button[type=submit]").tap()
    page.locator("#answer").wait_for(state="detached")
    wu.shot("portal-answered")
    with at_site() as town:
        case = town.read(case)
        assert case.state == "reported"
        case = actions.file(case=case, by=town.bai, matter=town.shed)
        case = actions.dispatch(case=case, by=town.chen, unit=town.enforcement)
        case = actions.sign_for(case=case, by=town.he)
        case = actions.handle(case=case, by=town.he, outcome=town.outcome(before_photos=["b" * 64]))
        actions.verify(case=case, by=town.su)

    # Not solved, not satisfied: that is an objection.
    page.goto(link)
    page.locator("label", has=page.locator("input[name=solved][value=no]")).tap()
    page.locator("#rate details summary").tap()
    page.fill("#rate textarea[name=comment]", "第二天又搭起来了。")
    wu.shot("portal-rate")
    page.locator("button[name=satisfied][value=no]").tap()
    page.locator(".p-rated").wait_for()
    with at_site() as town:
        case = town.read(case)
        assert (case.state, case.round) == ("objected", 1)

    # It reaches the duty chief's list; he has it handled again.
    luo = visit("luo")
    desk = luo.go("/desk/")
    assert case.number in desk.content()
    desk = luo.go("/desk/cases/queue/judge/")
    desk.get_by_text(case.number).first.wait_for()
    desk = luo.go(f"/desk/cases/{case.number}/")
    open_step(desk, "reopen")
    desk.locator("#step-reopen textarea[name=reason]").fill("现场复查属实，责成执法队重新处置。")
    luo.shot("desk-judge")
    submit(desk, "reopen")
    desk.get_by_text("处置中").first.wait_for()
    with at_site() as town:
        case = town.read(case)
        assert (case.state, case.unit.name_zh) == ("handling", "综合执法队")

    # Handled again, verified again, and this time she is content.
    with at_site() as town:
        case = actions.handle(
            case=town.read(case), by=town.he, outcome=town.outcome(before_photos=["b" * 64], reply="已再次拆除并硬化。")
        )
        actions.verify(case=case, by=town.su)
    page.goto(link)
    said = page.inner_text("main")
    assert "现场复查属实，责成执法队重新处置。" in said
    assert "已再次拆除并硬化。" in said
    assert "罗刚" not in said
    page.locator("label", has=page.locator("input[name=solved][value=yes]")).tap()
    page.locator("button[name=satisfied][value=yes]").tap()
    page.get_by_text("已办结").first.wait_for()
    with at_site() as town:
        assert town.read(case).state == "closed"

    # The same phone finds its slip again.
    page.goto(wu.site / "p/follow/")
    assert text[:20] in page.inner_text("main")


def test_a_wrong_link_says_so_in_chinese(visit, at_site):
    with at_site() as town:
        report = town.report(contact=town.wu())
    stranger = visit(None, PHONE)
    answer = stranger.page.goto(stranger.site / f"p/r/{report.public_id}/{'a' * 26}/")
    assert answer.status == 404
    assert "没有找到" in stranger.page.inner_text("main")
    assert stranger.page.title() != ""
    assert "家属院" not in stranger.page.inner_text("body")
    stranger.shot("portal-404")


def test_large_type_stays_on(visit):
    wu = visit(None, PHONE)
    page = wu.go("/p/")
    before = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    page.locator(".wg-elder-switch").tap()
    assert page.evaluate("document.documentElement.dataset.theme") == "elder"
    for path in ("/p/", "/p/report/", "/p/help/", "/p/follow/"):
        page = wu.go(path)
        assert page.evaluate("document.documentElement.dataset.theme") == "elder"
        assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= max(20, before)
        assert page.locator(".wg-elder-switch").get_attribute("aria-pressed") == "true"
    wu.shot("portal-elder")
    page.locator(".wg-elder-switch").tap()
    assert wu.go("/p/").evaluate("document.documentElement.dataset.theme") == "normal"
