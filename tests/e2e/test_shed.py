"""The story of the foam-board shed: from Lin's report on her phone to Mrs Wu's "solved, and satisfied"."""

from __future__ import annotations

import io
import random
import re

import pytest
from PIL import Image, ImageDraw

from tests.e2e.conftest import PHONE

pytestmark = pytest.mark.browser


def photo(colour: tuple[int, int, int], label: str) -> dict:
    """A synthetic photo: a scene of one colour with shapes that its label decides, unlike those of any other label."""
    image = Image.new("RGB", (1200, 900), colour)
    draw, drawn = ImageDraw.Draw(image), random.Random(label)
    for _shape in range(14):
        x, y = drawn.randrange(1000), drawn.randrange(700)
        shade = tuple(drawn.randrange(256) for _channel in range(3))
        draw.rectangle((x, y, x + drawn.randrange(90, 420), y + drawn.randrange(90, 420)), fill=shade)
    held = io.BytesIO()
    image.save(held, "JPEG", quality=80)
    return {"name": f"{label}.jpg", "mimeType": "image/jpeg", "buffer": held.getvalue()}


def submit(page, verb: str) -> None:
    """Send the form of one step on the case page."""
    section = page.locator(f"#step-{verb}")
    section.locator("form.dk-step__form button[type=submit]").click()


def open_step(page, verb: str) -> None:
    section = page.locator(f"#step-{verb}")
    if section.get_attribute("open") is None:
        section.locator("summary").first.click()


def test_the_foam_board_shed(visit):
    # Lin, on her phone, in front of the shed; Mrs Wu has asked her to report it.
    lin = visit("lin", PHONE)
    page = lin.go("/field/report/")
    page.set_input_files("#report input[type=file]", photo((120, 90, 60), "shed"))
    page.fill("#report textarea[name=text]", "物业所家属院3号楼旁有人私搭泡沫板房，还从楼道私拉电线，大家都担心着火。")
    page.locator("#guess input[type=radio]").first.wait_for(state="attached")
    page.locator("#guess label", has_text="私搭乱建").first.click()
    page.locator("[data-action*='position#']").first.click()
    page.get_by_text("第一网格").first.wait_for()
    page.locator("summary", has_text="代").click()
    page.fill("#report input[name=name]", "吴桂英")
    page.fill("#report input[name=phone]", "10012345678")
    lin.shot("field-report")
    page.locator("button[form=report]").click()
    page.wait_for_url(re.compile(r"/field/reports/.+/sent/"))
    lin.shot("field-ticket")
    number = re.search(r"NC-\d{4}-\d{6}", page.inner_text("main")).group()
    follow = re.search(r"/p/r/[0-9a-f-]{36}/[a-z2-7]+/", page.content()).group()

    # Chen accepts and dispatches at the desk.
    chen = visit("chen")
    page = chen.go("/desk/cases/queue/file/")
    page.get_by_text(number).first.wait_for()
    chen.shot("desk-queue")
    page = chen.go(f"/desk/cases/{number}/")
    chen.shot("desk-case-reported")
    open_step(page, "file")
    submit(page, "file")
    page.locator("#step-dispatch").wait_for()
    chen.shot("desk-case-filed")
    open_step(page, "dispatch")
    assert "综合执法队" in page.locator("#step-dispatch").inner_text()
    submit(page, "dispatch")
    page.get_by_text("待签收").first.wait_for()
    assert page.locator("#step-sign_for").count() == 0

    # He signs for, calls Mrs Wu, pulls the shed down and reports with area and legal basis.
    he = visit("he")
    page = he.go(f"/desk/cases/{number}/")
    open_step(page, "sign_for")
    submit(page, "sign_for")
    page.locator("#step-handle").wait_for()
    open_step(page, "contact")
    page.locator("#step-contact textarea[name=text]").fill("已电话联系反映人，约定明日上午现场处理。")
    submit(page, "contact")
    page.locator("#step-handle").wait_for()
    open_step(page, "handle")
    step = page.locator("#step-handle")
    step.locator("[name=result]").first.wait_for(state="attached")
    if step.locator("select[name=result]").count():
        step.locator("select[name=result]").select_option("solved")
    else:
        step.locator("input[name=result][value=solved]").check(force=True)
    step.locator("textarea[name=text]").fill("现场核实属实，已组织拆除泡沫板房并清运，切断私拉电线。")
    step.locator("textarea[name=reply]").fill("您反映的泡沫板房已拆除，私拉电线已切断，感谢您的监督。")
    step.locator("[name=legal_basis]").fill("《中华人民共和国城乡规划法》第六十四条")
    # Without area and photo the matter refuses; nothing that was typed is lost.
    submit(page, "handle")
    page.locator("#step-handle .wg-error, #step-handle [role=alert]").first.wait_for()
    step = page.locator("#step-handle")
    assert step.locator("[name=legal_basis]").input_value() == "《中华人民共和国城乡规划法》第六十四条"
    he.shot("desk-handle-refused")
    step.locator("[name=area_m2]").fill("18.5")
    step.locator("input[type=file]").last.set_input_files(photo((70, 130, 80), "cleared"))
    step.get_by_text("已上传").wait_for()
    he.shot("desk-handle")
    submit(page, "handle")
    page.get_by_text("待核查").first.wait_for()
    # The handler is offered no way to verify his own work.
    assert page.locator("#step-verify").count() == 0

    # The community helps: Fang reports its part; before Su has checked it too, the whole is not verified.
    fang = visit("fang")
    page = fang.go(f"/desk/cases/{number}/")
    open_step(page, "assist_done")
    page.fill("#step-assist_done [name=text]", "已做通当事人工作，物品全部腾空。")
    submit(page, "assist_done")
    page.get_by_text("协办已办结").first.wait_for()

    # Su looks at both, and passes them.
    su = visit("su")
    page = su.go(f"/desk/cases/{number}/")
    open_step(page, "verify_assist")
    page.locator("#step-verify_assist label", has=page.locator("input[name=passed][value=yes]")).first.click()
    submit(page, "verify_assist")
    page.get_by_text("协办核查已登记").first.wait_for()
    open_step(page, "verify")
    submit(page, "verify")
    page.get_by_text("待评价").first.wait_for()
    su.shot("desk-case-verified")

    # Mrs Wu opens her link: solved, and satisfied.
    wu = visit(None, PHONE)
    page = wu.go(follow)
    wu.shot("portal-follow")
    assert "已拆除" in page.inner_text("main")
    assert "何勇" not in page.inner_text("body")
    page.locator("label", has=page.locator("input[name=solved][value=yes]")).first.click()
    page.locator("button[name=satisfied][value=yes]").click()
    page.get_by_text("已办结").first.wait_for()
    wu.shot("portal-rated")

    page = chen.go(f"/desk/cases/{number}/")
    text = page.inner_text("main")
    assert "已结案" in text
    assert "18.5" in text
    assert "第六十四条" in text
    assert "满意" in text
    chen.shot("desk-case-closed")
