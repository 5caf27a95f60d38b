"""The labels of a place as a PDF."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from wangge.domains.fieldwork import round_queries, tag_labels
from wangge.doors.desk.rounds.looks import areas_of, chosen_area
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotFoundError

if TYPE_CHECKING:
    from django.http import HttpRequest


@gate(P.PATROL_PLAN)
@require_GET
def labels(request: HttpRequest) -> HttpResponse:
    """The labels of a place's checkpoints (`?area=`), or of one (`?checkpoint=`)."""
    one = request.GET.get("checkpoint", "")
    chosen = chosen_area(request.GET, areas_of(request.user, P.PATROL_PLAN))
    if one:
        try:
            found = [round_queries.get_checkpoint(request.user, uuid.UUID(one), P.PATROL_PLAN)]
        except ValueError:
            raise NotFoundError from None
    else:
        path = chosen.path if chosen is not None else ""
        found = round_queries.checkpoints(request.user, area_path=path, permission=P.PATROL_PLAN, limit=tag_labels.MOST)
    if not found:
        raise NotFoundError
    address = request.build_absolute_uri(reverse("field:home")) + "#/t/"
    answer = HttpResponse(tag_labels.pdf(found, address=address), content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="checkpoints.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer
