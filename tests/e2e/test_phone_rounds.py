"""The worker's day on the phone: round, visit, task, stand-up and case work, with and without a line; taps are counted."""

from __future__ import annotations

import datetime as dt
import json
import time

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, Visitor
from tests.e2e.test_every_page import _STILL, _THEME, AXE, TAGS
from tests.e2e.test_look import _TARGETS, _WORDS
from tests.e2e.test_phone import _without_a_line, opened  # noqa: F401 — a fixture
from tests.e2e.test_shed import photo
from wangge.domains.cases.models import Case, CasePhoto
from wangge.domains.fieldwork.models import (
    Checkpoint,
    FieldTask,
    Referral,
    Refused,
    Round,
    RoundPoint,
    StandUp,
    Visit,
    VisitDue,
)
from wangge.foundation.core import clock

pytestmark = pytest.mark.browser

PAUSE = 1500  # ms after which what was typed is kept
WHY = "the test looks at the rows"
SMALL = {"width": 360, "height": 640}
_AXE = """async (only) => {
  const found = await axe.run(document, { runOnly: only, resultTypes: ["violations"] });
  return found.violations.map((one) => `${one.id} ${one.nodes.map((node) => node.html.slice(0, 140)).join(" | ")}`);
}"""
# Counts what a finger does, also where a link leads to another screen.
_COUNT_TAPS = "window.taps = 0; addEventListener('click', (event) => { if (event.isTrusted) window.taps += 1; }, true);"


def spot(town, name: str, north: float, *, risk: int = 1) -> Checkpoint:
    """A checkpoint of grid 1, so many metres north of where the browser stands."""
    from wangge.foundation.catalogue.models import Matter

    return Checkpoint.objects.create(
        grid=town.grid1, area_path=town.grid1.path, kind="fire_lane", name=name, look_for="通道是否畅通",
        risk=risk, every_days=3, matter=Matter.objects.get(code="09012"), lon=116.005, lat=35.005 + north / 111_195,
        tag=f"TAG{abs(hash(name)) % 10**9:09d}", valid_from=dt.date(2026, 1, 1),
    )  # fmt: skip


def round_of(town, kind: str, points: list[Checkpoint]) -> Round:
    """A round of grid 1 that is open now."""
    now = clock.now()
    opens, closes = now - dt.timedelta(hours=1), now + dt.timedelta(hours=2)
    walk = Round.objects.create(
        grid=town.grid1, area_path=town.grid1.path, day=clock.today(), kind=kind, opens_at=opens, closes_at=closes
    )
    for point in points:
        RoundPoint.objects.create(round=walk, checkpoint=point)
    return walk


def states(walk: Round) -> dict[str, tuple[str, str, str]]:
    rows = RoundPoint.objects.filter(round_id=walk.pk).select_related("checkpoint")
    return {row.checkpoint.name: (row.state, row.proof, row.why) for row in rows}


