"""Makes batches of hashed calls from what a file says; stores nothing, asks no database and decides no merge.

It runs beside the database in a thread of its own: everything that it needs is given to it at the start. Numbers live
in a batch for as long as somebody may still have to find their caller, and go with it.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from calls.columns import EPOCH, MICROSECOND, Label, Moment, pack_facts, to_instant, to_micros
from calls.domain import CallerKind, CallEvent, InMemoryOnly, Refused
from calls.formats import ReadRow
from calls.hashing import call_id_maker, caller_hasher, can_tell, contains_number
from calls.intake import FUTURE_TOLERANCE, SHARED_KEYS, earliest_storable, require_storable, storable_provider_id
from calls.keystore import KeyRing, call_key
from calls.numbers import read_common, read_number
from calls.reports import ImportReport
from tenants.domain import ClinicFacts

BATCH_SIZE = 20_000  # calls; live messages of the clinic wait while one is stored, for some tenths of a second
MAX_LABELS: Final = 1000

Who = tuple[int, bytes | None]  # what is known of the other party, and the hash of its number under the newest key


@dataclass(slots=True)
class Batch(InMemoryOnly):
    """Calls in the order of the file, a list for each column, as `bulk` writes them, with hashes instead of callers.

    `e164s` has the number of each hash, in memory only.
    """

    ids: list[bytes] = field(default_factory=list, repr=False)
    starts: list[int] = field(default_factory=list, repr=False)
    facts: list[int] = field(default_factory=list, repr=False)
    hashes: list[bytes | None] = field(default_factory=list, repr=False)
    rings: list[int | None] = field(default_factory=list, repr=False)
    talks: list[int] = field(default_factory=list, repr=False)
    labels: dict[Label, int] = field(default_factory=dict)
    provider_ids: dict[Moment, str] = field(default_factory=dict, repr=False)
    repeated: set[bytes] = field(default_factory=set, repr=False)  # ids that are there more than once
    e164s: dict[bytes, str] = field(default_factory=dict, repr=False)
    report: ImportReport = field(default_factory=ImportReport)  # what was read and refused, and remarks

    @property
    def first_at(self) -> datetime:
        return to_instant(min(self.starts))

    @property
    def last_at(self) -> datetime:
        return to_instant(max(self.starts))


class BatchReader:
    """Checks, reads and hashes what a format read, exactly as live intake does it message by message."""

    def __init__(
        self, clinic: ClinicFacts, region: str, ring: KeyRing, now: datetime, connection_id: uuid.UUID | None = None
    ) -> None:
        self._clinic = clinic
        self._connection_id = connection_id
        self._region = region
        self._now = now
        self._hash_number = caller_hasher(ring.newest(now).key, clinic.id)
        self._call_key = call_key(clinic.id)
        self._id_makers: dict[str, Callable[[str], bytes]] = {}  # by source
        self._first, self._last = to_micros(earliest_storable(clinic, now)), to_micros(now + FUTURE_TOLERANCE)
        self._good_lines = {""}

    def read(self, rows: Iterator[ReadRow[CallEvent]]) -> Iterator[Batch]:
        """Batches of at most `BATCH_SIZE` rows, until there are no more."""
        while True:
            batch = self._read_batch(islice(rows, BATCH_SIZE))
            if not batch.report.read:
                return
            yield batch

    def _read_batch(self, rows: Iterator[ReadRow[CallEvent]]) -> Batch:
        batch, seen = Batch(), set[bytes]()
        report, labels = batch.report, batch.labels
        spellings: dict[str | None, Who] = {}  # of this batch only: a cache of numbers must end
        for line, event, notes, lines in rows:
            report.read += 1
            report.lines += lines
            if notes:
                report.note(line, notes)
            if isinstance(event, Refused):
                report.refuse(line, event)
                continue
            started_at = (event.started_at - EPOCH) // MICROSECOND
            try:
                self._require_storable(event, started_at)
            except Refused as refused:
                report.refuse(line, refused)
                continue
            who = spellings.get(event.number) if event.number_known else _NOBODY
            if who is None:
                who = spellings[event.number] = self._read_number(event.number, batch.e164s)
            call_id = self._make_id(event)
            if call_id in seen:
                batch.repeated.add(call_id)
            seen.add(call_id)
            if event.provider_call_id is not None and who[1] is not None:
                identifier = storable_provider_id(event, batch.e164s[who[1]])
                if identifier is not None:
                    batch.provider_ids.setdefault((call_id, started_at), identifier)
            label = labels.setdefault((event.line, event.source, self._connection_id), len(labels))
            batch.ids.append(call_id)
            batch.starts.append(started_at)
            batch.facts.append(pack_facts(event.direction, event.outcome, who[0], label))
            batch.hashes.append(who[1])
            batch.rings.append(event.ring_seconds)
            batch.talks.append(event.talk_seconds)
        return batch

    def _require_storable(self, event: CallEvent, started_at: int) -> None:
        """Raises Refused. What cannot be refused is let through at a tenth of the price; intake judges all else."""
        if self._first <= started_at <= self._last and event.line in self._good_lines:
            is_shared = event.source in SHARED_KEYS and event.number
            if not is_shared or not contains_number(event.call_key, event.number or ""):
                return
        require_storable(event, self._clinic, self._now)
        if len(self._good_lines) < MAX_LABELS and not can_tell(event.line):  # else it is held against each number
            self._good_lines.add(event.line)

    def _read_number(self, spelling: str | None, e164s: dict[bytes, str]) -> Who:
        e164 = read_common(spelling, self._region) if spelling else None
        if e164 is None:
            number = read_number(spelling, self._region)
            if number.kind is not CallerKind.CALLER:
                return int(number.kind), None
            e164 = number.e164
        digest = self._hash_number(e164)
        e164s[digest] = e164
        return _CALLER, digest

    def _make_id(self, event: CallEvent) -> bytes:
        make_id = self._id_makers.get(event.source)
        if make_id is None:
            source = SHARED_KEYS.get(event.source, event.source)
            make_id = self._id_makers[event.source] = call_id_maker(self._call_key, self._clinic.id, source)
        return make_id(event.call_key)


_CALLER: Final = int(CallerKind.CALLER)
_NOBODY: Final = (int(CallerKind.UNKNOWN), None)


def move(rows: Iterator[ReadRow[CallEvent]], by: timedelta) -> Iterator[ReadRow[CallEvent]]:
    """The same rows with all calls started so much later."""
    for row in rows:
        event = row.event
        yield row if isinstance(event, Refused) else row._replace(event=_moved(event, by))


def _moved(event: CallEvent, by: timedelta) -> CallEvent:
    values = {name: getattr(event, name) for name in CallEvent.__slots__}
    return CallEvent(**values | {"started_at": event.started_at + by})


def newest_start(rows: Iterator[ReadRow[CallEvent]]) -> datetime | None:
    """When the newest call of a file started; None when the file has no call that can be read."""
    starts = (row.event.started_at for row in rows if not isinstance(row.event, Refused))
    return max(starts, default=None)
