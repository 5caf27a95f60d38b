"""拟新增派遣规则: rules that rulings propose, tried on last month's cases, accepted or refused; and the versions of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from wangge.domains.cases.learning import backtest
from wangge.doors.desk import paging
from wangge.doors.desk.catalogue.trial import trial_lines
from wangge.doors.desk.catalogue.views import tabs
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue import actions
from wangge.foundation.catalogue import proposals as catalogue
from wangge.foundation.catalogue.models import RuleProposal
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError, Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_PAGE = 20
_VERSIONS = 10
MAX_DECISION = 2000
_ORIGINS = {"ruling": gettext_lazy("From a joint ruling on the spot")}
_CHANGES = {
    "catalogue.load": gettext_lazy("Shipped rules were loaded"),
    "rule.save": pgettext_lazy("version of rules", "A rule was added"),
    "rule.end": pgettext_lazy("version of rules", "A rule was ended"),
}


class DecisionForm(forms.Form):
    """Why a proposal is accepted or refused."""

    decision = forms.CharField(required=False, max_length=MAX_DECISION)


@gate(P.ROUTING_EDIT)
@require_GET
def proposals(request: HttpRequest) -> HttpResponse:
    """The proposals that wait; with ?state= those that were decided."""
    state = request.GET.get("state", "")
    state = state if state in RuleProposal.State.values else RuleProposal.State.PROPOSED.value
    before = paging.by_id(request.GET)
    found = catalogue.proposals(request.user, state=state, before=before, limit=_PAGE + 1)
    shown = found[:_PAGE]
    context = {
        "tabs": tabs("proposals", request.user),
        "rows": [_line(row, rule) for row, rule in shown],
        "state": state,
        "states": RuleProposal.State.choices,
        "next_url": paging.next_url(request.GET, before=shown[-1][0].pk) if len(found) > _PAGE else "",
        "first_url": paging.next_url(request.GET, before="") if before else "",
    }
    return render(request, "desk/catalogue/proposals.html", context)


def _line(row: RuleProposal, rule: Any) -> dict[str, Any]:
    return {"proposal": row, "rule": rule, "origin": _ORIGINS.get(row.origin_type, "")}


def _one(request: HttpRequest, pk: int, *, typed: str = "", problem: str = "", status: int = 200) -> HttpResponse:
    row, rule = catalogue.get_proposal(request.user, pk)
    context: dict[str, Any] = _line(row, rule) | {
        "tabs": tabs("proposals", request.user),
        "replaces": catalogue.same_subject(rule, clock.today()),
        "open": row.state == RuleProposal.State.PROPOSED,
        "typed": typed,
        "problem": problem,
    }
    if row.trial is not None:
        context |= trial_lines(request.user, backtest.Trial.of(row.trial))
    return render(request, "desk/catalogue/proposal.html", context, status=status)


@gate(P.ROUTING_EDIT)
@require_GET
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal: the rule, where it comes from, its trial, the decision."""
    return _one(request, pk)


@gate(P.ROUTING_EDIT)
@require_POST
def try_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Route last month's cases by the proposed rule, and keep the result with it."""
    row, rule = catalogue.get_proposal(request.user, pk)
    try:
        actions.keep_trial(proposal=row, trial=backtest.try_rule(rule).as_data(), by=request.user)
    except NotAllowedError:
        raise
    except Problem as problem:
        return _one(request, pk, problem=str(problem), status=problem.status)
    return redirect("desk:rule-proposal", pk=pk)


@gate(P.ROUTING_EDIT)
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept or refuse; a refusal says why."""
    row, rule = catalogue.get_proposal(request.user, pk)
    form = DecisionForm(request.POST)
    accepts = request.POST.get("what") == "accept"
    if not form.is_valid():
        typed = request.POST.get("decision", "")[: 2 * MAX_DECISION]
        return _one(request, pk, typed=typed, problem=str(form.errors["decision"][0]), status=422)
    decision = form.cleaned_data["decision"]
    try:
        if accepts:
            actions.accept_proposal(proposal=row, by=request.user, decision=decision)
        else:
            actions.refuse_proposal(proposal=row, by=request.user, decision=decision)
    except NotAllowedError:
        raise
    except Problem as problem:
        return _one(request, pk, typed=decision, problem=str(problem), status=422)
    if accepts:
        messages.success(request, _("The rule holds from today: %(rule)s") % {"rule": rule})
    else:
        messages.success(request, _("The proposal was refused; the rules stay as they are."))
    return redirect("desk:rule-proposals")


@gate(P.CATALOGUE_VIEW)
@require_GET
def versions(request: HttpRequest) -> HttpResponse:
    """The versions of the rules, newest first, each with what it changed."""
    before = paging.by_id(request.GET)
    found = catalogue.versions(_VERSIONS + 1, before=before)
    shown = found[:_VERSIONS]
    context = {
        "tabs": tabs("routing", request.user),
        "rows": [
            {
                "version": row,
                "what": _CHANGES.get(row.note.split(" ")[0], ""),
                "change": catalogue.change_of(row) if not row.note.startswith("catalogue.load") else None,
            }
            for row in shown
        ],
        "next_url": paging.next_url(request.GET, before=shown[-1].pk) if len(found) > _VERSIONS else "",
        "first_url": paging.next_url(request.GET, before="") if before else "",
    }
    return render(request, "desk/catalogue/versions.html", context)
