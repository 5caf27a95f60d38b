"""Reporting on the public page: the main path, double sends, places, secrets, floods, hostile input."""

from __future__ import annotations

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from wangge.domains.cases.models import CasePhoto, Source
from wangge.domains.cases.queries import link_code
from wangge.doors.portal import visitors
from wangge.doors.portal.tests.conftest import cases, jpeg, reports, sha, typed
from wangge.foundation.core.models import ContradictingReplay, IdempotencyKey
from wangge.foundation.media.models import MediaFile

FORM = "/p/report/"


def test_a_resident_reports_and_gets_an_unguessable_slip(client, town):
    response = client.post(FORM, typed(town, name="吴桂英", phone="10012345678"))
    report = reports().get()
    assert response.status_code == 302
    assert response.url == f"/p/r/{report.public_id}/{link_code(report)}/slip/"
    assert (report.source, report.by, report.asks) == (Source.RESIDENT, None, True)
    assert report.contact_mask == "吴** 1**********"
    assert report.case.area == town.community
    assert report.case.address == "3号楼西侧"
    slip = client.get(response.url)
    assert slip.status_code == 200
    page = slip.content.decode()
    assert f"/p/r/{report.public_id}/{link_code(report)}/" in page
    assert report.case.number not in page  # nothing that could be counted up
    assert client.get(f"/p/r/{report.public_id}/{link_code(report)}/qr.svg").headers["Content-Type"] == "image/svg+xml"


def test_the_form_opens_without_a_session(client, town):
    response = client.get(FORM)
    assert response.status_code == 200
    assert "wangge_session" not in response.cookies
    assert b'name="idempotency_key" value="' in response.content


def test_without_a_csrf_token_nothing_is_written(town):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    assert strict.post(FORM, typed(town)).status_code == 403
    assert reports().count() == 0
    token = strict.get(FORM).cookies["wangge_csrf"].value
    assert strict.post(FORM, typed(town, csrfmiddlewaretoken=token)).status_code == 302
    assert reports().count() == 1


def test_the_same_send_twice_is_one_report_and_the_same_slip(client, town):
    form = typed(town)
    first, second = client.post(FORM, form), client.post(FORM, form)
    assert first.url == second.url
    assert (cases().count(), reports().count()) == (1, 1)


def test_the_same_send_from_another_network_is_still_one_report(client, town):
    form = typed(town)
    first = client.post(FORM, form, REMOTE_ADDR="10.0.0.1")
    second = client.post(FORM, form, REMOTE_ADDR="10.0.0.2")
    assert first.url == second.url
    assert reports().count() == 1


def test_another_matter_under_the_same_key_is_kept_on_the_page_under_a_new_one(client, town):
    form = typed(town)
    client.post(FORM, form)
    response = client.post(FORM, form | {"text": "垃圾桶满了没人清。"})
    assert response.status_code == 409
    page = response.content.decode()
    assert "垃圾桶满了没人清。" in page
    assert form["idempotency_key"] not in page
    assert reports().count() == 1
    assert ContradictingReplay.objects.count() == 1


def test_a_position_finds_grid_compound_and_building(client, town):
    lon, lat = town.compound.lon, town.compound.lat
    client.post(FORM, typed(town, community="", lon=str(lon), lat=str(lat), accuracy="12"))
    case = cases().get()
    assert (case.area, case.compound) == (town.grid1, town.compound)
    assert case.address == "物业所家属院3号楼 3号楼西侧"
    assert reports().get().accuracy_m == 12.0


def test_a_picked_community_corrects_a_position_elsewhere(client, town):
    form = typed(town, community=str(town.community2.pk), lon=str(town.compound.lon), lat=str(town.compound.lat))
    client.post(FORM, form)
    case = cases().get()
    assert (case.area, case.lon, case.compound) == (town.community2, None, None)


def test_a_picked_compound_gives_its_grid(client, town):
    client.post(FORM, typed(town, compound=str(town.compound.pk)))
    case = cases().get()
    assert (case.area, case.compound) == (town.grid1, town.compound)


