"""One shape for everything that is refused: `application/problem+json` in the caller's language (RFC 9457).

Beside `type`, `title` and `status` it carries what was `kept`, the `remedy`, the `field` and, for a body or a query
that does not fit the contract, `errors` with one sentence per field.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse, UnreadablePostError
from django.utils.translation import gettext_lazy as _
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from wangge.foundation.core.problems import InvalidError, NotFoundError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest
    from django.utils.functional import _StrOrPromise
    from ninja import NinjaAPI

PROBLEM_JSON = "application/problem+json"
_MAX_ERRORS = 20
_log = logging.getLogger("wangge.api")


class UnauthenticatedError(Problem):
    """No proof of who is asking, or one that is unknown, expired or ended."""

    code = "not-signed-in"
    status = 401
    title = _("You are not signed in, or your token is not valid any more.")
    remedy = _("Sign in again, or issue a new token on your account page.")


class CsrfError(Problem):
    """A write from a page of ours without its anti-forgery token."""

    code = "page-too-old"
    status = 403
    title = _("This page was open for too long, or was opened in another window.")
    remedy = _("Reload the page and send again.")


class UnreadableRequestError(Problem):
    """The request could not be read: not JSON, cut off, or not text."""

    code = "unreadable"
    status = 400
    title = _("The request could not be read.")
    remedy = _("Send one complete JSON document in UTF-8.")


class NoKeyError(Problem):
    """A write without `Idempotency-Key`."""

    code = "no-idempotency-key"
    status = 400
    title = _("The header Idempotency-Key is missing or not usable.")
    remedy = _(
        "Give every write a fresh key of 1 to 200 visible ASCII characters, and send the same key when you repeat it."
    )


class MethodNotAllowedError(Problem):
    """The address exists, but not for this method."""

    code = "method-not-allowed"
    status = 405
    title = _("This address does not know this method.")
    remedy = _("The header Allow names the methods that it knows.")


class NotAcceptableError(Problem):
    """The caller accepts nothing that this operation can answer with."""

    code = "not-acceptable"
    status = 406
    title = _("The answer cannot be given in the format that you accept.")
    remedy = _("Accept application/json, or the type of the photo.")


class LengthRequiredError(Problem):
    """A body of unknown length."""

    code = "length-required"
    status = 411
    title = _("The length of the file was not announced.")
    remedy = _("Send the header Content-Length.")


class BodyTooLargeError(Problem):
    """More than a request may carry."""

    code = "too-large"
    status = 413
    title = _("The request is too large.")
    remedy = _("Send less at a time; photos go one by one.")


class WrongContentTypeError(Problem):
    """The body is not of the type that this operation reads."""

    code = "wrong-content-type"
    status = 415
    title = _("The body is of a type that cannot be read here.")
    remedy = _("Send application/json in UTF-8, or the photo itself where a photo is expected.")


class TooManyRequestsError(Problem):
    """Asked too often."""

    code = "too-many-requests"
    status = 429
    title = _("Too many requests in a short time.")
    remedy = _("Wait a moment and try again.")


class UnavailableError(Problem):
    """The database does not answer, or somebody holds what is needed for too long."""

    code = "unavailable"
    status = 503
    title = _("The system cannot be reached at the moment.")
    remedy = _("Send again in a minute with the same Idempotency-Key; nothing is recorded twice.")


class FaultError(Problem):
    """Our own mistake."""

    code = "fault"
    status = 500
    title = _("Something went wrong on our side.")
    remedy = _("Send again later with the same Idempotency-Key, and tell the system administrator.")


class BadCursorError(InvalidError):
    """A cursor that this list did not give."""

    code = "bad-cursor"
    title = _("This cursor does not belong to this list.")
    remedy = _("Begin again without a cursor.")

    def __init__(self) -> None:
        super().__init__(field="cursor")


# What pydantic found, by its error type; names in %(…)s are pydantic's own.
_SENTENCES: Mapping[str, _StrOrPromise] = {
    "bool_parsing": _("Give true or false."),
    "bool_type": _("Give true or false."),
    "date_from_datetime_parsing": _("Give a date such as 2026-05-04."),
    "date_parsing": _("Give a date such as 2026-05-04."),
    "date_type": _("Give a date such as 2026-05-04."),
    "datetime_from_date_parsing": _("Give a time such as 2026-05-04T08:30:00+08:00."),
    "datetime_parsing": _("Give a time such as 2026-05-04T08:30:00+08:00."),
    "datetime_type": _("Give a time such as 2026-05-04T08:30:00+08:00."),
    "decimal_max_digits": _("The number has too many digits."),
    "decimal_max_places": _("The number has too many decimal places."),
    "decimal_parsing": _("Give a number."),
    "decimal_type": _("Give a number."),
    "dict_type": _("Give an object."),
    "extra_forbidden": _("This field is not known here."),
    "finite_number": _("Give a finite number."),
    "float_parsing": _("Give a number."),
    "float_type": _("Give a number."),
    "greater_than": _("The value must be greater than %(gt)s."),
    "greater_than_equal": _("The value must be at least %(ge)s."),
    "int_from_float": _("Give a whole number."),
    "int_parsing": _("Give a whole number."),
    "int_parsing_size": _("The number is too large."),
    "int_type": _("Give a whole number."),
    "less_than": _("The value must be less than %(lt)s."),
    "less_than_equal": _("The value must be at most %(le)s."),
    "list_type": _("Give a list."),
    "literal_error": _("Give one of: %(expected)s."),
    "missing": _("This field is missing."),
    "model_attributes_type": _("Give an object."),
    "model_type": _("Give an object."),
    "out_of_range": _("Outside the years 2000 to 2099."),
    "string_pattern_mismatch": _("The value does not have the expected form."),
    "string_too_long": _("At most %(max_length)s characters."),
    "string_too_short": _("At least %(min_length)s characters."),
    "string_type": _("Give a text."),
    "string_unicode": _("The text contains characters that are not valid."),
    "timezone_aware": _("Give the time with its offset, such as 2026-05-04T08:30:00+08:00."),
    "too_long": _("At most %(max_length)s items."),
    "too_short": _("At least %(min_length)s items."),
    "uuid_parsing": _("Give a UUID."),
    "uuid_type": _("Give a UUID."),
}
_OTHERWISE = _("The value is not right.")


def refuse(problem: Problem, *, errors: list[dict[str, str]] | None = None, **more: int) -> HttpResponse:
    """The answer that tells a problem; `more` are numbers that the caller needs to go on."""
    body: dict[str, Any] = {
        "type": problem.code,
        "title": str(problem.title),
        "status": problem.status,
        "kept": str(problem.kept),
        "remedy": str(problem.remedy),
        **more,
    }
    if problem.field:
        body["field"] = problem.field
    if errors is not None:
        body["errors"] = errors
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False), status=problem.status, content_type=f"{PROBLEM_JSON}; charset=utf-8"
    )
    if problem.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    if problem.status in {429, 503}:
        response["Retry-After"] = str(problem.detail.get("wait", 30))
    return response


def told(found: Mapping[str, Any]) -> str:
    """One sentence about one pydantic error, in the caller's language."""
    sentence = str(_SENTENCES.get(found["type"], _OTHERWISE))
    try:
        return str(sentence % found.get("ctx", {}))
    except (KeyError, TypeError, ValueError):
        return str(_OTHERWISE)


