"""Call detail records of Asterisk (`Master.csv`); refuses to guess a direction, or FreeSWITCH's file of that name.

Asterisk writes one line for each leg, without a header, in the server's local time: 16 columns, then the unique id and
the user field if these are switched on, then three newer columns of which one is the linked id. The legs of a call are
near each other but not adjacent, as a leg is written when it ends. So calls are put together from a window of
`WINDOW` lines, and memory is bounded by that. A leg that comes later still is an event of its own with the same call
key, which intake merges.

Answered means by a person: Dial or Queue was the last thing that ran, and a telephone was at the other end. The menu,
music or announcement that also "answers" a channel is not one, and VoiceMail is voicemail.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import chain
from types import MappingProxyType
from typing import Final

from calls.domain import CallEvent, Direction, Outcome, Refused
from calls.formats.lines import (
    MAX_LABEL,
    LocalTimes,
    Options,
    ReadRow,
    decode_line,
    read_key,
    read_seconds,
    shed,
    split_fields,
    unreadable,
)
from calls.hashing import looks_like_number

NAME = "asterisk"
TITLE = "Asterisk Master.csv"
OPTIONS = MappingProxyType(
    {
        "inbound": "contexts of calls that come in, separated by commas; * stands for any ending",
        "outbound": "contexts of calls that go out, likewise",
        "utc": "yes, if the server writes UTC (usegmtime=yes)",
    }
)

WINDOW: Final = 10_000  # lines; a busy clinic's week, and some megabytes
MAX_LEGS: Final = 200
MAX_CONTEXTS: Final = 1000  # remembered ones; a dial plan has a dozen

# What FreePBX and Asterisk's own samples call them. Names given as options go first.
_INBOUND_CONTEXTS: Final = (
    "from-pstn*", "from-trunk*", "from-did*", "from-digital*", "from-analog*", "from-zaptel", "from-dahdi",
    "ext-did*", "ext-group", "ext-queues", "ext-local", "ivr-*", "timeconditions", "app-announcement-*",
)  # fmt: skip
_OUTBOUND_CONTEXTS: Final = ("from-internal*", "outbound-allroutes", "outrt-*", "macro-dialout-trunk")

_PERSON_APPS: Final = frozenset({"dial", "queue", "followme"})
_DISPOSITIONS: Final = {
    "NO ANSWER": Outcome.MISSED,
    "BUSY": Outcome.MISSED,
    "FAILED": Outcome.MISSED,
    "CONGESTION": Outcome.MISSED,
    "CANCEL": Outcome.MISSED,
    "UNKNOWN": Outcome.UNKNOWN,
}
_UNIQUE_ID: Final = re.compile(r"(?:.+-)?[0-9]{9,}\.[0-9]+")
_STAMP: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_BASE_COLUMNS: Final = 16


def read(lines: Iterable[bytes], options: Options) -> Iterator[ReadRow[CallEvent]]:
    """A row for each call, at the line of its first leg, and one for each line that cannot be read.

    Rows come when a call can get no more legs, so not in the order of the lines. Raises Refused before the first row
    when the file is not Asterisk's.
    """
    rest = iter(lines)
    first = next(rest, None)
    if first is None:
        return iter(())
    _refuse_freeswitch(first)
    return _read_calls(chain((first,), rest), _Reader(options))


@dataclass(frozen=True, slots=True)
class _Leg:
    """One line of the file. `src` and `dst` are numbers."""

    line: int
    call_key: str
    is_origin: bool
    direction: Direction | None
    context: str
    src: str = field(repr=False)
    dst: str = field(repr=False)
    outcome: Outcome
    started_at: datetime
    ring_seconds: int
    talk_seconds: int
    notes: tuple[str, ...]


def _read_calls(lines: Iterable[bytes], reader: "_Reader") -> Iterator[ReadRow[CallEvent]]:
    # The call that was touched last is at the end, so the ones to let go are at the front.
    calls: OrderedDict[str, list[_Leg]] = OrderedDict()
    for number, line in enumerate(lines, 1):
        try:
            leg = reader.read(number, line)
        except Refused as refused:
            yield ReadRow(number, shed(refused))
            continue
        if leg is None:
            continue
        legs = calls.setdefault(leg.call_key, [])
        legs.append(leg)
        calls.move_to_end(leg.call_key)
        if len(legs) >= MAX_LEGS:
            yield from _join(calls.pop(leg.call_key))
        while calls and next(iter(calls.values()))[-1].line <= number - WINDOW:
            yield from _join(calls.popitem(last=False)[1])
    for legs in calls.values():
        yield from _join(legs)


def _join(legs: Sequence[_Leg]) -> Iterator[ReadRow[CallEvent]]:
    """One call of its legs, or a refusal for each when none of them says which way it went."""
    in_order = sorted(legs, key=lambda leg: (not leg.is_origin, leg.started_at, leg.line))
    known = next((leg for leg in in_order if leg.direction is not None), None)
    if known is None or known.direction is None:
        yield from (ReadRow(leg.line, _unknown_context(leg.context)) for leg in legs)
        return
    started_at = min(leg.started_at for leg in legs)
    event = CallEvent(
        NAME,
        known.call_key,
        known.direction,
        max(leg.outcome for leg in legs),
        started_at,
        known.src if known.direction is Direction.INBOUND else known.dst,
        True,
        _ring_seconds(legs, started_at),
        max(leg.talk_seconds for leg in legs),
        _label(known.context),
    )
    notes = tuple(dict.fromkeys(note for leg in legs for note in leg.notes))
    yield ReadRow(min(leg.line for leg in legs), event, notes, len(legs))


def _ring_seconds(legs: Sequence[_Leg], started_at: datetime) -> int:
    """How long the caller waited: until the first leg that a person answered, else until the last one gave up."""
    waits = [(leg.outcome, int((leg.started_at - started_at).total_seconds()) + leg.ring_seconds) for leg in legs]
    answered = [wait for outcome, wait in waits if outcome is Outcome.ANSWERED]
    return min(answered) if answered else max(wait for _, wait in waits)


def _label(context: str) -> str:
    """The context is what the clinic calls its line; some are named after its number, and those say nothing."""
    is_fit = len(context) <= MAX_LABEL and context.isprintable() and not looks_like_number(context)
    return context if is_fit else ""


def _unknown_context(context: str) -> Refused:
    name = f' "{context}"' if _label(context) else ""
    return unreadable(
        f"calls of the context{name} go neither in nor out: set the option inbound or outbound", "dcontext"
    )


class _Reader:
    """Reads one line with what the options say."""

    def __init__(self, options: Options) -> None:
        is_utc = options.values.get("utc", "no").casefold() == "yes"
        self._times = LocalTimes(UTC if is_utc else options.zone)
        self._directions: dict[str, Direction | None] = {}
        self._patterns = [
            *((name, Direction.INBOUND) for name in _names(options.values, "inbound")),
            *((name, Direction.OUTBOUND) for name in _names(options.values, "outbound")),
            *((name, Direction.INBOUND) for name in _INBOUND_CONTEXTS),
            *((name, Direction.OUTBOUND) for name in _OUTBOUND_CONTEXTS),
        ]

    def read(self, number: int, line: bytes) -> _Leg | None:
        """None for an empty line. Raises Refused."""
        # Asterisk writes whatever octets a caller's name came in.
        fields = split_fields(decode_line(line, fallback="latin-1"), ",")
        if not any(fields):
            return None
        _check_width(fields)
        started_at, notes = self._times.read(fields[9], "start")
        duration, billsec = read_seconds(fields[12], "duration"), read_seconds(fields[13], "billsec")
        unique_id, linked_id = _ids(fields)
        outcome = _outcome(fields)
        return _Leg(
            line=number,
            call_key=read_key(linked_id or unique_id or _made_key(fields), "uniqueid"),
            is_origin=unique_id == linked_id,
            direction=self._direction(fields[3]),
            context=fields[3],
            src=fields[1] or fields[4],  # the caller's number, else "name" <number>
            dst=fields[2],
            outcome=outcome,
            started_at=started_at,
            ring_seconds=max(duration - billsec, 0),
            talk_seconds=billsec if outcome is Outcome.ANSWERED else 0,
            notes=notes,
        )

    def _direction(self, context: str) -> Direction | None:
        if context not in self._directions:
            if len(self._directions) >= MAX_CONTEXTS:
                self._directions.clear()
            match = (way for pattern, way in self._patterns if fnmatchcase(context, pattern))
            self._directions[context] = next(match, None)
        return self._directions[context]


def _names(values: Mapping[str, str], option: str) -> list[str]:
    return [name.strip() for name in values.get(option, "").split(",") if name.strip()]


def _outcome(fields: Sequence[str]) -> Outcome:
    """How far a leg got."""
    app, channel, disposition = fields[7].casefold(), fields[6], fields[14].strip().upper()
    if disposition != "ANSWERED":
        outcome = _DISPOSITIONS.get(disposition)
        if outcome is None:
            raise unreadable("disposition is none of Asterisk's", "disposition")
        return outcome
    if app == "voicemail":
        return Outcome.VOICEMAIL
    # A caller who hangs up in a queue was "answered" by its music: then no telephone was at the other end.
    return Outcome.ANSWERED if app in _PERSON_APPS and channel else Outcome.MISSED


def _check_width(fields: Sequence[str]) -> None:
    if len(fields) not in (16, 17, 18, 19, 20, 21):
        raise unreadable(f"the line has {len(fields)} fields, Asterisk writes 16 to 21")


def _ids(fields: Sequence[str]) -> tuple[str, str]:
    """The ids of the leg and of its call, "" where the file has none."""
    newer = len(fields) >= _BASE_COLUMNS + 3
    own = fields[_BASE_COLUMNS:-3] if newer else fields[_BASE_COLUMNS:]
    linked_id = fields[-2] if newer else ""
    # With one column it is the unique id or the user field, whichever of the two is switched on.
    unique_id = own[0] if len(own) == 2 or (own and _UNIQUE_ID.fullmatch(own[0])) else ""
    return unique_id, linked_id


def _made_key(fields: Sequence[str]) -> str:
    """A key for files without ids: the legs of a call have caller, channel and start in common.

    A hash, as it is made from a number; in letters, so that it cannot hold seven of that number's digits by chance.
    """
    digest = hashlib.sha256("\x00".join((fields[1], fields[5], fields[9])).encode()).hexdigest()
    return digest[:40].translate(str.maketrans("0123456789", "ghijklmnop"))


def _refuse_freeswitch(line: bytes) -> None:
    """FreeSWITCH's file begins with caller's name, number, destination, context and then the start; and has UUIDs."""
    try:
        fields = split_fields(decode_line(line, fallback="latin-1"), ",")
    except Refused:
        return  # reported with its number, like any other line
    if len(fields) > 8 and _STAMP.fullmatch(fields[4]) and any(map(_UUID.fullmatch, fields[8:])):
        raise unreadable("this Master.csv was written by FreeSWITCH, not Asterisk; export its calls as csv instead")
