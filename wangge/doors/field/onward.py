"""What the phone does not hold and the desk shows. Under /field/, so that without a line the shell itself says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from wangge.domains.fieldwork import field_tasks
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse


@gate(P.VISIT_VIEW)
@require_GET
def door(_request: HttpRequest, visit: uuid.UUID) -> HttpResponse:
    """Why one goes to a door, and the visits before."""
    return redirect("desk:visit-door", visit)


@gate(*field_tasks.SEES)
@require_GET
def task(_request: HttpRequest, task: uuid.UUID) -> HttpResponse:
    """All that is to be done."""
    return redirect("desk:task", task)
