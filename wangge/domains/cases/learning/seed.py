"""The shipped sentences with which the classifier starts in an office that has closed no case yet."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

SEED = Path(__file__).resolve().parents[4] / "deploy" / "catalogue" / "seed_texts.yaml"


@cache
def seed() -> tuple[tuple[str, str], ...]:
    """The shipped sentences: (text, code of the matter)."""
    held: dict[str, list[str]] = yaml.safe_load(SEED.read_text(encoding="utf-8"))
    return tuple((text, code) for code, texts in held.items() for text in texts)
