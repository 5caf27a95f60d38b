"""10,000 rows with 137 planted errors: exactly those are reported, by row, column and reason (RELIABILITY S12)."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter

import pytest

from wangge.domains.people.exchange import batches
from wangge.domains.people.exchange.issues import WORDS, sentence
from wangge.domains.people.models import Person
from wangge.domains.people.tests import sheet_files as files
from wangge.domains.people.tests.test_importing import checked

ROWS, PLANTED = 10_000, 137
C = {heading: column for column, heading in enumerate(files.HEADINGS)}


def _checksum(row):
    number = row[C["身份证号码"]]
    row[C["身份证号码"]] = number[:16] + str((int(number[16]) + 2) % 10) + number[17]


def _serial_day(row):
    row[C["出生日期"]] = "1990-02-31"


def _set(heading, value):
    def plant(row):
        row[C[heading]] = value

    return plant


def _other_birth(row):
    row[C["出生日期"]] = "1951-01-01"


def _other_sex(row):
    row[C["性别"]] = "女" if row[C["性别"]] == "男" else "男"


def _no_number_and_old(row):
    row[C["身份证号码"]], row[C["出生日期"]] = "", "1880-01-01"


def _no_number_and_future(row):
    row[C["身份证号码"]], row[C["出生日期"]] = "", "2027-01-01"


def _id_month_13(row):
    row[C["身份证号码"]] = row[C["身份证号码"]][:10] + "13" + row[C["身份证号码"]][12:]


# what is done to a row → (field, code) that must be reported
PLANTS = [
    (_set("姓名", ""), ("name", "missing")),
    (_set("姓名", 12345.0), ("name", "name_wrong")),
    (_set("身份证号码", 3.71702199001011e17), ("id_number", "id_digits_lost")),
    (_set("身份证号码", "4.1E+17"), ("id_number", "id_digits_lost")),
    (_set("身份证号码", "99999919900101"), ("id_number", "id_length")),
    (_set("身份证号码", "99999919900101A234"), ("id_number", "id_characters")),
    (_id_month_13, ("id_number", "id_date")),
    (_checksum, ("id_number", "id_checksum")),
    (_serial_day, ("born", "born_unreadable")),
    (_set("出生日期", "昨天"), ("born", "born_unreadable")),
    (_no_number_and_old, ("born", "born_too_old")),
    (_no_number_and_future, ("born", "born_future")),
    (_other_birth, ("born", "born_not_as_id")),
    (_other_sex, ("sex", "sex_not_as_id")),
    (_set("性别", "不明"), ("sex", "sex_unknown")),
    (_set("联系电话", "12345"), ("phone", "phone_wrong")),
    (_set("联系电话", "1.0E+10"), ("phone", "phone_digits_lost")),
    (_set("与户主关系", "邻居的猫"), ("role", "role_unknown")),
    (_set("小区", "桃花源"), ("compound", "compound_unknown")),
    (_set("楼栋", "99号楼"), ("building", "building_unknown")),
    (_set("单元", "9单元"), ("unit", "unit_unknown")),
    (_set("房号", "9909"), ("room", "room_unknown")),
    (_set("房号", ""), ("room", "place_missing")),
]


@pytest.fixture
def street(town):
    files.ground(town.grid1, buildings=30, units=4, floors=11, per_floor=3)
    return town


def test_exactly_the_planted_errors_are_reported(street):
    rows = files.residents(ROWS, units=4, floors=11, per_floor=3)
    rng = random.Random(137)
    # Heads stay as they are: without one, what follows in the household would be wrong too.
    chosen = sorted(rng.sample([n for n, row in enumerate(rows) if row[C["与户主关系"]] != "户主"], PLANTED - 2))
    planted = {}
    for count, index in enumerate(chosen):
        plant, expected = PLANTS[count % len(PLANTS)]
        plant(rows[index])
        planted[index + 3] = expected  # one title, one heading, counted from 1
    clean = [n for n, row in enumerate(rows) if n + 3 not in planted]
    twin, head = clean[5000], next(n for n in clean[6000:] if rows[n][C["与户主关系"]] == "妻")
    first = clean[100]
    rows[twin][C["身份证号码"]] = rows[first][C["身份证号码"]]
    rows[twin][C["出生日期"]], rows[twin][C["性别"]] = rows[first][C["出生日期"]], rows[first][C["性别"]]
    planted[twin + 3] = ("id_number", "duplicate")
    rows[head][C["与户主关系"]] = "户主"
    planted[head + 3] = ("role", "two_heads")
    batch = checked(street, files.xlsx(rows))
    assert batch.counts == {"good": ROWS - PLANTED, "wrong": PLANTED, "section": 2, "known": 0}
    found = {
        row.number: [(issue["field"], issue["code"]) for issue in row.issues] for row in batches.every_fault(batch)
    }
    assert found == {number: [expected] for number, expected in planted.items()}
    assert len(found) == PLANTED
    assert Person.objects.unscoped("nothing was taken in").count() == 0
    codes = Counter(issue["code"] for row in batches.every_fault(batch) for issue in row.issues)
    assert set(codes) <= set(WORDS)
    told = next(row for row in batches.every_fault(batch) if row.number == twin + 3)
    assert told.issues == [{"field": "id_number", "code": "duplicate", "row": first + 3}]
    assert str(first + 3) in sentence(told.issues[0])


def test_no_reason_carries_a_value(street):
    rows = files.residents(3)
    rows[0][C["身份证号码"]] = "999999199001011235"
    batch = checked(street, files.xlsx(rows))
    row = batches.faults(batch)[0]
    assert "999999" not in str(row.issues)
    assert all(isinstance(value, str | int) for issue in row.issues for value in issue.values())
    assert batch.as_of == dt.date(2026, 3, 1)
