"""上报 on the phone's own screens: few taps, few seconds, the same without a line; what comes back can be put right."""

from __future__ import annotations

import hashlib
import io
import os
import re
import time
import uuid

import pytest
from PIL import Image, ImageStat
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, Visitor
from tests.e2e.test_every_page import AXE
from tests.e2e.test_look import _TARGETS, _WORDS
from tests.e2e.test_phone import _without_a_line, opened, shows  # noqa: F401
from tests.e2e.test_report import Taps, words
from tests.e2e.test_shed import photo
from wangge.domains.cases.models import Case, CasePhoto, Report, VoiceNote
from wangge.domains.fieldwork.models import Refused
from wangge.foundation.media import storage

pytestmark = pytest.mark.browser

MOST_TAPS, MOST_SECONDS = 4, 20
WHY = "the test looks"
SMALL = {"width": 360, "height": 640}

# A microphone that hums, and a camera that holds a picture into view.
_MICROPHONE = """navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext(), tone = context.createOscillator(), out = context.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  return out.stream;
};"""
_CAMERA = """navigator.mediaDevices.getUserMedia = async () => {
  const bytes = Uint8Array.from(atob("%s"), (one) => one.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height];
  const draw = () => canvas.getContext("2d").drawImage(picture, 0, 0);
  draw();
  setInterval(draw, 100);
  return canvas.captureStream(10);
};"""


def writing(visitor: Visitor):
    """The report's screen, opened from the start page by its tab."""
    opened(visitor)
    visitor.page.locator("a.f-report").tap()
    visitor.page.locator("#r-form").wait_for()
    return visitor.page


def shoot(page, file, row: str = "report") -> None:
    before = page.locator(f"[data-shots={row}] .wg-shot--taken").count()
    page.set_input_files(f"[data-shots={row}] [data-camera]", file)
    expect(page.locator(f"[data-shots={row}] .wg-shot--taken")).to_have_count(before + 1)


def send(page) -> None:
    page.locator("[data-send]").tap()
    page.locator("[data-screen=home]").wait_for()


def reports_of(at_site, text: str) -> list[Report]:
    with at_site():
        found = Report.objects.unscoped(WHY).filter(text=text).select_related("case__matter", "case__area")
        return list(found)


def arrived(at_site, text: str, n: int = 1) -> list[CasePhoto]:
    """Waits until the report has all of its photos."""
    for _try in range(100):
        with at_site():
            found = list(CasePhoto.objects.filter(report__text=text).select_related("media"))
            if len(found) == n and all(one.media is not None for one in found):
                return found
        time.sleep(0.1)
    raise AssertionError(f"not all of the photos of {text} came: {found}")


