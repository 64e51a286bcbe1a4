"""With the database away people get a page that says so and when to come back; all else that fails stays a 500."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.handlers.exception import response_for_exception
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from psycopg_pool import PoolTimeout

from tests.tenants.factories import alice, bright_smile
from tests.tenants.sign_in import client_of


@pytest.fixture
def away(committed_db: None) -> Iterator[Client]:
    """Somebody who is signed in, and then nothing listens at the database's address."""
    clinic = bright_smile()
    client = client_of(alice(), clinic)
    client.raise_request_exception = False
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
    connection: Any = connections["default"]
    connection.close()
    connection.close_pool()
    before = {name: connection.settings_dict[name] for name in ("HOST", "PORT")}
    connection.settings_dict.update(HOST="127.0.0.1", PORT=port)
    try:
        yield client
    finally:
        connection.close()
        connection.close_pool()
        connection.settings_dict.update(before)


def assert_friendly(response: Any) -> None:
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert response.headers["Cache-Control"] == "no-store"
    page = response.content.decode()
    assert "Back in a moment" in page and "<script" not in page


def test_pages_say_so(away: Client) -> None:
    assert_friendly(away.get("/worklist/"))  # one request: each waits for the pool to give up


@pytest.mark.parametrize("path", ["/status", "/privacy", "/cookies", "/healthz", "/.well-known/security.txt"])
def test_what_needs_no_database_works_on(path: str) -> None:
    """Even for who brings a session; without the mark `django_db` a query would raise."""
    client = Client()
    client.cookies["session"] = "x" * 32
    response = client.get(path)
    assert response.status_code == 200
    assert not response.cookies


def answer(error: Exception, path: str = "/calls/") -> HttpResponse:
    request: HttpRequest = RequestFactory().get(path)
    try:
        raise error
    except Exception as raised:
        return response_for_exception(request, raised)


@pytest.mark.parametrize("error", [OperationalError("07700900123"), PoolTimeout("07700900123")])
def test_these_errors_mean_that_it_is_away(error: Exception) -> None:
    response = answer(error)
    assert_friendly(response)
    assert b"900123" not in response.content


@pytest.mark.parametrize(
    "error", [IntegrityError("x"), DataError("x"), InterfaceError("x"), ValueError("x"), OSError("x")]
)
def test_other_errors_are_ours(error: Exception) -> None:
    response = answer(error)
    assert response.status_code == 500
    assert "Retry-After" not in response.headers
    assert b"Something broke" in response.content
