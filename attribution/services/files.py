"""A file that somebody sends from a browser: read from memory, imported batch by batch, with a record of how far it is.

The file is nowhere but in the memory of the request that brought it. What was stored stays, however it ends.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from attribution.services.imports import AppointmentImport, import_appointments
from calls import services as records
from calls.domain import AppointmentEvent, CallEvent, ImportKind, ImportState
from calls.formats import APPOINTMENT_FORMATS, CALL_FORMATS, Options, ReadRow, split_lines
from calls.imports import ImportOptions, import_calls
from calls.reports import ImportReport
from tenants.domain import ClinicFacts
from tenants.events import Actor

Clock = Callable[[], datetime]


class _StopAsked(Exception):
    """Ends an import between two batches."""


@dataclass(frozen=True, slots=True)
class FileOrder:
    """What is to be done with a file of `size` bytes. `run_id` is the form's."""

    run_id: uuid.UUID
    started_by: uuid.UUID
    kind: ImportKind
    format: str
    options: Options
    is_dry_run: bool
    file: BinaryIO = field(repr=False)
    size: int


def import_file(*, clinic: ClinicFacts, order: FileOrder, clock: Clock, actor: Actor) -> None:
    """Imports it, and leaves a record with its report. Raises `Refused` for a file that is not of this format, and
    `ImportRunning`; both before anything is stored."""
    rows = _open(order)
    now = clock()
    run = records.NewRun(order.run_id, order.kind, order.format, order.is_dry_run, order.size, order.started_by)
    records.start_run(clinic_id=clinic.id, run=run, now=now)
    recorder = _Recorder(clinic, order, clock, actor)
    state = ImportState.FAILED
    try:
        _import(clinic, order, rows, now, recorder.note)
        state = ImportState.DONE
    except _StopAsked:
        state = ImportState.STOPPED
    finally:
        recorder.finish(state)


def _open(order: FileOrder) -> Iterator[ReadRow[Any]]:
    formats: Any = CALL_FORMATS if order.kind is ImportKind.CALLS else APPOINTMENT_FORMATS
    rows: Iterator[ReadRow[Any]] = formats[order.format].read(split_lines(order.file), order.options)
    return rows


def _import(
    clinic: ClinicFacts,
    order: FileOrder,
    rows: Iterator[ReadRow[Any]],
    now: datetime,
    note: Callable[[ImportReport], None],
) -> None:
    if order.kind is ImportKind.CALLS:
        calls: Iterator[ReadRow[CallEvent]] = rows
        how = ImportOptions(order.options.region, dry_run=order.is_dry_run)
        import_calls(clinic=clinic, events=calls, options=how, now=now, progress=note)
    else:
        appointments: Iterator[ReadRow[AppointmentEvent]] = rows
        choices = AppointmentImport(now, order.options.region, dry_run=order.is_dry_run)
        import_appointments(clinic=clinic, rows=appointments, options=choices, progress=note)


class _Recorder:
    """Writes down how far an import is, in transactions of its own."""

    def __init__(self, clinic: ClinicFacts, order: FileOrder, clock: Clock, actor: Actor) -> None:
        self._clinic = clinic
        self._order = order
        self._clock = clock
        self._actor = actor
        self._report = ImportReport(dry_run=order.is_dry_run)

    def note(self, report: ImportReport) -> None:
        """Called after each batch. Raises `_StopAsked`."""
        self._report = report
        goes_on = records.move_run(
            clinic_id=self._clinic.id,
            run_id=self._order.run_id,
            report=report.as_json(),
            bytes_done=self._order.file.tell(),
            now=self._clock(),
        )
        if not goes_on:
            raise _StopAsked

    def finish(self, state: ImportState) -> None:
        records.finish_run(
            clinic_id=self._clinic.id,
            run_id=self._order.run_id,
            state=state,
            report=self._report.as_json(),
            bytes_done=self._order.size if state is ImportState.DONE else self._order.file.tell(),
            now=self._clock(),
            actor=self._actor,
        )
