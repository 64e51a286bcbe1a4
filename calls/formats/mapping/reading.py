"""Makes calls of somebody else's rows with a mapping; refuses a row that says no direction, and guesses no status.

Where a file has no id of a call, one is made: a hash of start, direction, line and number, and of how many such rows
stood before. So the same file again, or one that overlaps with it, meets the calls that are there; the price is in
`docs/importing.md`.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from calls.domain import CallEvent, Direction, Outcome, Refused
from calls.formats.lines import Labels, LocalTimes, Options, ReadRow, check_spelling, read_key, read_lines, unreadable
from calls.formats.lines import split_fields as split
from calls.formats.mapping.cells import Times, pick_number, read_duration
from calls.formats.mapping.columns import FIELDS, ColumnMapping, find_faults, plain_name
from calls.formats.mapping.sampling import PREAMBLE, decode_text
from calls.formats.mapping.words import KNOWN_DIRECTIONS, KNOWN_OUTCOMES, plain_word

SOURCE: Final = "csv"
WINDOW: Final = 100_000  # made keys that are remembered; equal rows stand near each other

_UNKNOWN_OUTCOME: Final = "the outcome is a word that the mapping does not translate: kept as unknown"
_OUTCOMES: Final = {
    "answered": Outcome.ANSWERED,
    "missed": Outcome.MISSED,
    "voicemail": Outcome.VOICEMAIL,
    "unknown": Outcome.UNKNOWN,
}
_DIRECTIONS: Final = {"inbound": Direction.INBOUND, "outbound": Direction.OUTBOUND, "internal": None}
_LONGEST_EXTENSION: Final = 6


def read_mapped(lines: Iterable[bytes], mapping: ColumnMapping, options: Options) -> Iterator[ReadRow[CallEvent]]:
    """A row for each line below the header. Raises Refused before the first one when the mapping does not fit."""
    faults = find_faults(mapping)
    if faults:
        raise unreadable(f"the mapping is not complete: {' '.join(faults.values())}")
    body, first, cells = open_mapped(lines, mapping)
    return read_lines(body, first, RowReader(mapping, options, cells).read)


class Cells:
    """Splits a line and finds the cell of each field."""

    def __init__(self, delimiter: str, width: int, places: Mapping[str, int]) -> None:
        self._delimiter = delimiter
        self._width = width  # 0 until the first line of a file without a header
        self._places = [places.get(name, -1) for name in FIELDS]
        self._highest = max(self._places)

    def split(self, line: bytes) -> dict[str, str] | None:
        """Cell by field, "" for fields without a column; None for an empty line. Raises Refused."""
        values = split(decode_text(line), self._delimiter)
        if not any(map(str.strip, values)):
            return None
        self._width = self._width or max(len(values), self._highest + 1)
        while len(values) > self._width and not values[-1]:  # some programs end their lines with a delimiter
            values.pop()
        if len(values) != self._width:
            raise unreadable(f"the line has {len(values)} fields, not {self._width}")
        values.append("")
        return {name: values[place].strip() for name, place in zip(FIELDS, self._places, strict=True)}


def open_mapped(lines: Iterable[bytes], mapping: ColumnMapping) -> tuple[Iterable[bytes], int, Cells]:
    """What is below the header, the number of its first line, and how to split it. Raises Refused."""
    rest = iter(lines)
    if not mapping.has_header:
        places = {name: place for name, place in mapping.columns.items() if isinstance(place, int)}
        return rest, 1, Cells(mapping.delimiter, 0, places)
    wanted = {name: plain_name(str(column)) for name, column in mapping.columns.items()}
    for number, line in enumerate(rest, 1):
        names = _read_names(line, mapping.delimiter)
        if set(wanted.values()) <= set(names):
            twice = sorted({name for name in wanted.values() if names.count(name) > 1})
            if twice:
                raise unreadable(f"columns that stand twice: {', '.join(twice)}")
            places = {name: names.index(column) for name, column in wanted.items()}
            return rest, number + 1, Cells(mapping.delimiter, len(names), places)
        if number >= PREAMBLE:
            break
    raise unreadable("no line at the beginning of the file has all columns of the mapping; it may be another export")


def _read_names(line: bytes, delimiter: str) -> list[str]:
    text = decode_text(line)
    try:
        return [plain_name(name) for name in split(text, delimiter)]
    except Refused:
        return []


class RowReader:
    """Makes an event of a line; its methods read a field each."""

    def __init__(self, mapping: ColumnMapping, options: Options, cells: Cells) -> None:
        self._mapping = mapping
        self._cells = cells
        self._local = LocalTimes(options.zone)
        self._times = Times(self._local, mapping.dates)
        self._lines = Labels("line")
        self._keys = _MadeKeys()
        self._directions = _Words(KNOWN_DIRECTIONS, mapping.directions)
        self._outcomes = _Words(KNOWN_OUTCOMES, mapping.outcomes)

    def read(self, line: bytes) -> tuple[CallEvent, tuple[str, ...]] | None:
        """Raises Refused."""
        cells = self._cells.split(line)
        if cells is None:
            return None
        started_at, notes = self.read_start(cells)
        direction = self.read_direction(cells)
        if direction is None:
            return None
        talk = self.read_talk(cells)
        outcome, remarks = self.read_outcome(cells, talk)
        number = self.read_number(cells, direction)
        label = self.read_line(cells)
        key = cells["external_id"]
        event = CallEvent(
            SOURCE,
            read_key(key, "external_id") if key else self._keys.make(started_at, direction, label, number),
            direction,
            outcome,
            started_at,
            number,
            True,
            self.read_ring(cells),
            talk if outcome is Outcome.ANSWERED else 0,
            label,
        )
        return event, notes + remarks

    def split(self, line: bytes) -> dict[str, str] | None:
        return self._cells.split(line)

    def read_start(self, cells: Mapping[str, str]) -> tuple[datetime, tuple[str, ...]]:
        text = cells["started_at"] or f"{cells['date']} {cells['time']}"
        return self._times.read(text, "started_at")

    def read_direction(self, cells: Mapping[str, str]) -> Direction | None:
        """None for a call between colleagues, which is left out. Raises Refused."""
        way = self._mapping.direction_from
        if way == "numbers":
            return _tell_direction(pick_number(cells["from_number"]), pick_number(cells["to_number"]))
        meaning = self._directions.read(cells["direction"]) if way == "column" else way
        if meaning is None:
            raise unreadable("direction is a word that the mapping does not translate", "direction")
        return _DIRECTIONS[meaning]

    def read_outcome(self, cells: Mapping[str, str], talk: int) -> tuple[Outcome, tuple[str, ...]]:
        """A word that nobody translated is unknown, with a remark."""
        word = cells["outcome"]
        meaning = self._outcomes.read(word) if word else None
        if "outcome" in self._mapping.columns and meaning is None:
            return Outcome.UNKNOWN, (_UNKNOWN_OUTCOME,)
        if meaning is None or meaning == "talked":
            is_answered = bool(cells["answered_at"]) if "answered_at" in self._mapping.columns else talk > 0
            return (Outcome.ANSWERED if is_answered else Outcome.MISSED), ()
        return _OUTCOMES[meaning], ()

    def read_number(self, cells: Mapping[str, str], direction: Direction) -> str:
        other = cells["from_number"] if direction is Direction.INBOUND else cells["to_number"]
        number = pick_number(cells["number"] or other)
        check_spelling(number, "number")
        return number

    def read_line(self, cells: Mapping[str, str]) -> str:
        return self._lines.read(cells["line"])

    def read_ring(self, cells: Mapping[str, str]) -> int | None:
        return read_duration(cells["ring_seconds"], self._mapping.durations, "ring_seconds")

    def read_talk(self, cells: Mapping[str, str]) -> int:
        return read_duration(cells["talk_seconds"], self._mapping.durations, "talk_seconds") or 0


class _Words:
    """Translates the words of a column: first as the mapping says, then the common ones."""

    def __init__(self, known: Mapping[str, str], own: Mapping[str, str]) -> None:
        self._meanings = {**known, **{plain_word(word): meaning for word, meaning in own.items()}}

    def read(self, word: str) -> str | None:
        return self._meanings.get(word) or self._meanings.get(plain_word(word))


class _MadeKeys:
    """Keys for calls whose file has none: the same for the same rows, whichever file they come in.

    The number is part of it, or two callers in the same minute would be one call; so it is a hash, in letters, as it
    must not hold seven of that number's digits by chance. Intake hashes it once more, with the clinic's own key.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, int] = OrderedDict()

    def make(self, started_at: datetime, direction: Direction, line: str, number: str) -> str:
        digits = "".join(filter(str.isalnum, number)).casefold()
        parts = (started_at.astimezone(UTC).isoformat(), direction.name, line, digits)
        row = sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).digest()
        place = self._seen.get(row, 0)
        self._seen[row] = place + 1
        if len(self._seen) > WINDOW:
            self._seen.popitem(last=False)
        digest = sha256(row + place.to_bytes(4)).hexdigest()
        return digest[:40].translate(_LETTERS)


_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")


def _tell_direction(source: str, target: str) -> Direction | None:
    """Who has an extension is the clinic's; between two of them nobody called in. Raises Refused."""
    if is_extension(source):
        return None if is_extension(target) else Direction.OUTBOUND
    if is_extension(target):
        return Direction.INBOUND
    raise unreadable("neither From nor To is an extension, so nothing says which way the call went", "direction")


def is_extension(text: str) -> bool:
    digits = text.casefold().removeprefix("ext").lstrip(". ")
    return digits.isdigit() and len(digits) <= _LONGEST_EXTENSION
