"""How the columns of somebody else's file become calls; refuses to keep, or to show, what a cell of a number said.

The way of a file: `read_sample` looks at its first lines, `suggest_mapping` proposes, a person corrects, `find_faults`
says what is missing, `preview` shows what rows would become, and `csv` reads the whole of it with the mapping in its
options.
"""

from calls.formats.mapping.columns import (
    DATES,
    DELIMITERS,
    DIRECTION_FROM,
    DIRECTION_WORDS,
    DURATIONS,
    FIELDS,
    OUTCOME_WORDS,
    BadMapping,
    ColumnMapping,
    find_faults,
    from_json,
    header_key,
    read_mapping,
    to_json,
)
from calls.formats.mapping.previewing import PreviewRow, preview
from calls.formats.mapping.reading import read_mapped
from calls.formats.mapping.sampling import Sample, read_sample
from calls.formats.mapping.suggesting import suggest_mapping

__all__ = [
    "DATES", "DELIMITERS", "DIRECTION_FROM", "DIRECTION_WORDS", "DURATIONS", "FIELDS", "OUTCOME_WORDS", "BadMapping",
    "ColumnMapping", "PreviewRow", "Sample", "find_faults", "from_json", "header_key", "preview", "read_mapped",
    "read_mapping", "read_sample", "suggest_mapping", "to_json",
]  # fmt: skip
