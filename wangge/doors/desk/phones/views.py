"""What still waits in the phones of a place, and the records that the office refused and a worker handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from wangge.domains.fieldwork import phones as reads
from wangge.domains.fieldwork.actions import receiving
from wangge.domains.fieldwork.command_words import name_of, told_parts
from wangge.doors.desk import paging
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError, Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.fieldwork.models import Refused
    from wangge.domains.fieldwork.phones import Waiting

READ = "read"
_CLOCK_OFF = 300  # seconds: less is no clock to speak of


@gate(P.PHONE_VIEW)
@require_GET
def phones(request: HttpRequest) -> HttpResponse:
    """Every phone of the place with what waits in it: by who came first, never by how much."""
    after = paging.by_id(request.GET, "after") or 0
    found = reads.phones_at(request.user, after=after, limit=paging.PAGE + 1)
    shown = found[: paging.PAGE]
    context = {
        "tabs": _tabs("phones"),
        "rows": [_phone(one) for one in shown],
        "next_url": paging.next_url(request.GET, after=shown[-1].phone.pk) if len(found) > paging.PAGE else "",
        "first_url": reverse("desk:phones") if after else "",
    }
    return render(request, "desk/phones/phones.html", context)


def _phone(one: Waiting) -> dict[str, Any]:
    return {
        "phone": one.phone,
        "since": one.since,
        "tone": one.tone,
        "silent": one.silent,
        "clock": _clock(one.phone.clock_off_s),
    }


def _clock(off: int) -> str:
    """How far a phone's clock is off, in words; nothing for a few minutes. `off` in seconds, ahead of ours."""
    far = abs(off)
    if far < _CLOCK_OFF:
        return ""
    if far < 2 * 3600:
        return _("clock wrong by %(n)s min") % {"n": round(far / 60)}
    if far < 2 * 86400:
        return _("clock wrong by %(n)s hours") % {"n": round(far / 3600)}
    return _("clock wrong by %(n)s days") % {"n": round(far / 86400)}


@gate(P.PHONE_VIEW)
@require_GET
def refusals(request: HttpRequest) -> HttpResponse:
    """Records that were refused: those handed over, and those that nobody has looked at for a day."""
    found = reads.refusals_at(request.user, before=paging.by_id(request.GET), limit=paging.PAGE + 1)
    shown = found[: paging.PAGE]
    context = {
        "tabs": _tabs("refusals"),
        "rows": [_line(row) for row in shown],
        "next_url": paging.next_url(request.GET, before=shown[-1].pk) if len(found) > paging.PAGE else "",
    }
    return render(request, "desk/phones/refusals.html", context)


def _line(row: Refused) -> dict[str, Any]:
    return {"row": row, "name": name_of(row.kind), "handed": row.state == row.State.HANDED}


@gate(P.PHONE_VIEW)
@require_http_methods(["GET", "POST"])
@never_cache
def refused(request: HttpRequest, refused: int) -> HttpResponse:
    """One refused record: what it was and when; once handed over, what it says (each reading is audited)."""
    row = reads.refusal_at(request.user, refused)
    if request.method == "GET":
        return _page(request, row)
    act = request.POST.get("act", "")
    try:
        if act == READ:
            command = receiving.read_handed(refused=row, by=request.user)  # type: ignore[arg-type]
            return _page(request, row, command=command)
        receiving.settle_at_station(refused=row, by=request.user, state=act)  # type: ignore[arg-type]
    except InvalidError as problem:
        return _page(request, row, problem=problem)
    except Problem as problem:
        return _page(request, reads.refusal_at(request.user, refused), problem=problem)
    messages.success(request, _("Settled."))
    return redirect("desk:refusals")


def _page(
    request: HttpRequest, row: Refused, *, command: dict[str, Any] | None = None, problem: Problem | None = None
) -> HttpResponse:
    data = command.get("data") if command is not None else None
    context = _line(row) | {
        "waits": row.settled_at is None,
        "was_handed": row.handed_at is not None,
        "parts": told_parts(data) if isinstance(data, dict) else None,
        "told": reads.told(row) if command is not None else None,
        "problem": problem,
        "now": clock.now(),
    }
    return render(request, "desk/phones/refused.html", context, status=problem.status if problem else 200)


def _tabs(active: str) -> list[dict[str, Any]]:
    every = (
        ("phones", pgettext("desk", "Phones"), "device-mobile"),
        ("refusals", _("Refused records"), "arrow-back-up"),
    )
    return [
        {"label": label, "url": reverse(f"desk:{name}"), "icon": icon, "active": name == active, "count": ""}
        for name, label, icon in every
    ]
