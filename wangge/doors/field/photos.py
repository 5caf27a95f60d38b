"""Photos of a form: sent one by one before it, or with it where the browser runs no script."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from wangge.domains.cases import actions as cases
from wangge.foundation.accounts.gate import gate_signed_in
from wangge.foundation.core.problems import InvalidError, NotFoundError
from wangge.foundation.media import actions as media
from wangge.foundation.media.problems import TooLargeError
from wangge.foundation.media.queries import limits, media_sent_by, served_path

if TYPE_CHECKING:
    from django.http import HttpRequest

UPLOAD_URL = "/api/v1/media"
_HEX = set("0123456789abcdef")


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and not set(text) - _HEX


def with_form(request: HttpRequest, *, field: str = "photos", hashes: str = "photo_sha256") -> list[str]:
    """The SHA-256 names of a form's photos. Files that came with the form are accepted here, before any transaction."""
    names = [name for name in request.POST.getlist(hashes) if _is_sha256(name)]
    files = [file for file in request.FILES.getlist(field) if file.size]
    if len(names) + len(files) > limits().photos:
        raise InvalidError(_("At most nine photos."), field=field)
    for file in files:
        if (file.size or 0) > limits().bytes:
            raise TooLargeError(field=field)
        content = file.read()
        sha256 = hashlib.sha256(content).hexdigest()
        accepted = media.accept(by=request.user, content=content, sha256=sha256)
        cases.attach_arrived(media=accepted, by=request.user)
        names.append(sha256)
    return list(dict.fromkeys(names))


def known(names: list[str]) -> list[dict[str, str]]:
    """Photos already sent, for `components/photos.html` after a refused form."""
    return [{"sha256": name, "thumb_url": reverse("field:photo", args=[name])} for name in names]


def limits_of_page() -> dict[str, Any]:
    """What every page with a photo field says before anything is sent."""
    return {"limits": limits(), "megapixels": limits().pixels // 1_000_000, "upload_url": UPLOAD_URL}


@gate_signed_in
@require_GET
def own_photo(request: HttpRequest, sha256: str) -> HttpResponse:
    """The small picture of a photo that one has just sent oneself, while the form is still open."""
    held = media_sent_by(request.user, [sha256]).get(sha256)
    if held is None:
        raise NotFoundError
    response = HttpResponse(served_path(held, "thumb").read_bytes(), content_type="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
