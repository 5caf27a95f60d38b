"""Photos as evidence: whether the picture was used before, under the same name or saved again.

A photo "afterwards" may be no photo that its case already has, whatever its kind, and none taken "afterwards" in
another case; a photo of a second check may be none that any case has. The same file is known by its SHA-256, a copy
that was re-encoded, resized or brightened by its print (`media.prints`).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from wangge.domains.cases.models import Case, CasePhoto
from wangge.foundation.media.queries import lookalikes, media_sent_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wangge.foundation.media.models import MediaFile

TAKEN_WITHIN = dt.timedelta(hours=48)  # of a second check, by the camera's own clock, where it says so


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """A photo that is not new: where the earlier one is. `at` is None for one given in the same step."""

    sha256: str
    case: Case
    kind: str
    at: dt.datetime | None


def seen_after(case: Case, digests: Sequence[str], *, by: Any, before: Sequence[str] = ()) -> Seen | None:
    """The first of some photos "afterwards" that is not new, with the earliest photo of which it is a copy.

    `before` are the photos "before" of the same step. Photos whose bytes have not arrived are known by name only;
    `doubts_about` looks at them when they do.
    """
    given = list(dict.fromkeys(digests))
    if not given:
        return None
    barred = of_case(case) | Q(kind=CasePhoto.Kind.AFTER)
    by_name = CasePhoto.objects.filter(barred, sha256__in=given).select_related("case").order_by("id").first()
    if by_name is not None:
        return _seen(by_name.sha256, by_name)
    for digest in given:
        if digest in before:
            return Seen(digest, case, CasePhoto.Kind.BEFORE, None)
    held = media_sent_by(by, [*given, *before])
    earlier = {held[digest].pk for digest in before if digest in held}
    for digest in given:
        if digest not in held:
            continue
        near = [media.pk for media in lookalikes(held[digest])]
        copied = CasePhoto.objects.filter(barred, media_id__in=near).select_related("case").order_by("id").first()
        if copied is not None:
            return _seen(digest, copied)
        if earlier.intersection(near):
            return Seen(digest, case, CasePhoto.Kind.BEFORE, None)
    return None


def seen_anywhere(media: MediaFile, *, by: Any) -> bool:
    """Whether a picture is in any case, or somebody else was the first to send it: then it is no fresh evidence."""
    if media.uploaded_by_id != getattr(by, "pk", None):
        return True
    near = [media.pk, *(other.pk for other in lookalikes(media))]
    return CasePhoto.objects.filter(Q(media_id__in=near) | Q(sha256=media.sha256)).exists()


def doubts_about(photo: CasePhoto) -> list[tuple[CasePhoto, CasePhoto]]:
    """(later, earlier) photos of which one has just arrived: the later is "afterwards" and looks like the earlier."""
    if photo.media is None:
        return []
    near = [media.pk for media in lookalikes(photo.media)]
    if not near:
        return []
    found = CasePhoto.objects.filter(media_id__in=near).exclude(pk=photo.pk).order_by("id")
    pairs = []
    if photo.kind == CasePhoto.Kind.AFTER:
        # Several photos of one step may show the same.
        others = found.filter(of_case(photo.case) | Q(kind=CasePhoto.Kind.AFTER), pk__lt=photo.pk)
        earlier = others.exclude(case=photo.case, kind=CasePhoto.Kind.AFTER, at=photo.at).first()
        if earlier is not None:
            pairs.append((photo, earlier))
    later = found.filter(kind=CasePhoto.Kind.AFTER, pk__gt=photo.pk, doubt__isnull=True)
    if photo.kind != CasePhoto.Kind.AFTER:
        later = later.filter(of_case(photo.case))
    pairs += [(other, photo) for other in later if (other.case_id, other.at) != (photo.case_id, photo.at)]
    return pairs


def of_case(case: Case) -> Q:
    """Photos of a case and of those merged into it."""
    return Q(case=case) | Q(case__merged_into=case)


def doubtful(photos: Iterable[CasePhoto]) -> dict[int, CasePhoto]:
    """Of some photos those that look like an earlier one, with that one, by the id of the photo."""
    afters = [photo.pk for photo in photos if photo.kind == CasePhoto.Kind.AFTER]
    if not afters:
        return {}
    found = CasePhoto.objects.filter(pk__in=afters, doubt__isnull=False).select_related("doubt__earlier__case")
    return {photo.pk: photo.doubt.earlier for photo in found}


def may_name(case: Case, user: Any) -> bool:
    """Whether a person may be told in which case an earlier photo is."""
    return Case.objects.visible_to(user).filter(pk=case.pk).exists()


def _seen(digest: str, earlier: CasePhoto) -> Seen:
    return Seen(digest, earlier.case, earlier.kind, earlier.at)
