"""Appointments from a file to rows, batch by batch, with the same outcome as one by one through the API.

A line that cannot be stored is counted and named; a batch is stored whole or not at all.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from attribution.services.appointments import AppointmentReceipt, record_appointments
from calls.domain import AppointmentEvent, Refused
from calls.formats import ReadRow
from calls.holds import Hold, held_back
from calls.reports import ImportReport
from calls.wakeup import wake_worker
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic

BATCH = 500
Rows = Iterable[ReadRow[AppointmentEvent]]


@dataclass(frozen=True, slots=True)
class AppointmentImport:
    """`region` is where numbers without a country code are read, `shift` is added to every time."""

    now: datetime
    region: str
    shift: timedelta = timedelta()
    dry_run: bool = False


class _NothingIsStored(Exception):
    """Ends the transaction of a dry run."""


def import_appointments(
    *,
    clinic: ClinicFacts,
    rows: Rows,
    options: AppointmentImport,
    progress: Callable[[ImportReport], None] = lambda report: None,
) -> ImportReport:
    """Stores the appointments of a file; running it again changes nothing. A dry run stores nothing."""
    report = ImportReport(dry_run=options.dry_run)
    # Old days are closed when they have been written: not before the whole file is in.
    with held_back(clinic.id, options.now) as hold:
        for batch in _batches(rows):
            hold.renew()
            _import_batch(clinic, batch, options, hold, report)
            progress(report)
    wake_worker(clinic.id)
    return report


def newest_booking(rows: Rows) -> datetime | None:
    """The latest time in a file, for moving all of them."""
    return max((row.event.booked_at for row in rows if not isinstance(row.event, Refused)), default=None)


def _import_batch(
    clinic: ClinicFacts,
    batch: list[ReadRow[AppointmentEvent]],
    options: AppointmentImport,
    hold: Hold,
    report: ImportReport,
) -> None:
    readable: list[tuple[int, AppointmentEvent]] = []
    for row in batch:
        report.lines += row.lines
        report.read += 1
        report.note(row.line, row.notes)
        if isinstance(row.event, Refused):
            report.refuse(row.line, row.event)
        else:
            moved = dataclasses.replace(row.event, booked_at=row.event.booked_at + options.shift)
            readable.append((row.line, moved))
    receipts = _record(clinic, [event for _, event in readable], options, hold)
    for (line, _), receipt in zip(readable, receipts, strict=True):
        _tell(report, line, receipt)


def _record(
    clinic: ClinicFacts, events: list[AppointmentEvent], options: AppointmentImport, hold: Hold
) -> list[AppointmentReceipt]:
    receipts: list[AppointmentReceipt] = []
    try:
        with as_clinic(clinic.id):
            receipts = record_appointments(
                clinic_id=clinic.id, events=events, now=options.now, region=options.region, hold=hold
            )
            if options.dry_run:
                raise _NothingIsStored
    except _NothingIsStored:
        pass
    return receipts


def _tell(report: ImportReport, line: int, receipt: AppointmentReceipt) -> None:
    if receipt.refused is not None:
        report.refuse(line, receipt.refused)
    elif receipt.created:
        report.stored += 1
    elif receipt.changed:
        report.merged += 1
    else:
        report.duplicate += 1


def _batches(rows: Rows) -> Iterator[list[ReadRow[AppointmentEvent]]]:
    rest = iter(rows)
    while batch := list(islice(rest, BATCH)):
        yield batch
