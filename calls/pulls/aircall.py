"""Aircall's list of calls: GET /v1/calls, each in the shape of its webhooks' `data`; pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from calls.domain import CallEvent
from calls.providers import aircall
from calls.providers.fields import Fields
from calls.pulls.shapes import Credential, Page, by_password, read_address, read_records, require_start, with_query

NAME = aircall.NAME
API_URL = "https://api.aircall.io"
FIELDS = (
    Credential("api_id", "API ID", "Aircall Dashboard, Integrations & API, API keys.", is_secret=False),
    Credential("api_token", "API token", "Shown once over there, when the key is made."),
)
STEPS = (
    "Sign in to the Aircall Dashboard as an admin, open Integrations & API, API keys, and add a new key.",
    "Copy its API ID and its API token, which is shown once.",
)
WINDOW: Final = timedelta(days=1)  # a list ends at 10,000 calls, however many there are
PAUSE: Final = 1.0  # 60 a minute
LEAD: Final = timedelta(0)
ASKS_BY_DAY: Final = False
_PAGE: Final = 50


def list_calls(credentials: Mapping[str, str], base: str, since: datetime, until: datetime) -> str:
    span = {"from": int(since.timestamp()), "to": int(until.timestamp())}
    query: dict[str, str | int] = {**span, "order": "asc", "per_page": _PAGE}
    return with_query(f"{base}/v1/calls", query)


def authorise(credentials: Mapping[str, str], token: str) -> dict[str, str]:
    return by_password(credentials["api_id"], credentials["api_token"])


def read_page(body: bytes, asked: str) -> Page:
    return read_records(body, "calls", _read_call, lambda page: read_address(page.part("meta"), "next_page_link"))


def _read_call(record: Fields) -> CallEvent:
    return aircall.read_call(record, require_start(record, "started_at", record.epoch("started_at")))
