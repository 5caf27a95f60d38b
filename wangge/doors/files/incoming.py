"""The import wizard: bring a file, confirm its columns, look at what is wrong, take it in, undo it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.people import masks
from wangge.domains.people.actions import building_rooms, importing
from wangge.domains.people.exchange import batches, sheets, writing
from wangge.domains.people.exchange.issues import sentence
from wangge.domains.people.models import ImportBatch
from wangge.doors.files.forms import BringForm, ColumnsForm
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotAllowedError, NotFoundError, Problem

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from django import forms
    from django.http import HttpRequest

    from wangge.domains.people.models import ImportRow

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_S = ImportBatch.State
_AT_WORK = frozenset({_S.CHECKING, _S.RUNNING, _S.UNDOING})
_TONES = {
    _S.READ: "amber",
    _S.CHECKING: "blue",
    _S.CHECKED: "amber",
    _S.RUNNING: "blue",
    _S.APPLIED: "green",
    _S.UNDOING: "blue",
    _S.UNDONE: "quiet",
    _S.FAILED: "red",
}
_PAGE = 50


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """Files in, lists out: what this person may do."""
    authority = authority_of(request.user)
    shown = []
    if authority.holds(P.PERSON_IMPORT):
        shown.append({"label": _("Files in"), "url": reverse("files:home"), "icon": "upload"})
    if authority.holds(P.PERSON_EXPORT) or authority.holds(P.EXPORT_APPROVE):
        shown.append({"label": _("Lists out"), "url": reverse("files:exports"), "icon": "download"})
    return [tab | {"active": request.path == tab["url"]} for tab in shown]


@gate(P.PERSON_IMPORT, P.PERSON_EXPORT, P.EXPORT_APPROVE)
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The files that this person brought, newest first."""
    if not authority_of(request.user).holds(P.PERSON_IMPORT):
        return redirect("files:exports")
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    found = batches.batches_of(request.user, before=before, limit=_PAGE)
    shown = found[:_PAGE]
    context = {
        "tabs": tabs(request),
        "rows": [_line(batch) for batch in shown],
        "next_url": f"?before={shown[-1].pk}" if len(found) > _PAGE else "",
        "first_url": reverse("files:home") if before is not None else "",
        "kinds": sheets.KINDS.values(),
    }
    return render(request, "files/home.html", context)


def _line(batch: ImportBatch) -> dict[str, Any]:
    return {"batch": batch, "what": sheets.KINDS[batch.what].name, "tone": _TONES[_S(batch.state)]}


@gate(P.PERSON_IMPORT)
@require_http_methods(["GET", "POST"])
def bring(request: HttpRequest) -> HttpResponse:
    """A new file."""
    user: Any = request.user
    form = BringForm(request.POST or None, request.FILES or None, user=user)
    if request.method == "POST":
        if form.is_valid():
            given = form.cleaned_data
            batch = _acted(
                form,
                lambda: importing.bring(
                    by=user,
                    what=given["what"],
                    area=form.chosen_area(),
                    data=given["file"].read(),
                    file_name=given["file"].name,
                    as_of=given["as_of"],
                ),
            )
            if batch is not None:
                return redirect("files:batch", batch.public_id)
        return _bring_page(request, form, status=422)
    return _bring_page(request, form)


def _bring_page(request: HttpRequest, form: BringForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "kinds": sheets.KINDS.values(), "tabs": tabs(request)}
    return render(request, "files/bring.html", context, status=status)


def _acted(form: forms.Form, act: Callable[[], ImportBatch]) -> ImportBatch | None:
    """The batch, or None: then the refusal stands in the form."""
    try:
        return act()
    except NotAllowedError:
        raise
    except Problem as problem:
        field = problem.field if problem.field in form.fields else None
        form.add_error(field, f"{problem.title}{problem.kept}{problem.remedy}")
        return None


@gate(P.PERSON_IMPORT)
@require_GET
def template(_request: HttpRequest, what: str) -> HttpResponse:
    """An empty sheet with the headings that are understood best."""
    kind = sheets.KINDS.get(what)
    if kind is None or not kind.fields:
        raise NotFoundError
    columns = [writing.Column(field.heading, field.width) for field in kind.fields if field.key != "address"]
    return _file(writing.xlsx(title=str(kind.name), columns=columns, rows=[]), f"{what}.xlsx")


