"""The pages for what went wrong before a view or in one; they say what to do next and never what was sent."""

import sys
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.template.loader import render_to_string
from psycopg_pool import PoolTimeout

RETRY_SECONDS = 5


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, or 413 for a body that is too large: of that nothing more has been read."""
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    reason = ""
    if isinstance(exception, TooManyFieldsSent):
        reason = "The form has more fields than any of ours."
    elif isinstance(exception, TooManyFilesSent):
        reason = "There are more files in it than can be taken at once."
    return render(request, "400.html", {"reason": reason}, status=HTTPStatus.BAD_REQUEST)


def refuse_csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The reason is for the log: to a person a wrong token means a page that is too old, none that cookies are off."""
    is_without = {"no_cookie": reason == REASON_NO_CSRF_COOKIE}
    return render(request, "403_csrf.html", is_without, status=HTTPStatus.FORBIDDEN)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when the database is away. Neither page asks anything: what they would ask may be what is broken."""
    if isinstance(sys.exception(), (OperationalError, PoolTimeout)):
        page = HttpResponse(render_to_string("503.html"), status=HTTPStatus.SERVICE_UNAVAILABLE)
        page.headers["Retry-After"] = str(RETRY_SECONDS)
    else:
        page = HttpResponse(render_to_string("500.html"), status=HTTPStatus.INTERNAL_SERVER_ERROR)
    page.headers["Cache-Control"] = "no-store"
    return page
