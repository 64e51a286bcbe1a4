"""No line of a log holds a number, a token, a whole address or a value of a row, however it got there."""

import logging
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import structlog
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from config.logs import route_of
from config.middleware import RequestLine
from tenants.masks import mask
from tests.config.lines import Lines
from tests.tenants.factories import alice, bright_smile
from tests.tenants.sign_in import client_of

NUMBERS = [
    "+447700900123",
    "07700 900123",
    "00447700900123",
    "(0)7700-900123",
    "7700900123",
    "+1 (202) 555-0123",
    "0 7 7 0 0 9 0 0 1 2 3",
    "07.700.900.123",
]
# What somebody might let slip, and the part that must not be found again.
CANARIES = {
    **dict.fromkeys(NUMBERS, "123"),
    "/hooks/twilio/AbCdEf-canary_x": "canary",
    "/account/password/reset/key/3k-canary-x/": "canary",
    "Authorization: Api-Key rbk_abc_canary": "canary",
    "{'Authorization': 'Token canary'}": "canary",
    "Bearer canary.canary.canary": "canary",
    "rbk_ab12_canary": "canary",
    "eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.canary": "canary",
    "Cookie: session=canary; csrf=canary": "canary",
    "password=correct horse canary": "canary",
    '{"password": "canary canary"}': "canary",
    "token=canary": "canary",
    "csrfmiddlewaretoken=canary&x=1": "canary",
    "postgresql://ringback_app:canary@db/ringback": "canary",
    "canary@bright-smile.example": "canary",
    "from 203.0.113.77 port 1": "113.77",
    "from 10.1.2.77:8000": "1.2.77",
    "2001:db8:1:2:3:4:5:6677": "6677",
    "::ffff:203.0.113.77": "113.77",
    "fe80::dead:6677": "6677",
    "Dear Alice, ring 07700 900123. https://x.example/account/password/reset/key/3k-canary/": "canary",
}
SLIP = "canary@x.example 07700900123"  # by name: a traceback shows the line of code
WAYS: dict[str, Callable[[logging.Logger, str], None]] = {
    "text": lambda logger, slip: logger.warning(slip),
    "argument": lambda logger, slip: logger.warning("it was %s", slip),
    "mapping": lambda logger, slip: logger.warning("it was %(x)s", {"x": slip}),
    "object": lambda logger, slip: logger.warning({"x": slip}),
    "list": lambda logger, slip: logger.warning("it was %s", [slip]),
    "structlog": lambda logger, slip: structlog.get_logger(logger.name).warning("it was", x=slip, y=[{"z": slip}]),
    "structlog text": lambda logger, slip: structlog.get_logger(logger.name).warning(slip),
    "context": lambda logger, slip: _in_context(logger, slip),
    "exception": lambda logger, slip: _raise(logger, ValueError(slip)),
    "exception as argument": lambda logger, slip: logger.warning("failed: %s", ValueError(slip)),
    "cause": lambda logger, slip: _raise(logger, RuntimeError("x"), KeyError(slip)),
    "note": lambda logger, slip: _raise(logger, _noted(slip)),
    "wrong arguments": lambda logger, slip: logger.warning("%d apples and %d pears", slip, slip),
    "extra": lambda logger, slip: logger.warning("it was", extra={"x": slip}),
    "stack": lambda logger, slip: logger.warning(slip, stack_info=True),
}


def _raise(logger: logging.Logger, error: Exception, cause: Exception | None = None) -> None:
    local = str(error)  # a value in a frame  # noqa: F841
    try:
        raise error from cause
    except Exception:
        logger.exception("failed")


def _noted(slip: str) -> Exception:
    error = ValueError("x")
    error.add_note(slip)
    return error


def _in_context(logger: logging.Logger, slip: str) -> None:
    with structlog.contextvars.bound_contextvars(who=slip):
        logger.warning("it was")


