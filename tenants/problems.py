"""What the API says when it cannot do what was asked: RFC 9457, with the field and never with its value.

Every error of every API door becomes one of these here, also those that nobody expected.
"""

import logging
import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import Error as DatabaseProblem
from django.http import Http404, JsonResponse
from psycopg_pool import PoolTimeout
from rest_framework.exceptions import APIException, Throttled, ValidationError

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 5
_KIND_PREFIX = "urn:ringback:problem:"
_NO_FIELD = "non_field_errors"

_DETAILS = {
    HTTPStatus.BAD_REQUEST: "The request cannot be read.",
    HTTPStatus.UNAUTHORIZED: "A valid key or token is needed: Authorization: Api-Key <key>, or Bearer <token>.",
    HTTPStatus.FORBIDDEN: "The key’s scopes, or your role in the clinic, do not allow this.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address. Addresses of the API end in a slash.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not know the method; the header Allow names those it knows.",
    HTTPStatus.NOT_ACCEPTABLE: "The API answers in JSON.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Send JSON in UTF-8, with Content-Type: application/json.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests. Wait for the seconds of Retry-After.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong here, and it is logged.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The request could not be answered now. Send it again.",
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with one field. `path` leads to it, from the outside in; empty is the whole."""

    path: tuple[str, ...]
    detail: str

    def as_body(self, *, in_body: bool) -> dict[str, str]:
        field = next((step for step in self.path if not step.isdecimal()), "")
        pointer = {"pointer": "#" + "".join(f"/{step}" for step in self.path)} if in_body else {}
        return {"field": field, **pointer, "detail": self.detail}


class ApiProblem(APIException):
    """An answer of RFC 9457, raised by a door. `kind` is a word that programs can rely on."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str = "",
        *,
        kind: str = "",
        errors: Sequence[FieldError] = (),
        in_body: bool = True,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail or _DETAILS[status])
        self.status_code = status.value
        self.kind = kind
        self.text = detail or _DETAILS[status]
        self.errors = errors
        self.in_body = in_body
        self.retry_after = retry_after

    def below(self, step: str) -> "ApiProblem":
        """The same problem, of an item of a list."""
        errors = [FieldError((step, *error.path), error.detail) for error in self.errors]
        return ApiProblem(HTTPStatus(self.status_code), self.text, kind=self.kind, errors=errors)

    def as_body(self) -> dict[str, Any]:
        status = HTTPStatus(self.status_code)
        return {
            "type": _KIND_PREFIX + self.kind if self.kind else "about:blank",
            "title": self.kind.replace("_", " ").capitalize() if self.kind else status.phrase,
            "status": status.value,
            "detail": self.text,
            "errors": [error.as_body(in_body=self.in_body) for error in self.errors],
        }

    def as_response(self) -> JsonResponse:
        response = JsonResponse(self.as_body(), status=self.status_code, content_type=CONTENT_TYPE)
        if self.retry_after is not None:
            response["Retry-After"] = str(self.retry_after)
        return response


def problem_details(error: Exception, context: Mapping[str, Any]) -> JsonResponse:
    """The REST framework's exception handler."""
    response = _problem_of(error).as_response()
    challenge = getattr(error, "auth_header", None)
    if challenge:
        response["WWW-Authenticate"] = challenge
    return response


def invalid_fields(error: ValidationError, *, in_body: bool = True) -> ApiProblem:
    """400 with all that is wrong, of a serializer's errors."""
    errors = list(_field_errors(error.detail, ()))
    return ApiProblem(HTTPStatus.BAD_REQUEST, "Some fields are wrong.", kind="invalid", errors=errors, in_body=in_body)


def _problem_of(error: Exception) -> ApiProblem:
    if isinstance(error, ApiProblem):
        return error
    if isinstance(error, ValidationError):
        return invalid_fields(error)
    if isinstance(error, (DatabaseProblem, PoolTimeout)):
        _log(error)
        return ApiProblem(HTTPStatus.SERVICE_UNAVAILABLE, retry_after=RETRY_SECONDS)
    if isinstance(error, Http404):
        return ApiProblem(HTTPStatus.NOT_FOUND)
    if isinstance(error, PermissionDenied):
        return ApiProblem(HTTPStatus.FORBIDDEN)
    if isinstance(error, APIException):
        wait = int(getattr(error, "wait", None) or 1) if isinstance(error, Throttled) else None
        return ApiProblem(HTTPStatus(error.status_code), retry_after=wait)
    _log(error)
    return ApiProblem(HTTPStatus.INTERNAL_SERVER_ERROR)


def _log(error: Exception) -> None:
    """Where it happened, without the error's text: that could be somebody's number."""
    places = "".join(traceback.format_tb(error.__traceback__))
    logger.error("the API could not answer: %s\n%s", type(error).__name__, places)


def _field_errors(detail: Any, path: tuple[str, ...]) -> Iterator[FieldError]:
    if isinstance(detail, Mapping):
        for name, child in detail.items():
            yield from _field_errors(child, path if name == _NO_FIELD else (*path, str(name)))
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        for child in detail:
            yield from _field_errors(child, path)
    else:
        yield FieldError(path, str(detail))


_HARMLESS_NAME = re.compile(r"(?!(?:\D*\d){7})[A-Za-z_][A-Za-z0-9_-]{0,39}")


def is_harmless_name(name: str) -> bool:
    """Whether the name of a field that somebody made up can be said back: no number hides in it."""
    return _HARMLESS_NAME.fullmatch(name) is not None
