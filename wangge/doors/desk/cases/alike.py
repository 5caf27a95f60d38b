"""疑似重复: open cases that may be the same thing, with the score and what speaks for and against, within a chosen radius."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from wangge.domains.cases import queries
from wangge.domains.cases.learning import alike
from wangge.domains.cases.learning.duplicates import DAYS, RADII_M, RADIUS_M
from wangge.domains.cases.learning.reasons import in_words
from wangge.doors.desk.cases.rows import place_line
from wangge.doors.desk.clocks import chip
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.cases.learning.alike import Alike
    from wangge.domains.cases.models import Case


def radius_of(request: HttpRequest) -> int:
    """The radius asked for, in metres: one of the offered ones, else 100."""
    asked = request.GET.get("radius", "")
    return int(asked) if asked.isdecimal() and asked in {str(radius) for radius in RADII_M} else RADIUS_M


def line(found: Alike) -> dict[str, Any]:
    """One possible duplicate as the templates draw it."""
    case = found.case
    return {
        "case": case,
        "metres": found.metres,
        "percent": found.score.percent,
        "likely": found.likely,
        "reasons": in_words(found.score),
        "clock": chip(case),
        "place": place_line(case),
        "matter": case.matter.name if case.matter is not None else _("Matter not yet known"),
    }


def possible_duplicates(case: Case, user: Any, radius: int = RADIUS_M) -> dict[str, Any]:
    """What the merge form shows: the most probable cases first, and the radii to choose from."""
    found = alike.alike(user, alike.thing_of(case), area=case.area, radius=radius, exclude=case.pk)
    return {"near": [line(one) for one in found], "radius": radius, "radii": RADII_M, "days": DAYS}


@gate(P.CASE_MERGE)
@require_GET
def nearby(request: HttpRequest, number: str) -> HttpResponse:
    """The possible duplicates of a case within another radius."""
    case = queries.get_case(request.user, number)
    context = {"case": case, "entry": possible_duplicates(case, request.user, radius_of(request))}
    return render(request, "desk/cases/steps/alike.html", context)
