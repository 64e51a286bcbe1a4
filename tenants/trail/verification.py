"""Verifies a trail: the first bad row, and why. Pure: it works offline.

A trail proves that nothing in it was changed. That nothing was cut off its end, or all of it written anew, can only be
told by somebody who saw the end: an anchor, or the line of a checkpoint that is kept elsewhere (`anchoring`).
"""

import enum
import json
import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from tenants.events import Event
from tenants.trail.chain import GENESIS, Link, details_hash, link_hash
from tenants.trail.merkle import Head

# Details younger than that are erased by nobody: `ringback_forget_audit_details` refuses.
_YOUNGEST_FORGOTTEN: Final = timedelta(days=89)
_MICROSECOND: Final = timedelta(microseconds=1)


class Fault(enum.StrEnum):
    CHANGED = "changed"
    MISSING = "missing"
    REORDERED = "reordered"
    FORKED = "forked"
    CUT = "cut"
    REWRITTEN = "rewritten"
    DETAILS_CHANGED = "details_changed"
    DETAILS_MISSING = "details_missing"
    ANCHOR_WRONG = "anchor_wrong"
    SIGNATURE_WRONG = "signature_wrong"
    CHECKPOINTS_BROKEN = "checkpoints_broken"
    TRIGGER_OFF = "trigger_off"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in a sentence. `seq` is the first bad row of the clinic's trail, where it is about one."""

    fault: Fault
    text: str
    clinic_id: uuid.UUID | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row with its details; without them once they were erased."""

    link: Link
    salt: bytes | None = None
    details: str | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """That somebody outside of the trail (`seen_by`, in words) saw it end at this head."""

    head: Head
    seen_by: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far a trail was read, and the first problem."""

    clinic_id: uuid.UUID
    count: int
    head: bytes
    problem: Problem | None = None


def verify_trail(clinic_id: uuid.UUID, entries: Iterable[Entry], sightings: Iterable[Sighting] = ()) -> Verdict:
    """`entries` in the order of their numbers, from the first one on; read once, so that any length fits."""
    reading = _Reading(clinic_id, _by_seq(sightings))
    for entry in entries:
        problem = reading.take(entry)
        if problem is not None:
            return Verdict(clinic_id, reading.count, reading.head, problem)
    return Verdict(clinic_id, reading.count, reading.head, reading.end())


@dataclass(slots=True)
class _Reading:
    """How far a trail was read."""

    clinic_id: uuid.UUID
    sightings: dict[int, list[Sighting]]
    count: int = 0
    head: bytes = GENESIS
    unexplained: deque[Link] = field(default_factory=deque)  # rows without details, until one says they were erased

    def take(self, entry: Entry) -> Problem | None:
        link = entry.link
        problem = self._find_break(link) or self._check_details(entry)
        if problem is not None:
            return problem
        self.count, self.head = link.seq, link.hash
        for sighting in self.sightings.pop(link.seq, ()):
            if sighting.head.hash != link.hash:
                text = f"{sighting.seen_by} saw another row {link.seq}: it, or rows before it, were written anew."
                return self._problem(Fault.REWRITTEN, link.seq, text)
        if link.action == Event.AUDIT_DETAILS_FORGOTTEN:
            self._explain(entry)
        return None

    def end(self) -> Problem | None:
        if self.unexplained:
            seq = self.unexplained[0].seq
            text = f"Row {seq} has lost its details, and no later row says that they were erased for their age."
            return self._problem(Fault.DETAILS_MISSING, seq, text)
        for seq, seen in sorted(self.sightings.items()):
            text = f"The trail ends with row {self.count}, and {seen[0].seen_by} saw row {seq}."
            return self._problem(Fault.CUT, self.count + 1, text)
        return None

    def _find_break(self, link: Link) -> Problem | None:
        expected = self.count + 1
        if link.seq > expected:
            return self._problem(Fault.MISSING, expected, f"Row {expected} is missing: row {link.seq} comes next.")
        if link.seq == self.count and self.count:
            return self._problem(Fault.FORKED, link.seq, f"There are two rows {link.seq}.")
        if link.seq < expected:
            return self._problem(Fault.REORDERED, link.seq, f"Row {link.seq} comes after row {self.count}.")
        if link.clinic_id != self.clinic_id or not _hashes_to_itself(link):
            return self._problem(Fault.CHANGED, link.seq, f"Row {link.seq} was changed: its hash is another.")
        if link.previous != self.head:
            text = f"Row {link.seq} does not follow row {self.count}: one of them was written anew."
            return self._problem(Fault.FORKED, link.seq, text)
        return None

    def _check_details(self, entry: Entry) -> Problem | None:
        link = entry.link
        if entry.salt is None or entry.details is None:
            self.unexplained.append(link)
            return None
        if not _are_details_of(link, entry.salt, entry.details):
            return self._problem(Fault.DETAILS_CHANGED, link.seq, f"The details of row {link.seq} were changed.")
        return None

    def _explain(self, entry: Entry) -> None:
        """This row says that details from before a day were erased; it could only have erased those of 89 days ago."""
        limit = entry.link.at - _YOUNGEST_FORGOTTEN // _MICROSECOND
        named = _day_named_in(entry.details)
        if named is not None:
            end_of_day = datetime(named.year, named.month, named.day, tzinfo=UTC) + timedelta(days=1)
            limit = min(limit, int(end_of_day.timestamp()) * 1_000_000)
        while self.unexplained and self.unexplained[0].at < limit:
            self.unexplained.popleft()

    def _problem(self, fault: Fault, seq: int, text: str) -> Problem:
        return Problem(fault, text, self.clinic_id, seq)


def _by_seq(sightings: Iterable[Sighting]) -> dict[int, list[Sighting]]:
    by_seq: dict[int, list[Sighting]] = {}
    for sighting in sightings:
        by_seq.setdefault(sighting.head.seq, []).append(sighting)
    return by_seq


def _hashes_to_itself(link: Link) -> bool:
    try:
        return link_hash(link) == link.hash
    except UnicodeEncodeError:  # half a character, as only a forged file can hold
        return False


def _are_details_of(link: Link, salt: bytes, details: str) -> bool:
    try:
        return details_hash(salt, details) == link.details_hash
    except UnicodeEncodeError:
        return False


def _day_named_in(details: str | None) -> date | None:
    try:
        return date.fromisoformat(json.loads(details)["before"]) if details is not None else None
    except (ValueError, KeyError, TypeError):
        return None
