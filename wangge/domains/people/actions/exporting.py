"""Lists that leave the system: asked for with a purpose and a reason, masked unless the purpose needs more.

Up to 100 rows a day without whole identity numbers are given at once; anything more needs a second person who agrees, not
the one who asked. A list is sealed under a key of its own, fetched once, within seven days; then its key is destroyed. Each
copy carries who took it, when, and its number, on the screen, on paper and in the file; the privacy officers are told.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from wangge.domains.people import alerts
from wangge.domains.people.exchange import listing, sheets, writing
from wangge.domains.people.models import ExportRequest, PrivacyAlert, Purpose
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import users_with
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock, keystore, worktime
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.core.scoping import under
from wangge.foundation.duties.actions import finish_duties, open_duty
from wangge.foundation.notifications.actions import tell
from wangge.foundation.places.queries import get_area

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from wangge.foundation.places.models import Area

kinds.declare("export.ask", "export.agree", "export.refuse", "export.build", "export.fetch", "export.expire")

BUILD = "people.export_build"  # its entry point: `tasks`
ALONE = 100
"""Rows that leave on one person's word."""
MOST = 200_000
KEPT = dt.timedelta(days=7)
_A_DAY = dt.timedelta(days=1)
_LOCK = 0x7870  # with the user's id
FORMATS = ("xlsx", "csv")
ASKED, DECIDED = "export.asked", "export.decided"  # kinds of notices
DECIDE, SUBJECT = "export.decide", "exportrequest"
DECIDE_WITHIN_DAYS = 2
"""Working days within which the second person is to say yes or no."""
_S = ExportRequest.State
_FILE = "people.exportrequest.file"
_SHORTEST_REASON = 6
_PURPOSES = frozenset(
    {
        Purpose.VISIT,
        Purpose.CASE,
        Purpose.EMERGENCY,
        Purpose.PETITION,
        Purpose.BENEFIT,
        Purpose.CORRECTION,
        Purpose.CHANGE,
    }
)


class ExportGoneError(ConflictError):
    """The file is not there: not agreed yet, fetched already, or older than seven days."""

    code = "export-gone"
    title = _("This file cannot be fetched.")
    kept = _("It was fetched once, has expired, or is not ready yet.")
    remedy = _("Look at its state; if you need it again, ask again.")


@dataclasses.dataclass(frozen=True, slots=True)
class Fetched:
    """A file on its way out."""

    name: str
    kind: str
    content: bytes


def purposes() -> list[tuple[str, Any]]:
    """Why a list may be asked for: a lost person is never a reason for a list."""
    return [(value, label) for value, label in Purpose.choices if value in _PURPOSES]


@transaction.atomic
def ask(
    *,
    by: Any,
    what: str,
    area: Area,
    fields: Sequence[str],
    purpose: str,
    reason: str,
    file_format: str = "xlsx",
    at: dt.datetime | None = None,
) -> ExportRequest:
    """Ask for a list of the residents or firms of a place. READY at once when it needs nobody else's word."""
    now = at or clock.now()
    if not authority_of(by).may(P.PERSON_EXPORT, area_path=area.path):
        raise NotAllowedError
    if what not in listing.OFFERED or file_format not in FORMATS:
        raise InvalidError(field="what")
    chosen = _checked(what, fields)
    if purpose not in _PURPOSES:
        raise InvalidError(_("Say what the list is for."), field="purpose")
    if len(reason.strip()) < _SHORTEST_REASON:
        raise InvalidError(_("Say in a sentence why the list is needed."), field="reason")
    rows = listing.how_many(what, area.path, limit=MOST + 1)
    if rows == 0:
        raise InvalidError(_("Nobody is registered in this place."), field="area")
    if rows > MOST:
        raise InvalidError(_("This is too much for one list: choose a smaller place."), field="area")
    row = ExportRequest.objects.create(
        what=what,
        area_path=area.path,
        filters={"format": file_format},
        fields=chosen,
        purpose=purpose,
        reason=reason.strip()[:500],
        rows=rows,
        asked_by=by,
        asked_at=now,
    )
    record(
        "export.ask", by=by, subject=row, at=now, what=what, rows=rows, purpose=purpose, fields=chosen, area=area.path
    )
    if needs_a_second(row) or _alone_lately(row) + row.rows > ALONE:
        _tell_deciders(row, at=now)
    else:
        _build(row, at=now)
    return row