def test_a_compound_of_another_community_is_not_taken(client, town):
    client.post(FORM, typed(town, community=str(town.community2.pk), compound=str(town.compound.pk)))
    case = cases().get()
    assert (case.area, case.compound) == (town.community2, None)


def test_a_scanned_code_fills_in_the_place(client, town):
    page = client.get(FORM, {"at": town.grid2.code}).content.decode()
    assert f'name="at" value="{town.grid2.code}"' in page
    client.post(FORM, typed(town, community="", at=town.grid2.code))
    case = cases().get()
    assert (case.area, case.source) == (town.grid2, Source.SCAN)


@pytest.mark.parametrize("code", ["999999", "nonsense", "'", "9" * 500, "999999001"])
def test_a_code_of_no_grid_is_no_place(client, town, code):
    assert client.get(FORM, {"at": code}).status_code == 200
    assert client.post(FORM, typed(town, community="", at=code[:20])).status_code == 422
    assert reports().count() == 0


def test_a_matter_may_be_named_and_a_wrong_one_is_dropped(client, town):
    client.post(FORM, typed(town, matter=town.litter.code))
    client.post(FORM, typed(town, matter="99999"))
    assert [case.matter for case in cases().order_by("id")] == [town.litter, None]


def test_the_guess_names_what_the_words_mean(client, town):
    page = client.post("/p/report/guess/", {"text": "楼下有人用泡沫板房违建"}).content.decode()
    assert f'value="{town.shed.code}"' in page
    assert reports().count() == 0


def test_confidential_by_tick_and_by_matter(client, town):
    client.post(FORM, typed(town, confidential="on"))
    client.post(FORM, typed(town, matter=town.secret.code))
    assert [case.confidential for case in cases()] == [True, True]


def test_a_confidential_report_is_not_remembered_by_the_browser(client, town):
    secret = client.post(FORM, typed(town, confidential="on"))
    assert "wangge_slips" not in secret.cookies
    open_ = client.post(FORM, typed(town))
    assert open_.cookies["wangge_slips"]["httponly"]
    assert open_.cookies["wangge_slips"]["path"] == "/p/"


def test_the_browser_finds_its_slips_again_and_forgets_them(client, town):
    client.post(FORM, typed(town))
    assert "路灯不亮" in client.get("/p/follow/").content.decode()
    client.post("/p/follow/forget/")
    assert "路灯不亮" not in client.get("/p/follow/").content.decode()
    assert reports().count() == 1


def test_a_slip_that_became_confidential_disappears_from_the_list(client, town):
    client.post(FORM, typed(town))
    cases().update(confidential=True)
    assert "路灯不亮" not in client.get("/p/follow/").content.decode()


def test_a_forged_cookie_shows_nothing(client, town):
    client.post(FORM, typed(town))
    client.cookies["wangge_slips"] = f"{reports().get().public_id}:forged"
    assert "路灯不亮" not in client.get("/p/follow/").content.decode()


def test_a_hidden_field_stops_programs_but_a_person_only_sends_again(client, town):
    form = typed(town)
    refused = client.post(FORM, form | {"website": "http://spam"})
    assert refused.status_code == 422
    assert reports().count() == 0
    assert "http://spam" not in refused.content.decode()
    assert client.post(FORM, form).status_code == 302


def test_floods_are_slowed_down_and_nothing_typed_is_lost(client, town, monkeypatch):
    monkeypatch.setattr(visitors, "REPORTS", visitors.Limit("visitor", 2, 300))
    first = typed(town)
    client.post(FORM, first)
    client.post(FORM, typed(town))
    form = typed(town, text="第三件事：井盖坏了。")
    refused = client.post(FORM, form)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "600"
    page = refused.content.decode()
    assert "第三件事：井盖坏了。" in page
    assert "12345" in page
    assert reports().count() == 2
    # A repetition of what was accepted is answered all the same; other addresses are not held up.
    assert client.post(FORM, first).status_code == 302
    assert client.post(FORM, form, REMOTE_ADDR="10.9.9.9").status_code == 302
    assert reports().count() == 3


