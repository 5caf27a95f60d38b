"""Photos that arrive after the step that promised them; and photos that are not what they are said to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import evidence
from wangge.domains.cases.models import CasePhoto, PhotoDoubt
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError
from wangge.foundation.media.models import MediaSender
from wangge.foundation.media.queries import media_by_sha256

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from wangge.domains.cases.evidence import Seen
    from wangge.domains.cases.models import Case
    from wangge.foundation.media.models import MediaFile


_HEX = frozenset("0123456789abcdef")


class PhotoSeenError(InvalidError):
    """The photo, or the same picture saved again, was used before."""

    code = "photo-seen-before"
    kept = _("The result was not saved; what you typed is still there.")
    remedy = _("Please take a new photo on the spot.")


@transaction.atomic
def attach_arrived(*, media: MediaFile, by: Any, for_everybody: bool = False, at: dt.datetime | None = None) -> int:
    """Attach an uploaded file to every place where `by` had promised it by its sha256. Returns how many.

    Only the one who sends the bytes has shown that he has them: a stranger's promise of the same name stays empty.
    A photo "afterwards" that turns out to be an earlier one is attached and marked for the verifier.
    `for_everybody` is for an import that vouches for the persons it writes about.
    """
    promised = CasePhoto.objects.filter(sha256=media.sha256, media__isnull=True)
    if for_everybody:
        return promised.update(media=media)
    return _attach(list(promised.filter(by_id=getattr(by, "pk", None)).select_related("case")), media, at=at)


@transaction.atomic
def keep_originals(*, case: Case, by: Any, originals: Mapping[str, str]) -> int:
    """Note of which file of the camera a photo was made: {sha256 as sent: sha256 of the original}. Returns how many.

    Only of one's own photos of this case, and once: what was said first stays.
    """
    if any(len(digest) != 64 or set(digest) - _HEX for pair in originals.items() for digest in pair):
        raise InvalidError(_("A photo is named by its SHA-256."), field="originals")
    own = CasePhoto.objects.filter(case=case, by_id=getattr(by, "pk", None), original_sha256="")
    return sum(own.filter(sha256=sent).update(original_sha256=first) for sent, first in originals.items())


def attach_stragglers(*, limit: int = 500, at: dt.datetime | None = None) -> int:
    """Attach promised photos whose sender has sent the bytes, and which were missed; returns how many.

    A photo that arrives in the very instant in which its report is committed is seen by neither of the two. Safe to
    repeat; one transaction for each photo.
    """
    sent = MediaSender.objects.filter(media__sha256=OuterRef("sha256"))
    his = sent.filter(user_id=OuterRef("by_id"))
    nobodys = sent.filter(user__isnull=True)
    missed = CasePhoto.objects.filter(media__isnull=True).filter(Q(Exists(his)) | Q(Exists(nobodys), by__isnull=True))
    photos = list(missed.select_related("case").order_by("id")[:limit])
    held = media_by_sha256({photo.sha256 for photo in photos})
    attached = 0
    for photo in photos:
        with transaction.atomic():
            attached += _attach([photo], held[photo.sha256], at=at)
    return attached


def _attach(photos: Sequence[CasePhoto], media: MediaFile, *, at: dt.datetime | None) -> int:
    attached = 0
    for photo in photos:
        if not CasePhoto.objects.filter(pk=photo.pk, media__isnull=True).update(media=media):
            continue  # another was faster
        attached += 1
        photo.media = media
        for later, earlier in evidence.doubts_about(photo):
            PhotoDoubt.objects.get_or_create(photo=later, defaults={"earlier": earlier, "at": at or clock.now()})
    return attached


def refuse_seen(case: Case, after: Sequence[str], *, by: Any, before: Sequence[str] = ()) -> None:
    """Raise `PhotoSeenError` when a photo "afterwards" is no new photo."""
    seen = evidence.seen_after(case, after, by=by, before=before)
    if seen is not None:
        raise PhotoSeenError(_sentence(seen, case, by), field="after_photos", sha256=seen.sha256)


def _sentence(seen: Seen, case: Case, by: Any) -> str:
    kind = str(CasePhoto.Kind(seen.kind).label)
    if seen.case.pk == case.pk:
        return gettext("A photo taken afterwards is the same picture as one that this case already has (%(kind)s).") % {
            "kind": kind
        }
    if evidence.may_name(seen.case, by):
        return gettext("A photo taken afterwards was already used in case %(number)s (%(kind)s).") % {
            "number": seen.case.number,
            "kind": kind,
        }
    return gettext("A photo taken afterwards was already used in another case.")
