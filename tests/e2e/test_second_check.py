"""复核: drawn at the desk, looked at on the spot with the phone, blind, and the case begins anew."""

from __future__ import annotations

import io
import random

import pytest
from django.test import override_settings
from PIL import Image, ImageDraw

from tests.e2e.conftest import PHONE
from wangge.domains.cases import actions
from wangge.domains.cases.models import SecondCheck
from wangge.domains.cases.tests.shots import shot
from wangge.foundation.media.models import MediaFile

NOTE = "板房已拆净，现场平整"


def scene(seed: int) -> dict:
    """A synthetic photo with enough in it to be told from others."""
    rng = random.Random(seed)
    image = Image.new("RGB", (1200, 900), (190, 200, 210))
    pen = ImageDraw.Draw(image)
    for _n in range(40):
        x, y = rng.randint(0, 1100), rng.randint(0, 800)
        pen.rectangle(
            (x, y, x + rng.randint(40, 300), y + rng.randint(40, 260)), fill=tuple(rng.randint(20, 230) for _ in "rgb")
        )
    held = io.BytesIO()
    image.save(held, "JPEG", quality=82)
    return {"name": f"scene-{seed}.jpg", "mimeType": "image/jpeg", "buffer": held.getvalue()}


@pytest.fixture
def drawn(at_site) -> str:
    with at_site() as town, override_settings(SECOND_CHECK_PERCENT=100):
        case = actions.verify(case=town.handled(contact=town.wu()), by=town.su, note=NOTE)
        return case.number


def test_a_second_look_with_the_phone_contradicts_the_first(drawn, visit, at_site):
    lin = visit("lin", PHONE)
    page = lin.go("field/todo/")
    lin.shot("second-check-todo")
    page.locator(".f-duty", has_text="到现场复核").first.click()
    assert NOTE not in page.content()
    lin.shot("second-check-case")
    step = page.locator("#step-fail_second_check")
    step.locator("summary").click()
    step.locator("textarea").fill("板房原样还在，只是换了一块布。")
    step.locator("input[type=file]").last.set_input_files(scene(7))
    step.locator(".wg-shot--sent").wait_for()
    lin.shot("second-check-form")
    step.locator("button[type=submit]").click()
    page.get_by_text("复核不通过，案件已重新办理。").first.wait_for()
    lin.shot("second-check-done")
    with at_site():
        check = SecondCheck.objects.get(case__number=drawn)
        assert (check.passed, check.by.username, check.case.state, check.case.round) == (False, "lin", "handling", 2)

    su = visit("su")
    page = su.go("desk/second-checks/")
    assert drawn in page.content()
    su.shot("second-check-list")
    page = su.go(f"desk/cases/{drawn}/")
    page.get_by_text("复核不通过", exact=False).first.wait_for()
    su.shot("second-check-desk")


def test_a_copied_photo_is_said_to_the_verifier(at_site, visit):
    with at_site() as town:
        case = town.handling(photos=["1" * 64])
        shot(town, "1" * 64, by=town.lin)
        actions.attach_stragglers()
        outcome = town.outcome(after_photos=["2" * 64], text="已处理", reply="已处理")
        actions.handle(case=case, by=town.he, outcome=outcome)
        shot(town, "2" * 64, by=town.he, like="1" * 64, copy=True)
        actions.attach_arrived(media=MediaFile.objects.get(sha256="2" * 64), by=town.he)
        number = case.number
    su = visit("su")
    page = su.go(f"desk/cases/{number}/")
    page.get_by_text("照片存疑").first.wait_for()
    su.shot("second-check-doubt")
    su.errors.clear()  # the two photos have no file behind them
