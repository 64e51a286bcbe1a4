"""No line of a log holds a number or a token, however it got there."""

import io
import logging

import pytest

from config.logs import MaskSecrets
from tenants.masks import mask

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


def test_a_record_is_masked_with_its_arguments() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(MaskSecrets())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.warning("call from %s via %s", "+447700900123", "/hooks/twilio/secret")
    logger.warning({"number": "07700900123"})
    assert "900123" not in stream.getvalue()
    assert "secret" not in stream.getvalue()
    assert "call from" in stream.getvalue()


def test_a_request_on_the_record_is_dropped() -> None:
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "x", None, None)
    record.request = "<WSGIRequest: GET '/?q=07700900123'>"
    assert MaskSecrets().filter(record)
    assert "request" not in record.__dict__
