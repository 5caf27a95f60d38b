"""Lists go out: masked, agreed to, marked, once; and what went out comes back as it was."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wangge.domains.people.actions import exporting
from wangge.domains.people.exchange import cells, listing, reading, writing
from wangge.domains.people.models import ExportRequest, Membership, Person, PrivacyAlert
from wangge.domains.people.tests import sheet_files as files
from wangge.domains.people.tests.test_importing import applied, counts
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock, keystore, worktime
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.duties.models import Duty
from wangge.foundation.duties.queries import to_do
from wangge.foundation.notifications.models import Notice

WHOLE = ["id_number:whole" if key == "id_number" else f"{key}:whole" if key in listing.maskable("persons") else key for key in listing.OFFERED["persons"]]  # fmt: skip


def asked(town, *, by=None, area=None, **more) -> ExportRequest:
    values = {
        "what": "persons", "fields": ["name", "id_number", "phone", "building", "room"], "purpose": "visit",
        "reason": "走访名册，逐户核对。",
    } | more  # fmt: skip
    return exporting.ask(by=by or town.fang, area=area or town.community, **values)


def table(content: bytes) -> list[list[str]]:
    (one,) = reading.read(content, "x.xlsx")
    return [[reading.text_of(cell) for cell in row] for row in one.rows]


@pytest.fixture
def hundred(town):
    files.ground(town.grid1, buildings=3)
    applied(town, files.xlsx(files.residents(110)))
    return town


def test_a_short_masked_list_is_ready_at_once(town, homes):
    row = asked(town)
    assert (row.state, row.rows, row.decided_by) == ("ready", 9, None)
    assert Duty.objects.count() == 0
    found = exporting.fetch(by=town.fang, request=row)
    rows = table(found.content)
    assert rows[1] == ["姓名", "身份证号码", "联系电话", "楼栋", "房号"]
    # Wang lives in 302; his tenants in 401; grid 2 belongs to the community too.
    assert sorted(row[0] for row in rows[2:]) == sorted(
        ["吴*芬", "王*国", "李*英", "王*", "韩*", "周*", "程*刚", "单*芳", "程*雨"]
    )
    assert all("*" in row[1] for row in rows[2:])
    row.refresh_from_db()
    assert (row.state, row.file) == ("fetched", None)
    assert PrivacyAlert.objects.count() == 0
    assert list(AuditEntry.objects.filter(kind__startswith="export.").order_by("pk").values_list("kind", flat=True)) == [
        "export.ask", "export.build", "export.fetch",
    ]  # fmt: skip


def test_a_file_is_fetched_once_and_its_key_destroyed(town, homes, django_capture_on_commit_callbacks):
    row = asked(town)
    with django_capture_on_commit_callbacks(execute=True):
        exporting.fetch(by=town.fang, request=row)
    assert keystore.keys().get_many([row.public_id]) == {}
    with pytest.raises(exporting.ExportGoneError):
        exporting.fetch(by=town.fang, request=row)
    assert AuditEntry.objects.filter(kind="export.fetch").count() == 1


def test_it_is_sealed_and_gone_after_seven_days(town, homes):
    row = ExportRequest.objects.get(pk=asked(town).pk)
    assert b"PK\x03\x04" not in bytes(row.file)
    assert row.expires_at - row.asked_at == dt.timedelta(days=7)
    late = row.expires_at + dt.timedelta(seconds=1)
    with pytest.raises(exporting.ExportGoneError):
        exporting.fetch(by=town.fang, request=row, at=late)
    assert exporting.expire(at=late) == 1
    row.refresh_from_db()
    assert (row.state, row.file) == ("expired", None)


def test_more_than_a_hundred_needs_a_second_person(hundred):
    town = hundred
    row = asked(town)
    assert (row.state, row.rows, row.file) == ("asked", 110, None)
    # Told: who holds the right there — the duty chief and the privacy officer; nobody else.
    assert set(Notice.objects.filter(kind="export.asked").values_list("user__username", flat=True)) == {"luo", "tan"}
    assert [one.pk for one in exporting.to_decide(town.luo)] == [row.pk]
    # It waits on the to-do list of both for two working days, and on nobody else's.
    for second in (town.luo, town.tan):
        (duty,) = to_do(second, kind="export.decide")
        assert (duty.subject_type, duty.subject_id, duty.label) == ("exportrequest", row.pk, str(row.public_id))
        assert duty.due_at == worktime.deadline(row.asked_at, "working_days", 2).at
    for nobody in (town.fang, town.chen, town.zhao, town.lin, town.bai):
        assert to_do(nobody, kind="export.decide") == []
    for nobody in (town.fang, town.chen, town.zhao, town.lin):
        with pytest.raises(NotAllowedError):
            exporting.decide(by=nobody, request=row, agree=True)
    with pytest.raises(exporting.ExportGoneError):
        exporting.fetch(by=town.fang, request=row)
    assert len(to_do(town.luo, kind="export.decide")) == 1  # a refusal closes nothing
    assert exporting.decide(by=town.luo, request=row, agree=True).state == "agreed"
    assert [to_do(second, kind="export.decide") for second in (town.luo, town.tan)] == [[], []]
    assert exporting.build(request=row).state == "ready"
    with pytest.raises(NotAllowedError):
        exporting.fetch(by=town.luo, request=row)
    found = exporting.fetch(by=town.fang, request=row)
    assert len(table(found.content)) == 112
    alert = PrivacyAlert.objects.get()
    assert (alert.kind, alert.user, alert.purpose) == ("export", town.fang, "visit")


def test_whole_identity_numbers_need_a_second_person_whatever_the_number(town, homes):
    row = asked(town, fields=["name", "id_number:whole"])
    assert (row.rows, row.state) == (9, "asked")
    assert exporting.decide(by=town.tan, request=row, agree=False).state == "refused"
    assert to_do(town.luo, kind="export.decide") == []
    assert exporting.build(request=row).state == "refused"
    with pytest.raises(ConflictError):
        exporting.decide(by=town.luo, request=row, agree=True)
    assert ExportRequest.objects.get().file is None


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        ({"purpose": "rescue"}, "purpose"), ({"purpose": ""}, "purpose"), ({"reason": " 工作 "}, "reason"),
        ({"fields": []}, "fields"), ({"fields": ["name", "tokens"]}, "fields"), ({"fields": ["name", "name:whole"]}, "fields"),
        ({"fields": ["room:whole"]}, "fields"), ({"what": "cases"}, "what"),
    ],
)  # fmt: skip
def test_what_is_asked_wrongly_is_refused(given_, field, town, homes):
    with pytest.raises(InvalidError) as refused:
        asked(town, **given_)
    assert refused.value.field == field
    assert (ExportRequest.objects.count(), AuditEntry.objects.filter(kind__startswith="export").count()) == (0, 0)


def test_only_for_ones_own_place(town, homes):
    for by, area in (
        (town.fang, town.community2),
        (town.fang, town.south),
        (town.lin, town.grid1),
        (town.luo, town.south),
    ):
        with pytest.raises(NotAllowedError):
            asked(town, by=by, area=area)
    row = asked(town)
    assert exporting.get_request(town.luo, row.public_id).pk == row.pk
    for stranger in (town.lin, town.zhao, town.chen):
        with pytest.raises(NotFoundError):
            exporting.get_request(stranger, row.public_id)


def test_every_copy_says_who_took_it(town, homes):
    found = exporting.fetch(by=town.fang, request=asked(town))
    with zipfile.ZipFile(io.BytesIO(found.content)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    page = parts["xl/worksheets/sheet1.xml"].decode()
    number = exporting.number_of(ExportRequest.objects.get())
    assert f"方敏（fang） {clock.now().astimezone(clock.OFFICE):%Y-%m-%d}" in page
    assert number in page
    assert number in parts["docProps/core.xml"].decode()
    assert "<picture " in page  # on the screen
    assert "&amp;G" in page  # on paper
    assert sum(name.startswith("xl/media/") for name in parts) == 2
    assert 'orientation="landscape"' in page
    assert "<f>" not in page
    assert "Print_Titles" in parts["xl/workbook.xml"].decode()
    assert "仿宋" in parts["xl/styles.xml"].decode()


def test_what_goes_out_whole_comes_back_the_same(hundred):
    """Export → import is identity: everybody is recognised, nothing is changed, nobody is added."""
    town = hundred
    row = asked(town, fields=WHOLE)
    exporting.decide(by=town.luo, request=row, agree=True)
    exporting.build(request=row)
    content = exporting.fetch(by=town.fang, request=row).content
    before = counts()
    stated = list(Person.objects.unscoped("the test").order_by("pk").values_list("stated_on", "area_path", "tokens"))
    back = applied(town, content, name="名单.xlsx")
    assert back.counts == {"same": 110, "section": 2}
    assert counts() == before
    assert (
        list(Person.objects.unscoped("the test").order_by("pk").values_list("stated_on", "area_path", "tokens"))
        == stated
    )


@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
def test_into_an_empty_registry_it_comes_back_the_same(file_format, hundred):
    """The same list, after everybody was taken out again: the new entries say what the old ones said."""
    town = hundred
    row = asked(town, fields=WHOLE, file_format=file_format)
    exporting.decide(by=town.luo, request=row, agree=True)
    exporting.build(request=row)
    content = exporting.fetch(by=town.fang, request=row).content
    first = sorted(listing.rows("persons", town.community.path, [f for f in WHOLE if f != "house"]))
    from wangge.domains.people.actions import importing
    from wangge.domains.people.models import ImportBatch

    batch = ImportBatch.objects.get()
    importing.ask_undo(by=town.fang, batch=batch)
    assert importing.undo(batch=batch).counts == {"undone": 110, "section": 2}
    assert Membership.objects.count() == 0
    back = applied(town, content, name=f"名单.{file_format}")
    assert back.counts["added"] == 110
    assert sorted(listing.rows("persons", town.community.path, [f for f in WHOLE if f != "house"])) == first


_text = st.text(
    st.characters(
        blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Co", "Cn"), blacklist_characters="\ufeff\u200b\u3000"
    ),
    min_size=1,
    max_size=20,
).filter(lambda text: text not in cells._BLANK and text == text.strip())


_cells = st.tuples(_text, st.sampled_from(["", "=cmd|'/c calc'!A0", "+1", "-1", "@SUM(A1)", "'=1", "'a"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(_cells, min_size=1, max_size=8))
def test_text_survives_both_formats(pairs):
    columns = [writing.Column("姓名"), writing.Column("工作单位"), writing.Column("性别")]
    rows = [[left, right, "男"] for left, right in pairs]
    wanted = [[left, right, "男"] for left, right in pairs]
    files_ = [writing.xlsx(title="表", columns=columns, rows=rows)]
    if not any(mark in cell for row in rows for cell in row for mark in ';\t|，,"\r\n'):
        files_.append(writing.csv_file(columns=columns, rows=rows))
    for content in files_:
        (one,) = reading.read(content, "x.csv")
        found = [[reading.text_of(cell) for cell in row] for row in one.rows[-len(rows) :]]
        assert [[cell[1:] if cell.startswith(("'", "\u2019")) else cell for cell in row] for row in found] == wanted


def test_no_cell_is_a_formula_in_either_format():
    rows = [['=HYPERLINK("x")', "+1", "-1", "@x", "\t=1", "12345678901234567"]]
    columns = [writing.Column(str(n)) for n in range(6)]
    page = zipfile.ZipFile(io.BytesIO(writing.xlsx(title="表", columns=columns, rows=rows))).read(
        "xl/worksheets/sheet1.xml"
    )
    assert b"<f>" not in page
    assert page.count(b't="s"') + page.count(b't="inlineStr"') >= 6
    line = writing.csv_file(columns=columns, rows=rows).decode("gb18030").splitlines()[1]
    assert line == '"\'=HYPERLINK(""x"")",\'+1,\'-1,\'@x,\'\t=1,12345678901234567'


def test_firms_are_masked_too(town, homes):
    row = asked(town, what="firms", fields=["name", "contact_name", "contact_phone"])
    rows = table(exporting.fetch(by=town.fang, request=row).content)
    assert rows[2] == ["老张面馆", "张*来", "100****0010"]
