"""The shell of the phone (PWA): one neutral document, its service worker and its manifest.

The same bytes for everybody in one language: no name, no count, no token. Who is signed in and what waits is read by
script from the phone's own store and from `/api/v1/sync/`. See docs/adr/0014.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, pgettext
from django.views.decorators.http import require_GET

from wangge.domains.cases.models import Result
from wangge.doors.field.shell_words import words
from wangge.foundation.accounts.gate import gate, gate_public
from wangge.foundation.accounts.permissions import P

if TYPE_CHECKING:
    from django.http import HttpRequest

# Each is templates/field/app/<name>.html: one or more <template>s, cloned by frontend/field/screens.ts.
SCREENS = [
    *("home", "report", "scanner", "boxes", "refused", "me", "notes"),
    *("todo", "case", "round", "visit", "standup", "tasks"),
]

# What the shell needs and the service worker keeps; hashed names, so that a kept one never goes stale.
ASSETS = [
    "app.js",
    "early.js",
    "qr.js",
    "phone.css",
    "field/field.css",
    "icons.svg",
    "favicon.svg",
    "icon-192.png",
    "icon-512.png",
]

_COLOUR = "#1a5fb4"
_GROUND = "#f6f5f2"


@gate(P.REPORT_MAKE, P.CASE_HANDLE, P.CASE_VERIFY, P.PATROL_DO, P.VISIT_DO)
@require_GET
def shell(_request: HttpRequest) -> HttpResponse:
    """The document in which the phone's screens live."""
    return HttpResponse(_document())


def _document() -> str:
    # Rendered without the request: what is not there cannot get in.
    context = {
        "screens": [f"field/app/{name}.html" for name in SCREENS],
        "words": words(),
        "all_results": Result.choices,
        "version": assets_version(),
        "site_name": settings.SITE_NAME,
        "language": get_language(),
    }
    return render_to_string("field/app.html", context)


def assets_version() -> str:
    """Changes whenever one of the kept files does."""
    return hashlib.sha256("\n".join(static(name) for name in ASSETS).encode()).hexdigest()[:16]


@gate_public
@require_GET
def service_worker(_request: HttpRequest) -> HttpResponse:
    """The worker's script, headed by the list of what it keeps. Its bytes change whenever the shell or a file does.

    Raises: Http404 where the front end was not built.
    """
    kept = {
        "shell": reverse("field:home"),
        "assets": [static(name) for name in ASSETS],
        "version": assets_version(),
        "document": hashlib.sha256(_document().encode()).hexdigest()[:16],
    }
    body = f"self.__SHELL={json.dumps(kept)};\n{_built('sw.js')}"
    response = HttpResponse(body, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    response["Service-Worker-Allowed"] = reverse("field:home")
    return response


def _built(name: str) -> str:
    found = finders.find(name)
    path = Path(found) if found else Path(settings.STATIC_ROOT) / name
    if not path.is_file():
        raise Http404(name)
    return path.read_text(encoding="utf-8")


@gate_public
@require_GET
def manifest(_request: HttpRequest) -> HttpResponse:
    """What the phone needs to put the shell on its home screen."""
    start = reverse("field:home")
    icons = [
        {"src": static(f"icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    body = {
        "id": start,
        "name": settings.SITE_NAME,
        "short_name": settings.SITE_NAME,
        "start_url": start,
        "scope": start,
        "display": "standalone",
        "orientation": "portrait",
        "lang": get_language(),
        "theme_color": _COLOUR,
        "background_color": _GROUND,
        "icons": icons,
        "shortcuts": [{"name": pgettext("field", "Report"), "url": f"{start}#/report"}],
    }
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False})
    response["Content-Type"] = "application/manifest+json; charset=utf-8"
    response["Cache-Control"] = "no-cache"
    return response
