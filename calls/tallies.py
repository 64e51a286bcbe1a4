"""What came by connections, counted in this process and written down together every few seconds; refuses to slow a
message down, and to keep anything but counts and names of fields.

A process that is killed loses the counts of its last seconds; calls are never in here. The first message that a process
sees of a connection is written down at once: somebody is looking at a page that waits for it.
"""

import logging
import threading
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import connections
from django.utils import timezone

from calls import services
from calls.field_names import OTHER
from calls.heard import HourCounts

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 3
MAX_NAMES = 200  # of one connection between two writes; there are at most 100 in the table


class _Key(NamedTuple):
    clinic_id: uuid.UUID
    connection_id: uuid.UUID
    hour: datetime


@dataclass(slots=True)
class _Tally:
    first_at: datetime
    last_at: datetime
    messages: int = 0
    calls: int = 0
    names: Counter[str] = field(default_factory=Counter)


_lock = threading.Lock()
_pending: dict[_Key, _Tally] = {}
_heard: set[uuid.UUID] = set()  # connections of which this process has written something down
_timer: threading.Timer | None = None


def note_message(
    *, clinic_id: uuid.UUID, connection_id: uuid.UUID, calls: int, names: Iterable[str], now: datetime
) -> None:
    """A message that was taken, with so many calls that are new."""
    key = _Key(clinic_id, connection_id, now.replace(minute=0, second=0, microsecond=0))
    with _lock:
        tally = _pending.get(key)
        if tally is None:
            tally = _pending[key] = _Tally(now, now)
        tally.messages += 1
        tally.calls += calls
        tally.last_at = max(tally.last_at, now)
        for name in names:
            tally.names[name if name in tally.names or len(tally.names) < MAX_NAMES else OTHER] += 1
        is_first = connection_id not in _heard
        _heard.add(connection_id)
        if not is_first:
            _start_timer()
    if is_first:
        flush()


def flush() -> None:
    """Writes down what there is. What can't be written is lost, and said in the log."""
    global _timer
    with _lock:
        pending = dict(_pending)
        _pending.clear()
        if _timer is not None:
            _timer.cancel()
            _timer = None
    for clinic_id in sorted({key.clinic_id for key in pending}):
        try:
            _write(clinic_id, {key: tally for key, tally in pending.items() if key.clinic_id == clinic_id})
        except Exception as error:
            logger.warning("counts of messages are lost: %s", type(error).__name__)


def forget() -> None:
    """Drops what this process has counted and remembers."""
    global _timer
    with _lock:
        _pending.clear()
        _heard.clear()
        if _timer is not None:
            _timer.cancel()
            _timer = None


def _start_timer() -> None:
    global _timer
    if _timer is None:
        _timer = threading.Timer(FLUSH_SECONDS, _flush_in_thread)
        _timer.daemon = True
        _timer.start()


def _flush_in_thread() -> None:
    try:
        flush()
    finally:
        connections.close_all()


def _write(clinic_id: uuid.UUID, pending: dict[_Key, _Tally]) -> None:
    hours = [
        HourCounts(key.connection_id, key.hour, tally.messages, tally.calls, 0, tally.first_at, tally.last_at)
        for key, tally in sorted(pending.items())
    ]
    fields: dict[uuid.UUID, Counter[str]] = {}
    for key, tally in pending.items():
        fields.setdefault(key.connection_id, Counter()).update(tally.names)
    services.count_messages(clinic_id=clinic_id, hours=hours, fields=fields, now=timezone.now())
