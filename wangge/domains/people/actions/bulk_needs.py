"""What people need and what they draw, of a first census, at once; sealed like single entries, written by COPY."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from django.db import transaction

from wangge.domains.people import circumstances
from wangge.domains.people.actions.bulk import copy_in
from wangge.domains.people.actions.bulk_ties import keys_of
from wangge.domains.people.benefits import BASIS
from wangge.domains.people.models import Circumstance, Enrolment, Origin, Person
from wangge.domains.people.sealing import Keyring
from wangge.foundation.audit import actions as audit
from wangge.foundation.audit import kinds

if TYPE_CHECKING:
    import datetime as dt
    import uuid
    from collections.abc import Iterable

kinds.declare("people.load_needs")


@dataclasses.dataclass(frozen=True, slots=True)
class Need:
    """A person needs help: `kind` and `detail` as in `circumstances.py`, `basis` why it is kept."""

    person: uuid.UUID
    kind: str
    basis: str
    since: dt.date
    review_on: dt.date
    detail: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Benefit:
    """A person draws a benefit: the code of its policy."""

    person: uuid.UUID
    policy: str
    since: dt.date
    renew_on: dt.date | None = None


@transaction.atomic
def load_needs(
    *,
    by: Any,
    needs: Iterable[Need],
    benefits: Iterable[Benefit],
    source: str = Origin.IMPORT.value,
    source_ref: str = "",
) -> tuple[int, int]:
    """Write needs and benefits; how many of each. `UnknownKindError` for a need that is not on the list."""
    stated, drawn = list(needs), list(benefits)
    persons = keys_of(Person, [one.person for one in stated] + [one.person for one in drawn])
    ring = Keyring.of(persons)
    origin = (source, source_ref)
    copy_in(
        Circumstance,
        "person_id kind detail valid_from review_on source source_ref",
        (
            (
                persons[one.person],
                ring.seal(one.person, "people.circumstance.kind", one.kind),
                ring.seal(one.person, "people.circumstance.detail", _particulars(one)),
                one.since,
                one.review_on,
                *origin,
            )
            for one in stated
        ),
    )
    copy_in(
        Enrolment,
        "person_id policy valid_from renew_on source source_ref",
        (
            (
                persons[one.person],
                ring.seal(one.person, "people.enrolment.policy", one.policy),
                one.since,
                one.renew_on,
                *origin,
            )
            for one in drawn
        ),
    )
    audit.record("people.load_needs", by=by, needs=len(stated), benefits=len(drawn), source=source, ref=source_ref)
    return len(stated), len(drawn)


def _particulars(one: Need) -> str:
    return json.dumps(circumstances.checked(one.kind, dict(one.detail)) | {BASIS: one.basis}, sort_keys=True)
