"""The outermost layer: headers, error pages, language, where the front page leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from wangge.doors.town.cast import logins
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import InvalidError, NotAllowedError, NotFoundError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http.response import HttpResponseBase

_API = "/api/"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Nobody signs himself up: log-ins are made by the security administrator."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class RefuseBadInputMiddleware:
    """Answers what no page could make sense of (NUL bytes, which PostgreSQL cannot store) before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        hostile = "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", "")
        if hostile and not request.path.startswith(
            _API
        ):  # the API says it in its own shape and in the caller's language
            return HttpResponse(status=400)
        return self.get_response(request)


class HeadersMiddleware:
    """Pages about cases and people are not kept by browsers or proxies."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        if (
            request.method == "POST"
            and request.path == reverse("account_logout")
            and request.POST.get("clear") == "phone"
        ):
            # The phone's shell says so when nobody has anything unsent in this browser any more.
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        response.headers.setdefault("Permissions-Policy", "geolocation=(self), camera=(self), microphone=(self)")
        return response


class ProblemMiddleware:
    """A problem that no view translated becomes a page with its three sentences, under the right status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Problem):
            return problem_page(request, exception)
        if isinstance(exception, DataError):  # a NUL byte, a number beyond every column: bad input, nothing written
            return problem_page(request, InvalidError())
        return None


def problem_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The page (or htmx fragment) that tells a problem in three sentences."""
    template = "components/refusal.html" if getattr(request, "htmx", False) else "problem.html"
    return render(request, template, {"problem": problem}, status=problem.status)


def site(request: HttpRequest) -> dict[str, Any]:
    """Names that every template needs; in the demo, on the log-in page, also who can log in."""
    at_login = settings.DEMO and request.path == reverse("account_login")
    return {
        "demo_logins": logins() if at_login else None,
        "site_name": settings.SITE_NAME,
        "product_name": settings.PRODUCT_NAME,
        "demo": settings.DEMO,
        "theme": request.COOKIES.get("theme", "normal")
        if request.COOKIES.get("theme") in {"elder", "dark"}
        else "normal",
    }


def home(request: HttpRequest) -> HttpResponse:
    """Where people start: staff of the desk at the desk, field people on the phone page, everybody else outside."""
    authority = authority_of(request.user)
    if not authority.grants:
        return redirect("portal:home")
    permissions = authority.permissions()
    field_only = permissions <= {
        P.AREA_VIEW, P.CASE_FLAG, P.CASE_VERIFY, P.CASE_VIEW, P.CATALOGUE_VIEW, P.REPORT_CONTACT, P.REPORT_MAKE
    }  # fmt: skip
    return redirect("field:home" if field_only and P.REPORT_MAKE in permissions else "desk:home")


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the reader's language in a cookie and go back."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = HttpResponseRedirect(target)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=31_536_000, samesite="Lax", secure=settings.HTTPS
        )
    return response


def _error(request: HttpRequest, problem: Problem) -> HttpResponse:
    if request.path.startswith(_API):
        return JsonResponse(
            {
                "type": problem.code,
                "title": str(problem.title),
                "status": problem.status,
                "kept": str(problem.kept),
                "remedy": str(problem.remedy),
            },
            status=problem.status,
            content_type="application/problem+json",
        )
    return render(request, "problem.html", {"problem": problem}, status=problem.status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request could not be read."""
    problem = InvalidError(_("This request could not be read."))
    problem.status = 400  # type: ignore[misc]
    return _error(request, problem)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _error(request, NotAllowedError())


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, the same for what does not exist and what is not for this person."""
    return _error(request, NotFoundError())


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault; says that nothing was recorded and what to do."""
    return HttpResponse(render(request, "500.html").content, status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was opened too long ago or elsewhere."""
    return _error(
        request,
        NotAllowedError(
            _("This page was open for too long, or was opened in another window."),
            remedy=_("Go back, reload the page and send again; what you typed is still there."),
        ),
    )


def locked_out(request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
    """Too many wrong passwords."""
    problem = NotAllowedError(
        _("Too many failed attempts; this log-in is locked for 15 minutes."),
        kept=_("Nothing of your account was changed."),
        remedy=_("Wait 15 minutes, or ask the security administrator to help."),
    )
    return render(request, "problem.html", {"problem": problem}, status=429)


def claimed_login(request: HttpRequest, credentials: dict[str, Any] | None) -> str | None:
    """The log-in name under which failures are counted: the same whoever names it (allauth says "username", the form
    "login") and however it is spelt (the log-in itself does not look at the case).
    """
    given = credentials or request.POST
    name = given.get("username") or given.get("login")
    return str(name).strip().casefold() if name else None


def client_ip(request: HttpRequest) -> str:
    """The peer's address; behind our own proxy (WANGGE_HTTPS) the last address that the proxy itself added."""
    if settings.HTTPS:
        forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")[-1].strip()
        return forwarded or str(request.META["REMOTE_ADDR"])
    return str(request.META.get("REMOTE_ADDR", ""))
