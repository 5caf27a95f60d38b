"""One's own report: the ticket after sending, how it goes, answering a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import segno
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from wangge.domains.cases import actions as cases
from wangge.domains.cases import queries, whistle_queries
from wangge.domains.cases.voice_notes import is_missing, notes_of_report, photos_missing
from wangge.domains.cases.workflow import S
from wangge.doors.field import photos, words
from wangge.doors.field.forms import TextForm
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import Problem

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from django.http import HttpRequest

    from wangge.domains.cases.models import Report, VoiceNote

_SVG = 'xmlns="http://www.w3.org/2000/svg"'


def _link(request: HttpRequest, report: Report) -> str:
    """The resident's own link to the report."""
    return request.build_absolute_uri(reverse("portal:follow", args=[report.public_id, queries.link_code(report)]))


@gate(P.REPORT_MAKE)
@require_GET
def ticket(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Sent: the number, and the slip to hand to the resident."""
    report = queries.own_report(request.user, public_id)
    context = {
        "report": report,
        "case": report.case,
        "joined": report.recorded_at > report.case.reported_at,
        "link": _link(request, report) if report.asks else "",
        "whistle": whistle_queries.offered(report.case, request.user),
        "back_url": reverse("field:home"),
    }
    return render(request, "field/ticket.html", context)


@gate(P.REPORT_MAKE)
@require_GET
def qr(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The QR code of the resident's link; black on white in every theme."""
    report = queries.own_report(request.user, public_id)
    drawn = segno.make(_link(request, report), error="m").svg_inline(scale=8, border=3, light="#fff")
    response = HttpResponse(drawn.replace("<svg ", f"<svg {_SVG} ", 1), content_type="image/svg+xml")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@gate(P.REPORT_MAKE)
@require_GET
def report(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """How one's own report goes; also when it lies outside one's places."""
    return _page(request, queries.own_report(request.user, public_id))


@gate(P.REPORT_MAKE)
@require_POST
def answer(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """待补充: the answer to the desk's question."""
    own = queries.own_report(request.user, public_id)
    form = TextForm(request.POST)
    try:
        sent = photos.with_form(request)
    except Problem as problem:
        return _page(request, own, form=form, problem=problem)
    if not form.is_valid():
        return _page(request, own, form=form, sent=sent, status=422)
    try:
        cases.supplement(report=own, by=request.user, text=form.cleaned_data["text"], photos=sent)
    except Problem as problem:
        return _page(request, queries.own_report(request.user, public_id), form=form, problem=problem, sent=sent)
    messages.success(request, _("The details are on their way to the desk."))
    return HttpResponseRedirect(reverse("field:own", args=[public_id]))


def _page(
    request: HttpRequest,
    own: Report,
    *,
    form: TextForm | None = None,
    problem: Problem | None = None,
    sent: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    case = own.case.merged_into or own.case
    timeline = queries.reporter_timeline(own)
    asked = own.case.state == S.NEEDS_INFO
    spoken = notes_of_report(own)
    context: dict[str, Any] = {
        **photos.limits_of_page(),
        "report": own,
        "case": case,
        "merged": own.case.merged_into is not None,
        "steps": words.steps(case),
        "rows": [words.told(row, names=False) for row in timeline],
        "photos": strip(queries.photos_of_report(own)),
        "pending": photos_missing(own),
        "spoken": heard(spoken),
        "unheard": sum(is_missing(note) for note in spoken),
        "question": next((row.note for row in reversed(timeline) if row.verb == "ask_for_more"), "") if asked else "",
        "asked": asked,
        "form": form or TextForm(),
        "known": photos.known(sent or []),
        "problem": problem,
        "link": _link(request, own) if own.asks else "",
        "back_url": reverse("field:reports"),
    }
    return render(request, "field/own.html", context, status=problem.status if problem else status)


def heard(notes: Iterable[VoiceNote]) -> list[dict[str, Any]]:
    """Voice notes that have arrived and were not erased: where each is heard, and how long it lasts in seconds."""
    return [
        {"url": f"{photos.UPLOAD_URL}/{note.sha256}/sound", "seconds": round(note.sound.seconds)}
        for note in notes
        if note.sound is not None and note.sound.erased_at is None
    ]


def strip(found: Any) -> list[dict[str, Any]]:
    """Photos for `components/photo_strip.html`, each with what it shows."""
    return [
        {
            "thumb_url": f"{photos.UPLOAD_URL}/{photo.sha256}?size=thumb",
            "full_url": f"{photos.UPLOAD_URL}/{photo.sha256}?size=web",
            "alt": photo.get_kind_display(),
            "kind": photo.get_kind_display(),
        }
        for photo in found
        if photo.media_id is not None
    ]
