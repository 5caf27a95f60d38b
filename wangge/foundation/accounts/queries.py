"""Reads about organisations, users and posts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import ApiToken, Organisation, Post, Responsibility, SavedView, User
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from wangge.foundation.places.models import Area, Compound


def get_organisation(pk: int) -> Organisation:
    """The organisation, whatever its dates."""
    try:
        return Organisation.objects.select_related("area", "parent").get(pk=pk)
    except Organisation.DoesNotExist:
        raise NotFoundError(_("There is no such unit.")) from None


def unit_names(pks: Iterable[int]) -> dict[int, str]:
    """The names of organisations, closed ones too, by key."""
    return {unit.pk: unit.name for unit in Organisation.objects.filter(pk__in=list(pks))}


def organisations(*, tree: str | None = None, kind: str | None = None, on: dt.date | None = None) -> list[Organisation]:
    """Organisations in force on a day, in tree order."""
    found = Organisation.objects.as_of(on or clock.today()).select_related("area", "parent")
    if tree:
        found = found.filter(tree=tree)
    if kind:
        found = found.filter(kind=kind)
    return list(found)


def handling_units(area_path: str, *, on: dt.date | None = None) -> list[Organisation]:
    """Units that can be sent a case at a place: those of the place's ancestors, of the place, and district-wide ones."""
    prefixes = _prefixes(area_path)
    found = Organisation.objects.as_of(on or clock.today()).filter(handles=True)
    return list(
        found.filter(Q(area__isnull=True) | Q(area__path__in=prefixes) | under("area__path", [area_path]))
        .select_related("area")
        .order_by("kind", "name_zh", "id")
    )


def unit_of_kind_at(kind: str, area_path: str, compound: Compound | None = None) -> Organisation | None:
    """The unit of a kind that answers for a place: for the compound, else by responsibility, else the nearest
    ancestor's. None when there is none.
    """
    day = clock.today()
    prefixes = _prefixes(area_path)
    if compound is not None:
        held = (
            Responsibility.objects.as_of(day)
            .filter(compound=compound, organisation__kind=kind, organisation__handles=True)
            .filter(in_force(day, "organisation__"))
            .select_related("organisation")
            .first()
        )
        if held:
            return held.organisation
    candidates = (
        Organisation.objects.as_of(day)
        .filter(Q(area__path__in=prefixes) | Q(area__isnull=True), kind=kind, handles=True)
        .select_related("area")
    )
    return max(candidates, key=lambda o: (len(o.area.path) if o.area else 0, -o.pk), default=None)


def _prefixes(area_path: str) -> list[str]:
    parts = area_path.strip("/").split("/")
    return ["/" + "/".join(parts[: i + 1]) + "/" for i in range(len(parts))]


def posts_of(user: User, *, on: dt.date | None = None) -> list[Post]:
    """A person's posts in force on a day."""
    return list(Post.objects.as_of(on or clock.today()).filter(user=user).select_related("organisation", "area"))


def responsibilities(kind: str, *, on: dt.date | None = None) -> list[Responsibility]:
    """What ground the organisations of a kind answer for on a day."""
    found = Responsibility.objects.as_of(on or clock.today()).filter(organisation__kind=kind)
    return list(found.select_related("organisation", "area", "compound"))


def posts_ever() -> list[Post]:
    """Every post there ever was, with its place and unit: for judging what people could do in the past."""
    return list(Post.objects.select_related("user", "organisation", "area").order_by("pk"))


def posts_visible_to(user: Any, *, text: str = "", after: int = 0, limit: int = 50) -> list[Post]:
    """Posts in force in the areas where the reader may view posts, by id after `after`."""
    authority = authority_of(user)
    found = (
        Post.objects.as_of(clock.today())
        .filter(
            under("area__path", authority.places(P.POST_VIEW))
            | under("organisation__area__path", authority.places(P.POST_VIEW))
        )
        .select_related("user", "organisation", "area")
    )
    if text:
        found = found.filter(Q(user__name__contains=text) | Q(user__username=text))
    return list(found.filter(pk__gt=after).order_by("pk")[:limit])


def holders(role: str, area: Area, *, on: dt.date | None = None) -> list[Post]:
    """Posts in force with a role exactly at an area: the grid's workers, its head, its guide."""
    return list(
        Post.objects.as_of(on or clock.today()).filter(role=role, area=area).select_related("user", "organisation")
    )


