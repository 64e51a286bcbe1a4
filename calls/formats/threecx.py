"""Call data records of 3CX (`cdr.log`, or a file for each call); refuses to guess whether a person answered.

An administrator of 3CX chooses which fields are written, and in which order: the option `columns` says it, without it
the order in which 3CX offers them. A first line with the fields' names goes before both. A transfer or a queue writes
several records with one history id, which are a call; how these are put together is in `legs`.

3CX says when a call was answered, not by whom: the type of the last participant does. A queue, a menu or a script is no
person, and a mailbox is voicemail. Where a file has no types, whether a person answered an incoming call stays unknown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Final

from calls.domain import CallEvent, Direction, Outcome
from calls.formats.dialplan import find_zone
from calls.formats.legs import Leg, make_key, read_legs, to_label
from calls.formats.lines import LocalTimes, Options, ReadRow, check_spelling, read_key, split_fields, unreadable
from calls.formats.mapping.cells import Times, pick_number, read_duration
from calls.formats.mapping.sampling import decode_text

NAME = "3cx"
TITLE = "3CX call data records"
COLUMNS: Final = (
    "historyid", "callid", "duration", "time-start", "time-answered", "time-end", "reason-terminated", "from-no",
    "to-no", "from-dn", "to-dn", "dial-no", "reason-changed", "final-number", "final-dn", "bill-code", "bill-rate",
    "bill-cost", "bill-name", "chain", "from-type", "to-type", "final-type", "from-dispname", "to-dispname",
    "final-dispname", "missed-queue-calls",
)  # fmt: skip
OPTIONS = MappingProxyType(
    {
        "columns": "the fields in their order, separated by commas, as 3CX writes them (- for one that is not its)",
        "dates": "dmy or mdy, if times are not written year first",
        "utc": "yes, if 3CX writes UTC",
    }
)

_KNOWN: Final = frozenset(COLUMNS)
_REQUIRED: Final = ("time-start", "time-answered", "from-no", "to-no")
_FEWEST: Final = 15  # fields of a record of which the last, which 3CX added later, are left out
_QUEUES: Final = frozenset({"queue", "ringgroup"})
_MACHINES: Final = frozenset(
    {"queue", "ringgroup", "ivr", "script", "fax", "specialmenu", "parking", "park", "confplace", "conference"}
)
_MAILBOXES: Final = frozenset({"voicemail", "vmail"})
_PEOPLE: Final = frozenset({"extension", "externalline", "line", "provider", "gateway", "outboundrule", "bridge"})
_UNKNOWN: Final = "final-type does not say whether a person answered: kept as unknown"
_PREFIX: Final = "call "  # before the history id: "Call 612504,…"


def read(lines: Iterable[bytes], options: Options) -> Iterator[ReadRow[CallEvent]]:
    """A row for each call, at the line of its first record, and one for each line that cannot be read.

    Rows come when a call can get no more records. Raises Refused before the first one when the columns are not 3CX's.
    """
    rest = iter(lines)
    first = next(rest, None)
    if first is None:
        return iter(())
    text = decode_text(first)
    # A semicolon comes last: the chain of a call is full of them.
    delimiter = next((mark for mark in "\t|,;" if text.count(mark) >= len(_REQUIRED) - 1), ",")
    names = [_plain(name) for name in split_fields(text, delimiter)]
    if _KNOWN.issuperset(filter(None, names)) and any(names):
        reader = _Reader(options, delimiter, names)
        return read_legs(NAME, rest, 2, reader.read)
    told = options.values.get("columns", "")
    columns = [_plain(name) for name in told.split(",")] if told else COLUMNS
    return read_legs(NAME, chain((first,), rest), 1, _Reader(options, delimiter, columns).read)


def _plain(name: str) -> str:
    """A field's name as 3CX's documentation spells it; other programs write time_start, Time Start."""
    plain = name.strip().casefold().replace("_", "-").replace(" ", "-")
    return {"history-id": "historyid", "call-id": "callid"}.get(plain, plain)


class _Reader:
    """Reads one record with what the options and the columns say."""

    def __init__(self, options: Options, delimiter: str, columns: Sequence[str]) -> None:
        unknown = [place for place, name in enumerate(columns, 1) if name not in _KNOWN and name.strip("-")]
        if unknown:
            raise unreadable(f"columns that 3CX does not write, at place {', '.join(map(str, unknown))}")
        missing = [name for name in _REQUIRED if name not in columns]
        if missing:
            raise unreadable(f"missing columns: {', '.join(missing)}")
        self._columns = columns
        self._delimiter = delimiter
        self._times = Times(LocalTimes(find_zone(options)), options.values.get("dates", "iso"))

    def read(self, number: int, line: bytes) -> Leg | None:
        """None for an empty line. Raises Refused."""
        values = split_fields(decode_text(line), self._delimiter)
        if not any(map(str.strip, values)):
            return None
        cells = self._name_cells(values)
        started_at, notes = self._times.read(cells["time-start"], "time-start")
        answered_at = self._read_time(cells, "time-answered")
        talk = read_duration(cells["duration"], "seconds", "duration") or 0
        direction = _find_direction(cells)
        outcome = _find_outcome(cells, direction, answered_at is not None)
        other = _other_party(cells, direction)
        check_spelling(other, "from-no" if direction is Direction.INBOUND else "to-no")
        until = answered_at if outcome is Outcome.ANSWERED else self._read_time(cells, "time-end")
        key = cells["historyid"] or cells["callid"] or make_key(cells["from-no"], cells["to-no"], cells["time-start"])
        return Leg(
            line=number,
            call_key=read_key(key, "historyid"),
            is_origin=True,
            direction=direction,
            label=to_label(cells["to-dispname"]) if _type(cells["to-type"]) in _QUEUES else "",
            src=other,
            dst=other,
            outcome=outcome,
            started_at=started_at,
            ring_seconds=max(int((until - started_at).total_seconds()), 0) if until else talk,
            talk_seconds=talk if outcome is Outcome.ANSWERED else 0,
            notes=notes + ((_UNKNOWN,) if outcome is Outcome.UNKNOWN else ()),
        )

    def _read_time(self, cells: Mapping[str, str], name: str) -> datetime | None:
        return self._times.read(cells[name], name)[0] if cells[name] else None

    def _name_cells(self, values: list[str]) -> Mapping[str, str]:
        """Cell by field. Older releases leave the last fields out, and some end the line with a delimiter."""
        while len(values) > len(self._columns) and not values[-1].strip():
            values.pop()
        if not min(_FEWEST, len(self._columns)) <= len(values) <= len(self._columns):
            raise unreadable(f"the line has {len(values)} fields, the columns are {len(self._columns)}")
        cells = dict.fromkeys(COLUMNS, "")
        cells.update(zip(self._columns, map(str.strip, values), strict=False))
        history = cells["historyid"]
        if history[: len(_PREFIX)].casefold() == _PREFIX:
            cells["historyid"] = history[len(_PREFIX) :].strip()
        return cells


def _find_outcome(cells: Mapping[str, str], direction: Direction, is_answered: bool) -> Outcome:
    """How far a record got."""
    final = _type(cells["final-type"])
    if final in _MAILBOXES:
        return Outcome.VOICEMAIL
    if not is_answered or final in _MACHINES:
        return Outcome.MISSED
    if final in _PEOPLE:
        return Outcome.ANSWERED
    # Whom the clinic called picked up; what answered in the clinic may be a menu.
    return Outcome.ANSWERED if not final and direction is Direction.OUTBOUND else Outcome.UNKNOWN


def _type(text: str) -> str:
    """Types come in several spellings: `ExternalLine`, `external_line`."""
    return text.casefold().replace("_", "").replace(" ", "")


def _find_direction(cells: Mapping[str, str]) -> Direction:
    is_ours = _type(cells["from-type"]) == "extension" or _is_extension(cells["from-no"])
    return Direction.OUTBOUND if is_ours else Direction.INBOUND


def _other_party(cells: Mapping[str, str], direction: Direction) -> str:
    if direction is Direction.INBOUND:
        return pick_number(cells["from-no"])
    to_number = cells["to-no"] if not _is_extension(cells["to-no"]) else ""
    return pick_number(to_number or cells["dial-no"] or cells["to-no"])


def _is_extension(number: str) -> bool:
    return number.casefold().startswith("ext.")
