"""The key store: one key per person (or firm), kept apart from the database so that destroying it destroys the data.

A SQLite file of its own (`WANGGE_KEY_STORE`), in no dump of the database and with short-lived backups of its own. A key
is 256 bits, wrapped by the office's data key. `destroy` first writes the erasure journal, then forgets the key: after
any restore of an older copy `replay_journal` forgets it again. What was sealed under a destroyed key stays unreadable
for ever, also in yesterday's dump.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import uuid
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from wangge.foundation.core import clock, crypto

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

KEY_BYTES = 32
_AT_ONCE = 500
_TABLES = """
CREATE TABLE IF NOT EXISTS keys (subject BLOB PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
"""


class KeyStore:
    """One key store file. Safe for many processes: readers never wait, writers wait for each other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = path.with_suffix(".erased")
        self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        held: tuple[int, sqlite3.Connection] | None = getattr(self._local, "held", None)
        if held is not None and held[0] == os.getpid():
            return held[1]
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        self.path.chmod(0o600)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # a key must be on the disk before the row that needs it commits
        connection.execute("PRAGMA secure_delete=ON")
        connection.executescript(_TABLES)
        self._local.held = (os.getpid(), connection)
        return connection

    def create_many(self, subjects: Iterable[uuid.UUID]) -> dict[uuid.UUID, bytes]:
        """New keys, on the disk before this returns. A subject that has one keeps it; an erased one gets none."""
        wanted = list(dict.fromkeys(subjects))
        gone = self.erased()
        new = {subject: os.urandom(KEY_BYTES) for subject in wanted if subject not in gone}
        rows = [(subject.bytes, crypto.wrap(key, bound_to=str(subject))) for subject, key in new.items()]
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany("INSERT OR IGNORE INTO keys (subject, wrapped) VALUES (?, ?)", rows)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        return self.get_many(wanted)

    def get_many(self, subjects: Iterable[uuid.UUID]) -> dict[uuid.UUID, bytes]:
        """The keys that are there; a destroyed one is missing."""
        wanted = [subject.bytes for subject in dict.fromkeys(subjects)]
        found: dict[uuid.UUID, bytes] = {}
        connection = self._connection()
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            query = f"SELECT subject, wrapped FROM keys WHERE subject IN ({marks})"  # noqa: S608 — marks only
            for raw, wrapped in connection.execute(query, part):
                subject = uuid.UUID(bytes=raw)
                found[subject] = crypto.unwrap(wrapped, bound_to=str(subject))
        return found

    def count(self) -> int:
        """How many keys there are."""
        return int(self._connection().execute("SELECT count(*) FROM keys").fetchone()[0])

    def destroy(self, subjects: Iterable[uuid.UUID]) -> int:
        """Forget keys for ever; how many were there. The journal is on the disk before the first key goes."""
        doomed = list(dict.fromkeys(subjects))
        fresh = not self.journal.exists()
        with self.journal.open("a", encoding="ascii") as journal:
            for subject in doomed:
                journal.write(f"{subject} {clock.now().isoformat()}\n")
            journal.flush()
            os.fsync(journal.fileno())
        if fresh:
            self.journal.chmod(0o600)
        return self._forget(doomed)

    def _forget(self, subjects: Iterable[uuid.UUID]) -> int:
        connection = self._connection()
        count = sum(
            connection.execute("DELETE FROM keys WHERE subject = ?", [subject.bytes]).rowcount for subject in subjects
        )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the old page must not survive in the log
        return count

    def erased(self) -> frozenset[uuid.UUID]:
        """Everybody whose key was ever destroyed here."""
        return frozenset(self._journalled())

    def _journalled(self) -> Iterator[uuid.UUID]:
        if self.journal.exists():
            for line in self.journal.read_text(encoding="ascii").splitlines():
                yield uuid.UUID(line.split()[0])

    def replay_journal(self) -> int:
        """After an older copy of the store was put back: forget again what was ever destroyed; how many came back."""
        return self._forget(self._journalled())

    def rewrap(self, after: str | None, limit: int) -> tuple[str | None, int]:
        """Wrap the next `limit` keys after a subject under the current data key; (last subject or None at the end, how
        many were under another). A key that was destroyed meanwhile stays destroyed.
        """
        connection = self._connection()
        begin = uuid.UUID(after).bytes if after else b""
        query = "SELECT subject, wrapped FROM keys WHERE subject > ? ORDER BY subject LIMIT ?"
        connection.execute("BEGIN IMMEDIATE")
        try:
            rows = connection.execute(query, [begin, limit]).fetchall()
            changed = []
            for raw, wrapped in rows:
                new = crypto.rewrap(wrapped, bound_to=str(uuid.UUID(bytes=raw)))
                if new is not None:
                    changed.append((new, raw))
            connection.executemany("UPDATE keys SET wrapped = ? WHERE subject = ?", changed)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        return (str(uuid.UUID(bytes=rows[-1][0])) if len(rows) == limit else None), len(changed)

    def backups(self) -> Path:
        """Where its own backups lie."""
        return self.path.parent / "backups"

    def prune_backups(self, *, older_than: dt.timedelta) -> int:
        """Delete backups that are too old: a destroyed key must not live on in them; how many."""
        before = (clock.now() - older_than).timestamp()
        doomed = [file for file in self.backups().glob("people-*.sqlite") if file.stat().st_mtime < before]
        for file in doomed:
            file.unlink()
        return len(doomed)

    def restore(self, source: Path) -> int:
        """Put a backup in the place of the store and forget again whoever was erased since; how many came back."""
        with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as copy:
            copy.backup(self._connection())
        return self.replay_journal()

    def backup(self, target: Path) -> None:
        """A consistent copy of the store, without stopping anybody. Keep it for days, not for years."""
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        copy = sqlite3.connect(target)
        try:
            self._connection().backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        finally:
            copy.close()
        target.chmod(0o600)


@cache
def _store(path: str) -> KeyStore:
    return KeyStore(Path(path))


def keys() -> KeyStore:
    """The store of this installation."""
    return _store(str(settings.WANGGE_KEY_STORE))
