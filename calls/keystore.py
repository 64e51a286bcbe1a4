"""Keeps the hashing keys: one per clinic and ISO week, random, wrapped, in a database of their own.

Keys are made ahead and become active by time, so that processes of a rolling deploy never write under two keys. Nothing
here ever prints or logs a key, and no key leaves the process that unwrapped it.
"""

import hmac
import secrets
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.conf import settings

from calls.hashing import KEY_LENGTH
from calls.models import CallerKey
from calls.partitions import week_of
from tenants.vault import unwrap, wrap

RING_SECONDS = 60  # for how long a process trusts its copy of a clinic's keys
KEY_LIFE_AFTER_WEEK = timedelta(days=90)
_CHECK_TEXT = b"ringback/key-check/v1"
_CALL_KEY_TEXT = b"ringback/call-key/v1\x00"


@dataclass(frozen=True, slots=True)
class WeekKey:
    week: date
    active_from: datetime
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All live keys of a clinic, also those that are not active yet: a look-up must see what others may write under."""

    keys: Sequence[WeekKey]  # newest first

    def newest(self, now: datetime) -> WeekKey:
        return next(key for key in self.keys if key.active_from <= now)


@dataclass(frozen=True, slots=True)
class ExpiredKey:
    id: uuid.UUID
    clinic_id: uuid.UUID
    week: date


_rings: dict[uuid.UUID, tuple[float, KeyRing]] = {}
_lock = threading.Lock()


def key_ring(clinic_id: uuid.UUID, now: datetime) -> KeyRing:
    """The clinic's keys; makes those of this week and the next where they are missing."""
    loaded_at, ring = _rings.get(clinic_id, (0.0, None))
    this_week = week_of(now)
    is_fresh = time.monotonic() - loaded_at < RING_SECONDS
    if ring is not None and is_fresh and any(key.week == this_week for key in ring.keys):
        return ring
    ring = _load_ring(clinic_id, this_week)
    with _lock:
        _rings[clinic_id] = (time.monotonic(), ring)
    return ring


def forget_rings() -> None:
    """Drops this process's copies of all keys."""
    with _lock:
        _rings.clear()


def _load_ring(clinic_id: uuid.UUID, this_week: date) -> KeyRing:
    rows = _rows(clinic_id)
    wanted = {this_week, this_week + timedelta(days=7)}
    if not wanted <= {row.week for row in rows}:
        _make_keys(clinic_id, wanted)
        rows = _rows(clinic_id)
    context = _context(clinic_id)
    keys = [WeekKey(row.week, row.active_from, unwrap(row.wrapped, f"{context}/{row.week}")) for row in rows]
    return KeyRing(keys)


def _rows(clinic_id: uuid.UUID) -> list[CallerKey]:
    return list(CallerKey.objects.filter(clinic_id=clinic_id).order_by("-week"))


def _make_keys(clinic_id: uuid.UUID, weeks: set[date]) -> None:
    context = _context(clinic_id)
    CallerKey.objects.bulk_create(
        (
            CallerKey(
                clinic_id=clinic_id,
                week=week,
                active_from=datetime(week.year, week.month, week.day, tzinfo=UTC),
                wrapped=wrap(secrets.token_bytes(KEY_LENGTH), f"{context}/{week}"),
            )
            for week in weeks
        ),
        ignore_conflicts=True,  # another process was quicker: its key is the week's key
    )


def _context(clinic_id: uuid.UUID) -> str:
    return f"caller-key/{clinic_id}"


def call_key(clinic_id: uuid.UUID) -> bytes:
    """The key of a clinic's call ids. It outlives the weeks: a message may come days after the call's first one."""
    return hmac.digest(settings.KEY_ENCRYPTION_KEY.encode(), _CALL_KEY_TEXT + clinic_id.bytes, "sha256")


def expired_keys(now: datetime) -> list[ExpiredKey]:
    """Keys whose week ended 90 days ago or longer; whether rows under them are left is for the caller to see."""
    last_week = week_of(now - KEY_LIFE_AFTER_WEEK) - timedelta(days=7)
    rows = CallerKey.objects.filter(week__lte=last_week).order_by("week", "clinic_id")
    return [ExpiredKey(row.id, row.clinic_id, row.week) for row in rows]


def destroy_key(key_id: uuid.UUID) -> str:
    """Destroys a key for good and returns its check value, by which it can be recognised and not recovered."""
    row = CallerKey.objects.get(pk=key_id)
    key = unwrap(row.wrapped, f"{_context(row.clinic_id)}/{row.week}")
    row.delete()
    forget_rings()
    return hmac.digest(key, _CHECK_TEXT, "sha256").hex()[:16]
