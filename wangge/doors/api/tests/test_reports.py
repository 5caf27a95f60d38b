"""Reporting through the API: accepted once, refused clearly, followed by whoever made it."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import time_machine

from wangge.domains.cases import queries
from wangge.domains.cases.models import Case, Report
from wangge.domains.cases.workflow import S
from wangge.doors.api.tests.conftest import report_body
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core import clock
from wangge.foundation.core.models import ContradictingReplay, IdempotencyKey
from wangge.foundation.duties.models import Duty
from wangge.foundation.places import crs


def cases():
    return Case.objects.unscoped("the test looks at the rows")


def voices():
    return Report.objects.unscoped("the test looks at the rows")


def test_a_report_opens_a_case(town, calls):
    answer = calls(town.lin).post("/reports", report_body())
    assert answer.status_code == 201
    made = answer.json()
    case = cases().get()
    report = voices().get()
    assert dt.datetime.fromisoformat(made.pop("due_at")) == case.due_at
    assert made == {
        "id": str(report.public_id),
        "case": str(case.public_id),
        "number": case.number,
        "state": "reported",
        "follow_code": None,
    }
    assert (case.area, case.matter, case.address) == (town.grid1, town.shed, "槐荫路12号")
    assert (report.by, report.source, report.crs) == (town.lin, "patrol", "WGS84")
    assert (report.raw_lon, report.raw_lat) == (116.005, 35.005)
    assert AuditEntry.objects.filter(kind="case.report", actor_id=town.lin.pk, subject_id=case.pk).count() == 1
    assert IdempotencyKey.objects.filter(owner=f"user:{town.lin.pk}").count() == 1


def test_a_resident_behind_it_gets_a_link_and_stays_masked(town, calls):
    body = report_body(source="phone", contact={"name": "吴桂英", "phone": "100 1234-5678"})
    made = calls(town.bai).post("/reports", body).json()
    report = voices().get()
    assert made["follow_code"] == queries.link_code(report)
    assert report.contact_mask == "吴** 1**********"
    assert report.asks


@pytest.mark.parametrize(
    ("datum", "forward"),
    [("GCJ02", crs.wgs_to_gcj), ("BD09", crs.wgs_to_bd), ("CGCS2000", lambda lon, lat: (lon, lat))],
)
def test_positions_of_chinese_maps_are_converted_and_kept(town, calls, datum, forward):
    lon, lat = forward(116.005, 35.005)
    place = {"position": {"lon": lon, "lat": lat, "crs": datum}}
    assert calls(town.lin).post("/reports", report_body(place=place)).status_code == 201
    report = voices().get()
    assert (report.crs, report.raw_lon, report.raw_lat) == (datum, lon, lat)
    assert report.lon == pytest.approx(116.005, abs=1e-9)
    assert report.lat == pytest.approx(35.005, abs=1e-9)
    assert cases().get().area == town.grid1


def test_settled_on_the_spot(town, calls):
    done = {
        "result": "solved",
        "text": "已当场清理。",
        "after_photos": ["c" * 64],
        "quantities": [{"amount": 2, "unit": "处"}],
    }
    answer = calls(town.lin).post("/reports", report_body(matter="06010", settled=done, photos=["b" * 64]))
    assert answer.status_code == 201, answer.content.decode()
    assert answer.json()["state"] in {"settled", "closed"}  # one in ten is drawn for the check
    assert cases().get().handlings.get().quantities.get().amount == 2


def test_place_by_area_and_by_compound(town, calls):
    lin = calls(town.lin)
    assert lin.post("/reports", report_body(place={"area": town.grid2.code})).status_code == 201
    assert lin.post("/reports", report_body(place={"compound": town.compound.pk})).status_code == 201
    assert [case.area for case in cases().order_by("id")] == [town.grid2, town.grid1]
    assert cases().order_by("id").last().compound == town.compound


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "字" * 4001}, "text"),
        ({"text": 7}, "text"),
        ({"text": None}, "text"),
        ({"source": "rumour"}, "source"),
        ({"source": "resident"}, "source"),  # the public page's, not the staff's
        ({"place": {}}, "place"),
        ({"place": {"position": {"lon": 116.005}}}, "place.position.lat"),
        ({"place": {"position": {"lon": "116", "lat": 35}}}, "place.position.lon"),
        ({"place": {"position": {"lon": 999, "lat": 35}}}, "place.position.lon"),
        ({"place": {"position": {"lon": 0, "lat": 0}}}, "place.position"),
        ({"place": {"position": {"lon": 116, "lat": 35, "crs": "UTM"}}}, "place.position.crs"),
        ({"place": {"area": "000"}}, "area"),
        ({"place": {"compound": 10**15}}, "place.compound"),
        ({"place": {"compound": 10**30}}, "place.compound"),
        ({"place": {"compound": -1}}, "place.compound"),
        ({"matter": "99999"}, "matter"),
        ({"matter": "abc"}, "matter"),
        ({"photos": ["x"]}, "photos.0"),
        ({"photos": ["0" * 64] * 10}, "photos"),
        ({"urgent": "yes"}, "urgent"),
        ({"urgent": 1}, "urgent"),
        ({"id": "1"}, "id"),
        ({"id": 7}, "id"),
        ({"occurred_at": "2026-05-04T08:30:00"}, "occurred_at"),
        ({"occurred_at": "9999-12-31T23:59:59-12:00"}, "occurred_at"),
        ({"occurred_at": 0}, "occurred_at"),
        ({"contact": {"phone": "<script>"}}, "contact.phone"),
        ({"settled": {"result": "solved", "text": "x", "quantities": [{"amount": -1, "unit": "处"}]}}, "settled.quantities.0.amount"),
        ({"settled": {"result": "solved", "text": "x", "area_m2": 10**20}}, "settled.area_m2"),
        ({"settled": {"result": "solved", "text": "x"}}, "matter"),
        ({"number": "NC-2026-000001"}, "number"),
        ({"state": "closed"}, "state"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_nothing_happens(town, calls, change, field):
    answer = calls(town.lin).post("/reports", report_body(**change))
    assert answer.status_code == 422, answer.content.decode()
    assert answer["Content-Type"].startswith("application/problem+json")
    told = answer.json()
    assert told["field"] == field
    assert told["kept"]
    assert told["remedy"]
    assert not cases().exists()
    assert not IdempotencyKey.objects.exists()


def test_another_street_is_not_ones_own(town, calls):
    answer = calls(town.lin).post("/reports", report_body(place={"area": town.north_grid.code}))
    assert answer.status_code == 403
    assert not cases().exists()


def test_a_compound_elsewhere_contradicts_the_area(town, calls):
    place = {"area": town.community2.code, "compound": town.compound.pk}
    answer = calls(town.lin).post("/reports", report_body(place=place))
    assert (answer.status_code, answer.json()["field"]) == (422, "place.compound")


def test_a_replay_gets_the_first_answer(town, calls):
    lin = calls(town.lin)
    first = lin.post("/reports", report_body(), key="k1")
    again = lin.post("/reports", dict(reversed(report_body().items())), key="k1")  # the order of fields says nothing
    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert cases().count() == 1


def test_a_replay_after_400_days_is_still_one(town, calls):
    first = calls(town.lin).post("/reports", report_body(), key="k1")
    with time_machine.travel(clock.now() + dt.timedelta(days=400)):
        again = calls(town.lin).post("/reports", report_body(), key="k1")
    assert (again.status_code, again.content, cases().count()) == (201, first.content, 1)


def test_the_same_key_of_another_person_is_another_key(town, calls):
    calls(town.lin).post("/reports", report_body(), key="k1")
    calls(town.gao).post("/reports", report_body(), key="k1")
    assert cases().count() == 2


def test_the_same_key_with_another_body_is_kept_as_a_duty(town, calls):
    lin = calls(town.lin)
    lin.post("/reports", report_body(), key="k1")
    for _time in range(3):
        answer = lin.post("/reports", report_body(text="另一件事"), key="k1")
        assert answer.status_code == 409
        assert answer.json()["type"] == "same-key-other-body"
    assert cases().get().text == report_body()["text"]
    kept = ContradictingReplay.objects.get()
    duty = Duty.objects.get(kind="contradiction")
    assert (duty.user, duty.subject_id, duty.done_at) == (town.lin, kept.pk, None)
    listed = lin.get("/contradictions").json()["items"]
    assert [(row["id"], row["key"]) for row in listed] == [(kept.pk, "k1")]
    assert "另一件事" in listed[0]["body"].encode().decode("unicode_escape")
    assert calls(town.gao).get("/contradictions").json() == {"items": []}
    assert calls(town.gao).post(f"/contradictions/{kept.pk}/settle").status_code == 404
    assert lin.post(f"/contradictions/{kept.pk}/settle").json() == {"id": kept.pk}
    duty.refresh_from_db()
    assert duty.done_at is not None


def test_the_same_key_for_another_address_is_a_contradiction_too(town, calls):
    lin = calls(town.lin)
    lin.post("/notices/read", key="k1")
    assert lin.post("/reports", report_body(), key="k1").status_code == 409
    assert not cases().exists()


@pytest.mark.parametrize("key", ["", "with space", "ключ".encode().decode("latin-1"), "x" * 201])
def test_a_key_is_asked_for(town, calls, key):
    lin = calls(town.lin)
    answer = lin.raw("POST", "/reports", b"{}", idempotency_key=key) if key else lin.raw("POST", "/notices/read", b"{}")
    assert answer.status_code in {400, 422}
    answer = lin.client.post(
        "/api/v1/reports",
        report_body(),
        content_type="application/json",
        headers=lin.headers(**({"idempotency_key": key} if key else {})),
    )
    assert (answer.status_code, answer.json()["type"]) == (400, "no-idempotency-key")
    assert not cases().exists()


def test_a_refused_write_leaves_its_key_free(town, calls):
    lin = calls(town.lin)
    assert lin.post("/reports", report_body(place={"area": town.north_grid.code}), key="k1").status_code == 403
    assert lin.post("/reports", report_body(), key="k1").status_code == 201


def test_the_reporters_own_id_only_once(town, calls):
    lin = calls(town.lin)
    own = str(uuid.uuid4())
    assert lin.post("/reports", report_body(id=own)).json()["id"] == own
    again = lin.post("/reports", report_body(id=own))
    assert (again.status_code, again.json()["type"]) == (409, "conflict")
    assert cases().count() == 1


def test_ones_own_reports_page_by_page(town, calls):
    lin, gao = calls(town.lin), calls(town.gao)
    numbers = [lin.post("/reports", report_body()).json()["number"] for _ in range(3)]
    gao.post("/reports", report_body())
    first = lin.get("/reports", limit=2).json()
    second = lin.get("/reports", limit=2, cursor=first["next"]).json()
    assert [row["number"] for row in first["items"] + second["items"]] == numbers[::-1]
    assert second["next"] is None
    assert first["items"][0]["state_name"] == "待受理"


def test_one_own_report_and_nobody_elses(town, calls):
    made = calls(town.lin).post("/reports", report_body()).json()
    seen = calls(town.lin).get(f"/reports/{made['id']}")
    assert seen.status_code == 200
    assert [step["verb"] for step in seen.json()["timeline"]] == ["report"]
    assert seen.json()["timeline"][0]["by"] is None
    assert calls(town.gao).get(f"/reports/{made['id']}").status_code == 404
    assert calls(town.lin).get(f"/reports/{uuid.uuid4()}").status_code == 404


def test_answering_a_question(town, calls):
    case = town.reported()
    calls(town.bai).step(case, "ask_for_more", {"question": "具体在几号楼？"})
    report = town.voice(case)
    assert calls(town.lin).get("/reports").json()["items"][0]["needs_answer"] is True
    refused = calls(town.gao).post(f"/reports/{report.public_id}/supplement", {"text": "3号楼"})
    assert refused.status_code == 404
    assert town.read(case).state == S.NEEDS_INFO
    answer = calls(town.lin).post(f"/reports/{report.public_id}/supplement", {"text": "3号楼东侧"})
    assert (answer.status_code, answer.json()["state"]) == (200, "reported")


def test_another_voice_joins(town, calls):
    case = town.reported()
    body = {key: value for key, value in report_body(text="我也看见了。").items() if key != "matter"}
    joined = calls(town.fang).post(f"/cases/{case.public_id}/reports", body)
    assert (joined.status_code, joined.json()["number"]) == (201, case.number)
    assert Report.objects.of_case(case).count() == 2
    assert calls(town.zhao).post(f"/cases/{case.public_id}/reports", body).status_code == 404
    assert Report.objects.of_case(case).count() == 2
