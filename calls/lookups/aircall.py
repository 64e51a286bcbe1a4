"""Aircall: GET /v1/calls/{id}, whose `raw_digits` are the other party's whichever way the call went; pure."""

from collections.abc import Mapping

from calls.lookups.shapes import AskedCall
from calls.providers import aircall
from calls.providers.fields import read_object

NAME = aircall.NAME


def locate(credentials: Mapping[str, str], base: str, call: AskedCall) -> str:
    return f"{base}/v1/calls/{call.provider_call_id}"


def read_number(body: bytes, call: AskedCall) -> str:
    record = read_object(body).part("call")
    return record.number("raw_digits") if record.key("id") == call.provider_call_id else ""
