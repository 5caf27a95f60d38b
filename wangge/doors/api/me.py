"""Who one is today: posts in force and what they allow, where."""

import datetime as dt
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from ninja import Router

from wangge.doors.api.contract import answer, operation
from wangge.doors.api.shapes import AreaRef, Out, UnitRef
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.queries import posts_of
from wangge.foundation.accounts.roles import ROLES

if TYPE_CHECKING:
    from wangge.foundation.accounts.models import User

router = Router(tags=["me"])


class PostRow(Out):
    """One appointment (任职)."""

    role: str
    role_name: str
    area: AreaRef | None
    organisation: UnitRef | None
    basis: str
    valid_from: dt.date
    valid_to: dt.date | None


class Me(Out):
    """A person, his posts in force and the permissions that they give."""

    username: str
    name: str
    posts: list[PostRow]
    permissions: list[str]


@router.get("/me", **operation("me", answers=Me))
def me(request: HttpRequest) -> HttpResponse:
    """One's own posts and permissions, as of now."""
    user: User = request.user  # type: ignore[assignment]
    posts = [
        PostRow(
            role=post.role,
            role_name=str(ROLES[post.role].name),
            area=AreaRef.of(post.area) if post.area is not None else None,
            organisation=UnitRef.of(post.organisation),
            basis=post.basis,
            valid_from=post.valid_from,
            valid_to=post.valid_to,
        )
        for post in posts_of(user)
    ]
    permissions = sorted(str(held) for held in authority_of(user).permissions())
    return answer(Me(username=user.username, name=user.name, posts=posts, permissions=permissions))
