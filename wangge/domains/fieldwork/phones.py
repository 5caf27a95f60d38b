"""Reads about the workers' phones: what still waits in them, and what of it was refused."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q

from wangge.domains.fieldwork.models import Phone, Refused
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import Post
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock, crypto
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    from wangge.foundation.accounts.models import User

AMBER, RED = dt.timedelta(hours=2), dt.timedelta(hours=24)  # how long something may wait in a phone before one asks
_LATELY = dt.timedelta(days=90)  # a phone whose post ended longer ago is nobody's worry
_PURPOSE = "fieldwork.refused.body"
_WAITS = (Refused.State.OPEN, Refused.State.HANDED)


def bound_to(row: Refused) -> str:
    """To what the body of a refused command is sealed."""
    return f"{row.user_id}/{row.command_id}"


@dataclasses.dataclass(frozen=True, slots=True)
class Waiting:
    """A phone as a station sees it: how many things wait in it, since when, and how that is to be taken."""

    phone: Phone
    since: dt.datetime | None
    tone: str  # "", "amber" or "red"
    silent: bool  # not heard of for a day


def phone_of(user: User, public_id: Any) -> Phone | None:
    """One's own phone, with what it was last given."""
    return Phone.objects.filter(user=user, public_id=public_id).first()


def phones_at(user: Any, *, after: int = 0, limit: int = 50, at: dt.datetime | None = None) -> list[Waiting]:
    """Phones of the people whose posts lie where the reader may see to it, by name; by id within one person.

    Never in the order of what waits: it is a worry, not a mark. A phone whose owner has no post any more is shown while
    something waits in it.
    """
    at = at or clock.now()
    day = clock.day_of(at)
    here = under("area__path", authority_of(user).places(P.PHONE_VIEW))
    posts = Post.objects.filter(here, user=OuterRef("user_id"))
    lately = Q(valid_to__isnull=True) | Q(valid_to__gt=day - _LATELY)
    found = (
        Phone.objects.filter(Exists(posts.filter(lately)))
        .filter(Q(ended_at__isnull=True) | Q(waiting__gt=0))
        .filter(heard_at__gt=at - _LATELY, pk__gt=after)
        .select_related("user")
        .defer("marks")
    )
    return [as_waiting(phone, at=at) for phone in found.order_by("pk")[:limit]]


def as_waiting(phone: Phone, *, at: dt.datetime) -> Waiting:
    """How a phone's backlog is to be taken now."""
    age = at - phone.oldest_since if phone.oldest_since is not None and phone.waiting else dt.timedelta(0)
    tone = "red" if age > RED else "amber" if age > AMBER else ""
    return Waiting(phone, phone.oldest_since if phone.waiting else None, tone, at - phone.heard_at > RED)


def overdue_phones(*, at: dt.datetime, limit: int = 500) -> list[Phone]:
    """Phones in which something has waited for more than a day."""
    found = Phone.objects.filter(waiting__gt=0, oldest_since__lt=at - RED, heard_at__gt=at - _LATELY)
    return list(found.select_related("user").defer("marks").order_by("pk")[:limit])


def open_refusals(user: User, *, limit: int = 100) -> list[Refused]:
    """What of one's own commands was refused and is not settled, newest first."""
    return list(Refused.objects.filter(user=user, state__in=_WAITS).order_by("-pk")[:limit])


def own_refusal(user: User, pk: int) -> Refused:
    """One of them, settled or not; `NotFoundError` for somebody else's."""
    row = Refused.objects.filter(user=user, pk=pk).first()
    if row is None:
        raise NotFoundError
    return row


def refusals_at(
    user: Any, *, before: int | None = None, limit: int = 50, at: dt.datetime | None = None
) -> list[Refused]:
    """Refused commands at the reader's places that were handed over, or that nobody has settled for a day."""
    at = at or clock.now()
    here = under("area_path", authority_of(user).places(P.PHONE_VIEW))
    due = Q(state=Refused.State.HANDED) | Q(state=Refused.State.OPEN, recorded_at__lt=at - RED)
    found = Refused.objects.filter(here, due).select_related("user").defer("body")
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:limit])


def refusal_at(user: Any, pk: int) -> Refused:
    """One of them, also when it has been settled since."""
    here = under("area_path", authority_of(user).places(P.PHONE_VIEW))
    row = Refused.objects.filter(here, pk=pk).select_related("user").first()
    if row is None or not (row.handed_at or row.recorded_at < clock.now() - RED):
        raise NotFoundError
    return row


def told(row: Refused) -> dict[str, str]:
    """Why it was refused, in the words that its sender was given: title, kept, remedy, field."""
    problem: dict[str, str] = _body(row)["problem"]
    return problem


def command(row: Refused) -> dict[str, Any]:
    """The command as it came. For its sender; for the head of his station once it was handed over."""
    found: dict[str, Any] = _body(row)["command"]
    return found


def _body(row: Refused) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(crypto.unseal(row.body, purpose=_PURPOSE, bound_to=bound_to(row)))
    return body


def sealed(body: dict[str, Any], *, user_id: int, command_id: Any) -> bytes:
    """{"command", "problem"} as it is kept."""
    text = json.dumps(body, separators=(",", ":"), sort_keys=True)
    return crypto.seal(text, purpose=_PURPOSE, bound_to=f"{user_id}/{command_id}")


def last_place_of(user: User) -> str:
    """The path of the place of somebody's latest post at a place: under whose station his phone was."""
    latest = Post.objects.filter(user=user, area__isnull=False).select_related("area").order_by("-valid_from", "-pk")
    post = latest.first()
    return post.area.path if post is not None and post.area is not None else ""
