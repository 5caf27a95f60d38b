"""A PostgreSQL of our own for the demo and the tests, or the one that `DATABASE_URL` names.

Only the *binaries* are taken from elsewhere (a wheel, or the system's packages): the wheels' own start-up code opens
parent directories to everybody, trusts every local user and loses count of its clients. Here the server listens on a
socket in a directory of mode 0700 and nowhere else; the operating-system user who starts it is let in as the superuser
(peer), the application's two roles by password (SCRAM):

* `wangge_owner` owns the schema and migrates;
* `wangge_app` reads and writes rows and cannot change a table. The web server and the worker run as this.

Started by root, the server runs as the system user `wangge`, with everything below /var/lib/wangge/<hash of the
checkout> (PostgreSQL refuses to run as root, and a checkout in root's home cannot be entered by another user); started
by anybody else it lives in ./var.

    python -m wangge.config.embedded start|stop|url|with …      (see `main`)
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import re
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from wangge.config.binaries import Binaries, copied_for_server, dead, find_binaries, locale_options, server_account
from wangge.config.groundwork import ROOT
from wangge.config.progress import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DATABASE = "wangge"
OWNER, APP, SUPER = "wangge_owner", "wangge_app", "postgres"
Role = Literal["owner", "app", "super"]

START_SECONDS = 60
# The kernel's limit is 107 bytes for the whole socket path, of which the file name takes 18.
SOCKET_DIR_LIMIT = 107 - len("/.s.PGSQL.5432") - len(".lock")

_SETTINGS: dict[str, str] = {
    "listen_addresses": "''",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "shared_buffers": "128MB",
    "password_encryption": "'scram-sha-256'",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "lc_messages": "'C'",
    # Short queries only: compiling them costs more than it saves.
    "jit": "off",
}
if sys.platform == "linux":
    # After a crash: one call for the file system instead of one for each of some thousand files (7 s here).
    _SETTINGS["recovery_init_sync_method"] = "syncfs"
_THROWAWAY: dict[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "'30min'",
    "max_wal_size": "'2GB'",
}


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL that is running, and how each role reaches it."""

    name: str
    urls: Mapping[Role, str] = field(repr=False)
    server: Server | None = None
    """None when the PostgreSQL is somebody else's (`DATABASE_URL`)."""

    def url(self, role: Role = "app") -> str:
        """The address for `role`, with its password. An outside PostgreSQL has no "super": KeyError."""
        return self.urls[role]

    def environment(self) -> dict[str, str]:
        """What the settings read: `DATABASE_URL` (application role) and `DATABASE_OWNER_URL`."""
        return {"DATABASE_URL": self.url("app"), "DATABASE_OWNER_URL": self.url("owner")}

    def alive(self) -> bool:
        """Whether a query is answered now (for an outside PostgreSQL, as the application's role)."""
        return answers(self.urls.get("super") or self.urls["app"])

    def stop(self) -> None:
        """Stop our server, breaking off its clients; does nothing to an outside PostgreSQL."""
        if self.server is not None:
            self.server.stop()


def ensure(name: str = "demo") -> Cluster:
    """Return a running cluster called `name`, made and started where needed. Many processes may call this at once.

    "demo" honours `DATABASE_URL`; every other name is a cluster of our own, so that a test never meets somebody's data.
    "test" gives up durability for speed. The owner role may create databases in every cluster but the demo's.

    Raises:
        SetupError: no usable binaries, no place to put the data, or the server does not come up.
    """
    if name == "demo" and os.environ.get("DATABASE_URL"):
        app = os.environ["DATABASE_URL"]
        parse_database_url(app)
        owner = os.environ.get("DATABASE_OWNER_URL") or app
        return Cluster(name=name, urls={"app": app, "owner": owner})
    return Server(name).ensure()


def answers(url: str) -> bool:
    """Whether the PostgreSQL at `url` answers a query. (A process id proves nothing.)"""
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=5, autocommit=True) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.Error:
        return False


def major_version(url: str) -> int:
    """The major version of the PostgreSQL at `url`, for example 18."""
    import psycopg

    with psycopg.connect(url, connect_timeout=5) as connection:
        return connection.info.server_version // 10_000


