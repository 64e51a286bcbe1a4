"""Exports of FreePBX: its CDR report and dumps of its `cdr` table; refuses to guess a direction, or a column.

The same legs as Asterisk's, in another order: the date stands first, and without a header the columns are told by their
number. Where there is a header they may come in any order, as its releases differ. A spreadsheet that had the file
before turned its dates into the order of its own country: year first is always read, the others as the option `dates`
says, or as the clinic's region writes them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from types import MappingProxyType
from typing import Final

from calls.domain import CallEvent, Direction, Outcome
from calls.formats import dialplan
from calls.formats.dialplan import UNIQUE_ID, Contexts, find_outcome, find_zone, refuse_context
from calls.formats.legs import Leg, make_key, read_legs
from calls.formats.lines import LocalTimes, Options, ReadRow, read_key, read_seconds, split_fields, unreadable
from calls.formats.mapping.cells import Times, pick_number
from calls.formats.mapping.columns import plain_name
from calls.formats.mapping.sampling import decode_text
from calls.formats.mapping.suggesting import day_order

NAME = "freepbx"
TITLE = "FreePBX CDR report"
OPTIONS = MappingProxyType(
    {**dialplan.OPTIONS, "dates": "dmy or mdy: the order of dates like 5/1/2026, if it is not the clinic's country's"}
)

# As asteriskcdrdb.cdr begins in every release; the columns behind come in several orders.
COLUMNS: Final = (
    "calldate", "clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "duration", "billsec",
    "disposition", "amaflags", "accountcode", "uniqueid", "userfield",
)  # fmt: skip
_WANTED: Final = (
    "calldate", "clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "duration", "billsec",
    "disposition", "uniqueid", "did", "linkedid",
)  # fmt: skip
_REQUIRED: Final = ("calldate", "src", "dst", "dcontext", "lastapp", "duration", "disposition")
_WIDEST: Final = 40
_NEWER: Final = 24  # so many columns have a linked id


def read(lines: Iterable[bytes], options: Options) -> Iterator[ReadRow[CallEvent]]:
    """A row for each call, at the line of its first leg, and one for each line that cannot be read.

    Rows come when a call can get no more legs. Raises Refused before the first one when the file is not FreePBX's.
    """
    rest = iter(lines)
    first = next(rest, None)
    if first is None:
        return iter(())
    text = decode_text(first)
    delimiter = ";" if text.count(";") > text.count(",") else ","
    names = [plain_name(name) for name in split_fields(text, delimiter)]
    if "calldate" in names:
        reader = _Reader(options, delimiter, _find_places(names), len(names))
        return read_legs(NAME, rest, 2, reader.read)
    _check_first(names)
    places = {name: place for place, name in enumerate(COLUMNS)}
    return read_legs(NAME, chain((first,), rest), 1, _Reader(options, delimiter, places, len(names)).read)


def _find_places(names: Sequence[str]) -> dict[str, int]:
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        raise unreadable(f"missing columns: {', '.join(missing)}")
    return {name: names.index(name) for name in _WANTED if name in names}


def _check_first(fields: Sequence[str]) -> None:
    """Whether a line without a header above it can be FreePBX's. Raises Refused."""
    if not len(COLUMNS) <= len(fields) <= _WIDEST:
        raise unreadable(f"the first line has {len(fields)} fields, FreePBX writes {len(COLUMNS)} to {_WIDEST}")
    if not fields[0][:1].isdigit():
        raise unreadable("the file begins neither with FreePBX's columns (calldate, …) nor with a date")


class _Reader:
    """Reads one line with what the options and the header say."""

    def __init__(self, options: Options, delimiter: str, places: Mapping[str, int], width: int) -> None:
        order = options.values.get("dates", day_order(options.region))
        self._times = Times(LocalTimes(find_zone(options)), order)
        self._contexts = Contexts(options)
        self._delimiter = delimiter
        self._width = width
        self._pick = itemgetter(*(places.get(name, width) for name in _WANTED))
        # Without a header the linked id stands behind columns of which releases have more or fewer: told by its form.
        self._is_headless = "linkedid" not in places and width >= _NEWER

    def read(self, number: int, line: bytes) -> Leg | None:
        """None for an empty line. Raises Refused."""
        fields = split_fields(decode_text(line), self._delimiter)
        if not any(fields):
            return None
        if len(fields) != self._width:
            raise unreadable(f"the line has {len(fields)} fields, the first one has {self._width}")
        (start, clid, src, dst, context, channel, other_end, app, duration, billsec, disposition, unique_id, did,
         linked_id) = self._pick([*fields, ""])  # fmt: skip
        if self._is_headless:
            linked_id = _find_linked(fields)
        started_at, notes = self._times.read(start, "calldate")
        seconds = read_seconds(duration.strip(), "duration")
        talk = read_seconds(billsec.strip(), "billsec") if billsec.strip() else 0
        outcome = _find_outcome(disposition, app, other_end, dst)
        direction, label = self._contexts.judge(context)
        direction = Direction.INBOUND if did.strip() else direction  # only calls from outside have a dialled number
        return Leg(
            line=number,
            call_key=read_key(linked_id or unique_id or make_key(src, channel, start), "uniqueid"),
            is_origin=unique_id == linked_id,
            direction=direction,
            label=label,
            src=src or pick_number(clid),
            dst=dst,
            outcome=outcome,
            started_at=started_at,
            ring_seconds=max(seconds - talk, 0),
            talk_seconds=talk if outcome is Outcome.ANSWERED else 0,
            notes=notes,
            refusal=refuse_context(label) if direction is None else None,
        )


def _find_outcome(disposition: str, app: str, channel: str, dst: str) -> Outcome:
    """As Asterisk, and FreePBX's own extensions of a mailbox: vmu101, vmb101, vms101, vmi101."""
    outcome = find_outcome(disposition, app, channel)
    is_mailbox = dst[:3] in ("vmu", "vmb", "vms", "vmi") and dst[3:].isdigit()
    return Outcome.VOICEMAIL if is_mailbox and disposition.strip().upper() == "ANSWERED" else outcome


def _find_linked(fields: Sequence[str]) -> str:
    """The last field that can be an id: the linked one stands behind all others, before the peer and the sequence."""
    return next((field for field in reversed(fields[len(COLUMNS) :]) if UNIQUE_ID.fullmatch(field)), "")