@pytest.fixture(scope="module")
def walking(at_site) -> dict:
    """Rounds, visits, tasks and a stand-up of grid 1; a case for the unit and one to be verified."""
    from wangge.domains.fieldwork.actions.tasks import give
    from wangge.domains.people.models import Firm, Household
    from wangge.domains.people.tests.homes import build

    with at_site() as town:
        homes = Household.objects.unscoped(WHY)
        if not Firm.objects.unscoped(WHY).exists():
            build(town)
        # Other tests of this site have homes of their own: the doors are chosen by what is written on them.
        here = homes.filter(area_path__startswith=town.grid1.path, declines_visits=False).order_by("pk")
        doors = [here.filter(room__name=name).first() for name in ("301", "302", "401")]
        near = [spot(town, "3号楼消防通道", 0, risk=3), spot(town, "2单元楼道", 30), spot(town, "充电棚", 60)]
        far = spot(town, "北门配电箱", 900)
        today = clock.today()
        dues = [
            VisitDue.objects.create(household=home, area_path=home.area_path, due_on=today - dt.timedelta(days=n))
            for n, home in enumerate(doors)
        ]
        shop = Firm.objects.unscoped(WHY).filter(area_path__startswith=town.grid1.path).first()
        VisitDue.objects.create(firm=shop, area_path=shop.area_path, due_on=today)
        task = give(
            by=town.fang, grid=town.grid1, matter="09012", title="清理3号楼堆放的纸箱", at=clock.now(),
            due_at=clock.now() + dt.timedelta(hours=5), assigned=town.lin,
        )  # fmt: skip
        lines = [
            {"kind": "case_overdue", "label": "NC-2026-000001", "subject": "NC-2026-000001", "due": "2026-11-20T10:00:00+08:00", "matter": "06001", "grid": town.grid1.pk},
            {"kind": "visits_due", "label": "物业所家属院3号楼", "subject": "", "due": today.isoformat(), "count": 3},
            {"kind": "round_missed", "label": "槐荫第一网格", "subject": "morning", "due": today.isoformat(), "grid": town.grid1.pk},
        ]  # fmt: skip
        meeting = StandUp.objects.create(area=town.grid1, area_path=town.grid1.path, day=today, items=lines)
        return {
            "morning": round_of(town, "morning", near),
            "afternoon": round_of(town, "afternoon", [*near[:1], far]),
            "dues": dues, "task": task, "meeting": meeting, "far": far,
            "dispatched": town.dispatched().number, "handled": town.handled(contact=town.wu()).number,
            "photo": town.sent,
        }  # fmt: skip


def taps(page) -> int:
    return page.evaluate("window.taps")


def fresh(visitor: Visitor):
    """The phone with today's work, and a counter of taps."""
    visitor.page.add_init_script(_COUNT_TAPS)
    opened(visitor)
    return visitor.page


def sent(page) -> None:
    """Waits until nothing waits any more."""
    expect(page.locator("#strip-text")).not_to_contain_text("待发送", timeout=20_000)
    expect(page.locator("#strip-text")).to_have_text("已连接", timeout=20_000)  # and nothing came back


def test_a_round_without_findings_is_one_tap_after_its_points(visit, walking, at_site):
    lin = visit("lin", PHONE)
    page = fresh(lin)
    page.locator("[data-round]").wait_for()
    lin.shot("phone-home-today")
    begun = time.monotonic()
    page.get_by_role("link", name="开始巡查").tap()
    page.locator(".f-point").first.wait_for()
    lin.shot("phone-round")
    rows = page.locator(".f-point")
    expect(rows).to_have_count(3)
    assert page.locator(".f-point details[open]").count() == 1
    for n in range(3):
        page.locator(".f-point details[open] [data-near]").tap()
        expect(page.locator(".f-point[data-state=seen]")).to_have_count(n + 1)
    assert taps(page) == 4
    page.get_by_role("button", name="无异常，完成巡查").tap()
    page.locator("[data-over]").wait_for()
    assert taps(page) == 5  # to the round, a tap a point, and one tap for "nothing found"
    assert time.monotonic() - begun < 20
    lin.shot("phone-round-done")
    sent(page)
    with at_site():
        walk = Round.objects.unscoped(WHY).get(pk=walking["morning"].pk)
        assert (walk.state, walk.nothing_found, walk.done_by.username) == ("done", True, "lin")
        assert set(states(walk).values()) == {("seen", "near", "")}
        assert [point.metres for point in RoundPoint.objects.filter(round=walk).order_by("metres")] == [0, 30, 60]


