"""Who looked at whom, when and for what: for the person himself, and for the privacy officer."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from wangge.domains.people.access import households_of
from wangge.domains.people.models import AccessGrant, Person, PersonSeen, PrivacyAlert, Purpose
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import Post, User
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import posts_of
from wangge.foundation.accounts.roles import ROLES
from wangge.foundation.audit import queries as audit
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from wangge.foundation.audit.models import AuditEntry

REVEALS = ("person.reveal", "firm.reveal")
_OFFICERS_ROWS = 20_000  # what a street's people can look at in a week under the throttle, several times over


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """One look as the person may know it: when, in which role, what, for which purpose; never the name of the official."""

    at: dt.datetime
    role: str
    what: str  # a field, or "opened": his entry was opened, with masks
    purpose: str = ""
    beyond: bool = False  # by somebody who does not work at his place


def at_person(person: Person) -> list[Look]:
    """Every look at a person, newest first: whole values as long as the audit is kept, opened entries for 180 days."""
    roles = _Roles()
    found = [
        Look(row.at, roles.of(row.actor_id, row.at), row.data["field"], row.data["purpose"], "grant" in row.data)
        for row in audit.about("person", person.pk)
        if row.kind == "person.reveal"
    ]
    found += [
        Look(row.at, roles.of(row.user_id, row.at), "opened")
        for row in PersonSeen.objects.filter(person=person).order_by("pk")
    ]
    found += [
        Look(grant.granted_at, roles.of(grant.user_id, grant.granted_at), "household", grant.purpose, beyond=True)
        for grant in AccessGrant.objects.filter(household__in=households_of(person))
    ]
    return sorted(found, key=lambda look: look.at, reverse=True)


class _Roles:
    """Roles by user and day, each read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int | None, dt.date], str] = {}

    def of(self, user_id: int | None, at: dt.datetime) -> str:
        key = (user_id, clock.day_of(at))
        if key not in self._known:
            posts = posts_of(User(pk=user_id), on=key[1]) if user_id is not None else []
            self._known[key] = posts[0].role if posts else ""
        return self._known[key]


def role_name(role: str) -> str:
    """The name of a role in the reader's language; "" for none."""
    return str(ROLES[role].name) if role in ROLES else ""


def alerts(user: Any, *, waiting: bool, before: int | None = None, limit: int = 50) -> list[PrivacyAlert]:
    """Alerts of the officer's places, newest first: those that wait for a verdict, or those that have one."""
    found = PrivacyAlert.objects.filter(under("area_path", authority_of(user).places(P.LOOKUP_REVIEW)))
    still = [PrivacyAlert.Verdict.OPEN, PrivacyAlert.Verdict.EXPLAIN]
    found = found.filter(verdict__in=still) if waiting else found.exclude(verdict__in=still)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.select_related("user", "reviewed_by").order_by("-pk")[:limit])


def get_alert(user: Any, pk: int) -> PrivacyAlert:
    """One alert of the officer's places; else `NotFoundError`."""
    found = PrivacyAlert.objects.filter(under("area_path", authority_of(user).places(P.LOOKUP_REVIEW)), pk=pk)
    row = found.select_related("user", "reviewed_by").first()
    if row is None:
        raise NotFoundError
    return row


def around(alert: PrivacyAlert) -> list[AuditEntry]:
    """What the person of an alert revealed and was granted from an hour before it to an hour after, oldest first."""
    hour = dt.timedelta(hours=1)
    kinds = (*REVEALS, "access.grant", "access.rescue")
    rows = audit.acts(kinds, since=alert.at - hour, until=alert.at + hour, actor_ids=[alert.user_id], limit=200)
    return rows[::-1]


@dataclasses.dataclass(frozen=True, slots=True)
class Revealed:
    """One whole value that was shown, as the officer compares it with the work: no name of the person looked at."""

    at: dt.datetime
    user: User
    kind: str  # "person" or "firm"
    number: int  # its primary key: a reference, no name
    field: str
    purpose: str
    reference: str
    beyond: bool


def colleagues(user: Any) -> dict[int, User]:
    """The people posted at the officer's places, now or in the last half year."""
    places = authority_of(user).places(P.LOOKUP_REVIEW)
    since = clock.today() - dt.timedelta(days=180)
    posts = Post.objects.filter(under("area__path", places) | under("organisation__area__path", places))
    posts = posts.exclude(valid_to__lt=since).select_related("user")
    return {post.user_id: post.user for post in posts}


def week(user: Any, monday: dt.date) -> list[Revealed]:
    """Every whole value that people of the officer's places saw in the week from a Monday, newest first.

    Not cut off where a page ends: whoever looks often enough would push what he must not be asked about out of sight.
    """
    staff = colleagues(user)
    start = dt.datetime.combine(monday, dt.time(), clock.OFFICE)
    until = start + dt.timedelta(days=7)
    rows = audit.acts(REVEALS, since=start, until=until, actor_ids=staff, limit=_OFFICERS_ROWS)
    return [_revealed(row, staff) for row in rows if row.actor_id in staff]


def _revealed(row: AuditEntry, staff: dict[int, User]) -> Revealed:
    return Revealed(
        at=row.at,
        user=staff[row.actor_id or 0],
        kind=row.subject_type,
        number=row.subject_id or 0,
        field=row.data["field"],
        purpose=row.data["purpose"],
        reference=row.data.get("reference", ""),
        beyond="grant" in row.data,
    )


def by_purpose(rows: Iterable[Revealed]) -> dict[str, int]:
    """How many values were shown for which purpose, in the order of the list of purposes."""
    counts = dict.fromkeys(Purpose.values, 0)
    for row in rows:
        counts[row.purpose] += 1
    return counts


def at_reference(user: Any, public_id: uuid.UUID) -> list[Revealed]:
    """Looks by the officer's people at the person with a reference number (his public id); else `NotFoundError`."""
    person = Person.objects.unscoped("the officer sees looks, not persons").filter(public_id=public_id).first()
    staff = colleagues(user)
    rows = [row for row in audit.about("person", person.pk) if row.kind in REVEALS] if person is not None else []
    mine = [row for row in rows if row.actor_id in staff]
    if not mine:
        raise NotFoundError
    return [_revealed(row, staff) for row in mine[::-1]]
