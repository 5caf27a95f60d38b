"""The work queues: list | detail | map, worked through by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from wangge.domains.cases import queries, second_checks
from wangge.domains.cases.voice_notes import files_missing
from wangge.domains.cases.workflow import STEPS
from wangge.doors.desk import paging
from wangge.doors.desk.cases.rows import points, rows
from wangge.doors.desk.context import shown
from wangge.doors.desk.map.scope import map_urls, streets_of
from wangge.doors.desk.words import DO, EMPTY_QUEUES, QUEUES
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue.kinds import Module
from wangge.foundation.core.problems import NotAllowedError, NotFoundError
from wangge.foundation.places.queries import areas

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest, HttpResponse

# Which step the three keys of the triage take in each queue.
_KEYS: dict[str, tuple[str, ...]] = {
    "file": ("file", "merge", "decline"),
    "spot_check": ("pass_spot_check", "refuse_spot_check"),
    "dispatch": ("dispatch", "merge"),
    "sign": ("sign_for", "send_back"),
    "handle": ("handle", "contact"),
    "approve": ("grant_extension", "refuse_extension", "hang", "refuse_hang"),
    "ruling": ("call_ruling", "rule"),
    "hung": ("resume",),
    "verify": ("verify", "rework"),
    "call_back": ("call_back", "close"),
    "judge": ("reopen", "dismiss"),
}


class QueueFilter(forms.Form):
    """What a queue is narrowed to."""

    area = forms.ChoiceField(label=_("Location"), required=False)
    module = forms.ChoiceField(label=_("Module"), required=False)
    overdue = forms.BooleanField(label=_("Overdue only"), required=False)

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data)
        communities = areas("community", under_paths=streets_of(user))
        self.fields["area"].choices = [("", _("All places")), *((a.path, a.name) for a in communities)]  # type: ignore[attr-defined]
        self.fields["module"].choices = [("", _("All modules")), *Module.choices]  # type: ignore[attr-defined]

    def narrowed(self) -> queries.Filter | None:
        """The filter for `queries.queue`, None when nothing is narrowed."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        if not any(given.values()):
            return None
        return queries.Filter(area_path=given["area"], module=given["module"], overdue=given["overdue"])


def queue_tabs(user: Any, current: str = "") -> list[dict[str, Any]]:
    """The person's queues with bounded counts."""
    return [
        {
            "label": QUEUES[key].label,
            "icon": QUEUES[key].icon,
            "url": reverse("desk:queue", args=[key]),
            "active": key == current,
            "count": shown(queries.queue_size(user, key)) or "0",
        }
        for key in queries.my_queues(user)
    ] + _second_checks(user, current)


def _second_checks(user: Any, current: str) -> list[dict[str, Any]]:
    """The list of second checks stands among the queues: its rows are checks, not cases."""
    if not authority_of(user).holds(P.CASE_SECOND_CHECK):
        return []
    return [
        {
            "label": _("Second checks"),
            "icon": "eye-search",
            "url": reverse("desk:second-checks"),
            "active": current == "second_check",
            "count": shown(second_checks.how_many_wait(user)) or "0",
        }
    ]


@gate(*{wanted.permission for wanted in queries.QUEUES.values()})
@require_GET
def queue(request: HttpRequest, key: str) -> HttpResponse:
    """One queue, next breach first."""
    wanted = queries.QUEUES.get(key)
    if wanted is None:
        raise NotFoundError
    user = request.user
    if not authority_of(user).holds(wanted.permission):
        raise NotAllowedError
    narrowing = QueueFilter(request.GET, user=user)
    after = paging.by_due(request.GET)
    found = queries.queue(user, key, after=after, limit=paging.PAGE + 1, narrowed=narrowing.narrowed())
    shown_now = found[: paging.PAGE]
    more = len(found) > paging.PAGE
    last = shown_now[-1] if shown_now else None
    context = {
        "key": key,
        "look": QUEUES[key],
        "empty_text": EMPTY_QUEUES[key],
        "tabs": queue_tabs(user, key),
        "rows": rows(shown_now, queries.photo_counts(shown_now), files_missing(shown_now)),
        "keys": _keys(key, user),
        "filter": narrowing,
        "filtered": narrowing.narrowed() is not None,
        "next_url": paging.next_url(request.GET, after=paging.due_mark(last.due_at, last.pk)) if more and last else "",
        "first_url": paging.next_url(request.GET, after="") if after is not None else "",
        "points": points(shown_now),
        "map": map_urls(),
        "can_report": authority_of(user).holds(P.REPORT_MAKE),
    }
    return render(request, "desk/cases/queue.html", context)


def _keys(key: str, user: Any) -> list[dict[str, Any]]:
    """Only keys of steps that this person's posts allow; each step keeps its number, whoever looks."""
    authority = authority_of(user)
    return [
        {"key": n, "verb": verb, "look": DO[verb]}
        for n, verb in enumerate(_KEYS[key], 1)
        if authority.holds(P(STEPS[verb].by))
    ]
