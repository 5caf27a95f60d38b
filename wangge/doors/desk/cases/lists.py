"""All cases, searched and filtered, with saved views; and the one search box of the top bar."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from wangge.domains.cases import queries
from wangge.domains.cases.models import Source, State
from wangge.domains.cases.voice_notes import files_missing
from wangge.doors.desk import paging
from wangge.doors.desk.cases.rows import rows
from wangge.doors.desk.map.scope import streets_of
from wangge.foundation.accounts.actions import forget_view, save_view
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate, gate_signed_in
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import handling_units, saved_views
from wangge.foundation.catalogue import queries as catalogue
from wangge.foundation.catalogue.kinds import Module
from wangge.foundation.core.problems import NotFoundError, Problem
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest, HttpResponse, QueryDict

    from wangge.foundation.accounts.models import SavedView, User

_NUMBER = re.compile(r"^[A-Za-z0-9]{1,20}-\d{4}-\d{1,12}$")


class CaseFilter(forms.Form):
    """The filter of the list of all cases; its fields are the parameters of a saved view."""

    q = forms.CharField(
        label=_("Number, words or place"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    state = forms.ChoiceField(label=_("State"), required=False)
    module = forms.ChoiceField(label=_("Module"), required=False)
    matter_class = forms.ChoiceField(label=_("Class"), required=False)
    area = forms.ChoiceField(label=_("Location"), required=False)
    unit = forms.TypedChoiceField(label=_("Unit"), required=False, coerce=int, empty_value=None)
    source = forms.ChoiceField(label=_("Source"), required=False)
    flag = forms.ChoiceField(
        label=_("Flag"),
        required=False,
        choices=[
            ("", _("Any")),
            ("urgent", pgettext_lazy("flag", "Urgent")),
            ("emerging", pgettext_lazy("flag", "Early sign")),
            ("legacy", pgettext_lazy("flag", "Inherited")),
        ],
    )
    reported_from = forms.DateField(
        label=_("Reported from"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    reported_to = forms.DateField(
        label=_("to"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    overdue = forms.BooleanField(label=_("Overdue only"), required=False)

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data)
        choose: dict[str, list[Any]] = {
            "state": [("", _("All states")), ("open", _("Not yet ended")), *State.choices],
            "module": [("", _("All modules")), *Module.choices],
            "matter_class": [("", _("All classes")), *((c.code, c.name) for c in catalogue.classes())],
            "area": [("", _("All places")), *_area_tree(user)],
            "unit": [("", _("All units")), *_units(user)],
            "source": [("", _("All sources")), *Source.choices],
        }
        for name, choices in choose.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def narrowed(self) -> queries.Filter:
        """What `queries.find` is asked; fields that make no sense are left out."""
        self.is_valid()
        given = self.cleaned_data
        state, flag = given.get("state", ""), given.get("flag", "")
        return queries.Filter(
            text=given.get("q", ""),
            states=(state,) if state and state != "open" else (),
            open_only=state == "open",
            overdue=bool(given.get("overdue")),
            module=given.get("module", ""),
            matter_class=given.get("matter_class", ""),
            area_path=given.get("area", ""),
            unit_id=given.get("unit"),
            source=given.get("source", ""),
            emerging=flag == "emerging",
            legacy=flag == "legacy",
            urgent=flag == "urgent",
            reported_from=given.get("reported_from"),
            reported_to=given.get("reported_to"),
        )


def _area_tree(user: Any) -> list[tuple[str, str]]:
    held = places.areas(under_paths=streets_of(user))
    depth = {"street": 0, "community": 1, "grid": 2, "micro_grid": 3}
    ordered = sorted(held, key=lambda area: [int(part) for part in area.path.strip("/").split("/")])
    return [(area.path, "　" * depth.get(area.kind, 0) + area.name) for area in ordered]


def _units(user: Any) -> list[tuple[int, str]]:
    units = {unit.pk: unit.name for street in streets_of(user) for unit in handling_units(street)}
    return list(units.items())


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    """All cases that a person may see, newest first."""
    narrowing = CaseFilter(request.GET, user=request.user)
    before = paging.by_id(request.GET)
    found = queries.find(request.user, narrowing.narrowed(), before=before, limit=paging.PAGE + 1)
    shown = found[: paging.PAGE]
    more = len(found) > paging.PAGE
    query = _kept(request.GET)
    context = {
        "rows": rows(shown, missing=files_missing(shown)),
        "filter": narrowing,
        "filtered": bool(query),
        "query": query,
        "views": _views(request.user, query),  # type: ignore[arg-type]
        "next_url": paging.next_url(request.GET, before=shown[-1].pk) if more else "",
        "first_url": paging.next_url(request.GET, before="") if before is not None else "",
        "can_report": authority_of(request.user).holds(P.REPORT_MAKE),
    }
    return render(request, "desk/cases/list.html", context)


def _kept(query: QueryDict) -> str:
    """The parameters that make a saved view: the fields of the filter, in their order, without empty ones."""
    return urlencode([(name, query[name]) for name in CaseFilter.base_fields if query.get(name)])


def _views(user: User, query: str) -> list[dict[str, Any]]:
    url = reverse("desk:cases")
    return [
        {"id": view.pk, "label": view.name, "url": f"{url}?{view.query}", "active": view.query == query}
        for view in saved_views(user)
    ]


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_POST
def keep_view(request: HttpRequest) -> HttpResponse:
    """Keep the present filter under a name."""
    query = _kept(_parsed(request.POST.get("query", "")))
    try:
        view = save_view(by=request.user, name=request.POST.get("name", ""), query=query)  # type: ignore[arg-type]
    except Problem as problem:
        messages.error(request, f"{problem.title}")
        return redirect(f"{reverse('desk:cases')}?{query}")
    messages.success(request, gettext("The view “%(name)s” was saved.") % {"name": view.name})
    return redirect(f"{reverse('desk:cases')}?{view.query}")


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_POST
def rename_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a saved view another name."""
    view = _own_view(request, pk)
    name = request.POST.get("name", "").strip()
    try:
        kept = save_view(by=request.user, name=name, query=view.query)  # type: ignore[arg-type]
    except Problem as problem:
        messages.error(request, f"{problem.title}")
    else:
        if kept.pk != view.pk:
            forget_view(by=request.user, view_id=view.pk)  # type: ignore[arg-type]
        messages.success(request, gettext("The view is now called “%(name)s”.") % {"name": kept.name})
    return redirect(f"{reverse('desk:cases')}?{view.query}")


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_POST
def drop_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a saved view."""
    view = _own_view(request, pk)
    forget_view(by=request.user, view_id=view.pk)  # type: ignore[arg-type]
    messages.success(request, gettext("The view “%(name)s” was deleted.") % {"name": view.name})
    return redirect("desk:me" if request.POST.get("back") == "me" else "desk:cases")


def _own_view(request: HttpRequest, pk: int) -> SavedView:
    for view in saved_views(request.user):  # type: ignore[arg-type]
        if view.pk == pk:
            return view
    raise NotFoundError


def _parsed(text: str) -> QueryDict:
    from django.http import QueryDict as Parsed

    return Parsed(text[:500])


@gate_signed_in
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """One box for everything: a case number leads straight to the case; else cases, areas and compounds."""
    text = request.GET.get("q", "").strip()[:60]
    authority = authority_of(request.user)
    sees_cases = authority.holds(P.CASE_VIEW) or authority.holds(P.CASE_HANDLE)
    if sees_cases and _NUMBER.match(text):
        try:
            case = queries.get_case(request.user, text.upper())
        except NotFoundError:
            pass
        else:
            return redirect("desk:case", number=case.number)
    found = queries.find(request.user, queries.Filter(text=text), limit=20) if text and sees_cases else []
    grounds = places.search(text) if text and authority.holds(P.AREA_VIEW) else []
    context = {
        "text": text,
        "rows": rows(found),
        "more_url": f"{reverse('desk:cases')}?{urlencode({'q': text})}" if len(found) == 20 else "",
        "places": [_place(place) for place in grounds if _in_streets(place, streets_of(request.user))],
    }
    return render(request, "desk/cases/search.html", context)


def _in_streets(place: Any, streets: list[str]) -> bool:
    path = place.path if hasattr(place, "path") else place.community.path
    return any(path.startswith(street) for street in streets)


def _place(place: Any) -> dict[str, str]:
    if hasattr(place, "community"):
        url = f"{reverse('desk:cases')}?{urlencode({'q': place.name})}"
        return {"name": place.name, "note": f"{place.community.name} · {place.get_kind_display()}", "url": url}
    note = f"{place.get_kind_display()} {place.code}"
    if place.kind == "grid":
        return {"name": place.name, "note": note, "url": reverse("desk:grid", args=[place.pk])}
    return {"name": place.name, "note": note, "url": f"{reverse('desk:cases')}?{urlencode({'area': place.path})}"}