def parse_database_url(url: str) -> dict[str, Any]:
    """Turn `postgresql://user:password@host:port/name` into an entry of Django's DATABASES.

    `?host=/socket/directory&port=…` names a Unix socket, as in libpq; any other query parameter (sslmode, …) goes to
    the driver.

    Raises:
        SetupError: another scheme, no database name, or a port that is no number.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise SetupError(
            "DATABASE_URL must begin with postgresql:// (for example postgresql://user:password@host:5432/wangge)."
        )
    options = dict(parse_qsl(parts.query))
    try:
        port = str(parts.port or "")
    except ValueError as error:
        raise SetupError("The port in DATABASE_URL is not a number.") from error
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise SetupError("DATABASE_URL names no database; it ends in the name, for example …:5432/wangge.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": options.pop("port", port),
        "OPTIONS": options,
    }


def home_of(checkout: Path) -> Path:
    """Where the clusters of a checkout live: outside it for root, inside it for everybody else."""
    if os.geteuid() == 0:
        return Path("/var/lib/wangge") / hashlib.sha256(str(checkout).encode()).hexdigest()[:12]
    return Path(os.environ.get("WANGGE_VAR", checkout / "var"))


class Server:
    """The embedded server of one cluster: its places, its start and its end."""

    def __init__(self, name: str, *, checkout: Path = ROOT, home: Path | None = None) -> None:
        """
        Args:
            home: where data goes instead of `home_of(checkout)`.
        """
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name):
            raise SetupError(f"A cluster's name is lower-case letters and digits, at most 31; {name!r} is not.")
        self.name = name
        self.home = home or home_of(checkout)
        self.place = self.home / "postgres" / name
        self.data = self.place / "data"
        self.log = self.place / "postgres.log"
        self.socket_dir = self._socket_dir()

    def ensure(self) -> Cluster:
        """Make, start and prepare the cluster where needed, one process at a time."""
        self._make_places()
        with self._locked():
            cluster = self._cluster()
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            if not cluster.alive():
                self._start()
            # The database is the last thing made: whoever reaches it finds everything prepared.
            if not answers(cluster.url("app")):
                self._prepare()
        return cluster

    def stop(self, *, only_if_idle: bool = False) -> bool:
        """Stop the server, breaking off its clients. True if it ran.

        Args:
            only_if_idle: leave it running while anybody else is connected.
        """
        if not (self.data / "PG_VERSION").exists():
            return False
        with self._locked():
            if only_if_idle and self._busy():
                return False
            if self.pid() is None:
                return False
            binaries = self._binaries()
            for mode in ("fast", "immediate"):
                ended = self._run(
                    [binaries.directory / "pg_ctl", "stop", "-D", self.data, "-m", mode, "-w", "-t", "60"]
                )
                # pg_ctl cannot tell a dead process that nobody has collected from a living one.
                if ended.returncode == 0 or not self._cluster().alive():
                    return True
        raise SetupError(f"PostgreSQL ({self.name}) does not stop. The last lines of {self.log} say why.")

    def destroy(self) -> None:
        """Stop the server and delete the cluster's data. There is no way back."""
        self.stop()
        shutil.rmtree(self.place, ignore_errors=True)

    def status(self) -> str:
        """One word: absent, stopped or running."""
        if not (self.data / "PG_VERSION").exists():
            return "absent"
        return "running" if self._cluster().alive() else "stopped"

    # -- places

    def _socket_dir(self) -> Path:
        wanted = self.place / "run"
        if len(os.fsencode(wanted)) <= SOCKET_DIR_LIMIT:
            return wanted
        short = hashlib.sha256(os.fsencode(self.place)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"wangge-{os.geteuid()}-{short}"

    def _make_places(self) -> None:
        try:
            self.place.mkdir(parents=True, exist_ok=True)
            if os.geteuid() == 0:
                # The server's user must be able to pass through; what is inside has modes of its own.
                for directory in (self.place, *self.place.parents):
                    if directory in (self.home.parent, Path("/")):
                        break
                    directory.chmod(0o755)
                if self.home.parent == Path("/var/lib/wangge"):
                    self.home.parent.chmod(0o755)
            self._make_socket_dir()
        except OSError as error:
            raise SetupError(f"The database cannot be kept in {self.place}: {error.strerror}.") from error

    def _make_socket_dir(self) -> None:
        account = server_account()
        with contextlib.suppress(FileExistsError):
            self.socket_dir.mkdir(mode=0o700)
            if account is not None:
                os.chown(self.socket_dir, account.pw_uid, account.pw_gid)
        # The fall-back lies in a directory where everybody may write: it must be ours and closed, or be refused.
        found = self.socket_dir.lstat()
        owner = account.pw_uid if account is not None else os.geteuid()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != 0o700:
            raise SetupError(
                f"{self.socket_dir} is not a closed directory of the database's own; remove it and try again."
            )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.place / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    # -- processes

    def _run(self, command: Sequence[str | Path], timeout: float = 180) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's tools as the server's user, in a session of its own, away from Ctrl-C."""
        account = server_account()
        as_user: dict[str, Any] = {}
        if account is not None:
            as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,
            umask=0o077,
            **as_user,
        )

    def _binaries(self) -> Binaries:
        version = self.data / "PG_VERSION"
        major = int(version.read_text().split(".")[0]) if version.exists() else None
        found = find_binaries(major)
        if os.geteuid() != 0 or found.source != "wheel":
            return found
        return Binaries(copied_for_server(found, self.home), found.major, found.source)

    def _initialise(self) -> None:
        binaries = self._binaries()
        fresh = self.place / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._own_directory(fresh)
        for locale in locale_options(binaries.major):
            command: list[str | Path] = [
                binaries.directory / "initdb",
                "-D",
                fresh,
                "-U",
                SUPER,
                "--encoding=UTF8",
                *locale,
            ]
            command += ["--data-checksums", "--auth=reject", *(["--no-sync"] if self.name == "test" else [])]
            made = self._run(command)
            if made.returncode == 0:
                break
        else:
            raise SetupError(f"PostgreSQL cannot make its data directory {fresh}: {_last_line(made.stdout)}")
        with (fresh / "postgresql.conf").open("a") as conf:
            conf.write("include 'wangge.conf'\n")
        account = server_account()
        (fresh / "wangge.conf").touch()
        if account is not None:
            os.chown(fresh / "wangge.conf", account.pw_uid, account.pw_gid)
        # Last, so that a half-made directory is never taken for a cluster.
        fresh.rename(self.data)

    def _own_directory(self, directory: Path) -> None:
        directory.mkdir(mode=0o700)
        account = server_account()
        if account is not None:
            os.chown(directory, account.pw_uid, account.pw_gid)

    def _configure(self) -> None:
        settings = _SETTINGS | {"unix_socket_directories": f"'{self.socket_dir}'"}
        if self.name == "test":
            settings |= _THROWAWAY
        (self.data / "wangge.conf").write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
        (self.data / "pg_hba.conf").write_text(f"local all {SUPER} peer map=wangge\nlocal all all scram-sha-256\n")
        people = {pwd.getpwuid(os.geteuid()).pw_name}
        if (account := server_account()) is not None:
            people.add(account.pw_name)
        (self.data / "pg_ident.conf").write_text("".join(f'wangge "{person}" {SUPER}\n' for person in sorted(people)))

    def _start(self) -> None:
        binaries = self._binaries()
        self._configure()
        self._own_log()
        deadline = time.monotonic() + START_SECONDS
        while True:
            self._clear_dead()
            started = self._run(
                [
                    binaries.directory / "pg_ctl",
                    "start",
                    "-D",
                    self.data,
                    "-l",
                    self.log,
                    "-w",
                    "-t",
                    str(START_SECONDS),
                ]
            )
            if self._cluster().alive():
                return
            # After a kill -9 the old server's children hold its memory for a moment longer.
            if time.monotonic() > deadline or "shared memory block" not in self._log_tail():
                reason = _last_line(self._log_tail()) or _last_line(started.stdout)
                raise SetupError(f"PostgreSQL ({self.name}) does not start: {reason} (whole log: {self.log})")
            time.sleep(0.3)

    def _own_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch(mode=0o600)
        if (account := server_account()) is not None:
            os.chown(self.log, account.pw_uid, account.pw_gid)

    def _log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    def pid(self) -> int | None:
        """The process id in the server's lock file."""
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _clear_dead(self) -> None:
        """Remove the lock files of a server that is dead although its process id is taken.

        Two ways: a killed server that PID 1 of a container never collects (state Z), and a container started anew, in
        which the number belongs to some other program. PostgreSQL would refuse to start in both.
        """
        pid = self.pid()
        if pid is None or not dead(pid):
            return
        for leftover in (self.data / "postmaster.pid", self.socket_dir / ".s.PGSQL.5432.lock"):
            leftover.unlink(missing_ok=True)

    # -- roles and database

    def _passwords(self) -> dict[str, str]:
        """The two roles' passwords, made once, readable by us alone."""
        path = self.place / "roles.json"
        if not path.exists():
            made = {OWNER: secrets.token_urlsafe(24), APP: secrets.token_urlsafe(24)}
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                json.dump(made, file)
        return cast("dict[str, str]", json.loads(path.read_text()))

    def _cluster(self) -> Cluster:
        passwords = self._passwords()
        where = f"host={quote(str(self.socket_dir), safe='')}&port=5432"
        urls: dict[Role, str] = {
            "owner": f"postgresql://{OWNER}:{passwords[OWNER]}@/{DATABASE}?{where}",
            "app": f"postgresql://{APP}:{passwords[APP]}@/{DATABASE}?{where}",
            "super": f"postgresql://{SUPER}@/postgres?{where}",
        }
        return Cluster(name=self.name, urls=urls, server=self)

    def _prepare(self) -> None:
        """Make roles, rights and the database, once; running it again changes nothing.

        The rights are written into template1, so that every database made later (each test worker's) has them too.
        """
        import psycopg
        from psycopg import sql

        base = self._cluster().url("super")
        with psycopg.connect(base, autocommit=True) as connection:
            known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for role, password in self._passwords().items():
                verb = "ALTER" if role in known else "CREATE"
                createdb = "CREATEDB" if role == OWNER and self.name != "demo" else "NOCREATEDB"
                connection.execute(
                    sql.SQL(f"{verb} ROLE {{}} LOGIN NOSUPERUSER NOCREATEROLE {createdb} PASSWORD {{}}").format(
                        sql.Identifier(role), sql.Literal(password)
                    )
                )
        with psycopg.connect(base.replace("/postgres?", "/template1?"), autocommit=True) as connection:
            for statement in _RIGHTS:
                connection.execute(cast("Any", statement))
        with psycopg.connect(base, autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(cast("Any", f"CREATE DATABASE {DATABASE} OWNER {OWNER}"))

    def _busy(self) -> bool:
        import psycopg

        try:
            with psycopg.connect(self._cluster().url("super"), connect_timeout=5, autocommit=True) as connection:
                others = connection.execute(
                    "SELECT count(*) FROM pg_stat_activity "
                    "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                ).fetchone()
        except psycopg.Error:
            return False
        return others != (0,)


_RIGHTS = (
    f"ALTER SCHEMA public OWNER TO {OWNER}",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    f"GRANT USAGE ON SCHEMA public TO {APP}",
    f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP}",
    f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT USAGE, SELECT ON SEQUENCES TO {APP}",
)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"FATAL|PANIC|ERROR|error:", line)]
    return (telling or lines or [""])[-1]


