"""Reporting from a phone: few taps, one case per report, on the spot, for somebody else, and told before sending."""

from __future__ import annotations

import io
import re
import uuid

import pytest
from PIL import Image

from tests.e2e.conftest import PHONE
from tests.e2e.test_shed import photo
from wangge.domains.cases.models import Case, Report
from wangge.foundation.media.models import MediaFile

pytestmark = pytest.mark.browser


def words(what: str) -> str:
    """A text of this test's own, so that it finds its own case again."""
    return f"{what}（{uuid.uuid4().int % 10**6:06d}）"


def cases_of(at_site, text: str) -> list[tuple[str, str]]:
    """(number, state) of every case with this text."""
    with at_site():
        return list(Case.objects.unscoped("the test looks").filter(text=text).values_list("number", "state"))


class Taps:
    """A finger that counts. Typing on the keyboard is no tap; putting the cursor into a field is one."""

    def __init__(self, page) -> None:
        self.page, self.count = page, 0

    def on(self, target) -> None:
        (self.page.locator(target) if isinstance(target, str) else target).first.tap()
        self.count += 1

    def photo(self, target: str, file: dict) -> None:
        """On the button that opens the camera."""
        with self.page.expect_file_chooser() as opened:
            self.on(target)
        opened.value.set_files(file)


def sent(page) -> None:
    page.locator(".wg-shot--sent").first.wait_for()


def test_a_photo_is_reported_in_four_taps(visit, at_site):
    lin = visit("lin", PHONE)
    page = lin.go("/field/")
    text = words("巷口堆了一车建筑垃圾")
    finger = Taps(page)
    finger.on("a.f-report")
    page.locator("#report").wait_for()
    finger.photo("#report .wg-shot__add", photo((90, 80, 70), "rubble"))
    sent(page)
    finger.on("#report textarea[name=text]")
    page.keyboard.type(text)
    finger.on("button[form=report]")
    page.wait_for_url(re.compile(r"/field/reports/.+/sent/"))
    assert finger.count == 4
    [(number, state)] = cases_of(at_site, text)
    assert state == "reported"
    assert number in page.inner_text("main")
    with at_site():
        case = Case.objects.unscoped("the test looks").get(number=number)
        assert case.photos.count() == 1
        assert case.photos.get().media_id is not None
        assert case.area.name_zh == "第一网格"


def test_a_double_tap_makes_one_case(visit, at_site):
    lin = visit("lin", PHONE)
    page = lin.go("/field/report/")
    text = words("路灯一夜没亮")
    page.fill("#report textarea[name=text]", text)
    page.locator("button[form=report]").dblclick()
    page.wait_for_url(re.compile(r"/field/reports/.+/sent/"))
    assert len(cases_of(at_site, text)) == 1


def test_a_repeated_send_after_a_lost_answer_makes_one_case(visit, at_site):
    lin = visit("lin", PHONE)
    page = lin.go("/field/report/")
    text = words("健身器材松动")
    page.fill("#report textarea[name=text]", text)
    ended = page.evaluate(
        """async () => {
          const form = document.querySelector("#report");
          const send = () => fetch(form.action, { method: "POST", body: new FormData(form) });
          return [(await send()).url, (await send()).url];
        }"""
    )
    assert ended[0] == ended[1]
    assert ended[0].endswith("/sent/")
    assert len(cases_of(at_site, text)) == 1


def test_settled_on_the_spot(visit, at_site):
    lin = visit("lin", PHONE)
    page = lin.go("/field/report/")
    text = words("花坛边有人扔了几袋垃圾")
    page.set_input_files("#report input[name=photos], #report .wg-shot__input >> nth=0", photo((60, 80, 60), "before"))
    sent(page)
    page.fill("#report textarea[name=text]", text)
    page.locator("#guess input[type=radio]").first.wait_for(state="attached")
    page.locator("#guess label", has_text="暴露垃圾").first.click()
    page.locator("label.f-way", has_text="即办").click()
    page.locator("#outcome textarea[name=done]").fill("已当场清走，并提醒周边住户。")
    lin.shot("field-settled")
    page.set_input_files("#outcome .wg-shot__input", photo((60, 120, 60), "after"))
    page.locator("#outcome .wg-shot--sent").wait_for()
    page.locator("button[form=report]").click()
    page.wait_for_url(re.compile(r"/field/reports/.+/sent/"))
    [(number, state)] = cases_of(at_site, text)
    # One in ten is drawn for a check; the others end by rule.
    assert state in {"settled", "closed"}
    with at_site():
        case = Case.objects.unscoped("the test looks").get(number=number)
        kinds = sorted(case.photos.values_list("kind", flat=True))
        assert (case.matter.code, kinds) == ("06010", ["after", "report"])
        assert case.handlings.get().text == "已当场清走，并提醒周边住户。"


