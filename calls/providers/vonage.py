"""Vonage Voice: events of the legs of a conversation; refuses a body whose hash is not in the signed token beside it.

The leg that a patient makes is `inbound`. Vonage answers it itself and runs the clinic's instructions, so it says
missed at the most, and its length is never talk. An `outbound` leg rings a telephone: of the clinic when the call is
put through, of a patient when the clinic calls. Nothing in a message tells which, so its number is not taken for the
other party's, and that it was not answered says nothing of the call.
"""

from datetime import datetime
from hashlib import sha256
from typing import Final

from calls.domain import BadSignature, CallEvent, Direction, Message, Outcome, Refused, VerifiedBody
from calls.providers.fields import Fields, read_object
from calls.signatures import is_fresh, is_same, read_token

NAME = "vonage"
TITLE = "Vonage"
CONTENT_TYPES = ("application/json",)
MAKES_SECRET = False  # the signature secret of the account
# All that is ever read of a message; any other field is dropped unread.
READS: Final = frozenset(
    {
        "conversation_uuid", "direction", "duration", "from", "recording_url", "start_time", "status",
        "timestamp", "to",
    }
)  # fmt: skip
STEPS = (
    "Sign in to the Vonage dashboard, open Applications, and choose or make the application of your numbers.",
    "Under Voice paste the address into “Event URL” with the method POST, and switch “Use signed webhooks” on.",
    "The secret is the signature secret: Settings, API settings, Signature secret.",
    "Calls that you make are seen without their number: Vonage does not tell them from calls that are put through.",
)

_UNDER_WAY: Final = frozenset({"started", "ringing", "disconnected"})
_NOT_PICKED_UP: Final = frozenset({"busy", "cancelled", "unanswered", "timeout", "rejected", "failed"})


def verify(message: Message, secret: str, received_at: datetime) -> VerifiedBody:
    """Raises BadSignature."""
    scheme, _, token = message.headers.get("authorization", "").partition(" ")
    payload = read_token(token.encode("utf-8", "surrogateescape"), secret) if scheme.lower() == "bearer" else None
    if payload is None or not _claims_hold(payload, message.body, received_at):
        raise BadSignature
    return VerifiedBody(message.body, message.content_type)


def parse(verified: VerifiedBody, received_at: datetime) -> list[CallEvent]:
    """One event, or none for what does not move a call on."""
    event = read_object(verified.body)
    at = event.instant("start_time") or event.instant("timestamp") or received_at
    if not event.is_empty("recording_url"):  # what a `record` left; a recording of a conversation is answered anyway
        return [_leg(event, Direction.INBOUND, Outcome.VOICEMAIL, at)]
    status = event.text("status")
    if status == "transfer":
        return []
    if not status:  # keys that were pressed, errors
        event.need_key("conversation_uuid")
        return []
    if status in ("human", "machine"):
        outcome = Outcome.ANSWERED if status == "human" else Outcome.RINGING
        return [_leg(event, Direction.OUTBOUND, outcome, at)]
    return [_read_call(event, status, at)]


def _read_call(event: Fields, status: str, at: datetime) -> CallEvent:
    way = event.word("direction")
    if way == "outbound":
        outcome = _outcome_of_telephone(event, status)
        talk = event.seconds("duration") or 0 if outcome is Outcome.ANSWERED else 0
        return _leg(event, Direction.OUTBOUND, outcome, at, talk)
    if way != "inbound":
        raise event.refuse("direction", "is neither inbound nor outbound")
    key, number = event.need_key("conversation_uuid"), event.number("from")
    number = "" if number == event.number("to") else number
    return CallEvent(NAME, key, Direction.INBOUND, _outcome_of_caller(status), at, number)


def _leg(event: Fields, direction: Direction, outcome: Outcome, at: datetime, talk: int = 0) -> CallEvent:
    key = event.need_key("conversation_uuid")
    return CallEvent(NAME, key, direction, outcome, at, None, False, None, talk)


def _outcome_of_caller(status: str) -> Outcome:
    if status in _UNDER_WAY or status == "answered":  # by Vonage: a menu or music is being played
        return Outcome.RINGING
    return Outcome.MISSED if status == "completed" or status in _NOT_PICKED_UP else Outcome.UNKNOWN


def _outcome_of_telephone(event: Fields, status: str) -> Outcome:
    if status == "answered" or (status == "completed" and event.seconds("duration")):
        return Outcome.ANSWERED
    is_known = status in _UNDER_WAY or status in _NOT_PICKED_UP or status == "completed"
    return Outcome.RINGING if is_known else Outcome.UNKNOWN


def _claims_hold(payload: bytes, body: bytes, received_at: datetime) -> bool:
    """Whether the token is of these minutes, and of this body."""
    try:
        claims = read_object(payload)
        issued_at, payload_hash = claims.key("iat"), claims.text("payload_hash")
    except Refused:
        return False
    return is_fresh(issued_at, received_at) and is_same(sha256(body).hexdigest(), payload_hash.lower())
