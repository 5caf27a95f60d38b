"""Several senders at once, on real connections: one key is one report; a slow upload holds up nobody."""

from __future__ import annotations

import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection

from wangge.domains.cases.models import Case, CasePhoto
from wangge.doors.api.tests.conftest import Caller, photo, report_body
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.models import IdempotencyKey

PARALLEL = 50


@pytest.fixture
def street(own_database, settings, tmp_path):
    from tests.town import Town

    settings.MEDIA_DIR = tmp_path
    return Town()


def at_once(many, act):
    """`act(number)` in as many threads, begun together."""
    barrier = threading.Barrier(min(many, 10))

    def one(number):
        try:
            if number < 10:
                barrier.wait(timeout=30)
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=10) as pool:
        return list(pool.map(one, range(many)))


def test_fifty_posts_of_one_key_are_one_report(street):
    lin = Caller(street.lin)
    answers = at_once(PARALLEL, lambda _number: lin.post("/reports", report_body(), key="one"))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer for answer in answers) == 1
    assert Case.objects.unscoped("test").count() == 1
    assert IdempotencyKey.objects.count() == 1
    assert AuditEntry.objects.filter(kind="case.report").count() == 1


def test_fifty_different_bodies_under_one_key_are_one_report_and_conflicts(street):
    lin = Caller(street.lin)
    answers = at_once(PARALLEL, lambda number: lin.post("/reports", report_body(text=f"第{number}件事"), key="one"))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (PARALLEL - 1)
    assert Case.objects.unscoped("test").count() == 1


def test_twenty_dispatches_of_one_case_are_one(street):
    case = street.filed()
    chen = Caller(street.chen)
    answers = at_once(20, lambda _number: chen.step(case, "dispatch", {"unit": street.enforcement.pk}))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    assert case.assignments.count() == 1


def test_ten_uploads_of_one_photo_are_one_file(street):
    lin = Caller(street.lin)
    content = photo()
    sha = hashlib.sha256(content).hexdigest()
    lin.post("/reports", report_body(photos=[sha]))
    answers = at_once(10, lambda _number: lin.raw("PUT", f"/media/{sha}", content, "image/jpeg"))
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["attached"] for answer in answers) == 1
    assert CasePhoto.objects.get().media.sha256 == sha
    assert AuditEntry.objects.filter(kind="media.accept").count() == 1


def test_a_slow_upload_holds_no_lock_and_no_transaction(street, own_database, monkeypatch):
    """While the photo is being read and decoded, the server's connection is idle and holds nothing."""
    from wangge.foundation.media import actions

    lin, decoding, go_on = Caller(street.lin), threading.Event(), threading.Event()
    decode = actions.develop

    def slowly(content, *, now):
        decoding.set()
        assert go_on.wait(timeout=30)
        return decode(content, now=now)

    monkeypatch.setattr(actions, "develop", slowly)
    content = photo()
    sha = hashlib.sha256(content).hexdigest()
    answers = []

    def send():
        answers.append(lin.raw("PUT", f"/media/{sha}", content, "image/jpeg"))
        connection.close()

    sender = threading.Thread(target=send)
    sender.start()
    try:
        assert decoding.wait(timeout=30)
        with psycopg.connect(own_database, autocommit=True) as looker:
            states = looker.execute(
                "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchall()
            locks = looker.execute(
                "SELECT count(*) FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = "
                "current_database()) AND pid <> pg_backend_pid()"
            ).fetchone()
        assert {state for (state,) in states} <= {"idle"}
        assert locks == (0,)
        began = time.perf_counter()
        assert Caller(street.lin).post("/reports", report_body(photos=[sha])).status_code == 201
        assert time.perf_counter() - began < 2
    finally:
        go_on.set()
        sender.join()
    assert [answer.status_code for answer in answers] == [200]
    assert answers[0].json()["attached"] == 1
