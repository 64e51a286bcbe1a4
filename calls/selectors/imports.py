"""Reads of the files that a clinic imported, and of how its own files are read; counts and numbers of lines only."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from calls.domain import ImportKind, ImportState
from calls.models import ImportRun, SavedMapping
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic

SILENT_AFTER = timedelta(minutes=10)  # a batch takes seconds; a run that stood still for so long has lost its process
NEWEST = 50
# What a reason for a refusal means to somebody who has the file at hand.
REASON_WORDS: Mapping[str, str] = {
    "too_old": "older than this clinic keeps",
    "in_future": "in the future: is the time zone right?",
    "unreadable": "could not be read",
    "label_contains_number": "a name that holds a phone number",
    "identifier_contains_number": "an identifier that holds its phone number",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Why lines were refused, or what is to be said of them: how many, and the first of their numbers."""

    words: str
    count: int
    lines: Sequence[int]
    details: Sequence[str] = ()

    @property
    def has_more(self) -> bool:
        return self.count > len(self.lines)


@dataclass(frozen=True, slots=True)
class ImportLine:
    """An import as its clinic sees it; times in the clinic's zone."""

    id: uuid.UUID
    kind: ImportKind
    format: str
    is_dry_run: bool
    state: ImportState
    is_stopping: bool
    started_by: uuid.UUID
    started_at: datetime
    finished_at: datetime | None
    percent: int
    lines: int = 0
    read: int = 0
    stored: int = 0
    merged: int = 0
    duplicate: int = 0
    refused: int = 0
    refusals: Sequence[Finding] = field(default=())
    notes: Sequence[Finding] = field(default=())

    @property
    def sections(self) -> Sequence[tuple[str, Sequence[Finding]]]:
        """What a report tells below its counts."""
        return (("Refused", self.refusals), ("Remarks", self.notes))

    @property
    def is_running(self) -> bool:
        return self.state is ImportState.RUNNING


@dataclass(frozen=True, slots=True)
class MappingLine:
    """A saved mapping; `columns` is as it was saved."""

    id: uuid.UUID
    name: str
    columns: Mapping[str, Any]
    made_at: datetime


def list_runs(clinic: ClinicFacts, now: datetime) -> Sequence[ImportLine]:
    """The newest of what is kept, the newest first."""
    with as_clinic(clinic.id):
        kept = ImportRun.objects.filter(clinic_id=clinic.id, started_at__gte=clinic.visible_from(now))
        return [_line(row, clinic, now) for row in kept.order_by("-started_at")[:NEWEST]]  # index: runs_of_clinic


def find_run(clinic: ClinicFacts, run_id: uuid.UUID, now: datetime) -> ImportLine | None:
    """One import; None for another clinic's as for one that there is not."""
    with as_clinic(clinic.id):
        row = ImportRun.objects.filter(clinic_id=clinic.id, pk=run_id, started_at__gte=clinic.visible_from(now)).first()
    return _line(row, clinic, now) if row else None


def list_mappings(clinic: ClinicFacts) -> Sequence[MappingLine]:
    """All of a clinic's, by name."""
    with as_clinic(clinic.id):
        rows = SavedMapping.objects.filter(clinic_id=clinic.id).order_by("name", "id")
        return [_mapping(row, clinic) for row in rows]


def find_mapping(
    clinic: ClinicFacts, *, mapping_id: uuid.UUID | None = None, header_key: str | None = None
) -> MappingLine | None:
    """One saved mapping, by its id or by the key of a file's header."""
    wanted: dict[str, Any] = {"pk": mapping_id} if mapping_id is not None else {"header_key": header_key}
    with as_clinic(clinic.id):
        row = SavedMapping.objects.filter(clinic_id=clinic.id, **wanted).first()
    return _mapping(row, clinic) if row else None


def _line(row: ImportRun, clinic: ClinicFacts, now: datetime) -> ImportLine:
    is_silent = row.state == ImportState.RUNNING and row.updated_at < now - SILENT_AFTER
    report = row.report
    refusals = list(_findings(report.get("refused", {}), REASON_WORDS))
    return ImportLine(
        id=row.id,
        kind=ImportKind(row.kind),
        format=row.format,
        is_dry_run=row.is_dry_run,
        state=ImportState.STOPPED if is_silent else ImportState(row.state),
        is_stopping=row.stop_asked_at is not None,
        started_by=row.started_by,
        started_at=row.started_at.astimezone(clinic.zone),
        finished_at=row.finished_at.astimezone(clinic.zone) if row.finished_at else None,
        percent=100 * row.bytes_done // max(row.bytes_total, 1),
        **{name: report.get(name, 0) for name in ("lines", "read", "stored", "merged", "duplicate")},
        refused=sum(refusal.count for refusal in refusals),
        refusals=refusals,
        notes=list(_findings(report.get("notes", {}), {})),
    )


def _findings(found: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[Finding]:
    for name, one in sorted(found.items(), key=lambda item: -item[1]["count"]):
        yield Finding(words.get(name, name.replace("_", " ")), one["count"], one["lines"], one.get("details", ()))


def _mapping(row: SavedMapping, clinic: ClinicFacts) -> MappingLine:
    return MappingLine(row.id, row.name, row.mapping, row.made_at.astimezone(clinic.zone))
