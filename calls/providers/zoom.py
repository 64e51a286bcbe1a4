"""Zoom Phone: what happens to callers and callees; refuses what is older than five minutes or not signed.

An inbound call is told by its callees, one after the other or all at once, and each misses the call on its own; there
is no message about the whole. So a callee's miss is the call's, until another one answers, which counts for more. An
outbound call is told by its caller. Receptionists and queues are machines.
"""

from datetime import datetime
from typing import Final

from calls.domain import BadSignature, CallEvent, Direction, Message, Outcome, VerifiedBody
from calls.providers.challenges import ChallengeAnswer
from calls.providers.fields import MILLISECONDS, Fields, read_object, seconds_between
from calls.signatures import is_fresh, is_same, sign_hex

NAME = "zoom"
TITLE = "Zoom Phone"
CONTENT_TYPES = ("application/json",)
MAKES_SECRET = False  # the secret token of the app's event subscription
# All that is ever read of a message; any other field is dropped unread.
READS: Final = frozenset(
    {
        "event", "event_ts", "payload.object.answer_start_time", "payload.object.call_end_time",
        "payload.object.call_id", "payload.object.callee.extension_number",
        "payload.object.callee.extension_type", "payload.object.callee.phone_number",
        "payload.object.caller.extension_number", "payload.object.caller.phone_number",
        "payload.object.caller_number", "payload.object.connected_start_time", "payload.object.date_time",
        "payload.object.handup_result", "payload.object.ringing_start_time",
    }
)  # fmt: skip
STEPS = (
    "In the Zoom App Marketplace choose Develop, Build App, and make a Server-to-Server OAuth app or a webhook-only"
    " app. Under Features copy the Secret Token: it is the secret.",
    "Under Features add an event subscription, paste the address into “Event notification endpoint URL”, and press"
    " Validate.",
    "Choose the Phone events Callee Ringing, Callee Answered, Callee Missed, Callee Rejected, Callee Ended, Caller"
    " Ringing, Caller Connected, Caller Ended and Voicemail Received, for all users in the account. Save.",
    "Zoom asks the address again every 72 hours. That is answered by itself.",
)

_UNDER_WAY: Final = frozenset({"callee_ringing", "caller_ringing"})
_TALKING: Final = frozenset({"callee_answered", "caller_connected"})
_NOT_TAKEN: Final = frozenset({"callee_missed", "callee_rejected"})
_OVER: Final = frozenset({"callee_ended", "caller_ended"})
_MACHINES: Final = frozenset({"autoReceptionist", "callQueue"})
_RESULTS: Final = {
    "Call connected": Outcome.ANSWERED, "Voicemail": Outcome.VOICEMAIL, "No Answer": Outcome.MISSED,
    "Call Canceled": Outcome.MISSED, "Call Cancel": Outcome.MISSED, "Missed": Outcome.MISSED,
    "Rejected": Outcome.MISSED, "Busy": Outcome.MISSED, "Answered by Other Member": Outcome.RINGING,
}  # fmt: skip


def answer_challenge(message: Message, secret: str, received_at: datetime) -> ChallengeAnswer | None:
    """Zoom's question is signed like a message. Raises BadSignature."""
    if b"endpoint.url_validation" not in message.body:
        return None
    asked = read_object(verify(message, secret, received_at).body)
    if asked.word("event") != "endpoint.url_validation":
        return None
    token = asked.part("payload").word("plainToken")
    return ChallengeAnswer({"plainToken": token, "encryptedToken": sign_hex(secret.encode(), token.encode())})


def verify(message: Message, secret: str, received_at: datetime) -> VerifiedBody:
    """Raises BadSignature."""
    timestamp = message.headers.get("x-zm-request-timestamp", "")
    if not secret or not is_fresh(timestamp, received_at):
        raise BadSignature
    expected = "v0=" + sign_hex(secret.encode(), b"v0:" + timestamp.encode() + b":" + message.body)
    if not is_same(expected, message.headers.get("x-zm-signature", "")):
        raise BadSignature
    return VerifiedBody(message.body, message.content_type)


def parse(verified: VerifiedBody, received_at: datetime) -> list[CallEvent]:
    """One event, or none for what does not move a call on."""
    message = read_object(verified.body)
    kind, event = message.word("event").partition("phone.")[::2]
    call = message.part("payload").part("object")
    at = message.epoch("event_ts", MILLISECONDS) or received_at
    if kind:
        return []
    if event == "voicemail_received":
        return _read_voicemail(call, at)
    if event in _UNDER_WAY | _TALKING | _NOT_TAKEN | _OVER:
        return [_read_call(call, event, at)]
    return []


def _read_voicemail(message: Fields, at: datetime) -> list[CallEvent]:
    key = message.key("call_id")
    if not key:  # then the end of its call says that it ended in the voicemail
        return []
    number = message.number("caller_number")
    return [CallEvent(NAME, key, Direction.INBOUND, Outcome.VOICEMAIL, message.instant("date_time") or at, number)]


def _read_call(call: Fields, event: str, at: datetime) -> CallEvent:
    is_inbound = event.startswith("callee")
    key, other = call.need_key("call_id"), call.part("caller" if is_inbound else "callee")
    outcome = _read_outcome(call, event, is_inbound)
    names = ("ringing_start_time", "answer_start_time", "call_end_time")
    rang_at, answered_at, ended_at = (call.instant(name) for name in names)
    is_answered = outcome is Outcome.ANSWERED
    answered_at = (answered_at or call.instant("connected_start_time")) if is_answered else None
    ring, talk = seconds_between(rang_at, answered_at), seconds_between(answered_at, ended_at)
    direction = Direction.INBOUND if is_inbound else Direction.OUTBOUND
    number = other.number("phone_number") or other.number("extension_number")
    return CallEvent(NAME, key, direction, outcome, rang_at or at, number, True, ring, talk or 0)


def _read_outcome(call: Fields, event: str, is_inbound: bool) -> Outcome:
    result = call.text("handup_result")
    if event in _UNDER_WAY:
        return Outcome.RINGING
    if event in _TALKING:
        outcome = Outcome.ANSWERED
    elif event in _NOT_TAKEN:
        return _RESULTS.get(result, Outcome.MISSED)
    else:
        outcome = _RESULTS.get(result, Outcome.UNKNOWN)
    if outcome is Outcome.ANSWERED and call.part("callee").text("extension_type") in _MACHINES:
        return Outcome.RINGING
    return Outcome.MISSED if outcome is Outcome.VOICEMAIL and not is_inbound else outcome
