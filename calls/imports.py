"""Import: calls from a file to rows, batch by batch, with the same outcome as live intake message by message.

read, check, hash, find or make the callers, look up known calls, merge, store, leave the work rows, commit. A line that
cannot be stored is counted and named; a batch is stored whole or not at all. While PostgreSQL stores one batch, the
next one is read and hashed in a thread.
"""

import uuid
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Protocol

from calls import bulk, rows
from calls.batches import Batch, BatchReader, move
from calls.callers import find_or_make_all
from calls.columns import CallColumns, to_instant
from calls.domain import CallEvent, HashedCall
from calls.formats import ReadRow
from calls.holds import Hold, held_back
from calls.intake import ensure_weeks
from calls.keystore import KeyRing, key_ring
from calls.merging import Folded, Known, columns_of, fold, to_calls
from calls.partitions import WEEK, week_of
from calls.reports import ImportReport
from calls.wakeup import wake_worker
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic

REHEARSED = 100_000  # new calls that a dry run remembers; one that comes back later than that is counted as new again

Progress = Callable[[ImportReport], None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`region` is where numbers without a country code are read; `shift` is added to every time; `connection_id` is the
    phone system that was asked, where the calls do not come from a file."""

    region: str
    shift: timedelta = timedelta()
    dry_run: bool = False
    connection_id: uuid.UUID | None = None


def import_calls(
    *,
    clinic: ClinicFacts,
    events: Iterator[ReadRow[CallEvent]],
    options: ImportOptions,
    now: datetime,
    progress: Progress | None = None,
    hold: Hold | None = None,
) -> ImportReport:
    """Stores what can be stored and tells of every line; a dry run stores nothing and tells the same.

    `events` is read in another thread, so it must not ask the database. `progress` is called after each batch. With a
    `hold` this is one of several imports that are attributed together, when whoever holds them lets go.
    """
    ring = key_ring(clinic.id, now)
    moved = move(events, options.shift) if options.shift else events
    batches = BatchReader(clinic, options.region, ring, now, options.connection_id).read(moved)
    if options.dry_run:
        return _take_in(batches, _Rehearsal(clinic), ImportReport(dry_run=True), progress)
    if hold is not None:
        return _take_in(batches, _Storage(clinic, ring, now, hold), ImportReport(), progress)
    try:
        with held_back(clinic.id, now) as own_hold:
            return _take_in(batches, _Storage(clinic, ring, now, own_hold), ImportReport(), progress)
    finally:
        wake_worker(clinic.id)


class _Store(Protocol):
    def take(self, batch: Batch) -> Folded: ...


def _take_in(batches: Iterator[Batch], store: _Store, report: ImportReport, progress: Progress | None) -> ImportReport:
    with closing(_one_ahead(batches)) as ready:
        for batch in ready:
            report.add(batch.report)
            if batch.ids:
                folded = store.take(batch)
                report.stored += folded.stored
                report.merged += folded.merged
                report.duplicate += folded.duplicate
            if progress is not None:
                progress(report)
    return report


def _one_ahead(batches: Iterator[Batch]) -> Generator[Batch, None, None]:
    """The same batches, the next of them in the making. PostgreSQL and hashing then have a core each."""
    with ThreadPoolExecutor(1, thread_name_prefix="import") as pool:
        ahead = pool.submit(next, batches, None)
        while (batch := ahead.result()) is not None:
            ahead = pool.submit(next, batches, None)
            yield batch


class _Storage:
    """Stores batches, each in one transaction."""

    def __init__(self, clinic: ClinicFacts, ring: KeyRing, now: datetime, hold: Hold) -> None:
        self._clinic = clinic
        self._ring = ring
        self._now = now
        self._hold = hold

    def take(self, batch: Batch) -> Folded:
        clinic_id = self._clinic.id
        _ensure_weeks(batch, self._now)
        self._hold.renew()
        with as_clinic(clinic_id):
            rows.take_intake_lock(clinic_id)
            callers = find_or_make_all(clinic_id=clinic_id, ring=self._ring, e164s=batch.e164s, now=self._now)
            calls = columns_of(batch, callers)
            folded = fold(calls, batch.repeated, _look_up(clinic_id, calls, batch))
            if folded.new.ids:
                bulk.insert_calls(clinic_id, folded.new)
            if folded.changed.ids:
                bulk.update_calls(clinic_id, folded.changed)
            self._hold.add(*folded.touched(self._clinic.zone))
        return folded


class _Rehearsal:
    """Tells what storing would come to. It takes no lock, so that live messages never wait for a dry run."""

    def __init__(self, clinic: ClinicFacts) -> None:
        self._clinic = clinic
        self._remembered: dict[uuid.UUID, list[HashedCall]] = {}

    def take(self, batch: Batch) -> Folded:
        calls = columns_of(batch, dict.fromkeys(batch.e164s, bytes(16)))  # who it is changes nothing in the counts
        with as_clinic(self._clinic.id):
            known = _look_up(self._clinic.id, calls, batch)
        ids = [uuid.UUID(bytes=call_id) for call_id in batch.ids]
        remembered = [call for call_id in {*ids} & self._remembered.keys() for call in self._remembered[call_id]]
        newer = {(call.id, call.started_at) for call in remembered}
        starts = dict(zip(ids, map(to_instant, batch.starts), strict=True))
        known.same -= {call.id.bytes for call in remembered if starts[call.id] == call.started_at}
        known.calls = [call for call in known.calls if (call.id, call.started_at) not in newer] + remembered
        folded = fold(calls, batch.repeated, known)
        for call in chain(to_calls(folded.new), to_calls(folded.changed)):
            self._remember(call)
        return folded

    def _remember(self, call: HashedCall) -> None:
        others = [one for one in self._remembered.pop(call.id, []) if one.started_at != call.started_at]
        self._remembered[call.id] = [*others, call]
        if len(self._remembered) > REHEARSED:
            del self._remembered[next(iter(self._remembered))]


def _look_up(clinic_id: uuid.UUID, calls: CallColumns, batch: Batch) -> Known:
    """What stands of a batch. A first import asks one question here; one that was made before asks two or three."""
    since, until = batch.first_at - rows.START_TOLERANCE, batch.last_at + rows.START_TOLERANCE
    known = bulk.find_known_ids(clinic_id, batch.ids, since, until)
    if not known:
        return Known()
    once = known - batch.repeated
    same = bulk.find_same(clinic_id, calls.pick([call_id in once for call_id in calls.ids])) if once else set()
    others = known - same
    return Known(same, bulk.find_calls(clinic_id, others, since, until) if others else [])


def _ensure_weeks(batch: Batch, now: datetime) -> None:
    """The weeks of the calls and that of new hashes; outside of the transaction that needs them."""
    first, last = week_of(batch.first_at), week_of(batch.last_at)
    ensure_weeks({first + WEEK * count for count in range((last - first) // WEEK + 1)} | {week_of(now)})
