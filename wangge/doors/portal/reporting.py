"""Reporting: three fields, no log-in. The same send twice is one report."""

from __future__ import annotations

import json
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.cases import actions as cases
from wangge.domains.cases.learning import advice, alike
from wangge.domains.cases.models import Source
from wangge.doors.portal import photos, slips, visitors
from wangge.doors.portal.forms import MAX_TEXT, PositionForm, ReportForm, compound_choices, key_of
from wangge.foundation.accounts.gate import gate_public
from wangge.foundation.core.idempotency import Answer, SameKeyOtherBodyError, once
from wangge.foundation.core.problems import InvalidError, Problem
from wangge.foundation.media.queries import limits
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from django.http import HttpRequest

    from wangge.domains.cases.learning.alike import Alike
    from wangge.domains.cases.models import Report

_NAMESPACE = uuid.UUID("5b0c7a52-4c1b-4d0e-9a57-0c6f3d1f8a11")  # a form's key becomes the report's own id


@gate_public
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """The form; and the report."""
    if request.method == "POST":
        return _send(request)
    code = request.GET.get("at", "")[:20]
    scanned = places.area_by_code(code) if code.isalnum() else None
    form = ReportForm(initial={"at": scanned.code if scanned else ""})
    return _page(request, form, key=str(uuid.uuid4()))


def _send(request: HttpRequest) -> HttpResponse:
    form = ReportForm(request.POST)
    key = key_of(request.POST.get("idempotency_key", "")[:60])
    sent: list[str] = []
    try:
        sent = photos.with_form(request)
    except Problem as problem:
        form.add_error(None, f"{problem} {problem.remedy}")
    if not form.is_valid():
        return _page(request, form, key=key, sent=sent, status=422)
    try:
        answer = _once(request, form, key, sent)
    except SameKeyOtherBodyError:
        form.add_error(
            None,
            _(
                "You have already sent a report from this page. If this is another matter, please press the button "
                "once more."
            ),
        )
        return _page(request, form, key=str(uuid.uuid4()), sent=sent, status=409)
    except visitors.TooManyError as problem:
        response = _page(request, form, key=key, sent=sent, status=problem.status, problem=problem)
        response.headers["Retry-After"] = str(problem.retry_after)
        return response
    except Problem as problem:
        form.add_error(problem.field if problem.field in form.fields else None, str(problem))
        return _page(request, form, key=key, sent=sent, status=problem.status)
    told = json.loads(answer.body)
    response = HttpResponseRedirect(reverse("portal:slip", args=[told["id"], slips.code_of(told["id"])]))
    if told["remember"]:
        slips.remember(request, response, told["id"])
    return response


def _once(request: HttpRequest, form: ReportForm, key: str, sent: list[str]) -> Answer:
    """Written under the visitor's name (for the throttle) and, inside, under the form's key alone: a phone that changed
    its network between two sends still makes one report.
    """
    name = visitors.owner(request, visitors.REPORTS)
    said = {field: str(value) for field, value in sorted(form.cleaned_data.items())}
    body = json.dumps([said, sent], ensure_ascii=False).encode()
    inner = partial(once, owner="portal", key=key, body=body, write=partial(_write, name, form, key, sent))
    return once(owner=name, key=key, body=body, write=inner)


def _write(name: str, form: ReportForm, key: str, sent: list[str]) -> Answer:
    visitors.check(name, visitors.REPORTS)
    said: dict[str, Any] = {
        "by": None,
        "source": Source.SCAN if form.cleaned_data["at"] else Source.RESIDENT,
        "text": form.cleaned_data["text"],
        "place": form.place,
        "contact": form.contact(),
        "photos": sent,
        "report_id": uuid.uuid5(_NAMESPACE, key),
    }
    # A voice that is to stay hidden gets a case of its own: the one it would join is not confidential.
    chosen = form.cleaned_data["same_as"]
    thing = alike.thing_said(text=form.cleaned_data["text"], lon=form.place.lon, lat=form.place.lat)
    other = alike.joinable(chosen, thing) if chosen and not form.cleaned_data["confidential"] else None
    if other is not None:
        voice = cases.join(case=other, **said)
    else:
        voice = cases.report(matter=form.chosen_matter, confidential=form.cleaned_data["confidential"], **said)
    return Answer(201, json.dumps({"id": str(voice.public_id), "remember": _may_remember(voice)}))


def _may_remember(voice: Report) -> bool:
    # Whoever else uses this phone shall not find a confidential report on it.
    return not voice.case.confidential


def _page(
    request: HttpRequest,
    form: ReportForm,
    *,
    key: str,
    sent: list[str] | None = None,
    status: int = 200,
    problem: Problem | None = None,
) -> HttpResponse:
    code = str(form["at"].value() or "")
    scanned = places.area_by_code(code) if code.isalnum() else None
    lon, lat = form["lon"].value(), form["lat"].value()
    context = {
        "form": form,
        "key": key,
        "problem": problem,
        "scanned": scanned,
        "known": [
            {"sha256": name, "thumb_url": reverse("portal:preview", args=[name, photos.preview_code(name)])}
            for name in sent or []
        ],
        "limits": limits(),
        "megapixels": limits().pixels // 1_000_000,
        "upload_url": "/p/media",
        "lon": lon,
        "lat": lat,
        "here": getattr(form, "place", None),
        "more_open": bool(form.is_bound and any(form[name].value() for name in ("name", "phone", "confidential"))),
        "back_url": reverse("portal:home"),
        "guesses": [],
        "max_text": MAX_TEXT,
    }
    return render(request, "portal/report.html", context, status=status)


@gate_public
@require_GET
def where(request: HttpRequest) -> HttpResponse:
    """GET ?lon=&lat= → the place in words, for the line below "use my position"."""
    form = PositionForm(request.GET)
    if not form.is_valid():
        raise InvalidError(_("The position could not be read."), field="lon")
    found = places.where(form.cleaned_data["lon"], form.cleaned_data["lat"])
    return render(request, "portal/where.html", {"found": found})


@gate_public
@require_GET
def compounds(request: HttpRequest) -> HttpResponse:
    """The compounds of a picked community, as options."""
    choices = compound_choices(request.GET.get("community", "")[:20])
    return render(request, "portal/compounds.html", {"choices": choices})


@gate_public
@require_POST
def guess(request: HttpRequest) -> HttpResponse:
    """What it may be about, from the words typed so far. By POST: what somebody reports belongs into no address."""
    text = request.POST.get("text", "")[:MAX_TEXT]
    return render(request, "portal/guess.html", {"guesses": advice.suggest(text), "chosen": request.POST.get("matter")})


@gate_public
@require_POST
def same(request: HttpRequest) -> HttpResponse:
    """Whether it was reported already: public matters near by, by matter, day and distance only."""
    form = PositionForm(request.POST)
    text = request.POST.get("text", "")[:MAX_TEXT]
    near: list[Alike] = []
    if form.is_valid() and text.strip():
        lon, lat = form.cleaned_data["lon"], form.cleaned_data["lat"]
        found = places.where(lon, lat)
        if found is not None:
            thing = alike.thing_said(text=text, lon=lon, lat=lat, compound=found.compound, building=found.building)
            near = alike.alike_for_reporters(thing)
    return render(request, "portal/same.html", {"near": near, "chosen": request.POST.get("same_as", "")[:40]})
