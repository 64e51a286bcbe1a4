"""What the doors of all pages share: where the browser goes afterwards, and lists page by page."""

from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from tenants.cursors import Position, read_cursor, write_cursor
from tenants.domain import ClinicFacts


def go_to(page: str) -> HttpResponse:
    """The browser goes there with GET, whatever it came with."""
    response = redirect(page)
    response.status_code = HTTPStatus.SEE_OTHER
    return response


def say_and_go_to(request: HttpRequest, page: str, done: str) -> HttpResponse:
    """The same, and the page there says what was done."""
    messages.success(request, done)
    return go_to(page)


def next_page(clinic: ClinicFacts, page: str) -> str:
    """Where somebody goes who has done a step of getting started: back to the checklist while there is one."""
    return "start" if clinic.guide_open else page


def bad_request(request: HttpRequest, reason: str) -> HttpResponse:
    """400, as a page that says what could not be read."""
    return render(request, "400.html", {"reason": reason}, status=HTTPStatus.BAD_REQUEST)


def asked_position(request: HttpRequest) -> tuple[Position | None, bool]:
    """Where the page of a list begins and in which direction, by `?cursor`. Raises `BadCursor`."""
    cursor = request.GET.get("cursor")
    return read_cursor(cursor) if cursor else (None, True)


def page_url(request: HttpRequest, position: Position | None, *, forwards: bool) -> str | None:
    """The address of another page of the same list, filtered alike; None at the end."""
    if position is None:
        return None
    asked = {name: value for name, value in request.GET.items() if name != "cursor" and value}
    return "?" + urlencode({**asked, "cursor": write_cursor(position, forwards=forwards)})