def test_on_behalf_of_a_resident_gives_a_slip(visit, at_site):
    lin = visit("lin", PHONE)
    page = lin.go("/field/report/")
    text = words("三号楼二单元楼道灯不亮")
    page.fill("#report textarea[name=text]", text)
    page.locator("summary", has_text="代").click()
    page.fill("#report input[name=name]", "吴桂英")
    page.fill("#report input[name=phone]", "10012345678")
    page.locator("button[form=report]").click()
    page.wait_for_url(re.compile(r"/field/reports/.+/sent/"))
    code = page.locator("img.f-ticket__qr")
    assert code.evaluate("image => image.complete && image.naturalWidth > 0")
    link = re.search(r"/p/r/[0-9a-f-]{36}/[a-z2-7]+/", page.content()).group()
    wu = visit(None, PHONE)
    shown = wu.go(link).inner_text("main")
    assert text in shown
    assert "吴桂英" not in shown
    with at_site():
        report = Report.objects.unscoped("the test looks").get(text=text)
        assert (report.source, report.asks) == ("on_behalf", True)


def _pdf() -> dict:
    return {"name": "notice.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 not a photo"}


def _huge() -> dict:
    """13 MB that no browser can make smaller, because it is no picture after its first bytes."""
    return {"name": "huge.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0" + bytes(13_000_000)}


def _pixels() -> dict:
    """Few bytes, sixty megapixels."""
    held = io.BytesIO()
    Image.new("L", (10_000, 6_000), 128).save(held, "PNG", compress_level=9)
    return {"name": "pixels.png", "mimeType": "image/png", "buffer": held.getvalue()}


@pytest.mark.parametrize(
    ("door", "who", "file", "told"),
    [
        ("/field/report/", "lin", _pdf, "notice.pdf"),
        ("/field/report/", "lin", _huge, "12 MB"),
        ("/p/report/", None, _pdf, "notice.pdf"),
        ("/p/report/", None, _huge, "12 MB"),
        ("/p/report/", None, _pixels, "像素"),
    ],
)
def test_a_bad_photo_is_told_before_anything_is_sent(visit, at_site, door, who, file, told):
    visitor = visit(who, PHONE)
    page = visitor.go(door)
    uploads: list[str] = []
    page.on("request", lambda request: uploads.append(request.url) if request.method in {"PUT", "POST"} else None)
    page.fill("#report textarea[name=text]", "先写的话不能丢")
    page.set_input_files("#report .wg-shot__input >> nth=0", file())
    message = page.locator("#report [data-photos-target=message]").first
    message.wait_for(state="visible")
    assert told in message.inner_text()
    assert page.locator("#report .wg-shot--sent, #report .wg-shot--sending").count() == 0
    assert [url for url in uploads if "/media" in url] == []
    assert page.locator("#report textarea[name=text]").input_value() == "先写的话不能丢"


def test_the_field_without_javascript(visit, at_site):
    visit("lin", PHONE)  # the log-in is shared
    lin = visit("lin", PHONE, script=False)
    page = lin.go("/field/report/")
    text = words("没有脚本也能上报")
    page.fill("#report textarea[name=text]", text)
    page.set_input_files("#report input[name=photos]", photo((111, 99, 30), "plain"))
    page.locator("button[form=report]").click()
    page.wait_for_url(re.compile(r"/field/reports/.+/sent/"))
    [(number, state)] = cases_of(at_site, text)
    assert (number in page.inner_text("main"), state) == (True, "reported")
    with at_site():
        assert Case.objects.unscoped("the test looks").get(number=number).photos.get().media_id is not None


def test_the_public_page_without_javascript(visit, at_site):
    wu = visit(None, PHONE, script=False)
    page = wu.go("/p/report/")
    text = words("家属院门口的井盖松了")
    # Nothing but words: the refusal keeps them and says what is missing.
    page.fill("#report textarea[name=text]", text)
    page.locator("button[form=report]").click()
    page.locator("[role=alert]").first.wait_for()
    assert page.locator("#report textarea[name=text]").input_value() == text
    assert cases_of(at_site, text) == []
    page.locator("select[name=community]").select_option(label="槐荫社区")
    page.set_input_files("#report input[name=photos]", photo((33, 44, 99), "cover"))
    page.locator("button[form=report]").click()
    page.wait_for_url(re.compile(r"/p/r/.+/slip/"))
    assert page.locator("img.p-slip__qr").count() == 1
    [(_number, state)] = cases_of(at_site, text)
    assert state == "reported"
    with at_site():
        case = Case.objects.unscoped("the test looks").get(text=text)
        assert MediaFile.objects.filter(sha256=case.photos.get().sha256).count() == 1
