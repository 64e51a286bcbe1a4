"""CallRail: the webhooks of calls, of which post-call tells the end; refuses bodies that its signing key did not sign.

There is no name of the event in a body, so it is known by its fields: before the call is routed, no business number is
there yet, and "missed" means nothing. CallRail says "answered" also when a telephone system behind it picked up. Texts
and forms are no calls. It never sends again what was not taken, and repeated failures switch the webhook off.
"""

from datetime import datetime
from typing import Final

from calls.domain import BadSignature, CallEvent, Direction, Message, Outcome, VerifiedBody
from calls.providers.fields import Fields, read_object
from calls.signatures import is_same, sign_base64

NAME = "callrail"
TITLE = "CallRail"
CONTENT_TYPES = ("application/json",)
MAKES_SECRET = False  # the signing key of the company
# All that is ever read of a message; any other field is dropped unread.
READS: Final = frozenset(
    {
        "answered", "business_phone_number", "customer_phone_number", "direction", "duration", "resource_id",
        "start_time", "tracking_phone_number", "voicemail",
    }
)  # fmt: skip
STEPS = (
    "Sign in to CallRail, open Settings, Integrations, Webhooks, and choose your company.",
    "Paste the address into Post-Call, Call Modified, Outbound Post-Call and Outbound Call Modified. Leave Pre-Call and"
    " Call Routing Complete empty, unless calls shall be seen while they ring.",
    "The secret is the signing key that the same page shows. Activate the webhooks.",
    "CallRail counts a call as answered when anything behind it picks up. Let calls that nobody takes ring on, or end"
    " in CallRail’s own voicemail.",
)

_DIRECTIONS: Final = {"inbound": Direction.INBOUND, "outbound": Direction.OUTBOUND}
_OF_A_CALL: Final = "CAL"


def verify(message: Message, secret: str, received_at: datetime) -> VerifiedBody:
    """Raises BadSignature."""
    expected = sign_base64(secret.encode(), message.body, "sha1") if secret else ""
    if not is_same(expected, message.headers.get("signature", "")):
        raise BadSignature
    return VerifiedBody(message.body, message.content_type)


def parse(verified: VerifiedBody, received_at: datetime) -> list[CallEvent]:
    """One event, or none for a text or a form."""
    event = read_call(read_object(verified.body))
    return [event] if event is not None else []


def read_call(call: Fields) -> CallEvent | None:
    """The whole call, as messages and the list of calls show it; None for a text or a form."""
    key = call.need_key("resource_id")
    if not key.startswith(_OF_A_CALL):
        return None
    word = call.word("direction")
    if word not in _DIRECTIONS:
        raise call.refuse("direction", "is neither inbound nor outbound")
    started_at = call.instant("start_time")
    if started_at is None:
        raise call.refuse("start_time", "is missing")
    direction = _DIRECTIONS[word]
    seconds, outcome = call.seconds("duration") or 0, _read_outcome(call, direction)
    talk = seconds if outcome is Outcome.ANSWERED else 0
    return CallEvent(NAME, key, direction, outcome, started_at, _read_number(call), True, None, talk)


def _read_outcome(call: Fields, direction: Direction) -> Outcome:
    is_answered, is_voicemail = call.flag("answered"), call.flag("voicemail")
    if is_voicemail:
        return Outcome.VOICEMAIL if direction is Direction.INBOUND else Outcome.MISSED
    if call.is_empty("duration") or (not call.seconds("duration") and call.is_empty("business_phone_number")):
        return Outcome.RINGING
    if "answered" not in call:
        return Outcome.UNKNOWN
    return Outcome.ANSWERED if is_answered else Outcome.MISSED


def _read_number(call: Fields) -> str:
    """The customer's, unless a forwarding telephone put one of the clinic's own numbers there."""
    number = call.text("customer_phone_number")
    own = (call.text("tracking_phone_number"), call.text("business_phone_number"))
    return "" if number in own else number
