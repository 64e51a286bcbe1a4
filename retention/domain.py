"""What the purge tells about itself and the limits it goes by; knows no table and no clock."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

DAY = timedelta(days=1)
LOG_DAYS = 90  # technical logs
VALUE_DAYS = 90  # for so long a day keeps its money; then only its month does
RUN_AFTER = timedelta(hours=20)
OVERDUE_AFTER = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Run:
    """The run that a deletion belongs to; `now` is what it takes for the present from start to end."""

    id: uuid.UUID
    now: datetime


@dataclass(frozen=True, slots=True)
class Deletion:
    """So many of a clinic's `what`, all older than `before`, went (in a dry run: would go)."""

    clinic_id: uuid.UUID
    what: str
    before: datetime
    count: int
    certificate: str = ""  # of a destroyed key


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """What a run did. `busy` names what could not be had in time and waits for the next run."""

    is_dry_run: bool
    now: datetime
    deletions: Sequence[Deletion]
    weeks: Sequence[date]
    platform: Mapping[str, int]  # rows of no clinic: sessions, limits of sign-in, log of the admin pages
    busy: Sequence[str] = field(default_factory=tuple)

    def totals(self) -> dict[tuple[uuid.UUID, str], int]:
        """Counts by clinic and what."""
        sums: dict[tuple[uuid.UUID, str], int] = {}
        for deletion in self.deletions:
            key = deletion.clinic_id, deletion.what
            sums[key] = sums.get(key, 0) + deletion.count
        return sums


@dataclass(frozen=True, slots=True)
class PurgeState:
    """When the purge last came to its end, and whether it should run or should have run."""

    last_success: datetime | None
    is_due: bool
    is_overdue: bool


def judge_purge(
    *, now: datetime, last_success: datetime | None, installed_at: datetime, oldest_week_limit: datetime | None
) -> PurgeState:
    """`oldest_week_limit` is when the oldest week had, or has, to go; none while there are no weeks."""
    is_week_due = oldest_week_limit is not None and oldest_week_limit <= now
    is_due = last_success is None or now - last_success >= RUN_AFTER or is_week_due
    is_week_late = oldest_week_limit is not None and now - oldest_week_limit > OVERDUE_AFTER
    is_overdue = now - (last_success or installed_at) > OVERDUE_AFTER or is_week_late
    return PurgeState(last_success, is_due, is_overdue)


def first_of_month(on: date) -> date:
    return on.replace(day=1)
