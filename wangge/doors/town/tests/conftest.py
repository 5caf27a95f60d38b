"""The small street, built once a day into a database of its own and read by the tests of this folder."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from conftest import _use, _with_name
from tests.early import APP_URL, OWNER_URL
from wangge.doors.town import building, recipe
from wangge.foundation.core import clock, memo
from wangge.foundation.places.queries import forget_grids

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[4]
_NAMES = ("NAME", "USER", "PASSWORD", "HOST", "PORT")


def _fingerprint() -> str:
    """Histories are told relative to today, so a street is good for a day."""
    digest = hashlib.sha256(clock.today().isoformat().encode())
    for folder in ("wangge/foundation", "wangge/domains", "wangge/doors/town", "deploy/catalogue", "deploy/town"):
        for file in sorted([*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.yaml")]):
            if "tests" not in file.parts or file == Path(__file__):
                digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()[:16]


class _KilledError(Exception):
    """The machine went away."""


def _kill_after_the_offices(line: str) -> None:
    if " offices: " in line:
        raise _KilledError


def _key_store(name: str) -> Path:
    """The street's people keep their keys as long as the street: not in the store of one run."""
    return Path(tempfile.gettempdir()) / f"wangge-test-street-keys-{os.geteuid()}" / f"{name}.sqlite"


def _built(name: str, store: Path) -> None:
    """Migrations as the owner, the street as the application: it needs no more rights than the web server has."""
    _use(name, OWNER_URL)
    call_command("migrate", verbosity=0)
    connection.close()
    _use(name, APP_URL)
    with override_settings(DEMO=True, WANGGE_KEY_STORE=store):
        # Killed after the third stage, and finished by another run with other wishes: it keeps to what was begun.
        with pytest.raises(_KilledError):
            building.build("small", None, _kill_after_the_offices)
        building.build("full", 1, lambda _line: None)
    connection.close()


@pytest.fixture(scope="session")
def _street_database(django_db_setup, django_db_blocker) -> str:
    name = f"street_{_fingerprint()}"
    lock = Path(tempfile.gettempdir()) / f"wangge-test-street-{os.geteuid()}.lock"
    held = dict(connection.settings_dict)
    with lock.open("w") as handle, psycopg.connect(OWNER_URL, autocommit=True) as admin, django_db_blocker.unblock():
        fcntl.flock(handle, fcntl.LOCK_EX)
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return name
        for (old,) in admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'street\\_%'").fetchall():
            admin.execute(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)')
        shutil.rmtree(_key_store(name).parent, ignore_errors=True)
        unfinished = f"street_{os.getpid()}_unfinished"
        admin.execute(f'CREATE DATABASE "{unfinished}" TEMPLATE template0')
        with psycopg.connect(_with_name(OWNER_URL, unfinished), autocommit=True) as fresh:
            if fresh.execute("SELECT 1 FROM pg_roles WHERE rolname = 'wangge_app'").fetchone():
                fresh.execute("GRANT USAGE ON SCHEMA public TO wangge_app")
                fresh.execute(
                    "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO wangge_app;"
                    "ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO wangge_app"
                )
        try:
            _built(unfinished, _key_store(name))
        finally:
            connection.close()
            connection.settings_dict.update({key: held[key] for key in _NAMES})
        admin.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
    return name


@pytest.fixture
def street(_street_database, django_db_blocker, settings) -> Iterator[recipe.Recipe]:
    """The small street, to be read; its recipe."""
    held = dict(connection.settings_dict)
    settings.WANGGE_KEY_STORE = _key_store(_street_database)
    memo.forget_all()
    forget_grids()
    with django_db_blocker.unblock():
        _use(_street_database, APP_URL)
        try:
            yield recipe.load("small")
        finally:
            connection.close()
            connection.settings_dict.update({key: held[key] for key in _NAMES})
    memo.forget_all()
    forget_grids()
