"""Telnyx Call Control: events of the legs of a session; refuses what is older than five minutes or not signed.

Telnyx signs with its own private key, so the secret of a connection is the public key of the clinic's account. Only
`call.initiated` says which way a leg goes. The application answers a call itself to play a menu, so `call.answered` is
no person; `call.bridged` is: two legs talk. A leg that was dialled may be of the clinic or of a patient and nothing
tells which, so its number is not taken for the other party's. There is no duration of the conversation.
"""

from datetime import datetime
from typing import Final

from calls.domain import BadSignature, CallEvent, Direction, Message, Outcome, VerifiedBody
from calls.providers.fields import Fields, read_object
from calls.signatures import is_fresh, is_signed_by_ed25519

NAME = "telnyx"
TITLE = "Telnyx"
CONTENT_TYPES = ("application/json",)
MAKES_SECRET = False  # the public key of the account
# All that is ever read of a message; any other field is dropped unread.
READS: Final = frozenset(
    {
        "data.event_type", "data.occurred_at", "data.payload.call_session_id", "data.payload.direction",
        "data.payload.from", "data.payload.hangup_cause", "data.payload.start_time", "data.payload.to",
    }
)  # fmt: skip
STEPS = (
    "Sign in to the Telnyx Mission Control Portal, open Voice, Programmable Voice, and choose the application of your"
    " numbers.",
    "Paste the address into “Send a webhook to the URL”, and choose Webhook API version 2. Save.",
    "The secret is your account’s public key: Account Settings, Keys & Credentials, Public Key.",
    "Calls that you make are seen without their number: Telnyx does not tell them from calls that are put through.",
)

_EVENTS: Final = frozenset({"initiated", "answered", "bridged", "hangup", "recording.saved"})
# Of the leg that a caller made, or of a conversation; the other causes are of one telephone that was not answered.
_CALLER_LEFT: Final = frozenset({"normal_clearing", "originator_cancel", "time_limit"})
_TELEPHONE_FAILED: Final = frozenset({"call_rejected", "timeout", "user_busy", "not_found", "no_answer", "unspecified"})


def verify(message: Message, secret: str, received_at: datetime) -> VerifiedBody:
    """Raises BadSignature."""
    timestamp = message.headers.get("telnyx-timestamp", "")
    signature = message.headers.get("telnyx-signature-ed25519", "")
    if not is_fresh(timestamp, received_at):
        raise BadSignature
    if not is_signed_by_ed25519(secret, timestamp.encode() + b"|" + message.body, signature):
        raise BadSignature
    return VerifiedBody(message.body, message.content_type)


def parse(verified: VerifiedBody, received_at: datetime) -> list[CallEvent]:
    """One event, or none for what does not move a call on."""
    message = read_object(verified.body).part("data")
    kind, event = message.word("event_type").partition("call.")[::2]
    if kind or event not in _EVENTS:
        return []
    leg = message.part("payload")
    at = leg.instant("start_time") or message.instant("occurred_at") or received_at
    key, outcome = leg.need_key("call_session_id"), _read_outcome(leg, event)
    if event == "initiated" and _read_direction(leg) is Direction.INBOUND:
        number = leg.number("from")
        number = "" if number == leg.number("to") else number
        return [CallEvent(NAME, key, Direction.INBOUND, outcome, at, number)]
    direction = Direction.OUTBOUND if event == "initiated" else Direction.INBOUND
    return [CallEvent(NAME, key, direction, outcome, at, None, False)]


def _read_direction(leg: Fields) -> Direction:
    word = leg.word("direction")
    if word not in ("incoming", "outgoing"):
        raise leg.refuse("direction", "is neither incoming nor outgoing")
    return Direction.INBOUND if word == "incoming" else Direction.OUTBOUND


def _read_outcome(leg: Fields, event: str) -> Outcome:
    if event == "bridged":
        return Outcome.ANSWERED
    if event == "recording.saved":  # what a caller left; a recording of a conversation is answered anyway
        return Outcome.VOICEMAIL
    if event != "hangup":
        return Outcome.RINGING
    cause = leg.text("hangup_cause")
    if cause in _CALLER_LEFT:
        return Outcome.MISSED
    return Outcome.RINGING if cause in _TELEPHONE_FAILED else Outcome.UNKNOWN
