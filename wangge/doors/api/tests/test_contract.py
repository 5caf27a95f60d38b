"""The API against its own contract: whatever is sent, the answer is one that openapi.json allows, and never a fault.

About 300 requests in CI, half of them deliberately wrong; SOAK=1 sends some ten thousand. Each is a real WSGI request;
what they write is rolled back with the test.
"""

from __future__ import annotations

import functools
import itertools
import os

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from wangge.doors.api.tests.conftest import Caller
from wangge.doors.api.urls import api
from wangge.foundation.media import SOUND_TYPES

SOAK = os.environ.get("SOAK") == "1"
EACH = 200 if SOAK else 6  # requests per operation
CHECKS = [
    not_a_server_error,
    allow_header_conformance,
    negative_data_rejection,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

schemathesis.serializer.alias([*SOUND_TYPES, "application/offset+octet-stream"], "application/octet-stream")
application = functools.cache(get_wsgi_application)
schema = schemathesis.openapi.from_dict(api.document())


@pytest.fixture
def callers(town, tmp_path, settings):
    """Tokens of people of different posts, in turn; there is a case of each main state to be found."""
    settings.MEDIA_DIR = tmp_path
    for state in ("reported", "filed", "dispatched", "handled", "evaluating"):
        getattr(town, state)()
    # As Django's own test client does: the test's one connection outlives each request.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield itertools.cycle([Caller(person) for person in (town.luo, town.lin, town.he, town.tan)])
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=EACH,
    deadline=None,
    derandomize=not SOAK,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_sent_the_contract_holds(case, callers):
    case.call_and_validate(
        base_url="http://localhost",
        headers={"Authorization": f"Bearer {next(callers).token}", "Accept-Encoding": "identity"},
        checks=CHECKS,
        app=application(),
    )