def _alone_lately(row: ExportRequest) -> int:
    """Rows that the same person was given on his word alone within a day: short lists add up to a long one."""
    with connection.cursor() as cursor:  # two requests at once are counted one after the other
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, row.asked_by_id % 2**31])
    mine = ExportRequest.objects.filter(asked_by=row.asked_by_id, asked_at__gt=row.asked_at - _A_DAY)
    given = mine.filter(decided_by__isnull=True).exclude(state=_S.ASKED).exclude(pk=row.pk)
    return sum(given.values_list("rows", flat=True))


def _checked(what: str, fields: Sequence[str]) -> list[str]:
    chosen = list(dict.fromkeys(fields))
    maskable = listing.maskable(what)
    for field in chosen:
        key, whole = listing.split(field)
        if key not in listing.OFFERED[what] or (whole and key not in maskable):
            raise InvalidError(field="fields")
    keys = [listing.split(field)[0] for field in chosen]
    if not keys or len(set(keys)) != len(keys):
        raise InvalidError(_("Choose the columns of the list."), field="fields")
    order = listing.OFFERED[what]
    return sorted(chosen, key=lambda field: order.index(listing.split(field)[0]))


def needs_a_second(row: ExportRequest) -> bool:
    """Whether another person must agree: more than 100 rows, or whole identity numbers."""
    return row.rows > ALONE or f"id_number{listing.WHOLE}" in row.fields


def may_decide(user: Any, row: ExportRequest) -> bool:
    """Whether this person may be the second one: holds the right there, and is not who asked."""
    return row.asked_by_id != user.pk and authority_of(user).may(P.EXPORT_APPROVE, area_path=row.area_path)


def get_request(user: Any, public_id: uuid.UUID) -> ExportRequest:
    """The request for who asked and for who may decide; `NotFoundError` for anybody else."""
    row = (
        ExportRequest.objects.filter(public_id=public_id).select_related("asked_by", "decided_by").defer("file").first()
    )
    if row is None or (row.asked_by_id != user.pk and not may_decide(user, row)):
        raise NotFoundError
    return row


def place_of(row: ExportRequest) -> Area:
    """The area whose people or firms are on the list."""
    return get_area(int(row.area_path.strip("/").rsplit("/", 1)[-1]))


def requests_of(user: Any, *, limit: int = 50) -> list[ExportRequest]:
    """What somebody asked for, newest first."""
    return list(ExportRequest.objects.filter(asked_by_id=user.pk).defer("file").order_by("-pk")[:limit])


def to_decide(user: Any, *, limit: int = 50) -> list[ExportRequest]:
    """What waits for this person's word, oldest first."""
    places = authority_of(user).places(P.EXPORT_APPROVE)
    waiting = ExportRequest.objects.filter(under("area_path", places), state=_S.ASKED).exclude(asked_by_id=user.pk)
    return list(waiting.select_related("asked_by").defer("file").order_by("pk")[:limit])


@transaction.atomic
def decide(*, by: Any, request: ExportRequest, agree: bool, at: dt.datetime | None = None) -> ExportRequest:
    """The second person's word. Agreed, the list is made by a job."""
    now = at or clock.now()
    row = ExportRequest.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=request.pk)
    if not may_decide(by, row):
        raise NotAllowedError
    if row.state != _S.ASKED:
        raise ConflictError
    _turn(row, _S.AGREED if agree else _S.REFUSED, decided_by=by, decided_at=now)
    record("export.agree" if agree else "export.refuse", by=by, subject=row, at=now, rows=row.rows)
    finish_duties(subject_type=SUBJECT, subject_id=row.pk, kind=DECIDE, at=now)
    if agree:
        app.configure_task(BUILD, queue="bulk", lock="bulk", priority=-10).defer(request=row.pk)
    tell(
        users=[row.asked_by],
        kind=DECIDED,
        subject_type=SUBJECT,
        subject_id=row.pk,
        once_key=f"{DECIDED}:{row.pk}",
        label=str(row.public_id),
    )
    return row


@transaction.atomic
def build(*, request: ExportRequest, at: dt.datetime | None = None) -> ExportRequest:
    """Make the list that was agreed to. Safe to repeat."""
    row = ExportRequest.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=request.pk)
    if row.state == _S.AGREED:
        _build(row, at=at or clock.now())
    return row


