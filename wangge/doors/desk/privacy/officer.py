"""The privacy officer's desk: what must be reviewed, one alert, the week, the looks at one person."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from wangge.domains.cases import justifying
from wangge.domains.people import access, looks
from wangge.domains.people.actions import revealing, reviewing
from wangge.domains.people.models import PrivacyAlert, Purpose
from wangge.doors.desk import paging
from wangge.doors.desk.context import post_in_words
from wangge.doors.desk.privacy.forms import Verdict, monday
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import posts_of
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

TONES = {"": "amber", "justified": "green", "explain": "blue", "misuse": "red"}
_MOST = 500  # of a week; those that nothing justifies first
_AFTERWARDS = dt.timedelta(days=30)  # a closed case is still called back, objected to, opened again
FIELD_NAMES = revealing.FIELDS | revealing.FIRM_FIELDS


@gate(P.LOOKUP_REVIEW)
@require_GET
@never_cache
def alerts(request: HttpRequest) -> HttpResponse:
    """What waits for a verdict, and what has one."""
    waiting = looks.alerts(request.user, waiting=True, before=paging.by_id(request.GET), limit=paging.PAGE + 1)
    done = looks.alerts(request.user, waiting=False, before=paging.by_id(request.GET, "done"), limit=paging.PAGE + 1)
    context = {
        "waiting": [line(row) for row in waiting[: paging.PAGE]],
        "next_url": _next(request, waiting, "before"),
        "done": [line(row) for row in done[: paging.PAGE]],
        "older_url": _next(request, done, "done"),
    }
    return render(request, "desk/privacy/alerts.html", context)


def _next(request: HttpRequest, rows: list[PrivacyAlert], name: str) -> str:
    return paging.next_url(request.GET, **{name: rows[paging.PAGE - 1].pk}) if len(rows) > paging.PAGE else ""


def line(row: PrivacyAlert) -> dict[str, Any]:
    """One alert in a list."""
    return {
        "alert": row,
        "purpose": purpose_name(row.purpose),
        "verdict": row.get_verdict_display(),
        "tone": TONES[row.verdict],
    }


def purpose_name(purpose: str) -> str:
    """The word for a purpose; "" for none."""
    return str(Purpose(purpose).label) if purpose in Purpose.values else ""


@gate(P.LOOKUP_REVIEW)
@require_http_methods(["GET", "POST"])
@never_cache
def alert(request: HttpRequest, pk: int) -> HttpResponse:
    """One alert: who, when, where he is posted, what he looked at round that time; and the verdict."""
    row = looks.get_alert(request.user, pk)
    form = Verdict(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                reviewing.review(by=request.user, alert=row, **form.cleaned_data)
            except Problem as problem:
                form.add_error(problem.field if problem.field in form.fields else None, str(problem))
                status = problem.status
            else:
                return redirect("desk:privacy-alert", pk)
    still = row.verdict in {PrivacyAlert.Verdict.OPEN, PrivacyAlert.Verdict.EXPLAIN}
    facts = [
        (_("Who"), row.user.name),
        (_("Posted as"), _("; ").join(dict.fromkeys(map(post_in_words, posts_of(row.user, on=clock.day_of(row.at)))))),
        (_("Purpose"), purpose_name(row.purpose) or "—"),
        (_("Reference"), row.reference or "—"),
        (_("Households concerned"), _listed(row.households) or "—"),
    ]
    context = line(row) | {
        "facts": [{"label": label, "value": value} for label, value in facts],
        "acts": [_act(entry) for entry in looks.around(row)],
        "form": form if still and row.user_id != request.user.pk else None,
        "seen": access.seen_on(row.user, clock.day_of(row.at)),
    }
    return render(request, "desk/privacy/alert.html", context, status=status)


def _listed(households: Iterable[int]) -> str:
    return pgettext("list", ", ").join(subject_words("household", one) for one in households)


def subject_words(kind: str, number: int | None) -> str:
    """A reference in words: the number of an entry, never a name."""
    words = {
        "person": _("resident no. %(number)s"),
        "household": _("household no. %(number)s"),
        "firm": _("firm no. %(number)s"),
    }
    return words[kind] % {"number": number}


def _act(entry: Any) -> dict[str, Any]:
    data = entry.data
    if entry.kind == "access.rescue":
        what = _("Searched for a lost person")
        subject = _listed(data["households"])
    elif entry.kind == "access.grant":
        what, subject = _("Was let look at one household"), subject_words("household", entry.subject_id)
    else:
        what, subject = str(FIELD_NAMES[data["field"]]), subject_words(entry.subject_type, entry.subject_id)
    return {
        "at": entry.at,
        "what": what,
        "subject": subject,
        "purpose": purpose_name(data.get("purpose", "")),
        "reference": data.get("reference", ""),
    }


@gate(P.LOOKUP_REVIEW)
@require_GET
@never_cache
def week(request: HttpRequest) -> HttpResponse:
    """The weekly reconciliation: every whole value that was shown, beside the case that was named as the reason."""
    first = monday(request.GET.get("week", ""))
    rows = looks.week(request.user, first)
    this = clock.today() - dt.timedelta(days=clock.today().weekday())
    context = {
        "first": first,
        "last": first + dt.timedelta(days=6),
        "earlier": first - dt.timedelta(days=7),
        "later": first + dt.timedelta(days=7) if first < this else None,
        "rows": reconciled(rows)[:_MOST],
        "more": max(len(rows) - _MOST, 0),
        "counts": [(purpose_name(code), number) for code, number in looks.by_purpose(rows).items() if number],
    }
    return render(request, "desk/privacy/week.html", context)


def reconciled(rows: Iterable[looks.Revealed]) -> list[dict[str, Any]]:
    """Each look with what justifies it; those that nothing justifies first."""
    rows = list(rows)
    known = justifying.known(row.reference for row in rows)
    found = []
    for row in rows:
        if row.reference and row.reference in known:
            begun, ended = known[row.reference]
            if begun <= row.at and (ended is None or row.at <= ended + _AFTERWARDS):
                state, tone = _("Case exists"), "green"
            else:
                state, tone = _("The case was not open then"), "amber"
        elif row.reference:
            state, tone = _("No such case"), "red"
        elif row.beyond or row.purpose in {Purpose.CASE, Purpose.PETITION}:
            state, tone = _("A case number is missing"), "amber"
        else:
            state, tone = _("None needed"), "quiet"
        found.append(
            {
                "row": row,
                "subject": subject_words(row.kind, row.number),
                "field": FIELD_NAMES[row.field],
                "purpose": purpose_name(row.purpose),
                "state": state,
                "tone": tone,
            }
        )
    order = {"red": 0, "amber": 1, "green": 2, "quiet": 2}
    return sorted(found, key=lambda one: order[one["tone"]])


@gate(P.LOOKUP_REVIEW)
@require_GET
@never_cache
def at_person(request: HttpRequest) -> HttpResponse:
    """Who of the officer's places looked at the person with a reference number, for what."""
    text = request.GET.get("reference", "").strip()
    rows: list[dict[str, Any]] = []
    if text:
        try:
            rows = reconciled(looks.at_reference(request.user, uuid.UUID(text)))
        except (ValueError, NotFoundError):
            rows = []
    return render(request, "desk/privacy/looks.html", {"asked": text, "rows": rows[: paging.PAGE * 4]})
