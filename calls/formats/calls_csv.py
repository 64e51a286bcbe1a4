"""Calls as CSV, in our own format as docs describe it or with a mapping; refuses what it would have to guess."""

from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import Final

from calls.domain import CallEvent, Direction, Outcome
from calls.formats.lines import (
    Labels,
    LocalTimes,
    Options,
    ReadRow,
    check_spelling,
    read_key,
    read_lines,
    read_seconds,
    unreadable,
)
from calls.formats.mapping import read_mapped
from calls.formats.table import Table, open_table

NAME = "csv"
TITLE = "CSV"
OPTIONS = MappingProxyType[str, str]({})

_REQUIRED: Final = ("external_id", "direction", "outcome", "started_at", "number")
_OPTIONAL: Final = ("line", "ring_seconds", "talk_seconds")

_DIRECTIONS: Final = {"inbound": Direction.INBOUND, "outbound": Direction.OUTBOUND}
_OUTCOMES: Final = {"answered": Outcome.ANSWERED, "missed": Outcome.MISSED, "voicemail": Outcome.VOICEMAIL}


def read(lines: Iterable[bytes], options: Options) -> Iterator[ReadRow[CallEvent]]:
    """A row for each line. Raises Refused before the first one when the header is not ours, or not the mapping's."""
    if options.mapping is not None:
        return read_mapped(lines, options.mapping, options)
    table = open_table(lines, _REQUIRED, _OPTIONAL)
    return read_lines(table.body, table.first, _Reader(table, options).read)


class _Reader:
    """Makes an event of a line. One line takes a few microseconds, as a file may have a million of them."""

    def __init__(self, table: Table, options: Options) -> None:
        self._split = table.split
        self._times = LocalTimes(options.zone)
        self._lines = Labels("line")

    def read(self, text: bytes) -> tuple[CallEvent, tuple[str, ...]] | None:
        values = self._split(text)
        if values is None:
            return None
        key, direction_word, outcome_word, started, number, line, ring, talk = values
        direction = _DIRECTIONS.get(direction_word) or _read_direction(direction_word)
        outcome = _OUTCOMES.get(outcome_word) or _read_outcome(outcome_word)
        started_at, notes = self._times.read(started.strip(), "started_at")
        check_spelling(number, "number")
        event = CallEvent(
            NAME,
            read_key(key, "external_id"),
            direction,
            outcome,
            started_at,
            number,
            True,
            read_seconds(ring.strip(), "ring_seconds") if ring else None,
            read_seconds(talk.strip(), "talk_seconds") if talk else 0,
            self._lines.read(line),
        )
        return event, notes


def _read_direction(word: str) -> Direction:
    direction = _DIRECTIONS.get(word.strip().casefold())
    if direction is None:
        raise unreadable("direction is neither inbound nor outbound", "direction")
    return direction


def _read_outcome(word: str) -> Outcome:
    outcome = _OUTCOMES.get(word.strip().casefold())
    if outcome is None:
        raise unreadable("outcome is none of answered, missed and voicemail", "outcome")
    return outcome