@pytest.mark.parametrize("is_json", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_nothing_slips_through(way: str, is_json: bool) -> None:
    for spelling, part in CANARIES.items():
        with Lines("probe", is_json=is_json) as lines:
            WAYS[way](logging.getLogger("probe"), spelling)
        assert lines.text
        assert part not in lines.text, spelling
        if way != "wrong arguments" and is_json:
            assert lines.data[0]["logger"] == "probe"


@pytest.mark.parametrize(
    "name", ["password", "api_key", "X-Authorization", "cookie", "refresh_token", "client_secret", "number", "phone_2"]
)
def test_values_under_telling_names_are_hidden(name: str) -> None:
    with Lines("probe") as lines:
        structlog.get_logger("probe").warning("it was", **{name: "canary", "more": {name: ["canary"]}})
    assert "canary" not in lines.text


@pytest.mark.parametrize("value", [447700900123, 7700900123.5, b"07700900123", {"07700900123": 1}, {7700900123}])
def test_values_of_any_kind_are_masked(value: Any) -> None:
    with Lines("probe") as lines:
        structlog.get_logger("probe").warning("it was", x=value)
    assert "900123" not in lines.text


def test_what_is_harmless_stays() -> None:
    clinic_id = uuid.uuid4()
    with Lines("probe") as lines:
        structlog.get_logger("probe").info(
            "done", rows=42, seconds=0.25, clinic=clinic_id, on=date(2026, 7, 1), ok=True
        )
        logging.getLogger("probe").warning("127.0.0.1:8000 answers after %s ms", 12)
    done, answers = lines.data
    assert (done["rows"], done["seconds"], done["clinic"], done["ok"]) == (42, 0.25, str(clinic_id), True)
    assert done["on"] == "2026-07-01"
    assert answers["event"] == "127.0.0.1:8000 answers after 12 ms"
    assert datetime.fromisoformat(done["time"]).tzinfo == UTC
    assert (done["level"], answers["level"]) == ("info", "warning")


@pytest.mark.django_db
def test_a_database_error_says_what_kind_it_is_and_no_value() -> None:
    with Lines("probe") as lines:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT %s::integer", [SLIP])
        except Exception as error:
            logging.getLogger("probe").exception("it failed: %s", error)
            structlog.get_logger("probe").error(f"failed: {error}", exc_info=error)
            structlog.get_logger("probe").error("failed", why=error)
    assert "DataError" in lines.text and "22P02" in lines.text
    assert "test_logs.py" in lines.data[0]["error"]
    assert "invalid input" not in lines.text and "canary" not in lines.text and "900123" not in lines.text


def test_a_violated_constraint_prints_no_row() -> None:
    error = IntegrityError("duplicate key\nDETAIL:  Key (email)=(canary) already exists.")
    with Lines("other") as lines:
        _raise(logging.getLogger("other"), error)
        _raise(logging.getLogger("other"), RuntimeError("x"), error)
        logging.getLogger("other").error("it was %r %s", error, error)
    assert "canary" not in lines.text and "IntegrityError" in lines.text


def test_a_task_that_fails_names_the_task_and_the_kind_of_error() -> None:
    context = {
        "name": "attribution.tasks.sweep", "id": str(uuid.uuid4()), "description": "raised unexpected",
        "exc": "IntegrityError('Key (x)=(canary)')", "traceback": "canary", "args": "['canary']", "kwargs": "{}",
    }  # fmt: skip
    with Lines("celery.app.trace") as lines:
        try:
            raise IntegrityError(SLIP)
        except IntegrityError:
            logging.getLogger("celery.app.trace").exception(
                "Task %(name)s[%(id)s] %(description)s: %(exc)s", context, extra={"data": context}
            )
    assert "canary" not in lines.text
    assert "attribution.tasks.sweep" in lines.text and "IntegrityError" in lines.data[0]["error"]


def test_the_address_of_a_request_is_told_as_its_route() -> None:
    request = RequestFactory().get("/calls/canary/?x=canary")
    with Lines("django.request") as lines:
        logging.getLogger("django.request").error("%s: %s", "Bad", request.path, extra={"request": request})
        logging.getLogger("django.request").error("it was %s", request)
    assert "canary" not in lines.text
    assert "nowhere" in lines.text


@pytest.mark.django_db
def test_a_request_has_one_line() -> None:
    clinic = bright_smile()
    client = client_of(alice(), clinic)
    with Lines("ringback.request") as lines:
        response = client.get("/calls/?from=canary&outcome=07700900123", REMOTE_ADDR="203.0.113.77")
    (line,) = lines.data
    assert line["request"] == response.headers["X-Request-Id"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "calls/", 400)
    assert (line["person"], line["clinic"], line["network"]) == (str(alice().id), str(clinic.id), "203.0.113.0")
    assert 0 < line["ms"] < 60_000
    assert "canary" not in lines.text and "900123" not in lines.text and "113.77" not in lines.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("POST", "/hooks/twilio/canary-canary-canary", "hooks/<provider>/<token>"),
        ("GET", "/canary/", "nowhere"),
        (
            "GET",
            "/account/password/reset/key/3k-canary/",
            "account/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        ),
        ("GET", "/api/v1/appointments/canary/", "api/v1/appointments/<path:external_id>/"),
        ("CANARY", "/healthz", None),
    ],
)
def test_a_line_names_the_route_and_never_the_address(method: str, path: str, route: str | None) -> None:
    with Lines("ringback.request") as lines:
        Client(raise_request_exception=False).generic(method, path, headers={"Authorization": "Api-Key rbk_canary_x"})
    (line,) = lines.data
    assert "canary" not in lines.text.lower().replace("ringback", "")
    assert line["method"] in {"GET", "POST", "other"}
    assert route is None or line["route"] == route


