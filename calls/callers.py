"""Finds the caller behind a number, or makes one: the only place where a hash becomes a caller.

A caller is a random id, one per clinic and number, also when two workers first see the number in the same instant on
both sides of a key change. The number itself is an argument and goes no further.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from calls import bulk, rows
from calls.hashing import caller_hash, caller_hasher
from calls.keystore import KeyRing, WeekKey, key_ring


@dataclass(frozen=True, slots=True)
class PendingLookup:
    """A look-up under way: the hashes of one number under every live key, newest first."""

    clinic_id: uuid.UUID
    hashes: Sequence[tuple[date, bytes]]
    newest_week: date
    cursor: Any


def start_lookup(clinic_id: uuid.UUID, e164: str, now: datetime) -> PendingLookup:
    """Hashes the number under all live keys and asks for the caller, without waiting for the answer."""
    ring = key_ring(clinic_id, now)
    hashes = _hashes(ring, clinic_id, e164)
    return PendingLookup(clinic_id, hashes, ring.newest(now).week, rows.start_caller_lookup(clinic_id, hashes))


def finish_lookup(lookup: PendingLookup) -> uuid.UUID:
    """The caller; makes one if nobody knows the number, and remembers it under the newest key."""
    known = {week: caller for week, _, caller in lookup.cursor.fetchall()}
    if not known:
        # The lock is taken only now, for a first sight. Whoever held it before us has committed, so look again.
        rows.lock_first_sight(lookup.clinic_id)
        again = rows.start_caller_lookup(lookup.clinic_id, lookup.hashes)
        known = {week: caller for week, _, caller in again.fetchall()}
    caller = known[max(known)] if known else uuid.uuid4()
    if lookup.newest_week not in known:
        digest = next(digest for week, digest in lookup.hashes if week == lookup.newest_week)
        rows.add_caller_hashes(lookup.clinic_id, [(lookup.newest_week, digest, caller)])
    return caller


def find_or_make_callers(*, clinic_id: uuid.UUID, e164s: Sequence[str], now: datetime) -> dict[str, uuid.UUID]:
    """The callers of several numbers, inside the clinic's scope."""
    rows.share_intake_lock(clinic_id)  # the purge must not forget a caller between our look and our row
    return {e164: finish_lookup(start_lookup(clinic_id, e164, now)) for e164 in dict.fromkeys(e164s)}


def find_caller(*, clinic_id: uuid.UUID, e164: str, now: datetime) -> uuid.UUID | None:
    """The caller if the clinic knows the number; makes and writes nothing."""
    lookup = start_lookup(clinic_id, e164, now)
    known = {week: caller for week, _, caller in lookup.cursor.fetchall()}
    return known[max(known)] if known else None


def find_or_make_all(
    *, clinic_id: uuid.UUID, ring: KeyRing, e164s: Mapping[bytes, str], now: datetime
) -> dict[bytes, bytes]:
    """The callers of a batch of numbers, by their hash under the newest key; `e164s` has the number of each hash.

    `finish_lookup` for thousands of numbers: those that the newest key knows, which are most of them, cost one query.
    Under `rows.take_intake_lock`, which whoever makes callers shares: so nobody else sees a number first meanwhile.
    """
    newest = ring.newest(now)
    callers = bulk.find_callers(clinic_id, newest.week, e164s)
    unknown = {digest: e164 for digest, e164 in e164s.items() if digest not in callers}
    if unknown:
        found = _find_under_other_keys(clinic_id, [key for key in ring.keys if key is not newest], unknown)
        made = {digest: found.get(digest) or uuid.uuid4().bytes for digest in unknown}
        bulk.add_caller_hashes(clinic_id, newest.week, made)
        callers |= made
    return callers


def _find_under_other_keys(
    clinic_id: uuid.UUID, keys: Sequence[WeekKey], unknown: Mapping[bytes, str]
) -> dict[bytes, bytes]:
    """Callers by their hash under the newest key, of those that another live key knows; the latest week goes first."""
    found: dict[bytes, bytes] = {}
    for key in keys:
        hash_number = caller_hasher(key.key, clinic_id)
        left = {hash_number(e164): digest for digest, e164 in unknown.items() if digest not in found}
        if not left:
            break
        found |= {left[other]: caller for other, caller in bulk.find_callers(clinic_id, key.week, left).items()}
    return found


def _hashes(ring: KeyRing, clinic_id: uuid.UUID, e164: str) -> list[tuple[date, bytes]]:
    return [(key.week, caller_hash(key.key, clinic_id, e164)) for key in ring.keys]
