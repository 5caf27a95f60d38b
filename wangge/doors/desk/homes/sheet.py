"""民情入户图: choosing the paper, and the PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wangge.domains.people import building_sheet
from wangge.domains.people.actions import printing
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P

if TYPE_CHECKING:
    from django.http import HttpRequest

    from wangge.foundation.accounts.models import User


@gate(P.PERSON_NEED)
@require_GET
def options(request: HttpRequest, building_id: int) -> HttpResponse:
    """What the sheet is, and on which paper."""
    building, grid = building_sheet.get_building(request.user, building_id)
    return render(request, "desk/homes/sheet.html", {"building": building, "grid": grid})


@gate(P.PERSON_NEED)
@require_GET
def pdf(request: HttpRequest, building_id: int) -> HttpResponse:
    """The sheet, with the reader's name and the time across it; audited."""
    paper = "a4" if request.GET.get("paper") == "a4" else "a3"
    body = printing.print_sheet(by=cast("User", request.user), building=building_id, paper=paper)
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="building-{building_id}-{paper}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer
