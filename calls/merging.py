"""Merges a batch of an import into the calls that stand already; it reads and writes nothing.

The outcome is that of live intake with the same events in the same order: a call's later events go into the row that
began at most `START_TOLERANCE` away, by `services.merge_calls`, which alone says what merging means.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from zoneinfo import ZoneInfo

from calls.batches import Batch, to_instant, to_micros
from calls.bulk import CallRow
from calls.domain import CallerKind, Direction, HashedCall, Outcome
from calls.rows import START_TOLERANCE
from calls.services import merge_calls

_RINGING = int(Outcome.RINGING)
_SLOT = 15 * 60 * 1_000_000  # every zone's offset is a multiple of a quarter of an hour


@dataclass(slots=True)
class Folded:
    """What a batch comes to: rows to write, and how many of its events made one, changed one and changed nothing."""

    new: list[CallRow] = field(default_factory=list)
    changed: list[CallRow] = field(default_factory=list)
    stored: int = 0
    merged: int = 0
    duplicate: int = 0

    def callers(self) -> set[bytes]:
        """The callers whose opportunities may be others now."""
        return {row[5] for row in chain(self.new, self.changed) if row[5] is not None and row[3] > _RINGING}

    def days(self, zone: ZoneInfo) -> set[date]:
        """The local days with calls of nobody in particular, whose counts are others now."""
        slots = {row[1] // _SLOT for row in chain(self.new, self.changed) if row[5] is None and row[3] > _RINGING}
        return {to_instant(slot * _SLOT).astimezone(zone).date() for slot in slots}


@dataclass(slots=True)
class _Standing:
    """A row with this id, as it is and as it was before the batch; None when the batch made it."""

    call: HashedCall
    before: HashedCall | None


def fold(batch: Batch, callers: Mapping[bytes, bytes], known: Iterable[HashedCall]) -> Folded:
    """`callers` has the caller of each hash in the batch, `known` the rows with its ids, the earliest first."""
    standing: dict[bytes, list[_Standing]] = {call_id: [] for call_id in batch.repeated}
    for call in known:
        standing.setdefault(call.id.bytes, []).append(_Standing(call, call))
    folded = Folded()
    rows: list[CallRow] = [
        (call_id, at, direction, outcome, kind, callers[digest] if digest else None, ring, talk, line, source)
        for call_id, at, direction, outcome, kind, digest, ring, talk, line, source in batch.calls
    ]
    folded.new += [row for row in rows if row[0] not in standing] if standing else rows
    folded.stored += len(folded.new)
    for row in rows if standing else ():
        if row[0] in standing:
            _merge_one(folded, to_call(row), standing[row[0]])
    for one in chain.from_iterable(standing.values()):
        if one.before is None:
            folded.new.append(to_row(one.call))
        elif one.call != one.before:
            folded.changed.append(to_row(one.call))
    return folded


def _merge_one(folded: Folded, call: HashedCall, standing: list[_Standing]) -> None:
    near = [one for one in standing if abs(one.call.started_at - call.started_at) <= START_TOLERANCE]
    if not near:
        standing.append(_Standing(call, None))
        folded.stored += 1
        return
    target = min(near, key=lambda one: one.call.started_at)
    merged = merge_calls(target.call, call)
    if merged == target.call:
        folded.duplicate += 1
    else:
        target.call = merged
        folded.merged += 1


def to_call(row: CallRow) -> HashedCall:
    """The row as an object, for the few calls that are merged."""
    call_id, at, direction, outcome, kind, caller, ring, talk, line, source = row
    return HashedCall(
        id=uuid.UUID(bytes=call_id),
        source=source,
        direction=Direction(direction),
        outcome=Outcome(outcome),
        started_at=to_instant(at),
        kind=CallerKind(kind),
        caller=None if caller is None else uuid.UUID(bytes=caller),
        ring_seconds=ring,
        talk_seconds=talk,
        line=line,
    )


def to_row(call: HashedCall) -> CallRow:
    """Undoes `to_call`."""
    return (
        call.id.bytes,
        to_micros(call.started_at),
        int(call.direction),
        int(call.outcome),
        int(call.kind),
        None if call.caller is None else call.caller.bytes,
        call.ring_seconds,
        call.talk_seconds,
        call.line,
        call.source,
    )
