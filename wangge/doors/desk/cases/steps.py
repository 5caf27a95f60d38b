"""Taking a step from the desk: check the shape, call the action, translate a refusal, show what comes next."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from wangge.domains.cases import actions, procedures, queries, second_checks
from wangge.domains.cases.actions.steps import StepNotPossibleError
from wangge.domains.cases.queries import QUEUES as QUEUE_STATES
from wangge.domains.cases.workflow import STEPS
from wangge.doors.desk.cases.forms import STEP_FORMS
from wangge.doors.desk.cases.page import page, pane
from wangge.doors.desk.words import DONE, QUEUES
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError, Problem
from wangge.foundation.media.actions import accept

if TYPE_CHECKING:
    from django.http import HttpRequest

    from wangge.domains.cases.models import Case
    from wangge.doors.desk.cases.step_form import StepForm

_SHA256 = re.compile(r"^[0-9a-f]{64}$")
_MAX_FILES = 9
_MOMENT = dt.timedelta(seconds=60)
_LEFT = "desk.left"  # the step by which the person last lost sight of a case


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_POST
def step(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Take one step with a case."""
    form_class = STEP_FORMS.get(verb)
    if form_class is None:
        raise NotFoundError
    try:
        case = queries.get_case(request.user, number)
    except NotFoundError:
        # A unit that sent a case back no longer sees it: its second click is told so, everybody else gets the 404.
        if request.session.get(_LEFT) != f"{number} {verb}":
            raise
        messages.info(request, _("%(number)s: already done, nothing was done twice.") % {"number": number})
        return _go(request, reverse("desk:home"))
    queue = request.POST.get("queue", "")
    queue = queue if queue in QUEUES else ""
    form = form_class(request.POST, case=case, user=request.user, queue=queue)  # type: ignore[arg-type]
    if verb not in {possible.verb for possible in queries.next_steps(case, request.user)}:
        return _not_possible(request, case, form, queue)
    try:
        form.photos = received_photos(request, form.photo_fields)
    except Problem as problem:
        form.is_valid()
        form.add_error(None, sentences(problem))
        return _again(request, case, form, queue)
    if not form.is_valid():
        return _again(request, case, form, queue)
    if _changed_since(form, case):
        form.add_error(None, _("Somebody worked on this case after you opened it. Please look at it and send again."))
        return _again(request, case, form, queue, fresh=True)
    if STEPS[verb].after is None and _just_done(request, case, form, same_words=True):
        return _already(request, case, queue)
    following = _following(request, case, queue)
    try:
        form.act()
    except StepNotPossibleError:
        return _not_possible(request, queries.get_case(request.user, number), form, queue)
    except NotAllowedError:
        raise
    except Problem as problem:
        if isinstance(problem, ConflictError) and _just_done(request, case, form):
            return _already(request, case, queue)
        field = problem.field if problem.field in form.fields else None
        form.add_error(field, sentences(problem))
        return _again(request, case, form, queue)
    return _done(request, case, verb, queue, following, form.remarks())


def received_photos(request: HttpRequest, names: tuple[str, ...]) -> dict[str, list[str]]:
    """SHA-256 names per photo field: those already sent by the page, and plain files where there was no script."""
    received: dict[str, list[str]] = {}
    for name in names:
        digests = [d for d in request.POST.getlist(f"{name}_sha256") if _SHA256.match(d)]
        files = request.FILES.getlist(name)
        if len(files) + len(digests) > _MAX_FILES:
            raise InvalidError(_("At most nine photos."), field=name)
        for file in files:
            content = file.read()
            digest = hashlib.sha256(content).hexdigest()
            accepted = accept(by=request.user, content=content, sha256=digest)
            actions.attach_arrived(media=accepted, by=request.user)
            digests.append(digest)
        received[name] = digests
    return received


def sentences(problem: Problem) -> str:
    """A refusal as one line of a form: what happened and what to do."""
    remedy = str(problem.remedy)
    shown = remedy != str(Problem.remedy) and bool(remedy)
    return f"{problem.title} {remedy}".strip() if shown else str(problem.title)


def _changed_since(form: StepForm, case: Case) -> bool:
    try:
        seen = dt.datetime.fromisoformat(form.cleaned_data.get("since", ""))
    except ValueError:
        return False
    return seen.tzinfo is not None and seen != case.since


