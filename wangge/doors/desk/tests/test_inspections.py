"""Inspections from a browser: draw, look, write down, conclude, export; read-only, and never a contact."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest

from wangge.domains.cases import actions
from wangge.domains.cases.actions import inspecting
from wangge.domains.cases.models import InspectedCase, Inspection
from wangge.doors.desk.supervision.inspections import inert
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock


@pytest.fixture
def case(town):
    found = town.evaluating(text="小区门口有人搭棚。")
    actions.evaluate(report=town.voice(found), solved="yes", satisfied="yes", comment="谢谢，我家住三单元")
    return town.read(found)


@pytest.fixture
def inspection(town, case):
    day = clock.today()
    return inspecting.draw(
        by=town.qian, area=town.south, method="random", first_day=day, last_day=day, size=5, seed="甲"
    )


def url(inspection, rest=""):
    return f"/desk/inspections/{inspection.pk}/{rest}"


def test_a_sample_is_drawn_from_the_form(town, case, at_desk):
    day = clock.today().isoformat()
    form = {"area": town.south.pk, "method": "random", "first_day": day, "last_day": day, "size": "3", "seed": "春季"}
    client = at_desk("qian")
    answer = client.post("/desk/inspections/", form)
    drawn = Inspection.objects.unscoped("the test").get()
    assert (answer.status_code, answer["Location"]) == (302, url(drawn))
    assert (drawn.seed, drawn.population, drawn.by) == ("春季", 1, town.qian)
    page = client.get(url(drawn)).content.decode()
    for word in (case.number, "春季", "1 / 1", drawn.number):
        assert word in page, word
    assert drawn.number in client.get("/desk/inspections/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"size": "0"}, {"size": "101"}, {"method": "x"}, {"first_day": "2026-02-30"}, {"area": "999999"}, {"area": ""},
     {"last_day": "2999-01-01"}, {"first_day": "2024-01-01"}, {"method": "hung"}, {"seed": "长" * 41}],
)  # fmt: skip
def test_a_form_that_cannot_be_drawn_keeps_what_was_typed(town, case, at_desk, wrong):
    day = clock.today().isoformat()
    form = {"area": town.south.pk, "method": "random", "first_day": day, "last_day": day, "size": "3", "seed": "记号"}
    answer = at_desk("qian").post("/desk/inspections/", form | wrong)
    assert answer.status_code == 422
    assert (form | wrong)["seed"] in answer.content.decode()
    assert Inspection.objects.unscoped("the test").count() == 0


def test_process_data_only(town, case, inspection, at_desk):
    page = at_desk("qian").get(url(inspection, f"cases/{case.number}/")).content.decode()
    for word in ("何勇", "陈立", "综合执法队", "已现场拆除泡沫板房并清运。"):
        assert word in page, word
    for word in ("小区门口有人搭棚", "我家住三单元", "吴", "10012345678", "林晓"):
        assert word not in page, word
    read = AuditEntry.objects.get(kind="inspection.read")
    assert (read.actor_id, read.data) == (town.qian.pk, {"case": case.pk})


def test_a_finding_its_order_and_its_answer(town, case, inspection, at_desk):
    client, address = at_desk("qian"), url(inspection, f"cases/{case.number}/")
    assert client.post(address, {"finding": "late", "note": " "}).status_code == 422
    assert client.post(address, {"note": "有问题"}).status_code == 422
    assert InspectedCase.objects.get().finding == ""
    answer = client.post(address, {"finding": "late", "note": "超期三日", "put_right_what": "书面说明"})
    assert (answer.status_code, answer["Location"]) == (302, url(inspection))
    page = client.get(address).content.decode()
    assert "书面说明" in page
    assert client.post(address, {"put_right": ""}).status_code == 422
    assert client.post(address, {"put_right": "已于次日说明"}).status_code == 302
    found = InspectedCase.objects.get()
    assert (found.note, found.put_right_what, found.put_right) == ("超期三日", "书面说明", "已于次日说明")


def test_the_conclusion(town, case, inspection, at_desk):
    client = at_desk("qian")
    early = client.post(url(inspection, "conclude/"), {"conclusion": "总体良好"})
    assert early.status_code == 422
    assert "总体良好" in early.content.decode()
    client.post(url(inspection, f"cases/{case.number}/"), {"finding": "fine"})
    assert client.post(url(inspection, "conclude/"), {"conclusion": ""}).status_code == 422
    assert client.post(url(inspection, "conclude/"), {"conclusion": "总体良好"}).status_code == 302
    inspection.refresh_from_db()
    assert inspection.conclusion == "总体良好"
    assert client.post(url(inspection, f"cases/{case.number}/"), {"finding": "late", "note": "x"}).status_code == 422
    assert InspectedCase.objects.get().finding == "fine"
    assert "总体良好" in client.get(url(inspection)).content.decode()


def test_the_file_holds_no_formula(town, case, inspection, at_desk):
    inspecting.find(
        by=town.qian, inspected=InspectedCase.objects.get(), finding="other", note="=HYPERLINK(1)", put_right_what="+1"
    )
    answer = at_desk("qian").get(url(inspection, "cases.csv"))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="inspection-{inspection.pk}.csv"'
    _heads, line = csv.reader(io.StringIO(answer.content.decode().removeprefix("\ufeff")))
    assert line[0] == inspection.number
    assert line[2] == case.number
    assert (line[8], line[9], line[10]) == ("'=HYPERLINK(1)", "'+1", "")
    assert AuditEntry.objects.get(kind="inspection.export").data == {"cases": 1}


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1"])
def test_what_begins_like_a_formula_is_text(text):
    assert inert(text) == f"'{text}"
    assert inert(f"a{text}") == f"a{text}"


def test_who_gets_nowhere(town, case, inspection, at_desk):
    addresses = ("", f"cases/{case.number}/", "cases.csv")
    for who in ("luo", "chen", "he", "zhao", "lin", "root", "tan"):
        client = at_desk(who)
        assert client.get("/desk/inspections/").status_code == 403, who
        for rest in addresses:
            assert client.get(url(inspection, rest)).status_code == 403, (who, rest)
        assert client.post(url(inspection, "conclude/"), {"conclusion": "x"}).status_code == 403, who
    assert AuditEntry.objects.filter(kind="inspection.read").count() == 0


def test_another_streets_inspection_is_not_there(town, case, inspection, client):
    from tests.town import SINCE
    from wangge.foundation.accounts import actions as accounts

    other = accounts.add_user(by=None, username="jian", name="检北", password=None)
    accounts.give_post(
        by=None, user=other, role="discipline_inspector", valid_from=SINCE, organisation=town.north_office,
        area=town.north,
    )  # fmt: skip
    town.log_in(client, other)
    assert inspection.number not in client.get("/desk/inspections/").content.decode()
    for rest in ("", f"cases/{case.number}/", "cases.csv"):
        assert client.get(url(inspection, rest)).status_code == 404
    assert client.post(url(inspection, "conclude/"), {"conclusion": "x"}).status_code == 404
    foreign = {
        "area": town.south.pk,
        "method": "random",
        "first_day": "2026-01-01",
        "last_day": "2026-01-02",
        "size": 3,
    }
    assert client.post("/desk/inspections/", foreign).status_code == 422
    assert Inspection.objects.unscoped("the test").count() == 1


def test_a_case_outside_the_sample_is_not_there(town, inspection, at_desk):
    other = town.reported()
    client = at_desk("qian")
    assert client.get(url(inspection, f"cases/{other.number}/")).status_code == 404
    assert client.post(url(inspection, f"cases/{other.number}/"), {"finding": "fine"}).status_code == 404


def test_days_of_a_year_at_most(town, case, at_desk):
    form = {"area": town.south.pk, "method": "random", "size": "3", "seed": ""}
    day = clock.today()
    form |= {"first_day": (day - dt.timedelta(days=366)).isoformat(), "last_day": day.isoformat()}
    assert at_desk("qian").post("/desk/inspections/", form).status_code == 422
    assert Inspection.objects.unscoped("the test").count() == 0
