"""Aircall: a call's events, from `call.created` to `call.ended`; refuses what does not carry the webhook's own token.

Every event shows the whole call as it is at that moment, so each is read alike, by the call's `status` and not by the
event's name. `answered_at` is when a person took it: menus, music and voicemail leave it empty. There is no signature
and no time that could be trusted, so an old message may be sent again by who has seen it; it then says nothing new.
"""

from datetime import datetime
from typing import Final

from calls.domain import BadSignature, CallEvent, Direction, Message, Outcome, Refused, VerifiedBody
from calls.providers.fields import Fields, read_object, seconds_between
from calls.signatures import is_same

NAME = "aircall"
TITLE = "Aircall"
CONTENT_TYPES = ("application/json",)
MAKES_SECRET = False  # the token of the webhook, which Aircall makes with it
# All that is ever read of a message; any other field is dropped unread.
READS: Final = frozenset(
    {
        "data.answered_at", "data.direction", "data.ended_at", "data.id", "data.number.digits",
        "data.number.name", "data.raw_digits", "data.started_at", "data.status", "data.voicemail", "event",
        "token",
    }
)  # fmt: skip
STEPS = (
    "Sign in to the Aircall Dashboard as an admin, open Integrations & API, and install the integration “Webhook”.",
    "Paste the address into “URL” and name the webhook.",
    "Choose the events call.created, call.answered, call.transferred, call.hungup, call.ended and call.voicemail_left,"
    " and all of your numbers. Save.",
    "Aircall shows the webhook’s token: it is the secret.",
)

# What moves a call on. Tags, comments, assignments, assets and what artificial intelligence made of it do not.
_EVENTS: Final = frozenset(
    {
        "call.created", "call.ringing_on_agent", "call.agent_declined", "call.answered", "call.transferred",
        "call.external_transferred", "call.unsuccessful_transfer", "call.hungup", "call.ended", "call.hold",
        "call.unhold", "call.ivr_option_selected", "call.voicemail_left",
    }
)  # fmt: skip
_DIRECTIONS: Final = {"inbound": Direction.INBOUND, "outbound": Direction.OUTBOUND}


def verify(message: Message, secret: str, received_at: datetime) -> VerifiedBody:
    """Raises BadSignature. The token is within the body, so the body is read here, and nothing else of it."""
    if not is_same(secret, _read_token(message.body)):
        raise BadSignature
    return VerifiedBody(message.body, message.content_type)


def parse(verified: VerifiedBody, received_at: datetime) -> list[CallEvent]:
    """One event, or none for a message that does not move a call on."""
    message = read_object(verified.body)
    if message.word("event") not in _EVENTS:
        return []
    return [read_call(message.part("data"), received_at)]


def _read_token(body: bytes) -> str:
    try:
        return read_object(body).text("token")
    except Refused:
        return ""


def read_call(call: Fields, received_at: datetime) -> CallEvent:
    """The whole call, as messages and the list of calls show it."""
    key, word = call.need_key("id"), call.word("direction")
    if word not in _DIRECTIONS:
        raise call.refuse("direction", "is neither inbound nor outbound")
    direction, outcome = _DIRECTIONS[word], _read_outcome(call, _DIRECTIONS[word])
    started_at, answered_at, ended_at = (call.epoch(name) for name in ("started_at", "answered_at", "ended_at"))
    talk = seconds_between(answered_at, ended_at) if outcome is Outcome.ANSWERED else 0
    ring = seconds_between(started_at, answered_at)
    line = call.part("number")
    number = "" if call.number("raw_digits") == line.text("digits") else call.number("raw_digits")
    at = started_at or received_at
    return CallEvent(NAME, key, direction, outcome, at, number, True, ring, talk or 0, line.line("name"), key)


def _read_outcome(call: Fields, direction: Direction) -> Outcome:
    status = call.word("status")
    if status not in ("initial", "answered", "done"):
        return Outcome.UNKNOWN
    if not call.is_empty("answered_at"):
        return Outcome.ANSWERED
    if not call.is_empty("voicemail") and direction is Direction.INBOUND:
        return Outcome.VOICEMAIL
    return Outcome.MISSED if status == "done" else Outcome.RINGING