def test_a_day_has_its_limit_too(client, town, monkeypatch):
    monkeypatch.setattr(visitors, "REPORTS", visitors.Limit("visitor", 30, 1))
    client.post(FORM, typed(town))
    refused = client.post(FORM, typed(town))
    assert refused.status_code == 429
    assert 60 <= int(refused.headers["Retry-After"]) <= 86_400
    assert reports().count() == 1


def test_one_household_of_ipv6_counts_as_one(rf):
    names = {
        visitors.owner(rf.get("/p/", REMOTE_ADDR=address), visitors.REPORTS)
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")
    }
    assert len(names) == 1
    assert visitors.owner(rf.get("/p/", REMOTE_ADDR="2001:db8:1:3::1"), visitors.REPORTS) not in names


def test_the_address_is_not_kept(client, town):
    client.post(FORM, typed(town), REMOTE_ADDR="203.0.113.77")
    owners = set(IdempotencyKey.objects.values_list("owner", flat=True))
    assert len(owners) == 2
    assert all("203.0.113" not in owner for owner in owners)


# --- photos


def test_photos_sent_before_the_form_are_attached(client, town):
    content = jpeg()
    answer = client.put(f"/p/media/{sha(content)}", content, content_type="image/jpeg")
    assert answer.status_code == 201
    client.post(FORM, typed(town, photo_sha256=sha(content)))
    photo = CasePhoto.objects.get()
    assert (photo.sha256, photo.media.sha256, photo.report) == (sha(content), sha(content), reports().get())


def test_photos_that_arrive_after_the_form_are_attached(client, town):
    content = jpeg("blue")
    client.post(FORM, typed(town, photo_sha256=sha(content)))
    assert CasePhoto.objects.get().media is None
    client.put(f"/p/media/{sha(content)}", content, content_type="image/jpeg")
    assert CasePhoto.objects.get().media is not None


def test_photos_come_with_the_form_where_there_is_no_script(client, town):
    content = jpeg("green")
    form = typed(town) | {"photos": SimpleUploadedFile("光.jpg", content, "image/jpeg")}
    assert client.post(FORM, form).status_code == 302
    assert CasePhoto.objects.get().media.sha256 == sha(content)


def test_a_refused_form_keeps_the_photos_it_brought(client, town):
    content = jpeg("green")
    form = typed(town, text="") | {"photos": SimpleUploadedFile("a.jpg", content, "image/jpeg")}
    response = client.post(FORM, form)
    assert response.status_code == 422
    page = response.content.decode()
    assert f'name="photo_sha256" value="{sha(content)}"' in page
    preview = next(part for part in page.split('"') if part.startswith(f"/p/media/{sha(content)}/"))
    assert client.get(preview).headers["Content-Type"] == "image/jpeg"
    assert client.get(f"/p/media/{sha(content)}/{'a' * 26}").status_code == 404
    assert reports().count() == 0


def test_a_file_that_is_no_photo_is_refused_and_the_text_stays(client, town):
    form = typed(town) | {"photos": SimpleUploadedFile("a.jpg", b"MZ not a photo", "image/jpeg")}
    response = client.post(FORM, form)
    assert response.status_code == 422
    assert "路灯不亮" in response.content.decode()
    assert (reports().count(), MediaFile.objects.count()) == (0, 0)


def test_ten_photos_are_one_too_many(client, town):
    form = typed(town) | {"photo_sha256": [f"{n:064x}" for n in range(10)]}
    assert client.post(FORM, form).status_code == 422
    assert reports().count() == 0


@pytest.mark.parametrize("name", ["x" * 64, "A" * 64, "a" * 63, "a" * 65, "../../etc/passwd", "", "\x00" * 64])
def test_a_name_that_is_no_sha256_is_ignored(client, town, name):
    assert client.post(FORM, typed(town, photo_sha256=name)).status_code == 302
    assert CasePhoto.objects.count() == 0


