"""The store of the persons' keys: backups, the erasure journal, restoring."""

from __future__ import annotations

import datetime as dt
import os
import stat
import uuid

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from wangge.foundation.core import clock, keystore


@pytest.fixture
def store(tmp_path, settings):
    settings.WANGGE_KEY_STORE = tmp_path / "keys" / "people.sqlite"
    return keystore.keys()


def test_a_key_is_made_once_and_stays(store):
    one, two = uuid.uuid4(), uuid.uuid4()
    made = store.create_many([one, two, one])
    assert set(made) == {one, two}
    assert store.create_many([one]) == {one: made[one]}
    assert store.get_many([two, uuid.uuid4()]) == {two: made[two]}
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_a_destroyed_key_never_comes_back(store):
    one, two = uuid.uuid4(), uuid.uuid4()
    made = store.create_many([one, two])
    assert store.destroy([one]) == 1
    assert store.get_many([one, two]) == {two: made[two]}
    assert store.create_many([one]) == {}
    assert store.erased() == {one}
    assert stat.S_IMODE(store.journal.stat().st_mode) == 0o600


def test_restoring_an_older_copy_forgets_again(store, capsys):
    one, two = uuid.uuid4(), uuid.uuid4()
    made = store.create_many([one, two])
    call_command("keystore", "backup")
    (copy,) = store.backups().iterdir()
    assert capsys.readouterr().out == f"2 keys copied to {copy.name}.\n"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    store.destroy([one])
    call_command("keystore", "restore", str(copy))
    assert capsys.readouterr().out == "1 keys restored, 1 of erased persons forgotten again.\n"
    assert store.get_many([one, two]) == {two: made[two]}


def test_a_copy_put_back_by_hand_is_cleaned_by_replay(store, tmp_path, capsys):
    one = uuid.uuid4()
    store.create_many([one])
    store.backup(tmp_path / "copy.sqlite")
    store.destroy([one])
    other = keystore.KeyStore(tmp_path / "copy.sqlite")
    other.journal = store.journal
    assert other.count() == 1
    assert other.replay_journal() == 1
    assert other.count() == 0
    call_command("keystore", "replay")
    call_command("keystore", "status")
    assert capsys.readouterr().out == "0 keys of erased persons forgotten again.\n0 keys, 1 erased.\n"


def test_the_bytes_of_a_destroyed_key_are_gone_from_the_files(store):
    import sqlite3

    doomed = uuid.uuid4()
    store.create_many([doomed, *(uuid.uuid4() for _n in range(50))])
    with sqlite3.connect(store.path) as raw:
        (wrapped,) = raw.execute("SELECT wrapped FROM keys WHERE subject = ?", [doomed.bytes]).fetchone()
    raw.close()
    files = lambda: b"".join(file.read_bytes() for file in store.path.parent.glob("people.sqlite*"))  # noqa: E731
    assert wrapped in files()
    store.destroy([doomed])
    assert wrapped not in files()


def test_old_backups_are_deleted(store, capsys):
    store.create_many([uuid.uuid4()])
    now = clock.now().timestamp()
    for name, days in (("people-1.sqlite", 8), ("people-2.sqlite", 6), ("other.txt", 20)):
        file = store.backups() / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"x")
        os.utime(file, (now, now - dt.timedelta(days=days).total_seconds()))
    call_command("keystore", "prune")
    assert capsys.readouterr().out == "1 backups deleted.\n"
    assert sorted(file.name for file in store.backups().iterdir()) == ["other.txt", "people-2.sqlite"]


def test_restoring_nothing_is_refused(store):
    one = uuid.uuid4()
    store.create_many([one])
    for file in (None, "/nowhere/x.sqlite"):
        with pytest.raises(CommandError):
            call_command("keystore", "restore", *([file] if file else []))
    assert store.count() == 1
