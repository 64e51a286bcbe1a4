"""Shows what the first rows of a file would become, field by field; refuses to show a number or any other cell."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final, TypeVar

from calls.domain import CallerKind, Direction, Outcome, Refused
from calls.formats.lines import Options
from calls.formats.mapping.columns import ColumnMapping
from calls.formats.mapping.reading import RowReader, is_extension, open_mapped
from calls.numbers import read_number

PREVIEWED: Final = 10

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """What one line would become. `number` says what kind of one it is; `problems` are words by field.

    A row with a problem in any field is refused when the file is imported, and the others are not; `notes` are
    remarks on rows that are kept. Fields that could not be read are None.
    """

    line: int
    started_at: datetime | None = None
    direction: Direction | None = None
    outcome: Outcome | None = None
    number: str = ""  # "a number", "withheld", "an extension" or "not readable"
    label: str = ""
    ring_seconds: int | None = None
    talk_seconds: int | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_text(self) -> str:
        """One line for people."""
        words = [value.name.lower() if value is not None else "?" for value in (self.direction, self.outcome)]
        facts = [
            self.started_at.isoformat(" ", "minutes") if self.started_at else "no time",
            *words,
            self.number,
            *([self.label] if self.label else []),
            *([f"rang {self.ring_seconds} s"] if self.ring_seconds is not None else []),
            *([f"talked {self.talk_seconds} s"] if self.talk_seconds else []),
        ]
        problems = [f"{name}: {words}" for name, words in self.problems.items()]
        return f"line {self.line}: {', '.join(facts)}" + "".join(f"\n    {text}" for text in [*problems, *self.notes])


def preview(
    lines: Iterable[bytes], mapping: ColumnMapping, options: Options, limit: int = PREVIEWED
) -> Iterator[PreviewRow]:
    """The first rows below the header. `lines` are the file's. Raises Refused if the mapping does not fit."""
    body, first, cells = open_mapped(lines, mapping)
    reader = RowReader(mapping, options, cells)
    found = (_read_row(number, line, reader, options.region) for number, line in enumerate(body, first))
    return islice((row for row in found if row is not None), limit)


def _read_row(number: int, line: bytes, reader: RowReader, region: str) -> PreviewRow | None:
    problems: dict[str, str] = {}

    def attempt(name: str, read: Callable[[], Value]) -> Value | None:
        try:
            return read()
        except Refused as refused:
            problems[name] = refused.detail
            return None

    cells = attempt("line of the file", lambda: reader.split(line))
    if cells is None:
        return PreviewRow(number, problems=problems) if problems else None
    start = attempt("started_at", lambda: reader.read_start(cells))
    direction = attempt("direction", lambda: reader.read_direction(cells))
    left_out = ("between colleagues: left out",) if direction is None and "direction" not in problems else ()
    talk = attempt("talk_seconds", lambda: reader.read_talk(cells))
    outcome = attempt("outcome", lambda: reader.read_outcome(cells, talk or 0))
    spelling = attempt("number", lambda: reader.read_number(cells, direction or Direction.INBOUND))
    return PreviewRow(
        number,
        start[0] if start else None,
        direction,
        outcome[0] if outcome else None,
        "not readable" if spelling is None else name_number(spelling, region),
        attempt("line", lambda: reader.read_line(cells)) or "",
        attempt("ring_seconds", lambda: reader.read_ring(cells)),
        talk,
        problems,
        (start[1] if start else ()) + (outcome[1] if outcome else ()) + left_out,
    )


def name_number(spelling: str, region: str) -> str:
    """What kind of number a cell holds, in words."""
    kind = read_number(spelling, region).kind
    if kind is CallerKind.CALLER:
        return "a number"
    if kind is CallerKind.WITHHELD:
        return "withheld"
    return "an extension" if is_extension(spelling) else "not readable"
