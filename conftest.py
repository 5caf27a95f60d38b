"""The tests' database: built once as a template (migrations, shipped catalogue, the cast), copied per worker.

A test runs in a transaction that is rolled back; one that needs several connections asks for `own_database`, a fresh
copy of the template that is dropped afterwards. Nothing is ever flushed: audit rows cannot be deleted.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.early import APP_URL, OWNER_URL
from wangge.config import embedded

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent

_KEPT = 12  # templates of earlier states of the code; several runs may be under way at once


def _with_name(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


# While several people change actions at once, `WANGGE_TEMPLATE=schema` keeps a template until tables or the cast change.
_BY_SCHEMA = os.environ.get("WANGGE_TEMPLATE") == "schema"


def _is_schema(path: str) -> bool:
    return any(
        part in path for part in ("migrations", "models", "roles", "permissions", ".yaml", "town.py", "conftest")
    )


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for folder in (
        "wangge/foundation",
        "wangge/domains",
        "deploy/catalogue",
        "tests/town.py",
        "conftest.py",
        "tests/early.py",
    ):
        path = ROOT / folder
        for file in [path] if path.is_file() else sorted([*path.rglob("*.py"), *path.rglob("*.yaml")]):
            if "/tests/test_" not in str(file) and (not _BY_SCHEMA or _is_schema(str(file))):
                digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _use(name: str, url: str) -> None:
    from django.db import connection

    parsed = embedded.parse_database_url(_with_name(url, name))
    connection.close()
    connection.settings_dict.update({key: parsed[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})


def _template() -> str:
    """The template's name; made under a lock when no run has made it yet."""
    name = f"template_{_fingerprint()}"
    lock = Path(tempfile.gettempdir()) / f"wangge-test-template-{os.geteuid()}.lock"
    with lock.open("w") as handle, psycopg.connect(OWNER_URL, autocommit=True) as admin:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return name
        held = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%' ORDER BY oid DESC")
        for (old,) in held.fetchall()[_KEPT:]:
            admin.execute(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)')
        building = f"building_{uuid.uuid4().hex[:12]}"
        admin.execute(f'CREATE DATABASE "{building}" TEMPLATE template0')
        with psycopg.connect(_with_name(OWNER_URL, building), autocommit=True) as fresh:
            if fresh.execute("SELECT 1 FROM pg_roles WHERE rolname = 'wangge_app'").fetchone():
                fresh.execute("GRANT USAGE ON SCHEMA public TO wangge_app")
                fresh.execute(
                    "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO wangge_app;"
                    "ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO wangge_app"
                )
        _build(building)
        admin.execute(f'ALTER DATABASE "{building}" RENAME TO "{name}"')
    return name


def _build(building: str) -> None:
    from django.core.management import call_command
    from django.db import connection

    from tests.town import build

    _use(building, OWNER_URL)
    call_command("migrate", verbosity=0)
    build()
    connection.close()


def _copy(template: str) -> str:
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(OWNER_URL, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return name


def _drop(name: str) -> None:
    with psycopg.connect(OWNER_URL, autocommit=True) as admin:
        for attempt in range(20):
            try:
                admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            except psycopg.errors.InsufficientPrivilege:  # autovacuum is in it, and is not ours to end: soon gone
                if attempt == 19:
                    raise
                time.sleep(0.5)
            else:
                return


@pytest.fixture(scope="session")
def _template_name(django_db_blocker) -> str:
    with django_db_blocker.unblock():
        return _template()


@pytest.fixture(scope="session")
def django_db_setup(_template_name, django_db_blocker) -> Iterator[None]:
    """In place of pytest-django's own: a copy of the template for this worker."""
    from django.db import connection

    name = _copy(_template_name)
    with django_db_blocker.unblock():
        _use(name, APP_URL)
    yield
    with django_db_blocker.unblock():
        connection.close()
    _drop(name)


@pytest.fixture
def own_database(_template_name, django_db_setup, django_db_blocker) -> Iterator[str]:
    """A database of this test's own, really committed to; its URL (application role)."""
    from django.db import connection

    name = _copy(_template_name)
    url = APP_URL
    held = dict(connection.settings_dict)
    with django_db_blocker.unblock():
        _use(name, url)
        try:
            yield _with_name(url, name)
        finally:
            connection.close()
            connection.settings_dict.update({key: held[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})
            _drop(name)


@pytest.fixture(autouse=True)
def _plain_settings(settings) -> None:
    """No built front end is needed, no password is hashed slowly, nothing is logged."""
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SECOND_CHECK_PERCENT = 0  # the lot falls where a test asks for it


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """What a process keeps for seconds, or a request in a thread, is not kept from one test to the next."""
    from django.utils import translation

    from wangge.foundation.core import memo
    from wangge.foundation.places.queries import forget_grids

    memo.forget_all()
    forget_grids()
    translation.deactivate()


@pytest.fixture
def town(db):
    """The cast (tests/town.py), in a transaction of this test's own."""
    from tests.town import Town

    return Town()


@pytest.fixture
def homes(town):
    """A few residents of the town (wangge/domains/people/tests/homes.py)."""
    from wangge.domains.people.tests.homes import build

    return build(town)
