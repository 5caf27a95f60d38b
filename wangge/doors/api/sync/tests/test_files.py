"""Photos and voice notes of a phone: in parts or whole, before or after their record, seen by whoever may."""

from __future__ import annotations

import hashlib

import pytest

from wangge.domains.cases import actions
from wangge.domains.cases.models import CasePhoto, VoiceNote
from wangge.doors.api.sync.tests.conftest import report
from wangge.doors.api.tests.conftest import photo
from wangge.foundation.media import parts, storage
from wangge.foundation.media.models import MediaFile, SoundFile
from wangge.foundation.media.tests.recordings import mp4, ogg, webm

CONTENT = photo(size=(900, 700))
SHA = hashlib.sha256(CONTENT).hexdigest()
HALF = len(CONTENT) // 2


@pytest.fixture(autouse=True)
def shelf(settings, tmp_path):
    settings.MEDIA_DIR = tmp_path
    return tmp_path


def sha_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def part(caller, content: bytes, offset: int, total: int | None = None, *, sha: str = SHA, kind="image/jpeg"):
    headers = {"upload_offset": str(offset), "upload_length": str(len(CONTENT) if total is None else total)}
    return caller.raw("PATCH", f"/media/{sha}/part", content, kind, idempotency_key="x", **headers)


def put(caller, content: bytes, kind: str):
    return caller.raw("PUT", f"/media/{sha_of(content)}", content, kind)


def test_in_parts_after_the_record_that_announced_it(town, phones):
    lin = phones(town.lin)
    lin.one("report.make", **report(photos=[SHA]))
    assert lin.caller.get(f"/media/{SHA}/part").json() == {"received": 0, "complete": False}
    assert part(lin.caller, CONTENT[:HALF], 0).json() == {"received": HALF, "complete": False}
    assert lin.caller.get(f"/media/{SHA}/part").json() == {"received": HALF, "complete": False}
    assert CasePhoto.objects.get().media is None
    assert part(lin.caller, CONTENT[HALF:], HALF).json() == {"received": len(CONTENT), "complete": True}
    assert CasePhoto.objects.get().media.sha256 == SHA
    assert storage.path_of(SHA, "orig").read_bytes() == CONTENT
    assert parts.received(town.lin.pk, SHA) == 0
    assert lin.caller.get(f"/media/{SHA}/part").json() == {"received": len(CONTENT), "complete": True}


def test_a_wrong_offset_is_told_the_right_one(town, phones):
    lin = phones(town.lin).caller
    part(lin, CONTENT[:HALF], 0)
    wrong = part(lin, CONTENT[:HALF], 0)
    assert (wrong.status_code, wrong.json()["type"], wrong.json()["received"]) == (409, "wrong-offset", HALF)
    assert wrong["Upload-Offset"] == str(HALF)
    assert part(lin, CONTENT[HALF:], HALF, kind="application/offset+octet-stream").json()["complete"] is True


def test_what_was_accepted_is_not_replaced(town, phones):
    lin = phones(town.lin).caller
    part(lin, CONTENT, 0)
    held = MediaFile.objects.get()
    assert part(lin, b"x" * 10, 0, 10).json() == {"received": len(CONTENT), "complete": True}
    assert lin.raw("PUT", f"/media/{SHA}", b"something else", "image/jpeg").status_code == 422
    assert storage.path_of(SHA, "orig").read_bytes() == CONTENT
    assert MediaFile.objects.get().uploaded_at == held.uploaded_at


def test_knowing_the_name_is_not_having_the_file(town, phones):
    part(phones(town.lin).caller, CONTENT, 0)
    gao = phones(town.gao).caller
    assert gao.get(f"/media/{SHA}/part").json() == {"received": 0, "complete": False}
    assert part(gao, CONTENT[:10], 0).json() == {"received": 10, "complete": False}


def test_other_bytes_than_announced_are_thrown_away(town, phones):
    lin = phones(town.lin).caller
    assert part(lin, b"x" * 9, 0, 9).status_code == 422
    assert parts.received(town.lin.pk, SHA) == 0
    assert not MediaFile.objects.exists()


@pytest.mark.parametrize(
    ("content", "offset", "total", "status"),
    [(b"x" * (256 * 1024 + 1), 0, 300_000, 413), (b"x", 0, 99_999_999, 413), (b"xx", 0, 1, 400), (b"x", "-1", 9, 400),
     (b"x", "a", 9, 400)],
)  # fmt: skip
def test_a_part_that_cannot_be(town, phones, content, offset, total, status):
    assert part(phones(town.lin).caller, content, offset, total).status_code == status
    assert parts.received(town.lin.pk, SHA) == 0


@pytest.mark.parametrize(("kind", "status"), [("text/html", 415), ("application/json", 415)])
def test_a_part_of_another_type(town, phones, kind, status):
    assert part(phones(town.lin).caller, b"x", 0, 9, kind=kind).status_code == status


def test_only_who_may_send(town, phones):
    assert part(phones(town.tan).caller, b"x", 0, 9).status_code == 403
    assert phones(town.root).caller.get(f"/media/{SHA}/part").status_code == 403