def test_a_round_without_a_line_is_kept_and_arrives(visit, walking, at_site):
    lin = visit("lin", PHONE)
    page = fresh(lin)
    lin.context.set_offline(True)
    page.goto(lin.site / f"field/#/round/{walking['afternoon'].public_id}")
    far = page.locator(".f-point", has_text="北门配电箱")
    expect(page.locator(".f-point details[open]")).to_have_count(1)  # the next one opens by itself
    if not far.locator("details[open]").count():
        far.locator("summary").tap()
    far.locator("[data-near]").tap()
    expect(far.locator("[data-said]")).to_contain_text("900")
    assert far.get_attribute("data-state") == "due"
    lin.shot("phone-round-far")
    far.get_by_role("button", name="上锁").tap()
    expect(far).to_have_attribute("data-state", "not_possible")
    expect(far).to_contain_text("待发送")
    page.get_by_role("button", name="无异常，完成巡查").tap()
    expect(page.locator("[data-rest-text]")).to_contain_text("1")
    lin.shot("phone-round-rest")
    page.locator("[data-rest]").get_by_role("button", name="电话").tap()
    page.locator("[data-over]").wait_for()
    expect(page.locator("[data-over]")).to_contain_text("联网后")
    with at_site():
        assert Round.objects.unscoped(WHY).get(pk=walking["afternoon"].pk).state == "due"
        assert set(states(walking["afternoon"]).values()) == {("due", "", "")}
    page.reload()  # a killed tab: what was done is still shown as done
    page.locator("[data-over]").wait_for()
    lin.context.set_offline(False)
    sent(page)
    with at_site():
        walk = Round.objects.unscoped(WHY).get(pk=walking["afternoon"].pk)
        assert (walk.state, walk.nothing_found) == ("done", True)
        assert states(walk) == {
            "北门配电箱": ("not_possible", "reason", "locked"),
            "3号楼消防通道": ("seen", "reason", "by_phone"),
        }


def test_what_is_found_on_a_round_is_reported_there_and_the_round_goes_on(visit, walking, at_site):
    from wangge.domains.cases.models import Report

    with at_site() as town:
        # Elsewhere than the others' rounds: one of a day and kind only.
        Round.objects.unscoped(WHY).filter(grid=town.grid1, kind="night").delete()
        point = Checkpoint.objects.unscoped(WHY).get(name="2单元楼道")
        walk = round_of(town, "night", [point])
    lin = visit("lin", PHONE)
    page = fresh(lin)
    page.goto(lin.site / f"field/#/round/{walk.public_id}")
    page.locator(".f-point", has_text="2单元楼道").locator("[data-found]").tap()
    page.locator("#r-form").wait_for()
    expect(page.locator("[data-guesses] input:checked")).to_have_count(1)  # what the point is looked at for
    page.fill("#r-text", "二楼平台停着一辆电动车")
    lin.shot("phone-round-found")
    page.locator("[data-send]").tap()
    page.wait_for_url(f"**/field/#/round/{walk.public_id}")
    expect(page.locator(".f-point")).to_have_count(1)
    page.get_by_role("button", name="完成巡查").wait_for()
    assert "无异常" not in page.locator("[data-finish-text]").inner_text()
    sent(page)
    with at_site():
        made = Report.objects.unscoped(WHY).select_related("case").get(text="二楼平台停着一辆电动车")
        assert (made.source, made.case.area_id) == ("patrol", walk.grid_id)
        [row] = RoundPoint.objects.filter(round=walk)
        assert row.case_number == made.case.number
        walk.points.all().delete()
        walk.delete()


def test_a_tag_is_proof_and_a_strange_one_is_not(visit, walking, at_site):
    with at_site() as town:
        points = {point.name: point for point in Checkpoint.objects.unscoped(WHY)}
        walk = round_of(town, "night", [points["充电棚"], points["北门配电箱"]])
        tag, other = points["充电棚"].tag, points["北门配电箱"].tag
    lin = visit("lin", PHONE)
    page = fresh(lin)
    page.goto(lin.site / f"field/#/round/{walk.public_id}")
    page.get_by_role("button", name="扫码").tap()
    page.fill("#scan-typed", "STRANGE")
    page.locator("[data-typed] button").tap()
    page.get_by_text("不是本网格点位的码").wait_for()
    assert page.locator(".f-point[data-state=seen]").count() == 0
    page.get_by_role("button", name="扫码").tap()
    page.fill("#scan-typed", tag.lower())
    page.locator("[data-typed] button").tap()
    expect(page.locator(".f-point[data-state=seen]")).to_have_count(1)
    # The address on a label, read by the phone's own camera.
    page.goto("about:blank")
    page.goto(lin.site / f"field/#/t/{other}")
    page.wait_for_url(f"**/field/#/round/{walk.public_id}")
    expect(page.locator(".f-point[data-state=seen]")).to_have_count(2)
    sent(page)
    with at_site():
        assert states(walk) == {"充电棚": ("seen", "scan", ""), "北门配电箱": ("seen", "scan", "")}


