"""Voice notes: what is one, how long it lasts, and that nothing else gets in."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.foundation.core.problems import Problem
from wangge.foundation.media import MAX_SOUND_BYTES, storage
from wangge.foundation.media.actions import accept_sound, erase_sound
from wangge.foundation.media.models import MediaFile, SoundFile
from wangge.foundation.media.queries import sound_sent_by
from wangge.foundation.media.sounds import Sound, examine, is_sound
from wangge.foundation.media.tests.recordings import mp4, ogg, webm


@pytest.fixture(autouse=True)
def shelf(settings, tmp_path):
    settings.MEDIA_DIR = tmp_path
    return tmp_path


@pytest.mark.parametrize(
    ("content", "mime", "seconds"),
    [
        (webm(3), "audio/webm", 3.0),
        (webm(5, streamed=False), "audio/webm", 5.0),
        (ogg(4), "audio/ogg", 4.0),
        (mp4(7), "audio/mp4", 7.0),
        (mp4(6, fragmented=True), "audio/mp4", 6.0),
    ],
)
def test_what_browsers_record(content, mime, seconds):
    assert is_sound(content)
    assert examine(content) == Sound(mime, seconds)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (webm(codec=b"A_VORBIS"), "voice-wrong-type"),
        (webm(kind=1, codec=b"V_VP8"), "voice-wrong-type"),
        (ogg(head=b"\x01vorbis_"), "voice-wrong-type"),
        (mp4(handler=b"vide"), "voice-wrong-type"),
        (mp4(codec=b"avc1"), "voice-wrong-type"),
        (webm(0), "voice-wrong-type"),
        (ogg(0), "voice-damaged"),
        (b"\x1a\x45\xdf\xa3<script>alert(1)</script>", "voice-wrong-type"),
        (b"<html>", "voice-wrong-type"),
        (b"", "voice-wrong-type"),
    ],
)
def test_what_is_no_voice_note(content, code):
    with pytest.raises(Problem) as refused:
        examine(content)
    assert refused.value.code == code


@given(st.sampled_from([webm(2), ogg(2), mp4(2), mp4(2, fragmented=True)]), st.data())
def test_whatever_bytes_come_it_is_a_sound_or_a_problem(content, data):
    broken = bytearray(content)
    for _change in range(data.draw(st.integers(1, 5))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(broken[: data.draw(st.integers(0, len(broken)))])
    try:
        found = examine(cut)
    except Problem as problem:
        assert problem.code in {"voice-wrong-type", "voice-damaged"}
    else:
        assert found.seconds >= 0


def test_accepted_once_and_never_replaced(town):
    content = webm()
    sha = hashlib.sha256(content).hexdigest()
    first = accept_sound(by=town.lin, content=content, sha256=sha)
    assert (first.size, first.mime, first.seconds) == (len(content), "audio/webm", 3.0)
    assert accept_sound(by=town.lin, content=content, sha256=sha) == first
    other = accept_sound(by=town.gao, content=content, sha256=sha)
    assert other != first
    storage.store(sha, {"sound": b"something else"})
    assert storage.path_of(sha, "sound").read_bytes() == content
    assert sound_sent_by(town.fang, sha) is None
    assert not MediaFile.objects.exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (webm(181), "voice-too-long"),
        (webm() + bytes(MAX_SOUND_BYTES), "voice-too-long"),
        (webm()[:30], "voice-damaged"),
    ],
)
def test_too_long_too_large_or_cut_off(town, shelf, content, code):
    with pytest.raises(Problem) as refused:
        accept_sound(by=town.lin, content=content, sha256=hashlib.sha256(content).hexdigest())
    assert refused.value.code == code
    assert not SoundFile.objects.exists()
    assert not list(shelf.iterdir())


def test_other_bytes_than_announced(town):
    with pytest.raises(Problem) as refused:
        accept_sound(by=town.lin, content=webm(), sha256="0" * 64)
    assert refused.value.code == "photo-other-content"


def test_erased_it_is_gone_for_all(town, django_capture_on_commit_callbacks):
    content = ogg()
    sha = hashlib.sha256(content).hexdigest()
    one = accept_sound(by=town.lin, content=content, sha256=sha)
    accept_sound(by=town.gao, content=content, sha256=sha)
    with django_capture_on_commit_callbacks(execute=True):
        erase_sound(sound=one, by=town.tan)
    assert not storage.path_of(sha, "sound").exists()
    assert sound_sent_by(town.gao, sha) is None
    accept_sound(by=town.lin, content=content, sha256=sha)  # sent again it stays erased
    assert not storage.path_of(sha, "sound").exists()
