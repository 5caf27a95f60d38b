"""Lists that leave the system: ask, agree, fetch once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.people.actions import exporting
from wangge.domains.people.exchange import listing, sheets
from wangge.domains.people.models import ExportRequest
from wangge.doors.files.forms import AskForm
from wangge.doors.files.incoming import tabs
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError, Problem

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest

_S = ExportRequest.State
_TONES = {
    _S.ASKED: "amber",
    _S.AGREED: "blue",
    _S.REFUSED: "red",
    _S.READY: "green",
    _S.FETCHED: "quiet",
    _S.EXPIRED: "quiet",
}


def _line(row: ExportRequest) -> dict[str, Any]:
    return {
        "row": row,
        "what": sheets.KINDS[row.what].name,
        "tone": _TONES[_S(row.state)],
        "number": exporting.number_of(row),
    }


@gate(P.PERSON_EXPORT, P.EXPORT_APPROVE)
@require_GET
def exports(request: HttpRequest) -> HttpResponse:
    """What one asked for, and what waits for one's word."""
    authority = authority_of(request.user)
    context = {
        "tabs": tabs(request),
        "mine": [_line(row) for row in exporting.requests_of(request.user)],
        "waiting": [_line(row) for row in exporting.to_decide(request.user)],
        "may_ask": authority.holds(P.PERSON_EXPORT),
        "may_decide": authority.holds(P.EXPORT_APPROVE),
    }
    return render(request, "files/exports.html", context)


@gate(P.PERSON_EXPORT)
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a list."""
    user: Any = request.user
    given = request.POST if request.method == "POST" else request.GET
    what = given.get("what", "")
    what = what if what in listing.OFFERED else "persons"
    form = AskForm(request.POST or None, user=user, what=what)
    if request.method == "POST" and form.is_valid():
        try:
            row = exporting.ask(
                by=user,
                what=what,
                area=form.chosen_area(),
                fields=form.chosen(),
                purpose=form.cleaned_data["purpose"],
                reason=form.cleaned_data["reason"],
                file_format=form.cleaned_data["file_format"],
            )
        except NotAllowedError:
            raise
        except Problem as problem:
            field = problem.field if problem.field in form.fields else None
            form.add_error(field, f"{problem.title}{problem.remedy}")
        else:
            return redirect("files:export", row.public_id)
    kinds = [
        {"label": sheets.KINDS[key].name, "url": f"{reverse('files:ask')}?what={key}", "active": key == what}
        for key in listing.OFFERED
    ]
    context = {"form": form, "kinds": kinds, "what": what, "alone": exporting.ALONE}
    return render(request, "files/ask.html", context, status=422 if form.errors else 200)


@gate(P.PERSON_EXPORT, P.EXPORT_APPROVE)
@require_GET
def export_page(request: HttpRequest, export: uuid.UUID) -> HttpResponse:
    """One request: what was asked, where it stands."""
    row = exporting.get_request(request.user, export)
    kind = sheets.KINDS[row.what]
    chosen = []
    for field in row.fields:
        key, whole = listing.split(field)
        mask = key in listing.maskable(row.what)
        chosen.append({"name": kind.field(key).name, "whole": whole, "masked": mask and not whole})
    running = row.expires_at is not None and row.expires_at > clock.now()
    context = _line(row) | {
        "fields": chosen,
        "purpose": row.get_purpose_display(),
        "place": exporting.place_of(row),
        "can_decide": row.state == _S.ASKED and exporting.may_decide(request.user, row),
        "can_fetch": row.state == _S.READY and running and row.asked_by_id == request.user.pk,
        "mine": row.asked_by_id == request.user.pk,
    }
    return render(request, "files/export.html", context)


@gate(P.EXPORT_APPROVE)
@require_POST
def decide(request: HttpRequest, export: uuid.UUID) -> HttpResponse:
    """The second person's word."""
    row = exporting.get_request(request.user, export)
    answer = request.POST.get("decision", "")
    if answer not in ("agree", "refuse"):
        messages.error(request, _("Choose whether you agree."))
        return redirect("files:export", row.public_id)
    try:
        exporting.decide(by=request.user, request=row, agree=answer == "agree")
    except NotAllowedError:
        raise
    except Problem as problem:
        messages.error(request, f"{problem.title}{problem.remedy}")
    return redirect("files:export", row.public_id)


@gate(P.PERSON_EXPORT)
@require_POST
def fetch(request: HttpRequest, export: uuid.UUID) -> HttpResponse:
    """Fetch the file, once."""
    row = exporting.get_request(request.user, export)
    try:
        found = exporting.fetch(by=request.user, request=row)
    except NotAllowedError:
        raise
    except Problem as problem:
        messages.error(request, f"{problem.title}{problem.kept}{problem.remedy}")
        return redirect("files:export", row.public_id)
    response = HttpResponse(found.content, content_type=found.kind)
    response["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return response
