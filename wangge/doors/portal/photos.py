"""Photos of residents: sent one by one before the form, or with it where the browser runs no script."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from wangge.domains.cases import actions as cases
from wangge.doors.portal import visitors
from wangge.foundation.accounts.gate import gate_public
from wangge.foundation.core import crypto
from wangge.foundation.core.problems import InvalidError, NotFoundError, Problem
from wangge.foundation.media import actions as media
from wangge.foundation.media.problems import TooLargeError
from wangge.foundation.media.queries import limits, media_sent_by, served_path

if TYPE_CHECKING:
    from pathlib import Path

    from django.http import HttpRequest

_PREVIEW = "portal.preview"
_HEX = set("0123456789abcdef")


def is_sha256(text: str) -> bool:
    """Whether a text can be the name of a photo."""
    return len(text) == 64 and not set(text) - _HEX


def preview_code(sha256: str) -> str:
    """Opens the preview of a photo that belongs to no report yet; only whoever sent it is given this."""
    return crypto.link_code(sha256, purpose=_PREVIEW)


@gate_public
@require_http_methods(["PUT"])
def upload(request: HttpRequest, sha256: str) -> HttpResponse:
    """PUT /p/media/<sha256>: one photo as the body. 201, or problem+json in the reader's language."""
    try:
        name = visitors.owner(request, visitors.PHOTOS)
        visitors.check(name, visitors.PHOTOS)
        _take(_body(request), sha256)
        visitors.count(name, sha256)
    except Problem as problem:
        return _refused(problem)
    return JsonResponse({"sha256": sha256}, status=201)


@gate_public
@require_GET
def preview(_request: HttpRequest, sha256: str, code: str) -> HttpResponse:
    """The small picture of a photo just sent, while the form is still open."""
    held = media_sent_by(None, [sha256]).get(sha256)
    if held is None or not crypto.link_code_fits(code, sha256, purpose=_PREVIEW):
        raise NotFoundError
    return picture(served_path(held, "thumb"))


def picture(path: Path) -> HttpResponse:
    """A served copy, for the one who may see it only."""
    response = HttpResponse(path.read_bytes(), content_type="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Disposition"] = "inline"
    return response


def with_form(request: HttpRequest, *, field: str = "photos", hashes: str = "photo_sha256") -> list[str]:
    """The SHA-256 names of a form's photos: those sent before, and those that came with the form itself."""
    names = [name for name in request.POST.getlist(hashes) if is_sha256(name)]
    files = [file for file in request.FILES.getlist(field) if file.size]
    if len(names) + len(files) > limits().photos:
        raise InvalidError(_("At most nine photos."), field="photos")
    if files:
        name = visitors.owner(request, visitors.PHOTOS)
        visitors.check(name, visitors.PHOTOS)
        for file in files:
            if (file.size or 0) > limits().bytes:
                raise TooLargeError(field="photos")
            content = file.read()
            sha256 = hashlib.sha256(content).hexdigest()
            _take(content, sha256)
            visitors.count(name, sha256)
            names.append(sha256)
    return list(dict.fromkeys(names))


def _take(content: bytes, sha256: str) -> None:
    accepted = media.accept(by=None, content=content, sha256=sha256)
    cases.attach_arrived(media=accepted, by=None)


def _body(request: HttpRequest) -> bytes:
    most = limits().bytes
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if announced.isdigit() and int(announced) > most:
        raise TooLargeError(field="photo")
    try:
        content = request.read(most + 1)
    except OSError as error:  # the sender went away
        raise InvalidError(_("The photo did not arrive completely.")) from error
    if len(content) > most:
        raise TooLargeError(field="photo")
    return content


def _refused(problem: Problem) -> HttpResponse:
    body = {
        "type": problem.code,
        "title": str(problem.title),
        "detail": f"{problem.kept} {problem.remedy}",
        "status": problem.status,
    }
    response = JsonResponse(body, status=problem.status, content_type="application/problem+json")
    if isinstance(problem, visitors.TooManyError):
        response.headers["Retry-After"] = str(problem.retry_after)
    return response
