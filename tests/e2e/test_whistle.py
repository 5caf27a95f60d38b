"""The whistle story: at night a main bursts, the grid blows, the duty chief calls three units, all are on the spot."""

from __future__ import annotations

import io
import random
import re

import pytest
from PIL import Image, ImageDraw

from tests.e2e.conftest import PHONE
from tests.e2e.test_shed import open_step, submit

pytestmark = pytest.mark.browser


def photo(colour: tuple[int, int, int], label: str) -> dict:
    """A synthetic photo, of another scene for every label: the same scene twice would be refused as evidence."""
    image = Image.new("RGB", (1200, 900), colour)
    pen, chance = ImageDraw.Draw(image), random.Random(label)
    for _n in range(14):
        x, y = chance.randrange(1100), chance.randrange(800)
        tone = tuple(chance.randrange(256) for _channel in range(3))
        pen.rectangle((x, y, x + chance.randrange(60, 500), y + chance.randrange(60, 400)), fill=tone)
    held = io.BytesIO()
    image.save(held, "JPEG", quality=80)
    return {"name": f"{label}.jpg", "mimeType": "image/jpeg", "buffer": held.getvalue()}


def act(page, name: str):
    """The form of one act on the whistle's page, opened."""
    section = page.locator(f"[id^='act-{name}']").first
    section.wait_for()
    if section.get_attribute("open") is None:
        section.locator("summary").first.click()
    return section


def send(section) -> None:
    section.locator("form button[type=submit]").last.click()


