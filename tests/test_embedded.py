"""The embedded PostgreSQL: rights, many starters at once, deaths, refusals. A real server in a place of its own."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from wangge.config import binaries, embedded
from wangge.config.progress import SetupError

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def server() -> Iterator[embedded.Server]:
    # Not tmp_path: pytest closes it to the user that the server runs as.
    home = Path(tempfile.mkdtemp(prefix="wangge-test-"))
    made = embedded.Server("trial", home=home)
    yield made
    made.destroy()
    shutil.rmtree(home)


@pytest.fixture
def cluster(server: embedded.Server) -> embedded.Cluster:
    return server.ensure()


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []


def setting(cluster: embedded.Cluster, name: str) -> object:
    return run(cluster.url("super"), f"SHOW {name}")[0][0]


def test_it_listens_on_a_closed_socket_only_and_keeps_what_it_commits(cluster: embedded.Cluster) -> None:
    assert cluster.server is not None
    assert setting(cluster, "listen_addresses") == ""
    assert stat.S_IMODE(cluster.server.socket_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(cluster.server.data.stat().st_mode) == 0o700
    assert stat.S_IMODE((cluster.server.place / "roles.json").stat().st_mode) == 0o600
    assert [setting(cluster, name) for name in ("fsync", "data_checksums", "server_encoding")] == ["on", "on", "UTF8"]


def test_text_functions_know_letters_beyond_ascii(cluster: embedded.Cluster) -> None:
    assert run(cluster.url("app"), "SELECT lower('Ｇ街道'), '张伟' ~ '^\\w+$'") == [("ｇ街道", True)]


def test_the_application_writes_rows_and_cannot_change_tables(cluster: embedded.Cluster) -> None:
    run(cluster.url("owner"), "CREATE TABLE kept (id bigserial PRIMARY KEY, note text)")
    assert run(cluster.url("app"), "INSERT INTO kept (note) VALUES ('one') RETURNING id") == [(1,)]
    for forbidden in (
        "CREATE TABLE more (id int)",
        "ALTER TABLE kept ADD COLUMN extra int",
        "DROP TABLE kept",
        "TRUNCATE kept",
        "CREATE DATABASE other",
        "CREATE ROLE other",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run(cluster.url("app"), forbidden)
    assert run(cluster.url("app"), "SELECT id, note FROM kept") == [(1, "one")]
    run(cluster.url("owner"), "DROP TABLE kept")


def test_a_database_made_for_tests_has_the_same_rights(cluster: embedded.Cluster) -> None:
    run(cluster.url("owner"), "CREATE DATABASE test_w1")
    inside = {role: cluster.url(role).replace("/wangge?", "/test_w1?") for role in ("owner", "app")}  # type: ignore[arg-type]
    run(inside["owner"], "CREATE TABLE t (id int)")
    run(inside["app"], "INSERT INTO t VALUES (7)")
    assert run(inside["app"], "SELECT id FROM t") == [(7,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(inside["app"], "DROP TABLE t")
    run(cluster.url("owner"), "DROP DATABASE test_w1")


def test_a_wrong_password_is_refused(cluster: embedded.Cluster) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        run(cluster.url("app").replace("wangge_app:", "wangge_app:not"), "SELECT 1")


def test_of_four_starters_one_starts_and_three_attach(server: embedded.Server) -> None:
    server.ensure()
    assert server.stop() is True
    code = (
        "import sys, pathlib; from wangge.config import embedded;"
        "s = embedded.Server('trial', home=pathlib.Path(sys.argv[1])); s.ensure(); print(s.pid())"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(server.home)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(4)
    ]
    answers = [process.communicate(timeout=60)[0].strip() for process in started]
    assert answers == [str(server.pid())] * 4
    assert server.log.read_text().count("database system is ready to accept connections") >= 1


def test_committed_rows_survive_a_kill(server: embedded.Server) -> None:
    cluster = server.ensure()
    run(cluster.url("owner"), "CREATE TABLE survivors AS SELECT generate_series(1, 1000) AS n")
    before = server.pid()
    assert before is not None
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while cluster.alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert cluster.alive() is False
    assert server.ensure().alive() is True
    assert server.pid() != before
    assert run(cluster.url("app"), "SELECT count(*) FROM survivors") == [(1000,)]
    run(cluster.url("owner"), "DROP TABLE survivors")


def test_a_lock_file_with_somebody_elses_process_id_does_not_keep_it_from_starting(server: embedded.Server) -> None:
    server.ensure()
    server.stop()
    # As after the restart of a container: the number lives, but is this test.
    left = [str(os.getpid()), str(server.data), "1", "5432", str(server.socket_dir), "", "1 1", "stopping"]
    (server.data / "postmaster.pid").write_text("\n".join(left) + "\n")
    (server.socket_dir / ".s.PGSQL.5432.lock").write_text("\n".join(left) + "\n")
    assert server.ensure().alive() is True


def test_stopping_breaks_off_clients_but_an_idle_stop_leaves_them(server: embedded.Server) -> None:
    cluster = server.ensure()
    with psycopg.connect(cluster.url("app"), autocommit=True) as client:
        assert server.stop(only_if_idle=True) is False
        assert client.execute("SELECT 1").fetchone() == (1,)
        began = time.monotonic()
        assert server.stop() is True
        assert time.monotonic() - began < 10
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")
    assert server.stop() is False
    assert server.status() == "stopped"


def test_a_killed_and_uncollected_process_counts_as_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"])
    try:
        deadline = time.monotonic() + 10
        while Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert binaries.dead(child.pid) is True
    finally:
        child.wait()
    assert binaries.dead(os.getpid()) is True
    # A number that nobody has is left to PostgreSQL itself.
    assert binaries.dead(child.pid) is False


def test_a_socket_directory_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    server = embedded.Server("trial", home=tmp_path)
    server.place.mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    server.socket_dir.symlink_to(elsewhere)
    with pytest.raises(SetupError, match="is not a closed directory of the database's own"):
        server.ensure()
    assert list(elsewhere.iterdir()) == []
    assert server.status() == "absent"


def test_a_long_path_gets_a_short_socket_directory() -> None:
    home = Path("/srv") / ("deep" * 30)
    socket_dir = embedded.Server("trial", home=home).socket_dir
    assert socket_dir.parent == Path(tempfile.gettempdir())
    assert len(str(socket_dir / ".s.PGSQL.5432.lock")) <= 107
    assert socket_dir != embedded.Server("other", home=home).socket_dir
    assert embedded.Server("trial", home=Path("/srv/x")).socket_dir == Path("/srv/x/postgres/trial/run")


def test_the_demo_uses_the_database_url_and_never_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:pw@db.example:5432/grid")
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    outside = embedded.ensure("demo")
    assert outside.server is None
    assert outside.url("app") == outside.url("owner") == "postgresql://app:pw@db.example:5432/grid"
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner:pw@db.example:5432/grid")
    assert embedded.ensure("demo").environment() == {
        "DATABASE_URL": "postgresql://app:pw@db.example:5432/grid",
        "DATABASE_OWNER_URL": "postgresql://owner:pw@db.example:5432/grid",
    }
    outside.stop()
    with pytest.raises(KeyError):
        outside.url("super")


def test_passwords_do_not_show_in_a_representation() -> None:
    shown = repr(embedded.Cluster(name="demo", urls={"app": "postgresql://app:verysecret@/x"}))
    assert "verysecret" not in shown


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://ann:p%40ss@db.example:6432/grid?sslmode=require",
            ("grid", "ann", "p@ss", "db.example", "6432", {"sslmode": "require"}),
        ),
        ("postgres://db/grid", ("grid", "", "", "db", "", {})),
        (
            "postgresql://app:pw@/wangge?host=%2Fvar%2Flib%2Frun&port=5432",
            ("wangge", "app", "pw", "/var/lib/run", "5432", {}),
        ),
        ("postgresql://app@[::1]:5433/grid", ("grid", "app", "", "::1", "5433", {})),
    ],
)
def test_a_database_address_becomes_djangos_settings(url: str, expected: tuple[object, ...]) -> None:
    found = embedded.parse_database_url(url)
    assert found.pop("ENGINE") == "django.db.backends.postgresql"
    assert tuple(found[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")) == expected
    assert len(found) == 6


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://a@b/c", "must begin with postgresql://"),
        ("postgresql://a@b:port/c", "port in DATABASE_URL is not a number"),
        ("postgresql://a@b:5432/", "names no database"),
    ],
)
def test_an_unusable_address_is_told(url: str, sentence: str) -> None:
    with pytest.raises(SetupError, match=sentence):
        embedded.parse_database_url(url)


def test_binaries_that_do_not_run_are_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for tool in ("initdb", "pg_ctl", "postgres"):
        (tmp_path / tool).write_text("#!/bin/sh\nexit 127\n")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("WANGGE_PG_BIN", str(tmp_path))
    assert binaries.find_binaries().directory != tmp_path
    with pytest.raises(SetupError, match="No PostgreSQL 9 that runs on this machine was found"):
        binaries.find_binaries(9)


def test_chosen_binaries_come_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for tool in ("initdb", "pg_ctl", "postgres"):
        (tmp_path / tool).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 17.2 (Vendor 9)'\n")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("WANGGE_PG_BIN", str(tmp_path))
    found = binaries.find_binaries()
    assert (found.directory, found.major, found.source) == (tmp_path, 17, "WANGGE_PG_BIN")


@pytest.mark.parametrize("name", ["", "Demo", "a b", "../x", "x" * 32])
def test_a_cluster_name_stays_inside_its_folder(name: str) -> None:
    with pytest.raises(SetupError, match="cluster's name"):
        embedded.Server(name)
