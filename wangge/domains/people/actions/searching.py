"""Searching for people: what is known of them goes in, households come out, masked. Every search is audited.

What is kept of a search is which kinds of facts were given and how much was found, never the facts themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from wangge.domains.people import access, lookup
from wangge.domains.people.actions import granting
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError, NotAllowedError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from wangge.domains.people.lookup import Found

kinds.declare("person.find", "person.lost")


def find(*, by: Any, text: str, at: dt.datetime | None = None) -> Found:
    """What fits a text in the places where `by` may look people up. Counts whom it shows beyond his own places."""
    if not authority_of(by).holds(P.PERSON_FIND):
        raise NotAllowedError
    now = at or clock.now()
    found = lookup.find(by, text, on=clock.day_of(now))
    record("person.find", by=by, at=now, kinds=found.typed.kinds(), hits=len(found.homes), more=found.more)
    access.listed(by, found.persons(), at=now)
    return found


def find_lost(*, by: Any, names: Sequence[str], place: str = "", at: dt.datetime | None = None) -> Found:
    """走失寻人: the household of a lost person, from two names (and a place, where two are not enough).

    Opens at most three households for half an hour, for their telephone; capped, alarmed and reviewed
    (`granting.rescue`). Call it outside a transaction. `InvalidError` without two names.
    """
    if not authority_of(by).holds(P.PERSON_RESCUE):
        raise NotAllowedError
    given = [name for name in names if name.strip()]
    if len(given) < 2:
        raise InvalidError(_("Please give two names of one family."), field="first")
    now = at or clock.now()
    found = lookup.lost(by, given, place=place)
    record(
        "person.lost",
        by=by,
        at=now,
        kinds=found.typed.kinds(),
        place=bool(place),
        hits=len(found.homes),
        more=found.more,
    )
    granting.rescue(by=by, households=[home.household for home in found.homes if home.household], at=now)
    return found