def _place_of(found: Mapping[str, Any]) -> str:
    """The caller's name of it, "place.lon" of ("body", "data", "place", "lon"); the names of our own parameters are not the caller's."""
    location = [str(part) for part in found["loc"]]
    inside = location[2:] if location[:1] == ["body"] else location[1:]
    return ".".join(inside) or location[0]


def _invalid(_request: HttpRequest, error: Any) -> HttpResponse:
    errors = [{"field": _place_of(found), "message": told(found)} for found in error.errors[:_MAX_ERRORS]]
    return refuse(InvalidError(field=errors[0]["field"] if errors else None), errors=errors)


def _http(_request: HttpRequest, error: Any) -> HttpResponse:
    if isinstance(error, Throttled):
        return refuse(TooManyRequestsError(wait=error.wait or 1))
    if isinstance(error, AuthenticationError):
        return refuse(UnauthenticatedError())
    return refuse(UnreadableRequestError())


def _problem(_request: HttpRequest, problem: Any) -> HttpResponse:
    return refuse(problem)


def _database(_request: HttpRequest, error: Any) -> HttpResponse:
    _log.warning("database: %s: %s", type(error).__name__, str(error).split("\n", 1)[0])
    return refuse(UnavailableError())


def _fault(request: HttpRequest, error: Any) -> HttpResponse:
    _log.error("fault in %s %s", request.method, request.path, exc_info=error)
    return refuse(FaultError())


def register(api: NinjaAPI) -> None:
    """Every exception that can leave an operation, and its answer."""
    api.add_exception_handler(Problem, _problem)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _http)
    api.add_exception_handler(Http404, lambda _request, _error: refuse(NotFoundError()))
    api.add_exception_handler(RequestDataTooBig, lambda _request, _error: refuse(BodyTooLargeError()))
    api.add_exception_handler(TooManyFieldsSent, lambda _request, _error: refuse(BodyTooLargeError()))
    api.add_exception_handler(UnreadablePostError, lambda _request, _error: refuse(UnreadableRequestError()))
    api.add_exception_handler(OperationalError, _database)
    api.add_exception_handler(InterfaceError, _database)
    api.add_exception_handler(Exception, _fault)
