"""The wizard and the lists as people click through them, without a line of JavaScript."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from wangge.domains.people.actions import erasing, exporting, importing
from wangge.domains.people.exchange import reading
from wangge.domains.people.models import ExportRequest, Firm, ImportBatch, ImportRow, Person, Site
from wangge.domains.people.tests import sheet_files as files
from wangge.foundation.places.models import Room


@pytest.fixture
def street(town):
    files.ground(town.grid1, buildings=2)
    return town


@pytest.fixture
def client(town):
    client = Client()
    town.log_in(client, town.fang)
    return client


def sent(client, town, data: bytes, *, what="persons", name="居民.xlsx", **more):
    values = {
        "what": what,
        "area": town.community.pk,
        "as_of": "2026-03-01",
        "file": SimpleUploadedFile(name, data),
    } | more
    return client.post("/desk/files/in/", values)


def columns(batch: ImportBatch, **more) -> dict:
    return {f"column_{key}": value for key, value in batch.mapping["columns"].items()} | {"sheet": "0"} | more


def test_from_the_file_to_the_result_and_back(street, client):
    assert client.get("/desk/files/").status_code == 200
    rows = files.residents(20)
    rows[3][6] = "4.1E+17"
    answer = sent(client, street, files.xlsx(rows))
    batch = ImportBatch.objects.get()
    url = f"/desk/files/in/{batch.public_id}/"
    assert (answer.status_code, answer.url, batch.state) == (302, url, "read")
    page = client.get(url).content.decode()
    assert rows[0][2] not in page
    assert rows[0][6] not in page
    assert rows[0][7] not in page
    assert '<option value="id_number" selected>' in page
    answer = client.post(f"{url}columns/", columns(batch))
    assert (answer.status_code, answer.url) == (302, url)
    assert 'hx-get="' in client.get(url).content.decode()
    assert client.get(f"{url}progress/").status_code == 200
    importing.check(batch=batch)
    done = client.get(f"{url}progress/")
    assert (done.status_code, done["HX-Refresh"]) == (204, "true")
    page = client.get(url).content.decode()
    assert "4.1E+17" in page  # the sentence, not the cell: it says what the spreadsheet does to numbers
    faults = client.get(f"{url}faults.xlsx")
    (sheet,) = reading.read(faults.content, "x.xlsx")
    assert [reading.text_of(cell) for cell in sheet.rows[3]][:1] == ["6"]
    assert client.post(f"{url}apply/").status_code == 302
    importing.apply(batch=batch)
    assert Person.objects.unscoped("the test counts").count() == 19
    assert client.get(url).status_code == 200
    assert client.post(f"{url}undo/").status_code == 302
    importing.undo(batch=batch)
    assert client.get(url).status_code == 200
    assert Person.objects.unscoped("the test counts").filter(state="present").count() == 0


def test_what_was_typed_is_kept_when_the_file_is_refused(street, client):
    answer = sent(client, street, b"\x89PNG\r\n" + bytes(400))
    assert answer.status_code == 422
    assert 'value="2026-03-01"' in answer.content.decode()
    assert ImportBatch.objects.count() == 0
    assert sent(client, street, files.xlsx(files.residents(1)), area="999999").status_code == 422
    assert sent(client, street, files.xlsx(files.residents(1)), as_of="2099-01-01").status_code == 422
    assert ImportBatch.objects.count() == 0


def test_columns_that_cannot_be_are_refused(street, client):
    sent(client, street, files.xlsx(files.residents(2)))
    batch = ImportBatch.objects.get()
    url = f"/desk/files/in/{batch.public_id}/columns/"
    for wrong in ({"column_2": ""}, {"column_3": "name"}, {"column_11": ""}, {"column_2": "nonsense"}):
        assert client.post(url, columns(batch) | wrong).status_code == 422, wrong
    for sheet in ("9", "x", "-1"):
        assert client.post(url, columns(batch) | {"sheet": sheet}).status_code == 404
    batch.refresh_from_db()
    assert (batch.state, ImportRow.objects.count()) == ("read", 0)


def test_a_batch_is_nobody_elses(street, client):
    sent(client, street, files.xlsx(files.residents(2)))
    batch = ImportBatch.objects.get()
    stranger = Client()
    for who in ("lin", "chen", "zhao", "root"):
        street.log_in(stranger, getattr(street, who))
        for path in ("", "progress/", "faults.xlsx", "table.xlsx"):
            assert stranger.get(f"/desk/files/in/{batch.public_id}/{path}").status_code in (403, 404)
        for path in ("columns/", "apply/", "undo/"):
            assert stranger.post(f"/desk/files/in/{batch.public_id}/{path}").status_code in (403, 404)
    batch.refresh_from_db()
    assert batch.state == "read"


def test_a_ledger_is_put_in_order(street, client):
    data = "附件1,,\n名册,,\n序号,单位,人数\n甲区（2家）,,\n1,老张面馆,3\n2,老李面馆,4\n合计,,7\n".encode("gb18030")
    sent(client, street, data, what="table", name="台账.csv")
    batch = ImportBatch.objects.get()
    url = f"/desk/files/in/{batch.public_id}/"
    assert client.post(f"{url}columns/", {"sheet": "0"}).status_code == 302
    checked = importing.check(batch=batch)
    assert checked.counts == {"section": 5, "good": 2}
    assert client.get(url).status_code == 200
    assert client.post(f"{url}apply/").status_code == 302
    batch.refresh_from_db()
    assert batch.state == "checked"
    (sheet,) = reading.read(client.get(f"{url}table.xlsx").content, "x.xlsx")
    assert [[reading.text_of(cell) for cell in row] for row in sheet.rows[2:]] == [
        ["甲区（2家）", "1", "老张面馆", "3"],
        ["甲区（2家）", "2", "老李面馆", "4"],
    ]


def test_firms_and_places_come_in_and_go_out_again(street, client):
    code = "92999999MA00BHCP1"
    from wangge.domains.people.identity import credit_check

    data = f"单位名称,统一社会信用代码,单位类型,地址,从业人数,联系人,联系电话\n老张面馆,{code}{credit_check(code)},个体工商户,槐荫路18号,3人,张福来,10012340010\n某协会,,协会,槐荫路20号,,,\n".encode()
    sent(client, street, data, what="firms", name="市场主体.csv")
    batch = ImportBatch.objects.get()
    client.post(f"/desk/files/in/{batch.public_id}/columns/", columns(batch))
    assert importing.check(batch=batch).counts == {"good": 2, "section": 1}
    importing.ask_apply(by=street.fang, batch=batch)
    assert importing.apply(batch=batch).counts == {"added": 2, "section": 1}
    firms = Firm.objects.unscoped("the test looks").order_by("pk")
    assert [(firm.name, firm.kind, firm.staff) for firm in firms] == [
        ("老张面馆", "shop", 3),
        ("某协会", "social", None),
    ]
    assert b"10012340010" not in bytes(firms[0].contact_phone)
    importing.ask_undo(by=street.fang, batch=batch)
    assert importing.undo(batch=batch).counts == {"undone": 2, "section": 1}
    assert firms.filter(valid_to__isnull=True).count() == 0
    sent(client, street, "学校名称,所在地\n槐荫小学,槐荫路1号\n".encode(), what="sites", name="学校.csv")
    schools = ImportBatch.objects.order_by("-pk").first()
    client.post(f"/desk/files/in/{schools.public_id}/columns/", columns(schools, kind="school"))
    importing.check(batch=schools)
    importing.ask_apply(by=street.fang, batch=schools)
    assert importing.apply(batch=schools).counts == {"added": 1, "section": 1}
    assert [(site.name, site.kind) for site in Site.objects.all()] == [("槐荫小学", "school")]


def test_an_empty_sheet_to_fill_in(street, client):
    (sheet,) = reading.read(client.get("/desk/files/in/template/persons.xlsx").content, "x.xlsx")
    assert "姓名" in sheet.rows[1]
    assert client.get("/desk/files/in/template/table.xlsx").status_code == 404


def test_a_list_is_asked_for_agreed_and_fetched_once(street, client, homes_in):
    page = client.get("/desk/files/out/ask/")
    assert page.status_code == 200
    given = {
        "what": "persons", "area": street.community.pk, "purpose": "visit", "reason": "走访名册，逐户核对。", "file_format": "xlsx",
        "field_name": "name:whole", "field_id_number": "id_number:whole", "field_room": "room",
    }  # fmt: skip
    assert client.post("/desk/files/out/ask/", given | {"reason": "略"}).status_code == 422
    assert client.post("/desk/files/out/ask/", given | {"purpose": "rescue"}).status_code == 422
    assert ExportRequest.objects.count() == 0
    answer = client.post("/desk/files/out/ask/", given)
    row = ExportRequest.objects.get()
    url = f"/desk/files/out/{row.public_id}/"
    assert (answer.status_code, answer.url, row.state) == (302, url, "asked")
    assert client.post(f"{url}decide/", {"decision": "agree"}).status_code == 403
    chief = Client()
    street.log_in(chief, street.luo)
    assert row.public_id.hex[:8] in chief.get("/desk/files/out/").content.decode()
    assert 'value="agree"' in chief.get(url).content.decode()
    assert chief.get(f"{url}file/").status_code in (403, 405)
    assert chief.post(f"{url}decide/", {"decision": "perhaps"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "asked"
    assert chief.post(f"{url}decide/", {"decision": "agree"}).status_code == 302
    exporting.build(request=row)
    assert client.get(url).status_code == 200
    file = client.post(f"{url}file/")
    assert (file.status_code, file["Content-Disposition"]) == (
        200,
        f'attachment; filename="wangge-persons-{exporting.number_of(row)}.xlsx"',
    )
    assert file["Cache-Control"] == "no-store"
    again = client.post(f"{url}file/")
    assert (again.status_code, again.url) == (302, url)
    stranger = Client()
    street.log_in(stranger, street.zhao)
    assert stranger.get(url).status_code in (403, 404)


@pytest.fixture
def homes_in(street):
    batch = importing.bring(
        by=street.fang, what="persons", area=street.community, data=files.xlsx(files.residents(6)), file_name="x.xlsx",
        as_of=dt.date(2026, 3, 1),
    )  # fmt: skip
    chosen = {int(key): value for key, value in batch.mapping["columns"].items()}
    importing.choose_columns(by=street.fang, batch=batch, sheet=batch.mapping["sheet"], columns=chosen)
    importing.check(batch=batch)
    importing.ask_apply(by=street.fang, batch=batch)
    return importing.apply(batch=batch)


def test_missing_rooms_are_built_where_somebody_chooses_so(street, client):
    rows = files.residents(3)
    for n, row in enumerate(rows):
        row[1], row[3], row[files.HEADINGS.index("房号")] = f"H{n}", "户主", f"30{n + 3}"
    sent(client, street, files.xlsx(rows))
    batch = ImportBatch.objects.get()
    url = f"/desk/files/in/{batch.public_id}/"
    assert 'name="build"' in client.get(url).content.decode()
    rooms = Room.objects.count()
    assert client.post(f"{url}columns/", columns(batch, build="on")).status_code == 302
    importing.check(batch=batch)
    page = client.get(url).content.decode()
    assert "将新建 3 套房屋" in page
    assert "303" in page
    assert Room.objects.count() == rooms
    assert 'name="build" ' in (again := client.get(f"{url}?columns=1").content.decode())
    assert "checked" in again
    client.post(f"{url}apply/")
    importing.apply(batch=batch)
    assert Room.objects.count() == rooms + 3
    assert "本文件新建了 3 套房屋" in client.get(url).content.decode()


def test_who_was_erased_meanwhile_is_said(street, client):
    """The undo is not refused: it leaves those rows out and says how many."""
    sent(client, street, files.xlsx(files.residents(6)))
    batch = ImportBatch.objects.get()
    url = f"/desk/files/in/{batch.public_id}/"
    client.post(f"{url}columns/", columns(batch))
    importing.check(batch=batch)
    client.post(f"{url}apply/")
    importing.apply(batch=batch)
    said = "rows were erased meanwhile"
    assert said not in client.get(url, headers={"accept-language": "en"}).content.decode()
    erasing.erase(person=ImportRow.objects.get(batch=batch, number=3).person, reason="request")
    assert f"1 of 6 {said}" in client.get(url, headers={"accept-language": "en"}).content.decode()
    assert client.post(f"{url}undo/").status_code == 302
    importing.undo(batch=batch)
    assert f"1 of 6 {said}" in client.get(url, headers={"accept-language": "en"}).content.decode()
    batch.refresh_from_db()
    assert batch.counts == {"undone": 5, "left": 1, "section": 2}
