"""上报: handing on, settling on the spot, joining, on somebody's behalf, double sends, places, hostile input."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from wangge.domains.cases.models import CasePhoto, Handling, Quantity, Source
from wangge.domains.cases.queries import link_code
from wangge.doors.field.tests.conftest import cases, jpeg, reports, sha, typed
from wangge.foundation.core.models import ContradictingReplay
from wangge.foundation.media.actions import accept

FORM = "/field/report/"


def test_a_worker_hands_on_what_he_sees(lin, town):
    response = lin.post(FORM, typed(town, matter=town.litter.code, address="3号楼东侧"))
    report = reports().get()
    assert (response.status_code, response.url) == (302, f"/field/reports/{report.public_id}/sent/")
    assert (report.source, report.by, report.asks) == (Source.PATROL, town.lin, False)
    case = report.case
    assert (case.state, case.matter, case.area, case.address) == ("reported", town.litter, town.grid1, "3号楼东侧")
    ticket = lin.get(response.url).content.decode()
    assert case.number in ticket
    assert "qr.svg" not in ticket  # nobody to hand a slip to


def test_on_behalf_of_a_resident_there_is_a_slip_to_hand_over(lin, town):
    response = lin.post(FORM, typed(town, name="吴桂英", phone="10012345678"))
    report = reports().get()
    assert (report.source, report.asks, report.contact_mask) == (Source.ON_BEHALF, True, "吴** 1**********")
    ticket = lin.get(response.url).content.decode()
    assert f"/p/r/{report.public_id}/{link_code(report)}/" in ticket
    assert lin.get(f"/field/reports/{report.public_id}/qr.svg").headers["Content-Type"] == "image/svg+xml"


def settled(town, **more) -> dict:
    return typed(town, mode="settle", matter=town.litter.code, done="已当场清理。", result="solved", **more)


def test_settled_on_the_spot_with_photo_and_quantity(lin, town):
    content = jpeg()
    accept(by=town.lin, content=content, sha256=sha(content))
    before = jpeg("blue")
    accept(by=town.lin, content=before, sha256=sha(before))
    more = {"photo_sha256": sha(before), "after_sha256": sha(content), "amount": "2", "unit": town.litter.units[0]}
    lin.post(FORM, settled(town, name="吴桂英", **more))
    case = cases().get()
    assert (case.state, case.result) == ("settled", "solved")
    handling = Handling.objects.get()
    assert (handling.by, handling.text) == (town.lin, "已当场清理。")
    assert Quantity.objects.get().amount == Decimal(2)
    assert dict(CasePhoto.objects.values_list("kind", "sha256")) == {"report": sha(before), "after": sha(content)}


@pytest.mark.parametrize(
    "gap",
    [
        {"done": ""},
        {"matter": ""},
        {"matter": "06001"},  # the shed: not to be settled on the spot
        {"matter": "99999"},
        {"result": "no such"},
        {"amount": "-1"},
        {"amount": "nan"},
        {"amount": "1e30"},
    ],
)
def test_settling_needs_what_the_matter_asks(lin, town, gap):
    content = jpeg()
    accept(by=town.lin, content=content, sha256=sha(content))
    response = lin.post(FORM, settled(town, after_sha256=sha(content)) | gap)
    assert response.status_code == 422
    assert cases().count() == 0


def test_the_photo_afterwards_is_asked_for_and_the_form_keeps_what_was_typed(lin, town):
    assert town.litter.after_photo
    response = lin.post(FORM, settled(town))
    assert response.status_code == 422
    page = response.content.decode()
    assert "已当场清理。" in page
    assert "本事项须上传处置后照片。" in page
    assert (cases().count(), Handling.objects.count()) == (0, 0)


def test_in_a_neighbours_grid_one_may_report_but_not_settle(lin, town):
    where = {"place": "", "lon": str(town.grid2.lon), "lat": str(town.grid2.lat)}
    content = jpeg()
    accept(by=town.lin, content=content, sha256=sha(content))
    refused = lin.post(FORM, settled(town, after_sha256=sha(content)) | where)
    assert (refused.status_code, cases().count()) == (403, 0)
    assert lin.post(FORM, typed(town, **where)).status_code == 302
    assert cases().get().area == town.grid2


def test_in_another_street_one_may_not_report(lin, town):
    response = lin.post(FORM, typed(town, place="", lon=str(town.north_grid.lon), lat=str(town.north_grid.lat)))
    assert response.status_code == 403
    assert cases().count() == 0


def test_the_same_thing_adds_a_voice(lin, town):
    case = town.reported()
    response = lin.post(FORM, typed(town, same_as=case.number, text="我也看到了。"))
    assert response.status_code == 302
    assert (cases().count(), reports().count()) == (1, 2)
    assert "已并入正在办理的同一件案件" in lin.get(response.url).content.decode()


@pytest.mark.parametrize("whose", ["grid2", "north_grid"])
def test_one_cannot_join_what_one_cannot_see(lin, town, whose):
    by = town.gao if whose == "grid2" else town.zhao
    case = town.reported(by=by, area=getattr(town, whose))
    response = lin.post(FORM, typed(town, same_as=case.number))
    assert response.status_code == 422
    assert reports().count() == 1


def test_one_cannot_join_what_has_ended(lin, town):
    case = town.closed()
    assert lin.post(FORM, typed(town, same_as=case.number)).status_code == 409
    assert reports().count() == 1


def test_the_same_send_twice_is_one_report(lin, town):
    form = typed(town)
    first, second = lin.post(FORM, form), lin.post(FORM, form)
    assert first.url == second.url
    assert reports().count() == 1


def test_two_workers_may_use_the_same_key(lin, town):
    from django.test import Client

    gao = Client()
    town.log_in(gao, town.gao)
    form = typed(town, place="")
    assert lin.post(FORM, form).status_code == gao.post(FORM, form).status_code == 302
    assert [case.area for case in cases().order_by("id")] == [town.grid1, town.grid2]


def test_another_body_under_the_same_key_is_kept_on_the_page(lin, town):
    form = typed(town)
    lin.post(FORM, form)
    response = lin.post(FORM, form | {"text": "另一件事。"})
    assert response.status_code == 409
    assert "另一件事。" in response.content.decode()
    assert (reports().count(), ContradictingReplay.objects.count()) == (1, 1)


def test_the_position_finds_building_and_compound(lin, town):
    lin.post(FORM, typed(town, place="", lon=str(town.compound.lon), lat=str(town.compound.lat), accuracy="8"))
    case = cases().get()
    assert (case.area, case.compound, case.address) == (town.grid1, town.compound, "物业所家属院3号楼")


def test_a_picked_compound_wins_over_a_position_elsewhere(lin, town):
    form = typed(town, place=f"compound:{town.compound.pk}", lon=str(town.grid3.lon), lat=str(town.grid3.lat))
    lin.post(FORM, form)
    case = cases().get()
    assert (case.area, case.compound, case.lon) == (town.grid1, town.compound, town.compound.lon)


def test_the_only_grid_is_the_place_when_nothing_else_is_said(lin, town):
    lin.post(FORM, typed(town, place=""))
    assert cases().get().area == town.grid1


def test_photos_come_with_the_form_where_there_is_no_script(lin, town):
    content = jpeg("green")
    lin.post(FORM, typed(town) | {"photos": SimpleUploadedFile("a.jpg", content, "image/jpeg")})
    photo = CasePhoto.objects.get()
    assert (photo.kind, photo.media.sha256, photo.media.uploaded_by) == ("report", sha(content), town.lin)


def test_a_refused_form_keeps_its_photos_for_their_owner_only(lin, town):
    from django.test import Client

    content = jpeg("green")
    form = typed(town, text="") | {"photos": SimpleUploadedFile("a.jpg", content, "image/jpeg")}
    response = lin.post(FORM, form)
    assert response.status_code == 422
    assert f'name="photo_sha256" value="{sha(content)}"' in response.content.decode()
    assert lin.get(f"/field/photos/{sha(content)}").headers["Content-Type"] == "image/jpeg"
    gao = Client()
    town.log_in(gao, town.gao)
    assert gao.get(f"/field/photos/{sha(content)}").status_code == 404


@pytest.mark.parametrize(
    "hostile",
    [
        {"text": ""},
        {"text": "字" * 4001},
        {"text": "a\x00b"},
        {"place": "area:0"},
        {"place": "area:99999999999999999999"},
        {"place": "compound:-1"},
        {"place": "drop table"},
        {"place": "", "lon": "0", "lat": "0"},
        {"lon": "nan", "lat": "1"},
        {"lon": "999", "lat": "1"},
        {"mode": "fly"},
        {"matter": "\x00"},
        {"matter": "1234567"},
        {"matter": "99999"},
        {"same_as": "\x00"},
        {"same_as": "x" * 41},
        {"same_as": "NC-2026-999999"},
        {"phone": "abc"},
        {"address": "x" * 201},
    ],
)
def test_hostile_forms_are_refused_in_words(lin, town, hostile):
    response = lin.post(FORM, typed(town, **hostile))
    assert response.status_code == 422
    assert (cases().count(), reports().count()) == (0, 0)


def test_ten_megabytes_of_text_are_refused_with_a_page(lin, town):
    response = lin.post(FORM, typed(town, text="字" * 3_500_000))
    assert (response.status_code, reports().count()) == (400, 0)
    assert "<html" in response.content.decode()


def test_somebody_elses_grid_is_no_choice(lin, town):
    assert lin.post(FORM, typed(town, place=f"area:{town.grid2.pk}")).status_code == 422
    assert cases().count() == 0


# --- what the form asks while it is filled in


def test_the_guess_ticks_the_best_and_gives_its_words(lin, town):
    page = lin.post("/field/guess", {"text": "暴露垃圾没人清理"}).content.decode()
    assert f'value="{town.litter.code}" checked' in page
    assert f'name="auto" value="{town.litter.code}"' in page
    assert "垃圾" in page


def test_a_matter_chosen_by_hand_stays_ticked(lin, town):
    page = lin.post("/field/guess", {"text": "暴露垃圾", "matter": town.quarrel.code, "auto": town.litter.code})
    assert f'value="{town.quarrel.code}" checked' in page.content.decode()
    assert f'value="{town.litter.code}" checked' not in page.content.decode()
    again = lin.post("/field/guess", {"text": "暴露垃圾", "matter": town.shed.code, "auto": town.shed.code})
    assert f'value="{town.litter.code}" checked' in again.content.decode()  # ticked by us, so it may change


@pytest.mark.parametrize("text", ["", "字" * 9000, "'; --", "%s%n", "𠮷"])
def test_a_guess_of_nothing_is_empty(lin, town, text):
    response = lin.post("/field/guess", {"text": text, "matter": "'; --", "auto": "x"})
    assert response.status_code == 200
    assert b"<input class" not in response.content


@pytest.mark.parametrize("address", ["/field/guess", "/field/outcome"])
def test_what_no_text_can_hold_is_refused(lin, town, address):
    assert lin.post(address, {"text": "x", "matter": "\x00"}).status_code == 422


def test_the_full_list_is_searched_by_word(lin, town):
    assert town.shed.name_zh in lin.get("/field/pick", {"q": "私搭"}).content.decode()
    assert b"radio" not in lin.get("/field/pick", {"q": ""}).content
    assert lin.get("/field/pick", {"q": "没有这种事"}).status_code == 200


def test_the_fields_of_settling_follow_the_matter(lin, town):
    page = lin.post("/field/outcome", {"mode": "settle", "matter": town.litter.code}).content.decode()
    assert 'name="done"' in page
    assert 'name="after_photos"' in page
    assert "本事项须上传处置后照片。" in page
    assert 'name="done"' not in lin.post("/field/outcome", {"mode": "hand_on"}).content.decode()
    assert "不能即办" in lin.post("/field/outcome", {"mode": "settle", "matter": town.shed.code}).content.decode()


def test_where_answers_people_and_programs(lin, town):
    open_ = town.reported()
    place = {"lon": town.grid1.lon, "lat": town.grid1.lat}
    page = lin.get("/field/where", place).content.decode()
    assert "物业所家属院3号楼" in page
    assert open_.number in page
    answer = lin.get("/field/where", place, headers={"accept": "application/json"}).json()
    assert answer["grid"] == {"code": town.grid1.code, "name": "第一网格"}
    assert [row["number"] for row in answer["near"]] == [open_.number]
    assert lin.get("/field/where", {"lon": "nan", "lat": "0"}).status_code == 422
    assert lin.get("/field/where", {"lon": "0", "lat": "0"}).status_code == 200


def test_nearby_cases_of_others_are_not_shown(lin, town):
    case = town.reported(by=town.gao, area=town.grid2)
    page = lin.get("/field/where", {"lon": town.grid2.lon, "lat": town.grid2.lat}).content.decode()
    assert case.number not in page


def test_what_may_be_the_same_is_asked_again_with_the_words(lin, town):
    case = town.reported()
    asked = {"text": "家属院3号楼旁搭了板房", "lon": case.lon, "lat": case.lat, "matter": "06001"}
    page = lin.post("/field/same", asked).content.decode()
    assert f'name="same_as" value="{case.number}"' in page
    assert "同一事项" in page
    chosen = lin.post("/field/same", asked | {"same_as": case.number}).content.decode()
    assert f'value="{case.number}" checked' in chosen
    assert "same_as" not in lin.post("/field/same", asked | {"lat": case.lat + 0.002}).content.decode()
    assert lin.post("/field/same", {"lon": "x", "lat": ""}).status_code == 200
    assert lin.get("/field/same").status_code == 405
