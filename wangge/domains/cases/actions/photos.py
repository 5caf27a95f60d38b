"""Photos that arrive after the step that promised them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from wangge.domains.cases.models import CasePhoto

if TYPE_CHECKING:
    from wangge.foundation.media.models import MediaFile


@transaction.atomic
def attach_arrived(*, media: MediaFile, by: Any, for_everybody: bool = False) -> int:
    """Attach an uploaded file to every place where `by` had promised it by its sha256. Returns how many.

    Only the one who sends the bytes has shown that he has them: a stranger's promise of the same name stays empty.
    `for_everybody` is for an import that vouches for the persons it writes about.
    """
    promised = CasePhoto.objects.filter(sha256=media.sha256, media__isnull=True)
    if not for_everybody:
        promised = promised.filter(by_id=getattr(by, "pk", None))
    return promised.update(media=media)
