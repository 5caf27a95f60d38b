"""Reads about voice notes: whoever may see the reports of a case may hear what was spoken with them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.db.models import Value

from wangge.domains.cases.models import Case, CasePhoto, Report, VoiceNote
from wangge.domains.cases.queries import hides_reporters
from wangge.foundation.core.problems import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable


def voice_notes(case: Case, user: Any) -> list[VoiceNote]:
    """Those of a case that the person was allowed to read and of the cases merged into it; none when its reporters are
    hidden from him.
    """
    if hides_reporters(case, user):
        return []
    reports = Report.objects.of_case(case).order_by().values("pk")
    return list(VoiceNote.objects.filter(report__in=reports).select_related("sound").order_by("id"))


def notes_of_report(report: Report) -> list[VoiceNote]:
    """Those of one report, for who made it."""
    return list(VoiceNote.objects.filter(report=report).select_related("sound").order_by("id"))


def photos_missing(report: Report) -> int:
    """How many of the photos that one report promised have not arrived."""
    return CasePhoto.objects.filter(report=report, media__isnull=True).count()


def is_missing(note: VoiceNote) -> bool:
    """Whether its bytes have not arrived. Those that were erased are not missing."""
    return note.sound is None


def voice_note_for(user: Any, sha256: str) -> VoiceNote:
    """A voice note that has arrived, of a case that the person may see with its reporters, or of his own report."""
    arrived = VoiceNote.objects.filter(sha256=sha256, sound__isnull=False, sound__erased_at__isnull=True)
    candidates = arrived.select_related("case", "sound")
    for note in candidates.filter(case__in=Case.objects.visible_to(user))[:20]:
        if not hides_reporters(note.case, user):
            return note
    mine = candidates.filter(report__in=Report.objects.made_by(user)).first()
    if mine is None:
        raise NotFoundError
    return mine


def files_missing(cases: Iterable[Case]) -> dict[int, tuple[int, int]]:
    """How many promised photos and voice notes of the cases on a page have not arrived; other cases are left out."""
    ids = [case.pk for case in cases]
    photos = CasePhoto.objects.filter(case__in=ids, media__isnull=True).order_by().values_list("case_id", Value(0))
    sounds = VoiceNote.objects.filter(case__in=ids, sound__isnull=True).order_by().values_list("case_id", Value(1))
    found = Counter(photos.union(sounds, all=True))
    return {case_id: (found[case_id, 0], found[case_id, 1]) for case_id, _kind in found}
