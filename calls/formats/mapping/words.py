"""The words of other systems' exports: what they call columns, directions and ends of calls. Pure data.

Names and words are compared in lower case, with single spaces for whatever stands between their letters and digits.
Columns are from the exports of 8x8, 3CX, RingCentral, Dialpad, Vonage, Gamma, Asterisk and our own.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_BETWEEN: Final = re.compile(r"[\W_]+")


def plain_word(text: str) -> str:
    return _BETWEEN.sub(" ", text.casefold()).strip()


# The best name comes first.
COLUMN_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "external_id": (
            "external id", "call id", "callid", "call uuid", "call guid", "unique id", "uniqueid", "linkedid",
            "call reference", "call ref", "session id", "conversation id", "cdr id", "record id",
        ),
        "started_at": (
            "started at", "start time", "time start", "call start", "call start time", "start date time", "date time",
            "datetime", "date and time", "call date time", "call time", "calldate", "date started", "call started",
            "timestamp", "time stamp", "start timestamp", "start", "created at", "time", "date", "call date",
        ),
        "date": ("date", "call date", "start date", "day"),
        "time": ("time", "call time", "start time", "time of call", "time of day"),
        "direction": ("direction", "call direction", "in out", "inbound outbound", "way", "call type", "type"),
        "outcome": (
            "outcome", "call outcome", "action result", "call result", "result", "disposition", "call status", "status",
            "last leg disposition", "answered", "call answered", "answer status", "category", "state", "call type",
            "type",
        ),
        "answered_at": (
            "answered at", "answer time", "answered time", "time answered", "date connected", "connect time",
            "connected at",
        ),
        "number": (
            "number", "external number", "phone number", "customer number", "customer phone number", "remote number",
            "other party", "contact number", "telephone number", "telephone", "phone",
        ),
        "from_number": (
            "from", "from number", "from no", "caller", "caller number", "caller id", "calling number",
            "calling party", "calling party number", "cli", "source", "source number", "src", "a number",
            "originating number", "call from", "caller phone number",
        ),
        "to_number": (
            "to", "to number", "to no", "called", "called number", "callee", "callee number", "called party",
            "called party number", "destination", "destination number", "dst", "dialled number", "dialed number",
            "b number", "terminating number", "call to",
        ),
        "line": (
            "line", "line name", "queue", "queue name", "call queue", "department", "ring group", "call group",
            "hunt group", "site", "location", "office", "target",
        ),
        "ring_seconds": (
            "ring seconds", "ring time", "ring duration", "ringing", "ringing time", "time to answer", "wait time",
            "ring", "wait",
        ),
        "talk_seconds": (
            "talk seconds", "talk time", "talk duration", "talking", "conversation time", "billsec",
            "billable seconds", "call duration", "duration", "call length", "length",
        ),
    }
)  # fmt: skip


def _means(meanings: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({word: meaning for meaning, words in meanings.items() for word in words.split(", ")})


KNOWN_DIRECTIONS: Final = _means(
    {
        "inbound": "inbound, in, incoming, incoming call, inbound call, i, received, terminating, missed, missed call",
        "outbound": "outbound, out, outgoing, outgoing call, outbound call, o, placed, made, dialled, dialed",
        "internal": "internal, internal call, extension to extension, intercom",
    }
)
KNOWN_OUTCOMES: Final = _means(
    {
        "answered": "answered, answered call, accepted, call accepted, call connected, answer, yes, true",
        "missed": (
            "missed, missed call, no answer, noanswer, not answered, unanswered, unanswered call, busy, failed, "
            "abandoned, cancelled, canceled, cancel, rejected, declined, congestion, hang up, hung up, timeout, "
            "line busy, ring no answer, no, false"
        ),
        "voicemail": "voicemail, voice mail, vm, left voicemail, went to voicemail, sent to voicemail, voicemail left",
        "talked": (
            "completed, connected, normal, normal clearing, ended, inbound, outbound, in, out, incoming, outgoing, "
            "inbound call, outbound call, incoming call, outgoing call"
        ),
    }
)
