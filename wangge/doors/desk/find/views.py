"""找人: what is typed travels in the body of the request and is kept nowhere; what is found is never held by a cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from wangge.domains.people import access, whereabouts
from wangge.domains.people.actions import revealing, searching
from wangge.domains.people.models import Purpose
from wangge.domains.people.plans import plan_of
from wangge.doors.desk.find.forms import FindForm, LostForm
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import InvalidError, Problem

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

    from wangge.domains.people.lookup import Found


@gate(P.PERSON_FIND)
@never_cache
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Find people and homes in one's own place by whatever is known."""
    form = FindForm(request.POST or None)
    found: Found | None = None
    status = 200
    if request.method == "POST":
        if form.is_valid():
            found, status = _asked(lambda: searching.find(by=request.user, text=form.cleaned_data["q"]), form)
        else:
            status = 422
    reveals = authority_of(request.user).holds(P.PERSON_REVEAL)
    context = {"form": form, "found": found, "rescues": _rescues(request), "reveals": reveals}
    return render(request, "desk/find/find.html", context, status=status)


@gate(P.PERSON_RESCUE)
@never_cache
@require_http_methods(["GET", "POST"])
def lost(request: HttpRequest) -> HttpResponse:
    """走失寻人: two names in, the family's door and telephone out."""
    form = LostForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "finds": _finds(request)}
    status = 200
    if request.method == "POST":
        if form.is_valid():
            given = form.cleaned_data
            found, status = _asked(
                lambda: searching.find_lost(
                    by=request.user, names=[given["first"], given["second"]], place=given["place"]
                ),
                form,
            )
            context |= {"found": found, "homes": homes_of(found) if found is not None else []}
        else:
            status = 422
    return render(request, "desk/find/lost.html", context, status=status)


@gate(P.PERSON_RESCUE)
@never_cache
@require_POST
def call(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The number of somebody in a household that a search for a lost person opened; audited before it leaves."""
    person = access.get_person(request.user, public_id)
    phone = revealing.reveal(by=request.user, person=person, field="phone", purpose=Purpose.RESCUE)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"phone": phone})
    return render(request, "desk/find/call.html", {"phone": phone})


def homes_of(found: Found) -> list[dict[str, Any]]:
    """Each household found, with who is on duty there and a drawing of where the house stands."""
    return [
        {
            "home": home,
            "duty": whereabouts.on_duty(home.where.grid) if home.where and home.where.grid else None,
            "plan": plan_of(home.where.building) if home.where else (),
        }
        for home in found.homes
    ]


def _asked(ask: Any, form: Any) -> tuple[Found | None, int]:
    """What was found and the status of the page; a refusal stands at the form."""
    try:
        return ask(), 200
    except InvalidError as problem:
        form.add_error(problem.field if problem.field in form.fields else None, str(problem))
        return None, 422
    except Problem as problem:
        if problem.status != 429:
            raise
        form.add_error(None, f"{problem} {problem.kept} {problem.remedy}")
        return None, 429


def _rescues(request: HttpRequest) -> bool:
    return authority_of(request.user).holds(P.PERSON_RESCUE)


def _finds(request: HttpRequest) -> bool:
    return authority_of(request.user).holds(P.PERSON_FIND)