def test_the_burst_main(visit):
    # Lin, at night, in front of the flooded road: she reports, and blows at once.
    lin = visit("lin", PHONE)
    page = lin.go("/field/report/")
    page.set_input_files("#report input[type=file]", photo((40, 60, 110), "burst"))
    page.fill("#report textarea[name=text]", "夜里槐荫路自来水管爆裂，水漫路面，路基在塌，来往车辆很危险。")
    page.locator("#guess input[type=radio]").first.wait_for(state="attached")
    page.locator("#guess label").first.click()
    page.locator("[data-action*='position#']").first.click()
    page.get_by_text("第一网格").first.wait_for()
    page.locator("button[form=report]").click()
    page.wait_for_url(re.compile(r"/field/reports/.+/sent/"))
    number = re.search(r"NC-\d{4}-\d{6}", page.inner_text("main")).group()
    page.get_by_role("link", name="需要多个单位同时到场：吹哨").click()
    page.locator("label", has_text="应急处置").first.click()
    page.fill("textarea[name=reason]", "水压很大，需要关阀抢修、封路和疏散，单靠网格处置不了。")
    lin.shot("whistle-blow")
    page.locator("main form button[type=submit]").click()
    page.get_by_text("待街道确认").first.wait_for()
    address = page.url.removeprefix(lin.site.url)

    # Luo is on duty: it stands first on his list; he calls three units under one lead.
    luo = visit("luo")
    page = luo.go("/desk/")
    page.get_by_text("确认吹哨").first.wait_for()
    page = luo.go(address)
    form = act(page, "call")
    form.locator("details summary").last.click()
    for unit in ("综合执法队", "环卫所", "槐荫社区居委会"):
        row = form.locator("li.dk-pick__row", has_text=unit)
        if not row.locator("input[type=checkbox]").is_checked():
            row.locator("label").first.click()
    form.locator("li.dk-pick__row", has_text="综合执法队").locator("label.dk-pick__lead").click()
    form.locator("li.dk-pick__row", has_text="环卫所").locator("input.dk-pick__task").fill("带两台抽水泵")
    for box in form.locator("input[type=checkbox]:checked").all():
        row = box.locator("xpath=ancestor::li[1]")
        if not any(name in row.inner_text() for name in ("综合执法队", "环卫所", "槐荫社区居委会")):
            row.locator("label").first.click()
    luo.shot("whistle-call")
    send(form)
    page.get_by_text("已召集").first.wait_for()
    assert page.locator(".dk-call").count() == 3
    luo.shot("whistle-called")

    # All three come within the half hour and check in with one tap; the phone says how far they are.
    for who in ("he", "hua", "fang"):
        unit = visit(who, PHONE)
        page = unit.go("/field/plain/" if who != "fang" else "/desk/")
        page.get_by_text("到场报到").first.wait_for()
        page = unit.go(address)
        assert "林晓" in page.inner_text("main")  # who blew
        section = act(page, "arrive")
        if who == "he":
            unit.shot("whistle-phone")
        send(section)
        page.get_by_text("贵单位已签到").first.wait_for()
        assert "距现场0米" in page.inner_text(".dk-call--own")
    page = luo.go(address)
    page.get_by_text("各单位均已签到").wait_for()
    assert page.locator(".dk-call .wg-badge--green").count() == 3

    # A text is no answer where nobody is; on the spot the sanitation station says what it did, and the lead concludes.
    hua = visit("hua", PHONE)
    page = hua.go(address)
    section = act(page, "contribute")
    section.locator("textarea").fill("出动两台抽水泵，路面积水已排净。")
    section.locator("input[type=file]").set_input_files(photo((60, 110, 90), "pumped"))
    section.get_by_text("已上传").wait_for()
    send(section)
    page.get_by_text("路面积水已排净").first.wait_for()
    he = visit("he", PHONE)
    page = he.go(address)
    section = act(page, "conclude")
    section.locator("textarea").fill("已关阀止水并封路，供水公司天亮前更换管段，执法队留守至通车。")
    send(section)
    page.get_by_text("已办结，待评价").first.wait_for()
    # The called are offered no marks.
    assert page.locator("[id^='act-rate']").count() == 0

    # The street rates the units, never a person; a lowest mark without a reason is refused and nothing is lost.
    page = luo.go(address)
    section = act(page, "rate")
    for n, fieldset in enumerate(section.locator("fieldset.dk-rate").all()):
        for side in ("presence", "duty", "result"):
            value = 1 if n == 1 and side == "result" else 3
            fieldset.locator(f"input[name$=-{side}][value='{value}']").check(force=True)
    send(section)
    page.get_by_text("评最低档须写明原因").first.wait_for()
    luo.shot("whistle-rate")
    section = act(page, "rate")
    assert section.locator("input[name$=-presence][value='3']:checked").count() == 3
    section.locator("fieldset.dk-rate").nth(1).locator("textarea").fill("抽水泵中途故障，多等了一小时。")
    send(section)
    page.get_by_text("已评价").first.wait_for()
    luo.shot("whistle-rated")
    page = hua.go(address)
    assert "抽水泵中途故障" in page.inner_text("main")
    hua.shot("whistle-phone-rated")

    # The case goes on its ordinary way to its end.
    chen = visit("chen")
    page = chen.go(f"/desk/cases/{number}/")
    assert "召集单位到场" in page.inner_text("main")
    open_step(page, "file")
    submit(page, "file")
    page.locator("#step-dispatch").wait_for()
    open_step(page, "dispatch")
    section = page.locator("#step-dispatch")
    section.locator("select[name=unit]").select_option(label="综合执法队")
    for box in section.locator("input[name=co_units]:checked").all():
        box.uncheck(force=True)
    submit(page, "dispatch")
    page.get_by_text("待签收").first.wait_for()
    he = visit("he")
    page = he.go(f"/desk/cases/{number}/")
    open_step(page, "sign_for")
    submit(page, "sign_for")
    page.locator("#step-handle").wait_for()
    open_step(page, "handle")
    step = page.locator("#step-handle")
    step.locator("input[name=result][value=solved]").check(force=True)
    step.locator("textarea[name=text]").fill("已督促供水公司更换爆裂管段，路面修复通车。")
    step.locator("textarea[name=reply]").fill("您反映的水管爆裂已修复，道路已恢复通行。")
    step.locator("input[type=file]").last.set_input_files(photo((120, 140, 130), "repaired"))
    step.get_by_text("已上传").wait_for()
    submit(page, "handle")
    page.get_by_text("待核查").first.wait_for()
    su = visit("su")
    page = su.go(f"/desk/cases/{number}/")
    open_step(page, "verify")
    submit(page, "verify")
    page.get_by_text("已结案").first.wait_for()
    page = luo.go("/desk/whistles/")
    luo.shot("whistle-list")
    page = luo.go("/desk/whistles/figures/")
    assert "个案太少，不作判断。" in page.inner_text("main")
    luo.shot("whistle-figures")