def look_at_photo(at_site, text: str, taken: dict) -> None:
    """What arrived is what was sent, byte by byte; it bears a watermark; of the camera's file the hash is known."""
    [shot] = arrived(at_site, text)
    assert shot.original_sha256 == hashlib.sha256(taken["buffer"]).hexdigest() != shot.sha256
    with at_site():
        held = storage.path_of(shot.sha256, "orig").read_bytes()
    assert hashlib.sha256(held).hexdigest() == shot.sha256
    sent, first = Image.open(io.BytesIO(held)).convert("L"), Image.open(io.BytesIO(taken["buffer"])).convert("L")
    assert sent.size == first.size
    width, height = sent.size

    def bright(picture: Image.Image, top: int, bottom: int) -> float:
        return ImageStat.Stat(picture.crop((0, top, width, bottom))).mean[0]

    assert abs(bright(sent, 0, height // 2) - bright(first, 0, height // 2)) < 3
    assert bright(sent, height - 60, height) < 0.85 * bright(first, height - 60, height)
    assert sent.crop((0, height - 120, width, height)).getextrema()[1] > 235  # white letters


@pytest.mark.parametrize("line", ["online", "offline"])
def test_a_photo_is_reported_in_four_taps_and_twenty_seconds(visit, at_site, line):
    lin = visit("lin", PHONE)
    opened(lin)
    page = lin.page
    if line == "offline":
        lin.context.set_offline(True)
    text, taken = words("巷口堆了一车建筑垃圾"), photo((190, 180, 170), f"rubble-{line}")
    begun, finger = time.monotonic(), Taps(page)
    finger.on("a.f-report")
    page.locator("#r-form").wait_for()
    finger.photo("[data-shots=report] [data-add]", taken)
    finger.on("#r-text")
    page.keyboard.type(text)
    page.locator("[data-shots=report] .wg-shot--taken").wait_for()
    expect(page.locator("[data-guesses] input:checked")).to_have_count(1)
    page.get_by_text("第一网格").first.wait_for()
    lin.shot(f"phone-report-{line}")
    finger.on("[data-send]")
    page.locator("[data-screen=home]").wait_for()
    seconds = time.monotonic() - begun
    assert (finger.count <= MOST_TAPS, seconds <= MOST_SECONDS) == (True, True), (finger.count, seconds)
    if line == "offline":
        shows(page, "waiting", 1)
        assert reports_of(at_site, text) == []
        lin.context.set_offline(False)
    shows(page, "sent", 1)
    shows(page, "waiting", 0)
    [made] = reports_of(at_site, text)
    assert (made.case.area.name_zh, made.case.state, made.source) == ("第一网格", "reported", "patrol")
    assert made.case.matter is not None
    assert abs(made.case.lon - 116.005) < 1e-6
    look_at_photo(at_site, text, taken)


def test_what_was_chosen_lately_needs_no_words(visit, at_site):
    lin = visit("lin", PHONE)
    page = writing(lin)
    page.locator("[data-other] summary").tap()
    page.fill("#r-search", "暴露垃圾")
    page.locator("[data-results] label", has_text="暴露垃圾").tap()
    shoot(page, photo((120, 130, 140), "first"))
    send(page)
    finger = Taps(page)
    finger.on("a.f-report")
    taken = photo((120, 100, 140), uuid.uuid4().hex)
    finger.photo("[data-shots=report] [data-add]", taken)
    page.locator(".wg-shot--taken").wait_for()
    finger.on(page.locator("[data-guesses] label", has_text="暴露垃圾"))
    finger.on("[data-send]")
    page.locator("[data-screen=home]").wait_for()
    assert finger.count == MOST_TAPS
    shows(page, "sent", 2)
    with at_site():
        first = hashlib.sha256(taken["buffer"]).hexdigest()
        case = Case.objects.unscoped(WHY).get(photos__original_sha256=first)
        assert (case.text, case.matter.code) == ("暴露垃圾", "06010")


def test_a_draft_survives_a_killed_tab_and_is_open_once(visit, at_site):
    lin = visit("lin", PHONE)
    page = writing(lin)
    text = words("楼道堆放杂物")
    shoot(page, photo((90, 140, 90), "stairs"))
    page.fill("#r-text", text)
    page.get_by_text("已存为草稿").wait_for()
    page.wait_for_function("location.hash.includes('draft=')")
    draft = page.evaluate("location.hash")
    other = lin.context.new_page()
    other.goto(lin.site / f"field/{draft}")
    other.get_by_text("另一个窗口").first.wait_for()
    assert other.locator("[data-send]").count() == 0
    other.close()
    page.wait_for_timeout(600)  # the last letters are kept
    page.close()
    lin.page = page = lin.context.new_page()
    page.goto(lin.site / "field/")
    shows(page, "drafts", 1)
    page.locator(".f-box", has_text="草稿").tap()
    page.get_by_text(text).wait_for()
    lin.shot("phone-drafts")
    page.locator("[data-open]", has_text=text).tap()
    expect(page.locator("#r-text")).to_have_value(text)
    expect(page.locator(".wg-shot--taken img")).to_have_count(1)
    send(page)
    shows(page, "drafts", 0)
    shows(page, "sent", 1)
    arrived(at_site, text)


def test_a_report_left_empty_leaves_no_draft(visit):
    lin = visit("lin", PHONE)
    page = writing(lin)
    page.fill("#r-text", "写了又删")
    page.get_by_text("已存为草稿").wait_for()
    page.fill("#r-text", "")
    page.locator("#back").tap()
    page.locator("[data-screen=home]").wait_for()
    shows(page, "drafts", 0)


def test_nothing_is_sent_while_something_is_missing(visit, at_site):
    lin = visit("lin", PHONE)
    page = writing(lin)
    shoot(page, photo((60, 60, 60), "bare"))
    page.locator("[data-send]").tap()
    page.get_by_text("请说明是什么事").wait_for()
    assert page.evaluate("document.activeElement.id") == "r-text"
    page.fill("#r-text", words("电话写错"))
    page.locator("[data-more] summary").tap()
    page.fill("#r-phone", "不知道")
    page.locator("[data-send]").tap()
    page.get_by_text("请核对电话号码").wait_for()
    page.locator("#back").tap()
    shows(page, "waiting", 0)
    shows(page, "drafts", 1)


def test_the_same_thing_is_another_voice(visit, at_site):
    text = words("健身器材松动")
    with at_site() as town:
        from wangge.domains.cases import actions

        place = actions.Place(town.grid1, 116.0081, 35.0081, 8.0, "广场东侧")
        first = actions.report(by=town.lin, source="patrol", text=text, place=place).case
    lin = visit("lin", PHONE)
    lin.context.set_geolocation({"longitude": 116.008, "latitude": 35.008})
    page = writing(lin)
    page.locator("[data-near] label", has_text=text).tap()
    said = words("还是松的")
    page.fill("#r-text", said)
    lin.shot("phone-report-near")
    assert page.locator("[data-mode]").is_hidden()
    send(page)
    shows(page, "sent", 1)
    [voice] = reports_of(at_site, said)
    assert voice.case_id == first.pk
    assert len(reports_of(at_site, text)) == 1


def test_settled_on_the_spot_with_a_photo_taken_there(visit, at_site, tmp_path):
    lin = visit("lin", PHONE)
    page = writing(lin)
    text = words("花坛边有人扔了几袋垃圾")
    page.fill("#r-text", text)
    page.locator("[data-guesses] label", has_text="暴露垃圾").tap()
    page.locator("label.f-way", has_text="即办").tap()
    page.fill("#r-done", "已当场清走，并提醒周边住户。")
    page.locator("[data-send]").tap()
    page.locator("[data-settle-said]:visible").wait_for()
    shoot(page, photo((60, 80, 60), "before"))
    old = tmp_path / "old.jpg"
    old.write_bytes(photo((60, 90, 60), "old")["buffer"])
    os.utime(old, (time.time() - 86_400,) * 2)
    page.set_input_files("[data-shots=after] [data-camera]", old)
    page.get_by_text("这张照片不是刚拍的").wait_for()
    assert page.locator("[data-shots=after] .wg-shot--taken").count() == 0
    shoot(page, photo((60, 120, 60), "after"), "after")
    lin.shot("phone-report-settled")
    send(page)
    shows(page, "sent", 1)
    [made] = reports_of(at_site, text)
    # One in ten is drawn for a check; the others end by rule.
    assert made.case.state in {"settled", "closed"}
    with at_site():
        photos = CasePhoto.objects.filter(case=made.case)
        assert sorted(photos.values_list("kind", flat=True)) == ["after", "report"]
        assert all(len(one.original_sha256) == 64 for one in photos)


def test_an_old_photo_from_the_album_says_so(visit, at_site, tmp_path):
    lin = visit("lin", PHONE)
    page = writing(lin)
    text = words("昨天就有了")
    old = tmp_path / "old.jpg"
    old.write_bytes(photo((160, 150, 160), "album")["buffer"])
    os.utime(old, (time.time() - 86_400,) * 2)
    page.set_input_files("[data-album]", old)
    page.locator(".wg-shot--taken").wait_for()
    page.fill("#r-text", text)
    send(page)
    shows(page, "sent", 1)
    [shot] = arrived(at_site, text)
    assert shot.original_sha256 == hashlib.sha256(old.read_bytes()).hexdigest()


def test_spoken(visit, at_site):
    lin = visit("lin", PHONE)
    lin.page.add_init_script(_MICROPHONE)
    page = writing(lin)
    page.locator("[data-record]").tap()
    page.get_by_text("停止（1/60秒）").wait_for()
    page.locator("[data-record]").tap()
    page.locator("[data-heard]").wait_for()
    page.wait_for_function("document.querySelector('[data-heard]').readyState >= 1")
    page.locator("[data-where] summary").tap()
    page.fill("#r-address", words("东墙"))
    address = page.input_value("#r-address")
    lin.shot("phone-report-voice")
    send(page)
    shows(page, "sent", 1)
    shows(page, "waiting", 0)
    with at_site():
        note = VoiceNote.objects.select_related("report__case", "sound").get(case__address__contains=address)
        assert note.report.text == "语音上报，请听录音"
        assert note.sound is not None
        assert 0.5 < note.sound.seconds < 10


def test_for_a_resident_and_urgent(visit, at_site):
    lin = visit("lin", PHONE)
    page = writing(lin)
    text = words("三号楼二单元楼道灯不亮")
    page.fill("#r-text", text)
    page.locator("[data-more] summary").tap()
    page.locator("label", has_text="紧急").tap()
    page.fill("#r-name", "吴桂英")
    page.fill("#r-phone", "10012345678")
    send(page)
    shows(page, "sent", 1)
    [made] = reports_of(at_site, text)
    assert (made.source, made.asks, made.case.urgent) == ("on_behalf", True, True)
    page.locator(".f-box", has_text="已发送").tap()
    page.locator("[data-open]", has_text=text).tap()
    page.wait_for_url(re.compile(r"/field/reports/.+/sent/"))
    assert page.locator("img.f-ticket__qr").count() == 1


def test_what_comes_back_is_read_put_right_and_sent_anew(visit, at_site):
    lin = visit("lin", PHONE)
    lin.context.set_geolocation({"longitude": 20.0, "latitude": 50.0})
    page = writing(lin)
    page.get_by_text("不在您的网格内").wait_for()
    text = words("井盖松动")
    page.fill("#r-text", text)
    shoot(page, photo((100, 100, 130), "cover"))
    send(page)
    page.get_by_text("1条被退回").or_(page.get_by_text("1 条被退回")).first.wait_for()
    assert reports_of(at_site, text) == []
    page.locator(".f-box", has_text="待发送").tap()
    lin.shot("phone-waiting-returned")
    page.locator(".r-returned [data-open]", has_text=text).tap()
    page.locator("[data-happened]").wait_for()
    for part in ("[data-happened]", "[data-kept]", "[data-remedy]"):
        assert len(page.inner_text(part)) > 5
    assert page.locator("[data-photos] img").count() == 1
    lin.shot("phone-refused")
    with at_site() as town:
        kept = Refused.objects.get(user=town.lin, settled_at=None)
    page.locator("[data-anew]").tap()
    expect(page.locator("#r-text")).to_have_value(text)
    expect(page.locator(".wg-shot--taken")).to_have_count(1)
    page.locator("[data-where] summary").tap()
    page.select_option("#r-place", label="第一网格")
    send(page)
    shows(page, "sent", 2)  # with the word to the office that it was sent anew
    [made] = reports_of(at_site, text)
    assert made.case.area.name_zh == "第一网格"
    arrived(at_site, text)
    with at_site():
        kept.refresh_from_db()
        assert kept.state == "sent_anew"


@pytest.mark.parametrize(("button", "state"), [("[data-hand]", "handed"), ("[data-drop]", "dropped")])
def test_what_comes_back_is_handed_over_or_put_away(visit, at_site, button, state):
    lin = visit("lin", PHONE)
    lin.context.set_geolocation({"longitude": 20.0, "latitude": 50.0})
    page = writing(lin)
    text = words("退回后处理")
    page.get_by_text("不在您的网格内").wait_for()
    page.fill("#r-text", text)
    send(page)
    page.locator("#strip", has_text="被退回").wait_for()
    with at_site() as town:
        kept = Refused.objects.filter(user=town.lin, settled_at=None, handed_at=None).latest("pk")
    page.locator(".f-box", has_text="待发送").tap()
    page.locator(".r-returned [data-open]", has_text=text).tap()
    page.locator(button).tap()
    page.locator("[data-screen=waiting]").wait_for()
    for _try in range(100):
        with at_site():
            kept.refresh_from_db()
        if kept.state == state:
            break
        time.sleep(0.1)
    assert kept.state == state
    assert reports_of(at_site, text) == []


def test_a_scanned_code_says_where(visit, at_site):
    import base64

    import segno

    with at_site() as town:
        from wangge.domains.fieldwork.tests.walking import set_up
        from wangge.foundation.core import clock

        name = f"消防通道{uuid.uuid4().int % 10**4}"
        point = set_up(town, name=name, when=clock.now())
        tag = point.tag
    held = io.BytesIO()
    segno.make(f"https://example.org/field/t/{tag}", error="m").save(held, kind="png", scale=8, border=4)
    lin = visit("lin", PHONE)
    lin.page.add_init_script(_CAMERA % base64.b64encode(held.getvalue()).decode())
    page = writing(lin)
    page.locator("[data-where] summary").tap()
    page.locator("[data-scan]").tap()
    expect(page.locator("#r-address")).to_have_value(name)
    assert page.locator("dialog").count() == 0
    text = words("通道被占")
    page.fill("#r-text", text)
    # By hand, where a label is dirty; what is on no list is told.
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = async () => { throw new Error('none'); }; }")
    page.locator("[data-scan]").tap()
    page.get_by_text("无法使用摄像头").wait_for()
    lin.shot("phone-scanner")
    page.fill("#scan-typed", "abcd efgh")
    page.locator("dialog button[type=submit]").tap()
    page.get_by_text("不是您网格内的巡查点").wait_for()
    send(page)
    shows(page, "sent", 1)
    [made] = reports_of(at_site, text)
    assert name in made.case.address


def test_who_only_reports_settles_nothing(visit, at_site):
    with at_site() as town:
        import datetime as dt

        from wangge.foundation.accounts import actions as accounts
        from wangge.foundation.accounts.models import User

        if not User.objects.filter(username="kuai").exists():
            user = accounts.add_user(by=None, username="kuai", name="快小哥", password=None)
            accounts.give_post(
                by=None,
                user=user,
                role="courier",
                valid_from=dt.date(2026, 1, 1),
                organisation=town.office,
                area=town.grid1,
            )
            User.objects.filter(pk=user.pk).update(password=User.objects.get(username="lin").password)
    kuai = visit("kuai", PHONE)
    page = writing(kuai)
    assert page.locator("[data-mode]").is_hidden()
    text = words("路上有坑")
    page.fill("#r-text", text)
    send(page)
    shows(page, "sent", 1)
    [made] = reports_of(at_site, text)
    assert made.source == "tip"


@pytest.mark.parametrize("theme", ["", "elder", "dark"])
def test_the_screens_are_accessible_and_fit(visit, at_site, theme):
    lin = visit("lin", PHONE, theme=theme)
    lin.context.set_geolocation({"longitude": 20.0, "latitude": 50.0})
    page = writing(lin)
    found = {}

    def look(name: str) -> None:
        page.evaluate("document.querySelectorAll('.wg-toast').forEach((one) => one.remove())")
        for size in (PHONE, SMALL):
            page.set_viewport_size(size)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, (name, size)
            before = len(lin.errors)
            page.screenshot(path=lin.site.shots / f"phone-{name}-{theme or 'normal'}-{size['width']}.png")
            lin.errors[before:] = [one for one in lin.errors[before:] if "inline style" not in one]
        # A bar that sticks covers half a target only until one scrolls.
        page.set_viewport_size(PHONE | {"height": 3000})
        if not page.evaluate("typeof axe !== 'undefined'"):
            page.evaluate(AXE)
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        result = page.evaluate("(tags) => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })", tags)
        page.set_viewport_size(PHONE)
        least, type_ = (60, 20) if theme == "elder" else (44, 0)
        small = [f"{what} is {w} × {h}" for what, w, h in page.evaluate(_TARGETS) if w < least or h < least]
        small += [f"“{said}” has {size} px" for said, size, _line in page.evaluate(_WORDS) if size < type_]
        found[name] = small + [
            f"{one['id']}: {node['html'][:160]}" for one in result["violations"] for node in one["nodes"]
        ]

    page.get_by_text("不在您的网格内").wait_for()
    look("report-empty")
    text = words("花坛边有人扔了几袋垃圾")
    page.fill("#r-text", text)
    shoot(page, photo((120, 120, 130), f"look-{theme}"))
    page.locator("label.f-way", has_text="即办").tap()
    page.locator("[data-more] summary").tap()
    page.locator("[data-other] summary").tap()
    page.fill("#r-search", "垃圾")
    page.locator("[data-where] summary").tap()
    look("report-full")
    page.evaluate("window.scrollTo(0, 900)")
    look("report-lower")
    page.locator("[data-scan]").tap()
    page.locator("dialog").wait_for()
    look("scanner")
    page.locator("dialog [data-close]").tap()
    page.locator("label.f-way", has_text="交办").tap()
    page.locator("#back").tap()
    page.locator(".f-box", has_text="草稿").tap()
    page.locator("[data-open]").first.wait_for()
    look("box-drafts")
    page.locator("[data-open]", has_text=text).tap()
    page.locator("#r-form").wait_for()
    send(page)
    page.locator("#strip", has_text="被退回").wait_for()
    page.locator(".f-box", has_text="待发送").tap()
    page.locator(".r-returned").first.wait_for()
    look("box-waiting")
    page.locator(".r-returned [data-open]", has_text=text).tap()
    page.locator("[data-drop]").wait_for()
    look("refused")
    page.locator("[data-drop]").tap()
    page.locator("[data-screen=waiting]").wait_for()
    page.locator("#back").tap()
    page.locator(".f-box", has_text="已发送").tap()
    page.locator("[data-screen=sent]").wait_for()
    look("box-sent")
    assert {name: faults for name, faults in found.items() if faults} == {}
