"""Reads of absences and of handing over: who is away, who stands in, what of somebody's work is still open."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from wangge.domains.fieldwork.models import Absence, FieldTask, Link, OfficeHour, Phone, VisitDue
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import Post, User
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.roles import STOOD_IN_FOR
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under
from wangge.foundation.duties.models import Duty

if TYPE_CHECKING:
    import datetime as dt

PAGE = 50
_WHY = "of one person, at the reader's places"


@dataclasses.dataclass(frozen=True, slots=True)
class OpenWork:
    """What hangs on one person: what can be handed over, and what only he can finish."""

    tasks: tuple[FieldTask, ...]
    links: tuple[Link, ...]
    dues: int  # visits due of the households he is linked to
    office_hours: tuple[OfficeHour, ...]
    duties: tuple[Duty, ...]
    phones: tuple[Phone, ...]

    @property
    def anything(self) -> bool:
        """Whether there is something to hand over."""
        return bool(self.tasks or self.links or self.office_hours)


def posts_in_the_field(user: User, places: list[str], first: dt.date, last: dt.date) -> list[Post]:
    """Field posts of a person at some places that are in force on one of the days from `first` to `last`."""
    overlap = Q(valid_from__lte=last) & (Q(valid_to__isnull=True) | Q(valid_to__gt=first))
    found = Post.objects.filter(overlap, under("area__path", places), user=user, role__in=STOOD_IN_FOR)
    return list(found.select_related("area", "organisation", "user").order_by("pk"))


def people(reader: Any) -> list[User]:
    """Who works in the field at the places where the reader grants leave, by name."""
    places = authority_of(reader).places(P.LEAVE_GRANT)
    posts = Post.objects.as_of(clock.today()).filter(under("area__path", places), role__in=STOOD_IN_FOR)
    found = User.objects.filter(pk__in=posts.values("user_id"), is_active=True).exclude(pk=reader.pk)
    return list(found.order_by("name", "pk"))


def colleagues(reader: Any) -> list[User]:
    """Who may stand in or take over there: everybody with a post at these places, by name."""
    places = authority_of(reader).places(P.LEAVE_GRANT)
    posts = Post.objects.as_of(clock.today()).filter(
        under("area__path", places) | under("organisation__area__path", places)
    )
    found = User.objects.filter(pk__in=posts.values("user_id"), is_active=True).exclude(pk=reader.pk)
    return list(found.order_by("name", "pk")[:500])


def absences(reader: Any, *, running: bool = True, before: int | None = None, limit: int = PAGE) -> list[Absence]:
    """Absences of the people at the places where the reader grants leave: those not over yet, or all; newest first."""
    places = authority_of(reader).places(P.LEAVE_GRANT)
    posts = Post.objects.filter(under("area__path", places), role__in=STOOD_IN_FOR)
    found = Absence.objects.filter(user__in=posts.values("user_id"))
    if running:
        today = clock.today()
        found = found.filter(to_on__gte=today).filter(Q(ended_on__isnull=True) | Q(ended_on__gt=today))
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.select_related("user", "substitute", "by").order_by("-pk")[:limit])


def get_absence(reader: Any, pk: int) -> Absence:
    """An absence at the places where the reader grants leave; `NotFoundError` for any other."""
    found = next(iter(absences(reader, running=False, before=pk + 1, limit=1)), None)
    if found is None or found.pk != pk:
        raise NotFoundError
    return found


def absent_on(users: list[int], day: dt.date) -> dict[int, Absence]:
    """Who of some people is away on a day, by key."""
    found = Absence.objects.filter(user__in=users, from_on__lte=day, to_on__gte=day).select_related("substitute")
    still = found.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=day))
    return {row.user_id: row for row in still}


def leaver(reader: Any, pk: int) -> User:
    """Somebody who works or worked in the field at the places where the reader grants leave; else `NotFoundError`."""
    places = authority_of(reader).places(P.LEAVE_GRANT)
    posts = Post.objects.filter(under("area__path", places), role__in=STOOD_IN_FOR, user_id=pk)
    links = Link.objects.unscoped(_WHY).filter(under("area_path", places), user_id=pk)
    found = User.objects.filter(Q(pk__in=posts.values("user_id")) | Q(pk__in=links.values("user_id"))).first()
    if found is None or found.pk == reader.pk:
        raise NotFoundError
    return found


def open_work(reader: Any, user: User) -> OpenWork:
    """What of a person's work is open at the places where the reader grants leave."""
    places = authority_of(reader).places(P.LEAVE_GRANT)
    here = under("area_path", places)
    today = clock.today()
    tasks = FieldTask.objects.unscoped(_WHY).filter(here, assigned=user, state=FieldTask.State.OPEN)
    links = Link.objects.unscoped(_WHY).filter(here, in_force(today), user=user)
    hours = OfficeHour.objects.unscoped(_WHY).filter(here, in_force(today), user=user)
    dues = VisitDue.objects.unscoped(_WHY).filter(here, linked=user, state=VisitDue.State.OPEN)
    own = Duty.objects.filter(user=user, done_at__isnull=True).exclude(subject_type="field_task")
    return OpenWork(
        tasks=tuple(tasks.select_related("grid", "matter").defer("text", "done_note").order_by("due_at", "pk")[:PAGE]),
        links=tuple(links.select_related("household__room__entrance__building__compound").order_by("pk")[:PAGE]),
        dues=dues.count(),  # at most one for each of at most twenty households
        office_hours=tuple(hours.select_related("area", "compound").order_by("weekday", "opens", "pk")[:PAGE]),
        duties=tuple(own.filter(under("area_path", places) | Q(area_path="")).order_by("due_at", "pk")[:PAGE]),
        phones=tuple(Phone.objects.filter(user=user, ended_at__isnull=True, waiting__gt=0).order_by("pk")[:PAGE]),
    )
