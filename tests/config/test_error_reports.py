"""Error reports: off by default; and on, nothing that somebody sent or that a row holds leaves the house."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from django.core.handlers.wsgi import WSGIHandler
from django.db import IntegrityError, connection
from django.test import Client, RequestFactory
from pytest_django import Settings
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from config import error_reports
from tests.tenants.factories import alice, bright_smile
from tests.tenants.sign_in import client_of

pytestmark = pytest.mark.django_db

# By name, because a report shows the lines of code around an error.
SLIP = "canary@x.example 07700 900123"
NUMBER = "+447700900123"
SECRETS = ("canary", "900123", "900 123", "113.77", "rbk_", "hunter2")
HOOK = f"/hooks/twilio/{'canary' * 4}"


class Kept(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.envelopes: list[Envelope] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.envelopes.append(envelope)

    @property
    def text(self) -> str:
        return "\n".join(envelope.serialize().decode() for envelope in self.envelopes)

    @property
    def events(self) -> list[dict[str, Any]]:
        items = [item for envelope in self.envelopes for item in envelope.items]
        return [json.loads(item.get_bytes()) for item in items if item.type == "event"]


@pytest.fixture
def kept() -> Iterator[Kept]:
    transport = Kept()
    client = sentry_sdk.get_global_scope().client
    error_reports.start("https://key@reports.example/1", "test", "1.0", transport)
    yield transport
    sentry_sdk.get_global_scope().set_client(client)


@pytest.fixture
def client() -> Client:
    clinic = bright_smile()
    return client_of(alice(), clinic)


def fail(*args: object, **kwargs: object) -> Any:
    local = SLIP  # noqa: F841 - what a report with local variables would show
    raise ValueError(f"cannot read {SLIP}")


def fail_in_the_database(*args: object, **kwargs: object) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::integer", [SLIP])


def send_everything(client: Client, path: str, **more: Any) -> int:
    """A request that holds something that must not leave, wherever a request can hold anything."""
    client.raise_request_exception = False
    client.cookies["other"] = "canary"
    response = client.post(
        f"{path}?number={NUMBER}&token=canary",
        {"From": NUMBER, "password": "hunter2"},
        headers={
            "Authorization": "Api-Key rbk_canary_x",
            "X-Twilio-Signature": "canary",
            "Referer": "https://x/canary",
        },
        REMOTE_ADDR="203.0.113.77",
        **more,
    )
    return response.status_code


def assert_clean(kept: Kept) -> None:
    assert kept.envelopes, "nothing was reported"
    for secret in SECRETS:
        assert secret not in kept.text


@pytest.mark.parametrize("failing", [fail, fail_in_the_database])
def test_a_page_that_fails(kept: Kept, client: Client, failing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.access.open_visit", failing)
    assert send_everything(client, "/worklist/00000000-0000-0000-0000-000000000000/act/") in {500, 503}
    assert_clean(kept)
    event = kept.events[0]
    assert event["transaction"] == "/worklist/{opportunity_id}/act/"
    frames = [frame["function"] for error in event["exception"]["values"] for frame in error["stacktrace"]["frames"]]
    assert failing.__name__ in frames
    assert not {"user", "extra", "breadcrumbs", "contexts", "server_name", "modules", "threads"} & set(event)


def test_through_the_real_door(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the web server calls it: here the library sees the whole request."""
    monkeypatch.setattr("config.public.list_cookies", fail)
    more = {"QUERY_STRING": "number=canary", "HTTP_COOKIE": "session=canary", "REMOTE_ADDR": "203.0.113.77"}
    environ = RequestFactory().get("/cookies").environ | more
    answered: list[Any] = []

    def start(status: str, headers: Any, error: Any = None) -> Any:
        answered.append((status, dict(headers)))

    list(WSGIHandler()(environ, start))
    ((status, headers),) = answered
    assert status.startswith("500")
    assert_clean(kept)
    event = kept.events[0]
    assert (event["request"], event["transaction"]) == ({"method": "GET"}, "/cookies")
    assert event["tags"] == {"request": headers["X-Request-Id"]}


@pytest.mark.parametrize("failing", [fail, fail_in_the_database])
def test_a_webhook_that_fails(kept: Kept, failing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calls.webhooks.selectors.find_connection", failing)
    assert send_everything(Client(), HOOK) in {500, 503}
    assert_clean(kept)
    assert "hooks" not in json.dumps([event.get("transaction") for event in kept.events])


@pytest.mark.parametrize("failing", [fail, fail_in_the_database])
def test_an_api_door_that_fails(kept: Kept, failing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.api.ApiKeyAuthentication.authenticate", failing)
    assert send_everything(Client(), "/api/v1/calls/", format=None) in {500, 503}
    assert_clean(kept)


def test_an_address_that_is_none_is_not_told(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.views.defaults.page_not_found", fail)
    monkeypatch.setattr("config.middleware.RefuseCrossSite.__call__", fail)
    assert send_everything(Client(), "/canary/") == 500
    assert_clean(kept)


def test_a_line_of_a_log_is_masked(kept: Kept) -> None:
    logging.getLogger("ringback").error("failed for %s: %s", SLIP, IntegrityError(f"Key (x)=({SLIP})"))
    try:
        raise IntegrityError(f"Key (x)=({SLIP})")
    except IntegrityError as error:
        logging.getLogger("ringback").exception("failed: %s", error, extra={"data": SLIP})
    assert_clean(kept)
    assert "IntegrityError" in kept.text


def test_warnings_and_notes_are_not_sent(kept: Kept) -> None:
    logging.getLogger("ringback").warning("failed for %s", SLIP)
    sentry_sdk.add_breadcrumb(message=SLIP)
    sentry_sdk.set_user({"email": SLIP})
    sentry_sdk.set_tag("x", SLIP)
    sentry_sdk.set_extra("x", SLIP)
    assert kept.envelopes == []
    logging.getLogger("ringback").error("failed")
    assert_clean(kept)


def test_chained_errors_of_the_database_stay_silent(kept: Kept) -> None:
    try:
        try:
            fail_in_the_database()
        except Exception as error:
            raise RuntimeError("the work failed") from error
    except RuntimeError:
        sentry_sdk.capture_exception()
    assert_clean(kept)
    values = [error["value"] for error in kept.events[0]["exception"]["values"]]
    assert values[-1] == "the work failed"
    assert set(values[:-1]) == {"…"}


def test_it_is_off_by_default(settings: Settings) -> None:
    assert settings.SENTRY_DSN == ""
    assert not sentry_sdk.get_client().is_active()


@pytest.mark.parametrize(("dsn", "is_loaded"), [("", "False"), ("https://key@reports.example/1", "True")])
def test_the_library_is_loaded_only_where_it_is_on(dsn: str, is_loaded: str) -> None:
    code = "import django, sys; django.setup(); print('sentry_sdk' in sys.modules)"
    environ = {**os.environ, "SENTRY_DSN": dsn, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == is_loaded
