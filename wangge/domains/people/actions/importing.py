"""The wizard behind the pages: a file is brought, its columns confirmed, it is checked, taken in, and can be undone.

Checking and taking in are jobs: each can be interrupted at any row and goes on where it stood. Nothing of a file is
taken in that was not checked, and nothing that was checked is read anew: what was understood is kept, sealed under the
batch's own key, which is destroyed with the rows after 90 days.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from wangge.domains.people.actions import building_rooms, bulk, taking_in, taking_in_firms, undoing
from wangge.domains.people.alerts import alert
from wangge.domains.people.exchange import batches, reading, sheets
from wangge.domains.people.exchange.issues import Issue
from wangge.domains.people.exchange.layout import Kind, Layout, lay_out
from wangge.domains.people.exchange.reading import text_of
from wangge.domains.people.exchange.rooms import Rooms
from wangge.domains.people.exchange.understanding import READERS
from wangge.domains.people.models import Firm, ImportBatch, ImportRow, PrivacyAlert, Site
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.audit.queries import acts
from wangge.foundation.core import clock, keystore
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from wangge.domains.people.exchange.layout import Line
    from wangge.domains.people.models import Person
    from wangge.foundation.places.models import Area

kinds.declare(
    "import.bring", "import.columns", "import.check", "import.apply", "import.applied", "import.undo", "import.undone",
    "import.forget", "import.table",
)  # fmt: skip

CHECK, APPLY, UNDO = "people.import_check", "people.import_apply", "people.import_undo"  # their entry points: `tasks`
KEPT = dt.timedelta(days=90)
_QUEUE, _LOCK, _LAST = "bulk", "bulk", -10
_AT_ONCE = 2000  # rows written or taken in together
_S, _R = ImportBatch.State, ImportRow.State
_SHOWN = 6  # rows of the preview
_TAKERS: dict[str, Callable[[ImportBatch, list[ImportRow]], None]] = {
    "persons": taking_in.persons,
    "firms": taking_in_firms.firms,
    "sites": taking_in_firms.sites,
}
_APART = {Kind.TITLE: "title", Kind.HEADER: "header", Kind.SECTION: "section", Kind.TOTAL: "total", Kind.NOTE: "note"}


class NotNowError(ConflictError):
    """The batch is at another point of its way."""

    code = "import-not-now"
    title = _("This cannot be done with the file now.")
    remedy = _("Look at the page again; it shows how far the file is.")


def bring(
    *, by: Any, what: str, area: Area, data: bytes, file_name: str, as_of: dt.date, at: dt.datetime | None = None
) -> ImportBatch:
    """Read a file and keep it, sealed, until its columns are confirmed. `as_of` is the day for which it speaks."""
    now = at or clock.now()
    _require(by, area.path)
    if what not in sheets.KINDS:
        raise InvalidError(field="what")
    if as_of > clock.day_of(now):
        raise InvalidError(_("This day is still to come."), field="as_of")
    found = [lay_out(sheet, known=sheets.known()) for sheet in reading.read(data, file_name)]
    kind = sheets.KINDS[what]
    guesses = [sheets.guess(kind, one.labels) for one in found]
    best = max(range(len(found)), key=lambda number: (len(guesses[number]), len(found[number].lines)))
    batch = ImportBatch(
        what=what,
        area_path=area.path,
        file_name=_name(file_name),
        sha256=hashlib.sha256(data).hexdigest(),
        as_of=as_of,
        mapping={"sheet": found[best].sheet, "columns": {str(key): value for key, value in guesses[best].items()}},
        header_rows=list(found[best].header_rows),
        total=len(found[best].data()),
        by=by,
        at=now,
    )
    ring = Keyring.new([batch.public_id])
    batch.file = ring.seal(batch.public_id, batches.FILE, base64.b64encode(data).decode())
    preview = {"sheets": [_preview(one) for one in found]}
    batch.preview = ring.seal(batch.public_id, batches.PREVIEW, json.dumps(preview, ensure_ascii=False))
    with transaction.atomic():
        batch.save()
        record("import.bring", by=by, subject=batch, at=now, what=what, size=len(data), rows=batch.total)
    return batch


def _name(file_name: str) -> str:
    """The name without folders and without what no page can show."""
    bare = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in bare if char.isprintable())[-200:] or "?"


def _preview(layout: Layout) -> dict[str, Any]:
    data = layout.data()
    return {
        "name": layout.sheet,
        "header_rows": list(layout.header_rows),
        "labels": list(layout.labels),
        "rows": [[text_of(cell)[:60] for cell in line.cells] for line in data[:_SHOWN]],
        "total": len(data),
        "apart": dict(Counter(str(line.kind) for line in layout.lines if line.kind is not Kind.DATA)),
    }


@transaction.atomic
def choose_columns(
    *,
    by: Any,
    batch: ImportBatch,
    sheet: str,
    columns: Mapping[int, str],
    kind: str = "",
    build: bool = False,
    at: dt.datetime | None = None,
) -> ImportBatch:
    """Confirm which column is which field and let the file be checked. InvalidError when a field is missing or twice.

    With `build`, rooms that are missing in known buildings are built when the file is taken in (`building_rooms`).
    """
    now = at or clock.now()
    row = _locked(batch, by, _S.READ, _S.CHECKED, _S.FAILED)
    if row.file is None:
        raise NotNowError
    sheet_kind = sheets.KINDS[row.what]
    chosen = {column: field for column, field in columns.items() if field in sheet_kind.names()}
    twice = [field for field, count in Counter(chosen.values()).items() if count > 1]
    if twice:
        raise InvalidError(_("One field was given to two columns."), field=f"column_{_second(chosen, twice[0])}")
    for field in sheet_kind.fields:
        if field.required and field.key not in chosen.values():
            raise InvalidError(_("No column holds what every row must have: the name."), field="columns")
    if row.what == "persons" and not sheets.places_of(chosen):
        raise InvalidError(
            _("No column says where people live: an address, or the room with its building."), field="columns"
        )
    if kind and kind not in {"firms": Firm.Kind.values, "sites": Site.Kind.values}.get(row.what, []):
        raise InvalidError(field="kind")
    preview = batches.opened_preview(row)
    held = next((one for one in preview.get("sheets", []) if one["name"] == sheet), None)
    if held is None:
        raise InvalidError(_("There is no such sheet in this file."), field="sheet")
    if build:
        building_rooms.require(by, row.area_path)
    made = {"made": row.mapping["made"]} if "made" in row.mapping else {}
    row.mapping = {"sheet": sheet, "columns": {str(key): value for key, value in chosen.items()}, "kind": kind} | made
    row.mapping["build"] = build
    _turn(
        row,
        _S.CHECKING,
        mapping=row.mapping,
        header_rows=held["header_rows"],
        done=0,
        total=held["total"],
        counts={},
    )
    record("import.columns", by=by, subject=row, at=now, fields=sorted(chosen.values()))
    _defer(CHECK, row)
    return row


def _second(chosen: Mapping[int, str], field: str) -> int:
    return [column for column, one in sorted(chosen.items()) if one == field][-1]


def check(*, batch: ImportBatch) -> ImportBatch:
    """The dry run: understand every row and say what is wrong with it. Safe to repeat; nothing but the batch changes."""
    row = ImportBatch.objects.select_related("by").get(pk=batch.pk)
    if row.state != _S.CHECKING:
        return row
    try:
        return _check(row)
    except Exception:
        ImportBatch.objects.filter(pk=row.pk, state=_S.CHECKING).update(state=_S.FAILED, counts={"failed": "check"})
        raise


def _check(batch: ImportBatch) -> ImportBatch:
    data = batches.opened_file(batch)
    if data is None:
        raise NotNowError
    ImportRow.objects.filter(batch=batch).delete()
    sheet = next(one for one in reading.read(data, batch.file_name) if one.name == batch.mapping["sheet"])
    layout = lay_out(sheet, known=sheets.known())
    columns = {int(key): value for key, value in batch.mapping["columns"].items()}
    rooms = None
    if batch.what in ("persons", "firms"):
        rooms = Rooms(batch.area_path, on=clock.today(), build=batch.mapping.get("build", False))
    used: set[int] = set()
    reader = READERS[batch.what](columns, rooms, on=batch.as_of, kind=batch.mapping.get("kind", ""))
    ring = Keyring.of([batch.public_id])
    counts: Counter[str] = Counter()
    elsewhere = 0
    lines = iter(layout.lines)
    while part := list(islice(lines, _AT_ONCE)):
        read = [(line, *_understood(reader, line)) for line in part]
        there: dict[int, Person] = {}
        if batch.what == "persons":
            there = _beside_what_is_there(batch, read)
            beyond = sum(any(issue.code == "elsewhere" for issue in issues) for _line, _draft, issues in read)
            counts["known"] += sum(line.number in there and not issues for line, _draft, issues in read)
            elsewhere += beyond
        states = [_state(line, issues) for line, _draft, issues in read]
        with transaction.atomic():
            _write(batch, ring, layout, read, states, there)
        counts.update(str(state) for state in states)
        good = [draft for (_line, draft, _issues), state in zip(read, states, strict=True) if state is _R.GOOD]
        used |= {room for draft in good if (room := draft.get("room") or 0) < 0}
        ImportBatch.objects.filter(pk=batch.pk).update(done=sum(counts[str(state)] for state in (_R.GOOD, _R.WRONG)))
    with transaction.atomic():
        done = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if done.state != _S.CHECKING:
            return done
        rows = counts[str(_R.GOOD)] + counts[str(_R.WRONG)]
        mapping = done.mapping | {"rooms": building_rooms.wanted(rooms.missing if rooms else {}, used)}
        _turn(done, _S.CHECKED, counts=dict(counts), total=rows, done=rows, mapping=mapping)
        record(
            "import.check",
            by=batch.by,
            subject=done,
            rows=done.total,
            wrong=counts[str(_R.WRONG)],
            elsewhere=elsewhere,
        )
        if elsewhere and _asked_lately(batch.by_id) > settings.WANGGE_PERSONS_A_DAY:
            alert(PrivacyAlert.Kind.OUT_OF_PLACE, user=batch.by, reference=f"batch {batch.pk}")
    return done


def _asked_lately(user_id: int) -> int:
    """Of how many residents of other places the files of one person said in a day that they are registered there."""
    checks = acts(("import.check",), since=clock.now() - dt.timedelta(days=1), actor_ids=[user_id])
    return sum(row.data.get("elsewhere", 0) for row in checks)


def _understood(reader: Any, line: Line) -> tuple[dict[str, Any], list[Issue]]:
    if line.kind is Kind.DATA:
        found: tuple[dict[str, Any], list[Issue]] = reader.read(line.number, line.cells)
        return found
    if line.kind is Kind.SECTION and line.said is not None and line.said != line.found:
        return {}, [Issue("", "section_count", (("said", line.said), ("found", line.found)))]
    return {}, [Issue("", _APART[line.kind])]


def _state(line: Line, issues: Sequence[Issue]) -> ImportRow.State:
    if line.kind is not Kind.DATA:
        return _R.SECTION
    return _R.WRONG if issues else _R.GOOD


def _beside_what_is_there(
    batch: ImportBatch, read: list[tuple[Line, dict[str, Any], list[Issue]]]
) -> dict[int, Person]:
    """Add what forbids a row because of who is there already; row → the one who is there."""
    good = [(line, draft, issues) for line, draft, issues in read if line.kind is Kind.DATA and not issues]
    numbers = taking_in.known_numbers(draft["id_number"] for _line, draft, _issues in good if draft["id_number"])
    there = {}
    for line, draft, issues in good:
        person = numbers.get(draft["id_number"]) if draft["id_number"] else None
        if person is None:
            continue
        there[line.number] = person
        if code := taking_in.judge(batch.area_path, person):
            issues.append(Issue("id_number", code))
    return there


def _write(
    batch: ImportBatch,
    ring: Keyring,
    layout: Layout,
    read: list[tuple[Line, dict[str, Any], list[Issue]]],
    states: list[ImportRow.State],
    there: Mapping[int, Person],
) -> None:
    bulk.copy_in(
        ImportRow,
        "batch_id number sheet state house issues raw person_id",
        (
            (
                batch.pk,
                line.number,
                layout.sheet,
                state.value,
                draft.get("house", 0) if state is _R.GOOD else 0,
                json.dumps([issue.stored() for issue in issues]),
                ring.seal(batch.public_id, batches.RAW, _raw(line, draft, state)),
                # So that the row goes when he is erased, also where it was never taken in.
                there[line.number].pk if line.number in there else None,
            )
            for (line, draft, issues), state in zip(read, states, strict=True)
        ),
    )


def _raw(line: Line, draft: dict[str, Any], state: ImportRow.State) -> str:
    told: dict[str, Any] = {"c": line.cells}
    if line.section:
        told["s"] = line.section
    if state is _R.GOOD:
        told["d"] = draft
    return json.dumps(told, ensure_ascii=False)


def clean_table(*, by: Any, batch: ImportBatch) -> tuple[list[str], Iterator[list[str]]]:
    """A checked ledger as one plain table: its headings with the section first, and its rows of data."""
    _require(by, batch.area_path)
    preview = batches.opened_preview(batch)
    labels = next(one["labels"] for one in preview["sheets"] if one["name"] == batch.mapping["sheet"])
    record("import.table", by=by, subject=batch)
    return [str(_("Section")), *labels], _table_rows(batch, len(labels))


def _table_rows(batch: ImportBatch, width: int) -> Iterator[list[str]]:
    rows = iter(ImportRow.objects.filter(batch=batch, state=_R.GOOD).order_by("number").iterator(chunk_size=_AT_ONCE))
    while part := list(islice(rows, _AT_ONCE)):
        for told in batches.opened_rows(batch, part):
            cells = [text_of(cell) for cell in told["c"]][:width]
            yield [told.get("s", ""), *cells, *[""] * (width - len(cells))]


@transaction.atomic
def ask_apply(*, by: Any, batch: ImportBatch, at: dt.datetime | None = None) -> ImportBatch:
    """Take in every good row of a checked batch; those with errors stay out."""
    now = at or clock.now()
    row = _locked(batch, by, _S.CHECKED, _S.FAILED)
    if row.what not in _TAKERS or (row.state == _S.FAILED and row.counts.get("failed") != "apply"):
        raise NotNowError
    good = ImportRow.objects.filter(batch=row, state=_R.GOOD).count()
    if not good:
        raise NotNowError(_("There is no row that could be taken in."))
    _turn(row, _S.RUNNING, applied_at=now, done=0, total=good)
    record("import.apply", by=by, subject=row, at=now, rows=good)
    _defer(APPLY, row)
    return row


def apply(*, batch: ImportBatch) -> ImportBatch:
    """Take in what is still to be taken in; each part is a transaction of its own. Safe to repeat."""
    row = ImportBatch.objects.select_related("by").get(pk=batch.pk)
    if row.state != _S.RUNNING:
        return row
    take = _TAKERS[row.what]
    try:
        with transaction.atomic():
            if (mapping := building_rooms.build(row)) is not None:
                _turn(row, _S.RUNNING, mapping=mapping)
        for part in _houses(row):
            with transaction.atomic():
                rows = list(part.select_for_update().order_by("house", "number"))
                take(row, rows)
                done = len(rows)
                # What was erased meanwhile says nothing any more; left as it is, it would be taken again without end.
                unread = ImportRow.objects.filter(pk__in=[one.pk for one in rows], state=_R.GOOD)
                unread.update(state=_R.WRONG, issues=[Issue("", "forgotten").stored()])
            row.done += done
            ImportBatch.objects.filter(pk=row.pk).update(done=row.done)
    except Exception:
        ImportBatch.objects.filter(pk=row.pk, state=_S.RUNNING).update(state=_S.FAILED, counts={"failed": "apply"})
        raise
    with transaction.atomic():
        done_row = ImportBatch.objects.select_for_update().get(pk=row.pk)
        if done_row.state != _S.RUNNING:
            return done_row
        # The file goes, and what its rows said: an undo needs only what each row changed.
        ImportRow.objects.filter(batch=row).update(raw=None)
        _turn(done_row, _S.APPLIED, counts=batches.counted(row), file=None, preview=None)
        record("import.applied", by=row.by, subject=done_row, **_plain(done_row.counts))
    return done_row


def _houses(batch: ImportBatch) -> Iterator[Any]:
    """The good rows in parts of about `_AT_ONCE`, never half a household."""
    while True:
        rows = ImportRow.objects.filter(batch=batch, state=_R.GOOD)
        houses = list(rows.order_by("house").values_list("house", flat=True)[:_AT_ONCE])
        if not houses:
            return
        yield rows.filter(house__gte=houses[0], house__lte=houses[-1])


@transaction.atomic
def ask_undo(*, by: Any, batch: ImportBatch, at: dt.datetime | None = None) -> ImportBatch:
    """Take back what a batch brought, as far as nobody has changed it since."""
    now = at or clock.now()
    row = _locked(batch, by, _S.APPLIED)
    rows = ImportRow.objects.filter(batch=row, state__in=(_R.ADDED, _R.CHANGED)).count()
    _turn(row, _S.UNDOING, done=0, total=rows, undone_at=now)
    record("import.undo", by=by, subject=row, at=now)
    _defer(UNDO, row)
    return row


def undo(*, batch: ImportBatch) -> ImportBatch:
    """Take back, part by part; what was changed since is left and said. Safe to repeat."""
    row = ImportBatch.objects.select_related("by").get(pk=batch.pk)
    if row.state != _S.UNDOING:
        return row
    while True:
        with transaction.atomic():
            rows = list(
                ImportRow.objects.select_for_update()
                .filter(batch=row, state__in=(_R.ADDED, _R.CHANGED))
                .order_by("house", "number")[:_AT_ONCE]
            )
            if not rows:
                break
            undoing.take_back(row, rows)
        row.done += len(rows)
        ImportBatch.objects.filter(pk=row.pk).update(done=row.done)
    with transaction.atomic():
        done = ImportBatch.objects.select_for_update().select_related("by").get(pk=row.pk)
        building_rooms.unbuild(done)
        _turn(done, _S.UNDONE, counts=batches.counted(row))
        record("import.undone", by=row.by, subject=done, **_plain(done.counts))
    return done


def forget_old(*, at: dt.datetime | None = None) -> int:
    """Destroy the keys and contents of batches brought more than 90 days ago; how many."""
    now = at or clock.now()
    gone = batches.overdue(clock.day_of(now - KEPT))
    for pk in gone:
        with transaction.atomic():
            batch = ImportBatch.objects.select_for_update().get(pk=pk)
            ImportRow.objects.filter(batch=batch).update(raw=None, before=None)
            batch.file = batch.preview = None
            batch.save(update_fields=["file", "preview"])
            record("import.forget", by=None, subject=batch, at=now)
        keystore.keys().destroy([batch.public_id])
    return len(gone)


def _turn(row: ImportBatch, state: ImportBatch.State, **values: Any) -> None:
    """Bring a batch into another state: every step but a failure writes it here."""
    for name, value in {"state": state, **values}.items():
        setattr(row, name, value)
    row.save(update_fields=["state", *values])


def _plain(counts: Mapping[str, Any]) -> dict[str, Any]:
    return {f"rows_{key}": value for key, value in counts.items()}


def _locked(batch: ImportBatch, by: Any, *states: ImportBatch.State) -> ImportBatch:
    row = ImportBatch.objects.select_for_update(of=("self",)).select_related("by").get(pk=batch.pk)
    if row.by_id != getattr(by, "pk", None):
        raise NotAllowedError
    _require(by, row.area_path)
    if row.state not in states:
        raise NotNowError
    return row


def _require(by: Any, area_path: str) -> None:
    if not authority_of(by).may(P.PERSON_IMPORT, area_path=area_path):
        raise NotAllowedError


def _defer(task: str, batch: ImportBatch) -> None:
    app.configure_task(task, queue=_QUEUE, lock=_LOCK, priority=_LAST).defer(batch=batch.pk)
