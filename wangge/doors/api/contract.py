"""How an operation is declared, and the API as a whole: negotiation, limits, the OpenAPI document.

django-ninja routes and reads parameters; what every operation has in common (gate, key, refusals, media types) is
written here once and put into the document from here.
"""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.parser import Parser

from wangge.doors.api import errors
from wangge.doors.api.callers import SECURITY_SCHEMES, Caller
from wangge.doors.api.gates import GATES
from wangge.foundation.accounts.gate import Gate, gate_public
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.media import SOUND_TYPES, TYPES

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern, URLResolver
    from ninja.operation import PathView
    from pydantic import BaseModel

_JSON = "application/json"
_READS = (400, 404, 405, 406, 422, 429, 503)
_WRITES = (400, 404, 405, 406, 409, 413, 415, 422, 429, 503)
_SIGNED_IN = (401, 403)
_PHRASES = {
    400: "The request could not be read",
    401: "Not signed in, or the token is not valid any more",
    403: "The posts in force do not allow this",
    404: "Not there, or not for this person: the two are never told apart",
    405: "Not this method",
    406: "Not in this format",
    409: "The state of things does not permit this, or the key was used for something else",
    411: "The length was not announced",
    413: "Too large",
    415: "A content type that is not read here",
    422: "A value is missing or wrong; `errors` names each",
    429: "Too many requests",
    503: "Cannot be reached at the moment; send again with the same key",
}
_KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "A fresh key per write, the same when it is sent again: a replay gets the first answer, for ever.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]{1,200}$"},
}
_PROBLEM_SCHEMA = {
    "title": "Problem",
    "type": "object",
    "description": "What could not be done, in the language of Accept-Language (zh-hans, en).",
    "required": ["type", "title", "status", "kept", "remedy"],
    "properties": {
        "type": {"type": "string", "description": "A stable code for programs."},
        "title": {"type": "string", "description": "What happened."},
        "status": {"type": "integer"},
        "kept": {"type": "string", "description": "What was kept or not."},
        "remedy": {"type": "string", "description": "What to do."},
        "field": {"type": "string", "description": "The field that is meant."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
MEDIA, MEDIA_SEND, MEDIA_PART_SEND, MEDIA_SOUND = "media", "media_send", "media_part_send", "media_sound"
_OCTETS = "application/octet-stream"
PHOTO_TYPES = (*TYPES, *SOUND_TYPES, _OCTETS)
# What a body may be where it is not JSON.
_UPLOADS = {MEDIA_SEND: PHOTO_TYPES, MEDIA_PART_SEND: (*PHOTO_TYPES, "application/offset+octet-stream")}
_PRODUCED = {MEDIA: ("image/jpeg", "image/*"), MEDIA_SOUND: (*SOUND_TYPES, "audio/*")}
_DOUBLE = re.compile("/{2,}")
_ZERO = re.compile(r"^q\s*=\s*0(\.0{0,3})?$")
_ESCAPED_NUL = re.compile(rb"\\u0000", re.IGNORECASE)


def operation(
    operation_id: str,
    *,
    answers: dict[int, type[BaseModel]] | type[BaseModel] | None,
    write: bool = False,
    also: tuple[int, ...] = (),
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The keyword arguments of a route: id, gate, answers, and what the document says about it.

    Operations answer with an `HttpResponse` made from the model that is named here; `extra` is merged into the
    document; `also` adds statuses to those that every operation may answer with.
    """
    gate = GATES[operation_id]
    responses = answers if isinstance(answers, dict) else {200: answers}
    refusals = {*(_WRITES if write else _READS), *also, *(() if gate == "public" else _SIGNED_IN)}
    document: dict[str, Any] = {
        "x-gate": gate if isinstance(gate, str) else sorted(gate),
        "responses": {status: {"$ref": f"#/components/responses/Refused{status}"} for status in sorted(refusals)},
    }
    if write:
        document["parameters"] = [_KEY_PARAMETER]
    if extra:
        document |= {key: value for key, value in extra.items() if key != "responses"}
        document["responses"] |= extra.get("responses", {})
    return {
        "operation_id": operation_id,
        "response": responses,
        "auth": None if gate == "public" else Caller(operation_id),
        "openapi_extra": document,
    }


def answer(model: BaseModel, *, status: int = 200) -> HttpResponse:
    """A model as JSON."""
    return HttpResponse(model.model_dump_json(), status=status, content_type=_JSON)


class StrictParser(Parser):
    """JSON as the RFC has it: no NaN, and no NUL in a text, which PostgreSQL cannot hold."""

    def parse_body(self, request: HttpRequest) -> Any:
        body = request.body
        parsed = json.loads(body, parse_constant=_refuse_constant)
        if _ESCAPED_NUL.search(body) and _holds_nul(parsed):
            raise HttpError(400, "NUL")
        request.said = parsed  # type: ignore[attr-defined]  # what the idempotency key stands for
        return parsed


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, list):
        return any(_holds_nul(item) for item in value)
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(item) for key, item in value.items())
    return False


class Api(NinjaAPI):
    """Our API: refusals in one shape, no page from outside, and a document that says what is true."""

    def set_default_exception_handlers(self) -> None:
        errors.register(self)

    def document(self) -> dict[str, Any]:
        """The OpenAPI document, with what all operations share."""
        made: dict[str, Any] = json.loads(json.dumps(self.get_openapi_schema(path_prefix="/api/v1/"), default=str))
        made["components"]["schemas"]["Problem"] = _PROBLEM_SCHEMA
        made["components"]["securitySchemes"] = SECURITY_SCHEMES
        made["components"]["responses"] = {
            f"Refused{status}": {
                "description": phrase,
                "content": {errors.PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
            for status, phrase in _PHRASES.items()
        }
        for methods in made["paths"].values():
            for details in methods.values():
                if details["x-gate"] != "public":
                    details["security"] = [{"Token": []}, {"Session": []}]
                for parameter in details["parameters"]:
                    parameter["schema"] = _plain(parameter["schema"])
        return made

    def document_text(self) -> str:
        """The document as the repository keeps it: sorted, two spaces, one newline at the end."""
        return json.dumps(self.document(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        patterns: list[URLResolver | URLPattern] = [
            path("openapi.json", gate_public(functools.partial(_openapi, self)), name="openapi-json")
        ]
        for bound in self._get_bound_routers():
            for inner, found in bound.path_operations.items():
                route = _DOUBLE.sub("/", f"{bound.prefix}/{inner}").strip("/").replace("{", "<").replace("}", ">")
                patterns.append(path(route, _negotiated(found), name=found.operations[0].operation_id))
        patterns.append(re_path(r"^[\s\S]*$", gate_public(_nothing_here), name="nothing"))
        return patterns


def _negotiated(view: PathView) -> Callable[..., HttpResponseBase]:
    """The view of one address: method and media types are settled before anything of the request is read."""
    operations = {method: operation for operation in view.operations for method in operation.methods}
    if "GET" in operations:
        operations["HEAD"] = operations["GET"]

    @csrf_exempt  # checked in callers.py, for the session only: a token is not sent by a browser of its own accord
    def inner(request: HttpRequest, **parameters: Any) -> HttpResponseBase:
        operation = operations.get(request.method or "")
        if operation is None:
            return _allow(errors.refuse(errors.MethodNotAllowedError()), set(operations))
        if not _acceptable(request.META.get("HTTP_ACCEPT", ""), operation.operation_id):
            return errors.refuse(errors.NotAcceptableError())
        if not _readable(request, operation.operation_id):
            return errors.refuse(errors.WrongContentTypeError())
        if "%00" in request.META.get("QUERY_STRING", "") or any("\x00" in value for value in parameters.values()):
            return errors.refuse(errors.UnreadableRequestError())
        response = operation.run(request, **parameters)
        if request.method == "HEAD" and isinstance(response, HttpResponse):
            response.content = b""
        return response

    inner.gates = {method: GATES[operation.operation_id or ""] for method, operation in operations.items()}  # type: ignore[attr-defined]
    first = GATES[view.operations[0].operation_id or ""]
    inner.gate = Gate(public=first == "public", permissions=first if isinstance(first, frozenset) else frozenset())  # type: ignore[attr-defined]
    return inner


def _acceptable(accept: str, operation_id: str | None) -> bool:
    if accept in {"", "*/*", _JSON}:
        return True
    produced = _PRODUCED.get(operation_id or "", (_JSON, "application/*", errors.PROBLEM_JSON))
    for part in accept.lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        refused = any(_ZERO.match(parameter) for parameter in parameters)
        if kind in {"*/*", *produced} and not refused:
            return True
    return False


def _readable(request: HttpRequest, operation_id: str | None) -> bool:
    if request.method not in {"PATCH", "POST", "PUT"}:
        return True
    kind = (request.content_type or "").lower()
    if operation_id in _UPLOADS:
        return kind in _UPLOADS[operation_id]
    if not request.META.get("CONTENT_LENGTH") or request.META["CONTENT_LENGTH"] == "0":
        return kind in {"", "text/plain", _JSON}
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    return kind == _JSON and charset in {"utf-8", "utf8", "us-ascii"}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter may be left out; it is never null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    kept = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    return {**kept, **kinds[0]}


@csrf_exempt
def _nothing_here(_request: HttpRequest) -> HttpResponse:
    return errors.refuse(NotFoundError())


@functools.cache
def _text_of(api: Api) -> str:
    return api.document_text()


def _openapi(api: Api, request: HttpRequest) -> HttpResponse:
    """The contract; the same for everybody."""
    if request.method not in {"GET", "HEAD"}:
        return _allow(errors.refuse(errors.MethodNotAllowedError()), {"GET", "HEAD"})
    return HttpResponse(_text_of(api), content_type=_JSON, headers={"Cache-Control": "public, max-age=60"})


def _allow(response: HttpResponse, methods: set[str]) -> HttpResponse:
    response["Allow"] = ", ".join(sorted(methods))
    return response
