"""Twilio Voice: status callbacks and Dial actions of one call and its legs; refuses to keep what it does not need.

A call that a patient makes is a parent (Direction `inbound`) and, when the clinic forwards it, a child for each
telephone that rings (Direction `outbound-dial`, ParentCallSid). What each message can say:

- A parent is `completed` whenever Twilio ran its instructions, whoever heard them. So it says "missed" at the most, and
  its CallDuration is never talk; that somebody answered is said by a child, or by DialCallStatus.
- A child that was not answered says nothing of the call, for another telephone may still ring. Its From and To are the
  clinic's business and not the other party; a Direction guessed from it gives way to the parent's (see `domain`).
- From a `client:` or `sip:` user of the clinic the call is outbound, and To is the patient.

SignalWire and Telnyx (TeXML) use the same names, with other ids; their own files may call this one.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import parse_qsl

from calls.domain import (
    BadSignature,
    CallEvent,
    Direction,
    Message,
    Outcome,
    RefusalReason,
    Refused,
    VerifiedBody,
)
from calls.signatures import is_signed_by_twilio, twilio_algorithm

NAME = "twilio"
TITLE = "Twilio"
CONTENT_TYPES = ("application/x-www-form-urlencoded",)
MAKES_SECRET = False  # the account's auth token, or a shared key of its webhooks
STEPS = (
    "Sign in to the Twilio Console and open Phone Numbers, Manage, Active numbers; choose your clinic’s number.",
    "Under Voice Configuration paste the address into “Call status changes” and choose HTTP POST. Save.",
    "Where your TwiML forwards the call with Dial, give each Number, Client or Sip in it statusCallback with the same"
    ' address and statusCallbackEvent="answered completed". Without this step nobody can tell who answered, and every'
    " call looks missed.",
    "The secret is your account’s Auth Token (Console, Account Info). When you change it there, change it here too.",
)

MAX_FIELDS: Final = 200
MAX_SECONDS: Final = 7 * 86_400

# All that is ever read. Any other field is dropped unread, whatever it holds.
_FIELDS: Final = (
    "CallSid", "ParentCallSid", "CallStatus", "Direction", "From", "To", "ForwardedFrom", "Timestamp", "CallDuration",
    "AnsweredBy", "DialCallStatus", "DialCallDuration", "DialBridged", "RecordingUrl",
)  # fmt: skip
READS: Final = frozenset(_FIELDS)
_SID: Final = re.compile(r"CA[0-9a-fA-F]{32}")
_STAFF: Final = re.compile(r"client:|sips?:(?!(?:\+|%2B)[0-9])", re.IGNORECASE)

_UNDER_WAY: Final = frozenset({"queued", "initiated", "ringing"})
_PICKED_UP: Final = frozenset({"in-progress", "answered", "completed"})
_NOT_PICKED_UP: Final = frozenset({"busy", "no-answer", "failed", "canceled"})


def verify(message: Message, secret: str, received_at: datetime) -> VerifiedBody:
    """Raises BadSignature. Twilio signs the decoded form, so it is decoded here, and nothing else is done with it."""
    signature = message.headers.get("x-twilio-signature", "")
    algorithm = twilio_algorithm(message.headers.get("x-twilio-webhooks-signature-settings", ""))
    # More fields than `parse` takes: a real message that is too large is unreadable, not forged.
    pairs = _read_pairs(message.body, 10 * MAX_FIELDS)
    if not secret or not signature or pairs is None:
        raise BadSignature
    if not is_signed_by_twilio(secret.encode(), message.url, pairs, signature, algorithm):
        raise BadSignature
    return VerifiedBody(message.body, message.content_type)


def parse(verified: VerifiedBody, received_at: datetime) -> list[CallEvent]:
    """One event a message. `received_at` is aware, and the time of messages that have no Timestamp."""
    form = _read_form(verified.body)
    return [read_call(form, _read_started_at(form, received_at))]


def read_call(form: Mapping[str, str], started_at: datetime) -> CallEvent:
    """What a message about a call or a leg says, or a record of the list of calls; `form` has all of `READS`."""
    sid, parent_sid = _read_sid(form, "CallSid"), form["ParentCallSid"] and _read_sid(form, "ParentCallSid")
    if not form["CallStatus"]:
        raise _unreadable("CallStatus", "is missing")
    if form["Direction"] not in ("inbound", "outbound-api", "outbound-dial"):
        raise _unreadable("Direction", "is missing or unknown")
    if parent_sid:
        return _read_child(form, parent_sid, started_at)
    if form["Direction"] == "outbound-dial":
        raise _unreadable("ParentCallSid", "is missing on a leg that was dialled")
    return _read_parent(form, sid, started_at)


def _read_parent(form: Mapping[str, str], sid: str, started_at: datetime) -> CallEvent:
    if form["Direction"] == "outbound-api":
        outcome = _leg_outcome(form, Outcome.MISSED)
        return _event(sid, Direction.OUTBOUND, outcome, started_at, form["To"], _talk(form, "CallDuration", outcome))
    outcome = _dial_outcome(form) if form["DialCallStatus"] else _parent_outcome(form["CallStatus"])
    talk = _talk(form, "DialCallDuration", outcome)
    if _STAFF.match(form["From"]):
        return _event(sid, Direction.OUTBOUND, outcome, started_at, form["To"], talk)
    # What a <Record> left. A recording of a conversation comes with a dial that was answered.
    if outcome < Outcome.ANSWERED and form["RecordingUrl"]:
        outcome = Outcome.VOICEMAIL
    return _event(sid, Direction.INBOUND, outcome, started_at, _caller(form), talk)


def _read_child(form: Mapping[str, str], parent_sid: str, started_at: datetime) -> CallEvent:
    if _STAFF.match(form["From"]):
        outcome = _leg_outcome(form, Outcome.MISSED)
        talk = _talk(form, "CallDuration", outcome)
        return _event(parent_sid, Direction.OUTBOUND, outcome, started_at, form["To"], talk)
    outcome = _leg_outcome(form, Outcome.RINGING)
    talk = _talk(form, "CallDuration", outcome)
    return CallEvent(NAME, parent_sid, Direction.INBOUND, outcome, started_at, None, False, None, talk)


def _event(
    call_key: str, direction: Direction, outcome: Outcome, started_at: datetime, number: str, talk: int
) -> CallEvent:
    # No line: all that Twilio says of it is its number, and a number never becomes a label.
    return CallEvent(NAME, call_key, direction, outcome, started_at, number, True, None, talk, "", call_key)


def _caller(form: Mapping[str, str]) -> str:
    """From, unless a forwarding telephone put the clinic's own number there: then the caller is withheld."""
    return "" if form["From"] in (form["To"], form["ForwardedFrom"]) else form["From"]


