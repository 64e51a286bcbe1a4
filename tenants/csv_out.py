"""Cells of a CSV file that somebody will open in a spreadsheet: no text of theirs or ours becomes a formula. Pure.

A spreadsheet takes what begins with =, +, - or @ for something to compute, also after blanks and in the full-width
forms. Such a text gets an apostrophe in front, which a spreadsheet doesn't show. Numbers stay numbers.
"""

import csv
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

_DANGEROUS: Final = frozenset("=+-@\t\r\n")
_GUARD: Final = "'"
_BLANK_CATEGORIES: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})  # blanks, controls, what can't be seen


def safe_cell(value: object) -> str:
    """A value as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    text = str(value)
    return f"{_GUARD}{text}" if _is_dangerous(text) else text


def csv_line(cells: Sequence[object]) -> str:
    """A whole line with its line break; every cell in quotation marks, so that none can break out of its place."""
    sink = _Sink()
    csv.writer(sink, quoting=csv.QUOTE_ALL).writerow([safe_cell(cell) for cell in cells])
    return sink.text


def _is_dangerous(text: str) -> bool:
    if text[:1] in _DANGEROUS and text:
        return True
    seen = next((character for character in text if unicodedata.category(character) not in _BLANK_CATEGORIES), "")
    return unicodedata.normalize("NFKC", seen)[:1] in _DANGEROUS and bool(seen)


class _Sink:
    """What a csv writer writes to."""

    text = ""

    def write(self, text: str) -> Any:
        self.text += text
