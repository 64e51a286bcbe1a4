"""Weeks of calls and caller hashes: made ahead, dropped whole. The only place that asks the database for a partition.

The application's role can do neither itself; it calls two functions that belong to the owner role and check what they
are asked (`calls/migrations/0001`). Weeks begin on Monday, UTC.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection

from calls.models import Call, CallerHash

WEEKS_AHEAD = 4
WEEK = timedelta(days=7)
MAX_AGE = timedelta(days=90)  # a week goes when its first day is so old


@dataclass(frozen=True, slots=True)
class WeekCount:
    """How much of one clinic a week holds."""

    calls: int
    caller_hashes: int


def week_of(instant: datetime) -> date:
    """The Monday, in UTC, of the week of an aware time."""
    day = instant.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def first_kept_instant(now: datetime) -> datetime:
    """The start of the oldest week whose first day is younger than 90 days: nothing older is stored."""
    return _start_of(week_of(now - MAX_AGE) + WEEK)


def is_week_due(monday: date, now: datetime) -> bool:
    """Whether the week's first day has reached 90 days, so that the week must go."""
    return _start_of(monday) + MAX_AGE <= now


def weeks_wanted(now: datetime) -> list[date]:
    """This week and those ahead, which must be there before the first call of theirs comes in."""
    return [week_of(now) + number * WEEK for number in range(WEEKS_AHEAD + 1)]


def make_weeks_ahead(*, now: datetime) -> list[date]:
    """Makes the wanted weeks that are missing and returns them."""
    return [monday for monday in weeks_wanted(now) if make_week(monday)]


def make_week(monday: date) -> bool:
    """Makes a week's partitions; False when they are there. The database refuses weeks out of all reason."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ringback_make_week(%s)", [monday])
        return bool(cursor.fetchone()[0])


def drop_week(monday: date) -> None:
    """Drops a week's partitions with all rows; the database refuses a week that is not 90 days old by its own clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ringback_drop_week(%s)", [monday])


def lock_weeks() -> None:
    """Until the end of the transaction nobody else touches calls or caller hashes: what is counted is what goes.

    Taken at its full strength at once and in intake's order, because a lock that is raised later can deadlock.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE ONLY calls_callerhash, ONLY calls_call IN ACCESS EXCLUSIVE MODE")


def count_week(clinic_id: uuid.UUID, monday: date) -> WeekCount:
    """What a week holds of a clinic, in its scope and through the parent tables."""
    start = _start_of(monday)
    calls = Call.objects.filter(clinic_id=clinic_id, started_at__gte=start, started_at__lt=start + WEEK)
    hashes = CallerHash.objects.filter(clinic_id=clinic_id, week=monday)
    return WeekCount(calls.count(), hashes.count())


def list_weeks() -> list[date]:
    """The weeks that there are, oldest first."""
    with connection.cursor() as cursor:
        # index: pg_inherits_parent_index
        cursor.execute(
            """
            SELECT to_date(right(part.relname, 10), 'YYYY_MM_DD')
            FROM pg_inherits JOIN pg_class AS part ON part.oid = inhrelid
            WHERE inhparent = 'calls_call'::regclass ORDER BY 1
            """
        )
        return [monday for (monday,) in cursor.fetchall()]


def _start_of(monday: date) -> datetime:
    return datetime.combine(monday, time.min, tzinfo=UTC)
