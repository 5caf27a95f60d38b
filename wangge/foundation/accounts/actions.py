"""Writes about organisations, users, posts and tokens."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from django.contrib.auth.hashers import identify_hasher
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import ApiToken, Organisation, Post, Responsibility, SavedView, User
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.roles import ROLES, STOOD_IN_FOR
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock, crypto
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError

if TYPE_CHECKING:
    from wangge.foundation.places.models import Area, Compound

kinds.declare(
    "organisation.add",
    "post.end",
    "post.give",
    "post.stand_in",
    "responsibility.give",
    "token.end",
    "token.issue",
    "user.add",
    "user.disable",
    "view.forget",
    "view.save",
)

_TOKEN_DAYS = 180
_MAX_SAVED_VIEWS = 30


@transaction.atomic
def add_organisation(
    *,
    by: Any,
    tree: str,
    kind: str,
    name_zh: str,
    valid_from: dt.date,
    name_en: str = "",
    parent: Organisation | None = None,
    area: Area | None = None,
    uscc: str = "",
    phone: str = "",
    handles: bool = False,
    valid_to: dt.date | None = None,
) -> Organisation:
    """Add a node to one of the three trees; its path is derived from its parent's, which is in the same tree."""
    if parent is not None and parent.tree != tree:
        raise InvalidError(_("The unit above belongs to another tree."), field="parent")
    organisation = Organisation.objects.create(
        tree=tree,
        kind=kind,
        name_zh=name_zh,
        name_en=name_en,
        parent=parent,
        area=area,
        uscc=uscc,
        phone=phone,
        handles=handles,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    organisation.path = f"{parent.path if parent else '/'}{organisation.pk}/"
    organisation.save(update_fields=["path"])
    record("organisation.add", by=by, subject=organisation)
    return organisation


@transaction.atomic
def give_responsibility(
    *,
    by: Any,
    organisation: Organisation,
    valid_from: dt.date,
    area: Area | None = None,
    compound: Compound | None = None,
    valid_to: dt.date | None = None,
) -> Responsibility:
    """Say what ground an organisation answers for."""
    given = Responsibility.objects.create(
        organisation=organisation, area=area, compound=compound, valid_from=valid_from, valid_to=valid_to
    )
    record("responsibility.give", by=by, subject=organisation)
    return given


@transaction.atomic
def add_user(
    *, by: Any, username: str, name: str, password: str | None, phone: str = "", encoded_password: str = ""
) -> User:
    """Add somebody who can log in (with no right until a post is given). No password: cannot log in.

    `encoded_password` is a hash made by Django's hashers (an import of people, the demo) and goes before `password`.
    """
    if User.objects.filter(username=username).exists():
        raise ConflictError(_("This log-in name is taken."), field="username")
    user = User(username=username, name=name)
    if encoded_password:
        identify_hasher(encoded_password)  # ValueError for what is no hash
        user.password = encoded_password
    elif password is None:
        user.set_unusable_password()
    else:
        user.set_password(password)
    if phone:
        user.phone = crypto.seal(phone, purpose="accounts.user.phone", bound_to=username)
    user.save()
    record("user.add", by=by, subject=user)
    return user


@transaction.atomic
def disable_user(*, user: User, by: Any) -> None:
    """Shut a person out at the next request; posts and history stay."""
    _require(by, P.USER_EDIT)
    if user == by:
        raise ConflictError(_("You cannot disable your own log-in."))
    user.is_active = False
    user.save(update_fields=["is_active"])
    record("user.disable", by=by, subject=user)


@transaction.atomic
def give_post(
    *,
    by: Any,
    user: User,
    role: str,
    valid_from: dt.date,
    organisation: Organisation | None = None,
    area: Area | None = None,
    basis: str = Post.Basis.FULL_TIME,
    valid_to: dt.date | None = None,
) -> Post:
    """Appoint a person. The appointment is the only source of rights."""
    if role not in ROLES:
        raise InvalidError(_("There is no such role."), field="role")
    if organisation is None and area is None:
        raise InvalidError(_("A post belongs to a place or a unit."), field="area")
    if valid_to is not None and valid_to <= valid_from:
        raise InvalidError(_("A post ends after it begins."), field="valid_to")
    if by is not None and by == user:
        raise NotAllowedError(_("Nobody appoints himself."))
    if by is not None:
        _require(by, P.POST_EDIT, area_path=_post_path(organisation, area))
    post = Post.objects.create(
        user=user,
        role=role,
        organisation=organisation,
        area=area,
        basis=basis,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    record("post.give", by=by, subject=post, user=user.pk, role=role)
    return post


@transaction.atomic
def end_post(*, post: Post, by: Any, on: dt.date | None = None) -> Post:
    """End an appointment: from `on` (today) it gives nothing. Open work stays with the unit and the place."""
    if by is not None:
        _require(by, P.POST_EDIT, area_path=_post_path(post.organisation, post.area))
    return _close(post, by=by, on=on)


@transaction.atomic
def stand_in(*, by: Any, post: Post, user: User, valid_from: dt.date, valid_to: dt.date) -> Post:
    """替班: somebody holds a field post of another person's for some days (`valid_to` is the first day without it).

    Needs `leave:grant` at the place, which gives no post but this one: the same role at the same place, dated, and never
    for whoever grants it.
    """
    if post.area is None or post.role not in STOOD_IN_FOR:
        raise InvalidError(_("This post is not one of the field."), field="post")
    if by == user:
        raise NotAllowedError(_("Nobody appoints himself."))
    if user == post.user or not user.is_active:
        raise InvalidError(_("Choose somebody else who can log in."), field="substitute")
    _require(by, P.LEAVE_GRANT, area_path=post.area.path)
    if valid_to <= valid_from:
        raise InvalidError(_("A post ends after it begins."), field="valid_to")
    if valid_from < post.valid_from or (post.valid_to is not None and valid_to > post.valid_to):
        raise InvalidError(_("The post itself does not last so long."), field="valid_to")
    given = Post.objects.create(
        user=user,
        role=post.role,
        organisation=post.organisation,
        area=post.area,
        basis=Post.Basis.STANDING_IN,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    record("post.stand_in", by=by, subject=given, user=user.pk, role=given.role, post=post.pk)
    return given


@transaction.atomic
def end_stand_in(*, by: Any, post: Post, on: dt.date | None = None) -> Post:
    """The person is back: his substitute's post ends, from `on` (today)."""
    if post.basis != Post.Basis.STANDING_IN or post.area is None:
        raise NotAllowedError
    _require(by, P.LEAVE_GRANT, area_path=post.area.path)
    return _close(post, by=by, on=on)


def _close(post: Post, *, by: Any, on: dt.date | None) -> Post:
    post = Post.objects.select_for_update().get(pk=post.pk)
    last = on or clock.today()
    if post.valid_to is not None and post.valid_to <= last:
        raise ConflictError(_("This post has already ended."))
    if last <= post.valid_from:
        # Given and taken on one day: the shortest period that the table can hold, already over today.
        post.valid_from = last - dt.timedelta(days=1)
    post.valid_to = last
    post.save(update_fields=["valid_from", "valid_to"])
    record("post.end", by=by, subject=post, user=post.user_id)
    return post


def _post_path(organisation: Organisation | None, area: Area | None) -> str:
    if area is not None:
        return area.path
    return organisation.area.path if organisation is not None and organisation.area is not None else ""


def _require(by: Any, permission: P, *, area_path: str | None = None) -> None:
    authority = authority_of(by)
    allowed = authority.holds(permission) if area_path is None else authority.may(permission, area_path=area_path)
    if not allowed:
        raise NotAllowedError


@transaction.atomic
def issue_token(*, by: User, name: str, days: int = _TOKEN_DAYS) -> tuple[ApiToken, str]:
    """Make an API token for oneself; the secret is returned once and never kept."""
    if not name.strip():
        raise InvalidError(_("Say what the token is for."), field="name")
    secret = "wg_" + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=by,
        name=name.strip()[:60],
        digest=hashlib.sha256(secret.encode()).digest(),
        expires_at=clock.now() + dt.timedelta(days=days),
    )
    record("token.issue", by=by, subject=token)
    return token, secret


@transaction.atomic
def end_token(*, by: User, token_id: int) -> None:
    """End one of one's own tokens, at once."""
    ended = ApiToken.objects.filter(pk=token_id, user=by, ended_at__isnull=True).update(ended_at=clock.now())
    if not ended:
        raise NotFoundError(_("There is no such token."))
    record("token.end", by=by, subject_type="apitoken", subject_id=token_id)


@transaction.atomic
def save_view(*, by: User, name: str, query: str) -> SavedView:
    """Keep a list's filter under a name; the same name is overwritten."""
    name = name.strip()
    if not name or len(name) > 40:
        raise InvalidError(_("Give the view a name of at most 40 characters."), field="name")
    if len(query) > 500:
        raise InvalidError(_("This filter is too long to keep."), field="query")
    if SavedView.objects.filter(user=by).exclude(name=name).count() >= _MAX_SAVED_VIEWS:
        raise ConflictError(_("You have 30 saved views; delete one first."))
    view, _created = SavedView.objects.update_or_create(user=by, name=name, defaults={"query": query})
    record("view.save", by=by, subject=view)
    return view


@transaction.atomic
def forget_view(*, by: User, view_id: int) -> None:
    """Delete one of one's own saved views."""
    deleted, _by_model = SavedView.objects.filter(pk=view_id, user=by).delete()
    if not deleted:
        raise NotFoundError(_("There is no such view."))
    record("view.forget", by=by, subject_type="savedview", subject_id=view_id)
