"""Who is asking: the bearer of a token, or the person whose session our own page carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from wangge.doors.api.errors import CsrfError, UnauthenticatedError
from wangge.doors.api.gates import GATES
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.queries import user_by_token
from wangge.foundation.core.problems import NotAllowedError

if TYPE_CHECKING:
    from django.http import HttpRequest

    from wangge.foundation.accounts.models import User

SECURITY_SCHEMES: dict[str, Any] = {
    "Token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token that the person issued for himself on his account page. It ends when it expires, when he ends it, "
        "and gives only what his posts in force give.",
    },
    "Session": {
        "type": "apiKey",
        "in": "cookie",
        "name": settings.SESSION_COOKIE_NAME,
        "description": "The log-in of our own pages; writes also need the header X-CSRFToken.",
    },
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Caller(AuthBase):
    """Lets through whom the gate of one operation lets through, and puts him into `request.user`."""

    openapi_type = "http"

    def __init__(self, operation_id: str) -> None:
        super().__init__()
        self.gate = GATES[operation_id]

    def __call__(self, request: HttpRequest) -> User:
        """The person; `Problem` 401 or 403 otherwise."""
        given = request.META.get("HTTP_AUTHORIZATION")
        user = _bearer(given) if given is not None else _page_user(request)
        if isinstance(self.gate, frozenset):
            authority = authority_of(user)
            if not any(permission in grant.permissions for grant in authority.grants for permission in self.gate):
                raise NotAllowedError
        request.user = user
        return user


def _bearer(given: str) -> User:
    scheme, _, secret = given.partition(" ")
    user = user_by_token(secret.strip()) if scheme.lower() == "bearer" else None
    if user is None:
        raise UnauthenticatedError
    return user


def _page_user(request: HttpRequest) -> User:
    user = request.user
    if not user.is_authenticated or not user.is_active:
        raise UnauthenticatedError
    if request.method not in _SAFE and check_csrf(request) is not None:
        raise CsrfError
    # request.user is lazy; what is behind it keeps the authority that was read.
    return getattr(user, "_wrapped", user)
