"""A write under a caller's key happens exactly once, in one transaction with its key."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection

from wangge.foundation.core import clock
from wangge.foundation.core.idempotency import Answer, SameKeyOtherBodyError, once
from wangge.foundation.core.models import ContradictingReplay, IdempotencyKey
from wangge.foundation.core.problems import ConflictError, InvalidError


def effect(name="one", status=201, body='{"link": "秘密"}'):
    """A write: one row in a table at hand."""

    def write():
        ContradictingReplay.objects.create(owner="effect", key=name, digest=name.encode(), body=b"")
        return Answer(status=status, body=body)

    return write


def effects():
    return ContradictingReplay.objects.filter(owner="effect").count()


def never():
    raise AssertionError("a replay must not write")


@pytest.mark.django_db
def test_the_first_answer_is_given_again_with_its_status():
    first = once(owner="lin", key="k", body=b"{}", write=effect(status=201))
    assert first == Answer(201, '{"link": "秘密"}', replayed=False)

    def again():
        ContradictingReplay.objects.create(owner="effect", key="two", digest=b"two", body=b"")
        raise ConflictError("this was already done")

    assert once(owner="lin", key="k", body=b"{}", write=again) == Answer(201, '{"link": "秘密"}', replayed=True)
    assert effects() == 1
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.django_db
def test_a_replay_that_would_succeed_is_rolled_back_whole():
    once(owner="lin", key="k", body=b"{}", write=effect("one"))
    assert once(owner="lin", key="k", body=b"{}", write=effect("two")).replayed is True
    assert effects() == 1


@pytest.mark.django_db
def test_a_replay_after_more_than_a_year_is_still_known(time_machine):
    once(owner="lin", key="k", body=b"{}", write=effect("one"))
    time_machine.move_to(clock.now() + dt.timedelta(days=400))
    assert once(owner="lin", key="k", body=b"{}", write=effect("two")).replayed is True
    assert effects() == 1


@pytest.mark.django_db
def test_another_body_is_refused_kept_and_changes_nothing():
    once(owner="lin", key="k", body=b'{"a": 1}', write=effect("one"))
    for _time in range(2):
        with pytest.raises(SameKeyOtherBodyError) as caught:
            once(owner="lin", key="k", body=b'{"a": 2}', write=effect("two"))
        assert (caught.value.status, caught.value.code) == (409, "same-key-other-body")
    assert effects() == 1
    kept = ContradictingReplay.objects.exclude(owner="effect").get()
    assert (kept.owner, kept.key) == ("lin", "k")
    assert b'"a"' not in bytes(kept.body)  # sealed
    assert once(owner="lin", key="k", body=b'{"a": 1}', write=effect("three")).status == 201


@pytest.mark.django_db
def test_keys_of_two_owners_are_two_keys():
    once(owner="lin", key="k", body=b"{}", write=effect("one"))
    assert once(owner="gao", key="k", body=b"{}", write=effect("two")).replayed is False
    assert effects() == 2


@pytest.mark.django_db
def test_a_refused_write_leaves_no_key_and_may_be_tried_again():
    def refuse():
        effect()()
        raise InvalidError("no text", field="text")

    with pytest.raises(InvalidError):
        once(owner="lin", key="k", body=b"{}", write=refuse)
    assert (effects(), IdempotencyKey.objects.count()) == (0, 0)
    assert once(owner="lin", key="k", body=b"{}", write=effect()).replayed is False


@pytest.mark.django_db
def test_a_broken_write_is_not_taken_for_a_replay():
    def broken():
        effect("same")()
        effect("same")()

    with pytest.raises(IntegrityError):
        once(owner="lin", key="k", body=b"{}", write=broken)
    assert (effects(), IdempotencyKey.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_the_answer_is_sealed_at_rest():
    once(owner="lin", key="k", body=b"{}", write=effect())
    assert "秘密".encode() not in bytes(IdempotencyKey.objects.get().answer)


def at_once(works):
    start = threading.Barrier(len(works))

    def run(work):
        try:
            start.wait(timeout=20)
            return work()
        except ConflictError as problem:
            return problem
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_fifty_posts_of_one_key_write_once(own_database):
    works = [lambda n=n: once(owner="lin", key="k", body=b"{}", write=effect(f"e{n}", body=f"{n}")) for n in range(50)]
    answers = at_once(works[:25]) + at_once(works[25:])
    assert [answer.replayed for answer in answers].count(False) == 1
    assert len({answer.body for answer in answers}) == 1
    assert (effects(), IdempotencyKey.objects.count()) == (1, 1)


def test_racing_with_another_body_one_wins_and_the_other_is_kept(own_database):
    results = at_once(
        [
            lambda: once(owner="lin", key="k", body=b"1", write=effect("e1", body="1")),
            lambda: once(owner="lin", key="k", body=b"2", write=effect("e2", body="2")),
        ]
    )
    assert sorted(type(result).__name__ for result in results) == ["Answer", "SameKeyOtherBodyError"]
    assert effects() == 1
    assert ContradictingReplay.objects.exclude(owner="effect").count() == 1


@pytest.mark.django_db
def test_written_since_counts_one_owner_up_to_a_limit():
    from wangge.foundation.core import clock
    from wangge.foundation.core.idempotency import Answer, once, written_since

    begun = clock.now()
    for key in ("a", "b", "c", "c"):
        once(owner="visitor:1", key=key, body=b"x", write=lambda: Answer(status=201, body=""))
    once(owner="visitor:2", key="a", body=b"x", write=lambda: Answer(status=201, body=""))
    assert written_since("visitor:1", begun, at_most=10) == 3
    assert written_since("visitor:1", begun, at_most=2) == 2
    assert written_since("visitor:1", clock.now(), at_most=10) == 0
