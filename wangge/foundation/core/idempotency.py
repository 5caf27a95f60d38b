"""Doing a write exactly once under the caller's key.

The key is inserted in the same transaction as the write, last: if another request won the race, everything of this
one is rolled back and the winner's answer is returned. There is no window in which a write exists without its key.
"""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from wangge.foundation.core import crypto
from wangge.foundation.core.models import ContradictingReplay, IdempotencyKey
from wangge.foundation.core.problems import ConflictError, Problem
from wangge.foundation.core.rows import insert

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

_PURPOSE = "idempotency.answer"
_CONTRADICTING = "idempotency.body"


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """Status and body (JSON text) of a write; `replayed` when it is the first answer given again."""

    status: int
    body: str
    replayed: bool = False


class SameKeyOtherBodyError(ConflictError):
    """The key was used before with another body. The new body is kept for a person to look at."""

    code = "same-key-other-body"
    title = _("This number was already used for a report with other content.")
    kept = _("The first report stands; what you sent now was kept for checking.")
    remedy = _("Compare the two in your to-do list and send the right one under a new number.")


class _LostRaceError(Exception):
    """Another request with the same key committed first."""


def once(*, owner: str, key: str, body: bytes, write: Callable[[], Answer]) -> Answer:
    """Run `write` in one transaction together with its key, or return the first answer given under that key.

    Raises `SameKeyOtherBodyError` when the key exists with another body; lets the write's own `Problem` through when
    the key is new (a refused write leaves no key: it may be tried again).
    """
    digest = hashlib.sha256(body).digest()
    bound_to = f"{owner}/{key}"
    try:
        with transaction.atomic():
            answer = write()
            try:
                insert(
                    IdempotencyKey,
                    owner=owner,
                    key=key,
                    digest=digest,
                    status=answer.status,
                    answer=crypto.seal(answer.body, purpose=_PURPOSE, bound_to=bound_to),
                )
            except IntegrityError as error:
                raise _LostRaceError from error
    except (_LostRaceError, IntegrityError, Problem):
        first = IdempotencyKey.objects.filter(owner=owner, key=key).first()
        if first is None:
            raise
        if bytes(first.digest) != digest:
            kept = _keep_contradiction(owner=owner, key=key, digest=digest, body=body)
            raise SameKeyOtherBodyError(contradiction=kept.pk) from None
        text = crypto.unseal(first.answer, purpose=_PURPOSE, bound_to=bound_to)
        return Answer(status=first.status, body=text, replayed=True)
    return answer


def written_since(owner: str, since: dt.datetime, *, at_most: int) -> int:
    """How many writes an owner made since an instant, counted up to `at_most`: what a throttle asks."""
    found = IdempotencyKey.objects.filter(owner=owner, at__gte=since)
    return len(found.values_list("pk")[:at_most])


def contradictions(owner: str, *, limit: int = 100) -> list[tuple[ContradictingReplay, str]]:
    """What an owner sent under keys already used, newest first, with the text that was kept."""
    return [
        (row, crypto.unseal(row.body, purpose=_CONTRADICTING, bound_to=f"{row.owner}/{row.key}"))
        for row in ContradictingReplay.objects.filter(owner=owner)[:limit]
    ]


def _keep_contradiction(*, owner: str, key: str, digest: bytes, body: bytes) -> ContradictingReplay:
    sealed = crypto.seal(body.decode(errors="replace"), purpose=_CONTRADICTING, bound_to=f"{owner}/{key}")
    kept, _created = ContradictingReplay.objects.get_or_create(
        owner=owner, key=key, digest=digest, defaults={"body": sealed}
    )
    return kept
