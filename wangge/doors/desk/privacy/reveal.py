"""One field of a person or a firm, whole; and one household beyond one's own place."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from wangge.domains.people import access
from wangge.domains.people.actions import granting, revealing
from wangge.doors.desk.privacy.forms import Beyond
from wangge.foundation.accounts import second_factor
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotFoundError, Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def _asked(request: HttpRequest, name: str) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get(name, ""))
    except ValueError:
        raise NotFoundError from None


def _shown(request: HttpRequest, label: Any, field: str, value: str) -> HttpResponse:
    template = "components/revealed.html" if request.htmx else "desk/privacy/revealed.html"  # type: ignore[attr-defined]
    context = {"label": label, "value": value, "is_phone": field in {"phone", "contact_phone"}}
    return render(request, template, context)


@gate(P.PERSON_REVEAL, P.PERSON_RESCUE)
@require_POST
@never_cache
def person(request: HttpRequest) -> HttpResponse:
    """POST `person` (reference), `field`, `purpose`, `reference`: the value, once, with an audit row."""
    found = access.get_person(request.user, _asked(request, "person"))
    field = request.POST.get("field", "")
    value = revealing.reveal(
        by=request.user,
        person=found,
        field=field,
        purpose=request.POST.get("purpose", ""),
        reference=request.POST.get("reference", "").strip(),
    )
    return _shown(request, revealing.FIELDS[field], field, value)


@gate(P.FIRM_VIEW)
@require_POST
@never_cache
def firm(request: HttpRequest) -> HttpResponse:
    """POST `firm` (reference), `field`, `purpose`: whom to call at a firm, or his phone."""
    found = access.get_firm(request.user, _asked(request, "firm"))
    field = request.POST.get("field", "")
    value = revealing.reveal_firm(
        by=request.user,
        firm=found,
        field=field,
        purpose=request.POST.get("purpose", ""),
        reference=request.POST.get("reference", "").strip(),
    )
    return _shown(request, revealing.FIRM_FIELDS[field], field, value)


@gate(P.PERSON_REVEAL)
@require_http_methods(["GET", "POST"])
@never_cache
def beyond(request: HttpRequest) -> HttpResponse:
    """Ask to see one household beyond one's own place, and the grants that run now."""
    form = Beyond(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                granting.grant_by_number(by=request.user, **form.cleaned_data)
            except Problem as problem:
                form.add_error(problem.field if problem.field in form.fields else None, str(problem))
                status = problem.status
            else:
                return redirect("desk:beyond")
    context = {
        "form": form,
        "has_factor": second_factor.has_one(request.user),
        "grants": [_line(grant) for grant in access.grants_of(request.user)],
        "minutes": int(granting.LASTS.total_seconds() // 60),
    }
    return render(request, "desk/privacy/beyond.html", context, status=status)


def _line(grant: Any) -> dict[str, Any]:
    members = access.members_of(grant.household)
    masks = access.masked(members)
    return {
        "grant": grant,
        "room": grant.household.room_id,
        "names": _(", ").join(masks[one.pk].name for one in members),
    }
