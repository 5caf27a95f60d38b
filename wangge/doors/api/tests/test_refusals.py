"""Bad input: a clear refusal in the caller's language, in one shape; nothing written; never a fault."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import translation

from wangge.domains.cases.models import Case
from wangge.doors.api import errors
from wangge.doors.api.tests.conftest import BASE, report_body
from wangge.foundation.core.problems import InvalidError


def told(answer):
    assert answer["Content-Type"].startswith("application/problem+json"), answer.content[:300]
    body = answer.json()
    assert body["status"] == answer.status_code
    assert {"type", "title", "kept", "remedy"} <= set(body)
    assert all(body[name] for name in ("type", "title", "kept", "remedy"))
    return body


def nothing_written():
    return not Case.objects.unscoped("the test looks").exists()


BODIES = {
    "empty": b"",
    "not json": b"{",
    "a word": b"hello",
    "nan": json.dumps(report_body()).replace("116.005", "NaN").encode(),
    "infinity": json.dumps(report_body()).replace("116.005", "1e999").encode(),
    "a list": b"[]",
    "a string": b'"x"',
    "null": b"null",
    "number": b"7",
    "not utf-8": b'{"text": "\xff\xfe\xff"}',
    "nul": json.dumps(report_body(text="a\x00b")).encode(),
    "raw nul": b'{"text": "a\x00b"}',
    "lone surrogate": json.dumps(report_body()).replace('"text": "', '"text": "\\ud800').encode(),
    "surrogate in a key": b'{"\\ud800": 1}',
    "very deep": b"[" * 100_000 + b"]" * 100_000,
    "very deep object": b'{"place":' * 50_000 + b"1" + b"}" * 50_000,
    "a long number": b'{"text": ' + b"9" * 10_000 + b"}",
    "nul key": b'{"\\u0000": 1}',
}


@pytest.mark.parametrize("name", BODIES)
def test_hostile_bodies(town, calls, name):
    answer = calls(town.lin).raw("POST", "/reports", BODIES[name], idempotency_key="k1")
    assert answer.status_code in {400, 422}
    told(answer)
    assert nothing_written()


def test_ten_megabytes_of_text(town, calls):
    answer = calls(town.lin).post("/reports", report_body(text="字" * 4_000_000))
    assert answer.status_code == 413
    assert told(answer)["type"] == "too-large"
    assert nothing_written()


def test_many_errors_are_listed_but_not_endlessly(town, calls):
    answer = calls(town.lin).post("/reports", report_body(photos=[7] * 500, text=7))
    assert answer.status_code == 422
    assert len(told(answer)["errors"]) <= 20


@pytest.mark.parametrize(
    ("language", "spoken", "missing"),
    [
        ("zh-CN", "zh-hans", "缺少这一项。"),
        ("en", "en", "This field is missing."),
        ("de", "zh-hans", "缺少这一项。"),
    ],
)
def test_in_the_callers_language(town, calls, language, spoken, missing):
    lin = calls(town.lin, language)
    answer = told(lin.post("/reports", {key: value for key, value in report_body().items() if key != "text"}))
    with translation.override(spoken):
        assert answer["title"] == str(InvalidError.title)
    assert answer["errors"] == [{"field": "text", "message": missing}]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_sentence_can_be_told(language):
    with translation.override(language):
        for kind in errors._SENTENCES:
            ctx = {"gt": 0, "ge": 1, "lt": 2, "le": 3, "expected": "a, b", "max_length": 9, "min_length": 1}
            sentence = errors.told({"type": kind, "ctx": ctx})
            assert "%" not in sentence
            assert any("\u4e00" <= letter <= "\u9fff" for letter in sentence) == (language == "zh-hans")


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "PUT", "TRACE", "OPTIONS", "PROPFIND"])
def test_other_methods(town, calls, method):
    answer = calls(town.lin).raw(method, "/reports")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD, POST"
    told(answer)


def test_the_head_of_an_answer(town, calls):
    answer = calls(town.lin).raw("HEAD", "/me")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("path", ["/", "/nothing", "/cases/x/y/z", "/reports/", "/Reports", "/media/../me"])
def test_addresses_that_are_not_there(town, calls, path):
    answer = calls(town.lin).raw("GET", path)
    assert answer.status_code == 404
    told(answer)


@pytest.mark.parametrize("accept", ["text/html", "image/png", "application/json;q=0", "text/*, */*;q=0.0"])
def test_what_cannot_be_accepted(town, calls, accept):
    answer = calls(town.lin).raw("GET", "/me", accept=accept)
    assert answer.status_code == 406
    told(answer)


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "text/html, */*;q=0.8", "application/*", "APPLICATION/JSON; q=0.5"]
)
def test_what_can(town, calls, accept):
    assert calls(town.lin).raw("GET", "/me", accept=accept).status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml",
     "application/json; charset=gb18030", "image/jpeg"],
)  # fmt: skip
def test_bodies_of_another_type(town, calls, kind):
    answer = calls(town.lin).raw("POST", "/reports", json.dumps(report_body()).encode(), kind, idempotency_key="k1")
    assert answer.status_code == 415
    told(answer)
    assert nothing_written()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/cases", {"limit": 101}),
        ("/cases", {"limit": 0}),
        ("/cases", {"limit": "many"}),
        ("/cases", {"cursor": "x"}),
        ("/cases", {"cursor": "x" * 501}),
        ("/cases", {"state": "sleeping"}),
        ("/cases", {"area": "nowhere!"}),
        ("/cases", {"area": "000"}),
        ("/cases", {"unit": -1}),
        ("/cases", {"unit": 10**30}),
        ("/cases", {"reported_from": "9999-12-31"}),
        ("/cases", {"reported_to": "yesterday"}),
        ("/cases", {"module": "magic"}),
        ("/cases", {"q": "x" * 61}),
        ("/cases/near", {"lon": "nan", "lat": 35}),
        ("/cases/near", {"lon": "inf", "lat": 35}),
        ("/cases/near", {"lon": 116}),
        ("/cases/1", {}),
        ("/cases/none/timeline", {}),
        ("/reports", {"cursor": "eyJ4Ijox"}),
        ("/reports/1", {}),
        ("/queues/none", {}),
        ("/queues/file", {"cursor": "x"}),
        ("/duties", {"cursor": "x"}),
        ("/notices", {"cursor": "x"}),
        ("/places/where", {"lon": 1000, "lat": 0}),
        ("/places/areas", {"kind": "planet"}),
        ("/places/areas", {"on": "0001-01-01"}),
        ("/places/search", {"q": ""}),
        ("/places/search", {}),
        ("/catalogue/matters/x", {}),
        ("/catalogue/matters/06001/route", {}),
        ("/catalogue/matters/06001/route", {"area": "000"}),
        ("/catalogue/guess", {"text": "x" * 501}),
        ("/media/xyz", {}),
        ("/media/" + "0" * 63 + "G", {}),
        ("/media/" + "0" * 64, {"size": "orig"}),
    ],
)
def test_questions_that_cannot_be_asked(town, calls, path, query):
    answer = calls(town.luo).get(path, **query)
    assert answer.status_code == 422, answer.content.decode()
    assert told(answer)["field"]


@pytest.mark.parametrize(
    "path", ["/cases?q=a%00b", "/reports?cursor=%00", "/cases/%00", "/media/%00/facts", "/%00", "/a%0Ab", "/%ff"]
)
def test_bytes_that_are_no_text_in_an_address(town, calls, path):
    answer = calls(town.luo).raw("GET", path)
    assert answer.status_code in {400, 404, 422}
    told(answer)


def test_a_cursor_fits_its_own_list_only(town, calls):
    for _ in range(2):
        town.reported()
    luo, lin = calls(town.luo), calls(town.lin)
    cursor = luo.get("/cases", limit=1).json()["next"]
    assert luo.get("/cases", cursor=cursor).status_code == 200
    assert lin.get("/reports", cursor=cursor).status_code == 422
    assert luo.get("/queues/file", cursor=cursor).status_code == 422
    assert luo.get("/cases", cursor=cursor[:-2] + "xx").status_code == 422


def test_a_database_that_does_not_answer(town, calls, monkeypatch):
    lin = calls(town.lin)

    def gone(**_given):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("wangge.doors.api.reports.actions.report", gone)
    answer = lin.post("/reports", report_body())
    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert "server closed" not in answer.content.decode()
    assert "Idempotency-Key" in told(answer)["remedy"]


def test_a_fault_of_ours_tells_nothing_about_our_inside(town, calls, monkeypatch):
    def broken(**_given):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("wangge.doors.api.reports.actions.report", broken)
    answer = calls(town.lin).post("/reports", report_body())
    assert answer.status_code == 500
    assert "secret" not in answer.content.decode()
    assert told(answer)["type"] == "fault"


def test_headers_of_answers(town, calls):
    answer = calls(town.lin).get("/me")
    assert answer["Content-Type"] == "application/json"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"


def test_no_page_from_elsewhere(db):
    assert Client().get(BASE + "/docs").status_code == 404