def _leg_outcome(form: Mapping[str, str], not_answered: Outcome) -> Outcome:
    """What a leg to one telephone says; `not_answered` is what it means for the call that nobody picked this one up."""
    status = form["CallStatus"]
    if status in _UNDER_WAY:
        return Outcome.RINGING
    if status in _PICKED_UP:
        return not_answered if form["AnsweredBy"].startswith(("machine", "fax")) else Outcome.ANSWERED
    return not_answered if status in _NOT_PICKED_UP else Outcome.UNKNOWN


def _parent_outcome(status: str) -> Outcome:
    if status in _UNDER_WAY or status == "in-progress":  # a menu or music is being played
        return Outcome.RINGING
    return Outcome.MISSED if status == "completed" or status in _NOT_PICKED_UP else Outcome.UNKNOWN


def _dial_outcome(form: Mapping[str, str]) -> Outcome:
    status = form["DialCallStatus"]
    if status in ("completed", "answered"):
        # Picked up but not connected (a screening prompt was declined) or by a machine is not answered.
        is_machine = form["AnsweredBy"].startswith(("machine", "fax"))
        return Outcome.MISSED if form["DialBridged"] == "false" or is_machine else Outcome.ANSWERED
    return Outcome.MISSED if status in _NOT_PICKED_UP else Outcome.UNKNOWN


def _talk(form: Mapping[str, str], name: str, outcome: Outcome) -> int:
    seconds = _read_seconds(form, name)
    return seconds if outcome is Outcome.ANSWERED else 0


def _read_started_at(form: Mapping[str, str], received_at: datetime) -> datetime:
    at = read_timestamp(form["Timestamp"]) if form["Timestamp"] else received_at
    if form["CallStatus"] in _UNDER_WAY:
        return at
    return at - timedelta(seconds=_read_seconds(form, "CallDuration") or _read_seconds(form, "DialCallDuration"))


def read_timestamp(text: str) -> datetime:
    """A date of RFC 2822 as an instant. Raises Refused."""
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        at = None
    if at is None or not 2000 <= at.year < 2100:
        raise _unreadable("Timestamp", "is not a date of RFC 2822")
    # "-0000" says UTC of a place that is not known.
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _read_seconds(form: Mapping[str, str], name: str) -> int:
    text = form[name]
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) <= 6 and int(text) <= MAX_SECONDS):
        raise _unreadable(name, "is not a number of seconds")
    return int(text)


def _read_sid(form: Mapping[str, str], name: str) -> str:
    if not _SID.fullmatch(form[name]):
        raise _unreadable(name, "is not the id of a call")
    return form[name]


def _read_form(body: bytes) -> dict[str, str]:
    """The fields that we read, "" where there is none. A field that stands twice could mean either."""
    pairs = _read_pairs(body, MAX_FIELDS)
    if pairs is None:
        raise Refused(RefusalReason.UNREADABLE, f"the body is not a form of at most {MAX_FIELDS} fields")
    form: dict[str, str] = {}
    for name, value in pairs:
        if name not in _FIELDS:
            continue
        if name in form:
            raise _unreadable(name, "stands twice")
        if not value.isprintable():  # control characters, and octets that are not UTF-8
            raise _unreadable(name, "holds characters that no such field holds")
        form[name] = value
    return {name: form.get(name, "") for name in _FIELDS}


def _read_pairs(body: bytes, max_fields: int) -> list[tuple[str, str]] | None:
    # Octets that are not UTF-8 survive as surrogates: the signature is over them, `_read_form` refuses them.
    text = body.decode("utf-8", "surrogateescape")
    try:
        return parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=max_fields)
    except ValueError:
        return None  # and not `raise … from`: the exception quotes the body


def _unreadable(name: str, why: str) -> Refused:
    return Refused(RefusalReason.UNREADABLE, f"{name} {why}", name)
