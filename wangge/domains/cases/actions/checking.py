"""复核: the second, blind answer. Drawing is in `sampling`; the rules are told in `cases.second_checks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from wangge.domains.cases import evidence
from wangge.domains.cases.actions import steps
from wangge.domains.cases.actions.impartial import FirstVerifierError, refuse_own_work
from wangge.domains.cases.actions.photos import PhotoSeenError
from wangge.domains.cases.actions.reopening import begin_anew
from wangge.domains.cases.actions.sampling import SUBJECT, draw
from wangge.domains.cases.events import SecondCheckFailed
from wangge.domains.cases.models import CasePhoto, SecondCheck
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError
from wangge.foundation.duties.actions import finish_duties
from wangge.foundation.media.queries import media_by_sha256, media_sent_by

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from wangge.domains.cases.models import Case
    from wangge.domains.cases.workflow import Step

__all__ = ["draw", "fail_second_check", "pass_second_check"]


@transaction.atomic
def pass_second_check(
    *, case: Case, by: Any, photos: Sequence[str], note: str = "", at: dt.datetime | None = None
) -> Case:
    """复核通过: the second answer agrees with the first; the case goes on as if nothing had been asked."""
    at = at or clock.now()
    locked, step = _begin(case, "pass_second_check", by=by, photos=photos)
    check = _answer(locked, photos, passed=True, note=note, by=by, at=at)
    steps.end(locked, step, by=by, at=at, note=note.strip(), check=check.pk)
    return locked


@transaction.atomic
def fail_second_check(
    *, case: Case, by: Any, photos: Sequence[str], reason: str, at: dt.datetime | None = None
) -> Case:
    """复核不通过: not as the first verifier found it. A new round begins, as after an upheld objection."""
    at = at or clock.now()
    locked, step = _begin(case, "fail_second_check", by=by, photos=photos, reason=reason.strip())
    check = _answer(locked, photos, passed=False, note=reason, by=by, at=at)
    return begin_anew(
        locked, step, by=by, at=at, reason=reason, event=SecondCheckFailed(locked.pk, check.pk), check=check.pk
    )


def _begin(case: Case, verb: str, *, by: Any, **given: Any) -> tuple[Case, Step]:
    try:
        return steps.begin(case, verb, by=by, **given)
    except InvalidError as missing:
        if missing.field != "photos":
            raise
        raise InvalidError(
            _("Please take at least one photo on the spot."),
            kept=_("The second check was not saved; what you typed is still there."),
            remedy="",
            field="photos",
        ) from None


def _answer(case: Case, photos: Sequence[str], *, passed: bool, note: str, by: Any, at: dt.datetime) -> SecondCheck:
    refuse_own_work(case, by)
    waiting = SecondCheck.objects.filter(case=case, at__isnull=True, lapsed_at__isnull=True)
    check = waiting.select_related("verification").select_for_update(of=("self",)).first()
    if check is None:
        raise ConflictError(
            _("No second check of this case is waiting: it was answered, or it was never drawn."),
            kept=_("What you entered was not saved."),
            remedy=_("Look at the case as it is now."),
        )
    if check.verification.by_id == by.pk:
        raise FirstVerifierError
    if at >= check.due_at:
        raise ConflictError(
            _("The 15 days for the second check are over."),
            kept=_("It counts as not checked in time."),
            remedy=_("If something is wrong on the spot, please report it anew."),
        )
    _refuse_stale(photos, by=by, at=at)
    check.by, check.at, check.passed, check.note = by, at, passed, note.strip()
    check.save(update_fields=["by", "at", "passed", "note"])
    steps.add_photos(case, photos, kind=CasePhoto.Kind.SECOND, by=by, at=at)
    finish_duties(subject_type=SUBJECT, subject_id=check.pk, at=at)
    return check


def _refuse_stale(photos: Sequence[str], *, by: Any, at: dt.datetime) -> None:
    """Every photo must be new to this system and, by its camera, of the last 48 hours; one at least must be here."""
    given = list(dict.fromkeys(photos))
    held = media_sent_by(by, given)
    known = set(media_by_sha256(given)) - set(held)
    used = set(CasePhoto.objects.filter(sha256__in=given).values_list("sha256", flat=True))
    for digest in given:
        media = held.get(digest)
        if digest in used or digest in known or (media is not None and evidence.seen_anywhere(media, by=by)):
            raise PhotoSeenError(
                _("A photo was used before; a second check needs a photo that nobody has seen yet."),
                kept=_("The second check was not saved; what you typed is still there."),
                field="photos",
                sha256=digest,
            )
        if media is not None and media.taken_at is not None and abs(at - media.taken_at) > evidence.TAKEN_WITHIN:
            raise InvalidError(
                _("The camera says that a photo was not taken in the last 48 hours."),
                kept=_("The second check was not saved; what you typed is still there."),
                remedy=_("Please take a new photo on the spot."),
                field="photos",
            )
    if not held:
        raise InvalidError(
            _("No photo has arrived yet; a second check needs one taken on the spot."),
            kept=_("The second check was not saved; what you typed is still there."),
            remedy=_("Wait until a photo has been sent, then send the form again."),
            field="photos",
        )