def test_a_visit_is_three_taps(visit, walking, at_site):
    lin = visit("lin", PHONE)
    page = fresh(lin)
    page.goto(lin.site / "field/#/visits")
    page.locator(".f-group").first.wait_for()
    lin.shot("phone-visits")
    assert "吴" not in page.inner_text("main")
    before = taps(page)
    begun = time.monotonic()
    page.locator(".f-duty", has_text="301").first.tap()
    page.locator("[data-record]").wait_for()
    page.get_by_role("radio", name="见到人").tap()
    lin.shot("phone-visit")
    page.get_by_role("button", name="记录走访").tap()
    page.locator("[data-groups]").wait_for()
    assert taps(page) - before <= 4  # a label's tap is told twice: at the label and at its field
    assert time.monotonic() - begun < 20
    expect(page.locator(".f-duty", has_text="301")).to_have_count(0)
    sent(page)
    with at_site():
        made = Visit.objects.unscoped(WHY).get(due__in=walking["dues"])
        assert (made.result, made.way, made.confirmed, made.by.username) == ("met", "door", False, "lin")
        assert VisitDue.objects.unscoped(WHY).get(pk=made.due_id).state == "made"


def test_a_note_of_a_visit_outlives_its_window(visit, walking, at_site):
    lin = visit("lin", PHONE)
    page = fresh(lin)
    page.goto(lin.site / f"field/#/visit/{walking['dues'][2].public_id}")
    page.get_by_role("radio", name="见到人").tap()
    page.locator("[data-met]").get_by_text("隐患排查").tap()
    page.locator("details.f-more summary").tap()
    page.get_by_role("radio", name="电话").tap()
    page.fill("#visit-note", "下周再来送宣传单。")
    page.wait_for_timeout(PAUSE)
    page.goto("about:blank")
    page.goto(lin.site / "field/#/drafts")
    page.locator("[data-list] a").first.wait_for()
    [title] = page.locator("[data-list] b").all_inner_texts()
    assert title.startswith("走访 ") and title.endswith("401")
    page.locator("[data-list] a").first.tap()
    expect(page.locator("#visit-note")).to_have_value("下周再来送宣传单。")
    assert page.get_by_role("radio", name="见到人").is_checked()
    assert page.locator("[name=way]:checked").get_attribute("value") == "phone"
    assert page.locator("[name=task]:checked").get_attribute("value") == "hazard"
    # Why one goes there says the desk, where there is a line.
    page.locator("[data-why]").tap()
    page.wait_for_url("**/desk/visits/doors/**")
    page.go_back()
    expect(page.locator("#visit-note")).to_have_value("下周再来送宣传单。")
    lin.context.set_offline(True)
    page.locator("[data-why]").tap()
    page.get_by_text("此页面需要网络").wait_for()
    page.go_back()
    lin.context.set_offline(False)
    # Of counselling nothing is kept, neither sent nor in a draft.
    page.locator("[data-met]").get_by_text("心理疏导").tap()
    page.wait_for_timeout(PAUSE)
    lin.context.set_offline(True)
    page.goto(lin.site / "field/#/drafts")
    expect(page.locator("[data-empty]")).to_be_visible()
    lin.context.set_offline(False)


