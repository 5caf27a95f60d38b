"""The front of the public page: two doors, finding a slip again, help, privacy."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.cases.queries import report_by_link
from wangge.doors.portal import slips, words
from wangge.doors.portal.forms import FindForm
from wangge.foundation.accounts.gate import gate_public
from wangge.foundation.core.problems import NotFoundError

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest

_LINK = re.compile(r"/p/r/([0-9a-fA-F-]{36})/([a-z2-7]{26})(?:/|$)")


def tabs(active: str) -> list[dict[str, Any]]:
    """The bottom bar of the public page."""
    every = (
        ("home", pgettext("resident", "Home"), "home"),
        ("report", pgettext("resident", "Report"), "plus"),
        ("find", _("My slips"), "list-check"),
        ("grids", _("My grid"), "map-pin"),
    )
    return [
        {"label": label, "url": reverse(f"portal:{name}"), "icon": icon, "active": name == active}
        for name, label, icon in every
    ]


@gate_public
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Two doors: report, follow."""
    return render(request, "portal/home.html", {"tabs": tabs("home")})


@gate_public
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """The slips this browser holds, and a field for a link from elsewhere."""
    form = FindForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            found = _LINK.search(form.cleaned_data["link"])
            if found is not None:
                try:
                    report = report_by_link(uuid.UUID(found[1]), found[2])
                except (NotFoundError, ValueError):
                    pass
                else:
                    return redirect("portal:follow", report.public_id, found[2])
            form.add_error("link", _("This link does not open a report. Please copy the whole link from your slip."))
        status = 422
    held = [
        {
            "url": reverse("portal:follow", args=[report.public_id, slips.code_of(str(report.public_id))]),
            "text": report.text,
            "at": report.recorded_at,
            "stand": words.STANDS[(report.case.merged_into or report.case).state],
        }
        for report in slips.held_by(request)
    ]
    return render(request, "portal/find.html", {"form": form, "held": held, "tabs": tabs("find")}, status=status)


@gate_public
@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Take the slips off this browser; the reports themselves stay."""
    response = HttpResponseRedirect(reverse("portal:find"))
    slips.forget(response)
    messages.success(request, _("The slips are no longer kept on this device. Your reports go on as before."))
    return response


@gate_public
@require_GET
def help_(request: HttpRequest) -> HttpResponse:
    """How to report, follow and rate."""
    return render(request, "portal/help.html", {"back_url": reverse("portal:home"), "tabs": tabs("help")})


@gate_public
@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept and why, in plain words (Personal Information Protection Law)."""
    return render(request, "portal/privacy.html", {"back_url": reverse("portal:home"), "tabs": tabs("privacy")})