def _file(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=_XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@gate(P.PERSON_IMPORT)
@require_GET
def batch_page(request: HttpRequest, batch: uuid.UUID) -> HttpResponse:
    """Where a file stands: its columns, its progress, its errors, its result."""
    return _batch_page(request, batches.get_batch(request.user, batch))


def _batch_page(
    request: HttpRequest, row: ImportBatch, *, form: ColumnsForm | None = None, status: int = 200
) -> HttpResponse:
    text = request.GET.get("after", "")
    after = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    wrong = batches.faults(row, after=after, limit=_PAGE) if row.state not in (_S.READ, _S.CHECKING) else []
    context: dict[str, Any] = _line(row) | {
        "at_work": row.state in _AT_WORK,
        "percent": 100 * row.done // row.total if row.total else 0,
        "kind": sheets.KINDS[row.what],
        "counts": row.counts,
        "wrong": [_fault(row, one) for one in wrong[:_PAGE]],
        "next_url": f"?after={wrong[_PAGE - 1].number}#faults" if len(wrong) > _PAGE else "",
        "first_url": f"{request.path}#faults" if after else "",
        "apart": [_apart(one) for one in batches.apart(row, limit=_PAGE)] if row.counts.get("section") else [],
        "left": [one.number for one in batches.left(row)] if row.counts.get("left") else [],
        "erased": batches.erased(row) if row.state in (_S.APPLIED, _S.UNDONE) else 0,
        "can_apply": row.what != "table"
        and (row.state == _S.CHECKED or (row.state == _S.FAILED and row.counts.get("failed") == "apply")),
        "can_undo": row.state == _S.APPLIED,
        "rooms": building_rooms.listed(row),
        "room_count": len(row.mapping.get("rooms", {})),
        "made": len(row.mapping.get("made", {}).get("rooms", [])),
    }
    if row.state == _S.READ or form is not None or (row.state == _S.CHECKED and "columns" in request.GET):
        context |= _columns(request, row, form)
    elif row.state == _S.CHECKED:
        context["again_url"] = "?columns=1"
    elif row.state == _S.FAILED and row.counts.get("failed") == "check":
        context |= _columns(request, row, form)
    return render(request, "files/batch.html", context, status=status)


def _columns(request: HttpRequest, row: ImportBatch, form: ColumnsForm | None) -> dict[str, Any]:
    """The form of the columns, with the first rows beside it: names, numbers and phones masked."""
    known = batches.opened_preview(row).get("sheets", [])
    chosen = _sheet(known, request.POST.get("sheet") or request.GET.get("sheet", ""), row.mapping["sheet"])
    if chosen is None:
        return {}
    kind = sheets.KINDS[row.what]
    guess = (
        {int(key): value for key, value in row.mapping["columns"].items()}
        if chosen["name"] == row.mapping["sheet"]
        else sheets.guess(kind, chosen["labels"])
    )
    if form is None:
        initial: dict[str, Any] = {f"column_{number}": field for number, field in guess.items()}
        initial |= {name: row.mapping.get(name, "") for name in ("kind", "build")}
        may_build = building_rooms.may(request.user, row.area_path)
        form = ColumnsForm(what=row.what, preview=chosen, may_build=may_build, initial=initial)
    lines = []
    for number, label in enumerate(chosen["labels"]):
        field = guess.get(number, "")
        lines.append(
            {
                "label": label,
                "field": form[f"column_{number}"] if f"column_{number}" in form.fields else None,
                "never": sheets.never_taken(label),
                "examples": [
                    _hidden(kind, field, label, cells[number]) for cells in chosen["rows"] if number < len(cells)
                ],
            }
        )
    return {
        "columns_form": form,
        "columns": lines,
        "sheet": chosen,
        "sheet_number": known.index(chosen),
        "sheets": [
            {
                "name": one["name"],
                "total": one["total"],
                "url": f"?sheet={number}&columns=1",
                "active": one is chosen,
            }
            for number, one in enumerate(known)
        ],
    }


def _sheet(known: list[dict[str, Any]], number: str, otherwise: str) -> dict[str, Any] | None:
    """The sheet that the page names by its place in the file, else the one that was proposed."""
    if number.isascii() and number.isdecimal() and len(number) < 4 and int(number) < len(known):
        return known[int(number)]
    return next((one for one in known if one["name"] == otherwise), None) if not number else None


def _hidden(kind: sheets.SheetKind, field: str, label: str, text: str) -> str:
    """An example as the page shows it; what may be a name or a number of somebody is masked whatever it is called."""
    mask = kind.field(field).masked if field in kind.names() else ""
    if mask:
        return str(getattr(masks, mask)(text))
    digits = sum(char.isdigit() for char in text)
    if digits >= 7 and not sheets.never_taken(label):
        return masks.phone(text) if digits < 15 else masks.id_number(text)
    return "…" if sheets.never_taken(label) and text else text


def _fault(batch: ImportBatch, row: ImportRow) -> dict[str, Any]:
    kind = sheets.KINDS[batch.what]
    return {
        "number": row.number,
        "issues": [{"field": _field_name(kind, issue), "text": sentence(issue)} for issue in row.issues],
    }


def _field_name(kind: sheets.SheetKind, issue: dict[str, Any]) -> str:
    key = str(issue.get("field", ""))
    return str(kind.field(key).name) if key in kind.names() else ""


def _apart(row: ImportRow) -> dict[str, Any]:
    return {"number": row.number, "text": sentence(row.issues[0]) if row.issues else ""}


@gate(P.PERSON_IMPORT)
@require_POST
def columns(request: HttpRequest, batch: uuid.UUID) -> HttpResponse:
    """Confirm the columns: the file is checked."""
    row = batches.get_batch(request.user, batch)
    known = batches.opened_preview(row).get("sheets", [])
    chosen = _sheet(known, request.POST.get("sheet", ""), row.mapping["sheet"])
    if chosen is None:
        raise NotFoundError
    may_build = building_rooms.may(request.user, row.area_path)
    form = ColumnsForm(request.POST, what=row.what, preview=chosen, may_build=may_build)
    if form.is_valid():
        done = _acted(
            form,
            lambda: importing.choose_columns(
                by=request.user,
                batch=row,
                sheet=chosen["name"],
                columns=form.chosen(),
                kind=form.cleaned_data.get("kind", ""),
                build=form.cleaned_data.get("build", False),
            ),
        )
        if done is not None:
            return redirect("files:batch", row.public_id)
    return _batch_page(request, row, form=form, status=422)


@gate(P.PERSON_IMPORT)
@require_GET
def progress(request: HttpRequest, batch: uuid.UUID) -> HttpResponse:
    """How far the job is: a fragment that asks for itself again, and for the whole page once the work is done."""
    row = batches.get_batch(request.user, batch)
    if row.state not in _AT_WORK:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    context = _line(row) | {"percent": 100 * row.done // row.total if row.total else 0}
    return render(request, "files/progress.html", context)


@gate(P.PERSON_IMPORT)
@require_GET
def faults(request: HttpRequest, batch: uuid.UUID) -> HttpResponse:
    """Every error as a sheet: row, column, reason. No value of the file is in it."""
    row = batches.get_batch(request.user, batch)
    kind = sheets.KINDS[row.what]
    columns_ = [
        writing.Column(str(_("Row")), 8),
        writing.Column(str(_("Column")), 20),
        writing.Column(str(_("Reason")), 70),
    ]
    lines = (
        [str(fault.number), _field_name(kind, issue), sentence(issue)]
        for fault in batches.every_fault(row)
        for issue in fault.issues
    )
    content = writing.xlsx(title=str(_("Errors in the file")), columns=columns_, rows=lines, note=row.file_name)
    return _file(content, f"errors-{row.pk}.xlsx")


@gate(P.PERSON_IMPORT)
@require_GET
def table(request: HttpRequest, batch: uuid.UUID) -> HttpResponse:
    """A ledger put in order: one row of headings, the section in a column of its own, totals and notes left out."""
    row = batches.get_batch(request.user, batch)
    if row.what != "table" or row.state != _S.CHECKED:
        raise NotFoundError
    head, lines = importing.clean_table(by=request.user, batch=row)
    content = writing.xlsx(title=row.mapping["sheet"], columns=[writing.Column(one, 16) for one in head], rows=lines)
    return _file(content, f"table-{row.pk}.xlsx")


@gate(P.PERSON_IMPORT)
@require_POST
def take_in(request: HttpRequest, batch: uuid.UUID) -> HttpResponse:
    """Take in the good rows."""
    return _step(request, batch, importing.ask_apply)


@gate(P.PERSON_IMPORT)
@require_POST
def undo(request: HttpRequest, batch: uuid.UUID) -> HttpResponse:
    """Take back what the file brought."""
    return _step(request, batch, importing.ask_undo)


def _step(request: HttpRequest, public_id: uuid.UUID, act: Callable[..., ImportBatch]) -> HttpResponse:
    row = batches.get_batch(request.user, public_id)
    try:
        act(by=request.user, batch=row)
    except NotAllowedError:
        raise
    except Problem as problem:
        messages.error(request, f"{problem.title}{problem.remedy}")
    return redirect("files:batch", row.public_id)
