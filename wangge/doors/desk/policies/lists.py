"""应享未享 and 到期续办: whom to help to a benefit, masked, each leading to the house card."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from wangge.domains.people import access, benefits
from wangge.domains.people.homes import address_of
from wangge.domains.people.sealing import Keyring
from wangge.doors.desk import paging
from wangge.doors.desk.policies.views import tabs
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.people.models import Person


@gate(P.PERSON_NEED)
@require_GET
def unclaimed(request: HttpRequest) -> HttpResponse:
    """应享未享 at the reader's places: who could claim what, by the last night's matching."""
    after = paging.by_id(request.GET, "after") or 0
    found = benefits.unclaimed(request.user, after=after, limit=benefits.PAGE + 1)
    page = found[: benefits.PAGE]
    persons = [row.person for row in page]
    access.listed(request.user, persons)
    ring, names = Keyring.of(person.public_id for person in persons), benefits.names()
    what = {
        row.person_id: "、".join(names.get(code, code) for code in benefits.found_in(row, ring, row.person)["eligible"])
        for row in page
        if benefits.found_in(row, ring, row.person)
    }
    context = {
        "tabs": tabs("unclaimed", request.user),
        "rows": _lines(persons, what),
        "next_url": paging.next_url(request.GET, after=page[-1].pk) if len(found) > benefits.PAGE else "",
        "first_url": reverse("desk:unclaimed") if after else "",
        "kind": "unclaimed",
    }
    return render(request, "desk/policies/list.html", context)


@gate(P.PERSON_NEED)
@require_GET
def renewals(request: HttpRequest) -> HttpResponse:
    """到期续办 at the reader's places, next first."""
    after = _after(request.GET.get("after", ""))
    found = benefits.renewals(request.user, after=after, limit=benefits.PAGE + 1)
    page = found[: benefits.PAGE]
    persons = [row.person for row in page]
    access.listed(request.user, persons)
    ring, names = Keyring.of(person.public_id for person in persons), benefits.names()
    today = clock.today()
    lines = []
    shown = {line["person"].pk: line for line in _lines(persons, {})}
    for row in page:
        code = ring.open(row.person.public_id, "people.enrolment.policy", row.policy) or ""
        lines.append(
            shown[row.person_id]
            | {
                "what": names.get(code, code),
                "due": row.renew_on,
                "late": row.renew_on is not None and row.renew_on < today,
            }
        )
    last = page[-1] if len(found) > benefits.PAGE else None
    mark = f"{last.renew_on.isoformat()}~{last.pk}" if last is not None and last.renew_on is not None else ""
    context = {
        "tabs": tabs("renewals", request.user),
        "rows": lines,
        "next_url": paging.next_url(request.GET, after=mark) if mark else "",
        "first_url": reverse("desk:renewals") if after else "",
        "kind": "renewals",
    }
    return render(request, "desk/policies/list.html", context)


def _lines(persons: list[Person], what: dict[int, str]) -> list[dict[str, Any]]:
    """A person as one line: masked, where he lives, what there is to tell him."""
    shown = access.masked(persons)
    rooms = benefits.rooms_of(persons, clock.today())
    lines = []
    for person in persons:
        room = rooms.get(person.pk)
        lines.append(
            {
                "person": person,
                "name": shown[person.pk].name,
                "age": shown[person.pk].age,
                "what": what.get(person.pk, ""),
                "where": address_of(room) if room is not None else "",
                "url": reverse("desk:house", args=[room.pk]) + "#benefits" if room is not None else "",
            }
        )
    return lines


def _after(text: str) -> tuple[dt.date, int] | None:
    """The place where the page before ended; a broken one begins anew."""
    day, _tilde, pk = text.partition("~")
    try:
        return dt.date.fromisoformat(day), int(pk[:18])
    except ValueError:
        return None
