"""Reads the header of our own CSV files; refuses columns that it does not know, by name, and names those missing."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Final

from calls.formats.lines import decode_line, split_fields, unreadable

_BOM: Final = b"\xef\xbb\xbf"
# A header that is none may be a line of data, and then its "names" are numbers and patients.
_NAME: Final = re.compile(r"[a-z][a-z0-9_ -]{0,29}")
_DIGITS: Final = re.compile(r"[0-9]{3}")


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose header has been read: how to split a line into the values of its columns, and what is left."""

    delimiter: str
    width: int
    pick: Callable[[Sequence[str]], tuple[str, ...]]
    body: Iterable[bytes]
    first: int  # number of the body's first line

    def split(self, line: bytes) -> tuple[str, ...] | None:
        """The values in the order in which the columns were asked for, "" for those left out; None for an empty line.

        Raises Refused.
        """
        fields = split_fields(decode_line(line), self.delimiter)
        if len(fields) != self.width:
            if not any(fields):
                return None
            raise unreadable(f"the line has {len(fields)} fields, the header has {self.width}")
        fields.append("")
        return self.pick(fields) if any(fields) else None


def open_table(lines: Iterable[bytes], required: Sequence[str], optional: Sequence[str]) -> Table:
    """Read the header line. Columns may come in any order. Raises Refused."""
    rest = iter(lines)
    header = next(rest, b"").removeprefix(_BOM)
    if not header.strip():
        raise unreadable("the file is empty, or does not begin with a header")
    text = decode_line(header)
    delimiter = ";" if text.count(";") > text.count(",") else ","
    names = [name.strip().casefold() for name in split_fields(text, delimiter)]
    _check_names(names, required, optional)
    places = [names.index(name) if name in names else len(names) for name in chain(required, optional)]
    return Table(delimiter, len(names), itemgetter(*places), rest, first=2)


def _check_names(names: Sequence[str], required: Sequence[str], optional: Sequence[str]) -> None:
    known = (*required, *optional)
    if not set(names) & set(known):
        raise unreadable(f"the first line names none of the columns: {', '.join(known)}")
    unknown = [_show(name, place) for place, name in enumerate(names, 1) if name not in known]
    if unknown:
        raise unreadable(f"unknown columns: {', '.join(unknown)}; known are: {', '.join(known)}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise unreadable(f"columns that stand twice: {', '.join(twice)}")
    missing = [name for name in required if name not in names]
    if missing:
        raise unreadable(f"missing columns: {', '.join(missing)}")


def _show(name: str, place: int) -> str:
    if _NAME.fullmatch(name) and not _DIGITS.search(name):
        return f'"{name}"'
    return f"column {place}, whose name is not one"
