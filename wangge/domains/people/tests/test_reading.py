"""Cells, headings, layouts and addresses as offices write them; and files that are weapons."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from wangge.domains.people.exchange import cells, reading, rooms, sheets
from wangge.domains.people.exchange.issues import WORDS, CellError, sentence
from wangge.domains.people.exchange.layout import Kind, label_key, lay_out
from wangge.domains.people.exchange.reading import Sheet, UnreadableFileError
from wangge.domains.people.tests import sheet_files as files

ON = dt.date(2026, 3, 1)
LEDGERS = Path(os.environ.get("WANGGE_DATA", Path(__file__).resolve().parents[5] / "shared/data")) / "ledgers"
needs_ledgers = pytest.mark.skipif(not LEDGERS.is_dir(), reason=f"SKIPPED LOUDLY: no ledgers in {LEDGERS.name}")


def sheet(rows, **more) -> Sheet:
    return Sheet("表", [list(row) for row in rows], **more)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (44197.0, "2021-01-01"), ("44197", "2021-01-01"), ("2021.3.5", "2021-03-05"), ("2021年3月", "2021-03"),
        ("2021年3月5日", "2021-03-05"), ("2021-03-05", "2021-03-05"), ("20210305", "2021-03-05"), (20210305.0, "2021-03-05"),
        ("2021/3/5", "2021-03-05"), ("2021-3-5 00:00:00", "2021-03-05"), ({"d": "2021-03-05"}, "2021-03-05"),
        ("２０２１年３月５日", "2021-03-05"), (1950.0, "1950"), ("1950年", "1950"), (2021.3, "2021-03"), (2021.11, "2021-11"),
        ("202103", "2021-03"), ("'2021-03-05", "2021-03-05"), ("", ""), ("无", ""),
    ],
)  # fmt: skip
def test_dates_in_every_writing(cell, day):
    assert cells.date(cell) == day


@pytest.mark.parametrize("cell", ["2021-02-30", "5/3/2021", "昨天", 2021.1, "2021.13.1", -5.0, 99999999.0])
def test_what_is_no_date(cell):
    with pytest.raises(CellError) as refused:
        cells.date(cell)
    assert refused.value.code == "date_unreadable"


@pytest.mark.parametrize("cell", [4.1e17, 999999199001011234.0, "4.1E+17", "9.99999E+17", "999999199001022000"])
def test_a_number_that_lost_digits_says_so(cell):
    with pytest.raises(CellError) as refused:
        cells.resident_id(cell, on=ON)
    assert refused.value.code == "id_digits_lost"


def test_an_identity_number_in_other_writings_is_the_same():
    number = files.id_number(dt.date(1990, 1, 2), 101)
    wide = "".join(chr(ord(char) + 0xFEE0) for char in number)
    for writing in (number, f"'{number}", f" {number[:6]} {number[6:]} ", wide, number.lower()):
        assert cells.resident_id(writing, on=ON).number == number
    assert cells.resident_id("", on=ON) is None


@pytest.mark.parametrize(
    ("cell", "phone"),
    [
        (10012345678.0, "10012345678"), ("100 1234 5678", "10012345678"), ("+86 10012345678", "10012345678"),
        ("100-1234-5678", "10012345678"), ("0999-1234567", "0999-1234567"), ("10012345678/10087654321", "10012345678"),
        ("无", ""), ("", ""),
    ],
)  # fmt: skip
def test_phones(cell, phone):
    assert cells.phone(cell) == phone


@pytest.mark.parametrize(
    ("cell", "role"), [("户主", "head"), ("长女", "child"), ("儿媳", "child"), ("外孙", "grandchild")]
)
def test_relations(cell, role):
    assert cells.role(cell) == role


def test_every_code_has_a_sentence():
    for code in WORDS:
        assert sentence({"code": code, "row": 3, "said": 5, "found": 4})
    assert "%(" not in sentence({"code": "duplicate", "row": 3})


def test_headings_are_found_under_titles_and_in_two_rows():
    found = lay_out(
        sheet(
            [
                ["居民信息登记表", "", "", "", ""],
                ["单位：某社区", "", "", "", ""],
                ["姓名", "住址", "", "", "联系方式"],
                ["", "楼号", "单元", "房号", ""],
                ["王芳", "3", "2", "301", "10012345678"],
                ["合计", "", "", "", "1"],
                ["填表人：李四", "", "", "", ""],
            ],
            merged=((0, 0, 0, 4), (2, 1, 2, 3), (2, 0, 3, 0), (2, 4, 3, 4)),
        ),
        known=sheets.known(),
    )
    assert found.header_rows == (3, 4)
    assert found.labels == ("姓名", "住址/楼号", "住址/单元", "住址/房号", "联系方式")
    assert [str(line.kind) for line in found.lines] == ["title", "title", "header", "header", "data", "total", "note"]
    assert sheets.guess(sheets.PERSONS, found.labels) == {0: "name", 1: "building", 2: "unit", 3: "room", 4: "phone"}


def test_sections_are_recognised_and_counted():
    found = lay_out(
        sheet(
            [
                ["序号", "姓名", "电话"],
                ["第一网格（3户）", "", ""],
                [1.0, "王芳", ""],
                [2.0, "李敏", ""],
                ["3号楼", "", ""],
                [3.0, "赵强", ""],
            ],
        ),
        known=sheets.known(),
    )
    sections = [line for line in found.lines if line.kind is Kind.SECTION]
    assert [(line.number, line.said, line.found) for line in sections] == [(2, 3, 2), (5, None, 1)]
    assert [line.section for line in found.data()] == ["第一网格（3户）", "第一网格（3户）", "3号楼"]


def test_a_row_of_a_name_alone_is_a_wrong_row_not_a_heading():
    found = lay_out(sheet([["姓名", "电话", "房号"], ["王芳", "", ""]]), known=sheets.known())
    assert [str(line.kind) for line in found.lines] == ["header", "data"]


def test_cells_merged_downwards_hold_for_every_row():
    found = lay_out(
        sheet([["住址", "姓名"], ["3-2-301", "王芳"], ["", "李强"]], merged=((1, 0, 2, 0),)), known=sheets.known()
    )
    assert [line.cells[0] for line in found.data()] == ["3-2-301", "3-2-301"]


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("身份证", "id_number"), ("公民身份号码", "id_number"), ("证件号码", "id_number"), ("身 份 证 号", "id_number"),
        ("手机（必填）", "phone"), ("联系方式", "phone"), ("*姓名", "name"), ("与户主\n关系", "role"), ("楼号", "building"),
        ("详细地址", "address"), ("现住址", "address"), ("户主姓名", "head_name"),
    ],
)  # fmt: skip
def test_synonyms_of_headings(label, field):
    assert sheets.guess(sheets.PERSONS, [label]) == {0: field}


def test_what_is_never_taken_in_is_named():
    assert [label for label in ("民族", "宗教信仰", "血型", "姓名", "收入") if sheets.never_taken(label)] == [
        "民族", "宗教信仰", "血型", "收入",
    ]  # fmt: skip
    offered = {label_key(text) for kind in sheets.KINDS.values() for field in kind.fields for text in field.headings()}
    assert offered & {label_key(text) for text in sheets.NEVER} == set()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_text_in_every_code_page(encoding, separator):
    text = f"姓名{separator}电话\r\n王芳㛃{separator}10012345678\r\n"
    found = reading.read(text.encode(encoding), "名单.csv")
    assert [one.rows for one in found] == [[["姓名", "电话"], ["王芳㛃", "10012345678"]]]


def test_a_spreadsheet_keeps_its_row_numbers():
    found = reading.read(files.xlsx([[1, "x"]], headings=("序号", "姓名"), titles=("题", "", "")), "a.xlsx")
    assert [reading.text_of(row[0]) for row in found[0].rows] == ["题", "", "", "序号", "1"]


def _bomb() -> bytes:
    """A sheet that says it has the largest possible corner: two cells, seventeen thousand million places."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet()
    page.write(0, 0, "姓名")
    page.write(1_048_575, 16_383, "x")
    book.close()
    return out.getvalue()


