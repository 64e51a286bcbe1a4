"""Holds an import's work rows back until it ends, so that attribution sees all of it at once; attributes nothing.

Attribution closes old days when it has written them: half of an import would close them with half of their calls. The
rows of an import share one exact time before which nobody claims them. The time names them, is moved on while the
import goes on, and is taken away at its end; if the import dies, it comes by itself.
"""

import secrets
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from calls import bulk
from tenants.scope import as_clinic

HOLD = timedelta(minutes=15)
RENEW_AFTER = timedelta(minutes=5)
MAX_REMEMBERED = 300_000  # callers, some 25 MB; one that was forgotten gets another row


class Hold:
    """The work rows of one import."""

    def __init__(self, clinic_id: uuid.UUID, now: datetime) -> None:
        self._clinic_id = clinic_id
        self._now = now
        self._began = time.time()
        self._renewed_at = now
        self._until = _mark(now)
        self._callers: set[bytes] = set()
        self._days: set[date] = set()

    def add(self, callers: set[bytes], days: set[date]) -> None:
        """Leaves the work rows of a batch, in the batch's transaction; what this import holds already is left out."""
        new_callers, new_days = callers - self._callers, days - self._days
        bulk.hold_changes(self._clinic_id, new_callers, new_days, self._now, self._until)
        if len(self._callers) > MAX_REMEMBERED:
            self._callers.clear()
        self._callers |= new_callers
        self._days |= new_days

    def renew(self) -> None:
        """Moves the time on when some minutes have passed; called before each batch."""
        # Wall time: a machine that slept has let the rows come free, and a monotonic clock may not have seen it.
        now = self._now + timedelta(seconds=time.time() - self._began)
        passed = now - self._renewed_at
        if passed < RENEW_AFTER:
            return
        if passed > HOLD - RENEW_AFTER:  # some may have been claimed: their callers need new rows
            self._callers.clear()
            self._days.clear()
        until = _mark(now)
        self._move(until)
        self._renewed_at, self._until = now, until

    def release(self) -> None:
        """Lets all rows of this import go."""
        self._move(None)

    def _move(self, until: datetime | None) -> None:
        with as_clinic(self._clinic_id):
            bulk.move_hold(self._clinic_id, self._until, until)


@contextmanager
def held_back(clinic_id: uuid.UUID, now: datetime) -> Iterator[Hold]:
    """A hold that ends with the block, also when an error ends it: what was stored until then is attributed."""
    hold = Hold(clinic_id, now)
    try:
        yield hold
    finally:
        hold.release()


def _mark(now: datetime) -> datetime:
    # A minute has sixty million microseconds: two imports at once have different marks.
    return now + HOLD + timedelta(microseconds=secrets.randbelow(60_000_000))
