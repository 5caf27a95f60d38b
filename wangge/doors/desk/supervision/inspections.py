"""纪检: samples of process data, what was found in each case, the conclusion, and the file of it."""

from __future__ import annotations

import csv
import datetime as dt
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.cases import inspections as reads
from wangge.domains.cases.actions import inspecting
from wangge.domains.cases.models import InspectedCase, Inspection
from wangge.domains.cases.workflow import Stage
from wangge.doors.desk import paging
from wangge.doors.desk.cases.rows import place_line
from wangge.doors.desk.cases.step_form import long_text
from wangge.doors.desk.cases.steps import sentences
from wangge.doors.desk.clocks import STAGE_NAMES
from wangge.doors.desk.supervision.lines import deeds, happened
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, NotAllowedError, Problem
from wangge.foundation.places.queries import areas

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

_PAGE = 30
_TONES = {"": "quiet", "fine": "green", "late": "amber", "false": "red", "careless": "amber", "other": "amber"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))


class Draw(forms.Form):
    """A sample: where, how, out of which days, how many; and the seed, when an earlier one is to be drawn again."""

    area = forms.TypedChoiceField(label=gettext_lazy("Location"), coerce=int)
    method = forms.ChoiceField(label=gettext_lazy("Method"), choices=Inspection.Method.choices)
    first_day = _day(gettext_lazy("First day"))
    last_day = _day(gettext_lazy("Last day"))
    size = forms.IntegerField(
        label=gettext_lazy("How many cases"), min_value=1, max_value=inspecting.MAX_SIZE, initial=10
    )
    seed = forms.CharField(
        label=gettext_lazy("Seed"),
        required=False,
        max_length=inspecting.MAX_SEED,
        help_text=gettext_lazy("Empty: by lot. With the seed of an earlier sample the same cases are drawn again."),
    )

    def __init__(self, data: Any = None, *, user: Any) -> None:
        today = clock.today()
        super().__init__(data, initial={"first_day": today - dt.timedelta(days=30), "last_day": today})
        held = areas(under_paths=authority_of(user).places(P.CASE_INSPECT))
        self.areas = {area.pk: area for area in held if area.kind in {"district", "street", "community"}}
        self.fields["area"].choices = [(pk, area.name) for pk, area in self.areas.items()]  # type: ignore[attr-defined]


class Find(forms.Form):
    """What was found in one case."""

    finding = forms.ChoiceField(
        label=gettext_lazy("Finding"), choices=InspectedCase.Finding.choices, widget=forms.RadioSelect
    )
    note = long_text(gettext_lazy("What was found"), required=False)
    put_right_what = long_text(gettext_lazy("What must be put right"), required=False, rows=2)


class PutRight(forms.Form):
    """What the unit answered."""

    put_right = long_text(gettext_lazy("How it was put right"))


class Conclude(forms.Form):
    """The conclusion."""

    conclusion = long_text(gettext_lazy("Conclusion"))


