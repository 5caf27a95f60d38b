"""Telling people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from wangge.foundation.core import clock
from wangge.foundation.notifications.channels import CHANNELS
from wangge.foundation.notifications.models import Delivery, Notice
from wangge.foundation.notifications.quiet import is_quiet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wangge.foundation.accounts.models import User

_MAX_ATTEMPTS = 12


@transaction.atomic
def tell(
    *,
    users: Iterable[User],
    kind: str,
    subject_type: str,
    subject_id: int,
    once_key: str,
    label: str = "",
    data: Mapping[str, int] | None = None,
    urgent: bool = False,
) -> int:
    """Put one message per person into the outbox; the same `once_key` is told a person once. Returns how many.

    It stands in the inbox at once. Outside channels carry it in the day; at night only when it is `urgent`. `data` holds
    the figures that its words need.
    """
    users = list(users)
    notices = [
        Notice(
            user=user,
            kind=kind,
            subject_type=subject_type,
            subject_id=subject_id,
            label=label,
            data=dict(data or {}),
            urgent=urgent,
            once_key=once_key,
        )
        for user in users
    ]
    told = Notice.objects.filter(user__in=users, once_key=once_key)
    before = told.count()
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    Delivery.objects.bulk_create(
        [Delivery(notice=notice, channel=name) for notice in told for name in CHANNELS], ignore_conflicts=True
    )
    return told.count() - before


@transaction.atomic
def read(*, by: User, notice_id: int) -> None:
    """Mark one of one's own messages as read."""
    Notice.objects.filter(pk=notice_id, user=by, read_at__isnull=True).update(read_at=clock.now())


@transaction.atomic
def read_all(*, by: User) -> None:
    """Mark all of one's own messages as read."""
    Notice.objects.filter(user=by, read_at__isnull=True).update(read_at=clock.now())


def deliver(*, limit: int = 200) -> int:
    """Send what waits for outside channels; the number sent. A failure is kept on the row and tried again.

    In the quiet hours only what is urgent goes; the rest leaves with the first run of the morning.
    """
    waiting = Delivery.objects.filter(sent_at__isnull=True, attempts__lt=_MAX_ATTEMPTS, channel__in=list(CHANNELS))
    if is_quiet(clock.now()):
        waiting = waiting.filter(notice__urgent=True)
    sent = 0
    for delivery in waiting.select_related("notice").order_by("-notice__urgent", "pk")[:limit]:
        delivery.attempts += 1
        try:
            CHANNELS[delivery.channel].send(delivery.notice)
        except Exception as error:  # noqa: BLE001 — whatever an outside system does, the row keeps it
            delivery.last_error = type(error).__name__[:200]
        else:
            delivery.sent_at = clock.now()
            sent += 1
        delivery.save(update_fields=["attempts", "last_error", "sent_at"])
    return sent
