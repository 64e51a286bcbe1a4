"""What all formats share: lines into fields, local times into instants, labels checked; refuses to know any format.

Lines are taken one at a time. A quoted field may not go on in the next line: none of our columns needs that, and
otherwise one stray quote would swallow the rest of a file.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, BinaryIO, Final, Generic, NamedTuple, TypeVar

from calls.domain import RefusalReason, Refused
from calls.hashing import looks_like_number

if TYPE_CHECKING:  # what reads with a mapping reads lines
    from calls.formats.mapping import ColumnMapping

MAX_LINE: Final = 4096  # Asterisk itself drops lines of more than 1,024 octets
MAX_SECONDS: Final = 7 * 86_400
MAX_LABEL: Final = 40
MAX_KEY: Final = 200

Event = TypeVar("Event")


class ReadRow(NamedTuple, Generic[Event]):
    """One thing that a file says: the line where it begins, the event or why there is none, and remarks.

    `lines` is how many lines it was made from, so that a report can add up.
    """

    line: int
    event: Event | Refused
    notes: tuple[str, ...] = ()
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Options:
    """How to read a file: the zone of its local times, the region of its numbers, and the format's own options.

    `region` is for whoever reads the events' numbers: it goes before the clinic's own. `mapping` is for `csv`: without
    one the file is in our own format.
    """

    zone: tzinfo
    region: str
    values: Mapping[str, str]
    mapping: "ColumnMapping | None" = None


def unreadable(detail: str, field_name: str | None = None) -> Refused:
    return Refused(RefusalReason.UNREADABLE, detail, field_name)


def split_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, none of them longer than is needed to see that it is too long."""
    at_start = True
    while line := file.readline(MAX_LINE + 2):
        if at_start:
            yield line
        at_start = line.endswith(b"\n")


def split_fields(text: str, delimiter: str) -> list[str]:
    """The fields of one line, without its end. Raises Refused."""
    if '"' not in text:  # nearly all lines, at a third of the price
        return text.split(delimiter)
    try:
        return next(csv.reader((text,), delimiter=delimiter, strict=True), [])
    except csv.Error:
        pass  # raised below and not from here: a context would carry the line along
    raise unreadable("a quote is not closed, or closed too early")


def decode_line(line: bytes, fallback: str | None = None) -> str:
    """The text of a line, without its end. Raises Refused."""
    if len(line) > MAX_LINE:
        raise unreadable(f"the line has more than {MAX_LINE} octets")
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        pass  # as above: this exception holds the whole line
    if fallback is None:
        raise unreadable("the line is not UTF-8")
    return line.decode(fallback).rstrip("\r\n")


def read_lines(
    lines: Iterable[bytes], first: int, read_line: Callable[[bytes], tuple[Event, tuple[str, ...]] | None]
) -> Iterator[ReadRow[Event]]:
    """A row for each line of which `read_line` makes an event, or raises Refused; none where it returns None."""
    for number, line in enumerate(lines, first):
        try:
            found = read_line(line)
        except Refused as refused:
            yield ReadRow(number, shed(refused))
        else:
            if found is not None:
                yield ReadRow(number, found[0], found[1])


def shed(refused: Refused) -> Refused:
    """The same refusal without its traceback, whose frames hold the line."""
    return refused.with_traceback(None)


class LocalTimes:
    """Reads times of a file: with an offset, or local in `zone`.

    In autumn an hour comes twice: a time in it is taken as the first, with a remark. In spring an hour is left out: a
    time in it is refused, for no clock showed it; most likely the file's zone is another one.
    """

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._even_days: dict[date, timezone | None] = {}

    def read(self, text: str, field_name: str) -> tuple[datetime, tuple[str, ...]]:
        """Raises Refused."""
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            at = None
        # Shorter than minutes is a day, and midnight is not what it meant.
        if at is None or len(text) < len("2026-01-31T10:00") or not 2000 <= at.year < 2100:
            raise unreadable(f"{field_name} is not a time like 2026-01-31T10:00:00+00:00", field_name)
        return (at, ()) if at.tzinfo is not None else self._place(at, field_name)

    def _place(self, at: datetime, field_name: str) -> tuple[datetime, tuple[str, ...]]:
        day = at.date()
        if day not in self._even_days:
            self._even_days[day] = self._offset_of_day(day)
        offset = self._even_days[day]
        if offset is not None:  # saves asking the zone twice for every line of the file
            return at.replace(tzinfo=offset), ()
        first, second = (at.replace(tzinfo=self._zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
        if first < second:
            raise unreadable(f"{field_name} is in the hour that the clocks left out: check the time zone", field_name)
        note = (f"{field_name} is in the hour that came twice: taken as the first",) if first > second else ()
        return at.replace(tzinfo=timezone(first)), note

    def _offset_of_day(self, day: date) -> timezone | None:
        """The offset of a day that has only one."""
        midnight = datetime.combine(day, time.min)
        hours = (midnight + timedelta(hours=hour) for hour in range(25))
        offsets = {hour.replace(tzinfo=self._zone).utcoffset() for hour in hours}
        only = offsets.pop() if len(offsets) == 1 else None
        return None if only is None else timezone(only)


class Labels:
    """Checks labels (of lines, of appointment types), each of them once: a file has few and names them often."""

    def __init__(self, field_name: str) -> None:
        self._field_name = field_name
        self._good: dict[str, str] = {"": ""}

    def read(self, text: str) -> str:
        """Raises Refused."""
        good = self._good.get(text)
        if good is None:
            good = self._check(text.strip())
            if len(self._good) < 1000:
                self._good[text] = good
        return good

    def _check(self, label: str) -> str:
        name = self._field_name
        if looks_like_number(label):
            raise Refused(RefusalReason.LABEL_CONTAINS_NUMBER, f"{name} holds a number; give it a name", name)
        if len(label) > MAX_LABEL or not label.isprintable() or "@" in label:
            raise unreadable(f"{name} is not a short name of at most {MAX_LABEL} characters", name)
        return label


_SECONDS: Final = {str(seconds): seconds for seconds in range(3600)}


def read_seconds(text: str, field_name: str) -> int:
    """Raises Refused."""
    seconds = _SECONDS.get(text)  # nearly all of them, at a tenth of the price
    if seconds is not None:
        return seconds
    if text.isdecimal() and text.isascii() and len(text) <= 6 and int(text) <= MAX_SECONDS:
        return int(text)
    raise unreadable(f"{field_name} is not a whole number of seconds", field_name)


_SCIENTIFIC: Final = re.compile(r"\s*[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+\s*")


def check_spelling(number: str, field_name: str) -> None:
    """Raises Refused for what a spreadsheet makes of a long number: its last digits are lost."""
    if ("E" in number or "e" in number) and _SCIENTIFIC.fullmatch(number):
        raise unreadable(f"{field_name} was changed by a spreadsheet: format the column as text", field_name)


def read_key(text: str, field_name: str, longest: int = MAX_KEY) -> str:
    """Raises Refused."""
    key = text.strip()
    if key and len(key) <= longest and key.isprintable():
        return key
    raise unreadable(f"{field_name} is missing, too long or not printable", field_name)
