"""Who may open a page at all. Every view carries one of these; the matrix test refuses a route without.

The gate asks only whether a right is held *anywhere*; which rows a person then sees is decided by `visible_to`.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.views import redirect_to_login

from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.core.problems import NotAllowedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from wangge.foundation.accounts.permissions import P

V = TypeVar("V", bound="Callable[..., HttpResponseBase]")


@dataclasses.dataclass(frozen=True, slots=True)
class Gate:
    """Who gets through: everybody, everybody signed in, or holders of any of `permissions`."""

    public: bool = False
    permissions: frozenset[P] = frozenset()


def gate(*permissions: P) -> Callable[[V], V]:
    """Only for people who hold one of `permissions` somewhere, by a post in force today."""
    return _gated(Gate(permissions=frozenset(permissions)))


def gate_signed_in(view: V) -> V:
    """For everybody who is signed in, about himself only."""
    return _gated(Gate())(view)


def gate_public(view: V) -> V:
    """For everybody."""
    view.gate = Gate(public=True)  # type: ignore[attr-defined]
    return view


def _gated(who: Gate) -> Callable[[V], V]:
    def decorate(view: V) -> V:
        @functools.wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            authority = authority_of(request.user)
            if who.permissions and not any(authority.holds(permission) for permission in who.permissions):
                raise NotAllowedError
            return view(request, *args, **kwargs)

        inner.gate = who  # type: ignore[attr-defined]
        return inner  # type: ignore[return-value]

    return decorate
