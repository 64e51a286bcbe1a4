"""What goes around every request, webhooks and static files included: a line in the log, headers, and three refusals.

Each is a few dictionary look-ups, because it is paid by every webhook. Nothing here knows a clinic or reads a body.
"""

import logging
import time
import uuid
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import resolve
from django.utils.functional import empty

from config.csp import REPORT_PATH, REPORTING_ENDPOINTS
from config.logs import route_of
from config.scrubbing import Plain
from tenants import refusals
from tenants.masks import shorten_address
from tenants.problems import ApiProblem

GetResponse = Callable[[HttpRequest], HttpResponse]
logger = structlog.get_logger("ringback.request")
_is_wanted = logging.getLogger("ringback.request").isEnabledFor

_EVENT = Plain("request")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Of programs: they are told to use TLS and not led to it, or the first message would go on travelling in the clear.
OF_PROGRAMS = ("/api/", "/hooks/")
NO_SESSION = frozenset(
    {
        REPORT_PATH, "/healthz", "/readyz", "/status", "/privacy", "/cookies", "/security", "/sub-processors",
        "/.well-known/security.txt",
    }
)  # fmt: skip
_UNUSED_FEATURES = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
    "gyroscope", "magnetometer", "microphone", "midi", "payment", "screen-wake-lock", "usb", "xr-spatial-tracking",
)  # fmt: skip
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _UNUSED_FEATURES),
    "Reporting-Endpoints": REPORTING_ENDPOINTS,
}


class RequestLine:
    """One line for each request, with its route and never its address; the answer bears the line's id."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        request_id = uuid.uuid4()
        structlog.contextvars.bind_contextvars(request=request_id)
        try:
            response = self.get_response(request)
            response.headers["X-Request-Id"] = str(request_id)
            _write_line(request, response.status_code, time.perf_counter() - started)
            return response
        finally:
            structlog.contextvars.clear_contextvars()


class HouseHeaders:
    """The same headers on every answer. TRACE is refused, and programs that come without TLS."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.hsts = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = _refuse(request) or self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.SECURE_HSTS_SECONDS and request.is_secure():
            response.headers.setdefault("Strict-Transport-Security", self.hsts)
        return response


class NeedsNoSession:
    """Answers what is the same for everybody before anything asks the database who it is: it works with that away."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info not in NO_SESSION:
            return self.get_response(request)
        request.get_host()  # raises for a host name that is not ours
        request.resolver_match = resolve(request.path_info)
        response: HttpResponse = request.resolver_match.func(request)
        return response


class RefuseCrossSite:
    """A form that another site sends with somebody's session is refused, whatever CSRF token it brings."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_foreign = request.headers.get("Sec-Fetch-Site") == "cross-site"
        if not is_foreign or request.method in SAFE_METHODS or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return self.get_response(request)
        refusals.count("cross_site")
        reason = "It was sent from another site. Nothing has been changed."
        return render(request, "403.html", {"reason": reason}, status=HTTPStatus.FORBIDDEN)


def _refuse(request: HttpRequest) -> HttpResponse | None:
    if request.method not in METHODS:
        return HttpResponseNotAllowed(sorted(METHODS))
    if settings.IS_HTTPS and request.path_info.startswith(OF_PROGRAMS) and not request.is_secure():
        detail = "This address is served over https only. Take what was sent in the clear as known to others."
        return ApiProblem(HTTPStatus.FORBIDDEN, detail, kind="https_only").as_response()
    return None


def _write_line(request: HttpRequest, status: int, seconds: float) -> None:
    # A message that was stored is on record as its call, and a line would cost a twentieth of it.
    is_stored = status == HTTPStatus.NO_CONTENT and request.path_info.startswith("/hooks/")
    if status < HTTPStatus.INTERNAL_SERVER_ERROR and not _is_wanted(logging.DEBUG if is_stored else logging.INFO):
        return
    write = logger.warning if status >= HTTPStatus.INTERNAL_SERVER_ERROR else logger.info
    write(
        _EVENT,
        method=Plain(request.method) if request.method in METHODS else "other",
        route=Plain(route_of(request)),
        status=status,
        ms=round(seconds * 1000, 1),
        network=_network(request.META.get("REMOTE_ADDR", "")),
        **_who(request),
    )


@lru_cache(maxsize=512)
def _network(address: str) -> Plain:
    """Few addresses send most requests."""
    return Plain(shorten_address(address))


def _who(request: HttpRequest) -> dict[str, Any]:
    """The person and the clinic where the request's own work has found them out already: a line asks no database."""
    known = request.__dict__
    user = known.get("_cached_user") or known.get("user")
    if getattr(user, "_wrapped", None) is empty:
        user = None
    clinic = known.get("clinic") or getattr(known.get("auth"), "clinic", None)
    found = {"person": getattr(user, "pk", None), "clinic": getattr(clinic, "id", None)}
    return {name: value for name, value in found.items() if value is not None}
