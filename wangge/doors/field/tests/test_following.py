"""One's own report: what of it is still on its way, and what was spoken."""

from __future__ import annotations

import hashlib

from wangge.domains.cases import actions
from wangge.foundation.media.actions import accept_sound
from wangge.foundation.media.tests.recordings import webm


def page(client, town, case) -> str:
    town.log_in(client, town.lin)
    answer = client.get(f"/field/reports/{town.voice(case).public_id}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_is_on_its_way_is_counted(client, town):
    case = town.reported(photos=["a" * 64, "b" * 64])
    actions.promise_voice_note(report=town.voice(case), sha256="c" * 64, by=town.lin)
    text = page(client, town, case)
    assert "还有 2 张照片正在上传" in text
    assert "还有 1 段语音未到" in text
    assert "<audio" not in text


def test_what_was_spoken_is_heard_and_what_was_erased_is_gone(client, town, settings, tmp_path):
    settings.MEDIA_DIR = tmp_path
    content = webm(4)
    sha = hashlib.sha256(content).hexdigest()
    case = town.reported()
    actions.promise_voice_note(report=town.voice(case), sha256=sha, by=town.lin)
    actions.attach_sound(sound=accept_sound(by=town.lin, content=content, sha256=sha))
    text = page(client, town, case)
    assert f'src="/api/v1/media/{sha}/sound"' in text
    assert "未到" not in text
    actions.erase_voice_notes(reports=[town.voice(case).pk])
    text = page(client, town, case)
    assert "<audio" not in text
    assert "未到" not in text


def test_nothing_is_said_where_nothing_is_missing(client, town):
    text = page(client, town, town.reported())
    assert ("<audio" in text, "正在上传" in text, "未到" in text) == (False, False, False)