def test_a_wish_for_counselling_is_passed_on_without_a_word(visit, walking, at_site):
    lin = visit("lin", PHONE)
    page = fresh(lin)
    lin.context.set_offline(True)
    page.goto(lin.site / "field/#/visits?span=all")
    page.locator(".f-duty", has_text="302").first.tap()
    page.locator("[data-refer]").tap()
    expect(page.locator("[data-referred]")).to_contain_text("已转介")
    assert page.locator("[data-refer]").is_hidden()
    page.get_by_role("radio", name="见到人").tap()
    page.locator("[data-met]").get_by_text("心理疏导").tap()
    page.locator("details.f-more summary").tap()
    assert page.locator("#visit-note").is_hidden()
    page.get_by_role("button", name="记录走访").tap()
    page.locator("[data-groups]").wait_for()
    with at_site():
        assert Referral.objects.unscoped(WHY).count() == 0
    lin.context.set_offline(False)
    sent(page)
    with at_site():
        assert Referral.objects.unscoped(WHY).count() == 1
        made = Visit.objects.unscoped(WHY).get(tasks=["counselling"])
        assert made.note is None


def test_a_task_is_done_and_the_stand_up_held(visit, walking, at_site):
    lin = visit("lin", PHONE)
    page = fresh(lin)
    page.get_by_role("link", name="任务").tap()
    page.get_by_text("清理3号楼堆放的纸箱").tap()
    page.fill("#task-note", "已清走。")
    page.wait_for_timeout(PAUSE)
    page.reload()
    expect(page.locator("#task-note")).to_have_value("已清走。")
    lin.shot("phone-task")
    page.get_by_role("button", name="完成").tap()
    expect(page.get_by_text("清理3号楼堆放的纸箱")).to_have_count(0)
    page.goto(lin.site / "field/#/standup")
    page.locator(".f-group").first.wait_for()
    lin.shot("phone-standup")
    page.locator("[data-new] summary").tap()
    page.fill("#decision-title", "检查3号楼消防通道")
    page.fill("#decision-matter", "消防")
    page.locator("[data-matters] label").first.wait_for()
    page.locator("[data-form]").get_by_role("button", name="添加").tap()
    page.get_by_text("检查3号楼消防通道").first.wait_for()
    page.wait_for_timeout(PAUSE)
    page.reload()
    page.get_by_text("检查3号楼消防通道").first.wait_for()
    lin.shot("phone-standup-decided")
    page.get_by_role("button", name="碰头会已开").tap()
    page.locator("[data-held]").wait_for()
    sent(page)
    with at_site():
        done = FieldTask.objects.unscoped(WHY).get(pk=walking["task"].pk)
        assert (done.state, done.done_by.username) == ("done", "lin")
        held = StandUp.objects.unscoped(WHY).get(pk=walking["meeting"].pk)
        assert held.held_by.username == "lin"
        assert list(FieldTask.objects.unscoped(WHY).filter(stand_up=held).values_list("title", flat=True)) == [
            "检查3号楼消防通道"
        ]


