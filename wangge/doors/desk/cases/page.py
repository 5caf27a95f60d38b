"""The case page, the pane beside a list, and the small pieces that their forms ask for."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.http import JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from wangge.domains.cases import actions, procedures, queries
from wangge.domains.cases.learning import advice
from wangge.domains.cases.learning.duplicates import RADIUS_M
from wangge.doors.desk.cases.alike import possible_duplicates, radius_of
from wangge.doors.desk.cases.dossier import MEDIA, described
from wangge.doors.desk.cases.forms import STEP_FORMS
from wangge.doors.desk.cases.rows import points
from wangge.doors.desk.clocks import limit_in_words
from wangge.doors.desk.map.scope import map_urls
from wangge.doors.desk.whistles.lines import on_case
from wangge.doors.desk.words import DO, QUEUES
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue import queries as catalogue
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.media import limits

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.cases.models import Case
    from wangge.doors.desk.cases.step_form import StepForm
    from wangge.foundation.accounts.models import User
    from wangge.foundation.catalogue.models import Matter

_LESS_OFTEN = frozenset({"void", "flag", "close", "ask_for_more", "contact", "supervise"}) | {
    # sub-procedures: none of them is the ordinary next step
    *("ask_extension", "ask_hang", "call_ruling", "escalate", "hand_down", "assist", "waive_assist"),
}
_MATTERS_SHOWN = 12
# Nothing must be typed: the keyboard rests on the button, so that one more Enter takes the step.
_READY = frozenset({"file", "dispatch", "sign_for", "verify", "pass_spot_check", "close", "grant_extension", "hang"})


def step_forms(
    case: Case,
    user: User,
    *,
    bound: StepForm | None = None,
    opened: str = "",
    queue: str = "",
    text: str = "",
    radius: int = RADIUS_M,
) -> list[dict[str, Any]]:
    """The forms of the steps that this person may take now; one is open: the asked for, the refused, or the first."""
    allowed = {step.verb for step in queries.next_steps(case, user)}
    forms: list[dict[str, Any]] = []
    for verb, form_class in STEP_FORMS.items():
        if verb not in allowed:
            continue
        if bound is not None and bound.verb == verb:
            form: StepForm = bound
        elif form_class.offered(case, user):
            form = form_class(case=case, user=user, queue=queue)
        else:
            continue
        forms.append({"verb": verb, "form": form, "look": DO[verb], "rare": verb in _LESS_OFTEN})
    if procedures.needs_ruling(case):  # then a meeting is the ordinary next step
        for entry in forms:
            entry["rare"] = entry["rare"] and entry["verb"] != "call_ruling"
        forms.sort(key=lambda entry: entry["verb"] not in {"rule", "call_ruling"})
    wanted = bound.verb if bound is not None else opened
    verbs = [entry["verb"] for entry in forms]
    first = wanted if wanted in verbs else next((entry["verb"] for entry in forms if not entry["rare"]), "")
    for entry in forms:
        entry["open"] = entry["verb"] == first
        entry["ready"] = entry["verb"] in _READY
        entry.update(extras(entry["form"], case, user, text=text, radius=radius))
    return forms


def extras(form: StepForm, case: Case, user: User, *, text: str = "", radius: int = RADIUS_M) -> dict[str, Any]:
    """What single forms need beside their fields."""
    if form.verb == "file":
        return matter_choices(case, str(form["matter"].value() or ""), text)
    if form.verb == "merge":
        return possible_duplicates(case, user, radius)
    if form.photo_fields:
        return {"upload_url": MEDIA, "limits": limits()}
    return {}


def matter_choices(case: Case, selected: str = "", text: str = "") -> dict[str, Any]:
    """Matters to choose from: what was searched, else what was chosen before, else what the words suggest."""
    options: list[dict[str, Any]] = []
    if text:
        options = [{"matter": m, "words": (), "percent": None} for m in catalogue.matters(text=text)[:_MATTERS_SHOWN]]
        selected = ""
    else:
        if selected:
            try:
                options.append({"matter": catalogue.get_matter(selected), "words": (), "percent": None})
            except NotFoundError:
                selected = ""
        known = {option["matter"].pk for option in options}
        proposed = advice.suggest(case.text)
        for option in options:  # what the reporter chose may also be what his words say
            same = next((p for p in proposed if p.matter.pk == option["matter"].pk), None)
            if same is not None:
                option.update(words=same.words, percent=same.percent)
        options += [
            {"matter": p.matter, "words": p.words, "percent": p.percent} for p in proposed if p.matter.pk not in known
        ]
    codes = [option["matter"].code for option in options]
    chosen = selected if selected in codes else next(iter(codes), "")
    matter = next((o["matter"] for o in options if o["matter"].code == chosen), None)
    return {"options": options, "chosen": chosen, "searched": text, "preview": preview(matter, case)}


def preview(matter: Matter | None, case: Case) -> dict[str, Any] | None:
    """Where a matter would go from this place, how long that may take, and what will be asked for."""
    if matter is None:
        return None
    route = catalogue.route(matter, case.area, compound=case.compound)
    asks = [
        text
        for wanted, text in (
            (matter.before_photo, _("photo before")),
            (matter.after_photo, _("photo afterwards")),
            (matter.legal_basis_required, _("legal basis")),
            (matter.area_required, _("area")),
        )
        if wanted
    ]
    limit = limit_in_words(matter.handling_kind, matter.handling_amount)
    return {"matter": matter, "route": route, "reasons": [str(r) for r in route.why], "asks": asks, "limit": limit}


def page(request: HttpRequest, case: Case, *, status: int = 200, **more: Any) -> HttpResponse:
    """The whole case page."""
    opened, bound = more.pop("opened", ""), more.pop("bound", None)
    context = described(case, request.user, whole=True) | {  # type: ignore[arg-type]
        "forms": step_forms(
            case,
            request.user,  # type: ignore[arg-type]
            bound=bound,
            opened=opened,
            text=_search(request),
            radius=radius_of(request),
        ),
        "bound": bound,
        "map": map_urls(),
        "point": points([case]),
        "centre": f"{case.lon},{case.lat}" if case.lon is not None else "",
    }
    return render(request, "desk/cases/page.html", context | on_case(case, request.user) | more, status=status)


def pane(request: HttpRequest, case: Case, queue: str, *, status: int = 200, **more: Any) -> HttpResponse:
    """The pane beside a list: the case in short, and the forms of the steps."""
    opened, bound = more.pop("opened", ""), more.pop("bound", None)
    user: Any = request.user
    forms = step_forms(case, user, bound=bound, opened=opened, queue=queue, radius=radius_of(request))
    context = described(case, user) | {
        "forms": forms,
        "bound": bound,
        "queue": queue,
        "in_pane": True,
        "group": uuid.uuid4().hex[:8],
        # Never on another step than the one asked for: "3" and Enter must not accept.
        "focused": any(entry["verb"] == opened for entry in forms),
    }
    return render(request, "desk/cases/pane.html", context | more, status=status)


def _search(request: HttpRequest) -> str:
    return request.GET.get("q", "").strip()[:30]


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_GET
def case_page(request: HttpRequest, number: str) -> HttpResponse:
    """One case."""
    case = queries.get_case(request.user, number)
    return page(request, case, opened=request.GET.get("open", ""))


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_GET
def panel(request: HttpRequest, number: str) -> HttpResponse:
    """One case beside a list."""
    case = queries.get_case(request.user, number)
    queue = request.GET.get("queue", "")
    return pane(request, case, queue if queue in QUEUES else "", opened=request.GET.get("open", ""))


@gate(P.CASE_FILE)
@require_GET
def matters(request: HttpRequest, number: str) -> HttpResponse:
    """The choice of matters for what was typed, with the preview of the first or of the chosen one."""
    case = queries.get_case(request.user, number)
    context = matter_choices(case, "", _search(request))
    return render(request, "desk/cases/steps/matters.html", {"case": case, "entry": context})


@gate(P.CASE_FILE)
@require_GET
def route_preview(request: HttpRequest, number: str) -> HttpResponse:
    """Where the chosen matter would go."""
    case = queries.get_case(request.user, number)
    matter = catalogue.get_matter(request.GET.get("matter", "")[:5])
    return render(request, "desk/cases/steps/route.html", {"case": case, "preview": preview(matter, case)})


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_POST
def contact(request: HttpRequest, number: str, voice: uuid.UUID) -> HttpResponse:
    """Name and phone of one reporter, shown once, for a purpose, with an audit row. The phone's shell asks for JSON."""
    case = queries.get_case(request.user, number)
    report = queries.get_voice(case, request.user, voice)
    found = actions.reveal_contact(report=report, by=request.user, purpose=request.POST.get("purpose", ""))
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"name": found.name, "phone": found.phone})
    template = "desk/cases/contact.html" if request.htmx else "desk/cases/contact_page.html"  # type: ignore[attr-defined]
    return render(request, template, {"case": case, "contact": found})
