"""Merges a batch of an import into the calls that stand already; it reads and writes nothing.

The outcome is that of live intake with the same events in the same order: a call's later events go into the row that
began at most `START_TOLERANCE` away, by `services.merge_calls`, which alone says what merging means.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from zoneinfo import ZoneInfo

from calls.batches import Batch
from calls.columns import OUTCOME_BITS, CallColumns, pack_facts, to_instant, to_micros, unpack_facts
from calls.domain import CallerKind, Direction, HashedCall, Outcome
from calls.rows import START_TOLERANCE
from calls.services import merge_calls

_RINGING = pack_facts(0, Outcome.RINGING, 0, 0)
_SLOT = 15 * 60 * 1_000_000  # every zone's offset is a multiple of a quarter of an hour


@dataclass(slots=True)
class Folded:
    """What a batch comes to: rows to write, and how many of its events made one, changed one and changed nothing."""

    new: CallColumns
    changed: CallColumns
    stored: int = 0
    merged: int = 0
    duplicate: int = 0

    def touched(self, zone: ZoneInfo) -> tuple[set[bytes], set[date]]:
        """The callers whose opportunities may be others now, and the local days of finished calls without a caller."""
        callers, slots = set[bytes](), set[int]()
        for calls in (self.new, self.changed):
            for start, facts, caller in zip(calls.starts, calls.facts, calls.callers, strict=True):
                if facts & OUTCOME_BITS <= _RINGING:
                    continue
                if caller is None:
                    slots.add(start // _SLOT)
                else:
                    callers.add(caller)
        return callers, {to_instant(slot * _SLOT).astimezone(zone).date() for slot in slots}


@dataclass(slots=True)
class _Standing:
    """A row with this id, as it is and as it was before the batch; None when the batch made it."""

    call: HashedCall
    before: HashedCall | None


@dataclass(slots=True)
class Known:
    """What stands already of a batch: ids whose call is there just so, and the rows of the other ids that are there."""

    same: set[bytes] = field(default_factory=set)
    calls: list[HashedCall] = field(default_factory=list)


def fold(calls: CallColumns, repeated: Iterable[bytes], known: Known) -> Folded:
    """`repeated` are the ids that stand in `calls` more than once; none of them is among `known.same`."""
    standing: dict[bytes, list[_Standing]] = {call_id: [] for call_id in repeated}
    for call in known.calls:
        standing.setdefault(call.id.bytes, []).append(_Standing(call, call))
    if not standing and not known.same:  # nearly every batch of a first import
        return Folded(calls, CallColumns(), stored=len(calls.ids))
    fresh = [call_id not in standing and call_id not in known.same for call_id in calls.ids]
    folded = Folded(calls.pick(fresh), CallColumns(labels=calls.labels), stored=sum(fresh), duplicate=len(known.same))
    for call in to_calls(calls.pick([call_id in standing for call_id in calls.ids])):
        _merge_one(folded, call, standing[call.id.bytes])
    for one in chain.from_iterable(standing.values()):
        if one.before is None:
            folded.new.append(one.call, to_micros(one.call.started_at))
        elif one.call != one.before:
            folded.changed.append(one.call, to_micros(one.call.started_at))
    return folded


def columns_of(batch: Batch, callers: Mapping[bytes, bytes]) -> CallColumns:
    """The calls of a batch with callers instead of hashes; `callers` has the caller of each hash."""
    found = [digest and callers[digest] for digest in batch.hashes]
    return CallColumns(
        batch.ids, batch.starts, batch.facts, found, batch.rings, batch.talks, batch.labels, batch.provider_ids
    )


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


def to_calls(calls: CallColumns) -> Iterator[HashedCall]:
    """The rows as objects, for the few calls that are merged."""
    labels = list(calls.labels)
    columns = (calls.ids, calls.starts, calls.facts, calls.callers, calls.rings, calls.talks)
    for call_id, start, facts, caller, ring, talk in zip(*columns, strict=True):
        direction, outcome, kind, label = unpack_facts(facts)
        line, source, connection_id = labels[label]
        yield HashedCall(
            id=uuid.UUID(bytes=call_id),
            source=source,
            direction=Direction(direction),
            outcome=Outcome(outcome),
            started_at=to_instant(start),
            kind=CallerKind(kind),
            caller=None if caller is None else uuid.UUID(bytes=caller),
            ring_seconds=ring,
            talk_seconds=talk,
            line=line,
            connection_id=connection_id,
            provider_call_id=calls.provider_ids.get((call_id, start)),
        )