def test_a_case_is_signed_for_and_handled_without_a_line(visit, walking, at_site):
    number = walking["dispatched"]
    he = visit("he", PHONE)
    page = fresh(he)
    page.locator("[data-tab-link=todo]").tap()
    page.locator(".f-duty", has_text=number).first.wait_for()
    he.shot("phone-todo")
    he.context.set_offline(True)
    page.locator(".f-duty", has_text=number).first.tap()
    page.get_by_role("button", name="签收").wait_for()
    he.shot("phone-case")
    page.get_by_role("button", name="签收").tap()
    page.locator("[data-step=handle]").wait_for()
    page.fill("#case-text", "已拆除。")
    page.fill("#case-reply", "您反映的板房已拆除。")
    page.locator("[data-step=handle] button[type=submit]").tap()
    expect(page.locator("[data-step=handle] [data-lacking]")).to_be_visible()  # the matter asks for a photo
    page.set_input_files("[data-photos=after] [data-camera]", photo((60, 110, 70), "handled-on-phone"))
    page.locator("[data-photos=after] img").wait_for()
    if page.locator("#case-legal").is_visible():
        page.fill("#case-legal", "城乡规划法第六十四条")
    if page.locator("#case-area").is_visible():
        page.fill("#case-area", "12.5")
    he.shot("phone-case-handle")
    page.wait_for_timeout(1500)
    page.reload()  # a killed tab: what was typed and photographed is kept as a draft
    page.locator("[data-photos=after] img").wait_for()
    assert page.input_value("#case-text") == "已拆除。"
    page.locator("[data-step=handle] button[type=submit]").tap()
    page.get_by_text("处置结果已反馈").wait_for()
    with at_site():
        assert Case.objects.unscoped(WHY).get(number=number).state == "dispatched"
    he.context.set_offline(False)
    # The matter asks for a photo of how it was, which only the server could know: told here, corrected here.
    expect(page.locator("#strip-text")).to_contain_text("退回", timeout=20_000)
    expect(page.locator("[data-refused]")).to_contain_text("照片")
    with at_site():
        assert Case.objects.unscoped(WHY).get(number=number).state == "handling"
    page.locator("[data-photos=after] img").wait_for()
    assert page.input_value("#case-text") == "已拆除。"
    he.shot("phone-case-refused")
    page.set_input_files("[data-photos=before] [data-camera]", photo((60, 40, 30), "before-on-phone"))
    page.locator("[data-photos=before] img").wait_for()
    page.locator("[data-step=handle] button[type=submit]").tap()
    page.get_by_text("处置结果已反馈").wait_for()
    sent(page)
    with at_site():
        case = Case.objects.unscoped(WHY).get(number=number)
        assert (case.state, case.handler.username, case.result) == ("handled", "he", "solved")
        assert Refused.objects.get(user=case.handler).state == "sent_anew"
        taken = CasePhoto.objects.get(case=case, kind="after")
        assert taken.media_id is not None


def test_a_result_is_verified_with_a_fresh_photo(visit, walking, at_site):
    number = walking["handled"]
    su = visit("su", PHONE)
    page = fresh(su)
    page.goto(su.site / f"field/#/case/{number}")
    page.locator("[data-step=verify]").wait_for()
    page.evaluate(
        """() => { Object.defineProperty(File.prototype, "lastModified", { get: () => Date.now() - 86_400_000, configurable: true }); }"""
    )
    page.set_input_files("[data-photos=photos] [data-camera]", photo((60, 50, 70), "old"))
    expect(page.locator("[data-photos=photos] [data-said]")).to_contain_text("刚")
    assert page.locator("[data-photos=photos] img").count() == 0
    page.evaluate(
        """() => { Object.defineProperty(File.prototype, "lastModified", { get: () => Date.now(), configurable: true }); }"""
    )
    page.set_input_files("[data-photos=photos] [data-camera]", photo((60, 50, 70), "verified-on-phone"))
    page.locator("[data-photos=photos] img").wait_for()
    page.locator("[data-step=verify] button[value=no]").tap()
    expect(page.locator("[data-step=verify] [data-lacking]")).to_contain_text("不到位")
    page.locator("[data-step=verify] button[value=yes]").tap()
    page.locator("[data-told]").wait_for()
    sent(page)
    with at_site():
        case = Case.objects.unscoped(WHY).get(number=number)
        assert case.state == "evaluating"
        assert CasePhoto.objects.get(case=case, kind="check").media_id is not None


