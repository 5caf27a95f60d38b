"""登记: a report on somebody's behalf (phone, visit, hotline), with what may be the same thing shown while it is entered."""

from __future__ import annotations

import contextlib
import uuid
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from wangge.domains.cases import actions, queries
from wangge.domains.cases.learning import advice, alike
from wangge.domains.cases.learning.duplicates import RADII_M
from wangge.domains.cases.models import Source
from wangge.doors.desk.cases.alike import line, radius_of
from wangge.doors.desk.cases.dossier import MEDIA
from wangge.doors.desk.cases.steps import received_photos, sentences
from wangge.doors.desk.map.scope import bounds, map_urls, streets_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue import queries as catalogue
from wangge.foundation.core.problems import NotFoundError, Problem
from wangge.foundation.media import limits
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_SOURCES = (Source.PHONE, Source.VISIT, Source.HOTLINE, Source.ON_BEHALF, Source.TIP, Source.TRANSFER, Source.PATROL)
_PHONE = r"^[0-9+\- ]{5,20}$"
_ALIKE = 5


class NewReport(forms.Form):
    """What somebody says, and where; who says it, if he wants."""

    report_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    source = forms.ChoiceField(label=_("How it came"), choices=[(s.value, s.label) for s in _SOURCES])
    text = forms.CharField(
        label=_("Content of the report"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Please write down what is the matter.")},
    )
    area = forms.TypedChoiceField(
        label=_("Community or grid"), coerce=int, required=False, empty_value=None, help_text=_("Or click on the map.")
    )
    address = forms.CharField(label=_("Address in words"), max_length=200, required=False)
    lon = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    contact_name = forms.CharField(label=_("Name of the reporter"), max_length=50, required=False)
    contact_phone = forms.RegexField(
        _PHONE,
        label=_("Phone"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        error_messages={"invalid": _("A phone number consists of digits.")},
    )
    matter = forms.CharField(max_length=5, required=False)
    urgent = forms.BooleanField(label=pgettext_lazy("report", "Urgent: danger to people or property"), required=False)
    confidential = forms.BooleanField(label=_("Confidential: the reporter must stay hidden"), required=False)
    join = forms.CharField(max_length=24, required=False)

    def __init__(self, data: Any = None, *, user: Any, **more: Any) -> None:
        more.setdefault("initial", {"report_id": uuid.uuid4(), "source": Source.PHONE.value})
        super().__init__(data, **more)
        held = places.areas(under_paths=streets_of(user))
        ordered = sorted(held, key=lambda area: [int(part) for part in area.path.strip("/").split("/")])
        names = [
            (area.pk, ("　" if area.kind == "grid" else "") + area.name)
            for area in ordered
            if area.kind in {"community", "grid"}
        ]
        self.fields["area"].choices = [("", _("Please choose")), *names]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if (given.get("lon") is None) != (given.get("lat") is None):
            given["lon"] = given["lat"] = None
        if given.get("area") is None and given.get("lon") is None and "area" not in self.errors:
            self.add_error("area", _("Please say where: choose a community or grid, or click on the map."))
        return given

    def place(self) -> actions.Place:
        """The place in the words of the action; a point decides the grid, a choice does where there is no point."""
        given = self.cleaned_data
        lon, lat = given["lon"], given["lat"]
        area = places.grid_at(lon, lat) if lon is not None else None
        compound = places.nearest_compound(lon, lat) if lon is not None else None
        building = places.nearest_building(lon, lat) if lon is not None else None
        if given["area"] is not None and (
            area is None or not area.path.startswith(places.get_area(given["area"]).path)
        ):
            area = places.get_area(given["area"])
        if area is None:
            raise OutsideError
        return actions.Place(
            area=area, lon=lon, lat=lat, address=given["address"], compound=compound, building=building
        )


class OutsideError(Problem):
    """The point lies in no grid."""

    code = "outside"
    status = 422
    title = _("This point lies outside all grids.")
    remedy = _("Please choose the community or grid from the list.")

    def __init__(self) -> None:
        super().__init__(field="area")


@gate(P.REPORT_MAKE)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Enter a report, or add a voice to a case that is the same thing."""
    if request.method == "GET":
        return _show(request, NewReport(user=request.user))
    form = NewReport(request.POST, user=request.user)
    sent: list[str] = []
    if form.is_valid():
        try:
            sent = received_photos(request, ("photos",))["photos"]
            return _write(request, form, sent)
        except Problem as problem:
            if problem.status == 409 and (already := _already(request, form)):
                return already
            field = problem.field if problem.field in form.fields and problem.field != "join" else None
            form.add_error(field, sentences(problem))
    return _show(request, form, sent=sent, status=422)


def _write(request: HttpRequest, form: NewReport, photos: list[str]) -> HttpResponse:
    given = form.cleaned_data
    contact = None
    if given["contact_name"].strip() or given["contact_phone"].strip():
        contact = actions.Contact(name=given["contact_name"].strip(), phone=given["contact_phone"].strip())
    said: dict[str, Any] = {
        "by": request.user,
        "source": given["source"],
        "text": given["text"],
        "place": form.place(),
        "contact": contact,
        "photos": photos,
        "report_id": given["report_id"],
    }
    if given["join"].strip():
        case = queries.get_case(request.user, given["join"].strip().upper())
        actions.join(case=case, **said)
        messages.success(request, gettext("Your report was added to %(number)s.") % {"number": case.number})
        return _to_case(request, case.number)
    matter = None
    if given["matter"]:
        matter = catalogue.get_matter(given["matter"])
    report = actions.report(matter=matter, urgent=given["urgent"], confidential=given["confidential"], **said)
    messages.success(request, gettext("%(number)s was entered.") % {"number": report.case.number})
    return _to_case(request, report.case.number)


def _already(request: HttpRequest, form: NewReport) -> HttpResponse | None:
    """The same form a second time: leads to the case that the first made."""
    with contextlib.suppress(NotFoundError, KeyError, AttributeError):
        report = queries.own_report(request.user, form.cleaned_data["report_id"])
        number = report.case.number
        messages.info(request, gettext("%(number)s: already entered, nothing was done twice.") % {"number": number})
        return _to_case(request, number)
    return None


def _to_case(request: HttpRequest, number: str) -> HttpResponse:
    try:
        queries.get_case(request.user, number)
    except NotFoundError:
        return redirect("desk:home")
    return redirect("desk:case", number=number)


def _show(request: HttpRequest, form: NewReport, *, sent: list[str] | None = None, status: int = 200) -> HttpResponse:
    shapes = places.outline("community", under_paths=streets_of(request.user))["features"]
    context = {
        "form": form,
        "map": map_urls(),
        "bounds": bounds(shape["geometry"] for shape in shapes),
        "upload_url": MEDIA,
        "limits": limits(),
        "known": [{"sha256": d, "thumb_url": f"{MEDIA}/{d}?size=thumb"} for d in sent or ()],
        "lon": form["lon"].value(),
        "lat": form["lat"].value(),
    }
    context |= _possible(request, {name: str(form[name].value() or "") for name in ("text", "lon", "lat", "area")})
    context["chosen"] = str(form["matter"].value() or "")
    return render(request, "desk/cases/new.html", context, status=status)


def _float(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if abs(number) <= 180 else None


def _possible(request: HttpRequest, given: dict[str, Any]) -> dict[str, Any]:
    """Cases that may be the same thing, with the reasons, and matters that the words suggest."""
    text, lon, lat = given["text"], _float(given["lon"]), _float(given["lat"])
    known = len(text.strip()) > 1
    found: list[dict[str, Any]] = []
    if alike.may_compare(request.user) and known:
        area = None
        if str(given["area"]).isdecimal() and len(str(given["area"])) < 18:
            with contextlib.suppress(NotFoundError):
                area = places.get_area(int(given["area"]))
        here = lon is not None and lat is not None and abs(lat) <= 90
        thing = alike.thing_said(
            text=text,
            lon=lon if here else None,
            lat=lat if here else None,
            compound=places.nearest_compound(lon, lat) if here and lon is not None and lat is not None else None,
        )
        radius = radius_of(request)
        found = [line(one) for one in alike.alike(request.user, thing, area=area, radius=radius, limit=_ALIKE)]
    return {
        "alike": found,
        "guesses": advice.suggest(text) if known else [],
        "radius": radius_of(request),
        "radii": RADII_M,
    }


@gate(P.REPORT_MAKE)
@require_GET
def possible(request: HttpRequest) -> HttpResponse:
    """What the form shows beside the text while it is typed."""
    given = {name: request.GET.get(name, "")[:4000] for name in ("text", "lon", "lat", "area")}
    context = _possible(request, given)
    context["chosen"] = request.GET.get("matter", "")
    return render(request, "desk/cases/possible.html", context)


@gate(P.REPORT_MAKE)
@require_GET
def where(request: HttpRequest) -> HttpResponse:
    """Which community, grid, compound and building a clicked point belongs to."""
    lon, lat = _float(request.GET.get("lon")), _float(request.GET.get("lat"))
    grid = places.grid_at(lon, lat) if lon is not None and lat is not None and abs(lat) <= 90 else None
    seen = grid is not None and any(grid.path.startswith(street) for street in streets_of(request.user))
    context: dict[str, Any] = {"grid": grid if seen else None}
    if seen and lon is not None and lat is not None:
        context |= {"compound": places.nearest_compound(lon, lat), "building": places.nearest_building(lon, lat)}
    return render(request, "desk/cases/where.html", context)
