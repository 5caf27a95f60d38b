"""派遣规则: who answers for what, where; and a trial that explains itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from wangge.doors.desk import paging
from wangge.doors.desk.catalogue.forms import RuleForm, TrialForm, area_choices
from wangge.doors.desk.catalogue.views import tabs
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue import actions
from wangge.foundation.catalogue import queries as catalogue
from wangge.foundation.catalogue.kinds import Module
from wangge.foundation.core.problems import NotAllowedError, NotFoundError, Problem
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.foundation.catalogue.models import RoutingRule


def _narrowed(request: HttpRequest) -> tuple[list[RoutingRule], dict[str, str]]:
    given = {name: request.GET.get(name, "").strip()[:30] for name in ("matter", "class", "module", "area", "q")}
    one = None
    if given["matter"]:
        try:
            one = catalogue.get_matter(given["matter"])
        except NotFoundError:
            given["matter"] = ""
    area = None
    if given["area"].isdecimal():
        try:
            area = places.get_area(int(given["area"][:18]))
        except NotFoundError:
            given["area"] = ""
    found = catalogue.rules(matter=one, area=area)
    if given["class"]:
        found = [r for r in found if r.matter_class is not None and r.matter_class.code == given["class"]]
    if given["module"]:
        found = [r for r in found if r.module == given["module"]]
    if given["q"]:
        found = [r for r in found if given["q"] in r.subject or given["q"] in r.target]
    return found, given


def _trial(request: HttpRequest) -> dict[str, Any]:
    form = TrialForm(request.GET if "try-matter" in request.GET else None, user=request.user)
    if not form.is_bound or not form.is_valid() or not form.cleaned_data["matter"] or not form.cleaned_data["area"]:
        return {"trial": form, "route": None}
    one = catalogue.get_matter(form.cleaned_data["matter"])
    area = places.get_area(form.cleaned_data["area"])
    route = catalogue.route(one, area)
    return {
        "trial": form,
        "route": route,
        "reasons": [str(reason) for reason in route.why],
        "tried": {"matter": one, "area": area},
    }


def _page(request: HttpRequest, *, form: RuleForm | None = None, status: int = 200) -> HttpResponse:
    may_edit = authority_of(request.user).holds(P.ROUTING_EDIT)
    found, given = _narrowed(request)
    after = paging.by_id(request.GET, "from") or 0
    shown = found[after : after + paging.PAGE]
    context = {
        "tabs": tabs("routing", request.user),
        "rules": shown,
        "given": given,
        "filtered": any(given.values()),
        "modules": Module.choices,
        "classes": catalogue.classes(),
        "areas": area_choices(request.user, _("All places"))[1:],
        "may_edit": may_edit,
        "form": (form or RuleForm(user=request.user)) if may_edit else None,
        "next_url": paging.next_url(request.GET, **{"from": after + paging.PAGE})
        if len(found) > after + paging.PAGE
        else "",
        "first_url": paging.next_url(request.GET, **{"from": ""}) if after else "",
    }
    return render(request, "desk/catalogue/routing.html", context | _trial(request), status=status)


def refused_page(request: HttpRequest, form: RuleForm) -> HttpResponse:
    """The page with a refused form."""
    return _page(request, form=form, status=422)


@gate(P.CATALOGUE_VIEW)
@require_GET
def routing(request: HttpRequest) -> HttpResponse:
    """The rules in force, and "try it"."""
    return _page(request)


@gate(P.ROUTING_EDIT)
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Add a rule from today on."""
    form = RuleForm(request.POST, user=request.user)
    if form.is_valid():
        try:
            rule = actions.save_rule(by=request.user, **form.values())
        except NotAllowedError:
            raise
        except Problem as problem:
            field = {"matter": "subject", "module": "subject"}.get(problem.field or "", problem.field)
            form.add_error(field if field in form.fields else None, str(problem.title))
        else:
            messages.success(request, _("The rule holds from today: %(rule)s") % {"rule": rule})
            return redirect("desk:routing")
    return _page(request, form=form, status=422)


@gate(P.ROUTING_EDIT)
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a rule end today."""
    rule = catalogue.get_rule(pk)
    try:
        actions.end_rule(by=request.user, rule=rule)
    except NotAllowedError:
        raise
    except Problem as problem:
        messages.error(request, str(problem.title))
    else:
        messages.success(request, _("The rule has ended: %(rule)s") % {"rule": rule})
    return redirect(reverse("desk:routing"))
