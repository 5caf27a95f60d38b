"""What the tests of the API share: a caller with a token, and photos."""

from __future__ import annotations

import io
import json
import uuid

import pytest
from django.test import Client
from PIL import Image

from wangge.foundation.accounts.actions import issue_token

BASE = "/api/v1"


class Caller:
    """Somebody who calls the API with a token of his own."""

    def __init__(self, user, language: str = "zh-hans") -> None:
        self.user = user
        self.token = issue_token(by=user, name="test")[1] if user is not None else None
        self.client = Client()
        self.language = language

    def headers(self, **more):
        held = {"accept-language": self.language}
        if self.token:
            held["authorization"] = f"Bearer {self.token}"
        return held | {key.replace("_", "-"): value for key, value in more.items()}

    def get(self, path: str, **query):
        return self.client.get(BASE + path, query, headers=self.headers())

    def post(self, path: str, body=None, *, key: str | None = None, **headers):
        return self.client.post(
            BASE + path,
            json.dumps(body if body is not None else {}),
            content_type="application/json",
            headers=self.headers(idempotency_key=key or str(uuid.uuid4()), **headers),
        )

    def raw(self, method: str, path: str, content: bytes = b"", content_type: str = "application/json", **headers):
        return self.client.generic(
            method, BASE + path, content, content_type=content_type, headers=self.headers(**headers)
        )

    def step(self, case, verb: str, body=None, **more):
        return self.post(f"/cases/{case.public_id}/steps/{verb}", body, **more)


@pytest.fixture
def calls(town):
    """`calls(town.lin)`: Lin with a token."""
    return Caller


def report_body(**more) -> dict:
    """A report from grid 1, as Lin sends it."""
    return {
        "source": "patrol",
        "text": "家属院3号楼旁有人用泡沫板搭了板房，还私拉电线。",
        "place": {"position": {"lon": 116.005, "lat": 35.005}, "address": "槐荫路12号"},
        "matter": "06001",
    } | more


def photo(color: str = "red", size: tuple[int, int] = (640, 480), form: str = "JPEG", **save) -> bytes:
    """A small photo."""
    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, form, **save)
    return buffer.getvalue()
