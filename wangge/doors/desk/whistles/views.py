"""Whistles: the list, one with its board, and each act as the post of a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.cases import queries, whistle_queries
from wangge.domains.cases.actions import whistling
from wangge.domains.cases.whistling import W
from wangge.doors.desk import paging
from wangge.doors.desk.cases.dossier import MEDIA, photos
from wangge.doors.desk.cases.rows import place_line, points
from wangge.doors.desk.cases.steps import received_photos, sentences
from wangge.doors.desk.map.scope import map_urls
from wangge.doors.desk.whistles import forms
from wangge.doors.desk.whistles.lines import countdown, look_of, rows, unit_lines
from wangge.doors.desk.whistles.words import CALL_OFF, DO, DONE
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import get_organisation
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError, Problem
from wangge.foundation.media import limits

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.cases.models import Whistle
    from wangge.domains.cases.whistle_queries import Sight
    from wangge.doors.desk.words import Look

_PAGE = 30
_WITH_PHOTOS = frozenset({"contribute", "conclude"})
_OF_A_UNIT = frozenset({"contribute", "arrive"})
_ABOUT_A_UNIT = _OF_A_UNIT | {"vouch"}
_MATTERS = frozenset({"call", "conclude", "rate", "arrive"})  # what somebody who opens the page most likely wants


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_GET
def whistles(request: HttpRequest) -> HttpResponse:
    """What runs, the most pressing first; behind the other tab what has ended, newest first."""
    ended = request.GET.get("tab") == "ended"
    before = paging.by_id(request.GET)
    if ended:
        found = whistle_queries.ended(request.user, before=before, limit=_PAGE + 1)
    else:
        found = whistle_queries.running(request.user)
    more = ended and len(found) > _PAGE
    shown = found[:_PAGE] if ended else found
    context = {
        "rows": rows(shown),
        "ended": ended,
        "tabs": tabs(request, "ended" if ended else "running"),
        "next_url": paging.next_url(request.GET, before=shown[-1].pk) if more else "",
        "first_url": paging.next_url(request.GET, before="") if before is not None else "",
    }
    return render(request, "desk/whistles/list.html", context)


def tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    """Running, ended, and what the person's posts let him see beside them."""
    page = reverse("desk:whistles")
    authority = authority_of(request.user)
    every = [
        ("running", _("Running"), page, "speakerphone"),
        ("ended", pgettext("whistle", "Ended"), f"{page}?tab=ended", "archive"),
    ]
    if authority.holds(P.STATS_VIEW) or authority.holds(P.CASE_HANDLE):
        every.append(("figures", _("Quarterly figures"), reverse("desk:whistle-figures"), "chart-bar"))
    if authority.holds(P.CATALOGUE_EDIT):
        every.append(("kinds", _("Kinds"), reverse("desk:whistle-kinds"), "adjustments"))
    return [
        {"label": label, "url": url, "icon": icon, "active": key == current, "count": None}
        for key, label, url, icon in every
    ]


# -- blowing


@gate(P.WHISTLE_BLOW, P.WHISTLE_CALL)
@require_http_methods(["GET", "POST"])
def blow(request: HttpRequest, number: str) -> HttpResponse:
    """Blow the whistle about a case; one that is under way is shown instead."""
    case = queries.get_case(request.user, number)
    under_way = whistle_queries.under_way(case)
    if under_way is not None:
        messages.info(request, _("A whistle about this case is already under way."))
        return redirect("desk:whistle", whistle=under_way)
    kinds = whistle_queries.kinds_for(case, request.user, running=False)
    if not kinds:
        if not case.is_open:
            raise ConflictError(_("This case has ended; nobody can be called for it any more."))
        raise NotAllowedError
    form = forms.BlowForm(request.POST if request.method == "POST" else None, kinds=kinds)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        kind = whistle_queries.get_kind(given["kind"])
        try:
            made = whistling.blow(case=case, by=request.user, kind=kind, reason=given["reason"])
        except NotAllowedError:
            raise
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else None, sentences(problem))
        else:
            messages.success(request, str(DONE["blow"]) % {"number": made.number})
            return redirect("desk:whistle", whistle=made.number)
    context = {"case": case, "form": form, "place": place_line(case)}
    return render(request, "desk/whistles/blow.html", context, status=422 if form.is_bound else 200)


# -- one whistle


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_GET
def whistle(request: HttpRequest, whistle: str) -> HttpResponse:
    """One whistle: why, who is called, who is there, and what this person may do now."""
    return _page(request, whistle_queries.get_whistle(request.user, whistle), opened=request.GET.get("open", ""))


