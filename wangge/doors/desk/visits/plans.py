"""Rules of visits, campaigns and weather notices: what is planned, by whom, and how far it has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.fieldwork import campaigns as reads
from wangge.domains.fieldwork import visits
from wangge.domains.fieldwork.actions import campaigns as actions
from wangge.domains.fieldwork.actions import visit_rules
from wangge.domains.fieldwork.models import WeatherNotice
from wangge.doors.desk import paging
from wangge.doors.desk.visits.forms import CampaignForm, RuleForm, WeatherForm, office_time, words_of
from wangge.doors.desk.visits.tabs import tabs
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue.queries import get_matter
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError, NotFoundError, Problem
from wangge.foundation.places.queries import get_area

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from django import forms
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.fieldwork.models import Campaign, VisitRule


def tried(form: forms.Form, act: Callable[[], Any]) -> Any:
    """What an action gives; None when it refused, and then the form says why."""
    try:
        return act()
    except (NotFoundError, NotAllowedError):
        raise
    except Problem as problem:
        form.add_error(problem.field if problem.field in form.fields else None, str(problem.title))
        return None


# Rules


@gate(P.VISIT_VIEW)
@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """Every rule in force, with the matter on which it rests."""
    context = {
        "tabs": tabs("rules", request.user),
        "rows": [_rule(request.user, rule) for rule in visits.rules(request.user)],
        "may_plan": authority_of(request.user).holds(P.VISIT_PLAN),
    }
    return render(request, "desk/visits/rules.html", context)


def _rule(user: Any, rule: VisitRule) -> dict[str, Any]:
    one = {"object": rule.object, "need": rule.need, "kind": rule.firm_kind}
    return {"rule": rule, "who": words_of(one), "may_end": visit_rules.may_set(user, rule.area)}


@gate(P.VISIT_PLAN)
@require_http_methods(["GET", "POST"])
def new_rule(request: HttpRequest) -> HttpResponse:
    """A rule of one's own place."""
    return _edit_rule(request, None)


@gate(P.VISIT_PLAN)
@require_http_methods(["GET", "POST"])
def edit_rule(request: HttpRequest, rule: int) -> HttpResponse:
    """A new version of a rule, for a place of one's own."""
    return _edit_rule(request, visits.get_rule(request.user, rule))


def _edit_rule(request: HttpRequest, rule: VisitRule | None) -> HttpResponse:
    form = RuleForm(request.POST or None, user=request.user, rule=rule)  # type: ignore[arg-type]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = tried(
            form,
            lambda: visit_rules.set_rule(
                by=request.user,
                matter=get_matter(given["matter"]),
                area=get_area(given["area"]) if given["area"] else None,
                **form.values(),
            ),
        )
        if made is not None:
            messages.success(request, _("The rule holds from today. The visits due follow tonight."))
            return redirect("desk:visit-rules")
    context = {
        "form": form,
        "title": _("New rule") if rule is None else rule.name,
        "note": _(
            "The version before stays as it was and ends today. A rule of a place goes before one for everywhere."
        ),
        "back_url": reverse("desk:visit-rules"),
        "back": _("Rules of visits"),
        "versions": visits.versions_of(rule) if rule is not None else [],
    }
    return render(request, "desk/visits/form.html", context, status=422 if request.method == "POST" else 200)


@gate(P.VISIT_PLAN)
@require_POST
def end_rule(request: HttpRequest, rule: int) -> HttpResponse:
    """It asks for nothing any more."""
    visit_rules.end_rule(by=request.user, rule=visits.get_rule(request.user, rule))
    messages.success(request, _("Ended from today."))
    return redirect("desk:visit-rules")


# Campaigns


@gate(P.VISIT_VIEW)
@require_GET
def campaigns(request: HttpRequest) -> HttpResponse:
    """Campaigns of one's places, newest first; on each page those under way before the others."""
    before = paging.by_id(request.GET)
    found = reads.campaigns(request.user, before=before, limit=reads.PAGE + 1)
    shown = found[: reads.PAGE]
    context = {
        "tabs": tabs("campaigns", request.user),
        "rows": sorted(shown, key=lambda one: one.state != one.State.RUNNING),
        "may_plan": authority_of(request.user).holds(P.VISIT_PLAN),
        "next_url": paging.next_url(request.GET, before=shown[-1].pk) if len(found) > reads.PAGE else "",
        "first_url": reverse("desk:campaigns") if before else "",
    }
    return render(request, "desk/visits/campaigns.html", context)


