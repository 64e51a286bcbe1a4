"""RingCentral's call log: GET /restapi/v1.0/account/~/call-log in the detailed view; pure.

A record is one call with its legs, each with a result of its own. Who answered is said by a leg: a menu that is called
"IVR …" accepts calls too, and so does a voicemail. The log has what webhooks do not: how long a conversation was.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from calls.domain import CallEvent, Direction, Outcome
from calls.providers import ringcentral
from calls.providers.fields import Fields, read_object
from calls.pulls.shapes import (
    MAX_ADDRESS,
    Credential,
    Page,
    Request,
    by_password,
    read_records,
    require_start,
    spell_instant,
    unreadable,
    with_query,
)

NAME = ringcentral.NAME
API_URL = "https://platform.ringcentral.com"
FIELDS = (
    Credential("client_id", "Client ID", "RingCentral’s developer console, your app, Credentials."),
    Credential("client_secret", "Client secret", "The same page."),
    Credential("jwt", "JWT credential", "Developer console, Credentials under your own name, of an administrator."),
)
STEPS = (
    "In RingCentral’s developer console an admin makes a private app of the type REST API with JWT auth flow and the"
    " permission Read Call Log. The app of the webhooks will do, with that permission added.",
    "Copy the app’s client ID and client secret.",
    "Under your own name, Credentials, create a JWT for this app. The person who makes it must be allowed to see the"
    " company’s call log.",
)
WINDOW: Final = timedelta(days=7)
PAUSE: Final = 6.0  # the call log is in their group "Heavy": 10 a minute
LEAD: Final = timedelta(0)
ASKS_BY_DAY: Final = False
_PAGE: Final = 250
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"

_WAYS: Final = {"Inbound": Direction.INBOUND, "Outbound": Direction.OUTBOUND}
_ANSWERED: Final = frozenset({"Accepted", "Call accepted", "Call connected", "Answered Elsewhere", "Received"})
_VOICEMAIL: Final = frozenset({"Voicemail", "Sent to Voicemail"})
_UNDER_WAY: Final = frozenset({"In Progress"})
_MISSED: Final = frozenset(
    {
        "Missed", "Abandoned", "Busy", "Declined", "Hang Up", "Hang up", "No Answer", "Rejected", "Blocked", "Stopped",
        "Answered Not Accepted", "Callback requested", "Call Failed", "Call failed", "Call Failure", "Wrong Number",
        "IP Phone Offline", "IP phone offline",
    }
)  # fmt: skip


def sign_in(credentials: Mapping[str, str], base: str) -> Request:
    return Request(
        f"{base}/restapi/oauth/token",
        by_password(credentials["client_id"], credentials["client_secret"]),
        {"grant_type": _GRANT, "assertion": credentials["jwt"]},
    )


def read_token(body: bytes) -> str:
    token = read_object(body).text("access_token", MAX_ADDRESS * 2)
    if not token or not token.isascii() or " " in token:
        raise unreadable("access_token is missing")
    return token


def list_calls(credentials: Mapping[str, str], base: str, since: datetime, until: datetime) -> str:
    span: dict[str, str | int] = {"dateFrom": spell_instant(since), "dateTo": spell_instant(until)}
    query = {"view": "Detailed", "type": "Voice", **span, "perPage": _PAGE, "page": 1}
    return with_query(f"{base}/restapi/v1.0/account/~/call-log", query)


def authorise(credentials: Mapping[str, str], token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def read_page(body: bytes, asked: str) -> Page:
    def follow(page: Fields) -> str:
        return page.part("navigation").part("nextPage").text("uri", MAX_ADDRESS)

    return read_records(body, "records", _read_call, follow)


def _read_call(record: Fields) -> CallEvent | None:
    if record.text("type") == "Fax":
        return None
    way = record.word("direction")
    if way not in _WAYS:
        raise record.refuse("direction", "is neither Inbound nor Outbound")
    key, at = record.need_key("telephonySessionId"), require_start(record, "startTime", record.instant("startTime"))
    legs = ([] if record.is_empty("legs") else record.parts("legs")) or [record]
    outcome, talk = _read_outcome(legs, _WAYS[way])
    number = _read_caller(record) if way == "Inbound" else _read_number(record.part("to"))
    return CallEvent(NAME, key, _WAYS[way], outcome, at, number, True, None, talk, "", key)


def _read_outcome(legs: list[Fields], direction: Direction) -> tuple[Outcome, int]:
    """How far the call got and for how long people talked: what its most telling leg says."""
    outcomes = [_read_leg(leg, direction) for leg in legs]
    best = max(outcomes)
    if best is Outcome.RINGING and not any(leg.text("result") in _UNDER_WAY for leg in legs):
        best = Outcome.MISSED  # it is over, and only menus took it
    talks = [leg.seconds("duration") or 0 for leg, each in zip(legs, outcomes, strict=True) if each is Outcome.ANSWERED]
    return best, max(talks, default=0)


def _read_leg(leg: Fields, direction: Direction) -> Outcome:
    result, is_menu = leg.text("result"), leg.part("to").text("name").startswith("IVR ")
    if result in _VOICEMAIL or not leg.is_empty("message"):
        return Outcome.VOICEMAIL if direction is Direction.INBOUND else Outcome.MISSED
    if result in _ANSWERED:
        return Outcome.RINGING if is_menu else Outcome.ANSWERED
    if result in _UNDER_WAY:
        return Outcome.RINGING
    return Outcome.MISSED if result in _MISSED else Outcome.UNKNOWN


def _read_caller(record: Fields) -> str:
    number = _read_number(record.part("from"))
    return "" if number == _read_number(record.part("to")) else number


def _read_number(party: Fields) -> str:
    return party.number("phoneNumber") or party.number("extensionNumber")
