"""CallRail's list of calls: GET /v3/a/{account}/calls.json, each in the shape of its webhooks; pure.

CallRail never sends a webhook again, so this list is the only way to what was lost. Its dates are days of a zone that
we are not told: a day more is asked for at both ends, and what is known already changes nothing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from calls.providers import callrail
from calls.providers.fields import Fields
from calls.pulls.shapes import Credential, Page, read_records, with_query

NAME = callrail.NAME
API_URL = "https://api.callrail.com"
FIELDS = (
    Credential("account_id", "Account ID", "The number after /a/ in the address of CallRail’s pages, or ACC….", False),
    Credential("api_key", "API key", "CallRail, Settings, Integrations, API Keys."),
)
STEPS = (
    "Sign in to CallRail as an administrator, open Settings, Integrations, API Keys, and create a v3 API key.",
    "The account’s ID stands in the address of CallRail’s pages, after /a/.",
)
WINDOW: Final = timedelta(days=7)
PAUSE: Final = 3.6  # 1,000 an hour
LEAD: Final = timedelta(0)
ASKS_BY_DAY: Final = True
_PAGE: Final = 250
_DAY: Final = timedelta(days=1)
# Not all of them are in a list unless they are asked for; any other field does not even travel.
_FIELDS: Final = (
    "answered,business_phone_number,customer_phone_number,direction,duration,start_time,tracking_phone_number,voicemail"
)


def list_calls(credentials: Mapping[str, str], base: str, since: datetime, until: datetime) -> str:
    first, last = (since - _DAY).astimezone(UTC).date(), (until + _DAY).astimezone(UTC).date()
    span: dict[str, str | int] = {"start_date": first.isoformat(), "end_date": last.isoformat()}
    query: dict[str, str | int] = {
        **span,
        "sort": "start_time",
        "order": "asc",
        "fields": _FIELDS,
        "per_page": _PAGE,
        "page": 1,
    }
    return with_query(f"{base}/v3/a/{credentials['account_id']}/calls.json", query)


def authorise(credentials: Mapping[str, str], token: str) -> dict[str, str]:
    return {"Authorization": f"Token token={credentials['api_key']}"}


def read_page(body: bytes, asked: str) -> Page:
    def follow(page: Fields) -> str:
        number, last = page.seconds("page") or 1, page.seconds("total_pages") or 0
        if number >= last:
            return ""
        address, _, query = asked.partition("?")
        again: dict[str, str | int] = {**dict(parse_qsl(query)), "page": number + 1}
        return with_query(address, again)

    return read_records(body, "calls", callrail.read_call, follow)
