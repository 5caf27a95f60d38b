"""Photos that arrive after the step that promised them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from wangge.domains.cases.models import CasePhoto

if TYPE_CHECKING:
    from wangge.foundation.media.models import MediaFile


@transaction.atomic
def attach_arrived(*, media: MediaFile) -> int:
    """Attach an uploaded file to every place where it was promised by its sha256. Returns how many."""
    return CasePhoto.objects.filter(sha256=media.sha256, media__isnull=True).update(media=media)
