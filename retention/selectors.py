"""Reads of the purge's runs and its log; returns frozen facts, and of a clinic only inside its scope."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max, Min

from calls.models import Change
from calls.partitions import MAX_AGE, list_weeks
from retention.domain import PurgeState, judge_purge
from retention.models import DeletionLog, PurgeRun
from tenants.scope import as_clinic, as_holder_of


@dataclass(frozen=True, slots=True)
class LogLine:
    """What was deleted of a clinic: a row of the log, for its people to read."""

    at: datetime
    what: str
    before: datetime
    count: int
    certificate: str


def list_deletions(*, clinic_id: uuid.UUID, limit: int = 200) -> Sequence[LogLine]:
    """The clinic's deletion log, newest first."""
    with as_clinic(clinic_id):
        rows = DeletionLog.objects.filter(clinic_id=clinic_id).order_by("-at", "-id")[:limit]
        return [LogLine(row.at, row.what, row.before, row.count, row.certificate) for row in rows]


def read_purge_state(now: datetime) -> PurgeState:
    """Whether the purge is due or overdue; asks the database and not the scheduler, which may be what has failed."""
    oldest_week = min(list_weeks(), default=None)
    return judge_purge(
        now=now,
        last_success=PurgeRun.objects.aggregate(last=Max("finished_at"))["last"],
        installed_at=_installed_at() or now,
        oldest_week_limit=datetime.combine(oldest_week, time.min, tzinfo=UTC) + MAX_AGE if oldest_week else None,
    )


def _installed_at() -> datetime | None:
    """When the log of deletions was made: no purge can be asked for before."""
    applied = MigrationRecorder.Migration.objects.filter(app="retention")
    first: datetime | None = applied.aggregate(first=Min("applied"))["first"]
    return first


def count_set_aside() -> int:
    """Work rows of all clinics that could not be worked off and wait for a person."""
    with as_holder_of("work"):
        return Change.objects.filter(set_aside_at__isnull=False).count()
