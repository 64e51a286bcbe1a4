"""Calls of many callers as one binary stream: the SQL by which attribution reads what happened; it writes nothing.

Binary COPY is taken apart with `struct`, a row in a fraction of a microsecond. Every read is bounded by `started_at`,
so that only weeks that matter are opened. Runs inside a clinic's scope.
"""

import struct
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

# caller (16 bytes), started_at (microseconds since `EPOCH_OF_STREAM`), id (16 bytes), direction, outcome,
# ring seconds (-1 when nobody said), talk seconds
EPOCH_OF_STREAM = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL's own
CallTuple = tuple[bytes, int, bytes, int, int, int, int]

# A row of binary COPY: the number of fields, then each field behind its length. None is null, so all are alike.
_ROW = struct.Struct("!2x 4x16s 4xq 4x16s 4xh 4xh 4xi 4xi")
_HEADER_SIZE = 19  # signature, flags, length of an extension that there never is
_TRAILER_SIZE = 2

_COLUMNS = """
    caller, started_at, id, direction, outcome, coalesce(ring_seconds, -1), talk_seconds
"""


def read_calls_of(clinic_id: uuid.UUID, callers: Sequence[uuid.UUID], since: datetime) -> Iterator[CallTuple]:
    """All calls of these callers from `since` on, in no order."""
    # index: calls_of_caller of each week, once a caller. OFFSET 0 keeps the planner from scanning whole weeks instead:
    # it has no statistics of callers, on purpose, and takes a few of them for a third of all.
    return _copy(
        f"""
        SELECT calls.* FROM unnest(%s::uuid[]) AS wanted (wanted_caller)
        CROSS JOIN LATERAL (
            SELECT {_COLUMNS} FROM calls_call
            WHERE clinic_id = %s AND caller = wanted_caller AND started_at >= %s OFFSET 0
        ) AS calls
        """,  # noqa: S608 - a constant of this file
        [list(callers), clinic_id, since],
    )


def read_calls_between(clinic_id: uuid.UUID, first: uuid.UUID, last: uuid.UUID, since: datetime) -> Iterator[CallTuple]:
    """All calls from `since` on of the callers from `first` to `last`, both included, in no order."""
    # index: calls_of_caller of each week
    return _copy(
        f"SELECT {_COLUMNS} FROM calls_call WHERE clinic_id = %s AND started_at >= %s"  # noqa: S608
        " AND caller BETWEEN %s AND %s",
        [clinic_id, since, first, last],
    )


def callers_unanswered_between(clinic_id: uuid.UUID, start: datetime, end: datetime) -> list[uuid.UUID]:
    """The callers whom nobody answered between two instants, a message on the machine included."""
    with connection.cursor() as cursor:
        # index: calls_call_pkey of the weeks between
        cursor.execute(
            """
            SELECT DISTINCT caller FROM calls_call
            WHERE clinic_id = %s AND started_at >= %s AND started_at < %s
              AND direction = 1 AND outcome IN (2, 3) AND caller IS NOT NULL
            """,
            [clinic_id, start, end],
        )
        return [caller for (caller,) in cursor.fetchall()]


def count_calls(clinic_id: uuid.UUID, since: datetime) -> int:
    """How many calls there are from `since` on."""
    with connection.cursor() as cursor:
        # index: calls_call_pkey of each week
        cursor.execute("SELECT count(*) FROM calls_call WHERE clinic_id = %s AND started_at >= %s", [clinic_id, since])
        return int(cursor.fetchone()[0])


def _copy(query: str, params: Sequence[Any]) -> Iterator[CallTuple]:
    with connection.cursor() as cursor:
        # COPY takes no parameters: they are quoted into the text by the driver, as for every other statement.
        statement = cursor.mogrify(f"COPY ({query}) TO STDOUT (FORMAT BINARY)", params)
        with cursor.copy(statement) as copy:
            received = b"".join(copy)
    return _ROW.iter_unpack(memoryview(received)[_HEADER_SIZE:-_TRAILER_SIZE])
