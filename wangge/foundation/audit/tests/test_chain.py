"""Record, seal, verify; and every way to tamper with it, by somebody who owns the database."""

from __future__ import annotations

import datetime as dt
import random
import threading

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction

from tests.early import OWNER_URL
from wangge.foundation.audit import actions, kinds, queries
from wangge.foundation.audit.chain import GENESIS, canonical, link
from wangge.foundation.audit.management.commands.verify_audit import Command
from wangge.foundation.audit.models import AuditEntry, AuditSeal, SealBatch
from wangge.foundation.audit.tasks import seal as seal_job
from wangge.foundation.core import clock

TABLES = ("audit_auditentry", "audit_auditseal", "audit_sealbatch")


@pytest.fixture(autouse=True)
def _a_kind_of_ours(monkeypatch):
    monkeypatch.setitem(kinds._KINDS, "test.act", kinds.Kind("test.act", ()))


def act(number, **data):
    actions.record("test.act", by=None, subject_type="thing", subject_id=number, **data)


def owner(own_database):
    """A connection as the owner of the tables, who may switch the triggers off."""
    name = own_database.partition("?")[0].rsplit("/", 1)[1]
    head, _, query = OWNER_URL.partition("?")
    return psycopg.connect(f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else ""), autocommit=True)


@pytest.mark.django_db
def test_a_record_holds_ids_and_codes(town):
    before = AuditEntry.objects.count()
    actions.record("test.act", by=town.lin, subject=town.grid1, why="patrol")
    entry = AuditEntry.objects.order_by("-id").first()
    assert AuditEntry.objects.count() == before + 1
    assert (entry.kind, entry.actor_id, entry.subject_type, entry.subject_id, entry.data) == (
        "test.act", town.lin.pk, "area", town.grid1.pk, {"why": "patrol"}
    )  # fmt: skip
    actions.record("test.act", by=None, subject_type="thing", subject_id=3)
    entry = AuditEntry.objects.order_by("-id").first()
    assert (entry.actor_id, entry.subject_type, entry.subject_id, entry.data) == (None, "thing", 3, {})


@pytest.mark.django_db
def test_an_undeclared_kind_is_refused_and_writes_nothing():
    before = AuditEntry.objects.count()
    with pytest.raises(actions.UnknownKindError):
        actions.record("test.unheard_of", by=None)
    assert AuditEntry.objects.count() == before


def test_every_kind_says_how_it_is_shredded():
    assert {name for name, kind in kinds.every().items() if kind.shred is None} == set()
    assert {"case.dispatch", "report.contact", "post.give", "token.issue", "area.add"} <= set(kinds.every())


@pytest.mark.django_db
def test_sealing_chains_what_was_recorded_in_order():
    while actions.seal():
        pass
    position, sealed = AuditSeal.objects.count(), queries.verify()
    for number in range(3):
        act(number)
    assert queries.verify().unsealed == 3
    assert actions.seal() == 3
    verdict = queries.verify()
    assert (verdict.intact, verdict.sealed, verdict.unsealed) == (True, position + 3, 0)
    head = sealed.head
    seals = AuditSeal.objects.filter(position__gt=position).order_by("position")
    for seal, entry in zip(seals, list(AuditEntry.objects.order_by("-id")[:3])[::-1], strict=True):
        assert seal.entry_id == entry.pk
        head = link(head, entry)
        assert bytes(seal.hash) == head
    assert verdict.head == head
    assert actions.seal() == 0
    assert SealBatch.objects.order_by("-id").first().last_position == position + 3


@pytest.mark.django_db
def test_an_empty_chain_holds():
    assert queries.verify() == queries.Verdict(0, AuditEntry.objects.count(), None, "", GENESIS)


@pytest.mark.django_db
def test_sealing_takes_a_limited_batch():
    while actions.seal():
        pass
    for number in range(5):
        act(number)
    assert [actions.seal(limit=2) for _time in range(4)] == [2, 2, 1, 0]
    assert queries.verify().intact