@gate(P.CASE_VIEW, P.CASE_HANDLE)
@require_GET
def board(request: HttpRequest, whistle: str) -> HttpResponse:
    """The called units only: fetched again every fifteen seconds while the page is open."""
    found = whistle_queries.get_whistle(request.user, whistle)
    return render(request, "desk/whistles/board.html", _on_board(request, found))


def _on_board(request: HttpRequest, found: Whistle) -> dict[str, Any]:
    seen = whistle_queries.sight(found, request.user)
    return {
        "whistle": found,
        "look": look_of(found),
        "clock": countdown(found, seen.calls),
        "units": unit_lines(found, seen),
        "live": found.is_running,
        "seen": seen,
    }


def _page(
    request: HttpRequest,
    found: Whistle,
    *,
    bound: tuple[str, Any] | None = None,
    opened: str = "",
    status: int = 200,
    problem: Problem | None = None,
) -> HttpResponse:
    context = _on_board(request, found)
    seen = context["seen"]
    case = found.case
    pictures = photos(seen.photos, hidden=False)
    context |= {
        "case": case,
        "place": place_line(case),
        "case_opens": seen.case_opens,
        "photos": pictures["shown"],
        "photos_pending": pictures["pending"],
        "acts": _acts(found, seen, bound, opened),
        "problem": problem,
        "map": map_urls(),
        "point": points([case]),
        "centre": f"{case.lon},{case.lat}" if case.lon is not None else "",
        "upload_url": MEDIA,
        "limits": limits(),
    }
    # Whoever has come to the spot finds the button at the top of his phone.
    context["comes"] = any(entry["act"] == "arrive" for entry in context["acts"])
    return render(request, "desk/whistles/page.html", context, status=status)


def _acts(found: Whistle, seen: Sight, bound: tuple[str, Any] | None, opened: str) -> list[dict[str, Any]]:
    """The forms of what this person may do now; one is open: the refused, the asked for, or the most likely."""
    mine = [call for call in seen.calls if call.pk in seen.own]
    offered: list[dict[str, Any]] = []
    for act, look in DO.items():
        if act not in seen.may:
            continue
        if act in _OF_A_UNIT:
            awaited = [c for c in mine if (c.arrived_at is None) == (act == "arrive") and not c.excused]
            offered += [{"act": act, "look": look, "call": call, "form": None} for call in awaited]
            continue
        if act == "conclude" and not _lead_is_there(found, seen):
            continue
        offered.append({"act": act, "look": _off(found) if act == "decline" else look, "form": None})
    for entry in offered:
        entry["key"] = f"{entry['act']}-{entry['call'].pk}" if "call" in entry else entry["act"]
        entry["form"] = bound[1] if bound and bound[0] == entry["key"] else _form(entry["act"], None, found)
        entry["url"] = _url(found, entry)
    keys = [entry["key"] for entry in offered]
    likely = next((entry["key"] for entry in offered if entry["act"] in _MATTERS), "")
    wanted = bound[0] if bound and bound[0] in keys else opened if opened in keys else likely
    for entry in offered:
        entry["open"] = entry["key"] == wanted
    return [entry for entry in offered if not _empty(entry)]


def _lead_is_there(found: Whistle, seen: Sight) -> bool:
    """Whether there can be anything to conclude yet."""
    lead = next((call for call in seen.calls if call.unit_id == found.lead_id), None)
    return lead is not None and lead.on_the_spot


def _off(found: Whistle) -> Look:
    return CALL_OFF if found.state == W.CALLED else DO["decline"]


def _empty(entry: dict[str, Any]) -> bool:
    form = entry["form"]
    if entry["act"] == "excuse":
        return len(form.fields["unit"].choices) < 2
    return entry["act"] == "rate" and not form.units


def _url(found: Whistle, entry: dict[str, Any]) -> str:
    if "call" in entry:
        return reverse("desk:whistle-unit", args=[found.number, entry["call"].pk, entry["act"]])
    return reverse("desk:whistle-do", args=[found.number, entry["act"]])


def _form(act: str, data: Any, found: Whistle) -> Any:
    if act == "call":
        return forms.CallForm(data, case=found.case, kind=found.kind)
    if act == "call_more":
        return forms.MoreForm(data, case=found.case, known=[call.unit_id for call in whistle_queries.calls(found)])
    if act == "excuse":
        return forms.ExcuseForm(data, whistle=found)
    if act == "rate":
        return forms.RateForm(data, whistle=found)
    return {
        "decline": forms.ReasonForm,
        "contribute": forms.ContributeForm,
        "conclude": forms.ConcludeForm,
        "arrive": forms.PositionForm,
    }[act](data)


# -- acts


