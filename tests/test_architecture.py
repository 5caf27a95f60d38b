"""The rules of the house that no linter knows, read off the syntax trees. Each rule has an example that breaks it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "wangge"
LONGEST_FILE = 600
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}
WRITES = {"save", "create", "bulk_create", "bulk_update", "update_or_create", "get_or_create", "delete"}


def sources(folder: Path = PACKAGE, suffix: str = "*.py") -> list[Path]:
    return [p for p in sorted(folder.rglob(suffix)) if "migrations" not in p.parts and "node_modules" not in p.parts]


def production() -> list[Path]:
    return [path for path in sources() if "tests" not in path.parts]


def door_writes(tree: ast.AST) -> Iterator[int]:
    """A door reads through queries and writes through actions: no manager, no save."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_base_manager", "_default_manager"}:
            yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            # dict.update and a form's own methods are no database write; `.save()` and `.create()` are.
            yield node.lineno


def state_assignments(tree: ast.AST) -> Iterator[int]:
    """`case.state = …` outside an action is a status that was set."""
    for node in ast.walk(tree):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
        )
        parts = [part for one in targets for part in (one.elts if isinstance(one, ast.Tuple) else [one])]
        for target in parts:
            if isinstance(target, ast.Attribute) and target.attr == "state":
                yield node.lineno


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def formatted_messages(tree: ast.AST) -> Iterator[int]:
    """An f-string inside gettext is looked up after it was formatted, and never found."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        translates = node.func.id in {"_", "gettext", "gettext_lazy", "ngettext", "pgettext"}
        if translates and any(isinstance(argument, ast.JoinedStr) for argument in node.args):
            yield node.lineno


def parsed(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_doors_never_touch_a_table():
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in production()
        if "doors" in path.parts
        for line in door_writes(parsed(path))
    ]
    assert found == []


def test_a_state_is_set_only_by_steps():
    allowed = {
        PACKAGE / "domains/cases/actions/steps.py",
        PACKAGE / "domains/cases/actions/whistling.py",
        PACKAGE / "domains/fieldwork/actions/steps.py",
    }
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in production()
        # People have no steps: their graph of dated rows is written by their actions, and by nothing else.
        if path not in allowed and "domains" in path.parts and not {"people", "actions"} <= set(path.parts)
        for line in state_assignments(parsed(path))
    ]
    assert found == []


def test_workflows_import_no_django():
    for path in PACKAGE.rglob("workflow.py"):
        assert [name for name in imports(parsed(path)) if name.startswith(("django", "wangge"))] == []


def test_domains_do_not_touch_the_network():
    network = {"socket", "http.client", "httpx", "requests", "urllib.request", "urllib3", "smtplib", "asyncio"}
    for path in production():
        if {"domains", "foundation"} & set(path.parts):
            assert network & set(imports(parsed(path))) == set(), path


@pytest.mark.parametrize("suffix", ["*.py", "*.html"])
def test_no_file_is_too_long(suffix):
    found = [
        str(path.relative_to(ROOT))
        for folder in (PACKAGE, ROOT / "tests", ROOT / "bench", ROOT / "deploy")
        for path in sources(folder, suffix)
        if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE
    ]
    assert found == []


def test_no_typescript_file_is_too_long():
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "frontend").rglob("*.ts")
        if "dist" not in path.parts and len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE
    ]
    assert found == []


def test_no_module_is_called_by_what_it_is_not():
    assert [str(path) for path in sources(ROOT / "wangge") if path.stem in NAMELESS] == []


def test_no_message_is_formatted_before_it_is_translated():
    found = [f"{path.relative_to(ROOT)}:{line}" for path in production() for line in formatted_messages(parsed(path))]
    assert found == []


def test_templates_carry_no_inline_script_or_style():
    for path in PACKAGE.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert " style=" not in text, path
        assert "onclick=" not in text, path
        for start in text.split("<script")[1:]:
            head = start.split(">", 1)[0]
            assert "src=" in head or 'type="application/json"' in head, path


def test_templates_ask_nothing_of_another_machine():
    for path in PACKAGE.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for attribute in ('src="http', "src='http", 'href="http', "href='http", 'src="//', 'href="//'):
            assert attribute not in text, path


def test_no_city_is_named_in_code():
    """Places are data. The demo street's recipe and the tests may name its fictional places."""
    for path in production():
        if "town" in path.parts or path.name == "name_tables.py":  # one of the names is also a surname
            continue
        text = path.read_text(encoding="utf-8")
        for name in ("菏泽", "牡丹区", "濮阳", "Heze", "Puyang"):
            assert name not in text, path


# The rules themselves, each against an example that keeps it and one that breaks it.


@pytest.mark.parametrize(
    ("rule", "keeps", "breaks"),
    [
        (door_writes, "case = queries.get_case(user, n)", "Case.objects.filter(pk=1)"),
        (door_writes, "actions.close(case=case, by=user)", "case.save()"),
        (state_assignments, "state = case.state", "case.state = 'closed'"),
        (state_assignments, "state, at = case.state, now", "case.state, case.closed_at = 'closed', now"),
        (formatted_messages, "_('No %(x)s') % {'x': 1}", "_(f'No {x}')"),
    ],
)
def test_the_rules_themselves(rule, keeps, breaks):
    assert list(rule(ast.parse(keeps))) == []
    assert list(rule(ast.parse(breaks))) != []
