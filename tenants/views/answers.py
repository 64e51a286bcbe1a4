"""What the pages of people and keys answer with after something was done."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def go_to(page: str) -> HttpResponse:
    """The browser goes there with GET, whatever it came with."""
    response = redirect(page)
    response.status_code = HTTPStatus.SEE_OTHER
    return response


def say_and_go_to(request: HttpRequest, page: str, done: str) -> HttpResponse:
    """The same, and the page there says what was done."""
    messages.success(request, done)
    return go_to(page)
