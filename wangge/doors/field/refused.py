"""One's own record that the office refused: why, what it said, and what to do with it. Without a script, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from wangge.domains.fieldwork import phones
from wangge.domains.fieldwork.actions import receiving
from wangge.domains.fieldwork.command_words import name_of, told_parts
from wangge.foundation.accounts.gate import gate_signed_in
from wangge.foundation.core.problems import Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

HAND_OVER = "hand_over"


@gate_signed_in
@require_http_methods(["GET", "POST"])
@never_cache
def refused(request: HttpRequest, refused: int) -> HttpResponse:
    """Hand it to the station, say that it was entered anew, or drop it."""
    row = phones.own_refusal(request.user, refused)  # type: ignore[arg-type]
    problem: Problem | None = None
    if request.method == "POST":
        act = request.POST.get("act", "")
        try:
            if act == HAND_OVER:
                receiving.hand_over(refused=row, by=request.user)  # type: ignore[arg-type]
            else:
                receiving.settle_own(refused=row, by=request.user, state=act)  # type: ignore[arg-type]
        except Problem as caught:
            problem = caught
        else:
            messages.success(request, _("Settled."))
            return redirect("field:todo")
    data = phones.command(row).get("data")
    context: dict[str, Any] = {
        "row": row,
        "name": name_of(row.kind),
        "told": phones.told(row),
        "parts": told_parts(data) if isinstance(data, dict) else [],
        "waits": row.settled_at is None,
        "handed": row.state == row.State.HANDED,
        "problem": problem,
        "back_url": reverse("field:todo"),
    }
    return render(request, "field/refused.html", context, status=problem.status if problem else 200)
