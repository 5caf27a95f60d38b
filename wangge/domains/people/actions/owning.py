"""Who owns a room: a person, a firm, or somebody not known; a share of it, from a day on. Ended with a reason, corrected
with the earlier words in the audit row, taken out only when it never was so.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import access, names, registry
from wangge.domains.people.actions import graph
from wangge.domains.people.actions.registering import KnownPersonError, register
from wangge.domains.people.models import Firm, Origin, Person, Title
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.places.models import Room

if TYPE_CHECKING:
    import datetime as dt
    import uuid
    from collections.abc import Collection

    from wangge.domains.people.actions.bulk import PersonDraft

kinds.declare("room.own", "room.disown", "room.correct_owner", "room.withdraw_owner")

ENDS = {
    "sold": _("Sold"),
    "inherited": _("Inherited"),
    "given": _("Given away, or divided"),
    "other": _("Another reason"),
}
_WHOLE = Decimal(1)


class OverWholeError(InvalidError):
    """The shares would come to more than the whole on some day."""

    code = "more-than-the-whole"
    title = _("The shares would come to more than the whole.")
    remedy = _("End or correct an earlier title first, or enter a smaller share.")


@transaction.atomic
def own(
    *,
    by: Any,
    room: Room,
    owner: Person | Firm | None,
    since: dt.date,
    share: Decimal = _WHOLE,
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    at: dt.datetime | None = None,
) -> Title:
    """A person or firm that the actor sees, or (None) somebody not known, owns a share of a room from a day on.

    On no day do the shares come to more than the whole.
    """
    at = at or clock.now()
    require_room(by, room)
    if isinstance(owner, Person) and not access.sees(by, owner):
        raise NotFoundError
    if isinstance(owner, Firm) and not authority_of(by).may(P.FIRM_VIEW, area_path=owner.area_path):
        raise NotFoundError
    return _write(by, room, owner, since, share, graph.Told(source, source_ref), at)


@transaction.atomic
def own_as_new(
    *,
    by: Any,
    room: Room,
    draft: PersonDraft,
    since: dt.date,
    share: Decimal = _WHOLE,
    others: Collection[uuid.UUID] = (),
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    at: dt.datetime | None = None,
) -> Title:
    """`own` by somebody who does not live at the actor's place: the registry is searched first, as for `register`.

    Whoever is registered beyond the actor's places is tied to his entry when number and name both fit it; nothing of
    the entry is shown. Otherwise `KnownPersonError` and `LookAlikesError` as from `register`.
    """
    at = at or clock.now()
    require_room(by, room)
    told = graph.Told(source, source_ref)
    try:
        owner = register(by=by, draft=draft, source=source, source_ref=source_ref, others=others, at=at)
    except KnownPersonError as known:
        held = registry.holder_of(draft.id_number) if known.public_id is None else None
        # Somebody without a home would be seen by whoever ties him to a room of his own: a number would open his entry.
        if held is None or not held.area_path or not _called(held, draft.name):
            raise
        owner = held
    return _write(by, room, owner, since, share, told, at)


@transaction.atomic
def correct_title(*, by: Any, title: Title, share: Decimal, since: dt.date, at: dt.datetime | None = None) -> Title:
    """The share or the day was written wrongly. The audit row keeps what stood there."""
    at = at or clock.now()
    row = _lock(by, title)
    graph.check_day(since, at=at)
    if row.valid_to is not None and since >= row.valid_to:
        raise InvalidError(_("It would begin after it ended."), field="since")
    _check_share(row.room, share, since, row.valid_to, but=row.pk)
    if (row.share, row.valid_from) == (share, since):
        return row
    was = {"share": str(row.share), "since": row.valid_from.isoformat()}
    row.share, row.valid_from = share, since
    row.save(update_fields=["share", "valid_from"])
    record("room.correct_owner", by=by, subject=row.room, at=at, title=row.pk, was=was)
    return row


@transaction.atomic
def end_title(*, by: Any, title: Title, until: dt.date, reason: str = "other", at: dt.datetime | None = None) -> Title:
    """The owner no longer owns it from `until` on, for one of `ENDS`. What has ended stays as it is."""
    at = at or clock.now()
    row = _lock(by, title)
    if reason not in ENDS:
        raise InvalidError(_("Please choose a reason."), field="reason")
    if graph.end(row, until, at=at):
        record("room.disown", by=by, subject=row.room, at=at, title=row.pk, reason=reason)
    return row


@transaction.atomic
def withdraw_title(*, by: Any, title: Title, at: dt.datetime | None = None) -> None:
    """Entered by mistake: he never owned it. A row that holds on no day is taken out; the audit keeps what it said."""
    at = at or clock.now()
    row = _lock(by, title)
    record(
        "room.withdraw_owner",
        by=by,
        subject=row.room,
        at=at,
        title=row.pk,
        person=row.person_id,
        firm=row.firm_id,
        share=str(row.share),
        since=row.valid_from.isoformat(),
        until=row.valid_to.isoformat() if row.valid_to is not None else None,
    )
    row.delete()


def require_room(by: Any, room: Room) -> None:
    """Refuse whoever makes no entries where the room lies."""
    if not authority_of(by).may(P.PERSON_EDIT, area_path=access.room_path(room)):
        raise NotAllowedError


def _write(
    by: Any, room: Room, owner: Person | Firm | None, since: dt.date, share: Decimal, told: graph.Told, at: dt.datetime
) -> Title:
    graph.check_day(since, at=at)
    if isinstance(owner, Person) and owner.state in {Person.State.MERGED, Person.State.ERASED}:
        raise ConflictError(_("This entry is closed; nothing in it can be changed."))
    Room.objects.select_for_update().get(pk=room.pk)
    _check_share(room, share, since, None)
    row = Title.objects.create(
        room=room,
        person=owner if isinstance(owner, Person) else None,
        firm=owner if isinstance(owner, Firm) else None,
        share=share,
        valid_from=since,
        source=told.source,
        source_ref=told.ref,
    )
    record("room.own", by=by, subject=room, at=at, title=row.pk)
    return row


def _check_share(room: Room, share: Decimal, since: dt.date, until: dt.date | None, *, but: int | None = None) -> None:
    """On every day on which the new share would hold."""
    if not 0 < share <= 1:
        raise InvalidError(_("A share is more than nothing and at most the whole."), field="share")
    beside = (
        Title.objects.filter(room=room).exclude(pk=but or 0).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=since))
    )
    if until is not None:
        beside = beside.filter(valid_from__lt=until)
    held = list(beside)
    for day in {since, *(row.valid_from for row in held if row.valid_from > since)}:
        on_day = [row.share for row in held if row.valid_from <= day and (row.valid_to is None or row.valid_to > day)]
        if sum(on_day, share) > 1:
            raise OverWholeError(field="share")


def _lock(by: Any, title: Title) -> Title:
    row = (
        Title.objects.select_related("room__entrance__building__community")
        .select_for_update(of=("self", "room"))
        .filter(pk=title.pk)
        .first()
    )
    if row is None:
        raise NotFoundError
    require_room(by, row.room)
    return row


def _called(person: Person, name: str) -> bool:
    ring = Keyring.of([person.public_id])
    held = ring.open(person.public_id, "people.person.name", person.name) or ""
    return bool(held) and names.plain(held) == names.plain(name)
