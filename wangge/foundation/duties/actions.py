"""Opening and finishing duties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wangge.foundation.core import clock
from wangge.foundation.core.rows import insert
from wangge.foundation.duties.models import Duty

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from wangge.foundation.accounts.models import User
    from wangge.foundation.accounts.permissions import P


def open_duty(
    *,
    kind: str,
    subject_type: str,
    subject_id: int,
    label: str,
    due_at: dt.datetime | None,
    user: User | None = None,
    permission: P | None = None,
    area_path: str = "",
    unit_path: str = "",
    not_unit_paths: Sequence[str] = (),
    not_user: User | None = None,
    confidential: bool = False,
    at: dt.datetime | None = None,
) -> None:
    """Give one piece of work to a person, or to whoever holds `permission` at a place or for a unit.

    Nobody of the units in `not_unit_paths` (nor of one below them) finds it, nor does `not_user`.
    """
    insert(
        Duty,
        kind=kind,
        user_id=user.pk if user is not None else None,
        permission=permission or "",
        area_path=area_path,
        unit_path=unit_path,
        not_unit_paths=list(not_unit_paths),
        not_user_id=not_user.pk if not_user is not None else None,
        confidential=confidential,
        subject_type=subject_type,
        subject_id=subject_id,
        label=label,
        due_at=due_at,
        opened_at=at or clock.now(),
    )


def finish_duties(
    *, subject_type: str, subject_id: int, kind: str | None = None, at: dt.datetime | None = None
) -> None:
    """Mark the open duties about a subject as done (all, or those of one kind)."""
    open_ = Duty.objects.filter(subject_type=subject_type, subject_id=subject_id, done_at__isnull=True)
    if kind is not None:
        open_ = open_.filter(kind=kind)
    open_.update(done_at=at or clock.now())


def give_duties(*, from_user: User, to_user: User, subject_type: str, subject_ids: Sequence[int]) -> int:
    """Give one person's own open duties about some subjects to another (he took over the work); how many."""
    open_ = Duty.objects.filter(
        user=from_user, subject_type=subject_type, subject_id__in=list(subject_ids), done_at__isnull=True
    )
    return open_.update(user=to_user)


def move_duties(*, from_path: str, to_path: str, subject_type: str = "", subject_ids: Sequence[int] = ()) -> int:
    """Give open duties at a place to another place (its grid was redrawn): those about some subjects, or all; how many."""
    open_ = Duty.objects.filter(area_path=from_path, done_at__isnull=True)
    if subject_type:
        open_ = open_.filter(subject_type=subject_type, subject_id__in=list(subject_ids))
    return open_.update(area_path=to_path)
