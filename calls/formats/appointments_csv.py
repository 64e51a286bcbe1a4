"""Appointments in our own CSV format, as docs describe it; refuses money that is not exact and types that are notes."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal

from calls.domain import AppointmentEvent
from calls.formats.lines import (
    Labels,
    LocalTimes,
    Options,
    ReadRow,
    check_spelling,
    read_key,
    read_lines,
    unreadable,
)
from calls.formats.table import Table, open_table

NAME = "csv"
TITLE = "CSV"
OPTIONS = MappingProxyType[str, str]({})

MAX_NUMBERS: Final = 5
MAX_KEY: Final = 64

_REQUIRED: Final = ("external_id", "booked_at", "numbers", "status")
_OPTIONAL: Final = ("type", "value")
_VALUE: Final = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,2})?")
_STATUSES: Final[dict[str, Literal["booked", "cancelled"]]] = {"booked": "booked", "cancelled": "cancelled"}


def read(lines: Iterable[bytes], options: Options) -> Iterator[ReadRow[AppointmentEvent]]:
    """A row for each line. Raises Refused before the first one when the header is not ours."""
    table = open_table(lines, _REQUIRED, _OPTIONAL)
    return read_lines(table.body, table.first, _Reader(table, options).read)


class _Reader:
    """Makes an event of a line."""

    def __init__(self, table: Table, options: Options) -> None:
        self._split = table.split
        self._times = LocalTimes(options.zone)
        self._types = Labels("type")

    def read(self, text: bytes) -> tuple[AppointmentEvent, tuple[str, ...]] | None:
        values = self._split(text)
        if values is None:
            return None
        key, booked, numbers, status, type_, value = values
        booked_at, notes = self._times.read(booked.strip(), "booked_at")
        event = AppointmentEvent(
            external_id=read_key(key, "external_id", MAX_KEY),
            booked_at=booked_at,
            numbers=_read_numbers(numbers),
            type=self._types.read(type_),
            value=_read_value(value.strip()),
            status=_read_status(status.strip().casefold()),
        )
        return event, notes


def _read_numbers(text: str) -> tuple[str, ...]:
    """One to five spellings; a patient who left none has the number "", which is withheld."""
    numbers = tuple(number.strip() for number in text.split("|") if number.strip()) or ("",)
    if len(numbers) > MAX_NUMBERS:
        raise unreadable(f"numbers holds more than {MAX_NUMBERS}, separated by |", "numbers")
    for number in numbers:
        check_spelling(number, "numbers")
    return numbers


def _read_value(text: str) -> Decimal | None:
    if not text:
        return None
    if not _VALUE.fullmatch(text):
        raise unreadable("value is not an amount like 120.50, from 0 to 999999.99", "value")
    return Decimal(text)


def _read_status(word: str) -> Literal["booked", "cancelled"]:
    status = _STATUSES.get(word)
    if status is None:
        raise unreadable("status is neither booked nor cancelled", "status")
    return status