def test_an_upload_under_another_name_is_refused(client, db):
    response = client.put(f"/p/media/{'a' * 64}", jpeg(), content_type="image/jpeg")
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    assert MediaFile.objects.count() == 0


def test_an_upload_that_is_too_large_is_refused(client, db, settings):
    settings.PHOTO_MAX_BYTES = 1000
    content = b"x" * 1001
    assert client.put(f"/p/media/{sha(content)}", content, content_type="image/jpeg").status_code == 413
    assert MediaFile.objects.count() == 0


def test_uploads_are_slowed_down_too(client, db, monkeypatch):
    monkeypatch.setattr(visitors, "PHOTOS", visitors.Limit("visitor-photo", 1, 10))
    first, second = jpeg("red"), jpeg("blue")
    assert client.put(f"/p/media/{sha(first)}", first, content_type="image/jpeg").status_code == 201
    refused = client.put(f"/p/media/{sha(second)}", second, content_type="image/jpeg")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "600"
    assert MediaFile.objects.count() == 1


def test_only_put_uploads(client, db):
    assert client.post(f"/p/media/{'a' * 64}").status_code == 405


# --- hostile input: always a 4xx page in the reader's language, never a 5xx, nothing written


@pytest.mark.parametrize(
    "hostile",
    [
        {"text": ""},
        {"text": "   \n\t"},
        {"text": "字" * 4001},
        {"text": "a\x00b"},
        {"community": "", "compound": ""},
        {"community": "99999999999999999999999999"},
        {"community": "1 OR 1=1"},
        {"compound": "9" * 40},
        {"compound": "-1"},
        {"lon": "nan", "lat": "nan"},
        {"lon": "inf", "lat": "0"},
        {"lon": "1e999", "lat": "0"},
        {"lon": "181", "lat": "35"},
        {"lon": "116", "lat": "-91"},
        {"lon": "abc", "lat": "<script>"},
        {"community": "", "lon": "0", "lat": "0"},
        {"community": "", "lon": "116.005"},
        {"accuracy": "-5"},
        {"phone": "drop table"},
        {"phone": "1" * 21},
        {"name": "名" * 51},
        {"name": "\x00"},
        {"address": "x" * 201},
        {"address": "\x00"},
        {"matter": "123456"},
        {"matter": "\x00"},
        {"at": "\x00", "community": ""},
        {"website": "\x00"},
    ],
)
def test_hostile_forms_are_refused_in_words(client, town, hostile):
    response = client.post(FORM, typed(town, **hostile))
    assert response.status_code == 422
    assert "<script>" not in response.content.decode().replace("<script type", "")
    assert (cases().count(), reports().count()) == (0, 0)


def test_ten_megabytes_of_text_are_refused_with_a_page(client, town):
    response = client.post(FORM, typed(town, text="字" * 3_500_000))
    assert response.status_code == 400
    assert "<html" in response.content.decode()
    assert reports().count() == 0


def test_a_body_that_is_no_form_is_refused(client, town):
    response = client.post(FORM, b"\xff\xfe{", content_type="multipart/form-data; boundary=x")
    assert response.status_code == 422
    response = client.post(FORM, b"[1,", content_type="application/json")
    assert response.status_code == 422
    assert reports().count() == 0


def test_rare_characters_and_emoji_are_kept(client, town):
    text = "𠮷野家门前👨‍👩‍👧‍👦摔倒 <b>&amp; \u202e 㙍"
    client.post(FORM, typed(town, text=text))
    report = reports().get()
    assert report.text == text
    page = client.get(f"/p/r/{report.public_id}/{link_code(report)}/").content.decode()
    assert "&lt;b&gt;&amp;amp;" in page


def test_a_key_that_is_no_uuid_is_replaced(client, town):
    assert client.post(FORM, typed(town, idempotency_key="x" * 5000)).status_code == 302
    assert reports().count() == 1


