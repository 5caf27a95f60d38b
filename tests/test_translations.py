"""Chinese first and complete: every text of the code is translated, and one text is translated in one way."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = sorted((ROOT / "wangge").rglob("locale/zh_Hans/LC_MESSAGES/django.po"))


def messages(path: Path) -> list:
    with path.open("rb") as handle:
        return [message for message in read_po(handle) if message.id]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda p: str(p.relative_to(ROOT / "wangge")).split("/locale")[0])
def test_every_text_is_translated(path):
    empty = [m.id for m in messages(path) if not (all(m.string) if isinstance(m.string, tuple) else m.string)]
    assert empty == []


def test_the_catalogues_are_up_to_date():
    call_command("messages", check=True)


def test_one_text_is_translated_in_one_way():
    """All catalogues are one name space: two translations of a text would win by the order of the apps."""
    found = defaultdict(dict)
    for path in CATALOGUES:
        for message in messages(path):
            found[(message.context, str(message.id))][str(message.string)] = path.relative_to(ROOT / "wangge").parts[1]
    assert {key: ways for key, ways in found.items() if len(ways) > 1} == {}
