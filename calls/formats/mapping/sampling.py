"""Looks at the first lines of somebody else's file: its delimiter, its header if it has one; keeps none of them."""

import codecs
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from calls.domain import InMemoryOnly, Refused
from calls.formats.lines import decode_line, split_fields, unreadable
from calls.formats.mapping.cells import is_date, is_time_of_day, to_iso
from calls.formats.mapping.columns import DELIMITERS, is_fit_name
from calls.hashing import looks_like_number

SAMPLE_LINES: Final = 200
PREAMBLE: Final = 10  # lines that may stand before a header: a title, a period, an empty one
MAX_DISTINCT: Final = 30


@dataclass(frozen=True, slots=True)
class Sample(InMemoryOnly):
    """What the first lines of a file hold. `rows` have numbers in them, so a sample stays in the process.

    `header` is empty for a file without one; its columns are then known by their place.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    delimiter: str

    @property
    def key_header(self) -> tuple[str, ...]:
        """For `header_key`."""
        return self.header or ("",) * max(map(len, self.rows), default=0)

    def words(self, column: str | int) -> tuple[str, ...]:
        """The different words of a column, for a person to translate; without those that could be a number."""
        place = self.header.index(column) if isinstance(column, str) else column
        cells = (row[place].strip() for row in self.rows if place < len(row))
        return tuple(islice(dict.fromkeys(cell for cell in cells if _is_word(cell)), MAX_DISTINCT))


def read_sample(lines: Iterable[bytes]) -> Sample:
    """Raises Refused for a file that is empty, or written in no encoding that we read."""
    texts = [decode_text(line) for line in islice(lines, SAMPLE_LINES) if len(line) < 4096]
    delimiter = _find_delimiter(texts)
    rows = [_split(text, delimiter) for text in texts]
    width = _usual_width(rows)
    if width < 2:
        raise unreadable("the file is empty, or is not a table: its lines have no comma, semicolon or tab")
    start = next(place for place, row in enumerate(rows) if len(row) == width)
    header = _read_header(rows[start]) if start < PREAMBLE else ()
    body = (row for row in rows[start + bool(header) :] if len(row) == width)
    return Sample(header, tuple(body), delimiter)


def decode_text(line: bytes) -> str:
    """The text of a line of a program that may know no UTF-8. Raises Refused."""
    if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in line:
        raise unreadable("the file is UTF-16: save it as CSV in UTF-8")
    return decode_line(line.removeprefix(codecs.BOM_UTF8), fallback="latin-1")


def _split(text: str, delimiter: str) -> tuple[str, ...]:
    try:
        return tuple(split_fields(text, delimiter))
    except Refused:
        return ()


def _find_delimiter(texts: Sequence[str]) -> str:
    """The one that parts most lines into the same number of fields, and into the most."""
    scores = {}
    for delimiter in DELIMITERS:
        rows = [_split(text, delimiter) for text in texts]
        width = _usual_width(rows)
        scores[delimiter] = (width > 1) * sum(len(row) == width for row in rows) * width
    return max(scores, key=lambda delimiter: scores[delimiter])


def _usual_width(rows: Sequence[Sequence[str]]) -> int:
    widths = [len(row) for row in rows if any(row)]
    return max(set(widths), key=lambda width: (widths.count(width), width), default=0)


def _read_header(row: Sequence[str]) -> tuple[str, ...]:
    """The names; none where a cell is a date or could be a number, for then it is a line of data."""
    names = tuple(" ".join(name.split()) for name in row)
    if any(_is_data(name) for name in names) or not any(map(is_fit_name, names)):
        return ()
    return names


def _is_data(cell: str) -> bool:
    is_time = is_date(cell) or is_time_of_day(cell) or to_iso(cell, "dmy") is not None
    return is_time or cell.isdigit() or looks_like_number(cell)


def _is_word(cell: str) -> bool:
    return len(cell) <= 40 and is_fit_name(cell) and not looks_like_number(cell)
