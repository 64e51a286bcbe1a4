"""Proposes a mapping from a header and some rows, by what common exports call their columns; a person decides.

A column is proposed when its name is known and its cells look like it. Nothing is proposed for what only cells say,
as a column of durations could be ringing or talking.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from calls.domain import Refused
from calls.formats.mapping.cells import find_order, is_date, is_time_of_day, read_duration, to_iso
from calls.formats.mapping.columns import Column, ColumnMapping, is_fit_name, plain_name
from calls.formats.mapping.words import COLUMN_NAMES, KNOWN_DIRECTIONS, KNOWN_OUTCOMES, plain_word
from calls.hashing import looks_like_number

_MONTH_FIRST: Final = frozenset({"US", "CA", "PH", "PR"})  # regions that write the month first
_ENOUGH: Final = 0.5  # of the cells look like what the column's name says


def suggest_mapping(
    header: Sequence[str], sample_rows: Sequence[Sequence[str]], region: str = "GB", delimiter: str = ","
) -> ColumnMapping:
    """May be incomplete. `region` says how days and months are read where both are at most 12.

    For a file without a header `header` is empty, and the columns are known by their place if the first row's are
    those that our own format has; otherwise a person has to say.
    """
    columns = _find_columns(header, sample_rows)
    times = _cells(header, sample_rows, columns.get("started_at") or columns.get("date"))
    ways, ends = (_cells(header, sample_rows, columns.get(name)) for name in ("direction", "outcome"))
    return ColumnMapping(
        columns=MappingProxyType(columns),
        directions=_translate(ways, KNOWN_DIRECTIONS),
        outcomes=_translate(ends, KNOWN_OUTCOMES),
        direction_from=_find_direction(columns),
        dates=find_order(times, day_order(region)),
        durations=_find_unit(columns.get("talk_seconds"), _cells(header, sample_rows, columns.get("talk_seconds"))),
        delimiter=delimiter,
    )


def day_order(region: str) -> str:
    """Which of `DATES` a country writes where days and months could be either."""
    return "mdy" if region in _MONTH_FIRST else "dmy"


def _translate(cells: Sequence[str], known: Mapping[str, str]) -> Mapping[str, str]:
    """The words of a column that we know; they need no translation, but a person can see and change it."""
    words = dict.fromkeys(cells)
    return MappingProxyType({word: known[plain_word(word)] for word in words if plain_word(word) in known})


def _find_columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, Column]:
    plain = [plain_word(name) for name in header]
    same = [plain_name(name) for name in header]
    columns: dict[str, Column] = {}
    for field, names in COLUMN_NAMES.items():
        for name in names:
            place = plain.index(name) if name in plain else -1
            is_good = place >= 0 and is_fit_name(header[place]) and same.count(same[place]) == 1
            if is_good and _looks_right(field, [row[place].strip() for row in rows if place < len(row)]):
                columns[field] = header[place]
                break
    return _settle(columns)


def _settle(columns: dict[str, Column]) -> dict[str, Column]:
    """Of what excludes each other, one; and no column of one of our numbers beside that of the other party's."""
    if "started_at" in columns or not {"date", "time"} <= columns.keys():
        columns.pop("date", None)
        columns.pop("time", None)
    if {"from_number", "to_number", "direction"} <= columns.keys():
        columns.pop("number", None)
    return columns


def _find_direction(columns: dict[str, Column]) -> str:
    if "direction" in columns:
        return "column"
    return "numbers" if {"from_number", "to_number"} <= columns.keys() else "column"


def _find_unit(column: Column | None, cells: Sequence[str]) -> str:
    """What a bare number of a column is: as its name says, and minutes where it has decimals."""
    name = plain_word(str(column)).split()
    if {"ms", "msec", "milliseconds"} & set(name):
        return "milliseconds"
    has_decimals = any("." in cell and cell.replace(".", "", 1).isdigit() for cell in cells)
    is_minutes = bool({"min", "mins", "minutes"} & set(name)) or has_decimals
    return "minutes" if is_minutes and not {"s", "sec", "secs", "seconds"} & set(name) else "seconds"


def _looks_right(field: str, cells: Sequence[str]) -> bool:
    """Whether most of the cells that say something can be what the field holds."""
    told = [cell for cell in cells if cell]
    check = _CHECKS.get(field)
    return check is None or not told or sum(map(check, told)) >= len(told) * _ENOUGH


def _is_duration(cell: str) -> bool:
    try:
        read_duration(cell, "seconds", "")
    except Refused:
        return False
    return True


def _is_start(cell: str) -> bool:
    return to_iso(cell, "dmy") is not None or to_iso(cell, "mdy") is not None or (cell.isdigit() and len(cell) >= 10)


_CHECKS: Final[dict[str, Callable[[str], bool]]] = {
    "started_at": _is_start,
    "date": is_date,
    "time": is_time_of_day,
    "direction": lambda cell: plain_word(cell) in KNOWN_DIRECTIONS,
    "outcome": lambda cell: plain_word(cell) in KNOWN_OUTCOMES,
    "line": lambda cell: not looks_like_number(cell) and len(cell) <= 40,
    "ring_seconds": _is_duration,
    "talk_seconds": _is_duration,
}


def _cells(header: Sequence[str], rows: Sequence[Sequence[str]], column: Column | None) -> list[str]:
    if not isinstance(column, str):
        return []
    place = list(header).index(column)
    return [row[place].strip() for row in rows if place < len(row) and row[place].strip()]