@pytest.mark.parametrize(("status", "is_written"), [(204, False), (422, True), (503, True)])
def test_a_message_that_was_stored_is_on_record_already(status: int, is_written: bool) -> None:
    request = RequestFactory().post("/hooks/twilio/canary")
    with Lines("ringback.request", level=logging.INFO) as lines:
        RequestLine(lambda request: HttpResponse(status=status))(request)
    assert bool(lines.data) is is_written


@pytest.mark.django_db
def test_what_happens_within_a_request_bears_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**kwargs: object) -> str:
        raise ZeroDivisionError(SLIP)

    monkeypatch.setattr("config.public.list_cookies", fail)
    with Lines() as lines:
        response = Client(raise_request_exception=False).get("/cookies?canary=07700900123")
    mine = [line for line in lines.data if line.get("request") == response.headers["X-Request-Id"]]
    assert {line["logger"] for line in mine} == {"django.request", "ringback.request"}
    assert "ZeroDivisionError" in lines.text and "canary" not in lines.text
    with Lines() as lines:
        logging.getLogger("probe").warning("after it")
    assert "request" not in lines.data[0]


@pytest.mark.django_db
def test_a_line_asks_no_database(django_assert_num_queries: Any) -> None:
    client = Client()
    client.cookies["session"] = "x" * 32
    with Lines("ringback.request") as lines, django_assert_num_queries(0):
        client.get("/healthz")
    assert "person" not in lines.data[0]


def test_a_route_of_nothing_is_nowhere() -> None:
    request = RequestFactory().get("/x")
    request.user = AnonymousUser()
    assert route_of(request) == "nowhere"


def test_all_of_our_loggers_go_through_the_chain(settings: Settings) -> None:
    handlers = settings.LOGGING["handlers"]
    assert {handler["formatter"] for handler in handlers.values()} == {"masked"}
    assert settings.LOGGING["formatters"]["masked"]["()"] == "config.logs.MaskingFormatter"
    assert all(not logger.get("handlers") for logger in settings.LOGGING["loggers"].values())


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("text", ["{}", "from {} to {}", "number={}&x=1", '{{"From": "{}"}}', "sip:{}@pbx", "{}x"])
def test_numbers_are_masked(number: str, text: str) -> None:
    masked = mask(text.format(number, number))
    assert sum(character.isdigit() for character in masked.replace("x=1", "")) < 7
    assert "…" in masked


@pytest.mark.parametrize(
    "line", ["POST /hooks/twilio/AbC-_123 204", "'/hooks/twilio/AbC-_123'", "/hooks/twilio/AbC-_123?x=AbC-_123"]
)
def test_tokens_are_masked(line: str) -> None:
    masked = mask(line)
    assert "/hooks/twilio/…" in masked
    assert "AbC-_123" not in masked.split("?")[0]


@pytest.mark.parametrize(
    "line", ["GET /worklist/ 200", "42 rows in 0.123 s", "week 2026-W27: dropped", "127.0.0.1:8000"]
)
def test_the_rest_stays_readable(line: str) -> None:
    assert mask(line).startswith(line[:12])
