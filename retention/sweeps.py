"""The raw SQL of the purge: its lock, weeks, forgotten callers, months, expired limits; decides nothing about when.

Callers are looked for inside a clinic's scope.
"""

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import DEFAULT_DB_ALIAS, connection, connections

from retention.domain import Run

_PURGE_LOCK = 7_100  # the name of the advisory lock


class AlreadyRunning(Exception):
    """Another purge holds the lock."""


@contextlib.contextmanager
def purge_lock() -> Iterator[None]:
    """Held for a whole run by a connection of its own. Raises `AlreadyRunning`.

    It lasts as long as that connection's one open transaction, so it works behind PgBouncer in transaction mode, and
    the server gives it up by itself when the process is killed. An idle transaction that has read nothing holds no
    snapshot, so vacuum goes on.
    """
    holder = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_PURGE_LOCK])
            if not cursor.fetchone()[0]:
                raise AlreadyRunning("Another purge is running.")
        yield
    finally:
        if holder.connection is not None:
            holder.rollback()
        holder.close()


def log_week(run: Run, clinic_id: uuid.UUID, monday: date, end: datetime) -> list[tuple[str, int]]:
    """Counts what a week holds of a clinic and logs it, in one round trip: everybody else waits. What, and how many."""
    # index: calls_call_pkey and calls_callerhash_pkey of the one week
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO retention_deletionlog (clinic_id, run_id, at, what, before, count, certificate)
            SELECT %(clinic)s, %(run)s, %(now)s, held.what, %(end)s, held.count, '' FROM (
                SELECT 'calls', count(*) FROM calls_call
                    WHERE clinic_id = %(clinic)s AND started_at >= %(start)s AND started_at < %(end)s
                UNION ALL
                SELECT 'caller_hashes', count(*) FROM calls_callerhash
                    WHERE clinic_id = %(clinic)s AND week = %(monday)s
            ) AS held (what, count) WHERE held.count > 0
            RETURNING what, count
            """,
            {
                "clinic": clinic_id,
                "run": run.id,
                "now": run.now,
                "monday": monday,
                "start": end - timedelta(days=7),
                "end": end,
            },
        )
        return [(what, count) for what, count in cursor.fetchall()]


# A caller of whom nothing is left within the limit. What is past the limit counts as gone already, so that a dry run
# foresees the same. An appointment keeps all of its callers: a late call can still move it from one to another.
_IS_FORGOTTEN = """
    known.clinic_id = %(clinic)s AND known.week >= %(first_week)s
    AND NOT EXISTS (SELECT FROM calls_call AS call WHERE call.clinic_id = known.clinic_id
        AND call.caller = known.caller AND call.started_at >= %(before)s)
    AND NOT EXISTS (SELECT FROM attribution_appointment AS booking, unnest(booking.callers) AS named (caller)
        WHERE booking.clinic_id = known.clinic_id AND named.caller = known.caller AND booking.booked_at >= %(before)s)
    AND NOT EXISTS (SELECT FROM attribution_opportunity AS won WHERE won.clinic_id = known.clinic_id
        AND won.caller = known.caller AND won.opened_at >= %(before)s)
    AND NOT EXISTS (SELECT FROM attribution_staffaction AS act WHERE act.clinic_id = known.clinic_id
        AND act.caller = known.caller AND act.at >= %(before)s)
"""


def find_forgotten_callers(clinic_id: uuid.UUID, before: datetime, first_week: date) -> list[tuple[uuid.UUID, int]]:
    """Callers of whom nothing from `before` on is left but hashes of `first_week` and later, and how many hashes."""
    # index: calls_callerhash_pkey (clinic_id), then hash anti-joins over the clinic's rows
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT known.caller, count(*) FROM calls_callerhash AS known WHERE {_IS_FORGOTTEN} GROUP BY known.caller",  # noqa: S608 - a constant of this file
            {"clinic": clinic_id, "before": before, "first_week": first_week},
        )
        return [(caller, count) for caller, count in cursor.fetchall()]


def delete_hashes_of_forgotten(
    clinic_id: uuid.UUID, before: datetime, first_week: date, callers: Sequence[uuid.UUID]
) -> int:
    """Deletes the hashes of those of the callers who are still forgotten; returns how many hashes."""
    # index: hashes_of_caller, calls_of_caller, opportunities and actions by (clinic_id, caller, …)
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM calls_callerhash AS known WHERE {_IS_FORGOTTEN} AND known.caller = ANY(%(callers)s)",  # noqa: S608 - a constant of this file
            {"clinic": clinic_id, "before": before, "first_week": first_week, "callers": list(callers)},
        )
        return int(cursor.rowcount)


def add_to_month(clinic_id: uuid.UUID, month: date, value: Decimal) -> None:
    """Adds to what a month holds; `month` is its first day."""
    # index: attribution_monthlyvalue_pkey (clinic_id, month)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO attribution_monthlyvalue AS known (clinic_id, month, recovered_value) VALUES (%s, %s, %s)
            ON CONFLICT (clinic_id, month)
            DO UPDATE SET recovered_value = known.recovered_value + excluded.recovered_value
            """,
            [clinic_id, month, value],
        )


def count_expired_limits(now: datetime) -> int:
    """Sign-in limits that have run out."""
    # index: tenants_cache_expires
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_cache WHERE expires < %s", [now])
        return int(cursor.fetchone()[0])


def delete_expired_limits(now: datetime) -> int:
    """Deletes sign-in limits that have run out."""
    # index: tenants_cache_expires
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tenants_cache WHERE expires < %s", [now])
        return int(cursor.rowcount)
