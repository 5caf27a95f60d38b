"""Voice notes: promised with a report, attached when their bytes arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.models import Report, VoiceNote
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError, NotAllowedError
from wangge.foundation.media.actions import erase_sound
from wangge.foundation.media.models import SoundFile
from wangge.foundation.media.queries import sound_sent_by

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

_HEX = frozenset("0123456789abcdef")
_MOST = 5  # of one report


@transaction.atomic
def promise_voice_note(*, report: Report, sha256: str, by: Any, at: dt.datetime | None = None) -> VoiceNote:
    """A recording belongs to one's own report; the same promise again changes nothing. Attached at once if it is here."""
    if report.by_id is None or report.by_id != getattr(by, "pk", None):
        raise NotAllowedError
    if len(sha256) != 64 or set(sha256) - _HEX:
        raise InvalidError(_("A voice note is named by its SHA-256."), field="voice")
    if VoiceNote.objects.filter(report=report).exclude(sha256=sha256).count() >= _MOST:
        raise InvalidError(_("At most five voice notes."), field="voice")
    note, _made = VoiceNote.objects.get_or_create(
        report=report,
        sha256=sha256,
        defaults={"case_id": report.case_id, "by": by, "at": at or clock.now(), "sound": sound_sent_by(by, sha256)},
    )
    return note


def attach_sound(*, sound: SoundFile) -> int:
    """Attach a recording to every report for which its sender had promised it. Returns how many."""
    promised = VoiceNote.objects.filter(sha256=sound.sha256, sound__isnull=True, by_id=sound.sent_by_id)
    return promised.update(sound=sound)


def attach_sound_stragglers(*, limit: int = 500) -> int:
    """As `attach_stragglers` for photos: a recording that arrived in the instant of its report's commit. Repeatable."""
    sent = SoundFile.objects.filter(erased_at__isnull=True)
    waiting = VoiceNote.objects.filter(sound__isnull=True, sha256__in=sent.values("sha256")).order_by("id")[:limit]
    attached = 0
    for note in waiting:
        sound = sent.filter(sha256=note.sha256, sent_by_id=note.by_id).first()
        if sound is not None:
            attached += VoiceNote.objects.filter(pk=note.pk, sound__isnull=True).update(sound=sound)
    return attached


def erase_voice_notes(*, reports: Iterable[int], by: Any = None, at: dt.datetime | None = None) -> int:
    """Destroy what was spoken with some reports (ids); the rows stay. Returns how many recordings."""
    found = VoiceNote.objects.filter(report_id__in=list(reports), sound__isnull=False, sound__erased_at__isnull=True)
    erased = 0
    for note in found.select_related("sound"):
        assert note.sound is not None  # asked for above
        erase_sound(sound=note.sound, by=by, at=at)
        erased += 1
    return erased