@pytest.mark.parametrize("query", ["", "?lon=1", "?lon=x&lat=y", "?lon=999&lat=0", "?lon=nan&lat=1"])
def test_a_bad_position_is_told_in_words(client, town, query):
    assert client.get(f"/p/report/where/{query}").status_code == 422


def test_where_says_the_place(client, town):
    page = client.get(f"/p/report/where/?lon={town.compound.lon}&lat={town.compound.lat}").content.decode()
    assert "物业所家属院3号楼" in page
    assert client.get("/p/report/where/?lon=0&lat=0").status_code == 200


@pytest.mark.parametrize("community", ["", "x", "9" * 30, "-1", "²"])
def test_compounds_of_no_community_are_none(client, town, community):
    response = client.get("/p/report/compounds/", {"community": community})
    assert response.status_code == 200
    assert b"<option" not in response.content


def test_compounds_of_a_community(client, town):
    page = client.get("/p/report/compounds/", {"community": town.community.pk}).content.decode()
    assert town.compound.name_zh in page


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_refusals_speak_the_readers_language(client, town, language):
    client.cookies["wangge_language"] = language
    page = client.post(FORM, typed(town, text="")).content.decode()
    expected = {"zh-hans": "请简单说说发生了什么", "en": "Please say in a few words what the matter is."}[language]
    assert expected in page


def test_a_signed_in_colleague_reports_here_as_anybody(client, town):
    town.log_in(client, town.lin)
    client.post(FORM, typed(town, idempotency_key=str(uuid.uuid4())))
    assert reports().get().by is None


@pytest.mark.parametrize("name", ["home", "find", "help", "privacy", "report", "grids"])
def test_every_page_opens_for_everybody(client, town, name):
    for language in ("zh-hans", "en"):
        client.cookies["wangge_language"] = language
        assert client.get(reverse(f"portal:{name}")).status_code == 200


def _lit(town, **more):
    """A public matter that Lin reported in the middle of grid 1."""
    return town.reported(matter=town.litter, text="墙根有一大堆垃圾没人清", **more)


def test_what_was_reported_near_by_is_offered_without_anybodys_words(client, town):
    case = _lit(town)
    asked = {"text": "墙根一大堆垃圾好几天了", "lon": case.lon, "lat": case.lat}
    page = client.post("/p/report/same/", asked).content.decode()
    assert f'name="same_as" value="{case.number}"' in page
    assert "暴露垃圾" in page
    assert "墙根有一大堆" not in page
    assert "same_as" not in client.post("/p/report/same/", asked | {"lat": case.lat + 0.005}).content.decode()
    assert "same_as" not in client.post("/p/report/same/", asked | {"text": ""}).content.decode()
    assert client.post("/p/report/same/", {"lon": "x"}).status_code == 200
    assert client.get("/p/report/same/").status_code == 405


def test_the_same_thing_adds_a_voice_that_is_told_and_asked(client, town):
    case = _lit(town)
    sent = typed(town, text="墙根一大堆垃圾", lon=str(case.lon), lat=str(case.lat), community="", same_as=case.number)
    answer = client.post("/p/report/", sent)
    assert answer.status_code == 302
    assert (cases().count(), reports().count()) == (1, 2)
    assert reports().latest("pk").asks is True
    assert client.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize("wrong", ["far", "confidential", "secret", "none"])
def test_what_cannot_be_joined_becomes_a_report_of_its_own(client, town, wrong):
    case = _lit(town)
    sent = typed(town, text="墙根一大堆垃圾", lon=str(case.lon), lat=str(case.lat), community="", same_as=case.number)
    if wrong == "far":
        sent |= {"lon": str(town.grid2.lon), "lat": str(town.grid2.lat)}
    elif wrong == "confidential":
        sent["confidential"] = "on"
    elif wrong == "secret":
        cases().filter(pk=case.pk).update(confidential=True)
    else:
        sent["same_as"] = "NC-2026-999999"
    assert client.post("/p/report/", sent).status_code == 302
    assert (cases().count(), reports().count()) == (2, 2)
