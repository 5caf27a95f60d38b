"""Documentation that fails the build."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wangge.config.reference import FOLDER, pages

ROOT = Path(__file__).resolve().parent.parent
PROSE = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "bench").glob("*.md"),
    *(ROOT / "deploy").rglob("*.md"),
]


def test_generated_pages_are_current():
    for name, text in pages().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, "run `make docs`"


@pytest.mark.parametrize("page", PROSE, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_both_readmes_have_the_same_parts():
    english = (ROOT / "README.md").read_text(encoding="utf-8")
    chinese = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    assert english.count("\n## ") == chinese.count("\n## ")
    for command in ("make demo", "make test", "make demo SIZE=full", "DATABASE_URL", "verify_audit"):
        assert command in english
        assert command in chinese


def test_every_room_of_the_house_is_on_the_map():
    map_ = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for storey in ("foundation", "domains", "doors"):
        for room in (ROOT / "wangge" / storey).iterdir():
            if (room / "__init__.py").exists():
                assert room.name in map_, room


def test_glossary_names_every_state_step_and_role():
    from wangge.domains.cases.workflow import STEPS
    from wangge.foundation.accounts.permissions import P

    lifecycle = (FOLDER / "lifecycle.md").read_text(encoding="utf-8")
    permissions = (FOLDER / "permissions.md").read_text(encoding="utf-8")
    assert [verb for verb in STEPS if f"`{verb}`" not in lifecycle] == []
    # A permission that no role carries would be a door without a key.
    assert [p.value for p in P if f"`{p.value}`" not in permissions] == []
