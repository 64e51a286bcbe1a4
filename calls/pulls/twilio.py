"""Twilio's list of calls: GET /2010-04-01/Accounts/{sid}/Calls.json, legs and all; pure.

A record has the fields of a webhook under other names, so it is read by the same rules: that somebody answered is said
by the legs to the clinic's telephones, which are records of the list too. What it does not have is a recording: a
voicemail that was left with `<Record>` is missed here, and stays a voicemail where a webhook told of it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urljoin

from calls.domain import CallEvent
from calls.providers import twilio
from calls.providers.fields import Fields
from calls.pulls.shapes import Credential, Page, by_password, read_address, read_records, spell_instant, with_query

NAME = twilio.NAME
API_URL = "https://api.twilio.com"
FIELDS = (
    Credential(
        "account_sid", "Account SID", "Twilio Console, Account Info. It begins with AC.", False, begins_with="AC"
    ),
    Credential(
        "key_sid",
        "API key SID",
        "Only with an API key, which can be taken back alone; it begins with SK. Leave it empty for the Auth Token.",
        is_secret=False,
        is_needed=False,
        begins_with="SK",
    ),
    Credential("secret", "API key secret or Auth Token", "The key’s secret; without a key the account’s Auth Token."),
)
STEPS = (
    "Sign in to the Twilio Console and copy the Account SID from Account Info.",
    "Open Account, API keys & tokens, and create an API key of the type Standard. Copy its SID and its secret, which is"
    " shown once. Or use the account’s Auth Token and leave the key’s SID empty.",
)
WINDOW: Final = timedelta(days=1)
PAUSE: Final = 0.1
LEAD: Final = timedelta(hours=1)
ASKS_BY_DAY: Final = False
_PAGE: Final = 1000
_SPELT: Final[Mapping[str, str]] = {
    "CallSid": "sid",
    "ParentCallSid": "parent_call_sid",
    "CallStatus": "status",
    "Direction": "direction",
    "From": "from",
    "To": "to",
    "ForwardedFrom": "forwarded_from",
    "AnsweredBy": "answered_by",
}
_OF_TRUNKS: Final = "trunking-"  # calls of a telephone system behind Twilio, which are not told by webhooks either


def list_calls(credentials: Mapping[str, str], base: str, since: datetime, until: datetime) -> str:
    span = [("StartTime>", spell_instant(since)), ("StartTime<", spell_instant(until))]
    address = f"{base}/2010-04-01/Accounts/{credentials['account_sid']}/Calls.json"
    return with_query(address, [*span, ("PageSize", _PAGE)])


def authorise(credentials: Mapping[str, str], token: str) -> dict[str, str]:
    return by_password(credentials.get("key_sid") or credentials["account_sid"], credentials["secret"])


def read_page(body: bytes, asked: str) -> Page:
    def follow(page: Fields) -> str:
        following = read_address(page, "next_page_uri")
        return urljoin(asked, following) if following else ""

    return read_records(body, "calls", _read_call, follow)


def _read_call(record: Fields) -> CallEvent | None:
    if record.text("direction").startswith(_OF_TRUNKS):
        return None
    form = dict.fromkeys(twilio.READS, "")
    form |= {theirs: record.text(ours) for theirs, ours in _SPELT.items()}
    seconds = record.seconds("duration")
    form["CallDuration"] = str(seconds) if seconds is not None else ""
    # A call that has not begun has no start yet.
    at = twilio.read_timestamp(record.text("start_time") or record.word("date_created"))
    return twilio.read_call(form, at)
