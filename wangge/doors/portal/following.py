"""Following a report by its unguessable link: how it stands, answering, judging, objecting. A wrong code is a 404."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import segno
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from wangge.domains.cases import actions as cases
from wangge.domains.cases import queries
from wangge.domains.cases.workflow import S
from wangge.doors.portal import photos, words
from wangge.doors.portal.forms import AnswerForm, ObjectForm, RateForm
from wangge.foundation.accounts.gate import gate_public
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError, Problem
from wangge.foundation.media.queries import limits, served_path

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from django import forms
    from django.http import HttpRequest

    from wangge.domains.cases.models import Case, CasePhoto, Report

_SVG = 'xmlns="http://www.w3.org/2000/svg"'
# The unit's answer is shown once somebody else has looked, or when the case was not accepted.
_ANSWERED = frozenset({S.EVALUATING, S.OBJECTED, S.CLOSED, S.ARCHIVED, S.DECLINED})


@gate_public
@require_GET
def follow(request: HttpRequest, public_id: uuid.UUID, code: str) -> HttpResponse:
    """How a report stands."""
    return _page(request, queries.report_by_link(public_id, code), code)


@gate_public
@require_GET
def slip(request: HttpRequest, public_id: uuid.UUID, code: str) -> HttpResponse:
    """The slip after sending: the link, its QR code, what happens next; made to be printed as well."""
    report = queries.report_by_link(public_id, code)
    context = {
        "report": report,
        "case": report.case,
        "follow_url": request.build_absolute_uri(reverse("portal:follow", args=[public_id, code])),
        "qr_url": reverse("portal:qr", args=[public_id, code]),
        "back_url": reverse("portal:home"),
    }
    return render(request, "portal/slip.html", context)


@gate_public
@require_GET
def qr(request: HttpRequest, public_id: uuid.UUID, code: str) -> HttpResponse:
    """The QR code of a report's link."""
    queries.report_by_link(public_id, code)
    return qr_image(request.build_absolute_uri(reverse("portal:follow", args=[public_id, code])))


def qr_image(url: str) -> HttpResponse:
    """A QR code as an SVG picture, black on white in every theme so that every phone reads it."""
    drawn = segno.make(url, error="m").svg_inline(scale=8, border=3, light="#fff")
    response = HttpResponse(drawn.replace("<svg ", f"<svg {_SVG} ", 1), content_type="image/svg+xml")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@gate_public
@require_GET
def photo(request: HttpRequest, public_id: uuid.UUID, code: str, sha256: str) -> HttpResponse:
    """One's own photo, or one of the result."""
    report = queries.report_by_link(public_id, code)
    for held in queries.photos_of_report(report):
        if held.sha256 == sha256 and held.media is not None:
            return photos.picture(served_path(held.media, "thumb" if request.GET.get("size") == "thumb" else "web"))
    raise NotFoundError


@gate_public
@require_POST
def rate(request: HttpRequest, public_id: uuid.UUID, code: str) -> HttpResponse:
    """Solved? Satisfied? Two answers, neither implies the other."""
    report = queries.report_by_link(public_id, code)
    form = RateForm(request.POST)
    write = partial(cases.evaluate, report=report)
    return _step(request, report, code, "rate", form, write, _("Thank you. Your answer is recorded."))


@gate_public
@require_POST
def object_to(request: HttpRequest, public_id: uuid.UUID, code: str) -> HttpResponse:
    """异议: not solved after all."""
    report = queries.report_by_link(public_id, code)
    form = ObjectForm(request.POST)
    write = partial(cases.object_to, report=report)
    done = _("Your objection is recorded. The duty chief decides within two working days.")
    return _step(request, report, code, "object", form, write, done)