def main(arguments: Sequence[str] | None = None) -> int:
    """`start NAME`, `stop NAME [--if-idle]`, `status NAME`, `url NAME ROLE`, `with NAME -- COMMAND …`."""
    parser = argparse.ArgumentParser(prog="python -m wangge.config.embedded", description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, meaning in (("start", "start it"), ("status", "absent, stopped or running"), ("url", "print an address")):
        verbs.add_parser(verb, help=meaning).add_argument("name")
    verbs.choices["url"].add_argument("role", choices=["app", "owner", "super"])
    stop = verbs.add_parser("stop", help="stop it")
    stop.add_argument("name")
    stop.add_argument("--if-idle", action="store_true", help="only when nobody is connected")
    run = verbs.add_parser("with", help="run a command with DATABASE_URL and DATABASE_OWNER_URL of this cluster")
    run.add_argument("name")
    run.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args(arguments)
    try:
        if given.verb == "stop":
            Server(given.name).stop(only_if_idle=given.if_idle)
        elif given.verb == "status":
            sys.stdout.write(Server(given.name).status() + "\n")
        else:
            cluster = ensure(given.name)
            if given.verb == "url":
                sys.stdout.write(cluster.url(given.role) + "\n")
            elif given.verb == "with":
                command = given.command[1:] if given.command[:1] == ["--"] else given.command
                return subprocess.run(command, env=os.environ | cluster.environment(), check=False).returncode
    except SetupError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
