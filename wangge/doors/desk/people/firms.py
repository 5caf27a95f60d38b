"""单位: firms, shops and institutions of a place."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from wangge.domains.people import firms as reads
from wangge.domains.people.actions import firms as actions
from wangge.domains.people.actions.revealing import FIRM_FIELDS
from wangge.domains.people.homes import address_of
from wangge.domains.people.models import Firm
from wangge.doors.desk import paging
from wangge.doors.desk.people import forms
from wangge.doors.desk.people.places import own_grids
from wangge.doors.desk.privacy.forms import purposes
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotAllowedError, NotFoundError, Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@gate(P.FIRM_VIEW)
@require_GET
def firms(request: HttpRequest) -> HttpResponse:
    """Firms of one's places, by part of the name or the whole credit code."""
    text = " ".join(request.GET.get("q", "").split())[:60]
    kind = request.GET.get("kind", "")
    after = paging.by_id(request.GET, "after")
    found = reads.firms(request.user, text=text, kind=kind, after=after, limit=paging.PAGE + 1)
    shown = found[: paging.PAGE]
    context = {
        "rows": [{"firm": one, "place": _place(one)} for one in shown],
        "text": text,
        "kind": kind,
        "kinds": Firm.Kind.choices,
        "may_edit": authority_of(request.user).holds(P.FIRM_EDIT),
        "next_url": paging.next_url(request.GET, after=shown[-1].pk) if len(found) > paging.PAGE else "",
        "first_url": paging.next_url(request.GET, after="") if after else "",
    }
    return render(request, "desk/people/firms.html", context)


@gate(P.FIRM_VIEW)
@require_GET
def firm(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One firm: facts, whom to call (masked), the places that belong to it."""
    found = reads.get_firm(request.user, public_id)
    authority = authority_of(request.user)
    context = {
        "firm": found,
        "place": _place(found),
        "contact": reads.contact_of(found),
        "facts": _facts(found),
        "sites": reads.sites_at(request.user, firm=found),
        "may_edit": found.valid_to is None and authority.may(P.FIRM_EDIT, area_path=found.area_path),
        "reveal": [one for one in _reveal(reads.contact_of(found)) if one["masked"]],
        "purposes": purposes(rescue=False),
        "house_url": reverse("desk:house", args=[found.room_id])
        if found.room_id and authority.holds(P.PERSON_VIEW)
        else "",
        "building_url": reverse("desk:building", args=[found.building_id]) if found.building_id else "",
    }
    return render(request, "desk/people/firm.html", context)


@gate(P.FIRM_EDIT)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A firm that is not there yet."""
    grids = own_grids(request.user, P.FIRM_EDIT)
    posted = request.POST if request.method == "POST" else None
    form = forms.NewFirmForm(posted, grids=[(grid.pk, grid.name) for grid in grids])
    form.fields["public_id"].initial = str(uuid.uuid4())
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        area = next(grid for grid in grids if grid.pk == given["grid"])
        try:
            made = actions.add_firm(
                by=request.user, facts=form.facts(), since=given["since"], area=area, public_id=given["public_id"]
            )
        except NotAllowedError:
            raise
        except Problem as problem:
            _tell(form, problem)
        else:
            messages.success(request, _("Entered."))
            return redirect("desk:firm", public_id=made.public_id)
    return _form(request, _("New firm"), form, _("Enter"), reverse("desk:firms"), _("Firms"))


@gate(P.FIRM_EDIT)
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, public_id: uuid.UUID, verb: str) -> HttpResponse:
    """Change it, close it, or name a place of it that needs care."""
    found = reads.get_firm(request.user, public_id, P.FIRM_EDIT)
    posted = request.POST if request.method == "POST" else None
    fields = ("name", "kind", "credit_code", "trade", "address", "staff")
    made: dict[str, tuple[Any, Any]] = {
        "edit": (_("Change the firm"), forms.FirmForm(posted, initial={name: getattr(found, name) for name in fields})),
        "close": (_("No longer here"), forms.CloseForm(posted)),
        "site": (_("A place that needs care"), forms.SiteForm(posted)),
    }
    if verb not in made:
        raise NotFoundError
    title, form = made[verb]
    if request.method == "POST" and form.is_valid():
        try:
            if verb == "edit":
                actions.change_firm(by=request.user, firm=found, facts=form.facts())
            elif verb == "close":
                actions.close_firm(by=request.user, firm=found, until=form.cleaned_data["until"])
            else:
                actions.add_site(by=request.user, firm=found, address=found.address, **form.cleaned_data)
        except NotAllowedError:
            raise
        except Problem as problem:
            _tell(form, problem)
        else:
            messages.success(request, _("Saved."))
            return redirect("desk:firm", public_id=public_id)
    return _form(request, title, form, _("Save"), reverse("desk:firm", args=[public_id]), found.name)


def _form(request: HttpRequest, title: str, form: Any, button: str, back_url: str, back_label: str) -> HttpResponse:
    context = {"title": title, "form": form, "button": button, "back_url": back_url, "back_label": back_label}
    return render(request, "desk/people/form.html", context, status=422 if request.method == "POST" else 200)


def _tell(form: Any, problem: Problem) -> None:
    form.add_error(problem.field if problem.field in form.fields else None, f"{problem.title} {problem.remedy}")


def _place(firm: Firm) -> str:
    if firm.room is not None:
        return address_of(firm.room)
    if firm.building is not None:
        compound = firm.building.compound
        return f"{compound.name} {firm.building.name}" if compound is not None else firm.building.name
    return firm.address


def _reveal(contact: reads.Contact) -> list[dict[str, Any]]:
    masks = {"contact_name": contact.name, "contact_phone": contact.phone}
    return [{"field": field, "label": FIRM_FIELDS[field], "masked": mask} for field, mask in masks.items()]


def _facts(firm: Firm) -> list[dict[str, Any]]:
    rows = [
        (_("Kind"), firm.get_kind_display()),
        (_("Unified social credit code"), firm.credit_code),
        (_("Trade"), firm.trade),
        (_("Address"), firm.address),
        (_("People who work there"), "" if firm.staff is None else str(firm.staff)),
    ]
    return [{"label": label, "value": value or _("Not recorded")} for label, value in rows]