def _zip_of_noughts() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(7):
            packed.writestr(f"xl/worksheets/sheet{number}.xml", b"0" * 100_000_000)
    return out.getvalue()


def _laughs() -> bytes:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    page = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{lines}]><worksheet><sheetData><row r="1"><c r="A1" t="str"><v>&l11;</v></c></row></sheetData></worksheet>'
    source = io.BytesIO(files.xlsx([["王芳"]], headings=("姓名",)))
    out = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            new.writestr(part, page if part.filename.endswith("sheet1.xml") else old.read(part))
    return out.getvalue()


HOSTILE = {
    "empty": b"",
    "spaces": b" \r\n ,,\r\n",
    "noise": bytes(range(256)) * 50,
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(5000),
    "program": b"MZ" + bytes(range(256)) * 20,
    "broken zip": b"PK\x03\x04" + b"\xff" * 3000,
    "broken xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xfe" * 4000,
    "nought": b"\x00" * 10_000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bytes_are_refused(data):
    with pytest.raises(UnreadableFileError):
        reading.read(data, "../../etc/passwd.xlsx")


@pytest.mark.parametrize("make", [_bomb, _zip_of_noughts, _laughs])
def test_weapons_are_refused_or_harmless(make):
    try:
        found = reading.read(make(), "x.xlsx")
    except UnreadableFileError:
        return
    assert sum(len(reading.text_of(cell)) for one in found for row in one.rows for cell in row) < 1000


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data):
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return
    with contextlib.suppress(UnreadableFileError):
        assert all(isinstance(one, Sheet) for one in reading.read(data, "x"))


