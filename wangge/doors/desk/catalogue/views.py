"""事项目录: what may be reported, on which conditions, within which time; read by all staff, edited by few."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.doors.desk.catalogue.forms import MatterForm
from wangge.doors.desk.clocks import limit_in_words
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue import actions
from wangge.foundation.catalogue import queries as catalogue
from wangge.foundation.catalogue.kinds import Module, Task
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError, Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def tabs(current: str, user: Any) -> list[dict[str, Any]]:
    """The sections of the catalogue; the proposals for those who decide on them."""
    sections = [
        ("matters", _("Matters"), "desk:catalogue", "list-details"),
        ("routing", _("Routing rules"), "desk:routing", "route"),
        ("proposals", _("Proposed rules"), "desk:rule-proposals", "gavel"),
        ("learning", _("Recognising matters"), "desk:learning", "message"),
    ]
    if not authority_of(user).holds(P.ROUTING_EDIT):
        sections = [section for section in sections if section[0] != "proposals"]
    return [
        {"label": label, "url": reverse(name), "active": current == key, "icon": icon}
        for key, label, name, icon in sections
    ]


@gate(P.CATALOGUE_VIEW)
@require_GET
def matters(request: HttpRequest) -> HttpResponse:
    """The admission list of today, by module, class or words."""
    module = request.GET.get("module", "")
    module = module if module in Module.values else ""
    kind = request.GET.get("class", "")[:2]
    text = request.GET.get("q", "").strip()[:30]
    found = catalogue.matters(module=module or None, matter_class=kind or None, text=text)
    groups: dict[str, dict[str, Any]] = {}
    for matter in found:
        one = matter.matter_class
        groups.setdefault(one.code, {"class": one, "matters": []})["matters"].append(
            {"matter": matter, "limit": limit_in_words(matter.handling_kind, matter.handling_amount)}
        )
    context = {
        "tabs": tabs("matters", request.user),
        "modules": Module.choices,
        "classes": catalogue.classes(),
        "module": module,
        "class": kind,
        "text": text,
        "count": len(found),
        "groups": list(groups.values()),
        "filtered": bool(module or kind or text),
        "day": clock.today(),
    }
    return render(request, "desk/catalogue/matters.html", context)


@gate(P.CATALOGUE_VIEW)
@require_GET
def matter(request: HttpRequest, code: str) -> HttpResponse:
    """One matter with its conditions, clock, evidence and routing rules."""
    one = catalogue.get_matter(code)
    context = {
        "matter": one,
        "limit": limit_in_words(one.handling_kind, one.handling_amount),
        "tasks": [str(Task(value).label) for value in one.tasks if value in Task.values],
        "rules": catalogue.rules(matter=one),
        "admitted": one.is_admitted(clock.today()),
        "may_edit": authority_of(request.user).holds(P.CATALOGUE_EDIT),
    }
    return render(request, "desk/catalogue/matter.html", context)


@gate(P.CATALOGUE_EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change one matter."""
    one = catalogue.get_matter(code)
    form = MatterForm(request.POST or None, initial=MatterForm.about(one))
    if request.method == "POST":
        if form.is_valid():
            try:
                actions.save_matter(by=request.user, code=code, **form.cleaned_data)
            except NotAllowedError:
                raise
            except Problem as problem:
                form.add_error(problem.field if problem.field in form.fields else None, str(problem.title))
            else:
                messages.success(request, _("%(name)s was saved.") % {"name": one.name})
                return redirect("desk:matter", code=code)
        return render(request, "desk/catalogue/edit.html", {"matter": one, "form": form}, status=422)
    return render(request, "desk/catalogue/edit.html", {"matter": one, "form": form})


@gate(P.CATALOGUE_EDIT)
@require_POST
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Take a matter off the admission list from today."""
    one = catalogue.get_matter(code)
    try:
        actions.withdraw_matter(by=request.user, matter=one)
    except NotAllowedError:
        raise
    except Problem as problem:
        messages.error(request, str(problem.title))
    else:
        messages.success(request, _("%(name)s is off the admission list from today.") % {"name": one.name})
    return redirect("desk:matter", code=code)
