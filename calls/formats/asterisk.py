"""Call detail records of Asterisk (`Master.csv`); refuses to guess a direction, or FreeSWITCH's file of that name.

Asterisk writes one line for each leg, without a header, in the server's local time: 16 columns, then the unique id and
the user field if these are switched on, then three newer columns of which one is the linked id. How a call is put
together is in `legs`, what a leg says of it in `dialplan`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from calls.domain import CallEvent, Outcome, Refused
from calls.formats import dialplan
from calls.formats.dialplan import UNIQUE_ID, Contexts, find_outcome, find_zone, refuse_context
from calls.formats.legs import Leg, make_key, read_legs
from calls.formats.lines import (
    LocalTimes,
    Options,
    ReadRow,
    decode_line,
    read_key,
    read_seconds,
    split_fields,
    unreadable,
)

NAME = "asterisk"
TITLE = "Asterisk Master.csv"
OPTIONS = dialplan.OPTIONS

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
    return read_legs(NAME, chain((first,), rest), 1, _Reader(options).read)


class _Reader:
    """Reads one line with what the options say."""

    def __init__(self, options: Options) -> None:
        self._times = LocalTimes(find_zone(options))
        self._contexts = Contexts(options)

    def read(self, number: int, line: bytes) -> Leg | None:
        """None for an empty line. Raises Refused."""
        # Asterisk writes whatever octets a caller's name came in.
        fields = split_fields(decode_line(line, fallback="latin-1"), ",")
        if not any(fields):
            return None
        _check_width(fields)
        started_at, notes = self._times.read(fields[9], "start")
        duration, billsec = read_seconds(fields[12], "duration"), read_seconds(fields[13], "billsec")
        unique_id, linked_id = _ids(fields)
        outcome = find_outcome(fields[14], fields[7], fields[6])
        direction, label = self._contexts.judge(fields[3])
        return Leg(
            line=number,
            # Without ids: the legs of a call have caller, channel and start in common.
            call_key=read_key(linked_id or unique_id or make_key(fields[1], fields[5], fields[9]), "uniqueid"),
            is_origin=unique_id == linked_id,
            direction=direction,
            label=label,
            src=fields[1] or fields[4],  # the caller's number, else "name" <number>
            dst=fields[2],
            outcome=outcome,
            started_at=started_at,
            ring_seconds=max(duration - billsec, 0),
            talk_seconds=billsec if outcome is Outcome.ANSWERED else 0,
            notes=notes,
            refusal=refuse_context(label) if direction is None else None,
        )


def _check_width(fields: Sequence[str]) -> None:
    if len(fields) not in (16, 17, 18, 19, 20, 21):
        raise unreadable(f"the line has {len(fields)} fields, Asterisk writes 16 to 21")


def _ids(fields: Sequence[str]) -> tuple[str, str]:
    """The ids of the leg and of its call, "" where the file has none."""
    newer = len(fields) >= _BASE_COLUMNS + 3
    own = fields[_BASE_COLUMNS:-3] if newer else fields[_BASE_COLUMNS:]
    linked_id = fields[-2] if newer else ""
    # With one column it is the unique id or the user field, whichever of the two is switched on.
    unique_id = own[0] if len(own) == 2 or (own and UNIQUE_ID.fullmatch(own[0])) else ""
    return unique_id, linked_id


def _refuse_freeswitch(line: bytes) -> None:
    """FreeSWITCH's file begins with caller's name, number, destination, context and then the start; and has UUIDs."""
    try:
        fields = split_fields(decode_line(line, fallback="latin-1"), ",")
    except Refused:
        return  # reported with its number, like any other line
    if len(fields) > 8 and _STAMP.fullmatch(fields[4]) and any(map(_UUID.fullmatch, fields[8:])):
        raise unreadable("this Master.csv was written by FreeSWITCH, not Asterisk; export its calls as csv instead")
