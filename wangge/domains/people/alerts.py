"""Alarming the privacy officers: a row that holds references only, and a message at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from wangge.domains.people.models import PrivacyAlert
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import posts_of, users_with
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.notifications.actions import tell

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from wangge.foundation.accounts.models import User

kinds.declare("privacy.alert")
NOTICE = "privacy.alert"


def posted_at(user: User) -> str:
    """Where somebody is posted: the place of the first post in force, else that of its unit; "" without any post."""
    posts = posts_of(user)
    for post in posts:
        if post.area is not None:
            return post.area.path
    return next((post.organisation.area.path for post in posts if post.organisation and post.organisation.area), "")


def officers_at(area_path: str) -> list[User]:
    """The privacy officers who answer for a place."""
    return users_with(P.LOOKUP_REVIEW, area_path=area_path)


@transaction.atomic
def alert(
    kind: str,
    *,
    user: Any,
    purpose: str = "",
    reference: str = "",
    households: Iterable[int] = (),
    at: dt.datetime | None = None,
) -> PrivacyAlert:
    """Write an alert about what `user` did, and tell the officers of the place where he is posted, also at night."""
    now = at or clock.now()
    row = PrivacyAlert.objects.create(
        kind=kind,
        user=user,
        area_path=posted_at(user),
        purpose=purpose,
        reference=reference,
        households=list(households),
        at=now,
    )
    record("privacy.alert", by=user, subject=row, at=now, kind_of=str(kind), purpose=purpose)
    tell(
        users=[officer for officer in officers_at(row.area_path) if officer.pk != user.pk],
        kind=NOTICE,
        subject_type="privacyalert",
        subject_id=row.pk,
        once_key=f"{NOTICE}:{row.pk}",
        label=str(row.pk),
        urgent=True,
    )
    return row