@gate_public
@require_POST
def answer(request: HttpRequest, public_id: uuid.UUID, code: str) -> HttpResponse:
    """The answer to a question of the office."""
    report = queries.report_by_link(public_id, code)
    form = AnswerForm(request.POST)
    try:
        sent = photos.with_form(request)
    except Problem as problem:
        return _page(request, report, code, problem=problem, shown={"answer_form": form})
    write = partial(cases.supplement, report=report, by=None, photos=sent)
    return _step(request, report, code, "answer", form, write, _("Thank you. Your answer has arrived."))


_NEEDS = {"rate": "evaluate", "object": "object", "answer": "supplement"}


def _step(
    request: HttpRequest,
    report: Report,
    code: str,
    name: str,
    form: forms.Form,
    write: Callable[..., Any],
    done: str,
) -> HttpResponse:
    shown = {f"{name}_form": form}
    if _NEEDS[name] == "evaluate" and not report.asks:
        raise NotFoundError  # nobody is asked about what a member of staff saw on his round
    if not form.is_valid():
        return _page(request, report, code, status=422, shown=shown)
    try:
        write(**form.cleaned_data)
    except Problem as problem:
        report = queries.report_by_link(report.public_id, code)
        return _page(request, report, code, problem=problem, shown=shown)
    messages.success(request, done)
    return HttpResponseRedirect(reverse("portal:follow", args=[report.public_id, code]))


def _page(
    request: HttpRequest,
    report: Report,
    code: str,
    *,
    status: int = 200,
    problem: Problem | None = None,
    shown: dict[str, forms.Form] | None = None,
) -> HttpResponse:
    typed = shown or {}
    merged = report.case.merged_into is not None
    case = report.case.merged_into or report.case
    may = queries.reporter_steps(report, at=clock.now())
    rows = queries.reporter_timeline(report)
    pictures = list(queries.photos_of_report(report))
    question = next((row.note for row in reversed(rows) if row.verb == "ask_for_more"), "")
    context = {
        "report": report,
        "case": case,
        "merged": merged,
        "stand": words.STANDS[case.state],
        "promise": _promise(case),
        "steps": words.steps(case),
        "rows": [words.told(row) for row in rows],
        "own_photos": _strip(report, code, pictures, own=True),
        "after_photos": _strip(report, code, pictures, own=False),
        "reply": case.reply if case.state in _ANSWERED else "",
        "may": may,
        "question": question if "supplement" in may else "",
        "ratings": list(report.evaluations.all()),
        "objections": list(report.objections.all()),
        "round": case.round,
        "rate_form": typed.get("rate_form") or RateForm(),
        "object_form": typed.get("object_form") or ObjectForm(),
        "answer_form": typed.get("answer_form") or AnswerForm(),
        "problem": problem,
        "code": code,
        "limits": limits(),
        "megapixels": limits().pixels // 1_000_000,
        "upload_url": "/p/media",
        "follow_url": request.build_absolute_uri(reverse("portal:follow", args=[report.public_id, code])),
        "back_url": reverse("portal:home"),
    }
    return render(request, "portal/follow.html", context, status=problem.status if problem else status)


def _promise(case: Case) -> dict[str, Any] | None:
    """Which date the resident may count on now."""
    if case.state in {S.REPORTED, S.NEEDS_INFO, S.EVALUATING} and case.due_at is not None:
        return {"kind": case.state, "due": case.due_at}
    if case.state in {S.FILED, S.DISPATCHED, S.HANDLING} and case.handle_due_at is not None:
        return {"kind": "handling", "due": case.handle_due_at}
    return None


def _strip(report: Report, code: str, pictures: list[CasePhoto], *, own: bool) -> list[dict[str, str]]:
    chosen = [picture for picture in pictures if (picture.report_id == report.pk) == own]
    strip = []
    for n, picture in enumerate(chosen, start=1):
        url = reverse("portal:photo", args=[report.public_id, code, picture.sha256])
        alt = _("Your photo %(n)d") % {"n": n} if own else _("Photo %(n)d of the result") % {"n": n}
        strip.append({"thumb_url": f"{url}?size=thumb", "full_url": url, "alt": alt})
    return strip
