"""复核 on the phone: on the to-do list, blind, answered with a fresh photo."""

from __future__ import annotations

import hashlib
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from wangge.domains.cases import actions
from wangge.domains.cases.models import SecondCheck
from wangge.domains.cases.tests.shots import shot

NEW, FIRST, NOTE = "e" * 64, "5" * 64, "泡沫板已全部清走"


@pytest.fixture
def drawn(town, settings, tmp_path):
    settings.SECOND_CHECK_PERCENT = 100
    settings.MEDIA_DIR = tmp_path / "media"
    town.sent(FIRST, by=town.su)
    return town.read(actions.verify(case=town.handled(), by=town.su, note=NOTE, photos=[FIRST]))


@pytest.fixture
def phone(client, town):
    town.log_in(client, town.lin)
    return client


def test_it_is_on_the_to_do_list_and_the_page_is_blind(drawn, phone):
    todo = phone.get("/field/todo/").content.decode()
    assert "到现场复核" in todo
    assert drawn.text in todo
    assert f"/field/cases/{drawn.number}/" in todo
    page = phone.get(f"/field/cases/{drawn.number}/").content.decode()
    assert (NOTE in page, FIRST in page) == (False, False)
    assert "您提交复核结果后，才能看到首次核查情况。" in page
    assert phone.get(f"/api/v1/media/{FIRST}?size=thumb").status_code == 404
    own = phone.get("/field/reports/").content.decode()
    assert NOTE not in own


def test_it_is_answered_on_the_spot_with_a_photo(drawn, phone, town):
    buffer = io.BytesIO()
    Image.effect_noise((320, 240), 90).convert("RGB").save(buffer, "JPEG")
    sent = SimpleUploadedFile("p.jpg", buffer.getvalue(), content_type="image/jpeg")
    answer = phone.post(f"/field/cases/{drawn.number}/pass_second_check/", {"note": "属实", "photos": sent})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    check = SecondCheck.objects.get()
    assert (check.passed, check.by, check.note) == (True, town.lin, "属实")
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    assert drawn.photos.get(kind="second").sha256 == digest
    after = phone.get(answer["Location"]).content.decode()
    assert "复核通过，已登记。" in after
    assert NOTE in after
    assert "到现场复核" not in phone.get("/field/todo/").content.decode()


def test_not_passed_begins_anew(drawn, phone, town):
    shot(town, NEW, by=town.lin)
    answer = phone.post(
        f"/field/cases/{drawn.number}/fail_second_check/", {"reason": "板房仍在", "photo_sha256": [NEW]}
    )
    assert answer.status_code == 302
    assert (town.read(drawn).state, town.read(drawn).round) == ("handling", 2)


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        ("pass_second_check", {"note": "没有照片"}),
        ("fail_second_check", {"reason": "", "photo_sha256": [NEW]}),
        ("fail_second_check", {"reason": "旧照片", "photo_sha256": ["b" * 64]}),
    ],
)
def test_a_refused_answer_changes_nothing(drawn, phone, town, verb, fields):
    shot(town, NEW, by=town.lin)
    answer = phone.post(f"/field/cases/{drawn.number}/{verb}/", fields)
    assert answer.status_code == 422
    assert SecondCheck.objects.get().passed is None
    for text in ("没有照片", "旧照片"):
        assert text not in fields.values() or text in answer.content.decode()


def test_others_are_not_asked(drawn, client, town):
    for who, code in (("gao", 404), ("su", 403)):
        town.log_in(client, getattr(town, who))
        shot_name = shot(town, f"{code:064x}", by=getattr(town, who))
        answer = client.post(f"/field/cases/{drawn.number}/pass_second_check/", {"photo_sha256": [shot_name]})
        assert answer.status_code == code
    assert SecondCheck.objects.get().passed is None


def test_a_poor_answer_is_warned_of(phone, client, town):
    case = town.handling()
    town.log_in(client, town.he)
    fields = {"result": "explained", "done": "已解释", "reply": "已解释"}
    answer = client.post(f"/field/cases/{case.number}/handle/", fields)
    assert answer.status_code == 302
    assert town.read(case).state == "handled"