def test_axe_finds_nothing_and_every_target_is_hit(visit, walking, at_site):
    with at_site() as town:
        number = town.dispatched().number
        night = Round.objects.unscoped(WHY).filter(kind="night", day=clock.today()).first() or round_of(
            town, "night", [walking["far"]]
        )
        due = VisitDue.objects.unscoped(WHY).filter(state="open", household__isnull=False).first()
    lin_paths = [
        "home",
        "todo",
        "rounds",
        f"round/{night.public_id}",
        "visits?span=all",
        f"visit/{due.public_id}",
        "standup",
        "tasks",
    ]
    wrong: list[str] = []
    for who, paths in (("lin", lin_paths), ("he", ["todo", f"case/{number}"])):
        person = visit(who, PHONE)
        page = fresh(person)
        for size in (PHONE, SMALL):
            page.set_viewport_size(size)
            for path in paths:
                page.goto(person.site / f"field/#/{path}")
                page.locator(f".wg-screen[data-screen={path.split('/')[0].split('?')[0]}]").wait_for()
                page.wait_for_timeout(300)
                page.evaluate(
                    "document.querySelectorAll('main details').forEach((one) => { one.removeAttribute('name'); one.open = true; })"
                )
                page.evaluate(AXE)
                page.evaluate(_STILL)
                for theme in ("normal", "dark", "elder"):
                    page.evaluate(_THEME, theme)
                    least = 60 if theme == "elder" else 44
                    at = f"{who} {path} {theme} {size['width']}"
                    page.set_viewport_size({"width": size["width"], "height": 2400})  # nothing lies under a bar
                    wrong += [f"{at}: {one}" for one in page.evaluate(_AXE, TAGS)]
                    page.set_viewport_size(size)
                    wrong += [
                        f"{at}: {what} is {w} × {h} px"
                        for what, w, h in page.evaluate(_TARGETS)
                        if w < least or h < least
                    ]
                    if theme == "elder":
                        wrong += [f"{at}: “{text}” has {px} px" for text, px, _line in page.evaluate(_WORDS) if px < 20]
                    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                        wrong.append(f"{at}: wider than the window")
                    if theme != "normal" or size == SMALL:
                        person.shot(f"phone-{path.split('/')[0].split('?')[0]}-{theme}-{size['width']}")
                page.evaluate(_THEME, "normal")
    assert not wrong, "\n".join(dict.fromkeys(wrong))


def test_what_the_server_refuses_is_told_where_it_was_done(visit, walking, at_site):
    from wangge.domains.fieldwork.actions.tasks import give

    with at_site() as town:
        task = give(
            by=town.fang, grid=town.grid1, matter="09012", title="看一下北门的积水", at=clock.now(),
            due_at=clock.now() + dt.timedelta(hours=5),
        )  # fmt: skip
    lin = visit("lin", PHONE)
    page = fresh(lin)
    lin.context.set_offline(True)
    page.goto(lin.site / f"field/#/task/{task.public_id}")
    page.get_by_role("button", name="完成").tap()
    page.locator("[data-screen=tasks]").wait_for()
    with at_site():
        FieldTask.objects.unscoped(WHY).filter(pk=task.pk).update(state="withdrawn")
    lin.context.set_offline(False)
    expect(page.locator("#strip-text")).to_contain_text("退回", timeout=20_000)
    page.goto(lin.site / "field/#/waiting")
    page.get_by_text("看一下北门的积水").first.wait_for()
    lin.shot("phone-refused")
    with at_site():
        assert FieldTask.objects.unscoped(WHY).get(pk=task.pk).state == "withdrawn"


def test_the_reporter_is_called_with_a_number_fetched_at_the_tap(visit, walking, at_site):
    from wangge.foundation.audit.models import AuditEntry

    with at_site() as town:
        number = town.dispatched(contact=town.wu()).number
        before = AuditEntry.objects.filter(kind="report.contact").count()
    he = visit("he", PHONE)
    page = fresh(he)
    page.goto(he.site / f"field/#/case/{number}")
    page.get_by_role("button", name="联系反映人").tap()
    voice = page.locator("[data-voices] li").first
    voice.wait_for()
    assert "10012345678" not in page.content()
    with at_site():
        assert AuditEntry.objects.filter(kind="report.contact").count() == before
    voice.locator("[data-dial]").tap()
    expect(voice.locator("[data-name]")).to_have_text("10012345678")
    he.shot("phone-call")
    he.errors[:] = [error for error in he.errors if not error.endswith("tel:10012345678")]  # it was dialled
    with at_site():
        assert AuditEntry.objects.filter(kind="report.contact").count() == before + 1
    held = page.evaluate("indexedDB.databases().then((all) => all.map((one) => one.name))")
    assert "10012345678" not in json.dumps(held)
