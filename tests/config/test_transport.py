"""Under https: programs that come without TLS are refused, people are led to it, only our proxy says what is TLS."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

pytestmark = pytest.mark.django_db

HOOK = f"/hooks/twilio/{'x' * 43}"


@pytest.fixture
def https(settings: Settings) -> Iterator[None]:
    """As in production behind a proxy. Middleware reads these when it is made: with a client's first request."""
    settings.IS_HTTPS = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    yield


@pytest.mark.parametrize("path", ["/api/v1/calls/", "/api/v1/schema/", "/api/v1/nothing/", HOOK])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_programs_are_refused_and_not_redirected(https: None, method: str, path: str) -> None:
    response = Client().generic(method, path, headers={"Authorization": "Api-Key rbk_x_y"})
    assert (response.status_code, response.headers["Content-Type"]) == (403, "application/problem+json")
    assert response.json()["type"] == "urn:ringback:problem:https_only"
    assert "Location" not in response.headers
    assert "Strict-Transport-Security" not in response.headers


def test_a_key_that_was_sent_in_the_clear_reaches_nobody(https: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        Client().get("/api/v1/calls/", headers={"Authorization": "Api-Key rbk_x_y"})


@pytest.mark.parametrize("path", ["/account/login/", "/worklist/", "/privacy"])
def test_people_are_led_to_tls(https: None, path: str) -> None:
    response = Client().get(path)
    assert (response.status_code, response.headers["Location"]) == (301, f"https://testserver{path}")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_come_from_inside(https: None, path: str) -> None:
    assert Client().get(path).status_code in {200, 503}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/account/login/", 200), ("/api/v1/calls/", 401), (HOOK, 405), ("/static/ringback.js", 200), ("/nothing", 404)],
)
def test_over_tls_every_answer_promises_tls(https: None, path: str, status: int) -> None:
    response = Client().get(path, headers={"X-Forwarded-Proto": "https"})
    assert response.status_code == status
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


def test_without_a_proxy_of_ours_nobody_can_claim_tls(https: None, settings: Settings) -> None:
    settings.SECURE_PROXY_SSL_HEADER = None
    response = Client().get("/api/v1/calls/", headers={"X-Forwarded-Proto": "https"})
    assert response.status_code == 403


@pytest.mark.parametrize("claim", ["http", "HTTPS,http", "http, https", "on", ""])
def test_what_the_proxy_did_not_say_is_no_tls(https: None, claim: str) -> None:
    assert Client().get("/api/v1/calls/", headers={"X-Forwarded-Proto": claim}).status_code == 403


def test_without_https_programs_get_in(settings: Settings) -> None:
    """The demonstration of `make run`, on the loopback."""
    assert settings.IS_HTTPS is False
    assert Client().get("/api/v1/calls/").status_code == 401
