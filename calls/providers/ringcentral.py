"""RingCentral: telephony sessions of an account; refuses messages without the subscription's verification token.

A session has parties, and each message is about some of them. The clinic's are those with an extension; the caller from
outside is one without, whose "Outbound" means that he dialled. What each can say:

- A menu answers too: a party that is called like one is not a person. Nor is one whose own end is the end of the call:
  a disconnected party was transferred, picked up elsewhere, or missed the call.
- `missedCall` is of one party. Another may still take the call, and then answered counts for more.
- There is no duration, so the conversation's length is not known from here; it is in the account's call log.

When a subscription is made, RingCentral asks with a `Validation-Token` that has to come back.
"""

from datetime import datetime
from typing import Final

from calls.domain import BadSignature, CallEvent, Direction, Message, Outcome, VerifiedBody
from calls.providers.challenges import ChallengeAnswer
from calls.providers.fields import Fields, read_object
from calls.signatures import is_same

NAME = "ringcentral"
TITLE = "RingCentral"
CONTENT_TYPES = ("application/json",)
MAKES_SECRET = True
# All that is ever read of a message; any other field is dropped unread.
READS: Final = frozenset(
    {
        "body.eventTime", "body.parties[].direction", "body.parties[].extensionId",
        "body.parties[].from.extensionId", "body.parties[].from.phoneNumber", "body.parties[].missedCall",
        "body.parties[].status.code", "body.parties[].status.reason", "body.parties[].to.extensionId",
        "body.parties[].to.name", "body.parties[].to.phoneNumber", "body.telephonySessionId", "event",
    }
)  # fmt: skip
STEPS = (
    "In RingCentral’s developer console an admin makes an app with the permissions Call Control and Webhook"
    " Subscriptions.",
    "Then make a subscription (POST /restapi/v1.0/subscription) with the event filter"
    " /restapi/v1.0/account/~/telephony/sessions and the delivery mode WebHook; its address is the address.",
    "Give deliveryMode.verificationToken the secret. Without it every message is refused.",
    "A subscription ends after the time in its expiresIn: renew it before, or make it for as long as is allowed.",
)

_MAX_TOKEN: Final = 512  # an answer with its headers has less than 1,024 bytes
_SESSIONS: Final = "/telephony/sessions"
_UNDER_WAY: Final = frozenset({"Setup", "Proceeding", "VoiceMailScreening", "VMScreening", "Gone"})
_TALKING: Final = frozenset({"Answered", "Hold", "Parked"})
_VOICEMAIL: Final = frozenset({"VoiceMail", "Voicemail"})
# Of a party that left while the call went on.
_WENT_ON: Final = frozenset(
    {
        "Pickup", "TakeOver", "BlindTransfer", "RccTransfer", "AttendedTransfer", "CallerInputRedirect", "CallFlip",
        "ParkLocation", "DtmfTransfer", "AgentAnswered", "AgentDropped", "CallRedirected", "Supervising",
    }
)  # fmt: skip


def answer_challenge(message: Message, secret: str, received_at: datetime) -> ChallengeAnswer | None:
    """RingCentral's question has no signature: the token that it is about comes with the first message."""
    token = message.headers.get("validation-token", "")
    if not token or "verification-token" in message.headers:
        return None
    if len(token) > _MAX_TOKEN or not (token.isascii() and token.isprintable()):
        raise BadSignature
    return ChallengeAnswer(headers={"Validation-Token": token})


def verify(message: Message, secret: str, received_at: datetime) -> VerifiedBody:
    """Raises BadSignature."""
    if not is_same(secret, message.headers.get("verification-token", "")):
        raise BadSignature
    return VerifiedBody(message.body, message.content_type)


def parse(verified: VerifiedBody, received_at: datetime) -> list[CallEvent]:
    """An event for each party; none for what is not about a call."""
    message = read_object(verified.body)
    if _SESSIONS not in message.word("event"):
        return []
    body = message.part("body")
    key, at = body.need_key("telephonySessionId"), body.instant("eventTime") or received_at
    parties = body.parts("parties")
    return [_read_party(party, key, at) for party in parties if party.part("status").word("code") != "FaxReceive"]


def _read_party(party: Fields, key: str, at: datetime) -> CallEvent:
    way = party.word("direction")
    if way not in ("Inbound", "Outbound"):
        raise party.refuse("direction", "is neither Inbound nor Outbound")
    caller, callee = party.part("from"), party.part("to")
    is_ours = not party.is_empty("extensionId")
    if way == "Outbound" and is_ours:
        outcome = _outcome_of_staff(party)
        return make_event(key, Direction.OUTBOUND, outcome, at, callee.number("phoneNumber"))
    if way == "Inbound" and not is_ours and not caller.is_empty("extensionId"):
        outcome = _outcome_of_staff(party)
        return make_event(key, Direction.OUTBOUND, outcome, at, callee.number("phoneNumber"))
    outcome = _outcome_of_desk(party) if is_ours else _outcome_of_caller(party)
    return make_event(key, Direction.INBOUND, outcome, at, _read_caller(caller, callee))


def make_event(
    key: str, direction: Direction, outcome: Outcome, at: datetime, number: str, talk_seconds: int = 0
) -> CallEvent:
    """What messages and the call log come to."""
    return CallEvent(NAME, key, direction, outcome, at, number, True, None, talk_seconds, "", key)


def _read_caller(caller: Fields, callee: Fields) -> str:
    number = caller.number("phoneNumber")
    return "" if number == callee.number("phoneNumber") else number


def _outcome_of_desk(party: Fields) -> Outcome:
    """What a telephone of the clinic that is called says."""
    status = party.part("status")
    code, reason = status.word("code"), status.text("reason")
    if code in _VOICEMAIL or (code == "Disconnected" and reason in _VOICEMAIL):
        return Outcome.VOICEMAIL
    if code == "Disconnected":
        return Outcome.MISSED if party.flag("missedCall") and reason not in _WENT_ON else Outcome.RINGING
    if code in _TALKING:
        return Outcome.RINGING if _is_menu(party.part("to")) else Outcome.ANSWERED
    return Outcome.RINGING if code in _UNDER_WAY else Outcome.UNKNOWN


def _outcome_of_caller(party: Fields) -> Outcome:
    """What the caller's own party says, which is put through to a menu or to music as well as to a person."""
    status = party.part("status")
    code, reason = status.word("code"), status.text("reason")
    if code == "Disconnected":
        return Outcome.RINGING if reason in _WENT_ON else Outcome.MISSED
    return Outcome.RINGING if code in _UNDER_WAY | _TALKING | _VOICEMAIL else Outcome.UNKNOWN


def _outcome_of_staff(party: Fields) -> Outcome:
    """What either party of a call that the clinic makes says."""
    status = party.part("status")
    code, reason = status.word("code"), status.text("reason")
    if code == "Disconnected":
        return Outcome.RINGING if reason in _WENT_ON else Outcome.MISSED
    if code in _TALKING:
        # To an extension it only means that its rules began to run.
        return Outcome.ANSWERED if party.part("to").is_empty("extensionId") else Outcome.RINGING
    return Outcome.RINGING if code in _UNDER_WAY | _VOICEMAIL else Outcome.UNKNOWN


def _is_menu(callee: Fields) -> bool:
    return callee.text("name").startswith("IVR ")
