"""上报: one short page, camera first. The same send twice is one report."""

from __future__ import annotations

import json
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.cases import actions as cases
from wangge.domains.cases import queries
from wangge.domains.cases.learning import advice, alike
from wangge.domains.cases.learning.reasons import in_words
from wangge.domains.cases.models import Source
from wangge.doors.field import photos
from wangge.doors.field.clocks import chip
from wangge.doors.field.forms import MAX_TEXT, SETTLE, OutcomeForm, PositionForm, ReportForm, own_areas
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue.queries import get_matter, matters
from wangge.foundation.core.idempotency import Answer, SameKeyOtherBodyError, once
from wangge.foundation.core.problems import InvalidError, NotFoundError, Problem
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from django.http import HttpRequest

    from wangge.domains.cases.learning.alike import Alike
    from wangge.foundation.catalogue.models import Matter
    from wangge.foundation.places.queries import Where

_NAMESPACE = uuid.UUID("0d6f2e0c-3c57-4f0c-9b1e-7a1a54f3c2d9")  # a form's key becomes the report's own id
_PICKED = 20
_NEAR = 3  # more would push the rest of the form off the screen


@gate(P.REPORT_MAKE)
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """The form; and the report."""
    areas = own_areas(request.user)
    if request.method == "POST":
        return _send(request, ReportForm(request.POST, areas=areas))
    return _page(request, ReportForm(areas=areas), OutcomeForm(), key=str(uuid.uuid4()))


def _send(request: HttpRequest, form: ReportForm) -> HttpResponse:
    key = _key(request.POST.get("idempotency_key", "")[:60])
    sent: dict[str, list[str]] = {"photos": [], "after": []}
    try:
        sent["photos"] = photos.with_form(request)
        sent["after"] = photos.with_form(request, field="after_photos", hashes="after_sha256")
    except Problem as problem:
        form.add_error(None, f"{problem} {problem.remedy}")
    good = form.is_valid()
    settles = request.POST.get("mode") == SETTLE and not request.POST.get("same_as")
    outcome = OutcomeForm(request.POST if settles else None, matter=form.chosen_matter)
    if not good or (settles and not outcome.is_valid()):
        return _page(request, form, outcome, key=key, sent=sent, status=422)
    said: list[Any] = [{name: str(value) for name, value in sorted(form.cleaned_data.items())}, sent]
    if settles:
        said.append({name: str(value) for name, value in sorted(outcome.cleaned_data.items())})
    try:
        answer = once(
            owner=f"user:{request.user.pk}",
            key=key,
            body=json.dumps(said, ensure_ascii=False).encode(),
            write=partial(_write, request, form, outcome if settles else None, key, sent),
        )
    except SameKeyOtherBodyError as problem:
        form.add_error(None, f"{problem} {problem.kept}")
        return _page(request, form, outcome, key=str(uuid.uuid4()), sent=sent, status=409)
    except Problem as problem:
        _place_error(form, outcome, problem)
        return _page(request, form, outcome, key=key, sent=sent, status=problem.status)
    return HttpResponseRedirect(reverse("field:ticket", args=[json.loads(answer.body)["id"]]))


_FIELDS_OF_OUTCOME = {"text": "done", "result": "result", "legal_basis": "legal_basis", "area_m2": "area_m2"}


def _place_error(form: ReportForm, outcome: OutcomeForm, problem: Problem) -> None:
    """Show a refusal beside the field it is about."""
    name = problem.field or ""
    if outcome.is_bound and _FIELDS_OF_OUTCOME.get(name) in outcome.fields:
        outcome.add_error(_FIELDS_OF_OUTCOME[name], str(problem))
    elif name in form.fields:
        form.add_error(name, str(problem))
    else:
        form.add_error(None, str(problem))


def _write(
    request: HttpRequest, form: ReportForm, outcome: OutcomeForm | None, key: str, sent: dict[str, list[str]]
) -> Answer:
    contact = form.contact()
    values: dict[str, Any] = {
        "by": request.user,
        "source": Source.ON_BEHALF if contact else _own_source(request),
        "text": form.cleaned_data["text"],
        "place": form.at,
        "contact": contact,
        "photos": sent["photos"],
        "report_id": uuid.uuid5(_NAMESPACE, f"{request.user.pk} {key}"),
    }
    if form.cleaned_data["same_as"]:
        try:
            case = queries.get_case(request.user, form.cleaned_data["same_as"])
        except NotFoundError:
            raise InvalidError(_("That case is no longer to be seen. Please report it as a new one.")) from None
        voice = cases.join(case=case, **values)
    else:
        voice = cases.report(
            **values,
            matter=form.chosen_matter,
            urgent=form.cleaned_data["urgent"],
            settled=outcome.outcome(before=[], after=sent["after"]) if outcome else None,
        )
    return Answer(201, json.dumps({"id": str(voice.public_id)}))


def _own_source(request: HttpRequest) -> Source:
    """What staff see on their round is a patrol; building heads and volunteers give a tip."""
    return Source.PATROL if authority_of(request.user).holds(P.CASE_VIEW) else Source.TIP


