"""Reads of batches: what somebody brought, row by row. A batch is seen by whoever brought it, and by nobody else."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Q

from wangge.domains.people.models import ImportBatch, ImportRow, Person
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotFoundError

if TYPE_CHECKING:
    import datetime as dt
    import uuid
    from collections.abc import Iterator

RAW, BEFORE = "people.importrow.raw", "people.importrow.before"
FILE, PREVIEW = "people.importbatch.file", "people.importbatch.preview"
_PAGE = 50


def get_batch(user: Any, public_id: uuid.UUID) -> ImportBatch:
    """The batch that this person brought to a place where he still may bring files; `NotFoundError` for any other."""
    found = ImportBatch.objects.filter(public_id=public_id, by_id=user.pk).select_related("by").first()
    if found is None or not authority_of(user).may(P.PERSON_IMPORT, area_path=found.area_path):
        raise NotFoundError
    return found


def batches_of(user: Any, *, before: int | None = None, limit: int = _PAGE) -> list[ImportBatch]:
    """What somebody brought, newest first; one more than `limit` says that there is more."""
    found = ImportBatch.objects.filter(by_id=user.pk).defer("file", "preview")
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[: limit + 1])


def faults(batch: ImportBatch, *, after: int = 0, limit: int = _PAGE) -> list[ImportRow]:
    """Rows that cannot be taken in, in the order of the sheet, after row number `after`; one more than `limit`."""
    found = ImportRow.objects.filter(batch=batch, state=ImportRow.State.WRONG, number__gt=after)
    return list(found.defer("raw", "before").order_by("number")[: limit + 1])


def every_fault(batch: ImportBatch) -> Iterator[ImportRow]:
    """All rows that cannot be taken in."""
    found = ImportRow.objects.filter(batch=batch, state=ImportRow.State.WRONG)
    return found.defer("raw", "before").order_by("number").iterator(chunk_size=2000)


def apart(batch: ImportBatch, *, limit: int = 200) -> list[ImportRow]:
    """Titles, headings, sections and totals: what is no data, so that nothing goes missing in silence."""
    found = ImportRow.objects.filter(batch=batch, state=ImportRow.State.SECTION).defer("raw", "before")
    return list(found.order_by("number")[:limit])


def left(batch: ImportBatch, *, limit: int = 200) -> list[ImportRow]:
    """Rows that an undo had to leave."""
    found = ImportRow.objects.filter(batch=batch, state=ImportRow.State.LEFT).defer("raw", "before")
    return list(found.order_by("number")[:limit])


def erased(batch: ImportBatch) -> int:
    """How many rows of a batch that was taken in brought somebody who was erased since; an undo leaves them out."""
    brought = (ImportRow.State.ADDED, ImportRow.State.CHANGED, ImportRow.State.LEFT)
    return ImportRow.objects.filter(batch=batch, state__in=brought, person__state=Person.State.ERASED).count()


def counted(batch: ImportBatch) -> dict[str, int]:
    """State of row → how many. Of one batch, whose size is bounded; kept in `batch.counts` by the actions."""
    found = ImportRow.objects.filter(batch=batch).order_by().values_list("state").annotate(n=Count("pk"))
    return {str(state): int(n) for state, n in found}


def opened_preview(batch: ImportBatch) -> dict[str, Any]:
    """The sheets of the file with their headings and first rows; {} once they are gone."""
    ring = Keyring.of([batch.public_id])
    text = ring.open(batch.public_id, PREVIEW, batch.preview) if batch.preview is not None else None
    found: dict[str, Any] = json.loads(text) if text else {}
    return found


def opened_file(batch: ImportBatch) -> bytes | None:
    """The file as it came; None once it is gone."""
    ring = Keyring.of([batch.public_id])
    text = ring.open(batch.public_id, FILE, batch.file) if batch.file is not None else None
    return base64.b64decode(text) if text else None


def opened_rows(batch: ImportBatch, rows: list[ImportRow]) -> list[dict[str, Any]]:
    """What the rows held: {"c": cells, "s": section, "d": draft}; rooms that had to be built by their own key."""
    ring = Keyring.of([batch.public_id])
    built = batch.mapping.get("built", {})
    opened = [json.loads(ring.open(batch.public_id, RAW, row.raw) or "{}") for row in rows]
    for told in opened:
        if str(told.get("d", {}).get("room")) in built:
            told["d"]["room"] = built[str(told["d"]["room"])]
    return opened


def overdue(day: dt.date) -> list[int]:
    """Batches whose rows are to be forgotten: brought before `day`."""
    held = (
        Q(file__isnull=False)
        | Q(preview__isnull=False)
        | Exists(ImportRow.objects.filter(batch=OuterRef("pk"), raw__isnull=False))
    )
    found = ImportBatch.objects.filter(held, at__date__lt=day).order_by("pk")
    return list(found.values_list("pk", flat=True)[:100])