def team_of(grid: Area, *, on: dt.date | None = None) -> list[Post]:
    """Everybody with a post exactly at a grid: the notice that is posted where residents are."""
    return list(
        Post.objects.as_of(on or clock.today())
        .filter(area=grid)
        .select_related("user", "organisation")
        .order_by("role", "user__name")
    )


# Written out, as in authority.py: it runs in every request that carries a token.
_CALLER = """
    SELECT person.id, person.password, person.last_login, person.username, person.name, person.phone,
           person.is_active, person.created_at
    FROM accounts_apitoken token JOIN accounts_user person ON person.id = token.user_id
    WHERE token.digest = %s AND token.ended_at IS NULL AND token.expires_at > %s AND person.is_active
"""
_PERSON = ("id", "password", "last_login", "username", "name", "phone", "is_active", "created_at")


def user_by_token(secret: str) -> User | None:
    """The active user who holds an API token that is neither ended nor expired."""
    digest = hashlib.sha256(secret.encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(_CALLER, [digest, clock.now()])
        row = cursor.fetchone()
    return User.from_db(connection.alias, _PERSON, row) if row is not None else None


def answering_for(area: Area, *, on: dt.date | None = None) -> list[Organisation]:
    """Organisations with a responsibility exactly for an area on a day: a grid's party branch, a guarantor office."""
    day = on or clock.today()
    held = Responsibility.objects.as_of(day).filter(in_force(day, "organisation__"), area=area)
    return [row.organisation for row in held.select_related("organisation").order_by("organisation__kind", "id")]


def user_by_username(username: str) -> User:
    """The active user with a log-in name; `NotFoundError` when there is none."""
    found = User.objects.filter(username=username.strip(), is_active=True).first()
    if found is None:
        raise NotFoundError(_("There is no log-in of this name."))
    return found


def get_user(pk: int) -> User:
    """The active user; `NotFoundError` when there is none."""
    found = User.objects.filter(pk=pk, is_active=True).first()
    if found is None:
        raise NotFoundError(_("There is no log-in of this name."))
    return found


def get_post(user: Any, pk: int) -> Post:
    """A post in the areas where the reader may view posts; `NotFoundError` for others."""
    places = authority_of(user).places(P.POST_VIEW)
    found = (
        Post.objects.filter(under("area__path", places) | under("organisation__area__path", places), pk=pk)
        .select_related("user", "organisation__area", "area")
        .first()
    )
    if found is None:
        raise NotFoundError(_("There is no such post."))
    return found


def tokens_of(user: User) -> list[ApiToken]:
    """A person's own API tokens, newest first."""
    return list(ApiToken.objects.filter(user=user))


def saved_views(user: User) -> list[SavedView]:
    """A person's saved views."""
    return list(SavedView.objects.filter(user=user))


def users_with(permission: P, *, area_path: str, on: dt.date | None = None) -> list[User]:
    """Active users who hold a place permission at a place on a day."""
    from wangge.foundation.accounts.roles import ROLES

    roles = [key for key, role in ROLES.items() if permission in role.permissions]
    posts = (
        Post.objects.as_of(on or clock.today())
        .filter(role__in=roles, area__path__in=_prefixes(area_path), user__is_active=True)
        .values("user_id")
    )
    return list(User.objects.filter(pk__in=posts))


def members(organisations_: Iterable[int], *, on: dt.date | None = None) -> list[User]:
    """Active users with a post in one of the organisations on a day."""
    posts = Post.objects.as_of(on or clock.today()).filter(organisation_id__in=list(organisations_)).values("user_id")
    return list(User.objects.filter(pk__in=posts, is_active=True))


def users_in_role(role: str, *, on: dt.date | None = None) -> list[User]:
    """Active users with a role anywhere: those who look after the system itself."""
    posts = Post.objects.as_of(on or clock.today()).filter(role=role)
    return list(User.objects.filter(pk__in=posts.values("user_id"), is_active=True).order_by("pk"))


def posted_over(role: str, area_path: str, *, on: dt.date | None = None) -> list[User]:
    """Active users with a role at a place or above it: a grid's guarantors (包保)."""
    posts = Post.objects.as_of(on or clock.today()).filter(role=role, area__path__in=_prefixes(area_path))
    return list(User.objects.filter(pk__in=posts.values("user_id"), is_active=True).order_by("pk"))


def posted_under(role: str, area_path: str, *, on: dt.date | None = None) -> list[Post]:
    """Posts in force with a role at a place or below it, by name: the grid workers of a street."""
    held = Post.objects.as_of(on or clock.today()).filter(under("area__path", [area_path]), role=role)
    return list(held.filter(user__is_active=True).select_related("user").order_by("user__name", "pk"))