@gate(P.CASE_INSPECT)
@require_http_methods(["GET", "POST"])
def inspections(request: HttpRequest) -> HttpResponse:
    """The inspections, and the form that draws another sample."""
    form = Draw(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        drawn: list[Inspection] = []

        def draw() -> None:
            drawn.append(inspecting.draw(by=request.user, **given | {"area": form.areas[given["area"]]}))

        if _acted(form, draw):
            messages.success(request, _("%(number)s: the sample was drawn.") % {"number": drawn[0].number})
            return redirect("desk:inspection", pk=drawn[0].pk)
    before = paging.by_id(request.GET)
    found = reads.inspections(request.user, before=before, limit=_PAGE + 1)
    shown = found[:_PAGE]
    context = {
        "form": form,
        "inspections": shown,
        "next_url": paging.next_url(request.GET, before=shown[-1].pk) if len(found) > _PAGE else "",
        "first_url": paging.next_url(request.GET, before="") if before is not None else "",
    }
    return render(request, "desk/inspections/list.html", context, status=422 if form.is_bound else 200)


@gate(P.CASE_INSPECT)
@require_GET
def inspection(request: HttpRequest, pk: int) -> HttpResponse:
    """One sample with its findings."""
    return _page(request, reads.get_inspection(request.user, pk))


def _page(request: HttpRequest, found: Inspection, *, form: Conclude | None = None, status: int = 200) -> HttpResponse:
    rows = reads.sampled(found)
    context = {
        "inspection": found,
        "rows": [_row(found, row) for row in rows],
        "facts": _facts(found, rows),
        "form": form or (Conclude() if found.concluded_at is None else None),
        "left": sum(not row.finding for row in rows),
    }
    return render(request, "desk/inspections/inspection.html", context, status=status)


def _row(found: Inspection, row: InspectedCase) -> dict[str, Any]:
    case = row.case
    return {
        "row": row,
        "url": reverse("desk:inspected", args=[found.pk, case.number]),
        "matter": case.matter.name if case.matter is not None else _("Matter not yet known"),
        "place": place_line(case),
        "finding": row.get_finding_display() if row.finding else _("Not yet looked at"),
        "tone": _TONES[row.finding],
    }


def _facts(found: Inspection, rows: list[InspectedCase]) -> list[dict[str, str]]:
    seen = [row for row in rows if row.finding]
    wrong = [row for row in seen if row.finding != InspectedCase.Finding.FINE]
    to_right = [row for row in rows if row.put_right_what]
    values = {"first": found.first_day.isoformat(), "last": found.last_day.isoformat()}
    return [
        {"label": _("Location"), "value": found.area.name},
        {"label": _("Method"), "value": str(found.get_method_display())},
        {"label": _("Period"), "value": _("%(first)s to %(last)s") % values},
        {"label": _("Drawn"), "value": _("%(n)s of %(all)s") % {"n": len(rows), "all": found.population}},
        {"label": _("Seed"), "value": found.seed, "copy_text": found.seed},
        {"label": _("Looked at"), "value": _("%(n)s of %(all)s") % {"n": len(seen), "all": len(rows)}},
        {"label": _("With a finding"), "value": _("%(n)s of %(all)s") % {"n": len(wrong), "all": len(seen)}},
        {
            "label": _("Put right"),
            "value": _("%(n)s of %(all)s") % {"n": sum(bool(row.put_right) for row in rows), "all": len(to_right)},
        },
    ]


@gate(P.CASE_INSPECT)
@require_http_methods(["GET", "POST"])
def inspected(request: HttpRequest, pk: int, number: str) -> HttpResponse:
    """The process data of one case of a sample, read with an audit row; what was found, and how it was put right."""
    found = reads.get_inspection(request.user, pk)
    row = reads.get_sampled(found, number)
    initial = {"finding": row.finding, "note": row.note, "put_right_what": row.put_right_what}
    finding, righted = Find(initial=initial), PutRight(initial={"put_right": row.put_right})
    status = 200
    if request.method == "POST":
        form: Find | PutRight
        if "put_right" in request.POST:
            form = righted = PutRight(request.POST)
        else:
            form = finding = Find(request.POST)
        if form.is_valid() and _acted(form, lambda: _write(request, row, form)):
            messages.success(request, _("%(number)s: written down.") % {"number": number})
            return redirect("desk:inspection", pk=pk)
        status = 422
    inspecting.read(by=request.user, inspected=row)
    process = reads.process_of(row)
    context = {
        "inspection": found,
        **_row(found, row),
        "case": row.case,
        "timeline": happened(process.timeline),
        "deeds": deeds(process.done),
        "clocks": [
            {"at": event.at, "name": STAGE_NAMES[Stage(event.clock)], "event": event} for event in process.clocks
        ],
        "finding_form": finding if found.concluded_at is None else None,
        "right_form": righted if row.put_right_what else None,
    }
    return render(request, "desk/inspections/case.html", context, status=status)


def _write(request: HttpRequest, row: InspectedCase, form: forms.Form) -> None:
    given = form.cleaned_data
    if isinstance(form, PutRight):
        inspecting.put_right(by=request.user, inspected=row, text=given["put_right"])
    else:
        inspecting.find(by=request.user, inspected=row, **given)


@gate(P.CASE_INSPECT)
@require_POST
def conclude(request: HttpRequest, pk: int) -> HttpResponse:
    """The conclusion of an inspection."""
    found = reads.get_inspection(request.user, pk)
    form = Conclude(request.POST)
    if form.is_valid() and _acted(
        form, lambda: inspecting.conclude(by=request.user, inspection=found, text=form.cleaned_data["conclusion"])
    ):
        messages.success(request, _("%(number)s is concluded.") % {"number": found.number})
        return redirect("desk:inspection", pk=pk)
    return _page(request, found, form=form, status=422)


def _acted(form: forms.Form, act: Callable[[], object]) -> bool:
    """Whether an action was taken; its refusal becomes an error of the form."""
    try:
        act()
    except NotAllowedError:
        raise
    except Problem as problem:
        field = problem.field if problem.field in form.fields and not isinstance(problem, ConflictError) else None
        form.add_error(field, sentences(problem))
        return False
    return True


@gate(P.CASE_INSPECT)
@require_GET
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """The sample with its findings as CSV, for a spreadsheet: no cell of it is ever a formula."""
    found = reads.get_inspection(request.user, pk)
    inspecting.export(by=request.user, inspection=found)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="inspection-{found.pk}.csv"'
    writer = csv.writer(response)
    heads = (
        *(_("Inspection"), _("No."), _("Case"), _("Matter"), _("Location"), _("State"), _("Unit")),
        *(_("Finding"), _("What was found"), _("What must be put right"), _("How it was put right")),
    )
    writer.writerow(heads)
    for row in reads.sampled(found):
        case = row.case
        shown = _row(found, row)
        unit = case.unit.name if case.unit is not None else ""
        cells = (
            *(found.number, row.place, case.number, shown["matter"], case.area.name, case.get_state_display(), unit),
            *(shown["finding"], row.note, row.put_right_what, row.put_right),
        )
        writer.writerow([inert(str(cell)) for cell in cells])
    return response


def inert(text: str) -> str:
    """A cell that a spreadsheet takes for text whatever it begins with."""
    return f"'{text}" if text.startswith(_FORMULA) else text