@given(
    st.lists(
        st.lists(st.one_of(st.text(max_size=8), st.floats(allow_nan=False, allow_infinity=False)), max_size=6),
        max_size=15,
    )
)
def test_no_row_gets_lost(rows):
    found = lay_out(sheet(rows), known=sheets.known())
    assert [line.number for line in found.lines] == [n for n, row in enumerate(rows, start=1) if reading.filled(row)]


WRITINGS = [
    {"address": "物业所家属院3号楼2单元301"}, {"address": "物业所家属院三号楼二单元301室"}, {"address": "家属院3#2单元301"},
    {"address": "家属院3幢2单元301户"}, {"address": "某街道槐荫社区家属院３号楼２单元３０１"}, {"address": "家属院3-2-301"},
    {"address": "3栋2单元301"}, {"address": "家属院03号楼2单元301"}, {"address": "家属院3号楼2单元三层01"},
    {"compound": "家属院", "building": "3号楼", "unit": "2单元", "room": "301"}, {"building": "3", "unit": "2", "room": "301"},
    {"compound": "物业所家属院", "building": "三号楼", "unit": "二", "room": "301室"},
    {"compound": "物业所家属院", "building": "3栋", "room": "2-301"}, {"compound": "家属院", "building": "3#", "address": "2单元301"},
    {"compound": "家属院", "building": "三", "unit": "02", "room": "三〇一"}, {"building": "3幢", "address": "2-301"},
]  # fmt: skip


@pytest.mark.parametrize("writing", WRITINGS, ids=lambda w: "|".join(w.values()))
def test_a_dwelling_in_every_writing(writing, town, homes):
    known = rooms.Rooms(town.community.path, on=dt.date(2026, 3, 1))
    found = known.find(**writing)
    assert (found.room_id, found.area_path) == (homes.rooms["301"].pk, town.grid1.path)


@pytest.mark.parametrize(
    ("writing", "code", "field"),
    [
        ({"address": "家属院9号楼2单元301"}, "building_unknown", "address"),
        ({"address": "家属院3号楼2单元999"}, "room_unknown", "address"),
        ({"building": "3号楼", "room": "301"}, "place_ambiguous", "room"),
        ({"compound": "桃花源", "building": "3号楼", "room": "301"}, "compound_unknown", "compound"),
        ({"building": "3号楼", "unit": "7单元", "room": "301"}, "unit_unknown", "unit"),
        ({}, "place_missing", "room"),
        ({"address": "家属院北区3号楼2单元301"}, "building_unknown", "address"),
        ({"address": "家属院3号楼2单元3层"}, "room_unknown", "address"),
        ({"address": "家属院3号楼后面平房"}, "room_unknown", "address"),
        ({"address": "家属院3号楼2单元301北屋"}, "room_unknown", "address"),
    ],
)
def test_what_is_no_dwelling(writing, code, field, town, homes):
    known = rooms.Rooms(town.community.path, on=dt.date(2026, 3, 1))
    with pytest.raises(CellError) as refused:
        known.find(**writing)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_dwelling_of_another_place_is_not_found(town, homes):
    known = rooms.Rooms(town.community2.path, on=dt.date(2026, 3, 1))
    with pytest.raises(CellError) as refused:
        known.find(address="家属院3号楼2单元301")
    assert refused.value.code == "building_unknown"


@needs_ledgers
@pytest.mark.parametrize(
    "name", ["2016全国普通高校名单.xlsx", "moe_全国普通高等学校名单.xls", "五类学校信息.xlsx", "未合并的数据.xlsx"]
)
def test_the_messy_ledgers_come_in_whole(name):
    for one in reading.read((LEDGERS / name).read_bytes(), name):
        found = lay_out(one, known=sheets.known())
        filled = [number for number, row in enumerate(one.rows, start=1) if reading.filled(row)]
        assert [line.number for line in found.lines] == filled
        assert all(line.said == line.found for line in found.lines if line.said is not None)
        assert not any(line.kind in (Kind.TOTAL, Kind.NOTE) for line in found.lines)


@needs_ledgers
def test_their_sections_and_headings_are_recognised():
    (one, *_more) = reading.read((LEDGERS / "moe_全国普通高等学校名单.xls").read_bytes(), "x.xls")
    found = lay_out(one, known=sheets.known())
    assert found.header_rows == (3,)
    assert (len(found.data()), sum(line.kind is Kind.SECTION for line in found.lines)) == (2631, 31)
    assert found.data()[0].section == "北京市（92所）"
    assert sheets.guess(sheets.SITES, found.labels) == {1: "name", 4: "address"}
