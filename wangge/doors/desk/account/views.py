"""My account: posts, API tokens, saved views; and the gallery of components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.foundation.accounts import actions
from wangge.foundation.accounts.gate import gate_signed_in
from wangge.foundation.accounts.queries import posts_of, saved_views, tokens_of
from wangge.foundation.accounts.roles import ROLES
from wangge.foundation.core import clock
from wangge.foundation.core.problems import Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def _page(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    user: Any = request.user
    now = clock.now()
    context = {
        "posts": [{"post": post, "role": ROLES[post.role].name} for post in posts_of(user)],
        "tokens": [
            {"token": token, "alive": token.ended_at is None and token.expires_at > now} for token in tokens_of(user)
        ],
        "views": saved_views(user),
    }
    return render(request, "desk/account/me.html", context | more, status=status)


@gate_signed_in
@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """One's own account."""
    return _page(request)


@gate_signed_in
@require_http_methods(["POST"])
def issue_token(request: HttpRequest) -> HttpResponse:
    """Make an API token; its secret is in this one answer and nowhere else."""
    try:
        token, secret = actions.issue_token(by=request.user, name=request.POST.get("name", ""))  # type: ignore[arg-type]
    except Problem as problem:
        return _page(request, status=422, token_error=str(problem.title))
    return _page(request, secret=secret, fresh=token)


@gate_signed_in
@require_POST
def end_token(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own tokens."""
    actions.end_token(by=request.user, token_id=pk)  # type: ignore[arg-type]
    messages.success(request, _("The token has ended."))
    return redirect("desk:me")


@gate_signed_in
@require_GET
def components(request: HttpRequest) -> HttpResponse:
    """Every component of the interface on one page."""
    return render(request, "components/gallery.html")
