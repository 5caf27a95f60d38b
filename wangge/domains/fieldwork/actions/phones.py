"""What a phone tells of itself: how much still waits in it, how far its clock is off, what it was last given."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
from typing import TYPE_CHECKING

from wangge.domains.fieldwork import deltas, phones
from wangge.domains.fieldwork.models import Phone
from wangge.domains.fieldwork.on_duty import place_of
from wangge.domains.fieldwork.working_set import NUMERIC, working_set
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.duties.actions import finish_duties, open_duty
from wangge.foundation.duties.queries import is_open

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

    from wangge.foundation.accounts.models import User

UNSENT = "phone.unsent"
_AT_MOST_EVERY = dt.timedelta(minutes=1)  # a phone that flushes is heard every second; the row is written less often
_LONGEST_AGE = 400 * 86400
_INT = 2**31 - 1


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """What a phone says of itself. Its clock is compared and never believed."""

    clock: dt.datetime
    waiting: int
    oldest_age_s: int
    persistent: bool = False
    label: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Given:
    """What a phone is to hold: by collection what to put and to drop, and the token under which it is remembered."""

    token: str
    collections: dict[str, deltas.Delta]
    on_duty: bool
    ends_on: dt.date | None


def hear_from(*, by: User, phone: uuid.UUID, told: Told, at: dt.datetime | None = None) -> Phone:
    """Note what a phone tells. Written at most once a minute, and at once when something begins or ends to wait."""
    at = at or clock.now()
    waiting = max(0, told.waiting)
    age = dt.timedelta(seconds=min(max(0, told.oldest_age_s), _LONGEST_AGE))
    off = round((told.clock - at).total_seconds())
    values = {
        "waiting": min(waiting, _INT),
        "oldest_since": at - age if waiting else None,
        "clock_off_s": max(-_INT, min(_INT, off)),
        "persistent": told.persistent,
        "label": told.label[:60],
        "heard_at": at,
        "ended_at": None,
    }
    row, made = Phone.objects.defer("marks").get_or_create(user=by, public_id=phone, defaults=values | {"first_at": at})
    due = bool(row.waiting) != bool(waiting) or at - row.heard_at >= _AT_MOST_EVERY or row.ended_at is not None
    if not made and due:
        Phone.objects.filter(pk=row.pk).update(**values)
        _finish_worry(row, waiting, at=at)
        for name, value in values.items():
            setattr(row, name, value)
    return row


def sent(*, phone: Phone, done: int, at: dt.datetime | None = None) -> None:
    """So many of the things that waited have arrived; when nothing is left, nothing is old."""
    at = at or clock.now()
    left = max(0, phone.waiting - done)
    if not done or left == phone.waiting:
        return
    Phone.objects.filter(pk=phone.pk).update(
        waiting=left, heard_at=at, oldest_since=phone.oldest_since if left else None
    )
    _finish_worry(phone, left, at=at)


def hand_out(
    *, by: User, phone: uuid.UUID, token: str, held: Mapping[str, deltas.Held], at: dt.datetime | None = None
) -> Given:
    """The working set of a phone as what has changed since `token`; whole where the phone holds something else.

    What it was given is remembered under a new token, and only if it has changed.
    """
    at = at or clock.now()
    row, _made = Phone.objects.get_or_create(user=by, public_id=phone, defaults={"first_at": at, "heard_at": at})
    ground, items = working_set(by)
    known = bool(token) and row.mark == token
    marks, changes = {}, {}
    for name, plain in items.items():
        fresh = deltas.versioned(plain)
        marks[name] = deltas.marks_of(fresh)
        given = row.marks.get(name, {}) if known else None
        changes[name] = deltas.delta(fresh, given=given, held=held.get(name), numeric=name in NUMERIC)
    changed: dict[str, object] = {}
    if not known or marks != row.marks:
        changed |= {"marks": marks, "mark": secrets.token_urlsafe(18)}
    if any(change.drifted for change in changes.values()):
        changed["drifted_at"] = at
    if ground.on_duty == (row.ended_at is not None):
        changed["ended_at"] = None if ground.on_duty else at
    if at - row.heard_at >= _AT_MOST_EVERY:
        changed["heard_at"] = at
    if changed:
        Phone.objects.filter(pk=row.pk).update(**changed)
    return Given(
        token=str(changed.get("mark", row.mark)),
        collections=changes,
        on_duty=ground.on_duty,
        ends_on=ground.last_day,
    )


def worry_about_phones(*, at: dt.datetime | None = None) -> int:
    """Tell the station of phones in which something has waited for a day; returns how many are new. Safe to repeat."""
    at = at or clock.now()
    new = 0
    for phone in phones.overdue_phones(at=at):
        place = place_of(phone.user) or phones.last_place_of(phone.user)
        if not place or is_open(subject_type="phone", subject_id=phone.pk, kind=UNSENT):
            continue
        open_duty(
            kind=UNSENT,
            subject_type="phone",
            subject_id=phone.pk,
            label=phone.user.name[:60],
            due_at=None,
            permission=P.PHONE_VIEW,
            area_path=place,
            at=at,
        )
        new += 1
    return new


def _finish_worry(phone: Phone, waiting: int, *, at: dt.datetime) -> None:
    """`phone` as it was before: the station need not look any more."""
    if not waiting and phone.oldest_since is not None and at - phone.oldest_since > phones.RED:
        finish_duties(subject_type="phone", subject_id=phone.pk, kind=UNSENT, at=at)
