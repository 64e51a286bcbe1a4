"""Twilio: GET /2010-04-01/Accounts/{sid}/Calls/{CallSid}.json, the parent of the call's legs; pure."""

from collections.abc import Mapping

from calls.lookups.shapes import AskedCall
from calls.providers import twilio
from calls.providers.fields import read_object

NAME = twilio.NAME


def locate(credentials: Mapping[str, str], base: str, call: AskedCall) -> str:
    return f"{base}/2010-04-01/Accounts/{credentials['account_sid']}/Calls/{call.provider_call_id}.json"


def read_number(body: bytes, call: AskedCall) -> str:
    record = read_object(body)
    if record.text("sid") != call.provider_call_id:
        return ""
    return record.text("from" if record.text("direction") == "inbound" else "to")
