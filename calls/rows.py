"""The SQL of live intake: look a caller and a call up, write a call, leave a work row; one statement a function.

Runs inside a clinic's scope and, for speed, in a pipeline (`scope.pipelined`): a look-up returns its cursor at once and
whoever asked fetches when all look-ups are under way.
"""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from calls.domain import CallerKind, Direction, HashedCall, Outcome

# How far a later message's idea of the start may be from the first one's. Two weeks' partitions at most are touched.
START_TOLERANCE = timedelta(days=1)

_CALL_COLUMNS = (
    "id, source, direction, outcome, started_at, kind, caller, ring_seconds, talk_seconds, line, connection_id,"
    " provider_call_id"
)


def lock_call(clinic_id: uuid.UUID, call_id: uuid.UUID) -> None:
    """Until the end of the transaction: messages of one call are merged one after the other, and no import batch of the
    clinic runs meanwhile. One statement for two locks: each statement costs as much as a lock does."""
    _run(
        "SELECT pg_advisory_xact_lock_shared(%s, hashtext(%s)), pg_advisory_xact_lock(%s)",
        [_INTAKE, str(clinic_id), int.from_bytes(call_id.bytes[:8], signed=True)],
    )


def share_intake_lock(clinic_id: uuid.UUID) -> None:
    """Until the end of the transaction: no import batch and no purge of the clinic's hashes runs meanwhile."""
    _run("SELECT pg_advisory_xact_lock_shared(%s, hashtext(%s))", [_INTAKE, str(clinic_id)])


def take_intake_lock(clinic_id: uuid.UUID) -> None:
    """Until the end of the transaction: this import batch and no other intake of the clinic."""
    _run("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_INTAKE, str(clinic_id)])


def lock_first_sight(clinic_id: uuid.UUID) -> None:
    """Until the end of the transaction: only one worker at a time makes new callers of a clinic."""
    _run("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_FIRST_SIGHT, str(clinic_id)])


_INTAKE, _FIRST_SIGHT = 7_001, 7_002  # the first half of an advisory lock's name


def start_caller_lookup(clinic_id: uuid.UUID, hashes: Sequence[tuple[date, bytes]]) -> Any:
    """A cursor of (week, caller_hash, caller) for those (week, hash) pairs that are known."""
    # index: calls_callerhash_pkey of each week, pruned at run time by the join
    return _run(
        """
        SELECT known.week, known.caller_hash, known.caller
        FROM unnest(%s::date[], %s::bytea[]) AS wanted (week, caller_hash)
        JOIN calls_callerhash AS known
          ON known.clinic_id = %s AND known.week = wanted.week AND known.caller_hash = wanted.caller_hash
        """,
        [[week for week, _ in hashes], [digest for _, digest in hashes], clinic_id],
    )


def add_caller_hashes(clinic_id: uuid.UUID, rows: Sequence[tuple[date, bytes, uuid.UUID]]) -> None:
    """Remembers callers under hashes; a hash that is known already keeps its caller."""
    _run(
        """
        INSERT INTO calls_callerhash (clinic_id, week, caller_hash, caller)
        SELECT %s, * FROM unnest(%s::date[], %s::bytea[], %s::uuid[])
        ON CONFLICT (clinic_id, week, caller_hash) DO NOTHING
        """,
        [clinic_id, [week for week, _, _ in rows], [digest for _, digest, _ in rows], [caller for *_, caller in rows]],
    )


def start_call_lookup(clinic_id: uuid.UUID, call_id: uuid.UUID, around: datetime) -> Any:
    """A cursor of the call's row, if one stands within `START_TOLERANCE`; of several the earliest."""
    # index: calls_call_pkey (clinic_id, started_at, id): the range of two days is scanned within the index
    return _run(
        f"SELECT {_CALL_COLUMNS} FROM calls_call"  # noqa: S608 - a constant of this file
        " WHERE clinic_id = %s AND started_at BETWEEN %s AND %s AND id = %s ORDER BY started_at LIMIT 1",
        [clinic_id, around - START_TOLERANCE, around + START_TOLERANCE, call_id],
    )


def fetch_call(cursor: Any) -> HashedCall | None:
    """The row of `start_call_lookup`."""
    row = cursor.fetchone()
    if row is None:
        return None
    call_id, source, direction, outcome, started_at, kind, *others = row
    return HashedCall(call_id, source, Direction(direction), Outcome(outcome), started_at, CallerKind(kind), *others)


def insert_call(clinic_id: uuid.UUID, call: HashedCall) -> None:
    """A new row."""
    _run(
        f"INSERT INTO calls_call (clinic_id, {_CALL_COLUMNS})"  # noqa: S608 - a constant of this file
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            clinic_id, call.id, call.source, call.direction.value, call.outcome.value, call.started_at,
            call.kind.value, call.caller, call.ring_seconds, call.talk_seconds, call.line, call.connection_id,
            call.provider_call_id,
        ],
    )  # fmt: skip


def update_call(clinic_id: uuid.UUID, call: HashedCall) -> None:
    """Writes what can change of a known call; its start, source and id never do."""
    # index: calls_call_pkey
    _run(
        """
        UPDATE calls_call SET direction = %s, outcome = %s, kind = %s, caller = %s,
            ring_seconds = %s, talk_seconds = %s, line = %s, connection_id = %s, provider_call_id = %s
        WHERE clinic_id = %s AND started_at = %s AND id = %s
        """,
        [
            call.direction.value, call.outcome.value, call.kind.value, call.caller, call.ring_seconds,
            call.talk_seconds, call.line, call.connection_id, call.provider_call_id, clinic_id, call.started_at,
            call.id,
        ],
    )  # fmt: skip


def insert_change(clinic_id: uuid.UUID, caller: uuid.UUID | None, on: date, now: datetime) -> None:
    """A work row: attribution has this caller and day to do."""
    _run(
        "INSERT INTO calls_change (clinic_id, caller, day, created_at, tries, problem) VALUES (%s, %s, %s, %s, 0, '')",
        [clinic_id, caller, on, now],
    )


def count_refusal(
    clinic_id: uuid.UUID, on: date, source: str, reason: str, count: int, connection_id: uuid.UUID | None = None
) -> None:
    """Adds to the number of refused messages of a day; the API has no connection."""
    # index: one_refusal_count
    _run(
        """
        INSERT INTO calls_refusalcount AS known (clinic_id, day, source, reason, connection_id, count)
        VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (clinic_id, day, source, reason, connection_id) DO UPDATE SET count = known.count + excluded.count
        """,
        [clinic_id, on, source, reason, connection_id, count],
    )


def _run(sql: str, params: Sequence[Any]) -> Any:
    cursor = connection.cursor()
    cursor.execute(sql, params)
    return cursor
