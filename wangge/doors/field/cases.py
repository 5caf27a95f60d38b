"""A case on the phone: what it is, and the steps that this person may take on the spot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from wangge.domains.cases import actions, evidence, procedures, queries, second_checks, whistle_queries
from wangge.domains.cases.answers import hints
from wangge.domains.cases.models import CasePhoto
from wangge.domains.cases.workflow import S
from wangge.doors.field import photos, words
from wangge.doors.field.clocks import chip
from wangge.doors.field.following import strip
from wangge.doors.field.forms import NoteForm, OutcomeForm, PartForm, ReasonForm, SendBackForm, TextForm
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import ConflictError, NotFoundError, Problem

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest

    from wangge.domains.cases.models import Case

_OF_REPORTERS = frozenset({"report", "settle", "join", "supplement"})
_WITH_PHOTOS = frozenset({"verify", "rework", "handle", "assist", "assist_done"}) | second_checks.VERBS


@gate(P.CASE_VIEW, P.CASE_HANDLE, P.REPORT_MAKE)
@require_GET
def case(request: HttpRequest, number: str) -> HttpResponse:
    """The case; for somebody who only reported it, his own report."""
    try:
        found = queries.get_case(request.user, number)
    except NotFoundError:
        own = queries.own_report_of_case(request.user, number)
        if own is None:
            raise
        return HttpResponseRedirect(reverse("field:own", args=[own.public_id]))
    return _page(request, found)


@gate(P.CASE_HANDLE, P.CASE_VERIFY, P.CASE_SECOND_CHECK)
@require_POST
def step(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Take one of the steps of the phone."""
    if verb not in words.STEPS:
        raise NotFoundError
    found = queries.get_case(request.user, number)
    form = _form(verb, found, request.POST)
    sent: list[str] = []
    try:
        if verb in _WITH_PHOTOS:
            sent = photos.with_form(request)
    except Problem as problem:
        return _page(request, found, verb=verb, form=form, problem=problem)
    if form is not None and not form.is_valid():
        return _page(request, found, verb=verb, form=form, sent=sent, status=422)
    try:
        _take(request, found, verb, form, sent)
    except ConflictError as problem:
        # A second tap on the same button finds the work done: that is no error to show.
        if verb not in {s.verb for s in queries.next_steps(queries.get_case(request.user, number), request.user)}:
            messages.info(request, _("The case has moved on; this is how it stands now."))
            return HttpResponseRedirect(reverse("field:case", args=[number]))
        return _page(request, found, verb=verb, form=form, sent=sent, problem=problem)
    except Problem as problem:
        if problem.field and form is not None and problem.field in form.fields:
            form.add_error(problem.field, str(problem))
        return _page(request, found, verb=verb, form=form, sent=sent, problem=problem)
    messages.success(request, words.STEPS[verb][2])
    if verb == "handle" and form is not None:
        for hint in hints(form.cleaned_data["done"], form.cleaned_data["reply"]):
            messages.warning(request, hint)
    return HttpResponseRedirect(reverse("field:case", args=[number]))


def _form(verb: str, found: Case, data: Any = None) -> forms.Form | None:
    if verb == "handle":
        return OutcomeForm(data, matter=found.matter)
    if verb == "verify_assist":
        return PartForm(data, parts=[part for part in procedures.open_parts(found) if part.done_at is not None])
    kinds: dict[str, type[forms.Form]] = {
        "verify": NoteForm,
        "rework": ReasonForm,
        "pass_second_check": NoteForm,
        "fail_second_check": ReasonForm,
        "send_back": SendBackForm,
        "contact": TextForm,
        "assist": TextForm,
        "assist_done": TextForm,
    }
    return kinds[verb](data) if verb in kinds else None


def _take(request: HttpRequest, found: Case, verb: str, form: forms.Form | None, sent: list[str]) -> None:
    given = form.cleaned_data if form is not None else {}
    if verb == "handle":
        assert isinstance(form, OutcomeForm)
        actions.handle(case=found, by=request.user, outcome=form.outcome(before=[], after=sent))
    elif verb == "verify":
        actions.verify(case=found, by=request.user, photos=sent, **given)
    elif verb == "rework":
        actions.rework(case=found, by=request.user, photos=sent, **given)
    elif verb == "pass_second_check":
        actions.pass_second_check(case=found, by=request.user, photos=sent, **given)
    elif verb == "fail_second_check":
        actions.fail_second_check(case=found, by=request.user, photos=sent, **given)
    elif verb == "assist":
        actions.assist(case=found, by=request.user, photos=sent, **given)
    elif verb == "assist_done":
        actions.assist_done(case=found, by=request.user, photos=sent, **given)
    elif verb == "verify_assist":
        part = procedures.part_of(found, given["assignment"])
        passed = given["passed"] == "yes"
        actions.verify_assist(case=found, by=request.user, assignment=part, passed=passed, note=given["note"])
    elif verb == "sign_for":
        actions.sign_for(case=found, by=request.user)
    elif verb == "send_back":
        actions.send_back(case=found, by=request.user, **given)
    else:
        actions.contact(case=found, by=request.user, **given)


def _page(
    request: HttpRequest,
    found: Case,
    *,
    verb: str = "",
    form: forms.Form | None = None,
    problem: Problem | None = None,
    sent: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    may = [s.verb for s in queries.next_steps(found, request.user)]
    steps = [
        {
            "verb": name,
            "label": label,
            "icon": icon,
            "form": (form if name == verb else None) or _form(name, found),
            "open": name == verb,
            "photos": name in _WITH_PHOTOS,
            "known": photos.known(sent or []) if name == verb else [],
            "url": reverse("field:step", args=[found.number, name]),
        }
        for name, (label, icon, _done) in words.STEPS.items()
        if name in may
    ]
    hidden = queries.hides_reporters(found, request.user)
    photographed = queries.photos(found, request.user)
    shown = [p for p in photographed if not hidden or p.kind != CasePhoto.Kind.REPORT]
    own = queries.own_report_of_case(request.user, found.number) if found.state == S.NEEDS_INFO else None
    context = {
        **photos.limits_of_page(),
        "case": found,
        "clock": chip(found),
        "steps_bar": words.steps(found),
        "steps": steps,
        "rows": [
            words.told(row, names=not (hidden and row.verb in _OF_REPORTERS))
            for row in queries.timeline(found, request.user)
        ],
        "photos": strip(shown),
        "doubtful": bool(evidence.doubtful(photographed)),
        "blind": second_checks.is_blind(found, request.user) if found.verified_at is not None else False,
        "own": own,
        "whistle": whistle_queries.offered(found, request.user),
        "problem": problem,
        "back_url": reverse("field:todo"),
    }
    return render(request, "field/case.html", context, status=problem.status if problem else status)