def _build(row: ExportRequest, *, at: dt.datetime) -> None:
    title = str(sheets.KINDS[row.what].name)
    mark = _mark(row, at)
    columns = listing.columns(row.what, row.fields)
    found = listing.rows(row.what, row.area_path, row.fields)
    if row.filters["format"] == "csv":
        content = writing.csv_file(columns=columns, rows=found, mark=mark)
    else:
        content = writing.xlsx(title=title, columns=columns, rows=found, mark=mark)
    ring = Keyring.new([row.public_id])
    sealed = ring.seal(row.public_id, _FILE, base64.b64encode(content).decode())
    _turn(row, _S.READY, file=sealed, expires_at=at + KEPT)
    record("export.build", by=row.asked_by, subject=row, at=at, size=len(content))


def _mark(row: ExportRequest, at: dt.datetime) -> writing.Mark:
    user = row.asked_by
    when = at.astimezone(clock.OFFICE).strftime("%Y-%m-%d %H:%M")
    return writing.Mark(name=user.name, login=user.username, when=when, number=number_of(row))


def number_of(row: ExportRequest) -> str:
    """The number by which a copy is known: it stands on every page of it."""
    return f"{row.pk}-{row.public_id.hex[:8]}"


@transaction.atomic
def fetch(*, by: Any, request: ExportRequest, at: dt.datetime | None = None) -> Fetched:
    """Hand the file out, once: the key is destroyed with it. `ExportGoneError` afterwards and after seven days."""
    now = at or clock.now()
    row = ExportRequest.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=request.pk)
    if row.asked_by_id != getattr(by, "pk", None) or not authority_of(by).may(P.PERSON_EXPORT, area_path=row.area_path):
        raise NotAllowedError
    if row.state != _S.READY or row.file is None or (row.expires_at is not None and row.expires_at <= now):
        raise ExportGoneError
    text = Keyring.of([row.public_id]).open(row.public_id, _FILE, row.file)
    if not text:
        raise ExportGoneError
    _turn(row, _S.FETCHED, fetched_at=now, file=None)
    record("export.fetch", by=by, subject=row, at=now, rows=row.rows, what=row.what, purpose=row.purpose)
    if row.decided_by_id is not None or needs_a_second(row):
        alerts.alert(PrivacyAlert.Kind.EXPORT, user=by, purpose=row.purpose, reference=f"export {row.pk}", at=now)
    transaction.on_commit(partial(keystore.keys().destroy, [row.public_id]))
    csv = row.filters["format"] == "csv"
    return Fetched(
        name=f"wangge-{row.what}-{number_of(row)}.{'csv' if csv else 'xlsx'}",
        kind="text/csv; charset=gb18030"
        if csv
        else "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        content=base64.b64decode(text),
    )


def expire(*, at: dt.datetime | None = None) -> int:
    """Destroy what nobody fetched within seven days; how many."""
    now = at or clock.now()
    old = list(ExportRequest.objects.filter(state=_S.READY, expires_at__lte=now).values_list("pk", flat=True)[:500])
    for pk in old:
        with transaction.atomic():
            row = ExportRequest.objects.select_for_update(of=("self",)).get(pk=pk)
            _turn(row, _S.EXPIRED, file=None)
            record("export.expire", by=None, subject=row, at=now)
            transaction.on_commit(partial(keystore.keys().destroy, [row.public_id]))
    return len(old)


def _turn(row: ExportRequest, state: ExportRequest.State, **values: Any) -> None:
    """Bring a request into another state: every step writes it here."""
    for name, value in {"state": state, **values}.items():
        setattr(row, name, value)
    row.save(update_fields=["state", *values])


def _tell_deciders(row: ExportRequest, *, at: dt.datetime) -> None:
    open_duty(
        kind=DECIDE,
        subject_type=SUBJECT,
        subject_id=row.pk,
        label=str(row.public_id),
        due_at=worktime.deadline(at, "working_days", DECIDE_WITHIN_DAYS).at,
        permission=P.EXPORT_APPROVE,
        area_path=row.area_path,
        not_user=row.asked_by,
        at=at,
    )
    tell(
        users=[user for user in users_with(P.EXPORT_APPROVE, area_path=row.area_path) if user.pk != row.asked_by_id],
        kind=ASKED,
        subject_type=SUBJECT,
        subject_id=row.pk,
        once_key=f"{ASKED}:{row.pk}",
        label=str(row.public_id),
    )
