"""What is not the client's fault: 503 when the database is away, 500 when we are wrong, and nothing told or logged."""

import logging
from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from psycopg_pool import PoolTimeout

from attribution import api as attribution_api
from calls import api
from tests.api.client import NUMBER, Machine, a_call, require_problem

pytestmark = pytest.mark.django_db


def failing(error: Exception) -> Any:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    return fail


@pytest.mark.parametrize("error", [OperationalError("x"), DatabaseError("x"), InterfaceError("x"), PoolTimeout("x")])
def test_without_a_database_it_is_503(error: Exception, alice: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "list_calls", failing(error))
    response = alice.get("/calls/")
    require_problem(response, 503)
    assert int(response["Retry-After"]) > 0


def test_without_a_database_nobody_can_sign_in_and_that_is_503(alice: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.api_clients.find_api_key", failing(PoolTimeout("x")))
    require_problem(alice.get("/calls/"), 503)


@pytest.mark.parametrize("error", [RuntimeError(NUMBER), ValueError(NUMBER), KeyError(NUMBER), UnicodeError(NUMBER)])
def test_an_error_of_ours_is_500_and_its_text_is_nowhere(
    error: Exception, alice: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("calls.intake.record_events", failing(error))
    with caplog.at_level(logging.DEBUG, logger="tenants"):
        response = alice.post("/calls/", a_call())
    require_problem(response, 500)
    assert type(error).__name__ in caplog.text and "test_failures.py" in caplog.text
    assert "900123" not in caplog.text and b"900123" not in response.content


def test_a_database_error_in_an_action_is_503(alice: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribution_api, "record_action", failing(OperationalError("x")))
    path = "/opportunities/01234567-89ab-4cde-8f01-23456789abcd/actions/"
    require_problem(alice.post(path, {"kind": "called_back", "reached": True}), 503)
