"""The policy library: what holds, its versions, a new version with a preview of whom it would newly reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.people import benefits, policies, policy_preview
from wangge.domains.people.actions import policy_versions
from wangge.doors.desk.policies.forms import VersionForm, written
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError, Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.people.models import Policy, PolicyVersion


def tabs(current: str, user: Any) -> list[dict[str, Any]]:
    """The library, and the two lists for those who may know what people need."""
    sections = [("library", _("Policies"), "desk:policies", "notebook")]
    if authority_of(user).holds(P.PERSON_NEED):
        sections += [
            ("unclaimed", _("Entitled, not claimed"), "desk:unclaimed", "heart-handshake"),
            ("renewals", _("To be renewed"), "desk:renewals", "calendar-due"),
        ]
    return [
        {"label": label, "url": reverse(name), "active": current == key, "icon": icon}
        for key, label, name, icon in sections
    ]


@gate(P.CATALOGUE_VIEW)
@require_GET
def library(request: HttpRequest) -> HttpResponse:
    """Every policy that holds today, with its conditions in words."""
    names = benefits.names()
    context = {
        "tabs": tabs("library", request.user),
        "rows": [
            {"version": one, "conditions": [policies.sentence(rule, names) for rule in one.rules]}
            for one in benefits.in_force()
        ],
        "may_edit": authority_of(request.user).holds(P.POLICY_EDIT),
    }
    return render(request, "desk/policies/library.html", context)


@gate(P.CATALOGUE_VIEW)
@require_GET
def policy(request: HttpRequest, policy: str) -> HttpResponse:
    """One policy with all its versions."""
    one = benefits.get_policy(policy)
    names = benefits.names()
    context = {
        "policy": one,
        "now": benefits.version_at(one, clock.today()),
        "versions": [
            {"version": row, "conditions": [policies.sentence(rule, names) for rule in row.rules]}
            for row in benefits.versions(one)
        ],
        "may_edit": authority_of(request.user).holds(P.POLICY_EDIT),
    }
    return render(request, "desk/policies/policy.html", context)


@gate(P.POLICY_EDIT)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new policy."""
    return _edit(request, None)


@gate(P.POLICY_EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, policy: str) -> HttpResponse:
    """A new version of a policy."""
    return _edit(request, benefits.get_policy(policy))


def _edit(request: HttpRequest, one: Policy | None) -> HttpResponse:
    history = benefits.versions(one) if one is not None else []
    last = history[0] if history else None
    form = VersionForm(request.POST or None, policy=one, last=last)
    context: dict[str, Any] = {"policy": one, "form": form, "needs": _words_of_rules()}
    if request.method != "POST":
        return render(request, "desk/policies/edit.html", context)
    if form.is_valid():
        try:
            if "preview" in request.POST:
                checked = policy_versions.readable(form.cleaned_data["rules"], besides=one.code if one else "")
                context |= _previewed(request.user, one, last, checked)
                return render(request, "desk/policies/edit.html", context)
            version = policy_versions.publish(by=request.user, **form.values())
        except NotAllowedError:
            raise
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem.title))
        else:
            messages.success(request, _("Version %(number)s is published.") % {"number": version.number})
            return redirect("desk:policy", policy=version.policy.code)
    return render(request, "desk/policies/edit.html", context, status=422)


def _previewed(
    user: Any, one: Policy | None, last: PolicyVersion | None, rules: list[dict[str, Any]]
) -> dict[str, Any]:
    before = benefits.version_at(one, clock.today()) if one is not None else None
    said = policy_preview.preview(
        user, rules, code=one.code if one is not None else "", before=before.rules if before is not None else None
    )
    names = benefits.names()
    return {"preview": said, "conditions": [policies.sentence(rule, names) for rule in rules], "last": last}


def _words_of_rules() -> list[dict[str, str]]:
    """What may be written in a condition, each with how it reads."""
    samples: list[dict[str, Any]] = [
        {"age": {"at_least": 80}},
        {"age": {"below": 18}},
        {"sex": "f"},
        {"registration": ["here", "apart"]},
        {"need": "disabled", "where": {"grade": ["1", "2"]}},
        {"household_need": "low_income"},
        {"household_size": {"at_least": 3}},
        {"not": {"need": "veteran"}},
        {"any": [{"need": "lives_alone"}, {"need": "unable_self_care"}]},
    ]
    return [{"rule": written([rule]).strip("[]\n "), "words": policies.sentence(rule)} for rule in samples]


@gate(P.POLICY_EDIT)
@require_POST
def withdraw(request: HttpRequest, policy: str) -> HttpResponse:
    """It holds no longer, from today."""
    policy_versions.withdraw(by=request.user, code=policy)
    messages.success(request, _("Withdrawn from today."))
    return redirect("desk:policy", policy=policy)
