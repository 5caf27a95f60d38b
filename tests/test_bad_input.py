"""Bad input, on every route: a clear refusal, nothing written, never a 5xx."""

from __future__ import annotations

import pytest
from django.test import Client
from django.test.client import encode_multipart

from tests.test_permissions import ALL, Objects, Route, url_of, visitor
from wangge.domains.cases.models import Case, Report, TimelineEntry

QUERIES = (
    "?after=&before=&page=&q=",
    "?after=zzzz&before=-1&page=999999999999999999999&on=2026-02-30",
    "?q=%25%5C_'%22%3B--&state=nothing&area=abc&unit=x&module=%00&from=yesterday&to=9999-99-99",
    "?lon=NaN&lat=Infinity&lng=1e999&bbox=1,2,3&box=a,b,c,d&size=huge&key=..%2F..",
    "?q=" + "长" * 3000 + "&cursor=" + "A" * 3000,
    "?lon=999&lat=-999&kind=street%27&next=//evil.example",
    "?%F0%9F%98%80=%FF%FE",
)
FIELDS = (
    "text", "reason", "question", "channel", "matter", "level", "area", "unit", "co_units", "into", "result", "reply",
    "amount", "quantities", "area_m2", "legal_basis", "solved", "satisfied", "comment", "lon", "lat", "photos",
    "contact_name", "contact_phone", "name", "phone", "purpose", "idempotency_key", "source", "report_id", "query",
    "user", "role", "organisation", "valid_from", "valid_to", "next", "language", "since", "password", "login",
    "days", "extension", "hang", "why", "plan", "review_on", "meet_at", "place", "units", "minutes", "basis", "assignment",
    "passed", "note",
    "kind", "units", "lead", "place", "meet_at", "conclusion", "quarter", "code", "name_zh", "arrive_minutes",
    "year", "file", "day", "slots", "weekdays", "first", "last", "confirm", "cases", "decision", "same_as", "subject",
    "key", "way", "tasks", "confirmed", "chosen", "every_days", "trigger", "choice", "ask", "words", "starts_at", "ends_at",
    "households", "username", "from_on", "to_on", "substitute", "heir", "spot", "weekday", "opens", "closes",
)  # fmt: skip
HOSTILE = (
    "",
    "\x00",
    "😀" * 50,
    "<script>alert(1)</script>{{ 7*7 }}{% debug %}",
    "' OR 1=1 --",
    "-1",
    "1e400",
    "9" * 400,
    "NaN",
    "2026-13-45",
    "../../../../etc/passwd",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
)
ROUTES = [route for route in ALL if not route.path.startswith("account/")]


def counts() -> tuple[int, int]:
    return Report.objects.unscoped("before and after").count(), Case.objects.unscoped("before and after").count()


@pytest.fixture
def objects(town) -> Objects:
    return Objects(town)


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.path or "/")
def test_odd_addresses_are_answered(route: Route, objects, town):
    url = url_of(route, objects, "own")
    before = TimelineEntry.objects.count()
    for who in ("anonymous", "chen", "lin"):
        client = visitor(town, who)
        for query in QUERIES:
            answer = client.get(url + query)
            assert answer.status_code < 500, (who, query)
    assert TimelineEntry.objects.count() == before


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.path or "/")
def test_odd_forms_are_refused(route: Route, objects, town):
    url = url_of(route, objects, "own")
    for who in ("anonymous", "lin", "luo"):
        client = visitor(town, who)
        for value in HOSTILE:
            answer = client.post(url, dict.fromkeys(FIELDS, value))
            assert answer.status_code < 500, (who, value)
            assert b"Traceback" not in answer.content


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.path or "/")
def test_odd_bodies_are_refused(route: Route, objects, town):
    url = url_of(route, objects, "own")
    before = counts()
    client = visitor(town, "chen")
    key = {"HTTP_IDEMPOTENCY_KEY": "odd-body"}
    bodies = (
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'{"text": ' + b"[" * 5000 + b"]" * 5000 + b"}", "application/json"),
        (b'{"text": 1e999, "lon": "x", "matter": {"a": []}}', "application/json"),
        (b'{"text": "\\ud800"}', "application/json"),
        (b"\xff\xfe\x00", "application/json"),
        (b"<a/>", "text/xml"),
        (b"text=%FF%FE&lon=%00", "application/x-www-form-urlencoded"),
        (
            b'--x\r\nContent-Disposition: form-data; name="photos"; filename="../a.jpg"\r\n\r\n\x00\r\n--x--',
            "multipart/form-data; boundary=x",
        ),
        (b"no boundary", "multipart/form-data"),
        (b"x" * 100, "image/jpeg"),
    )
    for method in ("post", "put", "patch", "delete"):
        for body, content_type in bodies:
            answer = getattr(client, method)(url, body, content_type=content_type, **key)
            assert answer.status_code < 500, (method, content_type, body[:30])
    assert counts() == before


@pytest.mark.parametrize("who", ["anonymous", "lin", "chen"])
def test_ten_megabytes_of_text_are_refused(who, objects, town):
    client = visitor(town, who)
    before = counts()
    text = "长" * (10 * 1024 * 1024 // 3)
    for url in ("/p/report/", "/field/report/", "/desk/new/", "/api/v1/reports"):
        form = client.post(url, encode_multipart("x", {"text": text}), content_type="multipart/form-data; boundary=x")
        assert form.status_code < 500, url
        json = client.post(
            url, '{"text": "' + text + '"}', content_type="application/json", HTTP_IDEMPOTENCY_KEY="ten-megabytes"
        )
        assert json.status_code < 500, url
    assert counts() == before


def test_an_error_speaks_the_readers_language(town):
    chinese = Client(HTTP_ACCEPT_LANGUAGE="zh-CN").get("/p/r/00000000-0000-4000-8000-000000000000/nothing/")
    english = Client(HTTP_ACCEPT_LANGUAGE="en").get("/p/r/00000000-0000-4000-8000-000000000000/nothing/")
    assert (chinese.status_code, english.status_code) == (404, 404)
    assert "没有" in chinese.content.decode()
    assert "There is nothing" in english.content.decode()