@gate(P.WHISTLE_CALL, P.WHISTLE_RATE, P.WHISTLE_BLOW, P.CASE_HANDLE)
@require_POST
def do(request: HttpRequest, whistle: str, act: str) -> HttpResponse:
    """Confirm and call, call further units, decline or call off, excuse, conclude, rate."""
    found = whistle_queries.get_whistle(request.user, whistle)
    if act not in DO or act in _OF_A_UNIT:
        raise NotFoundError
    form = _form(act, request.POST, found)
    sent: list[str] = []
    try:
        if act in _WITH_PHOTOS:
            sent = received_photos(request, ("photos",))["photos"]
        if not form.is_valid():
            return _page(request, found, bound=(act, form), status=422)
        words = _take(request, found, act, form, sent)
    except NotAllowedError:
        raise
    except Problem as problem:
        return _refused(request, found, act, form, sent, problem)
    messages.success(request, words)
    return redirect("desk:whistle", whistle=found.number)


def _take(request: HttpRequest, found: Whistle, act: str, form: Any, sent: list[str]) -> str:
    """Take the step; what is said about it."""
    by = request.user
    said: dict[str, Any] = {"number": found.number}
    if act == "call":
        given = form.cleaned_data
        whistling.call(
            whistle=found,
            by=by,
            units=form.summons(),
            lead=get_organisation(given["lead"]),
            place=given["place"],
            meet_at=given["meet_at"],
        )
    elif act == "call_more":
        whistling.call_more(whistle=found, by=by, units=form.summons())
    elif act == "decline":
        whistling.decline(whistle=found, by=by, reason=form.cleaned_data["reason"])
        return str(DONE["call_off" if found.meet_at is not None else "decline"]) % said
    elif act == "excuse":
        given = form.cleaned_data
        call = whistle_queries.get_call(found, given["unit"])
        lead = get_organisation(given["lead"]) if given["lead"] else None
        whistling.excuse(call=call, by=by, reason=given["reason"], lead=lead)
        said["unit"] = call.unit.name
    elif act == "conclude":
        whistling.conclude(whistle=found, by=by, conclusion=form.cleaned_data["conclusion"], photos=sent)
    else:
        whistling.rate(whistle=found, by=by, marks=form.marks())
    return str(DONE[act]) % said


@gate(P.CASE_HANDLE, P.WHISTLE_BLOW, P.WHISTLE_CALL)
@require_POST
def of_unit(request: HttpRequest, whistle: str, call: int, act: str) -> HttpResponse:
    """About one called unit: it checks in, a caller vouches for it, it says what it did."""
    found = whistle_queries.get_whistle(request.user, whistle)
    its = whistle_queries.get_call(found, call)
    if act not in _ABOUT_A_UNIT:
        raise NotFoundError
    said: dict[str, Any] = {"number": found.number, "unit": its.unit.name}
    form: Any = None
    sent: list[str] = []
    key = f"{act}-{its.pk}"
    try:
        if act == "vouch":
            whistling.vouch(call=its, by=request.user)
            words = DONE["vouch"]
        elif act == "arrive":
            form = forms.PositionForm(request.POST)
            came = whistling.arrive(call=its, by=request.user, position=form.position())
            words = DONE["arrive" if came.on_the_spot else "arrive_unproved"]
        else:
            form = forms.ContributeForm(request.POST)
            sent = received_photos(request, ("photos",))["photos"]
            if not form.is_valid():
                return _page(request, found, bound=(key, form), status=422)
            whistling.contribute(call=its, by=request.user, text=form.cleaned_data["text"], photos=sent)
            words = DONE["contribute"]
    except NotAllowedError:
        raise
    except Problem as problem:
        return _refused(request, found, key, form, sent, problem)
    messages.success(request, str(words) % said)
    return redirect("desk:whistle", whistle=found.number)


def _refused(
    request: HttpRequest, found: Whistle, key: str, form: Any, sent: list[str], problem: Problem
) -> HttpResponse:
    """The page again with what was typed; a state that has moved on is shown as it is now."""
    found = whistle_queries.get_whistle(request.user, found.number)
    if isinstance(form, forms.RateForm):
        form.refusal = sentences(problem)
        return _page(request, found, bound=(key, form), status=422)
    if form is not None and isinstance(problem, InvalidError):
        form.is_valid()
        form.add_error(problem.field if problem.field in form.fields else None, sentences(problem))
        form.known_photos = [{"sha256": d, "thumb_url": f"{MEDIA}/{d}?size=thumb"} for d in sent]
        return _page(request, found, bound=(key, form), status=422)
    if form is not None:
        form.known_photos = [{"sha256": d, "thumb_url": f"{MEDIA}/{d}?size=thumb"} for d in sent]
    bound = (key, form) if form is not None else None
    return _page(request, found, bound=bound, status=problem.status, problem=problem)
