"""What the tests of the field share."""

from __future__ import annotations

import hashlib
import io
import uuid

import pytest
from PIL import Image

from wangge.domains.cases.models import Case, Report


@pytest.fixture(autouse=True)
def _media(tmp_path, settings):
    settings.MEDIA_DIR = tmp_path / "media"


@pytest.fixture
def lin(client, town):
    """Lin's phone."""
    town.log_in(client, town.lin)
    return client


def cases():
    return Case.objects.unscoped("the test counts rows")


def reports():
    return Report.objects.unscoped("the test counts rows")


def jpeg(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return out.getvalue()


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def typed(town, **more) -> dict:
    """A complete form, as Lin fills it in."""
    values = {
        "text": "3号楼东侧暴露垃圾没有清理。",
        "place": f"area:{town.grid1.pk}",
        "mode": "hand_on",
        "idempotency_key": str(uuid.uuid4()),
    }
    return values | more
