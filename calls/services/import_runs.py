"""The record of a file's import: begun, moved on, stopped, ended. It reads no file and stores no call.

A clinic imports one file at a time. What is kept of it are counts, reasons and numbers of lines.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError

from calls.domain import ImportKind, ImportState
from calls.models import ImportRun
from calls.selectors import SILENT_AFTER
from tenants import audit
from tenants.events import Actor, ActorKind, Event
from tenants.masks import mask
from tenants.scope import as_clinic

_EVENTS: Mapping[str, Event] = {
    ImportKind.CALLS: Event.CALLS_IMPORTED,
    ImportKind.APPOINTMENTS: Event.APPOINTMENTS_IMPORTED,
}
_COUNTS = ("read", "stored", "merged", "duplicate")


class ImportRunning(Exception):
    """Another import of the clinic goes on, or this very one was begun before."""


class UnknownRun(LookupError):
    """The clinic has no such import."""


@dataclass(frozen=True, slots=True)
class NewRun:
    """What is to be imported. The id is made by the form, so that a form that is sent twice begins one import."""

    id: uuid.UUID
    kind: ImportKind
    format: str
    is_dry_run: bool
    bytes_total: int
    started_by: uuid.UUID


def start_run(*, clinic_id: uuid.UUID, run: NewRun, now: datetime) -> None:
    """Begins the record; whoever looks sees it from here on. Raises `ImportRunning`."""
    close_silent_runs(clinic_id=clinic_id, now=now)
    try:
        with as_clinic(clinic_id):
            ImportRun.objects.create(
                id=run.id,
                clinic_id=clinic_id,
                kind=run.kind,
                format=run.format,
                is_dry_run=run.is_dry_run,
                state=ImportState.RUNNING,
                started_by=run.started_by,
                started_at=now,
                updated_at=now,
                bytes_total=run.bytes_total,
            )
    except IntegrityError as error:
        raise ImportRunning from error


def move_run(
    *, clinic_id: uuid.UUID, run_id: uuid.UUID, report: Mapping[str, Any], bytes_done: int, now: datetime
) -> bool:
    """How far it is; called after each batch. False when it shall go no further."""
    with as_clinic(clinic_id):
        going_on = ImportRun.objects.filter(clinic_id=clinic_id, pk=run_id, state=ImportState.RUNNING)
        is_known = going_on.update(updated_at=now, bytes_done=bytes_done, report=_masked(report))
        return bool(is_known) and going_on.filter(stop_asked_at=None).exists()


def finish_run(
    *,
    clinic_id: uuid.UUID,
    run_id: uuid.UUID,
    state: ImportState,
    report: Mapping[str, Any],
    bytes_done: int,
    now: datetime,
    actor: Actor,
) -> None:
    """Ends it, on record unless it was a check only; nothing happens where it was ended before."""
    with as_clinic(clinic_id):
        row = _lock_run(clinic_id, run_id)
        if row.state == ImportState.RUNNING:
            row.report, row.bytes_done, row.updated_at = _masked(report), bytes_done, now
            _end(row, state, now, actor)


def stop_run(*, clinic_id: uuid.UUID, run_id: uuid.UUID, now: datetime, actor: Actor) -> bool:
    """Lets it end after the batch that is being stored; False when it is over already. Raises `UnknownRun`."""
    close_silent_runs(clinic_id=clinic_id, now=now)
    with as_clinic(clinic_id):
        row = _lock_run(clinic_id, run_id)
        if row.state != ImportState.RUNNING or row.stop_asked_at is not None:
            return False
        row.stop_asked_at = now
        row.save(update_fields=["stop_asked_at"])
        audit.record(Event.IMPORT_STOPPED, actor=actor, clinic_id=clinic_id, target=run_id)
    return True


def close_silent_runs(*, clinic_id: uuid.UUID, now: datetime) -> None:
    """Ends runs that no longer move, because their process is gone: on record by who began them."""
    with as_clinic(clinic_id):
        silent = ImportRun.objects.select_for_update().filter(
            clinic_id=clinic_id, state=ImportState.RUNNING, updated_at__lt=now - SILENT_AFTER
        )
        for row in silent:
            _end(row, ImportState.STOPPED, now, Actor(ActorKind.PERSON, row.started_by))


def _end(row: ImportRun, state: ImportState, now: datetime, actor: Actor) -> None:
    row.state, row.finished_at = state, now
    row.save(update_fields=["state", "finished_at", "updated_at", "report", "bytes_done"])
    if not row.is_dry_run:
        counts = {name: row.report.get(name, 0) for name in _COUNTS}
        refused = sum(found["count"] for found in row.report.get("refused", {}).values())
        details = {"format": row.format, "ended": state.value, "counts": {**counts, "refused": refused}}
        audit.record(_EVENTS[row.kind], actor=actor, clinic_id=row.clinic_id, target=row.id, **details)


def _lock_run(clinic_id: uuid.UUID, run_id: uuid.UUID) -> ImportRun:
    row = ImportRun.objects.select_for_update().filter(clinic_id=clinic_id, pk=run_id).first()
    if row is None:
        raise UnknownRun(str(run_id))
    return row


def _masked(value: Any) -> Any:
    """A last line of defence: details of a refusal name fields and never values."""
    if isinstance(value, Mapping):
        return {mask(str(name)): _masked(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_masked(part) for part in value]
    return mask(value) if isinstance(value, str) else value
