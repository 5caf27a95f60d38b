"""Photos through the API: sent once, seen by whoever may see the case, never as they were taken."""

from __future__ import annotations

import hashlib
import io

import pytest
from PIL import ExifTags, Image

from wangge.domains.cases import actions
from wangge.domains.cases.models import CasePhoto
from wangge.doors.api.tests.conftest import photo, report_body
from wangge.foundation.media.models import MediaFile

CONTENT = photo()
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def shelf(settings, tmp_path):
    settings.MEDIA_DIR = tmp_path
    return tmp_path


def send(caller, content: bytes = CONTENT, sha256: str | None = None, kind: str = "image/jpeg", **headers):
    return caller.raw("PUT", f"/media/{sha256 or hashlib.sha256(content).hexdigest()}", content, kind, **headers)


def test_sent_after_the_report_that_announced_it(town, calls):
    lin = calls(town.lin)
    made = lin.post("/reports", report_body(photos=[SHA])).json()
    before = lin.get(f"/cases/{made['case']}/photos").json()["items"]
    assert [(row["sha256"], row["kind"], row["arrived"]) for row in before] == [(SHA, "report", False)]
    assert lin.get(f"/media/{SHA}").status_code == 404
    answer = send(lin)
    assert answer.status_code == 200, answer.content.decode()
    assert answer.json() == {
        "sha256": SHA, "size": len(CONTENT), "mime": "image/jpeg", "width": 640, "height": 480, "attached": 1,
    }  # fmt: skip
    after = lin.get(f"/cases/{made['case']}/photos").json()["items"][0]
    assert (after["arrived"], after["width"], after["height"]) == (True, 640, 480)
    assert send(lin).json()["attached"] == 0  # the same again: nothing changes
    assert MediaFile.objects.count() == 1


def test_sent_before_the_report(town, calls):
    lin = calls(town.lin)
    assert send(lin, kind="application/octet-stream").json()["attached"] == 0
    lin.post("/reports", report_body(photos=[SHA]))
    assert CasePhoto.objects.get().media.sha256 == SHA


@pytest.mark.parametrize(("size", "side"), [("thumb", 320), ("web", 640)])
def test_served_to_those_who_may_see_the_case(town, calls, size, side):
    lin = calls(town.lin)
    lin.post("/reports", report_body(photos=[SHA]))
    send(lin)
    for reader in (town.lin, town.fang, town.bai, town.luo, town.qian):
        answer = calls(reader).get(f"/media/{SHA}", size=size)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["Cache-Control"] == "private, max-age=600"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Disposition"] == f'inline; filename="{SHA[:12]}-{size}.jpg"'
        assert Image.open(io.BytesIO(answer.content)).size[0] == side
    for stranger in (town.gao, town.zhao, town.he):
        assert calls(stranger).get(f"/media/{SHA}", size=size).status_code == 404
        assert calls(stranger).get(f"/media/{SHA}/facts").status_code in {403, 404}
    for outsider in (town.tan, town.root):
        assert calls(outsider).get(f"/media/{SHA}", size=size).status_code == 403
    assert calls(None).get(f"/media/{SHA}", size=size).status_code == 401


def test_ones_own_photo_while_the_form_is_being_filled_in(town, calls):
    send(calls(town.lin))
    assert calls(town.lin).get(f"/media/{SHA}", size="thumb").status_code == 200
    assert calls(town.gao).get(f"/media/{SHA}", size="thumb").status_code == 404
    send(calls(town.luo))
    case = town.filed(by=town.luo, area=town.grid3, photos=[SHA])
    assert (
        calls(town.lin).get(f"/media/{SHA}", size="thumb").status_code == 404
    )  # now it is that case's, which Lin may not see
    assert calls(town.luo).get(f"/media/{SHA}", size="thumb").status_code == 200
    assert case.photos.count() == 1


