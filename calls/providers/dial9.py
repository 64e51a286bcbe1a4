"""Dial 9, and small UK providers that send the same: a shared token within the body; refuses bodies without it.

`IncomingCall` and `OutgoingCall` tell of the ringing and of both numbers, in the national form; `CallProcessed` tells
the end, and its `timestamp` is the end's. There is no signature, so an old message may be sent again by who has seen
it; it then says nothing new.
"""

from datetime import datetime, timedelta
from typing import Final

from calls.domain import BadSignature, CallEvent, Direction, Message, Outcome, Refused, VerifiedBody
from calls.providers.fields import Fields, read_object
from calls.signatures import is_same

NAME = "dial9"
TITLE = "Dial 9"
CONTENT_TYPES = ("application/json",)
MAKES_SECRET = True
# All that is ever read of a message; any other field is dropped unread.
READS: Final = frozenset(
    {
        "auth_token", "payload.call_duration", "payload.call_id", "payload.call_status", "payload.call_type",
        "payload.callee_number", "payload.caller_number", "payload.destination.type", "payload.event",
        "timestamp",
    }
)  # fmt: skip
STEPS = (
    "Sign in to Dial 9, open Settings, Webhooks, and add a webhook with the address.",
    "Paste the secret into its authentication token.",
    "Choose the events IncomingCall, OutgoingCall and CallProcessed. Save.",
)

_BEGUN: Final = {"IncomingCall": Direction.INBOUND, "OutgoingCall": Direction.OUTBOUND}
_PROCESSED: Final = "CallProcessed"
_DIRECTIONS: Final = {"incoming": Direction.INBOUND, "outgoing": Direction.OUTBOUND}
# "answered" is documented; the others are what such systems call it. A word that is missing here is kept as unknown.
_OUTCOMES: Final = {
    "answered": Outcome.ANSWERED, "missed": Outcome.MISSED, "no_answer": Outcome.MISSED,
    "no-answer": Outcome.MISSED, "unanswered": Outcome.MISSED, "busy": Outcome.MISSED, "failed": Outcome.MISSED,
    "cancelled": Outcome.MISSED, "abandoned": Outcome.MISSED, "voicemail": Outcome.VOICEMAIL,
}  # fmt: skip
# Where a call may end that is not a person, whatever its status says.
_MACHINES: Final = {
    "voicemail": Outcome.VOICEMAIL, "voicemail_box": Outcome.VOICEMAIL, "ivr": Outcome.MISSED,
    "announcement": Outcome.MISSED, "menu": Outcome.MISSED,
}  # fmt: skip


def verify(message: Message, secret: str, received_at: datetime) -> VerifiedBody:
    """Raises BadSignature. The token is within the body, so the body is read here, and nothing else of it."""
    if not is_same(secret, _read_token(message.body)):
        raise BadSignature
    return VerifiedBody(message.body, message.content_type)


def parse(verified: VerifiedBody, received_at: datetime) -> list[CallEvent]:
    """One event, or none for what is not about a call."""
    message = read_object(verified.body)
    call, at = message.part("payload"), message.epoch("timestamp") or received_at
    event = call.word("event")
    if event in _BEGUN:
        return [_event(call, _BEGUN[event], Outcome.RINGING, at)]
    return [_read_end(call, at)] if event == _PROCESSED else []


def _read_token(body: bytes) -> str:
    try:
        return read_object(body).text("auth_token")
    except Refused:
        return ""


def _read_end(call: Fields, at: datetime) -> CallEvent:
    word, seconds = call.word("call_type"), call.seconds("call_duration") or 0
    if word not in _DIRECTIONS:
        raise call.refuse("call_type", "is neither incoming nor outgoing")
    outcome = _OUTCOMES.get(call.word("call_status"), Outcome.UNKNOWN)
    if outcome is Outcome.ANSWERED and _DIRECTIONS[word] is Direction.INBOUND:
        outcome = _MACHINES.get(call.part("destination").text("type"), outcome)
    talk = seconds if outcome is Outcome.ANSWERED else 0
    return _event(call, _DIRECTIONS[word], outcome, at - timedelta(seconds=seconds), talk)


def _event(call: Fields, direction: Direction, outcome: Outcome, at: datetime, talk: int = 0) -> CallEvent:
    """Without either number a message says nothing about the other party; an empty one is withheld."""
    key, name = call.need_key("call_id"), "caller_number" if direction is Direction.INBOUND else "callee_number"
    is_known = "caller_number" in call or "callee_number" in call
    number = call.number(name) if is_known else None
    return CallEvent(NAME, key, direction, outcome, at, number, is_known, None, talk)
