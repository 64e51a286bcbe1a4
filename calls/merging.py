"""Merges a batch of an import into the calls that stand already; it reads and writes nothing.

The outcome is that of live intake with the same events in the same order: a call's later events go into the row that
began at most `START_TOLERANCE` away, by `services.merge_calls`, which alone says what merging means.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, compress
from zoneinfo import ZoneInfo

from calls.batches import Batch, to_instant, to_micros
from calls.bulk import CallColumns, unpack_facts
from calls.domain import CallerKind, Direction, HashedCall, Outcome
from calls.rows import START_TOLERANCE
from calls.services import merge_calls

_SLOT = 15 * 60 * 1_000_000  # every zone's offset is a multiple of a quarter of an hour


@dataclass(slots=True)
class Folded:
    """What a batch comes to: rows to write, and how many of its events made one, changed one and changed nothing."""

    new: CallColumns
    changed: CallColumns
    stored: int = 0
    merged: int = 0
    duplicate: int = 0

    def callers(self) -> set[bytes]:
        """The callers whose opportunities may be others now."""
        return {caller for _, caller in self._finished() if caller is not None}

    def days(self, zone: ZoneInfo) -> set[date]:
        """The local days with calls of nobody in particular, whose counts are others now."""
        slots = {start // _SLOT for start, caller in self._finished() if caller is None}
        return {to_instant(slot * _SLOT).astimezone(zone).date() for slot in slots}

    def _finished(self) -> Iterator[tuple[int, bytes | None]]:
        """Start and caller of the calls that are more than a ringing telephone."""
        for calls in (self.new, self.changed):
            for start, facts, caller in zip(calls.starts, calls.facts, calls.callers, strict=True):
                if unpack_facts(facts)[1] > Outcome.RINGING:
                    yield start, caller


@dataclass(slots=True)
class _Standing:
    """A row with this id, as it is and as it was before the batch; None when the batch made it."""

    call: HashedCall
    before: HashedCall | None


def fold(batch: Batch, callers: Mapping[bytes, bytes], known: Iterable[HashedCall]) -> Folded:
    """`callers` has the caller of each hash in the batch, `known` the rows with its ids, the earliest first."""
    calls = CallColumns(
        batch.ids, batch.starts, batch.facts, [digest and callers[digest] for digest in batch.hashes],
        batch.rings, batch.talks, batch.labels,
    )  # fmt: skip
    standing: dict[bytes, list[_Standing]] = {call_id: [] for call_id in batch.repeated}
    for call in known:
        standing.setdefault(call.id.bytes, []).append(_Standing(call, call))
    if not standing:  # nearly every batch of a first import
        return Folded(calls, CallColumns(), stored=len(calls.ids))
    fresh = [call_id not in standing for call_id in calls.ids]
    folded = Folded(_pick(calls, fresh), CallColumns(labels=calls.labels), stored=sum(fresh))
    for call in to_calls(_pick(calls, [not is_fresh for is_fresh in fresh])):
        _merge_one(folded, call, standing[call.id.bytes])
    for one in chain.from_iterable(standing.values()):
        if one.before is None:
            folded.new.append(one.call, to_micros(one.call.started_at))
        elif one.call != one.before:
            folded.changed.append(one.call, to_micros(one.call.started_at))
    return folded


def _pick(calls: CallColumns, wanted: Sequence[bool]) -> CallColumns:
    return CallColumns(
        list(compress(calls.ids, wanted)),
        list(compress(calls.starts, wanted)),
        list(compress(calls.facts, wanted)),
        list(compress(calls.callers, wanted)),
        list(compress(calls.rings, wanted)),
        list(compress(calls.talks, wanted)),
        calls.labels,
    )


def _merge_one(folded: Folded, call: HashedCall, standing: list[_Standing]) -> None:
    near = [one for one in standing if abs(one.call.started_at - call.started_at) <= START_TOLERANCE]
    if not near:
        standing.append(_Standing(call, None))
        folded.stored += 1
        return
    target = min(near, key=lambda one: one.call.started_at)
    # The same again is what a second import is made of, and merging it costs ten times as much as seeing that.
    merged = target.call if call == target.call else merge_calls(target.call, call)
    if merged is target.call or merged == target.call:
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
        line, source = labels[label]
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
        )