def _again(request: HttpRequest, case: Case, form: StepForm, queue: str, *, fresh: bool = False) -> HttpResponse:
    if fresh:
        data = request.POST.copy()
        data["since"] = case.since.isoformat()
        form.data = data
    if _is_partial(request):
        return pane(request, case, queue, bound=form, status=422)
    return page(request, case, bound=form, status=409 if fresh else 422)


def _not_possible(request: HttpRequest, case: Case, form: StepForm, queue: str) -> HttpResponse:
    """The case is no longer where the step starts: a double click is told so, another's step is shown."""
    if _just_done(request, case, form):
        return _already(request, case, queue)
    waits = procedures.waits_for_data(form.verb) or form.verb in second_checks.VERBS
    decided = waits and queries.may_take(case, STEPS[form.verb], request.user)
    if case.state in STEPS[form.verb].before and not decided:
        raise NotAllowedError(verb=form.verb)
    problem = StepNotPossibleError()
    if _is_partial(request):
        return pane(request, case, queue, problem=problem, status=422)
    return page(request, case, problem=problem, status=409)


def _just_done(request: HttpRequest, case: Case, form: StepForm, *, same_words: bool = False) -> bool:
    """Whether this person took this step a moment ago (and said the same)."""
    recent = clock.now() - _MOMENT
    words = {str(value).strip() for value in getattr(form, "cleaned_data", {}).values() if value} | {""}
    return any(
        entry.by_id == request.user.pk
        and entry.verb == form.verb
        and (not same_words or (entry.at >= recent and entry.note in words and _same_flags(entry.data, form)))
        for entry in queries.timeline(case, request.user)[-3:]
    )


def _same_flags(data: dict[str, Any], form: StepForm) -> bool:
    given = form.cleaned_data
    return all(data[name] == given.get(name) for name in ("emerging", "legacy", "assignment") if name in data)


def _already(request: HttpRequest, case: Case, queue: str) -> HttpResponse:
    messages.info(request, _("%(number)s: already done, nothing was done twice.") % {"number": case.number})
    return _leave(request, case, queue)


def _done(
    request: HttpRequest, case: Case, verb: str, queue: str, following: Case | None, remarks: list[str]
) -> HttpResponse:
    text = str(DONE[verb]) % {"number": case.number}
    undo = reverse("desk:case-undo-merge", args=[case.number]) if verb == "merge" else ""
    if not _is_partial(request):
        messages.success(request, text, extra_tags=f"undo:{undo}" if undo else "")
        for remark in remarks:
            messages.warning(request, remark)
        return _leave(request, case, queue, verb=verb)
    context: dict[str, Any] = {"done": case, "text": " ".join([text, *remarks]), "undo": undo}
    now = _still_seen(request, case)
    if now is not None and (not queue or now.state in QUEUE_STATES[queue].states):
        return pane(request, now, queue, **context | {"done": None})
    if following is None:
        return render(request, "desk/cases/done.html", context | {"queue": queue})
    return pane(request, following, queue, **context)


def _following(request: HttpRequest, case: Case, queue: str) -> Case | None:
    """The case after this one in the queue, which the pane shows next."""
    if not queue or not _is_partial(request) or case.due_at is None:
        return None
    rest = queries.queue(request.user, queue, after=(case.due_at, case.pk), limit=1)
    found = rest or [c for c in queries.queue(request.user, queue, limit=2) if c.pk != case.pk]
    return found[0] if found else None


def _still_seen(request: HttpRequest, case: Case) -> Case | None:
    try:
        return queries.get_case(request.user, case.number)
    except NotFoundError:
        return None


def _leave(request: HttpRequest, case: Case, queue: str, *, verb: str = "") -> HttpResponse:
    if _still_seen(request, case) is not None:
        return _go(request, reverse("desk:case", args=[case.number]))
    if verb:
        request.session[_LEFT] = f"{case.number} {verb}"
    return _go(request, reverse("desk:queue", args=[queue]) if queue else reverse("desk:home"))


def _go(request: HttpRequest, url: str) -> HttpResponse:
    if _is_partial(request):
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)


def _is_partial(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


@gate(P.CASE_MERGE)
@require_POST
def undo_merge(request: HttpRequest, number: str) -> HttpResponse:
    """Take back a merge that was just made."""
    case = queries.get_case(request.user, number)
    actions.unmerge(case=case, by=request.user, reason=_("Merged by mistake; taken back at once."))
    messages.success(request, str(DONE["unmerge"]) % {"number": case.number})
    return redirect("desk:case", number=case.number)
