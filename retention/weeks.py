"""Drops whole weeks of calls and caller hashes, each in one transaction with its counts; never a row by itself."""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from functools import partial

from django.db import transaction

from calls import partitions
from retention import sweeps
from retention.batches import limit_waiting, patiently
from retention.domain import Deletion, Run
from tenants.scope import as_clinic


def due_weeks(now: datetime) -> list[date]:
    """Weeks whose first day has reached 90 days."""
    return [monday for monday in partitions.list_weeks() if partitions.is_week_due(monday, now)]


def drop_week(*, run: Run, monday: date, clinic_ids: Sequence[uuid.UUID]) -> list[Deletion]:
    """Counts the week per clinic, logs the counts and drops it, all or nothing. Raises `batches.Busy`."""
    return patiently(partial(_drop_week, run, monday, clinic_ids))


def count_week(monday: date, clinic_ids: Sequence[uuid.UUID]) -> list[Deletion]:
    """What dropping the week would delete."""
    deletions: list[Deletion] = []
    for clinic_id in clinic_ids:
        with as_clinic(clinic_id):
            held = partitions.count_week(clinic_id, monday)
        counts = {"calls": held.calls, "caller_hashes": held.caller_hashes}
        deletions += [Deletion(clinic_id, what, _end_of(monday), count) for what, count in counts.items() if count]
    return deletions


@transaction.atomic
def _drop_week(run: Run, monday: date, clinic_ids: Sequence[uuid.UUID]) -> list[Deletion]:
    limit_waiting()
    partitions.lock_weeks()  # before counting, or a call that comes in between would go unlogged
    deletions: list[Deletion] = []
    for clinic_id in clinic_ids:
        with as_clinic(clinic_id):
            counts = sweeps.log_week(run, clinic_id, monday, _end_of(monday))
        deletions += [Deletion(clinic_id, what, _end_of(monday), count) for what, count in counts]
    partitions.drop_week(monday)
    return deletions


def _end_of(monday: date) -> datetime:
    return datetime.combine(monday + partitions.WEEK, time.min, tzinfo=UTC)
