"""Dialpad: call events, each the whole body a signed token; refuses any other algorithm than the one that is agreed.

A call to a department or a call centre is a record of its own, and one more for each person it rings, which names the
first as its entry point. Such a leg says that somebody took the call, but not that nobody did: another may be ringing.
"""

from datetime import datetime
from typing import Final

from calls.domain import BadSignature, CallEvent, Direction, Message, Outcome, VerifiedBody
from calls.providers.fields import MILLISECONDS, Fields, read_object, seconds_between
from calls.signatures import read_token

NAME = "dialpad"
TITLE = "Dialpad"
# Dialpad does not say which it sends with a token; whatever it is, the body has to be one.
CONTENT_TYPES = ("application/jwt", "text/plain", "application/json", "application/octet-stream")
MAKES_SECRET = True
# All that is ever read of a message; any other field is dropped unread.
READS: Final = frozenset(
    {
        "call_id", "date_connected", "date_ended", "date_started", "direction", "entry_point_call_id",
        "entry_point_target.name", "entry_point_target.type", "external_number", "master_call_id", "state",
        "target.name", "target.type", "voicemail_link",
    }
)  # fmt: skip
STEPS = (
    "A company admin makes a webhook by Dialpad’s API (POST /api/v2/webhooks): hook_url is the address, secret is the"
    " secret.",
    "Then subscribe it to call events (POST /api/v2/subscriptions/call): endpoint_id is the webhook’s id, enabled is"
    " true, and call_states are calling, ringing, connected, hangup, missed, voicemail and voicemail_uploaded.",
    "Leave target_type out, so that the whole company is heard: a department’s call is lost to us when only its people"
    " are.",
)

_DIRECTIONS: Final = {"inbound": Direction.INBOUND, "outbound": Direction.OUTBOUND}
_UNDER_WAY: Final = frozenset({"calling", "ringing", "preanswer", "queued"})
_TALKING: Final = frozenset({"connected", "hold", "parked", "merged"})
_OVER: Final = frozenset({"hangup", "missed"})
_VOICEMAIL: Final = frozenset({"voicemail", "voicemail_uploaded"})
# States of what is made of a call or of who listens in; they do not move it on. A blocked call never was the clinic's.
_ASIDE: Final = frozenset(
    {
        "blocked", "recording", "transcription", "call_transcription", "dispositions", "postcall", "admin",
        "admin_recording", "barge", "monitor", "takeover", "eavesdrop", "csat", "pcsat", "ai_playbook", "calldrop",
    }
)  # fmt: skip
# Names of places. A person's name does not become a line's.
_PLACES: Final = frozenset({"callcenter", "callrouter", "channel", "coachinggroup", "department", "office", "room"})


def verify(message: Message, secret: str, received_at: datetime) -> VerifiedBody:
    """Raises BadSignature; else the bytes that were signed."""
    payload = read_token(message.body.strip(), secret)
    if payload is None:
        raise BadSignature
    return VerifiedBody(payload, message.content_type)


def parse(verified: VerifiedBody, received_at: datetime) -> list[CallEvent]:
    """One event, or none for a message that does not move a call on."""
    call = read_object(verified.body)
    state, word = call.word("state"), call.word("direction")
    if state in _ASIDE or state.startswith("recap"):
        return []
    if word not in _DIRECTIONS:
        raise call.refuse("direction", "is neither inbound nor outbound")
    own_key = call.need_key("call_id")
    key = call.key("entry_point_call_id") or call.key("master_call_id") or own_key
    outcome = _read_outcome(call, state, _DIRECTIONS[word])
    if key != own_key and outcome is Outcome.MISSED:
        outcome = Outcome.RINGING
    return [_read_event(call, key, _DIRECTIONS[word], outcome, received_at)]


def _read_event(call: Fields, key: str, direction: Direction, outcome: Outcome, received_at: datetime) -> CallEvent:
    names = ("date_started", "date_connected", "date_ended")
    started_at, connected_at, ended_at = (call.epoch(name, MILLISECONDS) for name in names)
    is_answered = outcome is Outcome.ANSWERED
    talk = seconds_between(connected_at, ended_at) if is_answered else 0
    ring = seconds_between(started_at, connected_at) if is_answered else None
    place = call.part("entry_point_target")
    place = place if not place.is_empty("type") else call.part("target")
    line = place.line("name") if place.text("type") in _PLACES else ""
    at, number = started_at or received_at, call.number("external_number")
    return CallEvent(NAME, key, direction, outcome, at, number, True, ring, talk or 0, line)


def _read_outcome(call: Fields, state: str, direction: Direction) -> Outcome:
    is_voicemail = state in _VOICEMAIL or not call.is_empty("voicemail_link")
    if state in _UNDER_WAY:
        return Outcome.RINGING
    if state in _TALKING:
        return Outcome.ANSWERED
    if is_voicemail:
        return Outcome.VOICEMAIL if direction is Direction.INBOUND else Outcome.MISSED
    if state not in _OVER:
        return Outcome.UNKNOWN
    return Outcome.MISSED if state == "missed" or call.is_empty("date_connected") else Outcome.ANSWERED