@gate(P.VISIT_PLAN)
@require_http_methods(["GET", "POST"])
def new_campaign(request: HttpRequest) -> HttpResponse:
    """Make a campaign; a preview says how many doors it would mean."""
    form = CampaignForm(request.POST or None, user=request.user)  # type: ignore[arg-type]
    context: dict[str, Any] = {"form": form}
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        given, values = form.cleaned_data, form.values()
        area = get_area(given["area"])
        if "preview" in request.POST:
            whole, lines = reads.preview(request.user, values["choice"], area, values["trigger"])
            context |= {"whole": whole, "lines": lines, "care": reads.asks_for_needs(values["choice"])}
            status = 200
        else:
            made = tried(
                form,
                lambda: actions.make_campaign(by=request.user, area=area, matter=get_matter(given["matter"]), **values),
            )
            if made is not None:
                messages.success(request, _("The campaign is ready. It starts by hand or with a weather notice."))
                return redirect("desk:campaign", campaign=made.public_id)
    return render(request, "desk/visits/campaign_new.html", context, status=status)


@gate(P.VISIT_VIEW)
@require_GET
def campaign(request: HttpRequest, campaign: uuid.UUID) -> HttpResponse:
    """One campaign: whom it means, and how far it has come by grid; never by worker."""
    one = reads.get_campaign(request.user, campaign)
    context = {
        "campaign": one,
        "who": [words_of(each) for each in one.objects_chosen],
        "states": [state.label for state in reads.STATES],
        "progress": _progress(reads.progress(request.user, one)) if one.started_at is not None else None,
        "may_plan": authority_of(request.user).may(P.VISIT_PLAN, area_path=one.area_path),
        "care": reads.asks_for_needs(one.objects_chosen),
    }
    return render(request, "desk/visits/campaign.html", context)


def _progress(held: reads.Progress) -> dict[str, Any]:
    labels = [state.label for state in reads.STATES]
    rows = [(line.area.name, line.counts) for line in held.lines]
    if len(rows) > 1:
        rows.append((_("Altogether"), held.counts))
    return {
        "chosen": held.chosen,
        "rows": [{"name": name, "cells": list(zip(labels, counts, strict=True))} for name, counts in rows],
    }


_STEPS: dict[str, Callable[..., Campaign]] = {
    "start": actions.start_campaign,
    "end": actions.end_campaign,
    "repeat": actions.repeat_campaign,
}


@gate(P.VISIT_PLAN)
@require_POST
def campaign_step(request: HttpRequest, campaign: uuid.UUID, step: str) -> HttpResponse:
    """Start it, end it, or make the same once more."""
    one = reads.get_campaign(request.user, campaign)
    if step not in _STEPS:
        raise NotFoundError
    try:
        one = _STEPS[step](by=request.user, campaign=one)
    except (NotFoundError, NotAllowedError):
        raise
    except Problem as problem:
        messages.error(request, str(problem.title))
    else:
        said = {"start": _("The campaign has begun."), "end": _("The campaign has ended."), "repeat": _("It is ready.")}
        messages.success(request, said[step])
    return redirect("desk:campaign", campaign=one.public_id)


# Weather

_TONES = {WeatherNotice.Level.BLUE.value: "blue", WeatherNotice.Level.RED.value: "red"}


@gate(P.VISIT_VIEW)
@require_http_methods(["GET", "POST"])
def weather(request: HttpRequest) -> HttpResponse:
    """Weather notices; entering one starts the campaigns that wait for it."""
    may_plan = authority_of(request.user).holds(P.VISIT_PLAN)
    if request.method == "POST" and not may_plan:
        raise NotAllowedError
    form = WeatherForm(request.POST or None, user=request.user) if may_plan else None  # type: ignore[arg-type]
    status = 200
    if request.method == "POST" and form is not None:
        status = 422
        if form.is_valid():
            given = dict(form.cleaned_data)
            area = get_area(given.pop("area"))
            given |= {name: office_time(given[name]) for name in ("starts_at", "ends_at")}
            done = tried(form, lambda: actions.announce_weather(by=request.user, area=area, **given))
            if done is not None:
                begun = len(done[1])
                text = ngettext("Entered. %(n)s campaign has begun.", "Entered. %(n)s campaigns have begun.", begun)
                messages.success(request, text % {"n": begun})
                return redirect("desk:weather")
    now = clock.now()
    context = {
        "tabs": tabs("weather", request.user),
        "form": form,
        "rows": [
            {
                "notice": one,
                "running": one.ends_at > now,
                "tone": _TONES.get(one.level, "amber") if one.ends_at > now else "quiet",
                "may_end": one.ends_at > now and authority_of(request.user).may(P.VISIT_PLAN, area_path=one.area.path),
            }
            for one in reads.weather(request.user)
        ],
    }
    return render(request, "desk/visits/weather.html", context, status=status)


@gate(P.VISIT_PLAN)
@require_POST
def end_weather(request: HttpRequest, notice: int) -> HttpResponse:
    """It is over sooner."""
    try:
        actions.end_weather(by=request.user, notice=reads.get_weather(request.user, notice))
    except (NotFoundError, NotAllowedError):
        raise
    except Problem as problem:
        messages.error(request, str(problem.title))
    else:
        messages.success(request, _("Noted: it is over."))
    return redirect("desk:weather")
