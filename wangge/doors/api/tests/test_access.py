"""Who gets in: tokens, sessions, gates; the same answer for what is foreign and what is not there."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid

import pytest
import time_machine
from django.test import Client

from wangge.doors.api.gates import GATES, STAFF_VERBS
from wangge.doors.api.tests.conftest import BASE, report_body
from wangge.doors.api.urls import api
from wangge.foundation.accounts.actions import disable_user, end_post, end_token
from wangge.foundation.accounts.models import ApiToken, Post
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock


def operations():
    """(operation id, method, path with something in its holes)."""
    for path, methods in api.document()["paths"].items():
        for method, details in methods.items():
            filled = re.sub(r"\{(case_id|report_id|whistle_id)\}", "00000000-0000-4000-8000-000000000000", path)
            filled = filled.replace("{sha256}", "0" * 64).replace("{key}", "file").replace("{code}", "06001")
            yield details["operationId"], method.upper(), re.sub(r"\{\w+\}", "1", filled)


OPERATIONS = sorted(operations())
FILES = {"media_send", "media_part_send"}  # the body is a file, not JSON


def test_every_operation_has_its_gate_and_every_gate_its_operation():
    assert [op for op, _method, _path in OPERATIONS] == sorted(GATES)
    assert len(STAFF_VERBS) == 39


@pytest.mark.parametrize(("operation", "method", "path"), OPERATIONS)
def test_without_a_token(db, operation, method, path):
    answer = Client().generic(method, path, "{}" if method != "GET" else "", content_type="application/json")
    if GATES[operation] == "public":
        assert answer.status_code == 200
        return
    if operation in FILES:
        answer = Client().generic(method, path, b"x", content_type="image/jpeg")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer.json()["type"] == "not-signed-in"


@pytest.mark.parametrize(("operation", "method", "path"), OPERATIONS)
def test_without_the_right(town, calls, operation, method, path):
    if not isinstance(GATES[operation], frozenset):
        return
    content_type = "image/jpeg" if operation in FILES else "application/json"
    answer = calls(town.tan).raw(method, path.removeprefix(BASE), b"{}" if method != "GET" else b"", content_type)
    assert (answer.status_code, answer.json()["type"]) == (403, "not-allowed")


def bearer(secret: str, path: str = "/me"):
    return Client().get(BASE + path, headers={"authorization": f"Bearer {secret}"})


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Bearer x", "Basic bGluOngK", "Token x", "Bearer " + "x" * 5000, "Bearer é"]
)
def test_not_a_token(town, given):
    answer = Client().get(BASE + "/me", headers={"authorization": given})
    assert answer.status_code == 401


def test_an_expired_token(town, calls):
    token = calls(town.lin).token
    assert bearer(token).status_code == 200
    with time_machine.travel(clock.now() + dt.timedelta(days=181)):
        assert bearer(token).status_code == 401


def test_an_ended_token(town, calls):
    token = calls(town.lin).token
    end_token(by=town.lin, token_id=ApiToken.objects.get().pk)
    assert bearer(token).status_code == 401


def test_a_disabled_person(town, calls):
    token = calls(town.lin).token
    disable_user(user=town.lin, by=town.security)
    assert bearer(token).status_code == 401


def test_a_post_that_ended_gives_nothing_at_the_next_request(town, calls):
    lin = calls(town.lin)
    assert lin.post("/reports", report_body()).status_code == 201
    end_post(post=Post.objects.get(user=town.lin), by=None)
    assert lin.post("/reports", report_body()).status_code == 403
    assert lin.get("/me").json()["permissions"] == []


def test_a_bad_token_is_not_saved_by_a_session(town):
    client = Client()
    town.log_in(client, town.lin)
    assert client.get(BASE + "/me").status_code == 200
    assert client.get(BASE + "/me", headers={"authorization": "Bearer x"}).status_code == 401


def test_a_session_writes_only_with_its_anti_forgery_token(town):
    client = Client(enforce_csrf_checks=True)
    town.log_in(client, town.lin)
    sent = {"content_type": "application/json"}
    key = {"idempotency-key": "k1"}
    refused = client.post(BASE + "/reports", json.dumps(report_body()), headers=key, **sent)
    assert (refused.status_code, refused.json()["type"]) == (403, "page-too-old")
    secret = "a" * 32
    client.cookies["wangge_csrf"] = secret
    made = client.post(BASE + "/reports", json.dumps(report_body()), headers=key | {"x-csrftoken": secret}, **sent)
    assert made.status_code == 201


def test_a_token_needs_no_anti_forgery_token(town, calls):
    lin = calls(town.lin)
    lin.client = Client(enforce_csrf_checks=True)
    assert lin.post("/reports", report_body()).status_code == 201


FOREIGN = ["/cases/{}", "/cases/{}/timeline", "/cases/{}/photos", "/cases/{}/reports"]


@pytest.mark.parametrize("path", FOREIGN)
def test_foreign_and_absent_are_the_same(town, calls, path):
    case = town.reported()
    own = calls(town.lin).get(path.format(case.public_id))
    assert own.status_code == 200
    foreign = calls(town.zhao).get(path.format(case.public_id))
    absent = calls(town.zhao).get(path.format(uuid.uuid4()))
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.content == absent.content
    sibling = calls(town.gao).get(path.format(case.public_id))
    assert sibling.status_code == 404


def test_lists_hold_nothing_foreign(town, calls):
    case = town.reported()
    number = {"q": case.number}
    assert [row["number"] for row in calls(town.bai).get("/cases", **number).json()["items"]] == [case.number]
    for stranger in (town.zhao, town.gao):
        assert calls(stranger).get("/cases", **number).json()["items"] == []
        assert calls(stranger).get("/cases", area=town.grid1.code).json()["items"] == []
        assert calls(stranger).get("/cases/near", lon=case.lon, lat=case.lat).json()["items"] == []
    for key in ("file", "dispatch"):
        assert calls(town.zhao).get(f"/queues/{key}").json()["items"] == []


def test_nobody_learns_a_database_id_of_a_person(town, calls):
    case = town.handled(contact=town.wu())
    luo = calls(town.luo)
    texts = [luo.get(path.format(case.public_id)).content.decode() for path in FOREIGN]
    texts.append(luo.get("/me").content.decode())
    for text in texts:
        assert "10012345678" not in text
        assert "吴桂英" not in text
        assert not re.search(r'"(user|by|handler|by_id|user_id)":\s*\d', text)


def test_every_gate_names_real_permissions():
    named = {permission for gate in GATES.values() if isinstance(gate, frozenset) for permission in gate}
    assert named <= set(P)
