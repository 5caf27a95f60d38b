"""The contract is a file: it says what the code does, and changes only when somebody means it to."""

from __future__ import annotations

import json
import os
from pathlib import Path

from django.conf import settings
from django.test import Client

from wangge.domains.cases.workflow import REPORTER, STEPS, SYSTEM
from wangge.doors.api.gates import GATES
from wangge.doors.api.urls import api

SNAPSHOT = Path(__file__).resolve().parent.parent / "openapi.json"


def operations():
    for path, methods in api.document()["paths"].items():
        for method, details in methods.items():
            yield path, method, details


def test_the_committed_contract_is_the_one_that_is_served(db):
    now = api.document_text()
    if os.environ.get("UPDATE_OPENAPI") == "1":
        SNAPSHOT.write_text(now, encoding="utf-8")
    assert SNAPSHOT.read_text(encoding="utf-8") == now, "UPDATE_OPENAPI=1 rewrites wangge/doors/api/openapi.json"
    served = Client().get("/api/v1/openapi.json")
    assert served.status_code == 200
    assert served.json() == json.loads(now)
    assert served["Content-Type"] == "application/json"


def test_made_twice_it_is_the_same_to_the_byte():
    assert api.document_text() == api.document_text()


def test_it_is_openapi_3_1():
    assert api.document()["openapi"] == "3.1.0"


# Files are their own key, as is each command of a phone; a search and a working set are a POST only for their content.
WITHOUT_A_KEY = {"media_send", "media_part_send", "people_find", "sync_commands", "sync_working_set"}


def test_every_write_asks_for_a_key_but_photos_which_are_their_own():
    for _path, method, details in operations():
        names = [parameter["name"] for parameter in details["parameters"]]
        if method == "get" or details["operationId"] in WITHOUT_A_KEY:
            assert "Idempotency-Key" not in names
        else:
            assert "Idempotency-Key" in names


def test_every_verb_of_staff_has_an_operation_of_its_own():
    verbs = {
        details["operationId"].removeprefix("step_")
        for _path, _method, details in operations()
        if details["operationId"].startswith("step_")
    }
    assert verbs == {verb for verb, step in STEPS.items() if step.by not in {REPORTER, SYSTEM}}


def test_every_operation_says_who_may_call_it():
    for _path, _method, details in operations():
        gate = GATES[details["operationId"]]
        assert details["x-gate"] == (gate if isinstance(gate, str) else sorted(gate))
        assert ("security" in details) == (gate != "public")


def test_every_body_refuses_what_it_does_not_know():
    schemas = api.document()["components"]["schemas"]
    bodies = {
        details["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
        for _path, _method, details in operations()
        if "application/json" in details.get("requestBody", {}).get("content", {})
    }
    assert bodies
    for name in bodies:
        assert schemas[name]["additionalProperties"] is False


def test_every_reference_leads_somewhere():
    document = api.document()
    pending, found = [document], set()
    while pending:
        held = pending.pop()
        if isinstance(held, dict):
            found |= {held["$ref"]} if isinstance(held.get("$ref"), str) else set()
            pending += held.values()
        elif isinstance(held, list):
            pending += held
    assert any("x-kinds" in one for one in found)
    for reference in found:
        place = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part.replace("~1", "/").replace("~0", "~")]
        assert isinstance(place, dict)


def test_nothing_of_this_machine_or_of_people_is_in_it():
    text = api.document_text()
    assert str(Path(__file__).resolve().parents[4]) not in text
    assert str(settings.MEDIA_DIR) not in text
    assert '"user_id"' not in text