# Voice notes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "kind"), [(webm(), "audio/webm"), (ogg(), "audio/ogg"), (mp4(), "audio/mp4")])
def test_a_voice_note_comes_after_its_report_and_is_heard(town, phones, content, kind):
    lin = phones(town.lin)
    sha = sha_of(content)
    lin.one("report.make", **report(voice=sha))
    note = VoiceNote.objects.get()
    assert (note.sha256, note.sound, note.by) == (sha, None, town.lin)
    assert lin.caller.get(f"/media/{sha}/sound").status_code == 404
    answer = put(lin.caller, content, kind)
    assert answer.json() == {
        "sha256": sha, "size": len(content), "mime": kind, "width": 0, "height": 0, "attached": 1,
    }  # fmt: skip
    assert put(lin.caller, content, kind).json()["attached"] == 0
    for user in (town.lin, town.fang, town.bai, town.luo):
        heard = phones(user).caller.get(f"/media/{sha}/sound")
        assert (heard.status_code, heard["Content-Type"], heard.content) == (200, kind, content)
        assert heard["X-Content-Type-Options"] == "nosniff"
        assert heard["Content-Disposition"] == f'inline; filename="{sha[:12]}.{kind.rpartition("/")[2]}"'
    for user in (town.gao, town.zhao, town.he):
        assert phones(user).caller.get(f"/media/{sha}/sound").status_code == 404
    assert phones(town.tan).caller.get(f"/media/{sha}/sound").status_code == 403
    assert lin.caller.get(f"/media/{sha}").status_code == 404  # it is no picture


def test_in_parts_before_its_report(town, phones):
    lin = phones(town.lin)
    content = webm(20)
    sha = sha_of(content)
    part(lin.caller, content[:100], 0, len(content), sha=sha, kind="audio/webm")
    assert part(lin.caller, content[100:], 100, len(content), sha=sha, kind="audio/webm").json()["complete"] is True
    lin.one("report.make", **report(voice=sha))
    assert VoiceNote.objects.get().sound.seconds == 20.0


def test_a_piece_of_it_for_safari(town, phones):
    content = mp4()
    lin = phones(town.lin)
    put(lin.caller, content, "audio/mp4")
    lin.one("report.make", **report(voice=sha_of(content)))
    path = f"/media/{sha_of(content)}/sound"
    for asked, piece, said in (
        ("bytes=0-1", content[:2], f"bytes 0-1/{len(content)}"),
        ("bytes=5-", content[5:], f"bytes 5-{len(content) - 1}/{len(content)}"),
        ("bytes=-4", content[-4:], f"bytes {len(content) - 4}-{len(content) - 1}/{len(content)}"),
    ):
        answer = lin.caller.raw("GET", path, range=asked)
        assert (answer.status_code, answer.content, answer["Content-Range"]) == (206, piece, said)
    for asked in ("bytes=99999-", "lines=1-2", "bytes=-"):
        answer = lin.caller.raw("GET", path, range=asked)
        assert (answer.status_code, answer.content) == (200, content)


def test_the_voice_of_a_confidential_case_is_not_the_handlers(town, phones):
    content = webm()
    lin = phones(town.lin)
    put(lin.caller, content, "audio/webm")
    filed = town.filed(confidential=True)
    actions.promise_voice_note(report=town.voice(filed), sha256=sha_of(content), by=town.lin)
    actions.dispatch(case=filed, by=town.luo, unit=town.enforcement)
    assert phones(town.he).caller.get(f"/media/{sha_of(content)}/sound").status_code == 404
    assert phones(town.luo).caller.get(f"/media/{sha_of(content)}/sound").status_code == 200


def test_a_stranger_cannot_attach_his_own_voice(town, phones):
    content = webm()
    phones(town.lin).one("report.make", **report(voice=sha_of(content)))
    put(phones(town.gao).caller, content, "audio/webm")
    assert VoiceNote.objects.get().sound is None
    assert SoundFile.objects.get().sent_by == town.gao


def test_what_is_no_voice_note_is_refused(town, phones):
    answer = put(phones(town.lin).caller, webm(kind=1, codec=b"V_VP8"), "audio/webm")
    assert (answer.status_code, answer.json()["type"]) == (415, "voice-wrong-type")
    assert "语音" in answer.json()["kept"] or answer.json()["kept"]
    assert not SoundFile.objects.exists()


def test_one_that_arrived_in_the_instant_of_its_report_is_found_later(town, phones):
    content = webm()
    put(phones(town.lin).caller, content, "audio/webm")
    phones(town.lin).one("report.make", **report(voice=sha_of(content)))
    VoiceNote.objects.update(sound=None)
    assert actions.attach_sound_stragglers() == 1
    assert actions.attach_sound_stragglers() == 0
    assert VoiceNote.objects.get().sound is not None


def test_erased_with_what_was_said(town, phones, django_capture_on_commit_callbacks):
    content = webm()
    lin = phones(town.lin)
    put(lin.caller, content, "audio/webm")
    lin.one("report.make", **report(voice=sha_of(content)))
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.erase_voice_notes(reports=[VoiceNote.objects.get().report_id], by=town.tan) == 1
    assert lin.caller.get(f"/media/{sha_of(content)}/sound").status_code == 404
    assert not storage.path_of(sha_of(content), "sound").exists()