@pytest.mark.django_db
def test_the_seal_covers_every_field():
    act(1, why="x")
    entry = AuditEntry.objects.order_by("-id").first()
    whole = canonical(entry)
    for name, value in (
        ("pk", 0),
        ("at", entry.at + dt.timedelta(microseconds=1)),
        ("kind", "test.other"),
        ("actor_id", 1),
        ("subject_type", "other"),
        ("subject_id", 2),
        ("data", {"why": "y"}),
    ):
        other = AuditEntry.objects.get(pk=entry.pk)
        setattr(other, name, value)
        assert canonical(other) != whole, name
    same = AuditEntry.objects.get(pk=entry.pk)
    same.at = entry.at.astimezone(dt.UTC)
    assert canonical(same) == whole


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_may_only_append(db, table, verb):
    act(1)
    actions.seal()
    statement = verb.format(table).replace("id = id", "position = position" if "auditseal" in table else "id = id")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        before = cursor.fetchone()
        with pytest.raises(DatabaseError) as caught, transaction.atomic():
            cursor.execute(statement)
        assert caught.value.__cause__.sqlstate == "42501"  # insufficient privilege
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == before


def test_not_even_the_owner_changes_a_row_with_the_triggers_on(own_database):
    act(1)
    actions.seal()
    with owner(own_database) as admin:
        for table in TABLES:
            for verb in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    admin.execute(verb)
    assert queries.verify().intact


# Each takes two sealed positions 1 ≤ a < b; what it does to the chain; the first position where it must show.
TAMPERINGS = {
    "edit the act": "UPDATE audit_auditentry SET kind = 'test.other' WHERE id = :a",
    "edit the actor": "UPDATE audit_auditentry SET actor_id = 4711 WHERE id = :a",
    "edit the subject": "UPDATE audit_auditentry SET subject_id = 4711 WHERE id = :a",
    "edit the time": "UPDATE audit_auditentry SET at = at - interval '1 second' WHERE id = :a",
    "edit the data": """UPDATE audit_auditentry SET data = '{"n": -1}' WHERE id = :a""",
    "delete the entry": "DELETE FROM audit_auditentry WHERE id = :a",
    "delete entry and seal": "DELETE FROM audit_auditentry WHERE id = :a; DELETE FROM audit_auditseal WHERE entry_id = :a",
    "delete the seal": "DELETE FROM audit_auditseal WHERE entry_id = :a",
    "edit the seal": "UPDATE audit_auditseal SET hash = sha256(hash) WHERE entry_id = :a",
    "swap two contents": """UPDATE audit_auditentry e SET data = o.data, subject_id = o.subject_id
        FROM audit_auditentry o WHERE (e.id, o.id) IN ((:a, :b), (:b, :a))""",
    "reorder two entries": """UPDATE audit_auditentry SET id = -1 WHERE id = :a;
        UPDATE audit_auditentry SET id = :a WHERE id = :b; UPDATE audit_auditentry SET id = :b WHERE id = -1""",
    "swap two seals": """UPDATE audit_auditseal SET entry_id = -1 WHERE entry_id = :a;
        UPDATE audit_auditseal SET entry_id = :a WHERE entry_id = :b;
        UPDATE audit_auditseal SET entry_id = :b WHERE entry_id = -1""",
    "replace by a copy": """UPDATE audit_auditentry e SET at = o.at, kind = o.kind, data = o.data,
        subject_id = o.subject_id FROM audit_auditentry o WHERE e.id = :a AND o.id = :b""",
}
WHOLE = {
    "cut the tail": """DELETE FROM audit_auditseal WHERE entry_id >= :b; DELETE FROM audit_auditentry WHERE id >= :b""",
    "empty it": "DELETE FROM audit_auditseal; DELETE FROM audit_auditentry",
    "unseal all": "DELETE FROM audit_auditseal",
    "forge the head": "UPDATE audit_sealbatch SET head = sha256(head)",
    "insert among the sealed": """INSERT INTO audit_auditentry (id, at, kind, subject_type, data)
        VALUES (-5, now(), 'test.act', 'thing', '{}')""",
    "insert with a seal": """UPDATE audit_auditseal SET position = position + 100000 WHERE entry_id >= :b;
        INSERT INTO audit_auditentry (id, at, kind, subject_type, data) VALUES (-5, now(), 'test.act', 'thing', '{}');
        INSERT INTO audit_auditseal SELECT max(position) + 1, -5, sha256('x') FROM audit_auditseal
        WHERE position < 100000; UPDATE audit_auditseal SET position = position - 99999 WHERE position > 100000""",
}


