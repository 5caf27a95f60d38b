"""What the tests of the public page share: a browser that is nobody, photos, addresses."""

from __future__ import annotations

import hashlib
import io
import uuid

import pytest
from django.urls import reverse
from PIL import Image

from wangge.domains.cases.models import Case, Report
from wangge.domains.cases.queries import link_code


@pytest.fixture(autouse=True)
def _media(tmp_path, settings):
    settings.MEDIA_DIR = tmp_path / "media"


def cases():
    return Case.objects.unscoped("the test counts rows")


def reports():
    return Report.objects.unscoped("the test counts rows")


def jpeg(colour: str = "red", size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def typed(town, **more) -> dict:
    """A complete form, as Mrs Wu fills it in."""
    values = {
        "text": "3号楼旁的路灯不亮，老人晚上出门容易摔倒。",
        "community": str(town.community.pk),
        "address": "3号楼西侧",
        "idempotency_key": str(uuid.uuid4()),
    }
    return values | more


def link(report, name: str = "follow", *args) -> str:
    return reverse(f"portal:{name}", args=[report.public_id, link_code(report), *args])