def _key(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return str(uuid.uuid4())


def _page(
    request: HttpRequest,
    form: ReportForm,
    outcome: OutcomeForm,
    *,
    key: str,
    sent: dict[str, list[str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    text = str(form["text"].value() or "")
    chosen = form.chosen_matter if form.is_bound else None
    context = {
        **photos.limits_of_page(),
        **_guessed(text, chosen),
        "form": form,
        "outcome": outcome,
        "settles": str(form["mode"].value() or "") == SETTLE,
        "chosen": chosen,
        "key": key,
        "known": photos.known((sent or {}).get("photos", [])),
        "known_after": photos.known((sent or {}).get("after", [])),
        "lon": form["lon"].value(),
        "lat": form["lat"].value(),
        "here": getattr(form, "at", None),
        "more_open": bool(form.is_bound and any(form[name].value() for name in ("name", "phone", "urgent"))),
        "back_url": reverse("field:home"),
    }
    return render(request, "field/report.html", context, status=status)


def _guessed(text: str, chosen: Matter | None) -> dict[str, Any]:
    """The three best guesses; the first is ticked unless the reporter chose for himself."""
    guesses = advice.suggest(text[:MAX_TEXT]) if text.strip() else []
    codes = [guess.matter.code for guess in guesses]
    return {
        "guesses": guesses,
        "other": chosen if chosen is not None and chosen.code not in codes else None,
        "ticked": chosen.code if chosen is not None else (codes[0] if codes else ""),
        "auto": codes[0] if chosen is None and codes else "",
    }


@gate(P.REPORT_MAKE)
@require_POST
def guess(request: HttpRequest) -> HttpResponse:
    """Which matter the words typed so far may mean. By POST: what is reported belongs into no address."""
    code = request.POST.get("matter", "")[:5]
    chosen = _matter(code) if code and code != request.POST.get("auto") else None
    return render(request, "field/guess.html", _guessed(request.POST.get("text", ""), chosen))


@gate(P.REPORT_MAKE)
@require_GET
def pick(request: HttpRequest) -> HttpResponse:
    """The full list of matters, narrowed by a word."""
    text = request.GET.get("q", "").strip()[:40]
    return render(request, "field/pick.html", {"found": matters(text=text)[:_PICKED] if text else [], "asked": text})


@gate(P.REPORT_MAKE)
@require_POST
def outcome(request: HttpRequest) -> HttpResponse:
    """The fields of 即办, as the chosen matter asks for them; nothing when it is handed on."""
    chosen = _matter(request.POST.get("matter", "")[:5])
    context = {
        **photos.limits_of_page(),
        "settles": request.POST.get("mode") == SETTLE,
        "chosen": chosen,
        "outcome": OutcomeForm(matter=chosen),
    }
    return render(request, "field/outcome.html", context)


def _matter(code: str) -> Matter | None:
    try:
        return get_matter(code)
    except NotFoundError:
        return None


@gate(P.REPORT_MAKE)
@require_GET
def where(request: HttpRequest) -> HttpResponse:
    """GET ?lon=&lat= → the grid, the nearest building and what is open near by; JSON for whoever asks for JSON."""
    form = PositionForm(request.GET)
    if not form.is_valid():
        raise InvalidError(_("The position could not be read."), field="lon")
    lon, lat = form.cleaned_data["lon"], form.cleaned_data["lat"]
    found = places.where(lon, lat)
    near = _alike(request, found, lon, lat) if found else []
    if request.accepts("text/html"):
        return render(request, "field/where.html", {"found": found, "near": [_line(one) for one in near]})
    body = {
        "grid": {"code": found.area.code, "name": found.area.name} if found else None,
        "community": found.area.parent.name if found and found.area.parent else None,
        "compound": found.compound.name if found and found.compound else None,
        "building": found.building.name if found and found.building else None,
        "address": found.address if found else "",
        "near": [{"number": one.case.number, "metres": one.metres} for one in near],
    }
    return JsonResponse(body)


def _alike(request: HttpRequest, found: Where, lon: float, lat: float, text: str = "") -> list[Alike]:
    """What is open near by and may be the same thing: by place and time alone while nothing is written yet."""
    thing = alike.thing_said(
        text=text,
        lon=lon,
        lat=lat,
        matter=_matter(request.POST.get("matter", "")[:5]) if text else None,
        compound=found.compound,
        building=found.building,
    )
    return alike.alike(request.user, thing, limit=_NEAR)


def _line(one: Alike) -> dict[str, Any]:
    return {
        "case": one.case,
        "percent": one.score.percent,
        "likely": one.likely,
        "reasons": [reason.text for reason in in_words(one.score) if reason.speaks_for],
        "clock": chip(one.case),
    }


@gate(P.REPORT_MAKE)
@require_POST
def same(request: HttpRequest) -> HttpResponse:
    """What may be the same thing, now that there are words too. By POST: what is reported belongs into no address."""
    form = PositionForm(request.POST)
    text = request.POST.get("text", "")[:MAX_TEXT]
    near: list[Alike] = []
    if form.is_valid():
        lon, lat = form.cleaned_data["lon"], form.cleaned_data["lat"]
        found = places.where(lon, lat)
        near = _alike(request, found, lon, lat, text) if found else []
    context = {"near": [_line(one) for one in near], "chosen": request.POST.get("same_as", "")[:40]}
    return render(request, "field/same.html", context)
