"""What a column mapping is, and its JSON; refuses keys that it does not know and names that could be numbers.

A mapping is kept by a clinic and shown to its people, so nothing of a file's rows may get into it: no column and no
word with seven digits in a row, as a line of data that was taken for a header would have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

from calls.hashing import looks_like_number
from tenants.masks import mask
from tenants.strict_json import BadJson, read_json

# What a column may feed, in the order in which a page asks for it, and what it is called there.
FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "external_id": "The phone system’s own id of the call",
        "started_at": "Date and time",
        "date": "Date",
        "time": "Time",
        "direction": "In or out",
        "outcome": "How it ended",
        "answered_at": "When it was answered",
        "number": "The other party’s number",
        "from_number": "From",
        "to_number": "To",
        "line": "Line, queue or department",
        "ring_seconds": "How long it rang",
        "talk_seconds": "How long they talked",
    }
)
DIRECTION_FROM: Final[Mapping[str, str]] = MappingProxyType(
    {
        "column": "a column says it",
        "numbers": "from an extension is out, to an extension is in",
        "inbound": "all calls came in",
        "outbound": "all calls went out",
    }
)
DIRECTION_WORDS: Final = ("inbound", "outbound", "internal")
# "talked": answered when somebody talked, otherwise missed.
OUTCOME_WORDS: Final = ("answered", "missed", "voicemail", "talked", "unknown")
DATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "iso": "year first: 2026-01-31 14:05",
        "dmy": "day first: 31/01/2026 14:05",
        "mdy": "month first: 01/31/2026 2:05 PM",
        "unix": "seconds since 1970",
        "unix_ms": "milliseconds since 1970",
    }
)
DURATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"seconds": "seconds", "minutes": "minutes", "milliseconds": "milliseconds"}
)
DELIMITERS: Final[Mapping[str, str]] = MappingProxyType(
    {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
)

MAX_NAME: Final = 80
MAX_WORDS: Final = 100
MAX_COLUMNS: Final = 200

Column = str | int


class BadMapping(ValueError):
    """A mapping that is none; the text names the key and not its value."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column feeds which of `FIELDS`: by its name, or by its place from 0 where a file has no header.

    `directions` and `outcomes` translate a file's words, whatever their case, into `DIRECTION_WORDS` and
    `OUTCOME_WORDS`; the common English ones need no translation. `direction_from`, `dates`, `durations` (what a bare
    number is) and `delimiter` are keys of the mappings above. It may be incomplete: `find_faults` says so.
    """

    columns: Mapping[str, Column]
    directions: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    direction_from: str = "column"
    dates: str = "iso"
    durations: str = "seconds"
    delimiter: str = ","

    @property
    def has_header(self) -> bool:
        return any(isinstance(column, str) for column in self.columns.values())


def find_faults(mapping: ColumnMapping) -> dict[str, str]:
    """What keeps a mapping from being used, in words, by field; nothing for one that is complete."""
    has = mapping.columns.keys()
    faults = {}
    if "started_at" not in has and not {"date", "time"} <= has:
        faults["started_at"] = "Choose the column of date and time, or the two of them."
    if mapping.direction_from == "column" and "direction" not in has:
        faults["direction"] = "Choose the column that says in or out, or how else to tell."
    if not has & {"outcome", "answered_at", "talk_seconds"}:
        faults["outcome"] = "Choose the column that says how a call ended, or how long they talked."
    if mapping.direction_from == "numbers" and not {"from_number", "to_number"} <= has:
        faults["from_number"] = "Choose both From and To: they tell which way a call went."
    sides = {"inbound": {"from_number"}, "outbound": {"to_number"}}.get(
        mapping.direction_from, {"from_number", "to_number"}
    )
    if "number" not in has and not sides <= has:
        faults["number"] = "Choose the column of the other party’s number, or both From and To."
    if len({type(column) for column in mapping.columns.values()}) > 1:
        faults["columns"] = "Name all columns, or count all of them."
    return faults


def to_json(mapping: ColumnMapping) -> dict[str, Any]:
    """For `from_json`: plain dictionaries and texts."""
    values = {one.name: getattr(mapping, one.name) for one in fields(mapping)}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}


def from_json(value: object) -> ColumnMapping:
    """Raises BadMapping for everything that `to_json` would not have written."""
    told = _require_dict(value, "the mapping")
    known = {one.name for one in fields(ColumnMapping)}
    if told.keys() - known:
        raise BadMapping(f"a mapping has the keys {', '.join(sorted(known))}, and no others")
    if "columns" not in told:
        raise BadMapping("columns: is missing")
    return ColumnMapping(
        columns=_read_columns(told["columns"]),
        directions=_read_words(told.get("directions", {}), "directions", DIRECTION_WORDS),
        outcomes=_read_words(told.get("outcomes", {}), "outcomes", OUTCOME_WORDS),
        direction_from=_read_choice(told.get("direction_from", "column"), "direction_from", DIRECTION_FROM),
        dates=_read_choice(told.get("dates", "iso"), "dates", DATES),
        durations=_read_choice(told.get("durations", "seconds"), "durations", DURATIONS),
        delimiter=_read_choice(told.get("delimiter", ","), "delimiter", DELIMITERS),
    )


def read_mapping(text: str | bytes) -> ColumnMapping:
    """A mapping of the text of a file. Raises BadMapping."""
    try:
        value = read_json(text.encode() if isinstance(text, str) else text)
    except BadJson as bad:
        raise BadMapping(str(bad)) from bad
    return from_json(value)


def header_key(header: Sequence[str]) -> bytes:
    """By which a saved mapping is found again: SHA-256 of the columns' names, whatever their case and spaces.

    For a file without a header it is that of its number of columns, given as so many empty names.
    """
    return sha256("\x1f".join(map(plain_name, header)).encode("utf-8", "surrogatepass")).digest()


def plain_name(name: str) -> str:
    """Names are the same when only case and spaces differ."""
    return " ".join(name.removeprefix("\ufeff").casefold().split())


def is_fit_name(name: str) -> bool:
    """Whether a column's name, or a word, can be kept and shown."""
    is_plain = bool(name.strip()) and len(name) <= MAX_NAME and name.isprintable()
    return is_plain and mask(name) == name and not looks_like_number(name)


def _require_dict(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise BadMapping(f"{name}: is not an object")
    return value


def _read_columns(value: object) -> Mapping[str, Column]:
    columns = _require_dict(value, "columns")
    if columns.keys() - FIELDS.keys():
        raise BadMapping(f"columns: fields are {', '.join(FIELDS)}")
    for name, column in columns.items():
        is_place = type(column) is int and 0 <= column < MAX_COLUMNS
        if not is_place and not (isinstance(column, str) and is_fit_name(column)):
            raise BadMapping(f"columns: {name} is neither a column’s name, without a number in it, nor its place")
    return MappingProxyType(dict(columns))


def _read_words(value: object, name: str, meanings: Sequence[str]) -> Mapping[str, str]:
    words = _require_dict(value, name)
    if len(words) > MAX_WORDS or not all(map(is_fit_name, words)):
        raise BadMapping(f"{name}: has more than {MAX_WORDS} words, or one that is too long or holds a number")
    if not all(isinstance(meaning, str) and meaning in meanings for meaning in words.values()):
        raise BadMapping(f"{name}: words mean one of {', '.join(meanings)}")
    return MappingProxyType(dict(words))


def _read_choice(value: object, name: str, choices: Mapping[str, str]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise BadMapping(f"{name}: is none of {', '.join(map(repr, choices))}")
    return value