def test_an_unchanged_photo_is_not_sent_twice(town, calls):
    lin = calls(town.lin)
    lin.post("/reports", report_body(photos=[SHA]))
    send(lin)
    tag = lin.get(f"/media/{SHA}")["ETag"]
    again = lin.raw("GET", f"/media/{SHA}", if_none_match=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert calls(town.gao).raw("GET", f"/media/{SHA}", if_none_match=tag).status_code == 404


def test_the_unit_sees_it_when_it_has_the_case(town, calls):
    send(calls(town.lin))
    case = town.dispatched(photos=[SHA])
    assert calls(town.he).get(f"/media/{SHA}").status_code == 200
    actions.send_back(case=case, by=town.he, reason="不属本队", basis="清单")
    assert calls(town.he).get(f"/media/{SHA}").status_code == 404


def test_the_reporters_photo_of_a_confidential_case_is_not_the_handlers(town, calls):
    send(calls(town.lin))
    filed = town.filed(photos=[SHA], confidential=True)
    case = actions.dispatch(case=filed, by=town.luo, unit=town.enforcement)
    he = calls(town.he)
    assert he.get(f"/media/{SHA}").status_code == 404
    assert he.get(f"/cases/{case.public_id}/photos").json() == {"items": []}
    assert he.get(f"/cases/{case.public_id}/reports").json() == {"items": []}
    timeline = he.get(f"/cases/{case.public_id}/timeline").json()["items"]
    assert (timeline[0]["verb"], timeline[0]["by"]) == ("report", None)
    assert town.lin.name not in str(timeline)
    assert he.get(f"/cases/{case.public_id}").json()["reporters_hidden"] is True


def test_when_and_where_for_those_allowed(town, calls):
    block = Image.Exif()
    block.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:05:04 10:11:12"
    block.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (35.0, 0.0, 18.0), 3: "E", 4: (116.0, 0.0, 18.0)})
    content = photo(exif=block)
    sha = hashlib.sha256(content).hexdigest()
    send(calls(town.lin), content)
    town.dispatched(photos=[sha])
    facts = calls(town.su).get(f"/media/{sha}/facts").json()
    assert facts["taken_at"] == "2026-05-04T02:11:12Z"
    assert facts["taken_where"] == {"lon": 116.005, "lat": 35.005}
    assert facts["original_sha256"] == ""
    assert b"Exif" not in calls(town.su).get(f"/media/{sha}").content
    refused = calls(town.qian).get(f"/media/{sha}/facts")  # sees the photo, has no part in checking it
    assert refused.status_code == 403


def test_the_facts_name_the_cameras_own_file(town, calls):
    send(calls(town.lin))
    case = town.dispatched(photos=[SHA])
    assert actions.keep_originals(case=case, by=town.lin, originals={SHA: "c" * 64}) == 1
    assert calls(town.su).get(f"/media/{SHA}/facts").json()["original_sha256"] == "c" * 64


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "photo-wrong-type"),
        (CONTENT[:-50], 422, "photo-damaged"),
        (CONTENT + b"PK\x05\x06" + bytes(18), 422, "photo-with-hidden-file"),
    ],
)
def test_hostile_files(town, calls, shelf, content, status, code):
    answer = send(calls(town.lin), content)
    assert (answer.status_code, answer.json()["type"]) == (status, code)
    assert "照片" in answer.json()["kept"]
    assert not MediaFile.objects.exists()
    assert not list(shelf.iterdir())


def test_other_bytes_than_announced(town, calls):
    answer = send(calls(town.lin), sha256="0" * 64)
    assert (answer.status_code, answer.json()["type"]) == (422, "photo-other-content")


def test_too_large_is_refused_before_it_is_read(town, calls, settings):
    settings.PHOTO_MAX_BYTES = 1000
    answer = send(calls(town.lin))
    assert (answer.status_code, answer.json()["type"]) == (413, "photo-too-large")


def test_of_unknown_length(town, calls):
    lin = calls(town.lin)
    answer = send(lin, content_length="")
    assert answer.status_code == 411


@pytest.mark.parametrize("kind", ["text/plain", "image/svg+xml", "image/heic", "multipart/form-data; boundary=x"])
def test_of_another_type(town, calls, kind):
    assert send(calls(town.lin), kind=kind).status_code == 415


def test_the_limits_are_public(client, settings):
    assert client.get("/api/v1/limits").json() == {
        "max_bytes": settings.PHOTO_MAX_BYTES,
        "max_pixels": settings.PHOTO_MAX_PIXELS,
        "types": ["image/jpeg", "image/png", "image/webp"],
        "max_photos": 9,
    }


def test_our_own_page_sends_with_its_session(town):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    town.log_in(client, town.lin)
    path = f"/api/v1/media/{SHA}"
    assert client.put(path, CONTENT, content_type="image/jpeg").status_code == 403
    client.cookies["wangge_csrf"] = "a" * 32
    sent = client.put(path, CONTENT, content_type="image/jpeg", headers={"x-csrftoken": "a" * 32})
    assert sent.status_code == 200
