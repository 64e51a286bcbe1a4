"""Puts calls together from the legs that a phone system writes; refuses a call of which no leg says the direction.

The legs of a call are near each other in a file but not adjacent, as a leg is written when it ends. So calls are put
together from a window of lines, and memory is bounded by that. A leg that comes later still is an event of its own with
the same call key, which intake merges.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from calls.domain import CallEvent, Direction, Outcome, Refused
from calls.formats.lines import MAX_LABEL, ReadRow, shed
from calls.hashing import looks_like_number

WINDOW: Final = 10_000  # lines; a busy clinic's week, and some megabytes
MAX_LEGS: Final = 200


@dataclass(frozen=True, slots=True)
class Leg:
    """One line of the file. `src` and `dst` are numbers. `refusal` says why a leg without a direction has none."""

    line: int
    call_key: str
    is_origin: bool
    direction: Direction | None
    label: str
    src: str = field(repr=False)
    dst: str = field(repr=False)
    outcome: Outcome
    started_at: datetime
    ring_seconds: int
    talk_seconds: int
    notes: tuple[str, ...]
    refusal: Refused | None = None


def read_legs(
    source: str, lines: Iterable[bytes], first: int, read_leg: Callable[[int, bytes], Leg | None]
) -> Iterator[ReadRow[CallEvent]]:
    """A row for each call, at the line of its first leg, and one for each line of which `read_leg` raises Refused.

    Rows come when a call can get no more legs, so not in the order of the lines.
    """
    # The call that was touched last is at the end, so the ones to let go are at the front.
    calls: OrderedDict[str, list[Leg]] = OrderedDict()
    for number, line in enumerate(lines, first):
        try:
            leg = read_leg(number, line)
        except Refused as refused:
            yield ReadRow(number, shed(refused))
            continue
        if leg is None:
            continue
        legs = calls.setdefault(leg.call_key, [])
        legs.append(leg)
        calls.move_to_end(leg.call_key)
        if len(legs) >= MAX_LEGS:
            yield from _join(source, calls.pop(leg.call_key))
        while calls and next(iter(calls.values()))[-1].line <= number - WINDOW:
            yield from _join(source, calls.popitem(last=False)[1])
    for legs in calls.values():
        yield from _join(source, legs)


def _join(source: str, legs: Sequence[Leg]) -> Iterator[ReadRow[CallEvent]]:
    """One call of its legs, or a refusal for each when none of them says which way it went."""
    in_order = sorted(legs, key=lambda leg: (not leg.is_origin, leg.started_at, leg.line))
    known = next((leg for leg in in_order if leg.direction is not None), None)
    if known is None or known.direction is None:
        yield from (ReadRow(leg.line, leg.refusal) for leg in legs if leg.refusal is not None)
        return
    started_at = min(leg.started_at for leg in legs)
    event = CallEvent(
        source,
        known.call_key,
        known.direction,
        _find_outcome(legs),
        started_at,
        known.src if known.direction is Direction.INBOUND else known.dst,
        True,
        _ring_seconds(legs, started_at),
        max(leg.talk_seconds for leg in legs),
        known.label,
    )
    notes = tuple(dict.fromkeys(note for leg in legs for note in leg.notes))
    yield ReadRow(min(leg.line for leg in legs), event, notes, len(legs))


def _find_outcome(legs: Sequence[Leg]) -> Outcome:
    """The one that got furthest; a leg that rang in vain says nothing where another's end is not known."""
    outcomes = {leg.outcome for leg in legs}
    furthest = max(outcomes)
    return Outcome.UNKNOWN if furthest is Outcome.MISSED and Outcome.UNKNOWN in outcomes else furthest


def _ring_seconds(legs: Sequence[Leg], started_at: datetime) -> int:
    """How long the caller waited: until the first leg that a person answered, else until the last one gave up."""
    waits = [(leg.outcome, int((leg.started_at - started_at).total_seconds()) + leg.ring_seconds) for leg in legs]
    answered = [wait for outcome, wait in waits if outcome is Outcome.ANSWERED]
    return min(answered) if answered else max(wait for _, wait in waits)


def to_label(name: str) -> str:
    """What the clinic calls a line or a queue; some are named after a number, and those say nothing."""
    is_fit = len(name) <= MAX_LABEL and name.isprintable() and "@" not in name and not looks_like_number(name)
    return name if is_fit else ""


def make_key(*parts: str) -> str:
    """A key of what the legs of a call have in common, for files without ids.

    A hash, as it is made from a number; in letters, so that it cannot hold seven of that number's digits by chance.
    """
    digest = hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return digest[:40].translate(_LETTERS)


_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")
