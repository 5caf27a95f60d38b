"""Bringing in finished cases: one audited action, written with COPY, consistent with what real steps would have written.

For the demo's two years, for benchmarks, and for an office that moves from another system. Nobody is notified and no
event is published: what happened has happened. Open cases get the duty that their state waits for.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db import connection, models, transaction
from psycopg.types.json import Jsonb

from wangge.domains.cases.actions import steps
from wangge.domains.cases.actions.facts import Deed, InconsistentHistoryError, Past, Tape, Voice
from wangge.domains.cases.actions.replay import Replay
from wangge.domains.cases.actions.replay_clocks import COLUMNS, Row
from wangge.domains.cases.models import Assignment, Case, CasePhoto, ClockEvent, Handling, Report
from wangge.foundation.accounts.queries import posts_ever
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.media.queries import media_by_sha256
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence

    from wangge.domains.cases.actions.intake import Place

__all__ = ["Deed", "InconsistentHistoryError", "Past", "Voice", "import_history"]

kinds.declare("case.import")


@transaction.atomic
def import_history(*, by: Any, histories: Sequence[Past]) -> dict[int, Case]:
    """Write finished and open cases with everything that belongs to them; returns the cases by the histories' keys.

    Numbers come from the streets' own series, in the order of the first reports. `by` None is the system itself.
    Raises `InconsistentHistoryError` (and writes nothing) when a history breaks a rule of the lifecycle.
    """
    if not histories:
        return {}
    reported = sorted((past.voices[0].at, past.key, past.place) for past in histories)
    replay = Replay(
        posts=posts_ever(),
        numbers=_numbers([(place, at) for at, _key, place in reported]),
        case_ids=_reserve(Case, len(histories)),
        report_ids=_reserve(Report, sum(len(past.voices) for past in histories)),
        handling_ids=_reserve(Handling, sum(_handlings(past) for past in histories)),
        assignment_ids=_reserve(Assignment, sum(_assignments(past) for past in histories)),
    )
    cases = replay.run(histories)
    _write(replay.tape)
    for case in replay.tape.cases:
        if case.is_open:
            steps.open_case_duty(case, at=case.since)
    first, last = replay.tape.cases[0], replay.tape.cases[-1]
    record("case.import", by=by, subject_type="case", cases=len(cases), first=first.pk, last=last.pk)
    return cases


def _handlings(past: Past) -> int:
    return (past.settled is not None) + sum(deed.verb == "handle" for deed in past.deeds)


def _assignments(past: Past) -> int:
    return sum(1 + len(deed.co_units) for deed in past.deeds if deed.verb == "dispatch")


def _reserve(model: type[models.Model], count: int) -> list[int]:
    """The next `count` primary keys; nobody else can get them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
        return [row[0] for row in cursor.fetchall()]


def _numbers(wanted: Sequence[tuple[Place, dt.datetime]]) -> Callable[[Place, dt.datetime], str]:
    """A function that gives each case its number; the serials are reserved in one call per street and year."""
    counts: dict[tuple[int, int], int] = defaultdict(int)
    for place, at in wanted:
        counts[_street(place.area).pk, clock.day_of(at).year] += 1
    serials: dict[tuple[int, int], Iterator[int]] = {}
    with connection.cursor() as cursor:
        for (street, year), count in counts.items():
            cursor.execute("SELECT next_case_number(%s, %s) FROM generate_series(1, %s)", [street, year, count])
            serials[street, year] = iter(sorted(row[0] for row in cursor.fetchall()))

    def number(place: Place, at: dt.datetime) -> str:
        street, year = _street(place.area), clock.day_of(at).year
        return f"{street.short_code or street.code}-{year}-{next(serials[street.pk, year]):06d}"

    return number


def _street(area: Area) -> Area:
    while area.parent is not None and area.kind not in {Area.Kind.STREET, Area.Kind.DISTRICT}:
        area = area.parent
    return area


def _write(tape: Tape) -> None:
    # Cases merged into others refer to rows of the same COPY; the constraint is checked at commit.
    for rows, with_key in (
        (tape.cases, True),
        (tape.reports, True),
        (tape.assignments, True),
        (tape.timeline, False),
        (tape.handlings, True),
        (tape.quantities, False),
        (tape.verifications, False),
        (tape.evaluations, False),
        (tape.objections, False),
    ):
        _copy(rows, with_key=with_key)
    _copy_clocks(tape.clock_events)
    held = media_by_sha256({photo.sha256 for photo in tape.photos})
    for photo in tape.photos:
        photo.media = held.get(photo.sha256)
    CasePhoto.objects.bulk_create(tape.photos, ignore_conflicts=True)


def _copy_clocks(rows: Sequence[Row]) -> None:
    columns = ", ".join(connection.ops.quote_name(name) for name in COLUMNS)
    table = ClockEvent._meta.db_table
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as out:
        for row in rows:
            out.write_row(row)


def _copy(rows: Sequence[models.Model], *, with_key: bool) -> None:
    if not rows:
        return
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if with_key or not field.primary_key]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    names = [(field.attname, isinstance(field, models.JSONField)) for field in fields]
    with connection.cursor() as cursor, cursor.copy(f"COPY {meta.db_table} ({columns}) FROM STDIN") as out:
        for row in rows:
            out.write_row([Jsonb(getattr(row, name)) if is_json else getattr(row, name) for name, is_json in names])