class Tamperer:
    """Writes past the triggers and puts everything back."""

    def __init__(self, admin):
        self.admin = admin
        for table in TABLES:
            admin.execute(f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM {table}")
            admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")

    def tamper(self, script, **ids):
        for name, value in ids.items():
            script = script.replace(f":{name}", str(value))
        self.admin.execute(script)

    def restore(self):
        for table in TABLES:
            self.admin.execute(f"DELETE FROM {table}")
            self.admin.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept_{table}")


def test_every_tampering_is_found_wherever_it_is_done(own_database, time_machine):
    time_machine.move_to(clock.now() - dt.timedelta(hours=1))
    for number in range(60):
        act(number, n=number)
        if number % 20 == 19:
            actions.seal()
    time_machine.move_to(clock.now() + dt.timedelta(hours=1))
    chance = random.Random(20261121)
    sealed = list(AuditSeal.objects.order_by("position").values_list("entry_id", flat=True))
    position = {entry: place for place, entry in enumerate(sealed, 1)}
    good = queries.verify()
    assert (good.intact, good.sealed, good.unsealed) == (True, len(sealed), 0)
    with owner(own_database) as admin:
        tamperer = Tamperer(admin)
        for name, script in [*TAMPERINGS.items()] * 5 + [*WHOLE.items()] * 2:
            a, b = sorted(chance.sample(sealed[-60:], 2))
            tamperer.tamper(script, a=a, b=b)
            verdict = queries.verify()
            assert verdict.intact is False, (name, a, b)
            if name in TAMPERINGS:
                assert verdict.broken_at == position[a], (name, a, b)
                assert verdict.sealed == position[a] - 1
            tamperer.restore()
            assert queries.verify() == good, name


def test_an_honest_late_commit_with_a_lower_id_is_sealed(own_database):
    """Ids are given before commit: a slow transaction brings a lower one after a higher one was sealed."""
    while actions.seal():
        pass
    before = AuditSeal.objects.count()
    begun, go_on = threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                act(1)
                begun.set()
                go_on.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(20)
    act(2)
    assert actions.seal() == 1
    go_on.set()
    thread.join()
    assert [entry.subject_id for entry in actions.unsealed()] == [1]
    assert actions.seal() == 1
    verdict = queries.verify()
    assert (verdict.intact, verdict.sealed, verdict.unsealed) == (True, before + 2, 0)
    late, early = AuditSeal.objects.order_by("-position")[:2]
    assert late.entry_id < early.entry_id


def test_two_sealers_at_once_seal_everything_once(own_database):
    while actions.seal():
        pass
    before = AuditSeal.objects.count()
    for number in range(40):
        act(number)
    start, sealed = threading.Barrier(4), []

    def work():
        try:
            start.wait(20)
            sealed.append(actions.seal())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sealed) == 40
    verdict = queries.verify()
    assert (verdict.intact, verdict.sealed, verdict.unsealed) == (True, before + 40, 0)


def test_the_job_seals(own_database):
    act(1)
    seal_job(timestamp=0)
    assert queries.verify().unsealed == 0


def test_verify_audit_says_so_and_by_its_exit_status(own_database, capsys):
    act(1)
    actions.seal()
    call_command("verify_audit")
    said = capsys.readouterr().out
    sealed = AuditSeal.objects.count()
    assert said.startswith(f"The audit chain holds: {sealed} entries sealed, 0 waiting to be sealed, head ")
    Command().run_from_argv(["manage.py", "verify_audit", "--skip-checks"])
    capsys.readouterr()

    with owner(own_database) as admin:
        admin.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")
        admin.execute("UPDATE audit_auditentry SET kind = 'x' WHERE id = (SELECT max(id) FROM audit_auditentry)")
    with pytest.raises(CommandError, match=f"broken at position {sealed}: the entry is not what was sealed"):
        call_command("verify_audit")
    with pytest.raises(SystemExit) as left:
        Command().run_from_argv(["manage.py", "verify_audit", "--skip-checks"])
    assert left.value.code == 1
    assert f"position {sealed}" in capsys.readouterr().err
