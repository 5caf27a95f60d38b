"""Leave and standing in (替班): for as long as somebody is away another holds his field posts, by dated posts of his own."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.fieldwork.absences import posts_in_the_field
from wangge.domains.fieldwork.models import Absence
from wangge.foundation.accounts.actions import end_stand_in, stand_in
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import Post, User
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

kinds.declare("absence.note", "absence.end")

MOST_DAYS = 366
_ONE = dt.timedelta(days=1)


@transaction.atomic
def note_absence(
    *,
    by: Any,
    user: User,
    from_on: dt.date,
    to_on: dt.date,
    substitute: User | None = None,
    at: dt.datetime | None = None,
) -> Absence:
    """Somebody is away from a day to a day (the last one included); why is not asked. Nobody notes his own.

    The substitute gets each field post of his at the places where `by` grants leave, for these days.
    """
    now = at or clock.now()
    today = clock.day_of(now)
    if by == user:
        raise NotAllowedError(_("Nobody grants his own leave."))
    places = authority_of(by).places(P.LEAVE_GRANT)
    if not places:
        raise NotFoundError
    if to_on < from_on or (to_on - from_on).days > MOST_DAYS:
        raise InvalidError(_("The last day does not come before the first, and within a year."), field="to_on")
    if to_on < today:
        raise InvalidError(_("These days are over."), field="to_on")
    if substitute == by:
        raise NotAllowedError(_("Nobody appoints himself."))
    if substitute == user:
        raise InvalidError(_("Choose somebody else who can log in."), field="substitute")
    posts = posts_in_the_field(user, places, max(from_on, today), to_on)
    if not posts:
        raise NotFoundError
    both = User.objects.select_for_update(no_key=True).filter(
        pk__in={user.pk, substitute.pk if substitute else user.pk}
    )
    list(both.order_by("pk"))  # two absences of one person are noted one after the other
    _check_free(user, from_on, to_on, _("This person is noted as away in these days already."), "from_on")
    given: list[Post] = []
    if substitute is not None:
        _check_free(substitute, from_on, to_on, _("The substitute is away in these days, too."), "substitute")
        for post in posts:
            first = max(from_on, today, post.valid_from)
            last = to_on + _ONE if post.valid_to is None else min(to_on + _ONE, post.valid_to)
            if last > first and not _holds(substitute, post, first, last):
                given.append(stand_in(by=by, post=post, user=substitute, valid_from=first, valid_to=last))
    row = Absence.objects.create(
        user=user, from_on=from_on, to_on=to_on, substitute=substitute, posts=[post.pk for post in given], by=by, at=now
    )
    record(
        "absence.note",
        by=by,
        subject=row,
        at=now,
        user=user.pk,
        substitute=substitute.pk if substitute else None,
        posts=row.posts,
    )
    return row


@transaction.atomic
def end_absence(*, by: Any, absence: Absence, at: dt.datetime | None = None) -> Absence:
    """Back sooner: the substitute's posts end today."""
    now = at or clock.now()
    today = clock.day_of(now)
    row = Absence.objects.select_for_update(of=("self",)).select_related("user").get(pk=absence.pk)
    if by == row.user:
        raise NotAllowedError(_("Nobody grants his own leave."))
    places = authority_of(by).places(P.LEAVE_GRANT)
    if not posts_in_the_field(row.user, places, min(row.from_on, today), max(row.to_on, today)):
        raise NotFoundError
    if row.ended_on is not None or row.to_on < today:
        raise ConflictError(_("This absence is over already."))
    for post in _still(row.posts, today):
        end_stand_in(by=by, post=post, on=today)
    row.ended_on = today
    row.save(update_fields=["ended_on"])
    record("absence.end", by=by, subject=row, at=now, user=row.user_id, posts=row.posts)
    return row


def _still(pks: Iterable[int], today: dt.date) -> list[Post]:
    rows = Post.objects.filter(pk__in=list(pks)).select_related("area", "organisation__area").order_by("pk")
    return [post for post in rows if post.valid_to is None or post.valid_to > today]


def _check_free(user: User, first: dt.date, last: dt.date, what: Any, field: str) -> None:
    rows = Absence.objects.filter(user=user, from_on__lte=last, to_on__gte=first)
    for row in rows:
        if row.ended_on is None or row.ended_on > first:
            raise ConflictError(what, field=field)


def _holds(user: User, post: Post, first: dt.date, last: dt.date) -> bool:
    """Whether he has the same role there himself for all these days."""
    own = Post.objects.filter(user=user, role=post.role, area=post.area, valid_from__lte=first)
    return any(one.valid_to is None or one.valid_to >= last for one in own)
