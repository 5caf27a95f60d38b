"""What the privacy officer decides about an alert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.people.models import PrivacyAlert
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.notifications.actions import tell

if TYPE_CHECKING:
    import datetime as dt

kinds.declare("privacy.review")
NOTICE = "privacy.explain"
_NEEDS_WORDS = frozenset({PrivacyAlert.Verdict.EXPLAIN, PrivacyAlert.Verdict.MISUSE})


@transaction.atomic
def review(
    *, by: Any, alert: PrivacyAlert, verdict: str, note: str = "", at: dt.datetime | None = None
) -> PrivacyAlert:
    """One verdict on one alert, by an officer of that place and never by the one it is about.

    "To be explained" may be followed by a final verdict; a final one stands. Who must explain himself is told so.
    """
    row = PrivacyAlert.objects.select_for_update().select_related("user").get(pk=alert.pk)
    if not authority_of(by).may(P.LOOKUP_REVIEW, area_path=row.area_path):
        raise NotAllowedError
    if row.user_id == by.pk:
        raise NotAllowedError(_("Nobody reviews what he did himself."))
    if verdict not in PrivacyAlert.Verdict.values or verdict == PrivacyAlert.Verdict.OPEN:
        raise InvalidError(_("Please choose a verdict."), field="verdict")
    if verdict in _NEEDS_WORDS and not note.strip():
        raise InvalidError(_("Please write what you found out."), field="note")
    if row.verdict not in {PrivacyAlert.Verdict.OPEN, PrivacyAlert.Verdict.EXPLAIN} or row.verdict == verdict:
        raise ConflictError(_("This was already reviewed."))
    now = at or clock.now()
    row.verdict, row.note, row.reviewed_by, row.reviewed_at = verdict, note.strip()[:2000], by, now
    row.save(update_fields=["verdict", "note", "reviewed_by", "reviewed_at"])
    record("privacy.review", by=by, subject=row, at=now, verdict=verdict)
    if verdict == PrivacyAlert.Verdict.EXPLAIN:
        tell(
            users=[row.user],
            kind=NOTICE,
            subject_type="privacyalert",
            subject_id=row.pk,
            once_key=f"{NOTICE}:{row.pk}",
        )
    return row
