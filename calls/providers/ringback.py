"""Our own webhook, for any phone system or program that can sign: Standard Webhooks; refuses what the API refuses.

A message is the object of `POST /api/v1/calls/`, one call, once it is over. Ids are shared with the API and with CSV
files: the same call sent both ways is one call. Fields that are not ours are dropped unread.
"""

from datetime import datetime
from typing import Final

from calls.domain import BadSignature, CallEvent, Direction, Message, Outcome, VerifiedBody
from calls.providers.fields import Fields, read_object
from calls.signatures import is_fresh, is_signed_by_standard, standard_key

NAME = "ringback"
TITLE = "Our own webhook"
CONTENT_TYPES = ("application/json",)
MAKES_SECRET = True
# All that is ever read of a message; any other field is dropped unread.
READS: Final = frozenset(
    {
        "direction", "external_id", "line", "number", "outcome", "ring_seconds", "started_at", "talk_seconds",
    }
)  # fmt: skip
STEPS = (
    "For the people who look after your phone system: send each call, once it is over, by POST to the address.",
    "The body is one JSON object with external_id, direction, outcome, started_at and number; docs/providers.md"
    " has an example.",
    "Sign it by Standard Webhooks with the secret: headers webhook-id, webhook-timestamp and webhook-signature.",
    "Send a message again, with a new timestamp, until the answer is 204. A repeat changes nothing.",
)

MAX_EXTERNAL_ID: Final = 64
_DIRECTIONS: Final = {"inbound": Direction.INBOUND, "outbound": Direction.OUTBOUND}
_OUTCOMES: Final = {"answered": Outcome.ANSWERED, "missed": Outcome.MISSED, "voicemail": Outcome.VOICEMAIL}


def verify(message: Message, secret: str, received_at: datetime) -> VerifiedBody:
    """Raises BadSignature."""
    message_id = message.headers.get("webhook-id", "")
    timestamp = message.headers.get("webhook-timestamp", "")
    signatures = message.headers.get("webhook-signature", "")
    key = standard_key(secret)
    if not key or not message_id or not is_fresh(timestamp, received_at):
        raise BadSignature
    if not is_signed_by_standard(key, message_id, timestamp, message.body, signatures):
        raise BadSignature
    return VerifiedBody(message.body, message.content_type)


def parse(verified: VerifiedBody, received_at: datetime) -> list[CallEvent]:
    """One event: the call."""
    call = read_object(verified.body)
    outcome = _OUTCOMES.get(call.word("outcome"))
    direction = _DIRECTIONS.get(call.word("direction"))
    if outcome is None:
        raise call.refuse("outcome", "is none of answered, missed and voicemail")
    if direction is None:
        raise call.refuse("direction", "is neither inbound nor outbound")
    started_at = call.instant("started_at")
    if started_at is None:
        raise call.refuse("started_at", "is missing")
    if "number" not in call:  # null says that it was withheld; nothing says nothing
        raise call.refuse("number", "is missing")
    talk = call.seconds("talk_seconds") or 0
    if talk and outcome is not Outcome.ANSWERED:
        raise call.refuse("talk_seconds", "belongs to an answered call")
    key, line = _read_name(call, "external_id"), _read_name(call, "line")
    if not key:
        raise call.refuse("external_id", "is missing")
    number, ring = call.text("number"), call.seconds("ring_seconds")
    return [CallEvent(NAME, key, direction, outcome, started_at, number, True, ring, talk, line)]


def _read_name(call: Fields, name: str) -> str:
    text = call.text(name, MAX_EXTERNAL_ID)
    if text != text.strip():
        raise call.refuse(name, "has spaces at its ends")
    return text
