"""Puts an import from the console or a folder on record, once, also when it ends halfway; refuses to record a dry run.

What was stored before an interruption stays stored, so it has to be on record too. Only a process that is killed
outright leaves no row: the same file again brings it, with what was known already.
"""

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from calls.domain import ImportState
from calls.reports import ImportReport
from tenants import audit
from tenants.events import SYSTEM, Event


class Tally:
    """The counts of an import after its last batch that was stored."""

    def __init__(self) -> None:
        self.counts: Mapping[str, int] | None = None

    def keep(self, report: ImportReport) -> None:
        """To be called after each batch, and with the final report."""
        self.counts = None if report.dry_run else report.counts()


@contextmanager
def put_on_record(event: Event, *, clinic_id: UUID, **details: Any) -> Iterator[Tally]:
    """Writes one row when the block ends, however it ends; none when not even one batch was stored."""
    tally = Tally()
    ended = ImportState.STOPPED
    try:
        with stopped_in_order():
            yield tally
        ended = ImportState.DONE
    finally:
        if tally.counts is not None:
            audit.record(event, actor=SYSTEM, clinic_id=clinic_id, ended=ended.value, counts=tally.counts, **details)


@contextmanager
def stopped_in_order() -> Iterator[None]:
    """Within the block SIGTERM, by which a service is stopped, does what Ctrl-C does: `finally` is reached."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals come to the main thread only
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
