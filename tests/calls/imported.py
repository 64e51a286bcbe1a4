"""Rows of files for the tests of imports, and what a clinic holds afterwards; plain functions, time passed in."""

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import calls
from calls.callers import find_caller
from calls.domain import CallEvent, Refused
from calls.formats import CALL_FORMATS, ReadRow, make_options, split_lines
from calls.imports import ImportOptions, import_calls
from calls.models import Change
from calls.reports import ImportReport
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.calls.factories import stored_calls

SAMPLE = Path(calls.__file__).parent / "samples" / "asterisk_master.csv"
SAMPLE_OPTIONS = ("region=US", "inbound=hq,support,door", "outbound=production")
HEADER = "external_id,direction,outcome,started_at,number,line,ring_seconds,talk_seconds\n"


def take_in(clinic: ClinicFacts, events: Iterable[CallEvent | Refused], now: datetime, **options: Any) -> ImportReport:
    """Imports events as if each had been a line."""
    rows: Iterator[ReadRow[CallEvent]] = (ReadRow(line, event) for line, event in enumerate(events, 1))
    how = ImportOptions(**{"region": clinic.region, **options})
    return import_calls(clinic=clinic, events=rows, options=how, now=now)


def take_in_sample(clinic: ClinicFacts, now: datetime, newest: datetime | None = None, **options: Any) -> ImportReport:
    """The real company's records, moved so that the newest is at `newest`, or at `now`."""
    how = make_options(CALL_FORMATS["asterisk"].OPTIONS, SAMPLE_OPTIONS, clinic.zone, clinic.region)
    rows = list(CALL_FORMATS["asterisk"].read(split_lines(SAMPLE.open("rb")), how))
    last = max(row.event.started_at for row in rows if isinstance(row.event, CallEvent))
    moved = ImportOptions(region="US", shift=(newest or now) - last, **options)
    return import_calls(clinic=clinic, events=iter(rows), options=moved, now=now)


def contents(clinic: ClinicFacts) -> list[tuple[Any, ...]]:
    """Every column of every call."""
    return [
        (
            call.id, call.started_at, call.direction, call.outcome, call.kind, call.caller,
            call.ring_seconds, call.talk_seconds, call.line, call.source, call.connection_id, call.provider_call_id,
        )
        for call in stored_calls(clinic)
    ]  # fmt: skip


def changes(clinic: ClinicFacts) -> list[Change]:
    with as_clinic(clinic.id):
        return list(Change.objects.order_by("id"))


def caller_of(clinic: ClinicFacts, e164: str, now: datetime) -> uuid.UUID | None:
    with as_clinic(clinic.id):
        return find_caller(clinic_id=clinic.id, e164=e164, now=now)


def number(last: int) -> str:
    """One of the thousand that nobody has."""
    return f"+447700900{last:03d}"


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
